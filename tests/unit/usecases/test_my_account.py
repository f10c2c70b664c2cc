"""One's own account: what is corrected leaves a proof and no text, what is closed may be kept, then goes."""

import json
from datetime import timedelta

import pytest

from chalicelib.domain import closing
from chalicelib.domain.business_time import from_ms
from chalicelib.domain.catalog import RealNameRequired
from chalicelib.domain.closing import (
    GRACE,
    NotClosing,
    OrdersOpen,
)
from chalicelib.domain.correction import proof_of
from chalicelib.domain.errors import KeyReused, Refusal
from chalicelib.domain.one_time_code import PAUSE, CodeWrong
from chalicelib.domain.one_time_code import Purpose as CodePurpose
from chalicelib.domain.person import (
    AccountClosing,
    IdentityRefused,
    PhoneTaken,
    SignInRefused,
)
from chalicelib.domain.second_factor import SecondFactorRequired
from chalicelib.domain.session import SessionEnded
from chalicelib.usecases.delete_people import Deleted
from chalicelib.usecases.ports import Command
from chalicelib.usecases.prove_again import Proof
from tests.unit.usecases.home import PASSED, Home
from tests.unit.usecases.town import (
    DEVICE,
    ID_NUMBER,
    NOW,
    OTHER_PHONE,
    PHONE,
    people_of,
)


@pytest.fixture
def home() -> Home:
    return Home()


# ---------------------------------------------------------------- correcting


def test_another_phone_signs_in_and_the_old_one_is_free(home: Home) -> None:
    person, session = home.customer(), home.session()
    corrected = home.moved(person)
    assert corrected.phone_masked == "139****9000"
    assert home.texts.sent[-1] == (f"+86{PHONE}", "phone_changed", "", "en")
    assert home.session(OTHER_PHONE).person.person_id == person.person_id
    assert home.goes_on(session, home.now).person == home.sessions.person(person.person_id, home.now)
    home.later(PAUSE)
    assert home.customer(PHONE).person_id != person.person_id


@pytest.mark.capability("S-118")
def test_a_correction_is_told_by_proofs_and_its_texts_stand_sealed_beside_it(home: Home) -> None:
    person = home.customer()
    home.now = NOW + timedelta(hours=1)
    home.moved(person)
    line = home.line("person.phone")
    assert line["before"] == {"phone": proof_of(f"+86{PHONE}", "salt")}
    assert line["after"] == {"phone": proof_of(f"+86{OTHER_PHONE}", "salt")}
    assert (line["actor"], from_ms(line["at"]), from_ms(line["effective_at"])) == (  # type: ignore[arg-type]
        person.person_id,
        home.now,
        home.now,
    )
    (kept,) = home.documents.query("people", person.person_id, "corrected#")
    opened = json.loads(home.keys.open(kept["sealed"], f"{person.person_id}|{kept['sk']}"))
    assert (opened["before"], opened["after"]) == (f"+86{PHONE}", f"+86{OTHER_PHONE}")
    assert PHONE not in home.journal() and OTHER_PHONE not in home.journal()


def test_the_same_command_again_changes_nothing_more(home: Home) -> None:
    person, key = home.customer(), "01KAMX7Q000000000000000777"
    first = home.moved(person, key=key)
    before = people_of(home)
    again = home.correct.phone(home.command(person.person_id, key), OTHER_PHONE, "000000", Proof(), "en")
    assert (again, people_of(home)) == (first, before)
    other = home.command(person.person_id, key, request_hash="another")
    with pytest.raises(KeyReused):
        home.correct.phone(other, OTHER_PHONE, "000000", PASSED, "en")


@pytest.mark.parametrize(
    "proof, refusal", [(Proof(password="a wrong password"), SignInRefused), (Proof(), CodeWrong)]
)
def test_a_session_alone_changes_no_phone_and_closes_nothing(
    home: Home, proof: Proof, refusal: type[Refusal]
) -> None:
    person = home.customer()
    before = people_of(home)
    with pytest.raises(refusal):
        home.moved(person, proof=proof)
    with pytest.raises(refusal):
        home.close(person, proof)
    assert people_of(home) == before


def test_a_code_of_the_own_phone_stands_in_place_of_a_password(home: Home) -> None:
    person = home.customer()
    home.later(PAUSE)
    own = home.code(PHONE, CodePurpose.ACCOUNT)
    assert home.moved(person, proof=Proof(code=own, device=DEVICE)).phone_masked == "139****9000"


def test_a_code_for_signing_in_corrects_nothing(home: Home) -> None:
    person = home.customer()
    code = home.code(OTHER_PHONE, CodePurpose.SIGN_IN)
    with pytest.raises(CodeWrong):
        home.correct.phone(home.command(person.person_id), OTHER_PHONE, code, PASSED, "en")


def test_a_second_factor_that_is_on_is_asked_for(home: Home) -> None:
    person = home.customer()
    secret = home.guarded(person)
    before = people_of(home)
    with pytest.raises(SecondFactorRequired):
        home.moved(person)
    with pytest.raises(SecondFactorRequired):
        home.close(person)
    assert people_of(home) == before
    home.later(PAUSE)
    shown = home.digits(secret)
    assert home.moved(person, proof=PASSED._replace(second_factor=shown)).phone_masked == "139****9000"


def test_a_phone_that_somebody_has_is_taken(home: Home) -> None:
    person, other = home.customer(), home.customer(OTHER_PHONE)
    home.later(PAUSE)
    before = people_of(home)
    with pytest.raises(PhoneTaken):
        home.moved(person)
    home.later(PAUSE)
    with pytest.raises(PhoneTaken):
        home.moved(other)  # their own
    assert people_of(home) == before


def test_a_name_is_corrected_by_the_register_and_never_without_one(home: Home) -> None:
    person = home.customer()
    with pytest.raises(RealNameRequired):
        home.correct.name(home.command(person.person_id), "张四")
    home.confirm(home.command(person.person_id), "张三", ID_NUMBER)
    home.correct.name(home.command(person.person_id), "张四")
    profile = home.documents.items["people", person.person_id, "profile"]
    opened = json.loads(home.keys.open(profile["identity_sealed"], f"{person.person_id}|identity"))
    assert opened == {"name": "张四", "id_number": ID_NUMBER}
    assert home.line("person.name")["before"] == {"name": proof_of("张三", "salt")}
    before = people_of(home)
    with pytest.raises(IdentityRefused):
        home.correct.name(home.command(person.person_id), "不符")
    assert people_of(home) == before


# ---------------------------------------------------------------- closing


def test_closing_ends_every_session_and_tells_the_phone(home: Home) -> None:
    person, session = home.customer(), home.session()
    told = home.close(person)
    assert told == closing.Closing(NOW + GRACE, ())
    with pytest.raises(SessionEnded):
        home.goes_on(session, home.now)
    assert home.texts.sent[-1] == (f"+86{PHONE}", "closing", "", "en")
    assert home.session().person.closes_at == NOW + GRACE
    with pytest.raises(AccountClosing):
        home.close(person)
    with pytest.raises(AccountClosing):
        home.moved(person)


def test_what_stands_in_the_way_is_told_and_nothing_is_closed(home: Home) -> None:
    person = home.customer()
    home.in_the_way = [OrdersOpen(ids=("ord_1",))]
    before = people_of(home)
    with pytest.raises(OrdersOpen):
        home.close(person)
    assert people_of(home) == before
    assert home.closing.state(person.person_id).closes_at is None
    assert [one.code for one in home.closing.state(person.person_id).obstacles] == ["CLOSING_ORDERS_OPEN"]


def test_within_the_grace_it_is_taken_back(home: Home) -> None:
    person = home.customer()
    with pytest.raises(NotClosing):
        home.closing.keep(home.command(person.person_id))
    home.close(person)
    home.later(GRACE - timedelta(hours=1))
    assert home.closing.keep(home.command(person.person_id)) == closing.Closing(None, ())
    home.later(GRACE)
    assert home.deleting(home.now) == Deleted()
    assert home.session().person.closes_at is None
    assert home.documents.query("work", closing.partition("20261206")) == []
    line = home.line("person.keep")
    assert (line["before"], line["after"]) == ({"state": "closing"}, {"state": "open"})


def test_after_its_day_only_what_is_in_the_way_leaves_time_to_take_it_back(home: Home) -> None:
    person = home.customer()
    home.close(person)
    home.later(GRACE)
    with pytest.raises(AccountClosing):
        home.closing.keep(home.command(person.person_id))
    home.in_the_way = [OrdersOpen(ids=("ord_1",))]
    assert home.closing.keep(home.command(person.person_id)).closes_at is None


def test_who_closes_again_is_deleted_on_the_second_day_and_not_on_the_first(home: Home) -> None:
    person = home.customer()
    home.close(person)
    home.closing.keep(home.command(person.person_id))
    home.later(timedelta(days=3))
    home.close(person)
    home.now = NOW + GRACE
    assert home.deleting(home.now) == Deleted()
    home.later(timedelta(days=3))
    assert home.deleting(home.now) == Deleted(deleted=1)


def test_the_same_closing_again_is_answered_alike(home: Home) -> None:
    person = home.customer()
    command: Command = home.command(person.person_id)
    home.closing.close(command, PASSED, "en")
    assert home.closing.close(command, Proof(), "en").closes_at == NOW + GRACE
