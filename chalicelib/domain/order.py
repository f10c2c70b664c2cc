"""Orders: which states does a purchase go through, and what is frozen when it is paid?

    CREATED -> PENDING_PAY -> PAID -> FULFILLING -> COMPLETED
    CREATED, PENDING_PAY -> CLOSED          cancelled, or unpaid for 15 minutes
    PAID -> RISK_HOLD -> PAID | REFUNDING
    PAID, FULFILLING, COMPLETED, PARTIALLY_REFUNDED -> REFUNDING
    REFUNDING -> REFUNDED | PARTIALLY_REFUNDED | the state before
    PARTIALLY_REFUNDED -> FULFILLING        not yet fulfilled

Order, payment and top-up of one purchase are one item. At the sale the chain of
distributors is frozen into it, at the payment the plan: whoever recomputes the
commission in five years finds everything here. CLOSED and REFUNDED are final. One
payment pays an order; whatever comes beside it, or later, is returned to its payer
and changes nothing of the purchase.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.errors import IllegalState, NotFound

UNPAID_TERM = timedelta(minutes=15)
SILENCE_TERM = timedelta(minutes=30)  # an order waits so long for a channel that does not answer


class OrderState(StrEnum):
    CREATED = "CREATED"
    PENDING_PAY = "PENDING_PAY"
    PAID = "PAID"
    FULFILLING = "FULFILLING"
    COMPLETED = "COMPLETED"
    CLOSED = "CLOSED"
    RISK_HOLD = "RISK_HOLD"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"


_S = OrderState
TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    _S.CREATED: frozenset({_S.PENDING_PAY, _S.CLOSED}),
    _S.PENDING_PAY: frozenset({_S.PAID, _S.CLOSED}),
    _S.PAID: frozenset({_S.FULFILLING, _S.RISK_HOLD, _S.REFUNDING}),
    _S.RISK_HOLD: frozenset({_S.PAID, _S.REFUNDING}),
    _S.FULFILLING: frozenset({_S.COMPLETED, _S.REFUNDING}),
    _S.COMPLETED: frozenset({_S.REFUNDING}),
    _S.PARTIALLY_REFUNDED: frozenset({_S.FULFILLING, _S.REFUNDING}),
    _S.REFUNDING: frozenset(
        {_S.REFUNDED, _S.PARTIALLY_REFUNDED, _S.PAID, _S.RISK_HOLD, _S.FULFILLING, _S.COMPLETED}
    ),
    _S.CLOSED: frozenset(),
    _S.REFUNDED: frozenset(),
}

EARNING = frozenset({_S.PAID, _S.FULFILLING, _S.COMPLETED, _S.PARTIALLY_REFUNDED, _S.REFUNDING, _S.REFUNDED})


class OrderUnknown(NotFound):
    code = "ORDER_UNKNOWN"


SURPLUS = "SURPLUS"


class RefundState(StrEnum):
    """Where a refund stands.

    REQUESTED: nothing of it is done; an oil company is asked first (closure.py). REJECTED: it said no.
    MANUAL: no machine can bring it to its payer; a person of the office does.
    """

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    SUBMITTED = "SUBMITTED"
    UNKNOWN = "UNKNOWN"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    MANUAL = "MANUAL"
    REJECTED = "REJECTED"


class TopUpState(StrEnum):
    """Where an AGENT top-up stands at the issuer. UNKNOWN is asked about, never sent again."""

    NONE = ""
    SUBMITTED = "SUBMITTED"
    UNKNOWN = "UNKNOWN"
    SUCCEEDED = "SUCCEEDED"
    SUCCEEDED_PENDING_LOAD = "SUCCEEDED_PENDING_LOAD"
    LOADED = "LOADED"
    FAILED = "FAILED"


_T = TopUpState
TOPUP_TRANSITIONS: dict[TopUpState, frozenset[TopUpState]] = {
    _T.NONE: frozenset({_T.SUBMITTED}),
    _T.SUBMITTED: frozenset({_T.SUCCEEDED, _T.SUCCEEDED_PENDING_LOAD, _T.FAILED, _T.UNKNOWN}),
    _T.UNKNOWN: frozenset({_T.SUCCEEDED, _T.SUCCEEDED_PENDING_LOAD, _T.FAILED}),
    _T.SUCCEEDED_PENDING_LOAD: frozenset({_T.LOADED}),
    _T.SUCCEEDED: frozenset(),
    _T.LOADED: frozenset(),
    _T.FAILED: frozenset(),
}


class Step(NamedTuple):
    """One state change: what the order became, when, by whom, why."""

    state: str
    at: datetime
    actor: str
    reason: str = ""


class ChainLink(NamedTuple):
    """One distributor above the buyer as it was at the sale; the nearest comes first."""

    distributor_id: str
    tier: str
    active: bool


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund of an order: `amount_fen` goes back to the payer, `withdrawn_fen` leaves the cards.

    `units` of the order hold nothing of its payment any more. `payment`, for cause
    SURPLUS: the `channel:id` of the payment that goes back, which is not the order's own.
    `failures`: how often its channel has refused it. `owed_fen`: what the paying card could not
    take of it, and is owed to the payer until the refund has succeeded. `card_ids` of a
    REJECTED one: the cards that their oil company did not close. `settled`: the record by which a
    person brought it to its payer.
    """

    refund_id: str
    state: RefundState
    cause: str  # CUSTOMER | ISSUER | PAYMENT (nothing could be delivered) | SURPLUS (it paid nothing)
    amount_fen: int
    withdrawn_fen: int
    units: int
    at: datetime
    card_ids: tuple[str, ...] = ()
    closes: bool = False  # the cards hold nothing else, and are closed when the money has arrived
    payment: str = ""
    failures: int = 0
    owed_fen: int = 0
    settled: str = ""

    @property
    def open_fen(self) -> int:
        """What has not reached the payer."""
        if self.state in (RefundState.SUCCEEDED, RefundState.REJECTED):
            return 0
        return self.owed_fen or self.amount_fen


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase: its goods, its payment, its refunds. All amounts are fen for the whole order."""

    order_id: str
    customer_id: str
    use: str  # CARD_SALE | TOPUP
    state: OrderState
    sku_id: str
    issuer: str
    mode: str
    category: str
    region: str
    quantity: int
    face_fen: int
    payable_fen: int
    cost_fen: int
    price_version: int
    payer: str  # "channel:<name>" or "card:<card id>"
    card_ids: tuple[str, ...]
    created_at: datetime
    request_hash: str
    chain: tuple[ChainLink, ...] = ()
    self_purchase: bool = False
    plan_id: str = ""
    paid_at: datetime | None = None
    payment_id: str = ""
    topup_state: TopUpState = TopUpState.NONE
    refunds: tuple[Refund, ...] = ()
    steps: tuple[Step, ...] = ()
    version: int = 0

    @property
    def margin_fen(self) -> int:
        return self.payable_fen - self.cost_fen

    @property
    def own_refunds(self) -> tuple[Refund, ...]:
        """What was decided to come back of this purchase; returned surplus payments were never part of it."""
        return tuple(r for r in self.refunds if r.cause != SURPLUS and r.state not in NOT_REFUNDED)

    @property
    def refunded_fen(self) -> int:
        """What went or is going back to the payer."""
        return sum(refund.amount_fen for refund in self.own_refunds)

    @property
    def refunded_units(self) -> int:
        return sum(refund.units for refund in self.own_refunds)

    @property
    def withdrawn_fen(self) -> int:
        """What left the card by refunds."""
        return sum(refund.withdrawn_fen for refund in self.own_refunds)

    @property
    def channel(self) -> str:
        """The name of the payment channel, or "" when a card paid."""
        kind, _, name = self.payer.partition(":")
        return name if kind == "channel" else ""

    @property
    def payer_card_id(self) -> str:
        kind, _, name = self.payer.partition(":")
        return name if kind == "card" else ""


# A refund the channel failed has left the card all the same: it is owed, and sent again under its id.
NOT_REFUNDED = frozenset({RefundState.REJECTED})


def move(order: Order, *states: OrderState, at: datetime, actor: str, reason: str = "") -> Order:
    """The order after one or more steps taken at once, each by the table.

    Raises: IllegalState, with the state it is in and the one that was wanted.
    """
    for state in states:
        if state not in TRANSITIONS[order.state]:
            raise IllegalState(entity=order.order_id, state=order.state, wanted=state)
        step = Step(state, at, actor, reason)
        order = replace(order, state=state, steps=(*order.steps, step))
    return order


def noted(order: Order, at: datetime, actor: str, reason: str) -> Order:
    """The order with something in its history that leaves its state as it is."""
    return replace(order, steps=(*order.steps, Step(order.state, at, actor, reason)))


def move_topup(order: Order, state: TopUpState) -> Order:
    """The order whose top-up at the issuer is one step further. Raises: IllegalState."""
    if state not in TOPUP_TRANSITIONS[order.topup_state]:
        raise IllegalState(entity=order.order_id, state=order.topup_state, wanted=state)
    return replace(order, topup_state=state)


def state_before_refund(order: Order) -> OrderState:
    """Where a refund that failed returns to."""
    before = [step.state for step in order.steps if step.state != OrderState.REFUNDING]
    return OrderState(before[-1])


def with_refund(order: Order, refund: Refund) -> Order:
    """The order with this refund added, or put in the place of the one with its id."""
    others = tuple(known for known in order.refunds if known.refund_id != refund.refund_id)
    return replace(order, refunds=(*others, refund))


def refund_of(order: Order, refund_id: str) -> Refund | None:
    return next((refund for refund in order.refunds if refund.refund_id == refund_id), None)


def units_fen(order: Order, units: int) -> int:
    """What was paid for so many units; the last ones take all that is left, so no fen stays behind."""
    if order.refunded_units + units == order.quantity:
        return order.payable_fen - order.refunded_fen
    return order.payable_fen * units // order.quantity


def surplus_refund(order: Order, channel: str, payment_id: str, amount_fen: int, at: datetime) -> Refund:
    """The way back of a payment that paid nothing: the order is paid by another one, or closed."""
    payment = f"{channel}:{payment_id}"
    refund_id = hashlib.sha256(f"{order.order_id}|{payment}".encode()).hexdigest()[:26]
    return Refund(refund_id, RefundState.APPROVED, SURPLUS, amount_fen, 0, 0, at, payment=payment)


def payment_behind(order: Order, refund: Refund) -> tuple[str, str]:
    """The channel and the payment that a refund goes back through."""
    if refund.payment:
        channel, _, payment_id = refund.payment.partition(":")
        return channel, payment_id
    return order.channel, order.payment_id


def is_known_payment(order: Order, channel: str, payment_id: str) -> bool:
    """Whether the order has booked this payment, as its own or as one to return."""
    own = bool(payment_id) and (order.channel, order.payment_id) == (channel, payment_id)
    return own or any(refund.payment == f"{channel}:{payment_id}" for refund in order.refunds)


def booked_fen(order: Order, channel: str, payment_id: str) -> int:
    """What is booked of a payment that the order knows."""
    payment = f"{channel}:{payment_id}"
    returned = (refund.amount_fen for refund in order.refunds if refund.payment == payment)
    return next(returned, order.payable_fen)


def awaits_channel(order: Order, channel: str) -> bool:
    """Whether no payment of this channel is booked for the order: it is paid there at most once."""
    own = order.channel == channel and order.payment_id != ""
    returned = any(refund.payment.startswith(f"{channel}:") for refund in order.refunds)
    return channel != "" and not own and not returned


def refund_reference(order_id: str, refund_id: str) -> str:
    """The name of a refund at its channel: refund ids are chosen by customers, so they need not differ."""
    return f"rfd_{hashlib.sha256(f'{order_id}#{refund_id}'.encode()).hexdigest()[:32]}"


def state_after_refund(order: Order) -> OrderState:
    """Where an order stands when its open refund has succeeded: all of the payment is back, or a part."""
    whole = order.refunded_fen >= order.payable_fen or order.refunded_units >= order.quantity
    return OrderState.REFUNDED if whole else OrderState.PARTIALLY_REFUNDED


def is_time_over(order: Order, now: datetime) -> bool:
    """Whether the fifteen minutes to pay are over."""
    return now >= order.created_at + UNPAID_TERM


def is_channel_given_up(order: Order, now: datetime) -> bool:
    """Whether a channel that does not say if it was paid keeps the order, and its cards, no longer."""
    return now >= order.created_at + SILENCE_TERM
