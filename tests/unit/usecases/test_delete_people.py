"""Deletions: what is left of somebody, until when, and what if the run dies?"""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import Change
from chalicelib.domain.closing import (
    CONSENTS_KEPT,
    GRACE,
    IDENTITY_KEPT,
    OrdersOpen,
)
from chalicelib.domain.consent import NOTICES, Purpose
from chalicelib.domain.one_time_code import PAUSE
from chalicelib.domain.person import (
    NotRegistered,
    Person,
    TokenInvalid,
)
from chalicelib.domain.preferences import DEFAULTS
from chalicelib.domain.record import Record
from chalicelib.usecases.delete_people import Deleted
from chalicelib.usecases.keep_preferences import KeepPreferences
from tests.fakes.books import FakeBooks
from tests.unit.usecases.home import Home
from tests.unit.usecases.town import (
    ID_NUMBER,
    OTHER_PHONE,
    PHONE,
    people_of,
)


@pytest.fixture
def home() -> Home:
    return Home()


def known(home: Home) -> Person:
    """A customer with a name, two decisions, another phone, a second factor offered; closing."""
    person = home.customer()
    home.confirm(home.command(person.person_id), "张三", ID_NUMBER)
    for given in (True, False):
        home.later(timedelta(seconds=1))
        home.consents.decide(home.command(person.person_id), Purpose.PROFILE, given, NOTICES[Purpose.PROFILE])
    home.moved(person)
    home.guarded(person)
    home.factors.turned_off(home.command(person.person_id).actor, home.recovery[0], home.now)
    home.later(PAUSE)
    home.close(person)
    return person


def kinds_of(home: Home, person: Person) -> list[str]:
    """Where the person, or the phone, is still named."""
    return sorted(
        f"{table}.{'row' if sk == person.person_id else sk.partition('#')[0]}"
        for (table, pk, sk), item in home.documents.items.items()
        if person.person_id in f"{pk} {sk} {item.get('person_id', '')}"
    )


LEFT = [
    "people.history",  # by the id alone: the name was confirmed
    "people.history",  # … the phone corrected
    "people.history",  # … closed
    "people.history",  # … deleted
    "work.consent",
    "work.consent",
    "work.identity",
]


@pytest.mark.capability("S-100")
def test_a_deletion_leaves_what_the_law_wants_with_its_day(home: Home) -> None:
    person = known(home)
    closed_at = home.now
    assert kinds_of(home, person) == sorted(
        ["people.history"] * 3
        + ["people.consent"] * 2
        + ["people.corrected", "people.factor", "people.login", "people.owner", "people.profile"]
        + ["work.row"]
    )
    home.now = closed_at + GRACE - timedelta(milliseconds=1)
    assert home.deleting(home.now) == Deleted()
    home.later(timedelta(milliseconds=1))
    assert home.deleting(home.now) == Deleted(deleted=1)
    assert kinds_of(home, person) == LEFT
    identity = home.documents.items["work", f"retained#{person.person_id}", "identity"]
    opened = home.keys.open(identity["identity_sealed"], f"{person.person_id}|identity")
    assert json.loads(opened) == {"name": "张三", "id_number": ID_NUMBER}
    assert identity["expires_at"] == to_ms(closed_at + IDENTITY_KEPT) // 1000
    consents = home.documents.query("work", f"retained#{person.person_id}", "consent#")
    assert [item["given"] for item in consents] == [True, False]
    assert {item["expires_at"] for item in consents} == {to_ms(closed_at + CONSENTS_KEPT) // 1000}
    with pytest.raises(TokenInvalid):
        home.sessions.person(person.person_id, home.now)
    with pytest.raises(NotRegistered):
        home.session(OTHER_PHONE, password="", code=home.code(OTHER_PHONE))


def test_what_is_kept_of_people_one_day_goes_with_them(home: Home) -> None:
    person = home.customer()
    home.documents.put("people", person.person_id, "nickname#1", {"text": "?"})
    KeepPreferences(home.documents).set(person.person_id, DEFAULTS._replace(elder_mode=True), 0)
    home.close(person)
    home.later(GRACE)
    home.deleting(home.now)
    assert kinds_of(home, person) == ["people.history", "people.history"]


def test_phone_and_identity_are_free_again(home: Home) -> None:
    person = known(home)
    home.later(GRACE)
    home.deleting(home.now)
    again = home.customer(OTHER_PHONE)
    assert again.person_id != person.person_id
    assert home.confirm(home.command(again.person_id), "张三", ID_NUMBER).real_name


def test_twice_is_as_good_as_once(home: Home) -> None:
    known(home)
    home.later(GRACE)
    assert home.deleting(home.now).deleted == 1
    before = dict(home.documents.items)
    assert home.deleting(home.now) == Deleted()
    assert home.documents.items == before


def test_what_came_into_the_way_meanwhile_is_waited_for(home: Home) -> None:
    person = known(home)
    home.later(GRACE)
    home.in_the_way = [OrdersOpen(ids=("ord_1",))]
    before = people_of(home)
    assert home.deleting(home.now) == Deleted(waiting=1)
    assert home.deleting(home.now) == Deleted()  # tomorrow
    assert people_of(home) == before
    home.later(timedelta(days=1))
    assert home.deleting(home.now) == Deleted(waiting=1)
    home.in_the_way = []
    home.later(timedelta(days=1))
    assert home.deleting(home.now) == Deleted(deleted=1)
    assert kinds_of(home, person) == LEFT


class Dying(FakeBooks):
    """Books of a process that dies at its first write."""

    dies = True

    def commit(self, record: Record | None, changes: list[Change], token: str = "") -> None:  # type: ignore[override]
        if self.dies:
            self.dies = False
            raise RuntimeError("killed")
        super().commit(record, changes, token)


def test_a_run_that_died_in_the_middle_is_gone_on_with(home: Home) -> None:
    person = known(home)
    home.later(GRACE)
    dying = replace(home.deleting, books=Dying(home.documents, home.books.journal))
    assert dying(home.now) == Deleted(failed=1)
    assert "people.profile" in kinds_of(home, person)
    assert "people.corrected" not in kinds_of(home, person)  # what grows went first
    home.later(timedelta(days=2))  # and nobody ran meanwhile
    assert dying(home.now) == Deleted(deleted=1)
    assert kinds_of(home, person) == LEFT


def test_one_who_fails_keeps_nobody_else(home: Home) -> None:
    first = home.customer()
    second = home.customer(OTHER_PHONE)
    for person in (first, second):
        home.close(person)
    home.later(GRACE)
    dying = replace(home.deleting, books=Dying(home.documents, home.books.journal))
    assert dying(home.now) == Deleted(deleted=1, failed=1)
    assert dying(home.now) == Deleted(deleted=1)


def test_the_record_of_a_deletion_says_until_when_the_name_is_kept(home: Home) -> None:
    person = known(home)
    until = to_ms(home.now + IDENTITY_KEPT)
    home.later(GRACE)
    home.deleting(home.now)
    record = home.books.record(person.person_id, "deleted")
    assert record is not None
    assert (record.action, record.actor) == ("person.delete", "system")
    assert record.about["after"] == {"state": "deleted", "identity_until": until}
    assert all(text not in home.journal() for text in (PHONE, OTHER_PHONE, "张三", ID_NUMBER))
