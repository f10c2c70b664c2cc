"""Operations of distribution: commission, suspicion, withdrawals, and the tree."""

from dataclasses import replace
from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.alert import alert_id_of
from chalicelib.domain.distributor import DistributorState
from chalicelib.domain.ids import distributor_id_of, owned_id
from chalicelib.domain.plan import Campaign, Rule, RuleKind, Scope
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.grant_campaigns import TABLE, purse_key
from chalicelib.usecases.set_payee import Payee
from local.people import at_their_word
from tests.e2e.invariants import Tables, broken, broken_views
from tests.fakes.operations import Script
from tests.simulation.ground import AGREEMENT, NAMED, TOPUP, VIRTUAL
from tests.simulation.one_run import SCHEDULES, Scene, Step
from tests.simulation.operation import (
    Steps,
    account_card,
    bought,
    doing,
    operation,
    operation_with,
    ordering,
    paying,
    purchase_of,
    refunding,
)
from tests.simulation.small_ground import BRANCH, BUYER, ROOT, STRANGER, TWIG, a_plan

SUSPICIOUS = 6  # top-ups within ten minutes


# ---------------------------------------------------------------- commission


@operation
def fan_out_over_two_levels(scene: Scene) -> Steps:
    bought(scene, purchase_of(NAMED), calm=False)
    return ()


@operation
def fan_out_of_a_sale_to_a_distributor(scene: Scene) -> Steps:
    bought(scene, purchase_of(NAMED), TWIG, calm=False)
    return ()


def the_purse_is_even(scene: Scene) -> list[str]:
    """The laws of the books; and what both levels got, the purse gave out, once."""
    tables = Tables.read(scene.items)
    left = bootstrap.documents().get(TABLE, *purse_key("oct"), consistent=True)
    fen = sum(-line.amount_fen for r in tables.records for line in r.lines if "COMM_FROZEN" in line.account)
    expected = (300 - (1_000 - 788), 1_000 + 295)  # what the rule adds to the ordinary one
    found = (left["left_fen"] if left else None, fen)
    wrong = [f"purse and commission are {found}, not {expected}"] if found != expected else []
    return [*broken(tables), *broken_views(tables), *wrong]


@operation_with(judged=the_purse_is_even)
def fan_out_with_a_campaign(scene: Scene) -> Steps:
    """The purse can pay what the rule adds once, not twice."""
    plan = a_plan(scene.now())
    october = Scope(campaign_id="oct")
    extra = Rule("extra", RuleKind.FIXED_PER_ORDER, 1_000, level=1, scope=october)
    earlier = scene.now() - timedelta(days=1)
    with_purse = replace(
        plan,
        plan_id="p2",
        effective_at=earlier,
        rules=(*plan.rules, extra),
        campaigns=(Campaign("oct", 2_000),),
    )
    bootstrap.books().commit(None, catalog_items.plan_changes(with_purse))
    bootstrap.documents().put_new(TABLE, *purse_key("oct"), {"left_fen": 300})
    bootstrap.catalog().forget()
    bought(scene, purchase_of(NAMED), calm=False)
    return ()


def earned(scene: Scene, is_released: bool = True) -> str:
    """A sale whose commission was paid, and released a day later; its order."""
    order_id = bought(scene, purchase_of(NAMED))
    if is_released:
        scene.pass_time(days=1, hours=2)
        scene.tick("release_commission")
        scene.calm_down()
    return order_id


@operation
def release_of_what_is_due(scene: Scene) -> Steps:
    earned(scene, is_released=False)
    scene.pass_time(days=1, hours=2)
    return ()


@operation
def reversal_before_the_release(scene: Scene) -> Steps:
    return (refunding(scene, earned(scene, is_released=False)),)


@operation
def reversal_in_part_before_the_release(scene: Scene) -> Steps:
    return (refunding(scene, earned(scene, is_released=False), amount_fen=30_000),)


@operation
def reversal_after_the_release(scene: Scene) -> Steps:
    return (refunding(scene, earned(scene)),)


@operation
def reversal_after_it_was_withdrawn(scene: Scene) -> Steps:
    """What is not there any more is owed."""
    order_id = earned(scene)
    _, steps = withdrawing(scene, to="paid")
    for step in steps:
        step.do(scene)
    scene.calm_down()
    return (refunding(scene, order_id),)


@operation
def reversal_while_it_is_being_withdrawn(scene: Scene) -> Steps:
    """The withdrawal is called back."""
    order_id = earned(scene)
    _, steps = withdrawing(scene, to="requested")
    for step in steps:
        step.do(scene)
    scene.calm_down()
    return (refunding(scene, order_id),)


@operation
def release_to_somebody_who_owes(scene: Scene) -> Steps:
    order_id = earned(scene)
    _, steps = withdrawing(scene, to="paid")
    for step in steps:
        step.do(scene)
    scene.calm_down()
    refunding(scene, order_id).do(scene)
    bought(scene, purchase_of(NAMED))
    scene.pass_time(days=1, hours=2)
    return ()


@operation_with(silent=frozenset(), rounds_min=7)  # the way through all orders comes at night
def reconciling_of_commission_that_a_stream_lost(scene: Scene) -> Steps:
    bought(scene, purchase_of(NAMED), calm=False)
    del scene.streams.unread["pay_commission"]
    return ()


# ---------------------------------------------------------------- suspicion


def suspected(scene: Scene) -> tuple[str, Steps]:
    """The steps of a top-up that is one too many within ten minutes, and its order."""
    purchase = purchase_of(TOPUP, card_id=account_card(scene), amount_fen=100)
    for _ in range(SUSPICIOUS - 1):
        bought(scene, purchase)
    order_id, order = ordering(scene, purchase)
    return order_id, (order, paying(order_id))


@operation
def hold_by_a_fraud_check_and_its_verdict(scene: Scene) -> Steps:
    _, steps = suspected(scene)
    for step in steps:
        step.do(scene)
    return ()


def judging(scene: Scene, is_fraud: bool) -> Steps:
    order_id, steps = suspected(scene)
    for step in steps:
        step.do(scene)
    scene.calm_down()
    order = bootstrap.orders().get(order_id)
    assert order is not None
    assert order.paid_at is not None
    alert_id = alert_id_of(order_id, order.paid_at)
    command = scene.command("risk", "looked at it")
    return (doing("the verdict", command, lambda c: bootstrap.clear_alert()(c, alert_id, is_fraud)),)


@operation
def verdict_that_it_is_none(scene: Scene) -> Steps:
    return judging(scene, is_fraud=False)


@operation
def verdict_that_it_is_fraud(scene: Scene) -> Steps:
    return judging(scene, is_fraud=True)


# ---------------------------------------------------------------- withdrawals


def withdrawing(scene: Scene, to: str, amount_fen: int = 700) -> tuple[str, Steps]:
    """The withdrawal of the nearest distributor, as far as it goes: requested, approved or paid."""
    request = scene.command(BRANCH)
    withdrawal_id = owned_id("wdr", BRANCH, request.key)
    steps: list[Step] = [
        doing("the request", request, lambda c: at_their_word(bootstrap.request_withdrawal())(c, amount_fen))
    ]
    if to != "requested":
        steps += [approving(scene, withdrawal_id, by) for by in ("finance", "risk")]
    if to == "paid":
        steps.append(paying_out(scene, withdrawal_id))
    return withdrawal_id, tuple(steps)


def approving(scene: Scene, withdrawal_id: str, by: str, refused: str = "") -> Step:
    command = scene.command(by, "looked at it")
    approve = Verdict.APPROVE
    return doing(
        f"the approval by {by}",
        command,
        lambda c: bootstrap.decide_withdrawal()(c, withdrawal_id, approve),
        refused,
    )


def paying_out(scene: Scene, withdrawal_id: str) -> Step:
    command = scene.command("cashier")
    return doing("the payout", command, lambda c: bootstrap.pay_withdrawal()(c, withdrawal_id))


def giving_back(scene: Scene, withdrawal_id: str) -> Step:
    command = scene.command("cashier", "sent back")
    return doing("the giving back", command, lambda c: bootstrap.pay_withdrawal().give_back(c, withdrawal_id))


def withdrawn_to(scene: Scene, to: str) -> str:
    earned(scene)
    withdrawal_id, steps = withdrawing(scene, to)
    for step in steps:
        step.do(scene)
    scene.calm_down()
    return withdrawal_id


@operation
def withdrawal_request(scene: Scene) -> Steps:
    earned(scene)
    return withdrawing(scene, "requested")[1]


@operation
def withdrawal_approved_by_two(scene: Scene) -> Steps:
    withdrawal_id = withdrawn_to(scene, "requested")
    return approving(scene, withdrawal_id, "finance"), approving(scene, withdrawal_id, "risk")


@operation
def withdrawal_taken_back(scene: Scene) -> Steps:
    withdrawal_id = withdrawn_to(scene, "requested")
    command = scene.command(BRANCH)
    return (doing("the taking back", command, lambda c: bootstrap.cancel_withdrawal()(c, withdrawal_id)),)


@operation
def withdrawal_rejected(scene: Scene) -> Steps:
    withdrawal_id = withdrawn_to(scene, "requested")
    command = scene.command("finance", "no")
    verdict = Verdict.REJECT
    return (doing("the no", command, lambda c: bootstrap.decide_withdrawal()(c, withdrawal_id, verdict)),)


@operation
def payout(scene: Scene) -> Steps:
    return (paying_out(scene, withdrawn_to(scene, "approved")),)


@operation
def payout_that_the_bank_does_later(scene: Scene) -> Steps:
    withdrawal_id = withdrawn_to(scene, "approved")
    scene.bank.script(Script("PENDING", later="SUCCEEDED"))
    return (paying_out(scene, withdrawal_id),)


@operation
def payout_that_fails_and_is_given_back(scene: Scene) -> Steps:
    withdrawal_id = withdrawn_to(scene, "approved")
    scene.bank.script(Script("FAILED", "NO_ACCOUNT"))
    paying_out(scene, withdrawal_id).do(scene)
    scene.calm_down()
    return (giving_back(scene, withdrawal_id),)


@operation
def payout_that_fails(scene: Scene) -> Steps:
    withdrawal_id = withdrawn_to(scene, "approved")
    scene.bank.script(Script("FAILED", "NO_ACCOUNT"))
    return (paying_out(scene, withdrawal_id),)


@operation
def payout_that_the_bank_sends_back(scene: Scene) -> Steps:
    withdrawal_id = withdrawn_to(scene, "approved")
    scene.bank.script(Script("SUCCEEDED", later="RETURNED"))
    paying_out(scene, withdrawal_id).do(scene)
    scene.calm_down()
    return (giving_back(scene, withdrawal_id),)


@operation
def refused_withdrawal_of_more_than_there_is(scene: Scene) -> Steps:
    earned(scene)
    request = scene.command(BRANCH)
    return (
        doing(
            "the request",
            request,
            lambda c: at_their_word(bootstrap.request_withdrawal())(c, 789),
            "INSUFFICIENT_AVAILABLE",
        ),
    )


@operation
def refused_approval_by_the_wrong_role(scene: Scene) -> Steps:
    return (approving(scene, withdrawn_to(scene, "requested"), "risk", refused="ROLE_REQUIRED"),)


# ---------------------------------------------------------------- the tree


@operation
def joining(scene: Scene) -> Steps:
    command = scene.command(STRANGER)
    return (doing("the joining", command, lambda c: bootstrap.join_distribution()(c, BRANCH[4:], AGREEMENT)),)


@operation
def move_of_a_branch(scene: Scene) -> Steps:
    mover, parent = distributor_id_of(TWIG), distributor_id_of(ROOT)
    command = scene.command("office")
    return (doing("the move", command, lambda c: bootstrap.move_distributor()(c, mover, parent)),)


@operation
def suspension(scene: Scene) -> Steps:
    command, state = scene.command("office"), DistributorState.SUSPENDED
    who = distributor_id_of(TWIG)
    return (doing("the suspension", command, lambda c: bootstrap.suspend_distributor()(c, who, state)),)


@operation
def another_payee(scene: Scene) -> Steps:
    command, payee = scene.command(BRANCH), Payee("王小明", "建设银行", "6222021234567891")
    return (doing("the payee", command, lambda c: at_their_word(bootstrap.set_payee())(c, payee)),)


@operation_with(schedules=(*SCHEDULES, "close_books"), rounds_min=2)
def closing_of_the_books_of_a_day(scene: Scene) -> Steps:
    bought(scene, purchase_of(VIRTUAL), BUYER)
    scene.pass_time(days=1)
    return ()
