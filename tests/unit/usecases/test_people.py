"""People in the language of the trade: registered once, with a phone in hand, and known by name once."""

from dataclasses import replace

import pytest

from chalicelib.domain.distributor import InviteCodeUnknown
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.one_time_code import PAUSE, CodeWrong
from chalicelib.domain.person import (
    IdentityRefused,
    IdentityTaken,
    PhoneTaken,
    RealNameSettled,
    RolesNotTogether,
    SignInRefused,
)
from chalicelib.domain.visitor import Visitor
from tests.unit.usecases.town import (
    CLIENT,
    DEVICE,
    ID_NUMBER,
    NOW,
    OTHER_PHONE,
    PARENT,
    PASSWORD,
    PHONE,
    REFERRER,
    Town,
    people_of,
)


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_customer_is_registered_with_a_record_and_without_a_readable_number(town: Town) -> None:
    person = town.customer()
    assert (person.roles, person.phone_masked, person.real_name) == (("customer",), "138****8000", False)
    (record,) = town.books.journal.values()
    assert (record.action, record.actor, record.client) == ("person.register", person.person_id, CLIENT)
    assert PHONE not in repr(town.documents.items)
    assert PHONE not in repr(record.body())


def test_the_same_registration_sent_twice_is_one_customer(town: Town) -> None:
    command, code = town.command(), town.code()
    first = town.register(command, PHONE, code, PASSWORD, visitor=Visitor(DEVICE))
    before = people_of(town)
    assert town.register(command, PHONE, code, PASSWORD, visitor=Visitor(DEVICE)) == first
    with pytest.raises(KeyReused):
        town.register(replace(command, request_hash="another"), PHONE, code, PASSWORD)
    assert people_of(town) == before
    assert len(town.books.journal) == 1


def test_a_number_belongs_to_one_person(town: Town) -> None:
    town.customer()
    before = people_of(town)
    town.now += PAUSE
    with pytest.raises(PhoneTaken):
        town.register(
            town.command(), f"+86 {PHONE}", town.code(), "another password", visitor=Visitor(DEVICE)
        )
    assert people_of(town) == before


def test_nobody_registers_a_number_that_they_do_not_have_in_hand(town: Town) -> None:
    town.code()
    for wrong in ("", "000000"):
        with pytest.raises(CodeWrong):
            town.register(town.command(), PHONE, wrong, PASSWORD, visitor=Visitor(DEVICE))
    with pytest.raises(CodeWrong):
        town.register(
            town.command(), OTHER_PHONE, town.texts.code_of(PHONE), PASSWORD, visitor=Visitor(DEVICE)
        )
    assert people_of(town) == {}


def test_a_person_may_do_without_a_password(town: Town) -> None:
    town.register(town.command(), PHONE, town.code(), visitor=Visitor(DEVICE))
    with pytest.raises(SignInRefused):
        town.session()
    town.now += PAUSE
    assert town.session(password="", code=town.code())


def test_an_invite_code_binds_the_newcomer_and_an_unknown_one_is_refused(town: Town) -> None:
    town.place(REFERRER, PARENT)
    assert town.customer(invite_code="cccc-cccc-cccc").referrer == REFERRER
    with pytest.raises(InviteCodeUnknown):
        town.customer(OTHER_PHONE, "EEEEEEEEEEEE")
    town.place("dst_EEEEEEEEEEEE", state="TERMINATED")
    town.now += PAUSE
    with pytest.raises(InviteCodeUnknown):
        town.customer(OTHER_PHONE, "EEEEEEEEEEEE")


def test_staff_is_enrolled_with_staff_roles_only(town: Town) -> None:
    person = town.register.staff(town.command(), PHONE, PASSWORD, ["finance"])
    assert person.person_id.startswith("stf_")
    secret = town.guarded(person)
    assert town.session(second_factor=town.digits(secret, 1)).roles == ("finance",)
    with pytest.raises(RolesNotTogether):
        town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["auditor", "finance"])


def test_signing_in_leaves_a_record_with_the_client(town: Town) -> None:
    person = town.customer()
    town.session()
    actions = [record.action for record in town.books.records(person.person_id)]
    assert actions == ["person.register", "person.sign_in"]


def test_a_real_name_is_confirmed_once_and_kept_sealed(town: Town) -> None:
    person = town.customer()
    command = town.command(person.person_id)
    confirmed = town.confirm(command, "张三", ID_NUMBER)
    assert (confirmed.real_name, confirmed.version) == (True, 2)
    assert town.confirm(command, "张三", ID_NUMBER) == confirmed
    stored = repr(town.documents.items) + repr(town.books.journal)
    assert ID_NUMBER not in stored
    assert "张三" not in stored
    assert town.tokens.read_access(town.session().access_token, NOW).real_name
    with pytest.raises(RealNameSettled):
        town.confirm(town.command(person.person_id), "李四", "440524198001010013")


def test_an_identity_belongs_to_one_account(town: Town) -> None:
    first, second = town.customer(), town.customer(OTHER_PHONE)
    town.confirm(town.command(first.person_id), "张三", ID_NUMBER)
    before = dict(town.documents.items)
    with pytest.raises(IdentityTaken):
        town.confirm(town.command(second.person_id), "张三", ID_NUMBER)
    assert town.documents.items == before


def test_a_register_that_says_no_or_nothing_leaves_everything_as_it_was(town: Town) -> None:
    person = town.customer()
    before = dict(town.documents.items)
    for name, refusal in (("不符", IdentityRefused), ("超时", Unavailable)):
        with pytest.raises(refusal):
            town.confirm(town.command(person.person_id), name, ID_NUMBER)
    assert town.documents.items == before


def test_nobody_brings_himself(town: Town) -> None:
    person = town.customer()
    code = person.person_id[4:]
    town.place(f"dst_{code}")
    with pytest.raises(InviteCodeUnknown):
        town.bind(town.command(person.person_id), code)
