"""The timetable: what happens on the demo day, and in which order?"""

from collections.abc import Callable

from bench.demo import office
from bench.demo.cast import INVITERS
from bench.demo.client import Person
from bench.demo.customers import STORIES
from bench.demo.day import Day, Story
from bench.demo.shop import registered
from local import demo_world as goods

AtEnd = Callable[[str], None]


def drive(day: Day, customers: int, promoters: int, at_end: AtEnd = lambda _: None) -> None:
    """The whole day."""
    for name in INVITERS:
        day.client.sign_in(day.cast[name])
    morning: list[tuple[str, Story]] = [
        ("plastic cards", lambda: office.brings_stock(day, goods.STOCK_200, customers)),
        ("petro cards", lambda: office.brings_stock(day, goods.PETRO_500, customers)),
        ("a bad file", lambda: office.brings_a_bad_file(day)),
    ]
    day.play(morning, at_end)
    day.play([customer(day, number) for number in range(customers)], at_end)


def customer(day: Day, number: int) -> tuple[str, Story]:
    """The story of one customer, below a promoter whom chance chose."""
    name = f"customer {number}"
    story, real_name = STORIES[number % len(STORIES)]
    inviter: Person = day.cast[day.chance(f"{name} inviter").choice(INVITERS)]

    def play() -> None:
        person = registered(day, name, 1_000 + number, inviter.key, real_name)
        story(day, name, person)

    return name, play
