"""Grants in memory: what happens when two admins are at it at once, and what their records tell."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain import people_items
from chalicelib.domain.approval import FourEyes, Kind, RequestDecided, RoleRequired, State
from chalicelib.domain.enrolment import NobodyToEnrol
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.grant import REQUEST_TERM, GrantUnknown
from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.person_history import changes_of
from chalicelib.domain.personal_data import personal_data_in
from chalicelib.usecases.approvals import Approvals
from chalicelib.usecases.grant_roles import GrantRoles, Wish
from chalicelib.usecases.invite_staff import InviteStaff
from chalicelib.usecases.list_staff import ListStaff
from chalicelib.usecases.lock_staff import LockStaff
from chalicelib.usecases.ports import Command
from chalicelib.usecases.staff_file import StaffFile
from tests.unit.usecases.town import NOW, OTHER_PHONE, PASSWORD, PHONE, Town, people_of

DAY = timedelta(days=1)
ENROLLED = "grn_operator_admin"


@dataclass
class Meanwhile:
    """Documents in which something happens between two looks."""

    town: Town
    happenings: list[Callable[[], object]] = field(default_factory=list)

    def query(self, *where: Any, **how: Any) -> list[dict[str, Any]]:
        found = self.town.documents.query(*where, **how)
        if self.happenings:
            self.happenings.pop()()
        return found


@dataclass
class Office:
    """A town with one admin, Anna."""

    town: Town = field(default_factory=Town)

    def __post_init__(self) -> None:
        self.anna = self.town.register.staff(self.town.command(), PHONE, PASSWORD, ["admin"]).person_id
        self.file = StaffFile(self.town.books, self.town.documents)
        self.looks = Meanwhile(self.town)
        subjects = {Kind.GRANT: lambda: self.grants}
        self.approvals = Approvals(self.town.books, self.town.documents, subjects)
        self.grants = GrantRoles(self.file, self.looks, self.approvals)  # type: ignore[arg-type]
        town = self.town
        self.invite = InviteStaff(
            self.file, town.books, town.documents, town.keys, town.register.choose_below
        )

    def command(self, by: str = "", reason: str = "as agreed") -> Command:
        command = self.town.command(by or self.anna)
        admin = replace(command.actor, roles=frozenset({"admin"}))
        return replace(command, actor=admin, reason=reason)

    def invited(self, phone: str, role: str = "admin") -> tuple[str, str]:
        """Somebody for whom Anna asked for a role: who, and which grant."""
        wish = Wish((role,), ends_at=self.town.now + 90 * DAY)
        member = self.invite(self.command(), phone, wish).staff
        return member.person_id, member.grants[0].grant_id

    def admin(self, phone: str) -> str:
        """Another admin."""
        return self.town.register.staff(self.town.command(), phone, PASSWORD, ["admin"]).person_id


@pytest.fixture
def office() -> Office:
    return Office()


def test_of_two_grants_that_the_first_admin_gives_alone_at_once_one_counts(office: Office) -> None:
    first, second = office.invited("13700137001"), office.invited("13700137002")
    office.looks.happenings.append(lambda: office.grants.approve(office.command(), *second))
    with pytest.raises(FourEyes):
        office.grants.approve(office.command(), *first)
    assert office.file.member(first[0], NOW).person.roles == ()
    assert office.file.member(second[0], NOW).person.roles == ("admin",)


def test_no_code_is_handed_out_to_who_turns_a_second_factor_on_meanwhile(office: Office) -> None:
    boris = office.admin(OTHER_PHONE)
    profile = office.file.profile(boris)
    on = people_items.factor_on_change(profile, "")
    commit = office.town.books.commit

    class Overtaken:
        """Books into which somebody writes a moment earlier."""

        record = office.town.books.record

        def commit(self, *what: Any) -> None:
            office.town.documents.change(on)
            commit(*what)

    books: Any = Overtaken()
    invite = replace(office.invite, file=replace(office.file, books=books))
    with pytest.raises(NobodyToEnrol):
        invite.again(office.command(), boris)
    assert not any(key[1].startswith("enrolment#") for key in office.town.documents.items)


def test_what_one_admin_agrees_to_while_another_takes_something_is_not_lost(office: Office) -> None:
    boris, carla = office.admin(OTHER_PHONE), office.invited("13700137001", "ops")
    asked = Wish(("finance",), ends_at=NOW + DAY)
    office.looks.happenings.append(lambda: office.grants.request(office.command(), carla[0], asked))
    member = office.grants.approve(office.command(boris), *carla)
    states = {grant.role: grant.state for grant in member.grants}
    assert states == {"finance": "REQUESTED", "ops": "APPROVED"}


@dataclass
class Reading:
    """Documents in which something happens after somebody's profile was looked at."""

    town: Town
    person_id: str
    happening: Callable[[], object] | None

    def get(self, *where: Any, **how: Any) -> dict[str, Any] | None:
        found = self.town.documents.get(*where, **how)
        if self.happening and where[1] == self.person_id:
            happening, self.happening = self.happening, None
            happening()
        return found


def test_of_two_admins_who_take_each_others_role_at_once_one_stays(office: Office) -> None:
    """Else nobody was left who could give anybody a role."""
    town, boris = office.town, office.admin(OTHER_PHONE)
    looks = Reading(
        town, office.anna, lambda: office.grants.revoke(office.command(boris), office.anna, ENROLLED)
    )
    slow = GrantRoles(StaffFile(town.books, looks), town.documents, office.approvals)  # type: ignore[arg-type]
    with pytest.raises(RoleRequired):
        slow.revoke(office.command(), boris, ENROLLED)
    left = [office.file.member(one, NOW).person.roles for one in (office.anna, boris)]
    assert left == [(), ("admin",)]


def test_who_is_no_admin_any_more_or_locked_agrees_to_nothing_from_that_moment_on(office: Office) -> None:
    boris, dora = office.admin(OTHER_PHONE), office.admin("13700137002")
    carla = office.invited("13700137001", "ops")
    LockStaff(office.file)(office.command(), boris)
    office.grants.revoke(office.command(), dora, ENROLLED)
    before = people_of(office.town)
    for one in (boris, dora):
        with pytest.raises(RoleRequired):
            office.grants.approve(office.command(one), *carla)
    assert people_of(office.town) == before


def test_a_code_that_was_not_written_is_told_to_nobody(office: Office) -> None:
    """Of one command that is sent twice at once, one makes a code."""
    town, (person_id, _) = office.town, office.invited("13700137001", "ops")
    town.now += DAY
    command = office.command()
    codes: list[str | None] = []
    looks = Reading(town, office.anna, lambda: codes.append(office.invite.again(command, person_id).code))
    slow = replace(office.invite, file=StaffFile(town.books, looks))  # type: ignore[arg-type]
    codes.append(slow.again(command, person_id).code)
    assert (len(codes), codes[0] is not None, codes[1]) == (2, True, None)


def test_a_request_that_nobody_agreed_to_in_a_week_is_gone(office: Office) -> None:
    boris, carla = office.admin(OTHER_PHONE), office.invited("13700137001", "ops")
    office.town.now = NOW + REQUEST_TERM
    with pytest.raises(GrantUnknown):
        office.grants.approve(office.command(boris), *carla)


def test_a_step_is_taken_once_however_often_it_is_sent(office: Office) -> None:
    boris, carla = office.admin(OTHER_PHONE), office.invited("13700137001", "ops")
    command = office.command(boris)
    first = office.grants.approve(command, *carla)
    assert office.grants.approve(command, *carla) == first
    with pytest.raises(KeyReused):
        office.grants.revoke(replace(command, request_hash="another"), *carla)


def test_what_one_admin_asked_for_is_not_replaced_by_another_who_uses_the_same_key(office: Office) -> None:
    """The id of a grant is made of a key that is told to every admin: it names one wish for ever."""
    boris, (person_id, _) = office.admin(OTHER_PHONE), office.invited("13700137001", "ops")
    asking = office.command()
    office.grants.request(asking, person_id, Wish(("finance",), ends_at=NOW + 30 * DAY))
    office.town.now += DAY
    before = people_of(office.town)
    greedy = Wish(("finance",), ends_at=NOW + 300 * DAY, senior=True)
    with pytest.raises(KeyReused):
        office.grants.request(replace(office.command(boris), key=asking.key), person_id, greedy)
    assert people_of(office.town) == before


def test_who_asked_or_whom_it_is_for_gives_no_role_neither_here_nor_in_the_inbox(office: Office) -> None:
    office.admin(OTHER_PHONE)
    carla = office.invited("13700137001", "ops")
    for person_id in (office.anna, carla[0]):
        for decide in (office.grants.approve, office.grants.refuse):
            with pytest.raises((FourEyes, RoleRequired)):  # whom it is for is no admin besides
                decide(office.command(person_id), *carla)
        with pytest.raises(FourEyes):
            office.approvals.decide(office.command(person_id), carla[1], agrees=True)
    assert office.file.member(carla[0], NOW).grants[0].state == "REQUESTED"


def test_a_word_in_the_inbox_is_the_word_on_the_grant(office: Office) -> None:
    boris = office.admin(OTHER_PHONE)
    given, refused = office.invited("13700137001", "ops"), office.invited("13700137002", "risk")
    office.approvals.decide(office.command(boris), given[1], agrees=True)
    office.approvals.decide(office.command(boris, "not needed"), refused[1], agrees=False)
    assert office.file.member(given[0], NOW).person.roles == ("ops",)
    assert office.file.member(refused[0], NOW).grants == ()
    (line, *_) = ListStaff(office.town.documents).history(refused[0], "", 20)
    assert (line.action, line.actor, line.reason) == ("grant.refuse", boris, "not needed")
    assert office.approvals.read(given[1]).state(NOW) is State.APPROVED
    with pytest.raises(RequestDecided):
        office.grants.approve(office.command(boris), *given)


@pytest.mark.capability("S-118")
def test_no_line_and_no_record_tells_personal_data(office: Office) -> None:
    boris, carla = office.admin(OTHER_PHONE), office.invited("13700137001", "ops")
    office.grants.approve(office.command(boris), *carla)
    lock = LockStaff(office.file)
    lock(office.command(), carla[0])
    records = list(office.town.books.journal.values())
    lines = ListStaff(office.town.documents).history(carla[0], "", 20)
    assert [line.action for line in lines] == ["staff.lock", "grant.approve", "staff.invite"]
    assert [personal_data_in(record.body()) for record in records] == [()] * len(records)
    assert personal_data_in([repr(line) for line in lines]) == ()
    assert {line.record_id for line in lines} <= {record.record_id for record in records}


@pytest.mark.capability("S-118")
def test_a_customers_history_tells_name_and_password_without_what_they_are(office: Office) -> None:
    town = office.town
    person = town.customer("13700137009")
    town.confirm(town.command(person.person_id), "张三", "11010519491231002X")
    town.now += timedelta(minutes=2)
    code = town.code("13700137009", Purpose.PASSWORD)
    town.new_password(code, "drei gelbe ampeln", phone="13700137009")
    found = town.documents.query("people", person.person_id, "history#", newest=True)
    assert [(line.action, line.before, line.after) for line in changes_of(found)] == [
        ("person.new_password", {"password": "another"}, {"password": "chosen"}),
        ("person.real_name", {"real_name": False}, {"real_name": True}),
    ]
    assert "gelbe" not in str(found) and "11010519491231002X" not in str(found)
