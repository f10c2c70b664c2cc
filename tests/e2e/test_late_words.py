"""Answers of the bank that come late: a word about an earlier try says nothing about the one under way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from chalicelib.domain.errors import IllegalState, Unavailable
from chalicelib.domain.outside import Outcome
from chalicelib.domain.withdrawal import WithdrawalState
from local.testing import World
from tests.e2e.test_distribution_withdrawal import OTHER_FINANCE, approved, pay
from tests.e2e.tree import Tree
from tests.fakes.operations import Script

S = WithdrawalState


@dataclass
class SlowBank:
    """Payout of a bank that says in time that a payout failed, and says it again when another one runs."""

    meanwhile: Callable[[], object] = lambda: None
    calls: int = 0

    def pay(self, payout_id: str, payee: Mapping[str, str], net_fen: int) -> Outcome:
        self.calls += 1
        if self.calls > 1:
            return Outcome("PENDING")
        self.meanwhile()
        return Outcome("FAILED", reason="ACCOUNT_BUSY")

    def query(self, payout_id: str) -> Outcome:
        return Outcome("FAILED" if self.calls < 2 else "SUCCEEDED", reason="ACCOUNT_BUSY")


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


def test_a_late_word_that_a_payout_failed_does_not_end_the_one_that_is_under_way(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 400_000)
    bank = SlowBank()

    def meanwhile() -> None:
        assert tree.pay_withdrawal.query(withdrawal_id, tree.now).state is S.FAILED
        assert pay(tree, withdrawal_id).state is S.PAYING

    bank.meanwhile = meanwhile
    object.__setattr__(tree.pay_withdrawal, "payout", bank)
    assert pay(tree, withdrawal_id).state is S.PAYING
    with pytest.raises(IllegalState):
        tree.pay_withdrawal.give_back(tree.office(OTHER_FINANCE, "finance", reason="failed"), withdrawal_id)
    assert tree.pay_withdrawal.query(withdrawal_id, tree.now).state is S.PAID
    assert tree.balances(distributor_id) == (0, 0, 0, 0)
    tree.check_books()


def test_a_payout_that_left_after_all_is_not_given_back_on_an_old_word(tree: Tree) -> None:
    """The word that it failed was about a try before: the bank is asked once more."""
    withdrawal_id, distributor_id = approved(tree, 400_000)
    tree.bank.script(Script(state="FAILED", later="SUCCEEDED"))
    assert pay(tree, withdrawal_id).state is S.FAILED
    command = tree.office(OTHER_FINANCE, "finance", reason="failed")
    with pytest.raises(IllegalState):
        tree.pay_withdrawal.give_back(command, withdrawal_id)
    assert tree.balances(distributor_id) == (0, 0, 400_000, 0)
    assert pay(tree, withdrawal_id).state is S.PAID
    tree.check_books()


def test_a_bank_that_does_not_answer_has_nothing_given_back_and_is_asked_again(tree: Tree) -> None:
    withdrawal_id, distributor_id = approved(tree, 400_000)
    tree.bank.script(Script(state="FAILED", later="UNKNOWN"))
    assert pay(tree, withdrawal_id).state is S.FAILED
    with pytest.raises(Unavailable):
        tree.pay_withdrawal.give_back(tree.office(OTHER_FINANCE, "finance", reason="x"), withdrawal_id)
    assert tree.balances(distributor_id) == (0, 0, 400_000, 0)
