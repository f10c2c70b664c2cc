"""Withdrawals: may the money leave, who agrees, and what is given back when nobody does?"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import PotChange
from chalicelib.domain.confirmation import ConfirmationRequired, Operation, Wish
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.record import Client
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.withdrawal import WithdrawalState as S
from chalicelib.domain.withdrawal_record import WithdrawalUnknown
from chalicelib.usecases.decide_withdrawal import ReasonMissing, Verdict
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.withdrawal_file import CallBackWithdrawal, PendingWithdrawals, WithdrawalFile
from tests.fakes.catalog import FixedCatalog
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.used_store import DAY
from tests.simulation.withdrawing import (
    FINANCE,
    OWNER,
    RISK,
    OvertakenBooks,
    Till,
    entry_of,
    overtaken,
    owing,
    refuses,
    without_name,
)

STRANGER = Actor("cus_SSSSSSSSSSSS", frozenset({"customer"}), real_name=True)

# ---------------------------------------------------------------- asking


@pytest.mark.parametrize("fen", [1, 999_999, 1_000_000])
def test_whoever_asks_has_the_money_held(till: Till, fen: int) -> None:
    withdrawal_id = till.requested(fen)
    account = till.balances
    assert (account.available_fen, account.held_fen) == (1_000_000 - fen, fen)
    filed = till.file.read(withdrawal_id)
    assert (filed.state, filed.withdrawal.amount_fen, filed.requested_at) == (S.REVIEW_1, fen, NOW)


def test_neither_a_request_nor_its_end_reads_the_pots(till: Till) -> None:
    till.store.sent.clear()
    till.cancelling(till.command(OWNER), till.requested(5))
    reads = [call for call in till.store.sent if call.get("TableName") == "simulated-accounts"]
    assert [call["Key"]["sk"]["S"] for call in reads] == ["main", "main"]


REFUSED: list[tuple[dict[str, Any], int, str, dict[str, Any]]] = [
    ({}, 0, "AMOUNT_INVALID", {"amount_fen": 0}),
    ({}, -5, "AMOUNT_INVALID", {"amount_fen": -5}),
    ({}, 1_000_001, "INSUFFICIENT_AVAILABLE", {"available_fen": 1_000_000, "needed_fen": 1_000_001}),
    ({"amount_fen_min": 200}, 199, "BELOW_MIN", {"amount_fen_min": 200}),
    ({"amount_fen_max": 300}, 301, "ABOVE_MAX", {"amount_fen_max": 300}),
    ({"payee_cool_down_hours": 49}, 10, "PAYEE_COOL_DOWN", {"open_at": "2026-11-22T09:00:00+00:00"}),
    (
        {"daily_count_max": 0},
        10,
        "TOO_MANY_WITHDRAWALS",
        {"period": "day", "count_max": 0, "open_on": "2026-11-23"},
    ),
    ({"fee_bps": 5_001}, 10, "WITHDRAWAL_FEE_TOO_HIGH", {"fee_bps": 5_001, "fee_bps_max": 5_000}),
]


@pytest.mark.parametrize("terms, fen, code, facts", REFUSED)
def test_a_request_beyond_the_terms_in_force_is_refused(
    till: Till, terms: dict[str, Any], fen: int, code: str, facts: dict[str, Any]
) -> None:
    till.catalog.parameters |= {f"withdrawal.{name}": content for name, content in terms.items()}
    assert refuses(till, code, lambda: till.requested(fen)) == facts


def test_a_request_just_within_the_terms_is_taken(till: Till) -> None:
    terms = {"amount_fen_min": 200, "amount_fen_max": 300, "payee_cool_down_hours": 48, "fee_bps": 5_000}
    till.catalog.parameters |= {f"withdrawal.{name}": content for name, content in terms.items()}
    for fen in (200, 300):
        assert till.file.read(till.requested(fen)).terms.fee_bps == 5_000


@pytest.mark.parametrize("fen", [0, -1])
def test_whoever_asks_for_nothing_is_told_so_before_anything_is_looked_at(till: Till, fen: int) -> None:
    till.store.sent.clear()
    assert refuses(till, "AMOUNT_INVALID", lambda: till.requesting(till.command(STRANGER), fen)) == {
        "amount_fen": fen
    }
    assert till.store.sent == []


@dataclass
class DatedCatalog(FixedCatalog):
    """It notes which parameters are asked for, of which moment and where."""

    asked: set[tuple[str, datetime, str]] = field(default_factory=set)

    def parameter(self, name: str, moment: datetime, scope: str = "") -> Any:
        self.asked.add((name.removeprefix("withdrawal."), moment, scope))
        return super().parameter(name, moment, scope)


def test_the_terms_are_those_of_the_moment_and_of_the_region(till: Till) -> None:
    till.place(region="44")
    till.now = NOW + timedelta(minutes=5)
    till.catalog = DatedCatalog(parameters=till.catalog.parameters)
    till.requested(10)
    regional = (
        "amount_fen_min amount_fen_max fee_bps payee_cool_down_hours debt_days_max approval_tiers "
        "daily_count_max monthly_count_max"
    )
    assert till.catalog.asked == {
        *((name, till.now, "44") for name in regional.split()),
        ("tax_method", till.now, ""),
    }


def test_who_must_agree_depends_on_the_amount(till: Till) -> None:
    till.catalog.parameters["withdrawal.approval_tiers"] = [[100, 1], [200, 2], [None, 3]]
    needed = [till.file.read(till.requested(fen)).terms.approvals_needed for fen in (100, 101, 200, 201)]
    assert needed == [1, 2, 2, 3]


def test_only_a_distributor_of_known_name_with_a_payee_asks(till: Till) -> None:
    refuses(till, "NOT_A_DISTRIBUTOR", lambda: till.requesting(till.command(STRANGER), 10))
    refuses(till, "KYC_REQUIRED", lambda: till.requesting(till.command(without_name(OWNER)), 10))
    till.place(payee_changed_at=None)
    refuses(till, "PAYEE_MISSING", lambda: till.requested(10))


def test_a_contract_names_the_method_of_tax_before_the_parameter_does(till: Till) -> None:
    assert till.file.read(till.requested(10)).terms.tax_method is TaxMethod.PER_PAYMENT
    till.place(tax_method="NONE")
    assert till.file.read(till.requested(10)).terms.tax_method is TaxMethod.NONE


def test_an_old_debt_is_settled_first_and_one_that_was_paid_hinders_nobody(till: Till) -> None:
    withdrawal_id = till.requested(700)
    owing(till, 1, days=31)
    assert refuses(till, "DEBT_OVERDUE", lambda: till.requested(10))["debt_since"].startswith("2026-10-22")
    till.cancelling(till.command(OWNER), withdrawal_id)
    assert (till.balances.owed_fen, till.balances.available_fen) == (0, 999_999)
    assert till.requested(10)


def test_a_debt_of_thirty_days_is_not_too_old(till: Till) -> None:
    owing(till, 1, days=30)
    assert till.requested(10)


def test_a_request_that_comes_again_is_answered_as_at_first_whatever_has_changed_since(till: Till) -> None:
    command = till.command(OWNER)
    first = till.requesting(command, 1_000_000)
    assert till.requesting(command, 1_000_000) == first
    till.catalog.parameters["withdrawal.amount_fen_max"] = 5
    assert till.requesting(command, 1_000_000) == first
    refuses(till, KeyReused.code, lambda: till.requesting(replace(command, request_hash="other"), 1_000_000))
    till.catalog.parameters["withdrawal.amount_fen_max"] = 10_000_000
    refuses(till, KeyReused.code, lambda: till.requesting(replace(command, request_hash="other"), 1_000_000))
    assert len(till.records("wdr_")) == 1


def test_of_a_command_that_is_given_twice_at_once_the_first_answer_stands(till: Till) -> None:
    command, plain = till.command(OWNER), till.requesting
    books = OvertakenBooks(till.store.books, lambda: plain(command, 700), always=True)
    twin = replace(plain, books=books)
    first = twin(command, 700)
    assert first == till.file.read(first.withdrawal.withdrawal_id)
    assert (len(till.records("wdr_")), till.balances.held_fen) == (1, 700)
    other = till.command(OWNER)
    books.first = lambda: plain(other, 50)
    with pytest.raises(KeyReused):
        twin(replace(other, request_hash="other"), 50)
    assert till.balances.held_fen == 750


@dataclass
class LateDocuments:
    """Documents before whose reading somebody else does something."""

    first: Callable[[], object]
    documents: Any

    def get(self, *key: str, consistent: bool) -> Any:
        self.first()
        return self.documents.get(*key, consistent=consistent)


def test_what_has_come_since_its_twin_was_answered_forbids_a_command_nothing(till: Till) -> None:
    command, plain = till.command(OWNER), till.requesting
    answers = []

    def twin_asks_and_the_payee_changes() -> None:
        answers.append(plain(command, 700))
        till.set_payee(NOW)

    late = replace(plain, documents=LateDocuments(twin_asks_and_the_payee_changes, till.store.documents))
    assert [late(command, 700)] == answers
    refuses(till, "PAYEE_COOL_DOWN", lambda: till.requested(700))


@dataclass
class NobodyAgreed:
    """The port Confirmed: hears what should have been confirmed, and nothing was."""

    heard: list[tuple[Command, Wish]] = field(default_factory=list)

    def check(self, command: Command, wish: Wish) -> None:
        self.heard.append((command, wish))
        raise ConfirmationRequired()


def test_nothing_is_asked_that_was_not_confirmed_to_the_letter(till: Till) -> None:
    nobody = NobodyAgreed()
    command, unconfirmed = till.command(OWNER), replace(till.requesting, confirmed=nobody)
    refuses(till, "CONFIRMATION_REQUIRED", lambda: unconfirmed(command, 700))
    payee = str(to_ms(NOW - timedelta(days=2)))
    assert nobody.heard == [(command, Wish(Operation.WITHDRAWAL, command.key, payee, 700))]
    first = till.requesting(command, 700)
    assert first.payee_version == payee
    assert unconfirmed(command, 700) == first, "what was done is answered again"
    assert len(nobody.heard) == 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_it_is_kept_where_each_step_came_from(till: Till, verdict: Verdict) -> None:
    clients = [Client(f"10.0.0.{number}", "browser", "salt") for number in range(3)]
    at_home, in_the_office, on_the_way = clients
    asked = till.requesting(till.command(replace(OWNER, client=at_home)), 10).withdrawal.withdrawal_id
    taken_back = till.requested(10)
    till.deciding(till.command(replace(FINANCE, client=in_the_office)), asked, verdict)
    till.cancelling(till.command(replace(OWNER, client=on_the_way)), taken_back)
    kept = [record.client_commitment for record in (*till.records(asked), *till.records(taken_back))]
    assert kept == [at_home.commitment, in_the_office.commitment, "", on_the_way.commitment]


# ---------------------------------------------------------------- deciding


def test_a_withdrawal_is_approved_by_as_many_as_it_takes(till: Till) -> None:
    till.catalog.parameters["withdrawal.approval_tiers"] = [[None, 2]]
    withdrawal_id = till.requested(500)
    first = till.deciding(till.command(FINANCE), withdrawal_id, Verdict.APPROVE)
    assert first.state is S.REVIEW_2
    second = till.deciding(till.command(RISK), withdrawal_id, Verdict.APPROVE)
    assert (second.state, till.steps(withdrawal_id)) == (S.APPROVED, ["APPROVE", "APPROVE_LAST"])
    assert till.balances.held_fen == 500


def test_a_decision_is_kept_with_who_when_and_why(till: Till) -> None:
    withdrawal_id = till.requested(500)
    till.now = NOW + timedelta(minutes=1)
    till.deciding(till.command(FINANCE, "fine"), withdrawal_id, Verdict.APPROVE)
    record = till.records(withdrawal_id)[-1]
    assert (record.actor, record.at, record.reason) == (FINANCE.person_id, till.now, "fine")
    assert (record.action, record.lines) == ("withdrawal.approve_last", ())


def test_a_rejection_says_why_and_gives_the_money_back(till: Till) -> None:
    withdrawal_id = till.requested(500)
    refuses(
        till,
        ReasonMissing.code,
        lambda: till.deciding(till.command(FINANCE, reason=""), withdrawal_id, Verdict.REJECT),
    )
    filed = till.deciding(till.command(FINANCE, "no"), withdrawal_id, Verdict.REJECT)
    assert (filed.state, till.balances.available_fen, till.balances.held_fen) == (S.REJECTED, 1_000_000, 0)


def test_an_approval_needs_no_reason(till: Till) -> None:
    withdrawal_id = till.requested(500)
    approved = till.deciding(till.command(FINANCE, reason=""), withdrawal_id, Verdict.APPROVE)
    assert approved.state is S.APPROVED


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_decision_that_comes_again_is_one_and_by_the_wrong_role_none(till: Till, verdict: Verdict) -> None:
    withdrawal_id = till.requested(500)
    refuses(till, "ROLE_REQUIRED", lambda: till.deciding(till.command(RISK), withdrawal_id, verdict))
    command = till.command(FINANCE)
    first = till.deciding(command, withdrawal_id, verdict)
    assert till.deciding(command, withdrawal_id, verdict) == first
    assert len(till.records(withdrawal_id)) == 2
    reused = replace(command, request_hash="other")
    refuses(till, KeyReused.code, lambda: till.deciding(reused, withdrawal_id, verdict))


def test_only_the_applicant_takes_a_withdrawal_back_and_only_before_it_is_approved(till: Till) -> None:
    withdrawal_id, approved = till.requested(500), till.approved(300)
    told = refuses(
        till, WithdrawalUnknown.code, lambda: till.cancelling(till.command(STRANGER), withdrawal_id)
    )
    assert told == {"withdrawal_id": withdrawal_id}
    refuses(till, IllegalState.code, lambda: till.cancelling(till.command(OWNER), approved))
    command = till.command(OWNER)
    first = till.cancelling(command, withdrawal_id)
    assert till.cancelling(command, withdrawal_id) == first
    assert (first.state, till.balances.available_fen, till.balances.held_fen) == (S.CANCELLED, 999_700, 300)
    record = till.records(withdrawal_id)[-1]
    assert (record.actor, record.at, record.reason) == (OWNER.person_id, NOW, "looked at it")


@pytest.mark.parametrize("owed_fen, available_fen", [(0, 500), (1, 499), (499, 1), (500, 0), (501, 0)])
def test_what_is_given_back_pays_debt_first(till: Till, owed_fen: int, available_fen: int) -> None:
    till.requested(999_500)
    withdrawal_id = till.requested(500)
    if owed_fen:
        owing(till, owed_fen, days=1)
    till.cancelling(till.command(OWNER), withdrawal_id)
    assert till.balances.available_fen == available_fen
    assert till.balances.owed_fen == max(0, owed_fen - 500)


def test_whoever_comes_second_at_a_step_decides_on_what_is_there_then(till: Till) -> None:
    withdrawal_id = till.requested(500)
    plain = till.file
    till.catalog.parameters["withdrawal.approval_tiers"] = [[None, 2]]
    wanting_two = till.requested(400)

    def taken_back() -> None:
        replace(till.cancelling, file=plain)(till.command(OWNER), withdrawal_id)

    def approved_by_another() -> None:
        replace(till.deciding, file=plain)(till.command(FINANCE), wanting_two, Verdict.APPROVE)

    till.file = overtaken(till, taken_back)
    with pytest.raises(IllegalState):
        till.deciding(till.command(FINANCE), withdrawal_id, Verdict.APPROVE)
    till.file = overtaken(till, approved_by_another)
    both = Actor("stf_BBBBBBBBBBBB", frozenset({"finance", "risk"}))
    filed = till.deciding(till.command(both), wanting_two, Verdict.APPROVE)
    assert filed.state is S.APPROVED


def test_whoever_is_always_overtaken_gives_up_and_has_done_nothing(till: Till) -> None:
    withdrawal_id = till.requested(500)
    till.file = overtaken(till, lambda: owing(till, 1, days=1), always=True)
    with pytest.raises(Unavailable):
        till.cancelling(till.command(OWNER), withdrawal_id)
    till.file = WithdrawalFile(till.store.books, till.store.accounts)
    assert (till.file.read(withdrawal_id).state, till.balances.held_fen) == (S.REVIEW_1, 500)


# ---------------------------------------------------------------- the file


def test_whoever_looks_at_one_withdrawal_reads_its_records_alone(till: Till) -> None:
    withdrawal_id = till.approved(10)
    till.store.reads.clear()
    till.file.read(withdrawal_id)
    (query,) = till.store.reads
    assert {"S": withdrawal_id} in query["ExpressionAttributeValues"].values()


def test_the_withdrawals_of_a_distributor_are_read_from_the_newest(till: Till) -> None:
    till.store.books.commit(entry_of("A", 5, DAY), [PotChange(DISTRIBUTOR, DAY)])
    ids = []
    for minute in range(4):
        till.now = NOW + timedelta(minutes=minute)
        ids.append(till.approved(10))
    page = lambda before, limit: [  # noqa: E731
        filed.withdrawal.withdrawal_id for filed in till.file.page(DISTRIBUTOR, before, limit)
    ]
    assert page("", 3) == ids[:0:-1]
    assert page(ids[2], 3) == ids[1::-1]
    assert page(ids[2], 1) == [ids[1]]


def test_unapproved_withdrawals_are_pending_from_the_newest_and_others_are_not(till: Till) -> None:
    till.store.books.commit(entry_of("A", 5, DAY), [PotChange(DISTRIBUTOR, DAY)])
    older = till.requested(10)
    till.now = NOW + timedelta(minutes=1)
    newer, approved = till.requested(20), till.approved(30)
    pending = PendingWithdrawals(till.store.books)(DISTRIBUTOR)
    assert [(one.withdrawal_id, one.amount_fen) for one in pending] == [(newer, 20), (older, 10)]
    call_back = CallBackWithdrawal(till.file)
    for withdrawal_id in (newer, newer, approved):
        call_back(withdrawal_id, till.now)
    assert till.steps(newer) == ["CANCEL"] and till.steps(approved) == ["APPROVE_LAST"]
    record = till.records(newer)[-1]
    assert (record.actor, record.reason) == ("system", "commission reversed")
