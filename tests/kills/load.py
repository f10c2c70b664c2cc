"""The load: customers who trade without a pause while processes are killed under them.

Each story is a new customer's of the demo day, told by careful clients: every wish
has a key, and is sent again with it until there is a certain answer.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench.demo import customers, timetable
from bench.demo.cast import INVITERS
from bench.demo.client import GaveUp
from bench.demo.day import Day, Unexpected
from bench.demo.shop import registered

CLIENTS = 4
STORIES: tuple[tuple[customers.CustomerStory, bool], ...] = (
    (customers.living_from_a_card, True),
    (customers.paying("normal"), False),
    (customers.giving_back_to_a_card, True),
    (customers.paying("twice"), False),
    (customers.paying_twice, True),
    (customers.changing_the_mind, False),
    (customers.giving_back_a_part, True),
    (customers.topping_up, True),
)


@dataclass
class Load:
    """Stories of one day, told by a few clients until they are stopped."""

    day: Day
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(timetable.CUSTOMERS_FROM))
    told: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        self._stop.clear()
        self._threads = [threading.Thread(target=self._live) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Every story that was begun is told to its end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def answers(self) -> int:
        return len(self.day.client.intents.answers)

    def _live(self) -> None:
        while not self._stop.is_set():
            number = next(self.numbers)
            name = f"customer {number}"
            try:
                self._story(number, name)()
            except (Unexpected, GaveUp) as wrong:
                self.day.surprise(f"{name}: {wrong}")
            except Exception as wrong:  # noqa: BLE001 - a client of the day tells, and goes on
                self.day.surprise(f"{name}: {wrong!r}")
            self.told.append(name)

    def _story(self, number: int, name: str) -> Callable[[], None]:
        story, real_name = STORIES[number % len(STORIES)]
        inviter = INVITERS[number % len(INVITERS)]

        def tell() -> None:
            person = registered(self.day, name, number, self.day.cast[inviter].key, real_name)
            story(self.day, name, person)

        return tell
