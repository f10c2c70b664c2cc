"""Operations of orders: sales, top-ups, payments, closings and refunds."""

from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.card import CardState
from chalicelib.domain.parameters import REFUND_ALONE_FEN_MAX, Setting
from chalicelib.domain.refund import Cause
from chalicelib.usecases.refund_order import RefundWish
from tests.fakes.operations import Script
from tests.simulation import judgement
from tests.simulation.ground import AGENT_STOCK, AGENT_TOPUP, BONUS, NAMED, STOCK, TOPUP, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import (
    Steps,
    account_card,
    bought,
    doing,
    number_and_secret,
    operation,
    operation_with,
    ordering,
    paying,
    purchase_of,
    refunding,
    revealed,
)
from tests.simulation.small_ground import BUYER, CARDS_IN_STOCK


@operation
def sale_from_a_card(scene: Scene) -> Steps:
    _, order = ordering(scene, purchase_of(VIRTUAL, pay_card_id=account_card(scene)))
    return (order,)


@operation
def sale_from_a_card_of_a_stocked_card(scene: Scene) -> Steps:
    _, order = ordering(scene, purchase_of(STOCK, pay_card_id=account_card(scene)))
    return (order,)


@operation
def sale_through_the_channel_of_a_virtual_card(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(VIRTUAL))
    return order, paying(order_id)


@operation
def sale_through_the_channel_of_a_stocked_card(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(STOCK))
    return order, paying(order_id)


@operation
def sale_through_the_channel_of_an_oil_companys_card(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(AGENT_STOCK))
    return order, paying(order_id)


@operation
def top_up_of_our_own_card(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(TOPUP, card_id=account_card(scene)))
    return order, paying(order_id)


@operation
def top_up_of_an_oil_companys_card(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(AGENT_TOPUP, card_id=scene.ground.agent_cards[BUYER]))
    return order, paying(order_id)


@operation
def top_up_that_the_oil_company_refuses(scene: Scene) -> Steps:
    scene.oil_company.script_topup(Script("FAILED", "DECLINED"))
    return top_up_of_an_oil_companys_card(scene)


@operation
def top_up_that_the_oil_company_does_later(scene: Scene) -> Steps:
    scene.oil_company.script_topup(Script("PENDING", later="SUCCEEDED"))
    return top_up_of_an_oil_companys_card(scene)


@operation
def order_paid_from_a_card_afterwards(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(VIRTUAL))
    card_id = account_card(scene)
    pay = doing("the payment", scene.command(BUYER), lambda c: bootstrap.pay_order()(c, order_id, card_id))
    return order, pay


@operation
def order_paid_twice(scene: Scene) -> Steps:
    """From a card and through the channel: the second payment goes back."""
    order_id, order = ordering(scene, purchase_of(VIRTUAL))
    order.do(scene)
    scene.calm_down()
    card_id = account_card(scene)
    pay = doing("the payment", scene.command(BUYER), lambda c: bootstrap.pay_order()(c, order_id, card_id))
    return pay, paying(order_id)


@operation
def payment_after_the_order_was_cancelled(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(VIRTUAL))
    order.do(scene)
    command = scene.command(BUYER)
    bootstrap.close_order().cancelled(command, order_id)
    scene.calm_down()
    return (paying(order_id),)


@operation
def payment_that_the_buyer_asks_about(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(NAMED))
    order.do(scene)
    scene.calm_down()
    scene.payment.pay(order_id)
    check = doing(
        "the question", scene.command(BUYER), lambda c: bootstrap.check_payment()(c.actor, order_id, c.now)
    )
    return (check,)


@operation
def payment_of_which_no_word_came(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(STOCK))
    order.do(scene)
    scene.calm_down()
    scene.payment.pay(order_id)
    return ()


@operation
def order_that_is_cancelled(scene: Scene) -> Steps:
    order_id, order = ordering(scene, purchase_of(STOCK))
    order.do(scene)
    scene.calm_down()
    return (doing("the end", scene.command(BUYER), lambda c: bootstrap.close_order().cancelled(c, order_id)),)


@operation
def order_that_nobody_pays(scene: Scene) -> Steps:
    _, order = ordering(scene, purchase_of(STOCK))
    order.do(scene)
    scene.calm_down()
    return ()


@operation
def refund_of_all_through_the_channel(scene: Scene) -> Steps:
    return (refunding(scene, bought(scene, purchase_of(STOCK))),)


@operation
def refund_in_part_through_the_channel(scene: Scene) -> Steps:
    return (refunding(scene, bought(scene, purchase_of(NAMED)), amount_fen=30_000),)


@operation
def refund_that_the_channel_does_later(scene: Scene) -> Steps:
    order_id = bought(scene, purchase_of(NAMED))
    scene.payment.script_refund(Script("PENDING", later="SUCCEEDED"))
    return (refunding(scene, order_id),)


@operation
def refund_onto_a_card(scene: Scene) -> Steps:
    order_id = bought(scene, purchase_of(STOCK, pay_card_id=account_card(scene)))
    return (refunding(scene, order_id),)


@operation
def refund_of_a_top_up(scene: Scene) -> Steps:
    order_id = bought(scene, purchase_of(TOPUP, card_id=account_card(scene)))
    return (refunding(scene, order_id, cause=Cause.ISSUER, by="office"),)


def no_dead_card_was_kept(scene: Scene) -> list[str]:
    """A card that the oil company closed for a refund is on its way back."""
    closed = {operation_id.removeprefix("close_") for operation_id in scene.oil_company.closures.done}
    kept = [card for card in map(bootstrap.cards().get, sorted(closed)) if card is not None]
    dead = [card for card in kept if card.state in (CardState.SOLD, CardState.ACTIVE)]
    found = [f"{card.card_id} is {card.state} here, and closed at the oil company" for card in dead]
    return [*judgement.judged(scene), *found]


@operation_with(judged=no_dead_card_was_kept)
def refund_of_a_revealed_card_of_an_oil_company(scene: Scene) -> Steps:
    """The oil company is asked whether it was used, and closes it."""
    order_id = _sold_and_revealed(scene)
    return (refunding(scene, order_id),)


@operation_with(judged=no_dead_card_was_kept)
def refund_of_a_revealed_card_that_the_oil_company_closes_later(scene: Scene) -> Steps:
    order_id = _sold_and_revealed(scene)
    scene.oil_company.script_closure(Script("PENDING", later="SUCCEEDED"))
    return (refunding(scene, order_id),)


def asking_back(scene: Scene, order_id: str) -> Steps:
    """The buyer asks for more than goes back at once, and somebody of the office agrees."""
    ask, agree = scene.command(BUYER, "too much"), scene.command("finance", "as it says")
    request_id, wish = f"rfd_{ask.key}", RefundWish(order_id)
    return (
        doing("the request", ask, lambda c: bootstrap.ask_refund().ask(c, wish)),
        doing("a word", agree, lambda c: bootstrap.inbox().decide(c, request_id, True)),
    )


def nothing_goes_back_alone(scene: Scene, above_fen: int = 0) -> None:
    setting = Setting(REFUND_ALONE_FEN_MAX, "", scene.now() - timedelta(days=1), above_fen)
    bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    bootstrap.catalog().forget()


@operation
def refund_that_another_agrees_to(scene: Scene) -> Steps:
    nothing_goes_back_alone(scene)
    return asking_back(scene, bought(scene, purchase_of(NAMED)))


@operation_with(judged=no_dead_card_was_kept)
def refund_of_a_revealed_card_that_another_agrees_to(scene: Scene) -> Steps:
    """The oil company is asked after the word."""
    nothing_goes_back_alone(scene)
    return asking_back(scene, _sold_and_revealed(scene))


@operation
def refused_refund_of_what_others_must_agree_to(scene: Scene) -> Steps:
    nothing_goes_back_alone(scene)
    return (refunding(scene, bought(scene, purchase_of(NAMED)), refused="APPROVAL_NEEDED"),)


def _sold_and_revealed(scene: Scene) -> str:
    order_id = bought(scene, purchase_of(AGENT_STOCK))
    order = bootstrap.orders().get(order_id)
    assert order is not None
    revealed(scene, *order.card_ids)
    return order_id


# ---------------------------------------------------------------- what is refused


@operation
def refused_sale_beyond_what_is_on_the_card(scene: Scene) -> Steps:
    purchase = purchase_of(BONUS, 5, pay_card_id=account_card(scene))
    _, order = ordering(scene, purchase, refused="INSUFFICIENT_BALANCE")
    return (order,)


@operation
def refused_sale_of_more_than_is_in_stock(scene: Scene) -> Steps:
    _, order = ordering(scene, purchase_of(STOCK, 4), refused="OUT_OF_STOCK")
    return (order,)


@operation
def refused_sale_of_what_is_sold_out(scene: Scene) -> Steps:
    bought(scene, purchase_of(STOCK, CARDS_IN_STOCK))
    _, order = ordering(scene, purchase_of(STOCK), refused="OUT_OF_STOCK")
    return (order,)


@operation
def refused_top_up_beyond_the_cap(scene: Scene) -> Steps:
    purchase = purchase_of(TOPUP, card_id=account_card(scene), amount_fen=490_000)
    _, order = ordering(scene, purchase, refused="CARD_BALANCE_CAP")
    return (order,)


@operation
def refused_refund_of_more_than_was_paid(scene: Scene) -> Steps:
    order_id = bought(scene, purchase_of(NAMED))
    return (refunding(scene, order_id, amount_fen=98_501, refused="REFUND_EXCEEDS"),)


def nothing_but_traces_is_left(scene: Scene) -> list[str]:
    """Whether or not its client has heard the no: the card is its buyer's as it was, and so is the order."""
    return [*judgement.judged(scene), *(f"changed: {place}" for place in scene.beside_traces())]


@operation_with(judged=nothing_but_traces_is_left)
def refused_refund_of_a_used_card_of_an_oil_company(scene: Scene) -> Steps:
    order_id = _sold_and_revealed(scene)
    order = bootstrap.orders().get(order_id)
    assert order is not None
    scene.oil_company.used_cards = {number_and_secret(card_id)[0] for card_id in order.card_ids}
    return (refunding(scene, order_id, refused="SECRET_REVEALED", is_outside=True),)


@operation
def refused_cancelling_of_a_paid_order(scene: Scene) -> Steps:
    order_id = bought(scene, purchase_of(VIRTUAL))
    command = scene.command(BUYER)
    end = doing("the end", command, lambda c: bootstrap.close_order().cancelled(c, order_id), "ILLEGAL_STATE")
    return (end,)
