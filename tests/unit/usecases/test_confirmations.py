"""Confirmations in memory: what was shown is what is done, for one person, one key and five minutes."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.confirmation import (
    TERM,
    ConfirmationDiffers,
    ConfirmationExpired,
    ConfirmationInvalid,
    ConfirmationRequired,
    Operation,
    SecondFactorMissing,
    Use,
    Wish,
    masked_name,
    opened,
    signed,
)
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.second_factor import SecondFactorUsed, SecondFactorWrong
from chalicelib.domain.tree_items import place_of
from chalicelib.domain.withdrawal import PayeeMissing
from chalicelib.usecases.confirmations import Challenge, Confirmations
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.set_payee import Payee, PayeeInvalid, SetPayee
from local.people import AtTheirWord
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import CLIENT, OTHER_PHONE, Town

KEY, OTHER_KEY = "01KAMX7Q000000000000000042", "01KAMX7Q000000000000000043"
PAYEE = Payee("张三丰", "工商银行", "6222021234567890")
OTHER_PAYEE = Payee("张三丰", "工商银行", "6222021234567891")
AMOUNT_FEN = 50_000


@dataclass
class Desk:
    """A distributor with a second factor and a payee of two days ago, in a town."""

    town: Town

    def __post_init__(self) -> None:
        town = self.town
        person = town.customer()
        self.actor = Actor(person.person_id, frozenset({"customer"}), client=CLIENT)
        self.distributor_id = distributor_id_of(person.person_id)
        town.place(self.distributor_id)
        self.secret = town.guarded(person)
        self.confirmations = Confirmations(town.documents, town.keys, town.factors)
        self.set_payee = SetPayee(town.books, town.documents, town.keys, self.confirmations)
        self.payee_of(timedelta(days=2))
        town.now += timedelta(minutes=1)

    def payee_of(self, ago: timedelta, payee: Payee = PAYEE) -> None:
        command = replace(self.town.command(self.actor.person_id), now=self.town.now - ago)
        replace(self.set_payee, confirmed=AtTheirWord())(command, payee)

    @property
    def place(self) -> dict[str, object]:
        return dict(self.town.documents.items["edges", self.distributor_id, "self"])

    @property
    def wish(self) -> Wish:
        return Wish(Operation.WITHDRAWAL, KEY, place_of(self.place).payee_version, AMOUNT_FEN)

    def challenge(self) -> Challenge:
        return self.confirmations.of_withdrawal(self.actor, KEY, AMOUNT_FEN, self.town.now)

    def answered(self, challenge: Challenge) -> str:
        shown = self.town.recovery.pop()
        answer = self.confirmations.answered(self.actor, challenge.challenge, shown, self.town.now)
        return answer.confirmation

    def confirmed_payee(self, payee: Payee, key: str = KEY) -> str:
        return self.answered(self.confirmations.of_payee(self.actor, key, payee, self.town.now))

    def command(self, confirmation: str, key: str = KEY, person_id: str = "") -> Command:
        command = self.town.command(person_id or self.actor.person_id, key)
        return replace(command, confirmation=confirmation)


@pytest.fixture
def desk() -> Desk:
    return Desk(Town())


def test_payee_and_amount_are_shown_and_just_they_pass(desk: Desk) -> None:
    shown = desk.challenge()
    assert (shown.operation, shown.payee_name_masked, shown.bank) == ("WITHDRAWAL", "张**", "工商银行")
    assert (shown.payee_shown, shown.amount_fen) == ("7890", AMOUNT_FEN)
    assert shown.expires_at == desk.town.now + TERM
    command = desk.command(desk.answered(shown))
    for _ in range(2):  # as a command is sent again
        desk.confirmations.check(command, desk.wish)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_fen": AMOUNT_FEN + 1},
        {"amount_fen": AMOUNT_FEN - 1},
        {"amount_fen": 0},
        {"key": OTHER_KEY},
        {"payee": "1763712000000"},
        {"operation": Operation.PAYEE},
    ],
)
def test_nothing_else_passes(desk: Desk, change: dict[str, object]) -> None:
    command = desk.command(desk.answered(desk.challenge()))
    with pytest.raises(ConfirmationDiffers):
        desk.confirmations.check(command, desk.wish._replace(**change))  # type: ignore[arg-type]


def test_another_payee_after_the_challenge_is_another_wish(desk: Desk) -> None:
    command = desk.command(desk.answered(desk.challenge()))
    desk.payee_of(timedelta(days=1, hours=1), OTHER_PAYEE)
    with pytest.raises(ConfirmationDiffers):
        desk.confirmations.check(command, desk.wish)


def test_it_is_good_for_one_person_and_for_five_minutes_and_a_challenge_is_no_answer(desk: Desk) -> None:
    shown = desk.challenge()
    confirmation = desk.answered(shown)
    wish = desk.wish
    stranger = desk.town.customer(OTHER_PHONE).person_id
    content, _, mark = confirmation.partition(".")
    for sent, person_id in (
        (confirmation, stranger),
        (shown.challenge, ""),
        (f"{content[:-1]}A.{mark}", ""),
        (f"{content}.{mark[:-1]}", ""),
        (f"{content}é.{mark}", ""),
        (content, ""),
        (".", ""),
    ):
        with pytest.raises(ConfirmationInvalid):
            desk.confirmations.check(desk.command(sent, person_id=person_id), wish)
    with pytest.raises(ConfirmationRequired):
        desk.confirmations.check(desk.command(""), wish)
    last = timedelta(milliseconds=1)
    desk.confirmations.check(replace(desk.command(confirmation), now=shown.expires_at - last), wish)
    with pytest.raises(ConfirmationExpired):
        desk.confirmations.check(replace(desk.command(confirmation), now=shown.expires_at), wish)


def test_a_challenge_is_answered_by_its_owner_in_time_with_what_was_not_shown_before(desk: Desk) -> None:
    challenge, town, answered = desk.challenge().challenge, desk.town, desk.confirmations.answered
    stranger = Actor(town.customer(OTHER_PHONE).person_id, frozenset({"customer"}))
    with pytest.raises(ConfirmationInvalid):
        answered(stranger, challenge, "123456", town.now)
    with pytest.raises(SecondFactorWrong):
        answered(desk.actor, challenge, "AAAAA-AAAAA", town.now)
    digits = town.digits(desk.secret)
    assert answered(desk.actor, challenge, digits, town.now).confirmation
    with pytest.raises(SecondFactorUsed):
        answered(desk.actor, challenge, digits, town.now)
    code = town.recovery[0]
    with pytest.raises(ConfirmationExpired):
        answered(desk.actor, challenge, code, town.now + TERM)
    assert answered(desk.actor, challenge, code, town.now).confirmation, (
        "it was not used up by what came late"
    )
    with pytest.raises(SecondFactorWrong):
        answered(desk.actor, challenge, code, town.now)


def test_who_has_no_second_factor_place_or_payee_gets_no_challenge(desk: Desk) -> None:
    town = desk.town
    other = Actor(town.customer(OTHER_PHONE).person_id, frozenset({"customer"}))
    ask, now = desk.confirmations, town.now
    with pytest.raises(NotADistributor):
        ask.of_withdrawal(other, KEY, AMOUNT_FEN, now)
    with pytest.raises(NotADistributor):
        ask.of_payee(other, KEY, PAYEE, now)
    town.place(distributor_id_of(other.person_id))
    with pytest.raises(PayeeMissing):
        ask.of_withdrawal(other, KEY, AMOUNT_FEN, now)
    with pytest.raises(PayeeInvalid):
        ask.of_payee(other, KEY, replace(PAYEE, account="1234567"), now)
    with pytest.raises(SecondFactorMissing):
        ask.of_payee(other, KEY, PAYEE, now)
    town.factors.turned_off(desk.actor, town.recovery.pop(), now)
    with pytest.raises(SecondFactorMissing):
        desk.challenge()


def test_a_payee_is_changed_only_to_the_one_that_was_confirmed(desk: Desk) -> None:
    confirmation, before = desk.confirmed_payee(OTHER_PAYEE), desk.place
    for refusal, command, payee in (
        (ConfirmationRequired, desk.command(""), OTHER_PAYEE),
        (ConfirmationDiffers, desk.command(confirmation), PAYEE),
        (ConfirmationDiffers, desk.command(confirmation), replace(OTHER_PAYEE, name="张三")),
        (ConfirmationDiffers, desk.command(confirmation), replace(OTHER_PAYEE, bank="建设银行")),
        (ConfirmationDiffers, desk.command(confirmation, OTHER_KEY), OTHER_PAYEE),
    ):
        with pytest.raises(refusal):
            desk.set_payee(command, payee)
        assert desk.place == before
    spaced = replace(OTHER_PAYEE, account="6222 0212 3456 7891")
    assert desk.set_payee(desk.command(confirmation), spaced).payee_shown == "7891"


def test_a_payee_that_was_set_is_answered_again_however_late_and_set_once(desk: Desk) -> None:
    command = desk.command(desk.confirmed_payee(OTHER_PAYEE))
    first = desk.set_payee(command, OTHER_PAYEE)
    late = replace(command, now=command.now + timedelta(days=3))
    unconfirmed = replace(late, confirmation="")
    assert desk.set_payee(late, OTHER_PAYEE) == desk.set_payee(unconfirmed, OTHER_PAYEE) == first
    with pytest.raises(KeyReused):
        desk.set_payee(replace(unconfirmed, request_hash="another"), PAYEE)
    assert place_of(desk.place).payee_shown == "7891"


def test_of_a_new_payee_the_challenge_shows_all_that_is_agreed_to(desk: Desk) -> None:
    shown = desk.confirmations.of_payee(desk.actor, KEY, replace(OTHER_PAYEE, bank="建设银行"), desk.town.now)
    assert shown == Challenge(shown.challenge, "PAYEE", "张**", "建设银行", "7891", 0, desk.town.now + TERM)


def test_a_confirmation_is_good_as_long_as_its_challenge_was(desk: Desk) -> None:
    shown, town = desk.challenge(), desk.town
    town.now += timedelta(minutes=2)
    answer = desk.confirmations.answered(desk.actor, shown.challenge, town.recovery.pop(), town.now)
    assert answer.expires_at == shown.expires_at
    command = desk.command(answer.confirmation)
    desk.confirmations.check(replace(command, now=shown.expires_at - timedelta(milliseconds=1)), desk.wish)
    with pytest.raises(ConfirmationExpired):
        desk.confirmations.check(replace(command, now=shown.expires_at), desk.wish)


@dataclass
class NotedReads(FakeDocuments):
    """Documents that note of what an old copy was good enough."""

    old: list[str] = field(default_factory=list)

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        if consistent is not True:
            self.old.append(f"{table}/{sk}")
        return super().get(table, pk, sk, consistent)


def test_what_is_shown_and_agreed_to_is_read_as_it_is_now() -> None:
    documents = NotedReads()
    desk = Desk(Town(documents))
    documents.old.clear()
    desk.answered(desk.challenge())
    desk.confirmed_payee(OTHER_PAYEE)
    assert documents.old == []


@pytest.mark.parametrize("name, masked", [("张三丰", "张**"), ("张", "张"), ("", ""), ("Li", "L*")])
def test_of_a_name_its_first_letter_is_shown(name: str, masked: str) -> None:
    assert masked_name(name) == masked


@pytest.mark.parametrize("letters", range(6))
def test_a_wish_of_any_length_is_read_as_it_was_signed(letters: int) -> None:
    wish, town = Wish(Operation.PAYEE, "k" * letters, "p", 7), Town()
    text = signed(Use.CHALLENGE, "cus_A", wish, town.now, town.keys.blind_index)
    assert "=" not in text
    before = town.now - timedelta(milliseconds=1)
    assert opened(Use.CHALLENGE, text, "cus_A", before, town.keys.blind_index) == (wish, town.now)
