"""Operations of the office: plans, parameters, products, terms, and refunds that wait for a person."""

from dataclasses import replace
from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.domain.card import Freezer
from chalicelib.domain.finding import FindingResolution, Kind
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.manual_posting import Posting
from chalicelib.domain.manual_refund import FAILURES_MAX
from chalicelib.domain.order import refund_reference
from chalicelib.domain.parameters import Setting
from chalicelib.domain.raised_limit import Raised
from chalicelib.domain.tax import TaxMethod
from tests.fakes.operations import Script
from tests.simulation.ground import VIRTUAL
from tests.simulation.one_run import Scene, Step
from tests.simulation.operation import (
    Steps,
    account_card,
    bought,
    doing,
    operation,
    purchase_of,
    refunding,
)
from tests.simulation.small_ground import BUYER, TWIG, a_plan


def word_on(scene: Scene, request_id: str, by: str = "cashier") -> Step:
    """Somebody agrees to what was asked."""
    command = scene.command(by, "as it says")
    return doing("a word", command, lambda c: bootstrap.inbox().decide(c, request_id, True))


@operation
def taking_back_of_a_report_of_a_loss(scene: Scene) -> Steps:
    card_id = account_card(scene)
    bootstrap.report_loss()(scene.command(BUYER), card_id)
    scene.calm_down()
    command = scene.command(BUYER)
    return (doing("the taking back", command, lambda c: bootstrap.report_loss().withdraw(c, card_id)),)


@operation
def freeze_by_the_office_over_the_holders(scene: Scene) -> Steps:
    card_id = account_card(scene)
    bootstrap.freeze_card().freeze(scene.command(BUYER), card_id, Freezer.HOLDER)
    scene.calm_down()
    command = scene.command("office", "stolen, they say")
    return (
        doing("the freeze", command, lambda c: bootstrap.freeze_card().freeze(c, card_id, Freezer.SUPPORT)),
    )


@operation
def terms_of_a_distributor(scene: Scene) -> Steps:
    ask, who = scene.command("office", "a good year"), distributor_id_of(TWIG)
    terms = ("gold", TaxMethod.PER_PAYMENT)
    request = doing("the request", ask, lambda c: bootstrap.change_terms().ask(c, who, *terms))
    return request, word_on(scene, f"trm_{ask.key}")


@operation
def plan_from_its_draft_into_force(scene: Scene) -> Steps:
    plan = replace(a_plan(scene.now(), "p2"), effective_at=scene.now())
    publish = bootstrap.publish_plan
    draft, simulate, approve = (scene.command(who) for who in ("office", "office", "second"))
    request_id = f"pln_{draft.key}"
    return (
        doing("the draft", draft, lambda c: publish().draft(c, plan)),
        doing("the report", simulate, lambda c: bootstrap.simulate_plan()(c, plan.plan_id)),
        doing("the approval", approve, lambda c: publish().approve(c, plan.plan_id, request_id)),
    )


@operation
def parameter_from_its_proposal_into_force(scene: Scene) -> Steps:
    setting = Setting("risk.topup_count", "", scene.now(), 7)
    propose, approve = scene.command("office"), scene.command("second")
    proposal_id = f"prm_{propose.key}"
    return (
        doing("the proposal", propose, lambda c: bootstrap.set_parameter().propose(c, setting)),
        doing("the approval", approve, lambda c: bootstrap.set_parameter().approve(c, proposal_id)),
    )


@operation
def posting_by_hand_that_two_agree_to(scene: Scene) -> Steps:
    posting = Posting("TAX_REMITTED", 600)
    ask = scene.command("finance", "the fee of the ninth")
    words = (word_on(scene, f"pst_{ask.key}", by) for by in ("cashier", "risk"))
    return doing("the request", ask, lambda c: bootstrap.post_by_hand().ask(c, posting)), *words


@operation
def proposal_that_is_refused(scene: Scene) -> Steps:
    setting = Setting("risk.topup_count", "", scene.now(), 7)
    propose, refuse = scene.command("office"), scene.command("second", "five are enough")
    proposal_id = f"prm_{propose.key}"
    return (
        doing("the proposal", propose, lambda c: bootstrap.set_parameter().propose(c, setting)),
        doing("the refusal", refuse, lambda c: bootstrap.inbox().decide(c, proposal_id, False)),
    )


@operation
def limit_of_a_distributor_that_another_raises(scene: Scene) -> Steps:
    ask, who = scene.command("office", "a fair in December"), distributor_id_of(TWIG)
    raised = Raised(scene.now() + timedelta(days=30), daily_count_max=9)
    request = doing("the request", ask, lambda c: bootstrap.raise_limit().ask(c, who, raised))
    return request, word_on(scene, f"lmt_{ask.key}", "risk")


@operation
def product_and_its_next_price(scene: Scene) -> Steps:
    product = replace(VIRTUAL, sku_id="sku_new")
    dearer = replace(product, price_fen=10_100)
    publish, change, products = scene.command("office"), scene.command("office"), bootstrap.publish_product
    return (
        doing("the product", publish, lambda c: products().ask(c, product)),
        word_on(scene, f"prd_{publish.key}"),
        doing("the price", change, lambda c: products().ask(c, dearer, 1)),
        word_on(scene, f"prd_{change.key}"),
    )


@operation
def resolution_of_a_finding(scene: Scene) -> Steps:
    found = bootstrap.note_finding()(Kind.LEDGER_DIFFERENCE, "card|crd_A|available_fen", "is 1", scene.now())
    command, how = scene.command("finance", "looked into"), FindingResolution.EXPLAINED
    finding_id, read = found.finding_id, found.detail
    return (doing("the word", command, lambda c: bootstrap.resolve_finding()(c, finding_id, how, read)),)


def refused_by_the_channel(scene: Scene) -> tuple[str, str]:
    """The order and the refund that waits for a person, for its channel refused it again and again."""
    order_id = bought(scene, purchase_of(VIRTUAL))
    refunding(scene, order_id).do(scene)
    order = bootstrap.orders().get(order_id)
    assert order is not None
    refund_id = order.refunds[0].refund_id
    for _ in range(FAILURES_MAX + 1):
        scene.payment.refunds.done.pop(refund_reference(order_id, refund_id), None)
        scene.payment.script_refund(Script(state="FAILED", reason="MERCHANT_BALANCE_LOW"))
        bootstrap.send_refund().ask_again(order_id, refund_id, scene.now())
    scene.calm_down()
    scene.payment.refunds.scripts.clear()
    return order_id, refund_id


@operation
def refund_that_a_person_pays_by_bank(scene: Scene) -> Steps:
    order_id, refund_id = refused_by_the_channel(scene)
    ask, by_bank = scene.command("finance", "the channel has no money"), bootstrap.settle_by_bank
    request = doing("the request", ask, lambda c: by_bank().ask(c, order_id, refund_id, "bank 4711"))
    return request, word_on(scene, f"bnk_{ask.key}")


@operation
def refund_that_a_person_sends_again(scene: Scene) -> Steps:
    order_id, refund_id = refused_by_the_channel(scene)
    scene.payment.refunds.done.pop(refund_reference(order_id, refund_id), None)
    command = scene.command("finance", "the channel has money now")
    return (doing("the word", command, lambda c: bootstrap.settle_refund().retry(c, order_id, refund_id)),)
