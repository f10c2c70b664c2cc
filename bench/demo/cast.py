"""The cast: who trades on the demo day, and how is each of them called?

Staff and the first promoters are those of the demo world. Everybody else is new:
phones and ID numbers are made from the number of the day, so that a second day in
the same world meets nobody twice.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from bench.demo.client import Person
from local import demo_world
from local.people import Authenticator

PASSWORD = "one-day-of-trade"
DAYS_OF_BIRTH = 10_000
_CHECK_CHARACTERS = "10X98765432"  # GB 11643-1999


@dataclass
class Cast:
    """Everybody, by the name that intents carry."""

    day_number: int
    persons: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for known in demo_world.GUARDED:
            guard = Authenticator(known.secret)
            self.persons[known.name] = Person(known.name, known.phone, demo_world.PASSWORD, guard)

    def __getitem__(self, name: str) -> Person:
        return self.persons[name]

    def newcomer(self, name: str, number: int) -> Person:
        """Somebody whom the system does not know yet."""
        if name not in self.persons:
            self.persons[name] = Person(name, f"15{self.day_number:05}{number:04}", PASSWORD)
        return self.persons[name]

    def id_number(self, number: int) -> str:
        """The ID number of the newcomer of this number: well-formed, and nobody's."""
        day_of_birth = date(1970, 1, 1) + timedelta(days=number % DAYS_OF_BIRTH)
        digits = f"{100_000 + self.day_number:06}{day_of_birth:%Y%m%d}{number // DAYS_OF_BIRTH:03}"
        weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
        return digits + _CHECK_CHARACTERS[weighted % 11]


INVITERS = tuple(one.name for one in demo_world.DISTRIBUTORS)
