"""Deeds: how is a wish done by the real use cases, and what of their answer does the model know?"""

from collections.abc import Callable

from chalicelib import bootstrap
from chalicelib.domain.catalog import Form
from chalicelib.domain.change import Stale
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.order import SURPLUS
from chalicelib.domain.outside import PaymentNotice
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.refund_order import RefundWish
from local.people import at_their_word
from tests.e2e.shop import BUYER, NOW, TOPUP, VIRTUAL, Shop, product
from tests.histories.history import Answer, Wish
from tests.histories.scenes import PRICES_FEN, STOCK_PRICE_FEN

STAFF = "stf_FFFFFFFFFFFF"
FROM_STOCK = product(
    "sku_from_stock", form=Form.PHYSICAL, face_fen=STOCK_PRICE_FEN, price_fen=STOCK_PRICE_FEN
)
GOODS = {
    fen: product(f"sku_{fen}", face_fen=fen, price_fen=fen, cost_fen=fen * 97 // 100) for fen in PRICES_FEN
}


def a_shop(first_number: int = 1) -> Shop:
    """A shop as a process opens it that has just begun."""
    known = bootstrap.stock()
    stock = type(known)(known.dynamo, known.pick, known.new_token)
    shop = Shop(first_number=first_number, stock=stock)
    shop.catalog.shelf |= {one.sku_id: one for one in (*GOODS.values(), FROM_STOCK, VIRTUAL)}
    return shop


def answer_to(shop: Shop, wish: Wish) -> Answer | None:
    """What the use case says; None: it does not know what became of it."""
    try:
        return _DEEDS[wish.kind](shop, wish)
    except (Unavailable, Stale):  # a lost race that its use case does not try again is told as TRY_AGAIN
        return None
    except Refusal as refusal:
        return refusal.code
    except Exception as bug:  # noqa: BLE001 - the judge finds no order with this answer in it
        return ("BUG", repr(bug))


def _command(wish: Wish, person_id: str = BUYER, role: str = "customer") -> Command:
    actor = Actor(person_id, frozenset({role}), real_name=True)
    return Command(actor, wish.key, NOW, wish.request, "why" if role != "customer" else "")


def _balance(shop: Shop, wish: Wish) -> Answer:
    card = bootstrap.cards().get(str(wish.arguments[0]))
    assert card is not None
    return card.available_fen, card.version


def _order(shop: Shop, wish: Wish) -> Answer:
    order = bootstrap.orders().get(str(wish.arguments[0]))
    assert order is not None
    return order.state.value, order.version, sum(refund.cause == SURPLUS for refund in order.refunds)


def _account(shop: Shop, wish: Wish) -> Answer:
    account = bootstrap.accounts().balances(str(wish.arguments[0]), with_pots=False)
    return account.available_fen, account.held_fen, account.version


def _buy(shop: Shop, wish: Wish) -> Answer:
    payer, fen = wish.arguments
    shop.buy(GOODS[int(fen)], _command(wish), pay_card_id=payer)
    return "PAID"


def _stock(shop: Shop, wish: Wish) -> Answer:
    shop.buy(FROM_STOCK, _command(wish), pay_card_id=wish.arguments[0])
    return "PAID"


def _transfer(shop: Shop, wish: Wish) -> Answer:
    payer, target, fen = wish.arguments
    shop.buy(TOPUP, _command(wish), pay_card_id=payer, card_id=target, amount_fen=fen, expected_fen=fen)
    return "PAID"


def _refund(shop: Shop, wish: Wish) -> Answer:
    order_id, fen, _ = wish.arguments
    shop.refund_order(_command(wish), RefundWish(str(order_id), amount_fen=int(fen)))
    return "REFUNDED"


def _pay(shop: Shop, wish: Wish) -> Answer:
    shop.pay_order(_command(wish), str(wish.arguments[0]), str(wish.arguments[1]))
    return "PAID"


def _cancel(shop: Shop, wish: Wish) -> Answer:
    return shop.close_order.cancelled(_command(wish), str(wish.arguments[0])).state.value


def _settle(shop: Shop, wish: Wish) -> Answer:
    order_id, payment_id = (str(argument) for argument in wish.arguments)
    notice = PaymentNotice("sandbox", order_id, payment_id, VIRTUAL.price_fen, "SUCCEEDED", NOW)
    shop.settle_payment(notice, NOW)
    return "BOOKED"


def _withdraw(shop: Shop, wish: Wish) -> Answer:
    at_their_word(bootstrap.request_withdrawal())(_command(wish), int(wish.arguments[2]))
    return "FILED"


def _take_back(shop: Shop, wish: Wish) -> Answer:
    bootstrap.cancel_withdrawal()(_command(wish), str(wish.arguments[1]))
    return "DECIDED"


def _decided(verdict: Verdict) -> Callable[[Shop, Wish], Answer]:
    def decide(shop: Shop, wish: Wish) -> Answer:
        command = _command(wish, STAFF, "finance")
        bootstrap.decide_withdrawal()(command, str(wish.arguments[1]), verdict)
        return "DECIDED"

    return decide


_DEEDS: dict[str, Callable[[Shop, Wish], Answer]] = {
    "balance": _balance,
    "order": _order,
    "account": _account,
    "buy": _buy,
    "stock": _stock,
    "transfer": _transfer,
    "refund": _refund,
    "pay": _pay,
    "cancel": _cancel,
    "settle": _settle,
    "withdraw": _withdraw,
    "take_back": _take_back,
    "reject": _decided(Verdict.REJECT),
    "approve": _decided(Verdict.APPROVE),
}
