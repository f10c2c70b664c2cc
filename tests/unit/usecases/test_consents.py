"""Consents: each purpose for itself, given and taken back alike, by the version that was read."""

from datetime import timedelta

import pytest

from chalicelib.domain.consent import NOTICES, Consent, NoticeReplaced, Purpose, ServiceNecessary
from chalicelib.domain.errors import KeyReused, Refusal
from chalicelib.domain.person import Person
from chalicelib.usecases.authority import Authority
from chalicelib.usecases.consents import Consents
from chalicelib.usecases.ports import Actor
from tests.unit.usecases.town import NOW, Town, people_of

OPTIONAL = [purpose for purpose in Purpose if purpose is not Purpose.SERVICE]
NEXT = "2027-01"


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def person(town: Town) -> Person:
    return town.customer()


def consents_in(town: Town, **newer: str) -> Consents:
    return Consents(
        town.books, town.documents, {**NOTICES, **{Purpose[name]: told for name, told in newer.items()}}
    )


def given(found: list[Consent]) -> set[Purpose]:
    return {consent.purpose for consent in found if consent.given}


@pytest.mark.capability("S-099")
def test_nothing_optional_is_given_by_whoever_registers(town: Town, person: Person) -> None:
    found = consents_in(town).listed(person.person_id)
    assert [consent.purpose for consent in found] == list(Purpose)
    assert given(found) == {Purpose.SERVICE}
    assert [consent.decision for consent in found if not consent.is_necessary] == [None] * 3


@pytest.mark.capability("S-099")
@pytest.mark.parametrize("purpose", OPTIONAL)
def test_a_consent_is_given_alone_and_taken_back_by_the_same_call(
    town: Town, person: Person, purpose: Purpose
) -> None:
    consents = consents_in(town)
    for is_given in (True, False, True):
        command = town.command(person.person_id)
        found = consents.decide(command, purpose, is_given, NOTICES[purpose])
        assert given(found) == {Purpose.SERVICE} | ({purpose} if is_given else set())
        record = town.books.journal[person.person_id, command.key]
        about = {"purpose": purpose.value, "given": is_given, "version": NOTICES[purpose]}
        assert (record.action, record.about) == ("person.consent", about)


def test_whoever_takes_back_need_not_know_the_version(town: Town, person: Person) -> None:
    consents = consents_in(town)
    consents.decide(town.command(person.person_id), Purpose.PROFILE, True, NOTICES[Purpose.PROFILE])
    assert given(consents.decide(town.command(person.person_id), Purpose.PROFILE, False, "")) == {
        Purpose.SERVICE
    }


def test_a_consent_to_another_version_is_none(town: Town, person: Person) -> None:
    consents_in(town).decide(
        town.command(person.person_id), Purpose.MARKETING, True, NOTICES[Purpose.MARKETING]
    )
    newer = consents_in(town, MARKETING=NEXT)
    assert given(newer.listed(person.person_id)) == {Purpose.SERVICE}
    found = newer.decide(town.command(person.person_id), Purpose.MARKETING, True, NEXT)
    assert given(found) == {Purpose.SERVICE, Purpose.MARKETING}


@pytest.mark.parametrize(
    "purpose, is_given, version, refusal",
    [
        (Purpose.SERVICE, False, NOTICES[Purpose.SERVICE], ServiceNecessary),
        (Purpose.SERVICE, True, "2020-01", NoticeReplaced),
        (Purpose.LOCATION, True, "", NoticeReplaced),
    ],
)
def test_what_was_not_read_is_not_agreed_to_and_the_service_not_without_its_data(
    town: Town, person: Person, purpose: Purpose, is_given: bool, version: str, refusal: type[Refusal]
) -> None:
    before = people_of(town), dict(town.books.journal)
    with pytest.raises(refusal):
        consents_in(town).decide(town.command(person.person_id), purpose, is_given, version)
    assert (people_of(town), town.books.journal) == before


@pytest.mark.capability("S-098")
def test_every_decision_is_kept_with_its_version_and_time(town: Town, person: Person) -> None:
    consents, actor = consents_in(town), Actor(person.person_id, frozenset())
    for day, is_given in enumerate((True, False, True)):
        town.now = NOW + timedelta(days=day)
        consents.decide(town.command(person.person_id), Purpose.MARKETING, is_given, "2026-11")
    keys, newest = consents.history(actor, "", 2)
    assert [(one.given, one.version, one.at) for one in newest] == [
        (True, "2026-11", NOW + timedelta(days=2)),
        (False, "2026-11", NOW + timedelta(days=1)),
    ]
    assert [one.at for one in consents.history(actor, keys[-1], 2)[1]] == [NOW]


def test_the_same_command_decides_once_and_another_body_is_refused(town: Town, person: Person) -> None:
    consents, command = consents_in(town), town.command(person.person_id)
    first = consents.decide(command, Purpose.PROFILE, True, NOTICES[Purpose.PROFILE])
    before = people_of(town)
    assert consents.decide(command, Purpose.PROFILE, True, NOTICES[Purpose.PROFILE]) == first
    altered = town.command(person.person_id, command.key, "another")
    with pytest.raises(KeyReused):
        consents.decide(altered, Purpose.PROFILE, False, "")
    assert people_of(town) == before


@pytest.mark.capability("S-098")
def test_a_new_version_of_what_is_necessary_is_due_at_once_and_until_it_is_accepted(
    town: Town, person: Person
) -> None:
    profile = town.documents.items["people", person.person_id, "profile"]
    session = town.session()
    assert not session.notice_due
    profile["notice"] = "2025-01"  # accepted before the one in force came
    renewed = town.goes_on(session, NOW + timedelta(seconds=20))
    authority = Authority(town.documents, town.tokens)
    assert renewed.notice_due and authority(renewed.access_token, NOW).notice_due
    consents_in(town).decide(town.command(person.person_id), Purpose.SERVICE, True, NOTICES[Purpose.SERVICE])
    assert not authority(renewed.access_token, NOW).notice_due
    assert not town.goes_on(renewed, NOW + timedelta(seconds=40)).notice_due


def test_staff_are_told_elsewhere(town: Town) -> None:
    town.register.staff(town.command(), "13700137000", "vier rote ampeln", ["finance"])
    assert not town.session("13700137000", code=town.code("13700137000")).notice_due
