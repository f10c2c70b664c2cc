"""Purchases: orders, payments, refunds, and the cards they make."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, cards, catalog, documents, orders, random_digits, stock
from chalicelib.bootstrap.outside import channel, issuer, order_timers
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.people import bind_referrer
from chalicelib.bootstrap.secrecy import keys
from chalicelib.bootstrap.suspicion import check_order

if TYPE_CHECKING:
    from chalicelib.domain.order import Order
    from chalicelib.domain.outside import PaymentNotice
    from chalicelib.usecases.ask_name import AskName
    from chalicelib.usecases.check_payment import CheckPayment
    from chalicelib.usecases.close_cards import CloseCards
    from chalicelib.usecases.close_order import CloseOrder
    from chalicelib.usecases.make_card import MakeCard
    from chalicelib.usecases.pay_order import PayOrder
    from chalicelib.usecases.place_order import PlaceOrder
    from chalicelib.usecases.refund_order import RefundOrder
    from chalicelib.usecases.send_refund import SendRefund
    from chalicelib.usecases.settle_payment import SettlePayment
    from chalicelib.usecases.settle_refund import SettleRefund
    from chalicelib.usecases.submit_top_up import SubmitTopUp
    from chalicelib.usecases.sweep_unpaid import SweepUnpaid
    from chalicelib.usecases.watch_orders import WatchOrders


@part
def make_card() -> "MakeCard":
    from chalicelib.usecases.make_card import MakeCard

    return MakeCard(keys(), random_digits)


@part
def place_order() -> "PlaceOrder":
    from chalicelib.usecases.place_order import PlaceOrder

    return PlaceOrder(
        books(),
        orders(),
        cards(),
        catalog(),
        documents(),
        stock(),
        make_card(),
        channel,
        lambda command, invite_code: bind_referrer()(command, invite_code),
        lambda command, order: ask_name()(command, order),
    )


@part
def ask_name() -> "AskName":
    from chalicelib.usecases.ask_name import AskName

    return AskName(books(), documents(), orders())


@part
def pay_order() -> "PayOrder":
    from chalicelib.usecases.pay_order import PayOrder

    return PayOrder(books(), orders(), catalog(), make_card())


@part
def settle_payment() -> "SettlePayment":
    from chalicelib.usecases.settle_payment import SettlePayment

    return SettlePayment(books(), orders(), catalog(), make_card(), _amount_differed)


def _amount_differed(order: "Order", notice: "PaymentNotice") -> None:
    from chalicelib.observability import Metric, count, logger

    logger.warning(
        "another amount was paid than was asked for, and goes back",
        order=order.order_id,
        payment=notice.payment_id,
        paid_fen=notice.amount_fen,
        asked_fen=order.payable_fen,
    )
    count(Metric.PAYMENT_AMOUNT_DIFFERS)


@part
def check_payment() -> "CheckPayment":
    from chalicelib.usecases.check_payment import CheckPayment

    return CheckPayment(orders(), channel, settle_payment())


@part
def close_order() -> "CloseOrder":
    from chalicelib.usecases.close_order import CloseOrder

    return CloseOrder(books(), orders(), stock(), check_payment())


@part
def close_cards() -> "CloseCards":
    from chalicelib.usecases.close_cards import CloseCards

    return CloseCards(books(), orders(), cards(), issuer(), keys())


@part
def refund_order() -> "RefundOrder":
    from chalicelib.usecases.refund_order import RefundOrder

    return RefundOrder(books(), orders(), cards(), close_cards(), catalog())


@part
def send_refund() -> "SendRefund":
    from chalicelib.usecases.send_refund import SendRefund

    return SendRefund(books(), orders(), channel)


@part
def settle_refund() -> "SettleRefund":
    from chalicelib.usecases.settle_refund import SettleRefund

    return SettleRefund(books(), orders(), cards(), channel)


@part
def submit_top_up() -> "SubmitTopUp":
    from chalicelib.usecases.submit_top_up import SubmitTopUp

    return SubmitTopUp(books(), orders(), cards(), keys(), issuer())


@part
def watch_orders() -> "WatchOrders":
    from chalicelib.usecases.watch_orders import WatchOrders

    return WatchOrders(
        documents(),
        order_timers(),
        check_order(),
        submit_top_up,
        lambda order_id, now: send_refund()(order_id, now),
    )


@part
def sweep_unpaid() -> "SweepUnpaid":
    from chalicelib.usecases.sweep_unpaid import SweepUnpaid

    return SweepUnpaid(documents(), close_order())
