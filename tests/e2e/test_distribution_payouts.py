"""Payouts: what a withdrawal pays, what the bank may answer, and what comes back."""

from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.approval import RoleRequired
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.withdrawal import (
    PayeeChanged,
)
from chalicelib.usecases.set_payee import Payee
from local.testing import World
from tests.e2e.test_distribution_withdrawal import (
    FINANCE,
    OTHER_FINANCE,
    RISK,
    S,
    approved,
    ask,
    decide,
    everything,
    pay,
)
from tests.e2e.tree import Tree, open_entries
from tests.fakes.operations import Script


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


def test_v11_gross_is_net_and_tax_and_fee(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 1_000_000)
    pay(tree, withdrawal_id)
    assert tree.bank.paid_fen == {withdrawal_id: 834_000}
    books = tree.fold()
    assert (books["A:BANK_OPER"], books["L:TAX_IIT"], books["I:FEE"]) == (-834_000, -160_000, -6_000)
    assert tree.balances(distributor_id) == (0, 0, 0, 0)
    assert bootstrap.documents().query("work", "due#0") == []
    tree.check_books()


def test_two_payouts_of_a_month_are_taxed_as_one(tree: Tree) -> None:
    person_id = tree.with_available(500_000)
    ids = [ask(tree, person_id, 250_000) for _ in range(2)]
    taxes = []
    for withdrawal_id in ids:
        decide(tree, withdrawal_id, FINANCE)
        filed = pay(tree, withdrawal_id)
        assert filed.split is not None
        taxes.append(filed.split.tax_fen)
    assert taxes == [(250_000 - 80_000) * 20 // 100, 80_000 - 34_000]


def test_a_payout_whose_answer_is_lost_is_asked_about_and_paid_once(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 100_000)
    tree.bank.script(Script(answer="lost"))
    assert pay(tree, withdrawal_id).state is S.UNKNOWN
    assert tree.balances(distributor_id) == (0, 0, 100_000, 0)
    rows = [row for part in due.partitions() for row in bootstrap.documents().query("work", part)]
    assert [due.from_item(row).call_id for row in rows] == [withdrawal_id]
    filed = tree.pay_withdrawal.query(withdrawal_id, tree.now)
    assert (filed.state, len(tree.bank.paid_fen)) == (S.PAID, 1)
    assert tree.balances(distributor_id) == (0, 0, 0, 0)
    assert not [row for part in due.partitions() for row in bootstrap.documents().query("work", part)]
    assert tree.pay_withdrawal.query(withdrawal_id, tree.now).state is S.PAID
    tree.check_books()


def test_a_payout_that_never_arrived_is_sent_again_under_its_id(tree: Tree) -> None:
    withdrawal_id, _ = approved(tree, 100_000)
    tree.bank.script(Script(answer="dropped"))
    assert pay(tree, withdrawal_id).state is S.UNKNOWN
    assert tree.bank.paid_fen == {}
    assert tree.pay_withdrawal.query(withdrawal_id, tree.now).state is S.PAID
    assert list(tree.bank.paid_fen) == [withdrawal_id]


def test_a_failed_payout_is_given_back_with_its_tax(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 400_000)
    tree.bank.script(Script(state="FAILED", reason="NO_SUCH_ACCOUNT"))
    assert pay(tree, withdrawal_id).state is S.FAILED
    assert tree.balances(distributor_id) == (0, 0, 400_000, 0)
    command = tree.office(OTHER_FINANCE, "finance", reason="account closed")
    assert tree.pay_withdrawal.give_back(command, withdrawal_id).state is S.RETURNED
    assert tree.balances(distributor_id) == (400_000, 0, 0, 0)
    again = ask(tree, f"cus_{distributor_id[4:]}", 400_000)
    decide(tree, again, FINANCE)
    filed = pay(tree, again)
    assert filed.split is not None and filed.split.tax_fen == 64_000
    tree.check_books()


def test_a_payout_that_the_bank_sent_back_is_undone_whole(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 400_000)
    tree.bank.script(Script(later="RETURNED"))
    assert pay(tree, withdrawal_id).state is S.PAID
    command = tree.office(OTHER_FINANCE, "finance", reason="sent back")
    assert tree.pay_withdrawal.give_back(command, withdrawal_id).state is S.RETURNED
    assert tree.balances(distributor_id) == (400_000, 0, 0, 0)
    assert {"A:BANK_OPER", "L:TAX_IIT", "I:FEE"} & set(tree.fold()) == set()
    tree.check_books()


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=25)])
def test_whoever_changes_the_payee_after_the_request_gets_the_money_back(tree: Tree, age: timedelta) -> None:
    withdrawal_id, distributor_id = approved(tree, 100_000)
    tree.payee(distributor_id, age=age)
    with pytest.raises(PayeeChanged):
        pay(tree, withdrawal_id)
    assert bootstrap.withdrawal_file().read(withdrawal_id).state is S.APPROVED
    command = tree.office(OTHER_FINANCE, "finance", reason="another payee")
    assert tree.pay_withdrawal.give_back(command, withdrawal_id).state is S.RETURNED
    assert tree.balances(distributor_id) == (100_000, 0, 0, 0)
    tree.check_books()


def test_a_payee_changed_while_a_payout_is_under_way_gets_nothing_of_it(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 100_000)
    tree.bank.script(Script(answer="dropped"))
    assert pay(tree, withdrawal_id).state is S.UNKNOWN
    thief = Payee("李四", "建设银行", "9999 8888 7777 6666")
    tree.set_payee(tree.command(f"cus_{distributor_id[4:]}"), thief)
    assert tree.pay_withdrawal.query(withdrawal_id, tree.now).state is S.PAID
    (payee, _), _ = tree.bank.payouts.done[withdrawal_id]
    assert dict(payee)["account"] == "6222021234567890"


def test_a_payout_that_was_lost_and_then_sent_back_has_failed(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 400_000)
    tree.bank.script(Script(answer="lost", later="RETURNED"))
    assert pay(tree, withdrawal_id).state is S.UNKNOWN
    assert tree.pay_withdrawal.query(withdrawal_id, tree.now).state is S.FAILED
    command = tree.office(OTHER_FINANCE, "finance", reason="sent back")
    assert tree.pay_withdrawal.give_back(command, withdrawal_id).state is S.RETURNED
    assert tree.balances(distributor_id) == (400_000, 0, 0, 0)
    assert not [row for part in due.partitions() for row in bootstrap.documents().query("work", part)]
    tree.check_books()


def test_nobody_says_that_money_was_sent_back_which_the_bank_has_paid(tree: Tree) -> None:
    withdrawal_id, _ = approved(tree, 400_000)
    assert pay(tree, withdrawal_id).state is S.PAID
    before = everything(tree)
    with pytest.raises(IllegalState):
        tree.pay_withdrawal.give_back(tree.office(OTHER_FINANCE, "finance", reason="x"), withdrawal_id)
    assert everything(tree) == before


def test_a_failed_payout_is_given_back_by_whoever_pays_out_and_nobody_else(tree: Tree) -> None:
    withdrawal_id, _ = approved(tree, 100_000)
    tree.bank.script(Script(state="FAILED"))
    assert pay(tree, withdrawal_id).state is S.FAILED
    with pytest.raises(RoleRequired):
        tree.pay_withdrawal.give_back(tree.office(RISK, "risk", reason="x"), withdrawal_id)


# what the streams write


def test_the_review_queue_holds_what_waits_for_a_person(tree: Tree) -> None:
    person_id = tree.with_available(50_000)
    withdrawal_id = ask(tree, person_id, 50_000)
    tree.drain()
    (row,) = bootstrap.documents().query("views", "review")
    assert (row["sk"], row["state"], row["amount_fen"]) == (withdrawal_id, "REVIEW_1", 50_000)
    decide(tree, withdrawal_id, FINANCE)
    pay(tree, withdrawal_id)
    tree.drain()
    assert bootstrap.documents().query("views", "review") == []


def test_a_withdrawal_is_allocated_to_the_oldest_entries_and_its_return_opens_them_again(tree: Tree) -> None:
    root = tree.root()
    for amount_fen in (3_000, 4_000, 5_000):
        tree.earn(root, amount_fen)
    tree.payee(root)
    withdrawal_id = ask(tree, f"cus_{root[4:]}", 6_000)
    tree.drain()
    assert [one.open_fen for one in open_entries(root)] == [1_000, 5_000]
    decided = bootstrap.documents().get("views", f"alloc#{root}", withdrawal_id)
    assert decided is not None
    assert [part[2] for part in decided["parts"]] == [3_000, 3_000]
    assert decided["short_fen"] == 0
    bootstrap.cancel_withdrawal()(tree.command(f"cus_{root[4:]}"), withdrawal_id)
    tree.drain()
    assert [one.open_fen for one in open_entries(root)] == [3_000, 4_000, 5_000]
