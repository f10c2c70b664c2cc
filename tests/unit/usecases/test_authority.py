"""Authority: whatever takes a right, within ten seconds it is gone everywhere, for one read."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.person import PersonLocked
from chalicelib.domain.second_factor import STEP
from chalicelib.domain.session import SessionEnded, TokenUsedTwice
from chalicelib.domain.visitor import Visitor
from chalicelib.usecases.approvals import Approvals
from chalicelib.usecases.authority import KEPT, Authority
from chalicelib.usecases.grant_roles import GrantRoles
from chalicelib.usecases.lock_staff import LockStaff
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.sign_in import Attempt
from chalicelib.usecases.staff_file import StaffFile
from tests.unit.usecases.town import CLIENT, DEVICE, OTHER_PHONE, PASSWORD, PHONE, Town

SECOND = timedelta(seconds=1)
NEW_PASSWORD = "fuenf gelbe ampeln"
Seen = frozenset[str] | type[Exception]


class CountedReads:
    """Documents that count their reads."""

    def __init__(self, town: Town) -> None:
        self.town, self.count = town, 0

    def get(self, *where: str, consistent: bool = False) -> dict[str, Any] | None:
        self.count += 1
        return self.town.documents.get(*where, consistent)


@dataclass
class Office:
    """A clerk who is signed in twice, here and elsewhere, an admin, and a process that knows the clerk."""

    def __post_init__(self) -> None:
        town = self.town = Town()
        self.admin_id = town.register.staff(town.command(), PHONE, PASSWORD, ["admin"]).person_id
        self.clerk = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["ops"])
        self.secret = town.guarded(self.clerk)
        town.now += STEP
        begin = partial(town.sessions.begun, self.clerk.person_id, "person.sign_in", CLIENT, town.now)
        self.here, self.elsewhere = begin(factor_shown=True), begin(factor_shown=True)
        self.file = StaffFile(town.books, town.documents)
        self.reads = CountedReads(town)
        self.authority = Authority(self.reads, town.tokens)  # type: ignore[arg-type]

    def seen(self, seconds: int) -> Seen:
        """What the token of here is good for, so many seconds later."""
        try:
            return self.authority(self.here.access_token, self.town.now + seconds * SECOND).roles
        except (PersonLocked, SessionEnded) as refusal:
            return type(refusal)

    def by_admin(self) -> Command:
        return self.town.command(self.admin_id)

    def by_clerk(self) -> Command:
        """A command of the clerk, given elsewhere."""
        command = self.town.command(self.clerk.person_id)
        return Command(self.actor(), command.key, command.now, command.request_hash)

    def actor(self) -> Actor:
        return Actor(self.clerk.person_id, frozenset(), client=CLIENT, session_id=self.elsewhere.session_id)

    def use_twice(self) -> None:
        """Somebody has a copy of the refresh token of here, and is slower."""
        renewed = self.town.goes_on(self.here, self.town.now)
        self.town.goes_on(renewed, self.town.now)
        with suppress(TokenUsedTwice):
            self.town.goes_on(self.here, self.town.now)


def grants(office: Office) -> GrantRoles:
    approvals = Approvals(office.town.books, office.town.documents, {})  # what is taken asks nobody
    return GrantRoles(office.file, office.town.documents, approvals)


TAKEN: dict[str, tuple[Callable[[Office], object], Seen]] = {
    "a role is taken": (
        lambda o: grants(o).revoke(o.by_admin(), o.clerk.person_id, "grn_operator_ops"),
        frozenset(),
    ),
    "somebody is locked": (
        lambda o: LockStaff(o.file)(o.by_admin(), o.clerk.person_id),
        PersonLocked,
    ),
    "another password, by the old one": (
        lambda o: o.town.sign_in.with_new_password(o.actor(), PASSWORD, NEW_PASSWORD, o.town.now),
        SessionEnded,
    ),
    "another password, by a code": (
        lambda o: o.town.sign_in.with_code(
            Attempt(
                OTHER_PHONE,
                code=o.town.code(OTHER_PHONE, Purpose.PASSWORD),
                second_factor=o.town.digits(o.secret, 1),
                visitor=Visitor(DEVICE),
            ),
            NEW_PASSWORD,
            CLIENT,
            o.town.now,
        ),
        SessionEnded,
    ),
    "the session is ended elsewhere": (
        lambda o: o.town.sessions.end(o.by_clerk(), o.here.session_id),
        SessionEnded,
    ),
    "all others are ended elsewhere": (
        lambda o: o.town.sessions.end_others(o.by_clerk()),
        SessionEnded,
    ),
    "its refresh token is used twice": (lambda o: o.use_twice(), SessionEnded),
    "the second factor is turned off": (
        lambda o: o.town.factors.turned_off(o.actor(), o.town.digits(o.secret, 1), o.town.now),
        frozenset({"newcomer"}),
    ),
}


@pytest.mark.parametrize("take, left", TAKEN.values(), ids=TAKEN)
def test_what_is_taken_is_gone_within_ten_seconds(take: Callable[[Office], object], left: Seen) -> None:
    office = Office()
    assert office.seen(0) == {"ops"}
    take(office)
    seen = [office.seen(second) for second in range(15)]
    bites = seen.index(left)
    assert bites <= KEPT / SECOND
    assert seen == [frozenset({"ops"})] * bites + [left] * (15 - bites)


@pytest.mark.parametrize("take, left", TAKEN.values(), ids=TAKEN)
def test_to_know_it_costs_a_request_one_read_at_most(take: Callable[[Office], object], left: Seen) -> None:
    office = Office()
    office.seen(0)
    take(office)
    for second in range(15):
        before = office.reads.count
        office.seen(second)
        assert office.reads.count - before <= 1
    assert office.reads.count >= 2, f"nobody would have noticed: {left}"


def test_another_process_that_never_saw_the_clerk_knows_at_once() -> None:
    for take, left in TAKEN.values():
        office = Office()
        take(office)
        assert office.seen(0) == left
