"""Payouts: where is the money when the bank pays, fails, is silent or sends it back?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain import due, tree_items
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.outside import Outcome
from chalicelib.domain.withdrawal import WithdrawalState as S
from chalicelib.domain.withdrawal_record import tax_position_of
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.set_payee import Payee
from tests.fakes.operations import Script
from tests.simulation.quiet_scene import moved
from tests.simulation.saying import NEVER_ARRIVED, NO_ANSWER, SayingBank
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.withdrawing import (
    CASHIER,
    FINANCE,
    RISK,
    Till,
    overtaken,
    owing,
    refuses,
)

# ---------------------------------------------------------------- paying

BIG_FEN = 1_000_000  # of which 20 % of 80 % are tax, and 60 basis points our fee
TAX_FEN, FEE_FEN = 160_000, 6_000
NET_FEN = BIG_FEN - TAX_FEN - FEE_FEN


def position(till: Till) -> tuple[int, int, int]:
    """What counts as paid and withheld in this month, and in how many payouts' months."""
    known = tax_position_of(till.balances.values.get("tax", ""))
    return (known.gross_fen, known.withheld_fen, known.months) if known else (0, 0, 0)


def test_a_payout_leaves_once_with_tax_and_fee_withheld(till: Till) -> None:
    withdrawal_id = till.approved(BIG_FEN)
    command = till.command(CASHIER)
    for _ in range(2):
        filed = till.paying()(command, withdrawal_id)
        assert filed.state is S.PAID
    assert till.bank.paid_fen == {withdrawal_id: NET_FEN}
    assert till.steps(withdrawal_id) == ["APPROVE_LAST", "PAY", "SUCCEED"]
    assert moved(till.records(withdrawal_id)[-1]) == {
        "L:WD_HOLD": BIG_FEN,
        "A:BANK_OPER": -NET_FEN,
        "L:TAX_IIT": -TAX_FEN,
        "I:FEE": -FEE_FEN,
    }
    assert (till.balances.available_fen, till.balances.held_fen) == (0, 0)
    assert position(till) == (BIG_FEN, TAX_FEN, 1)
    assert not till.is_asked_about(withdrawal_id)


def test_two_payouts_of_a_month_are_taxed_as_one(till: Till) -> None:
    till.earn(BIG_FEN)
    first, second = till.paid(300_000), till.paid(700_000)
    tax = [filed.split.tax_fen for filed in map(till.file.read, (first, second)) if filed.split]
    assert sum(tax) == TAX_FEN and tax[0] == 44_000
    assert position(till) == (BIG_FEN, TAX_FEN, 1)


def test_of_two_payouts_at_once_the_second_is_taxed_after_the_first(till: Till) -> None:
    till.earn(BIG_FEN)
    first, second, plain = till.approved(300_000), till.approved(700_000), till.file
    till.file = overtaken(till, lambda: replace(till.paying(), file=plain)(till.command(CASHIER), first))
    assert till.pay(second).state is S.PAID
    tax = [filed.split.tax_fen for filed in map(plain.read, (first, second)) if filed.split]
    assert (tax, position(till)) == ([44_000, TAX_FEN - 44_000], (BIG_FEN, TAX_FEN, 1))


def test_the_bank_is_told_the_payee_that_was_confirmed_and_the_net(till: Till) -> None:
    till.set_payee(NOW - timedelta(hours=24), Payee("王小明", "建设银行", "6222021234567891"))
    withdrawal_id = till.approved(BIG_FEN)
    bank = SayingBank(Outcome("PENDING"))
    assert till.pay(withdrawal_id, bank).state is S.PAYING
    assert bank.told == [(withdrawal_id, "6222021234567891", NET_FEN)]
    assert till.is_asked_about(withdrawal_id)


@pytest.mark.parametrize("ago", [timedelta(hours=47), timedelta(seconds=1)])
def test_a_payee_that_was_not_confirmed_with_the_amount_is_not_paid(till: Till, ago: timedelta) -> None:
    withdrawal_id = till.approved(BIG_FEN)
    till.set_payee(NOW - ago)  # to the same account: nobody looks which field differs
    refuses(till, "PAYEE_CHANGED", lambda: till.pay(withdrawal_id))
    given_back = till.paying(SayingBank(NEVER_ARRIVED)).give_back(till.command(CASHIER), withdrawal_id)
    assert (given_back.state, till.balances.available_fen, till.balances.held_fen) == (
        S.RETURNED,
        BIG_FEN,
        0,
    )
    refuses(till, IllegalState.code, lambda: till.pay(withdrawal_id))


def test_without_a_payee_nothing_is_paid(till: Till) -> None:
    withdrawal_id = till.approved(500)
    till.place(payee_changed_at=None)
    refuses(till, "PAYEE_MISSING", lambda: till.pay(withdrawal_id))
    till.store.documents.delete(tree_items.TABLE, DISTRIBUTOR, tree_items.SELF)
    refuses(till, "PAYEE_MISSING", lambda: till.pay(withdrawal_id))


def test_nobody_pays_what_he_approved_or_without_the_role_or_twice(till: Till) -> None:
    withdrawal_id = till.approved(500)
    refuses(till, "FOUR_EYES", lambda: till.paying()(till.command(FINANCE), withdrawal_id))
    refuses(till, "ROLE_REQUIRED", lambda: till.paying()(till.command(RISK), withdrawal_id))
    command = till.command(CASHIER)
    till.paying()(command, withdrawal_id)
    refuses(till, IllegalState.code, lambda: till.pay(withdrawal_id))
    reused = replace(command, request_hash="other")
    refuses(till, KeyReused.code, lambda: till.paying()(reused, withdrawal_id))


def test_the_same_command_at_the_same_time_asks_the_bank_once(till: Till) -> None:
    withdrawal_id = till.approved(500)
    command, plain, bank = till.command(CASHIER), till.file, SayingBank(Outcome("PENDING"))
    till.file = overtaken(till, lambda: replace(till.paying(bank), file=plain)(command, withdrawal_id))
    with pytest.raises(Unavailable):
        till.paying(bank)(command, withdrawal_id)
    assert len(bank.told) == 1


def test_whatever_decides_about_a_payout_is_read_as_it_is_now(till: Till) -> None:
    withdrawal_id = till.requested(500)
    till.store.reads.clear()
    till.requested(10)
    till.deciding(till.command(FINANCE), withdrawal_id, Verdict.APPROVE)
    till.pay(withdrawal_id, SayingBank(NEVER_ARRIVED))
    till.paying().query(withdrawal_id, till.now)
    assert len(till.store.reads) > 10
    assert all(call.get("ConsistentRead") for call in till.store.reads)


# ---------------------------------------------------------------- the bank's word


def test_a_payout_of_which_no_word_came_is_asked_about_and_never_paid_twice(till: Till) -> None:
    withdrawal_id = till.approved(500)
    till.bank.script(Script(answer="lost"))
    assert till.pay(withdrawal_id).state is S.UNKNOWN
    assert till.is_asked_about(withdrawal_id)
    silent = SayingBank(NO_ANSWER)
    for _ in range(2):
        assert till.paying(silent).query(withdrawal_id, till.now).state is S.UNKNOWN
    assert silent.told == []
    assert till.steps(withdrawal_id)[1:] == ["PAY", "LOSE_ANSWER"]
    assert till.paying().query(withdrawal_id, till.now).state is S.PAID
    assert list(till.bank.paid_fen) == [withdrawal_id]
    assert not till.is_asked_about(withdrawal_id)


def test_a_payout_that_never_arrived_is_sent_under_the_same_id(till: Till) -> None:
    withdrawal_id = till.approved(BIG_FEN)
    till.bank.script(Script(answer="dropped"))
    assert till.pay(withdrawal_id).state is S.UNKNOWN
    assert till.paying().query(withdrawal_id, till.now).state is S.PAID
    assert till.bank.paid_fen == {withdrawal_id: NET_FEN}


@pytest.mark.parametrize("outcome", [Outcome("PENDING"), Outcome("PENDING", reason="NOT_RECEIVED")])
def test_a_payout_under_way_is_neither_sent_again_nor_settled(till: Till, outcome: Outcome) -> None:
    withdrawal_id, bank = till.approved(500), SayingBank(outcome)
    till.pay(withdrawal_id, bank)
    assert till.paying(bank).query(withdrawal_id, till.now).state is S.PAYING
    assert (len(bank.told), till.steps(withdrawal_id)) == (1, ["APPROVE_LAST", "PAY"])


def test_a_payout_that_is_settled_is_not_asked_about(till: Till) -> None:
    approved, paid = till.approved(500), till.paid(400)
    bank = SayingBank(Outcome("FAILED"))
    for withdrawal_id, state in ((approved, S.APPROVED), (paid, S.PAID)):
        assert till.paying(bank).query(withdrawal_id, till.now).state is state
    assert bank.asked == []


@pytest.mark.parametrize(
    "outcome, reason",
    [
        (Outcome("FAILED", reason="NO_ACCOUNT"), "NO_ACCOUNT"),
        (Outcome("FAILED"), "FAILED"),
        (Outcome("RETURNED"), "RETURNED"),
    ],
)
def test_a_payout_that_failed_keeps_the_money_held_and_is_asked_about_no_more(
    till: Till, outcome: Outcome, reason: str
) -> None:
    withdrawal_id = till.approved(500)
    assert till.pay(withdrawal_id, SayingBank(outcome)).state is S.FAILED
    assert till.records(withdrawal_id)[-1].reason == reason
    assert (till.balances.held_fen, till.is_asked_about(withdrawal_id)) == (500, False)


def test_a_second_try_pays_the_same_net_and_is_not_taxed_again(till: Till) -> None:
    withdrawal_id = till.approved(BIG_FEN)
    till.pay(withdrawal_id, SayingBank(Outcome("FAILED")))
    till.catalog.parameters["withdrawal.fee_bps"] = 100
    till.now = NOW + timedelta(days=31)
    assert till.pay(withdrawal_id).state is S.PAID
    assert till.bank.paid_fen == {withdrawal_id: NET_FEN}
    assert position(till) == (BIG_FEN, TAX_FEN, 1)


def test_an_old_word_of_failure_does_not_end_the_second_try(till: Till) -> None:
    withdrawal_id = till.approved(500)
    asked = till.pay(withdrawal_id, SayingBank(Outcome("PENDING")))
    till.paying().settle(asked, Outcome("FAILED"), till.now)
    again = till.pay(withdrawal_id, SayingBank(Outcome("PENDING")))
    for outcome in (Outcome("FAILED"), NO_ANSWER, Outcome("RETURNED")):
        assert till.paying().settle(asked, outcome, till.now).state is S.PAYING
    assert till.is_asked_about(withdrawal_id)
    assert till.paying().settle(again, Outcome("FAILED"), till.now).state is S.FAILED


def test_a_word_of_success_counts_whichever_try_it_is_of(till: Till) -> None:
    withdrawal_id = till.approved(500)
    asked = till.pay(withdrawal_id, SayingBank(Outcome("PENDING")))
    till.paying().settle(asked, Outcome("FAILED"), till.now)
    till.pay(withdrawal_id, SayingBank(Outcome("PENDING")))
    done = till.paying().settle(asked, Outcome("SUCCEEDED", "EX"), till.now)
    assert (done.state, till.records(withdrawal_id)[-1].about["bank"]) == (S.PAID, "EX")
    assert till.paying().settle(asked, Outcome("FAILED"), till.now).state is S.PAID


def test_whoever_brings_the_last_word_while_the_bank_is_asked_keeps_it_from_being_told_again(
    till: Till,
) -> None:
    withdrawal_id = till.approved(500)
    asked = till.pay(withdrawal_id, SayingBank(NO_ANSWER))
    till.store.documents.delete(due.TABLE, *due.key_of(due.PAYOUT, withdrawal_id))
    bank = SayingBank(NEVER_ARRIVED)
    assert till.paying(bank).query(withdrawal_id, till.now).state is S.UNKNOWN
    assert (bank.told, asked.state) == ([], S.UNKNOWN)


def test_each_word_is_kept_with_whose_it_is_when_it_came_and_its_reason(till: Till) -> None:
    paid, failed = till.approved(500), till.approved(400)
    till.now = NOW + timedelta(minutes=1)
    command = till.command(CASHIER, "on Friday")
    till.paying(SayingBank(NO_ANSWER))(command, paid)
    till.pay(failed, SayingBank(Outcome("FAILED", reason="NO_ACCOUNT")))
    begun, lost = till.records(paid)[-2:]
    assert (begun.actor, begun.at, begun.reason) == (CASHIER.person_id, till.now, "on Friday")
    assert (lost.actor, lost.at, lost.reason) == ("payout", till.now, "NO_ANSWER")
    refused = till.records(failed)[-1]
    assert (refused.actor, refused.at, refused.reason) == ("payout", till.now, "NO_ACCOUNT")
    till.now = NOW + timedelta(minutes=2)
    bank = SayingBank(Outcome("SUCCEEDED", "EX"))
    assert till.paying(bank)(replace(command, now=till.now), paid).state is S.PAID
    assert (bank.asked, bank.told) == ([paid], [])
    done = till.records(paid)[-1]
    assert (done.actor, done.at, done.about["bank"]) == ("payout", till.now, "EX")


# ---------------------------------------------------------------- giving back


def approved(till: Till) -> str:
    return till.approved(BIG_FEN)


def failed(till: Till) -> str:
    withdrawal_id = till.approved(BIG_FEN)
    till.pay(withdrawal_id, SayingBank(Outcome("FAILED")))
    return withdrawal_id


def paid(till: Till) -> str:
    return till.paid(BIG_FEN)


@pytest.mark.parametrize(
    "before, outcome",
    [
        (failed, Outcome("FAILED")),
        (failed, NEVER_ARRIVED),
        (failed, Outcome("RETURNED")),
        (paid, Outcome("RETURNED")),
    ],
)
@pytest.mark.parametrize("owed_fen", [0, 300])
def test_what_the_bank_has_not_or_sent_back_returns_with_its_tax(
    till: Till, before: Callable[[Till], str], outcome: Outcome, owed_fen: int
) -> None:
    withdrawal_id = before(till)
    was_paid = till.file.read(withdrawal_id).state is S.PAID
    if owed_fen:
        owing(till, owed_fen, days=1)
    till.now = NOW + timedelta(minutes=5)
    command = till.command(CASHIER, "sent back")
    first = till.paying(SayingBank(outcome)).give_back(command, withdrawal_id)
    assert till.paying(SayingBank(outcome)).give_back(command, withdrawal_id) == first
    account = till.balances
    assert (account.available_fen, account.held_fen, account.owed_fen) == (BIG_FEN - owed_fen, 0, 0)
    assert (first.state, position(till)) == (S.RETURNED, (0, 0, 0))
    record = till.records(withdrawal_id)[-1]
    sources = {"A:BANK_OPER": NET_FEN, "L:TAX_IIT": TAX_FEN, "I:FEE": FEE_FEN}
    debts = {"A:CLAWBACK": -owed_fen} if owed_fen else {}
    assert moved(record) == {
        **(sources if was_paid else {"L:WD_HOLD": BIG_FEN}),
        **debts,
        "L:COMM_AVAIL": owed_fen - BIG_FEN,
    }
    assert (record.reason, record.at) == ("sent back", till.now)


@pytest.mark.parametrize("owed_fen", [0, 300])
@pytest.mark.parametrize("before, outcome", [(failed, Outcome("FAILED")), (paid, Outcome("RETURNED"))])
def test_debt_or_tax_that_changes_while_it_is_given_back_is_looked_at_again(
    till: Till, before: Callable[[Till], str], outcome: Outcome, owed_fen: int
) -> None:
    till.earn(BIG_FEN)
    withdrawal_id, other, plain = before(till), till.approved(500_000), till.file

    def meanwhile() -> None:
        if owed_fen:
            owing(till, owed_fen, days=1)
        else:
            replace(till.paying(), file=plain)(till.command(CASHIER), other)

    till.file = overtaken(till, meanwhile)
    till.paying(SayingBank(outcome)).give_back(till.command(CASHIER), withdrawal_id)
    account = till.balances
    assert (account.available_fen, account.owed_fen) == (1_500_000 - owed_fen, 0)
    assert position(till)[0] == (0 if owed_fen else 500_000)


@pytest.mark.parametrize(
    "before, outcome, code",
    [
        (approved, Outcome("SUCCEEDED"), "ILLEGAL_STATE"),
        (approved, Outcome("RETURNED"), "ILLEGAL_STATE"),
        (approved, Outcome("FAILED"), "ILLEGAL_STATE"),
        (approved, NO_ANSWER, Unavailable.code),
        (failed, Outcome("SUCCEEDED"), "ILLEGAL_STATE"),
        (failed, Outcome("PENDING"), "ILLEGAL_STATE"),
        (failed, NO_ANSWER, Unavailable.code),
        (paid, Outcome("SUCCEEDED"), "ILLEGAL_STATE"),
        (paid, Outcome("FAILED"), "ILLEGAL_STATE"),
        (paid, NEVER_ARRIVED, "ILLEGAL_STATE"),
        (paid, NO_ANSWER, Unavailable.code),
    ],
)
def test_nobody_gives_back_what_may_have_left_the_bank(
    till: Till, before: Callable[[Till], str], outcome: Outcome, code: str
) -> None:
    withdrawal_id = before(till)
    command = till.command(CASHIER)
    refuses(till, code, lambda: till.paying(SayingBank(outcome)).give_back(command, withdrawal_id))


def test_only_the_payouts_role_gives_back_and_only_a_payout_that_is_over(till: Till) -> None:
    returned = SayingBank(Outcome("RETURNED"))
    approved = till.approved(500)
    refuses(till, IllegalState.code, lambda: till.paying(returned).give_back(till.command(CASHIER), approved))
    paid_one = till.paid(400)
    refuses(till, "ROLE_REQUIRED", lambda: till.paying(returned).give_back(till.command(RISK), paid_one))
