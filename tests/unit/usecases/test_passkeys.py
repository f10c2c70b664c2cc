"""Passkeys: what becomes of a challenge, a counter and the item when two sessions meet?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.bootstrap import random_text
from chalicelib.domain.change import Change, DocumentChange, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.passkey import TERM, PasskeyCloned, PasskeyRefused, grows, new_challenge
from chalicelib.domain.person import Person
from chalicelib.domain.record import Record
from chalicelib.domain.second_factor import A_DAY_MAX, SecondFactorWrong
from chalicelib.domain.session import SessionEnded
from chalicelib.usecases.authority import Authority
from chalicelib.usecases.passkeys import Passkeys
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.prove_again import Proof
from tests.fakes.books import FakeBooks
from tests.fakes.device import Device
from tests.fakes.documents import FakeDocuments
from tests.fakes.keys import FakeKeys
from tests.unit.usecases.town import CLIENT, NOW, OTHER_PHONE, PASSWORD, Town


@pytest.mark.parametrize(
    "before, after, is_only",
    [(0, 0, True), (0, 1, True), (6, 7, True), (7, 7, False), (7, 6, False), (7, 0, False)],
)
def test_a_counter_grows_or_there_is_none(before: int, after: int, is_only: bool) -> None:
    assert grows(before, after) is is_only


def passkeys_of(town: Town) -> Passkeys:
    return Passkeys(town.factors, town.show_passkey, town.verifier, town.factors.choose_below)


def of_staff(town: Town, device: Device, **more: Any) -> tuple[Person, Actor]:
    """Somebody of the office with a passkey."""
    person = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["admin"])
    actor = Actor(person.person_id, frozenset(), client=CLIENT, **more)
    options = passkeys_of(town).offered(actor, Proof(PASSWORD), town.now).options
    passkeys_of(town).added(actor, "desk", device.made(options), "en", town.now)
    return person, actor


def challenge(town: Town, person: Person) -> dict[str, Any]:
    told = passkeys_of(town).challenge(person.person_id, town.now)
    return {"challenge": told.challenge, "credentials": told.credentials, "domain": told.domain}


@pytest.mark.parametrize("is_first", [True, False], ids=["the first", "a further one"])
def test_a_session_that_was_ended_adds_no_passkey(is_first: bool) -> None:
    town, device = Town(), Device()
    person = town.customer()
    session = town.session()
    actor = Actor(person.person_id, frozenset(), client=CLIENT, session_id=session.session_id)
    if not is_first:
        town.guarded(person, session.session_id)
    proof = Proof(PASSWORD) if is_first else Proof(second_factor=town.recovery[0])
    options = passkeys_of(town).offered(actor, proof, town.now).options
    town.sessions.end(replace(town.command(person.person_id), actor=actor), session.session_id)
    before = dict(town.documents.items)
    with pytest.raises(SessionEnded):
        passkeys_of(town).added(actor, "desk", device.made(options), "en", town.now)
    assert passkeys_of(town).listed(person.person_id) == []
    kept = {key: item for key, item in town.documents.items.items() if key[0] == "people"}
    assert kept == {key: item for key, item in before.items() if key[0] == "people"}


@dataclass
class Meanwhile(FakeDocuments):
    """Documents in which somebody else's sign-in is written first, between the look and the write."""

    times: int = 0

    def change(self, change: DocumentChange) -> dict[str, object] | None:
        if self.times and "passkeys" in change.set_values:
            self.times -= 1
            other = DocumentChange(change.table, change.pk, change.sk, {}, {}, {"version": 1})
            assert super().change(other) is not None
        return super().change(change)


@pytest.mark.parametrize("times", [1, 7])
def test_who_is_overtaken_looks_again_and_gets_in(times: int) -> None:
    documents = Meanwhile()
    town, device = Town(documents=documents), Device()
    person, _ = of_staff(town, device)
    documents.times = times
    town.factors.check(person.person_id, device.signed(challenge(town, person)), CLIENT, town.now)
    (kept,) = documents.items["people", person.person_id, "factor"]["passkeys"].values()
    assert kept["counter"] == 1


def test_who_is_overtaken_for_ever_is_asked_to_try_again() -> None:
    documents = Meanwhile()
    town, device = Town(documents=documents), Device()
    person, _ = of_staff(town, device)
    documents.times = 8
    with pytest.raises(Unavailable):
        town.factors.check(person.person_id, device.signed(challenge(town, person)), CLIENT, town.now)


@dataclass
class Books(FakeBooks):
    """Books that find something moved on, so many times."""

    times: int = 0

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if self.times:
            self.times -= 1
            raise Stale("somebody was faster")
        super().commit(record, changes, token)


def test_a_copy_is_put_out_of_use_also_by_who_is_overtaken() -> None:
    town, device = Town(), Device(counter=5)
    person, _ = of_staff(town, device)
    device.counter = 4
    books = Books(town.documents, times=3)
    books.journal = town.books.journal
    show = replace(town.show_passkey, books=books)
    answer = device.signed(challenge(town, person))
    with pytest.raises(PasskeyCloned):
        show(person.person_id, answer, CLIENT, town.now)
    (kept,) = passkeys_of(town).listed(person.person_id)
    assert (kept.cloned, kept.counter, kept.used_at) == (True, 5, None)
    assert [record.action for record in town.books.journal.values()][-1] == "passkey.cloned"
    assert town.texts.notices() == ["passkey_added", "passkey_cloned"]


def test_a_challenge_has_64_bits_of_chance_and_comes_once() -> None:
    made = [new_challenge("one person", random_text(), FakeKeys().blind_index, NOW) for _ in range(1_000)]
    chance = {bytes.fromhex(one.split("-")[1]) for one in made}
    assert (len(set(made)), len(chance), {len(one) for one in chance}) == (1_000, 1_000, {8})


def test_a_challenge_ends_after_five_minutes_to_the_millisecond() -> None:
    town, device = Town(), Device()
    person, _ = of_staff(town, device)
    early, late = challenge(town, person), challenge(town, person)
    town.now += TERM - timedelta(milliseconds=1)
    town.factors.check(person.person_id, device.signed(early), CLIENT, town.now)
    town.now += timedelta(milliseconds=1)
    with pytest.raises(PasskeyRefused):
        town.factors.check(person.person_id, device.signed(late), CLIENT, town.now)


def test_who_uses_up_the_tries_of_the_digits_keeps_no_owner_of_a_passkey_out() -> None:
    town, device = Town(), Device()
    person, _ = of_staff(town, device)
    for _ in range(A_DAY_MAX):
        with pytest.raises(SecondFactorWrong):
            town.factors.check(person.person_id, "000000", CLIENT, town.now)
    town.factors.check(person.person_id, device.signed(challenge(town, person)), CLIENT, town.now)


def test_staff_with_a_passkey_alone_are_no_newcomers_and_its_key_opens_a_session() -> None:
    town, device = Town(), Device()
    person, _ = of_staff(town, device)
    session = town.session(OTHER_PHONE, second_factor=device.signed(challenge(town, person)))
    assert Authority(town.documents, town.tokens)(session.access_token, town.now).roles == {"admin"}
    assert [record.action for record in town.books.journal.values()] == [
        "person.register",
        "passkey.added",
        "person.sign_in",
    ]
