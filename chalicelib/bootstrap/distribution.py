"""Distribution: the tree, commission and withdrawals."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.bootstrap.approvals import approvals
from chalicelib.bootstrap.basics import accounts, books, catalog, documents, dynamo
from chalicelib.bootstrap.outside import payout
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.people import confirmations
from chalicelib.bootstrap.secrecy import keys

if TYPE_CHECKING:
    from chalicelib.usecases.decide_withdrawal import CancelWithdrawal, DecideWithdrawal
    from chalicelib.usecases.join_distribution import FoundTree, JoinDistribution
    from chalicelib.usecases.move_distributor import MoveDistributor
    from chalicelib.usecases.pay_commission import PayCommission
    from chalicelib.usecases.pay_withdrawal import PayWithdrawal
    from chalicelib.usecases.preview_withdrawal import PreviewWithdrawal
    from chalicelib.usecases.publish_plan import PublishPlan
    from chalicelib.usecases.release_commission import ReleaseCommission
    from chalicelib.usecases.request_withdrawal import RequestWithdrawal
    from chalicelib.usecases.reverse_commission import ReverseCommission
    from chalicelib.usecases.set_parameter import SetParameter
    from chalicelib.usecases.set_payee import SetPayee
    from chalicelib.usecases.simulate_plan import SimulatePlan
    from chalicelib.usecases.suspend_distributor import SuspendDistributor
    from chalicelib.usecases.sweep_pots import SweepPots
    from chalicelib.usecases.withdrawal_file import WithdrawalFile


@part
def join_distribution() -> "JoinDistribution":
    from chalicelib.usecases.join_distribution import JoinDistribution

    return JoinDistribution(books(), documents(), catalog())


@part
def found_tree() -> "FoundTree":
    from chalicelib.usecases.join_distribution import FoundTree

    return FoundTree(books(), documents())


@part
def pay_commission() -> "PayCommission":
    from chalicelib.usecases.grant_campaigns import GrantCampaigns
    from chalicelib.usecases.pay_commission import PayCommission

    grants = GrantCampaigns(books(), documents())
    return PayCommission(
        books(),
        accounts(),
        catalog(),
        grants,
        lambda order, share, now: reverse_commission()(order, share, now),  # built for the first refund
    )


@part
def reverse_commission() -> "ReverseCommission":
    from chalicelib.usecases.reverse_commission import ReverseCommission
    from chalicelib.usecases.withdrawal_file import CallBackWithdrawal, PendingWithdrawals

    call_back = CallBackWithdrawal(withdrawal_file())
    return ReverseCommission(books(), accounts(), PendingWithdrawals(books()), call_back)


@part
def withdrawal_file() -> "WithdrawalFile":
    from chalicelib.usecases.withdrawal_file import WithdrawalFile

    return WithdrawalFile(books(), accounts())


@part
def request_withdrawal() -> "RequestWithdrawal":
    from chalicelib.usecases.request_withdrawal import RequestWithdrawal

    return RequestWithdrawal(books(), accounts(), documents(), catalog(), withdrawal_file(), confirmations())


@part
def preview_withdrawal() -> "PreviewWithdrawal":
    from chalicelib.usecases.preview_withdrawal import PreviewWithdrawal

    return PreviewWithdrawal(accounts(), documents(), catalog(), confirmations().factors)


@part
def decide_withdrawal() -> "DecideWithdrawal":
    from chalicelib.usecases.decide_withdrawal import DecideWithdrawal

    return DecideWithdrawal(withdrawal_file())


@part
def cancel_withdrawal() -> "CancelWithdrawal":
    from chalicelib.usecases.decide_withdrawal import CancelWithdrawal

    return CancelWithdrawal(withdrawal_file())


@part
def pay_withdrawal() -> "PayWithdrawal":
    from chalicelib.usecases.pay_withdrawal import PayWithdrawal

    return PayWithdrawal(withdrawal_file(), documents(), keys(), payout())


@part
def query_payout() -> Callable[[str, datetime], None]:
    """Ask the bank about one payout, by the id of its withdrawal."""

    def ask(withdrawal_id: str, moment: datetime) -> None:
        pay_withdrawal().query(withdrawal_id, moment)

    return ask


@part
def set_payee() -> "SetPayee":
    from chalicelib.usecases.set_payee import SetPayee

    return SetPayee(books(), documents(), keys(), confirmations())


@part
def move_distributor() -> "MoveDistributor":
    from chalicelib.usecases.move_distributor import MoveDistributor

    return MoveDistributor(books(), documents())


@part
def suspend_distributor() -> "SuspendDistributor":
    from chalicelib.usecases.suspend_distributor import SuspendDistributor

    return SuspendDistributor(books(), documents())


@part
def publish_plan() -> "PublishPlan":
    from chalicelib.usecases.publish_plan import PublishPlan

    return PublishPlan(books(), documents(), approvals(), catalog())


@part
def simulate_plan() -> "SimulatePlan":
    from chalicelib.store.pages import DynamoManyOrders, DynamoManyRecords
    from chalicelib.usecases.sample_orders import SampleOrders
    from chalicelib.usecases.simulate_plan import SimulatePlan

    sample = SampleOrders(documents(), DynamoManyOrders(dynamo()), DynamoManyRecords(dynamo()))
    return SimulatePlan(books(), documents(), catalog(), approvals(), sample)


@part
def set_parameter() -> "SetParameter":
    from chalicelib.usecases.set_parameter import SetParameter

    return SetParameter(books(), documents(), approvals(), catalog())


@part
def release_commission() -> "ReleaseCommission":
    from chalicelib.usecases.release_commission import ReleaseCommission

    return ReleaseCommission(books(), accounts(), documents(), catalog())


@part
def sweep_pots() -> "SweepPots":
    from chalicelib.usecases.sweep_pots import SweepPots

    return SweepPots(accounts(), documents())
