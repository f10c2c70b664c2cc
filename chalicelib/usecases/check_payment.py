"""Check a payment: what does its channel say, when its callback has not come?

A callback may be lost for good. So nobody closes an order, or forgets one that was
closed or paid otherwise, before its channel was asked. What the channel was paid is
booked exactly as its callback would have been.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.order import Order, OrderUnknown, awaits_channel
from chalicelib.domain.outside import PaymentNotice
from chalicelib.usecases.ports import Actor, Orders, PaymentChannel
from chalicelib.usecases.settle_payment import SettlePayment


@dataclass(frozen=True)
class CheckPayment:
    orders: Orders
    channels: Callable[[str], PaymentChannel]
    settle_payment: SettlePayment

    def __call__(self, actor: Actor, order_id: str, now: datetime) -> Order:
        """The own order, as it is after its channel was asked; a silent channel leaves it as it was.

        Raises: OrderUnknown, AmountDiffers, Unavailable.
        """
        order = self.orders.get(order_id)
        if order is None or order.customer_id != actor.person_id:
            raise OrderUnknown(order_id=order_id)
        self.is_settled(order, order.channel, now)
        return self.orders.get(order_id) or order

    def is_settled(self, order: Order, channel_name: str, now: datetime) -> bool:
        """Whether all that was ever paid for the order through this channel is booked, now or before.

        False while somebody may still pay there, or the channel does not answer. Once the
        time to pay is over, a payment that the channel never heard of will not come.
        Raises: AmountDiffers, Unavailable.
        """
        if not awaits_channel(order, channel_name):
            return True
        told = self.channels(channel_name).query(order.order_id)
        if told.state == "SUCCEEDED":
            assert told.amount_fen is not None and told.at is not None, "a channel that was paid says what"
            notice = PaymentNotice(
                channel_name, order.order_id, told.external_id, told.amount_fen, told.state, told.at
            )
            self.settle_payment(notice, now, is_answer=True)
        return told.state in ("SUCCEEDED", "FAILED") or told.never_arrived
