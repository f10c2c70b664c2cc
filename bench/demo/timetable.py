"""The timetable: what happens on the demo day, and in which order?

morning    cards come into stock; the tree grows
day        customers, under the plan that pays at once
afternoon  a plan that pays after a week is in force; more customers; the office looks at alerts
evening    the plan that pays at once again; withdrawals
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.demo import office, promoters, withdrawals
from bench.demo.cast import INVITERS
from bench.demo.customers import STORIES
from bench.demo.day import Day, Story
from bench.demo.shop import registered
from chalicelib.domain import plan as plans
from chalicelib.domain.plan import Plan
from local import demo_world as goods

AtEnd = Callable[[str], None]
CUSTOMERS_FROM = 1_000
OTHER_STORIES = 3 + 3 + 2 * len(INVITERS)  # of the office, alerts and moves; regulars and withdrawals


def stories_in(customers: int, joining: int) -> int:
    """How many stories the day tells."""
    return joining + customers + OTHER_STORIES


def drive(day: Day, customers: int, joining: int, at_end: AtEnd = lambda _: None) -> None:
    """The whole day."""
    for name in INVITERS:
        day.client.sign_in(day.cast[name])
    in_force(day, "morning", goods.plan_at_once)
    day.play(
        [
            ("plastic cards", lambda: office.brings_stock(day, goods.STOCK_200, customers)),
            ("petro cards", lambda: office.brings_stock(day, goods.PETRO_500, customers)),
            ("a bad file", lambda: office.brings_a_bad_file(day)),
        ],
        at_end,
    )
    for wave in promoters.waves(day, joining):
        day.play(wave, at_end)
    noon = -(-customers * 2 // 3)
    regulars = promoters.regulars(day, joining)
    day.play(regulars + [customer(day, number, joining) for number in range(noon)], at_end)
    day.play([("moves and states", lambda: promoters.moves_and_states(day, joining))], at_end)
    in_force(day, "afternoon", goods.plan_of_seven_days)
    day.play([customer(day, number, joining) for number in range(noon, customers)], at_end)
    alerts = ("alerts", lambda: office.decides_alerts(day, everybody(day)))
    day.play([alerts], at_end)
    in_force(day, "evening", goods.plan_at_once)
    day.play(withdrawals.evening(day), at_end)
    day.play([alerts], at_end)


def everybody(day: Day) -> set[str]:
    """The ids of all who came new on this day."""
    return {person.person_id for name, person in day.cast.persons.items() if name.startswith("customer ")}


def customer(day: Day, number: int, joining: int) -> tuple[str, Story]:
    """The story of one customer, below a promoter whom chance chose."""
    name = f"customer {number}"
    story, real_name = STORIES[number % len(STORIES)]
    chance = day.chance(f"{name} inviter")
    joined = tuple(f"promoter {n}" for n in range(joining) if n != promoters.SUSPENDED)
    inviter = chance.choice(INVITERS if chance.random() < 0.6 else joined)

    def play() -> None:
        person = registered(day, name, CUSTOMERS_FROM + number, day.cast[inviter].key, real_name)
        story(day, name, person)

    return name, play


def in_force(day: Day, when: str, make: Callable[[datetime], Plan]) -> None:
    """A plan like this one is in force: ops drafts it, admin approves it, unless one is already."""
    wanted = plans.to_document(make(datetime.now(UTC)))

    def is_so() -> bool:
        now = datetime.now(UTC)
        approved = day.client.read(day.cast["auditor"], "/v1/office/plans")["items"]
        past = [each["plan"] for each in approved if datetime.fromisoformat(each["effective_at"]) <= now]
        return bool(past) and past[-1]["hold_days"] == wanted["hold_days"]

    drafted = f"plan of the {when}"
    if drafted not in day.client.intents.answers and is_so():
        return
    plan_id = f"pln_{day.cast.day_number:05}_{when}"
    document: dict[str, Any] = {**wanted, "plan_id": plan_id, "version": 3}
    draft = day.done(drafted, day.cast["ops"], "/v1/office/plans", {"plan": document})
    what = {"request_id": draft["request_id"]}
    path = f"/v1/office/plans/{plan_id}/approval"
    day.refused(f"{drafted}: too few roles", day.cast["ops"], path, what, "ROLE_MISSING")
    day.done(f"{drafted}: simulation", day.cast["ops"], f"/v1/office/plans/{plan_id}/simulation", {})
    is_new = f"{drafted}: approval" not in day.client.intents.answers
    day.done(f"{drafted}: approval", day.cast["admin"], path, what)
    if is_new:
        day.until(drafted, is_so)
