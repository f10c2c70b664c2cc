"""Ask for a refund above the limit: who wants it, who agreed, and what became of it?

What the refunds of one order give back up to `refund.alone_fen_max` goes at once
(refund_order.py). Above it the buyer, or the office for them, asks; the last approval decides
the refund itself, worked out anew, and never more than was agreed to. An order has one request
at a time, found by it:

    table work   pk refund-requests   sk <order>   request: the latest one
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain.approval import TABLE, Kind, Request, State, asked, people_needed, tiers_of
from chalicelib.domain.change import Change, DocumentChange, Stale
from chalicelib.domain.errors import Conflict, NotFound, Unprocessable
from chalicelib.domain.order import Order, OrderUnknown
from chalicelib.domain.record import Record
from chalicelib.domain.refund import Cause
from chalicelib.usecases.approvals import Agreed, Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Catalog, Command, Documents
from chalicelib.usecases.refund_order import RefundOrder, RefundWish

PARTITION = "refund-requests"
ACTION = "refund.ask"


class RefundAsked(Conflict):
    code = "REFUND_ASKED"
    advice = "A request for this order waits; its end is shown with it."


class NoApprovalNeeded(Unprocessable):
    code = "NO_APPROVAL_NEEDED"
    advice = "Ask for the refund itself: so much goes back at once."


class RefundRequestUnknown(NotFound):
    code = "REFUND_REQUEST_UNKNOWN"


class Told(NamedTuple):
    """What whoever asked is told: `reason` is why not, `refund_id` what it became."""

    request_id: str
    order_id: str
    state: State
    amount_fen: int
    expires_at: datetime
    reason: str
    refund_id: str


@dataclass(frozen=True)
class AskRefund:
    refunds: RefundOrder
    documents: Documents
    catalog: Catalog
    approvals: Approvals

    def ask(self, command: Command, wish: RefundWish, own: bool = True) -> Request:
        """The request, waiting; nothing of the refund is done yet.

        `own`: the buyer asks, so the order must be theirs. Raises: as the refund does, NoApprovalNeeded,
        RefundAsked, IdempotencyKeyInvalid, KeyReused, Stale, Unavailable.
        """
        if known := self.approvals.asked_before(command, Kind.REFUND):
            return known
        order = self._order(command.actor.person_id, wish.order_id, own)
        refund_fen = self.refunds.worked(order, wish).refund_fen
        if self.refunds.is_alone(order, refund_fen, command.now):
            raise NoApprovalNeeded(refund_fen=refund_fen)
        tiers = tiers_of(self.catalog.parameter("approval.tiers", command.now))
        request = asked(
            Kind.REFUND,
            command.key,
            _about(wish),
            command.actor.person_id,
            command.now,
            amount_fen=refund_fen,
            needed=people_needed(order.refunded_fen + refund_fen, tiers),
            reason=command.reason,
        )
        record = audit_record(command, ACTION, order=order.order_id, amount_fen=refund_fen)
        try:
            return self.approvals.ask(command, request, record, [self._latest(command, order, request)])
        except Stale:
            if known := self.approvals.asked_before(command, Kind.REFUND):
                return known  # by this very command, sent twice at once
            raise RefundAsked(order_id=order.order_id) from None

    def told(self, person_id: str, order_id: str, now: datetime) -> Told:
        """The latest request for an order, as its buyer is told.

        Raises: OrderUnknown, RefundRequestUnknown.
        """
        self._order(person_id, order_id, own=True)
        request_id = self._latest_id(order_id)
        if request_id is None:
            raise RefundRequestUnknown(order_id=order_id)
        return told_of(self.approvals.read(request_id), now)

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """The refund is decided, or the oil company asked. Raises: RefundExceeds, and as the refund does."""
        by = Agreed(approved_marks(request), closing)
        command = replace(command, reason=request.reason)
        self.refunds.approved(command, _wish_of(request), request.amount_fen, by)

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()

    def _latest(self, command: Command, order: Order, request: Request) -> Change:
        """This request is the latest one of its order. Raises: Stale while another one waits."""
        before = self._latest_id(order.order_id)
        if before is not None and self.approvals.read(before).state(command.now) is State.WAITING:
            raise Stale()
        values = {"request": request.request_id}
        return DocumentChange(TABLE, PARTITION, order.order_id, values, {"request": before})

    def _latest_id(self, order_id: str) -> str | None:
        item = self.documents.get(TABLE, PARTITION, order_id, consistent=True)
        return None if item is None else str(item["request"])

    def _order(self, person_id: str, order_id: str, own: bool) -> Order:
        order = self.refunds.orders.get(order_id)
        if order is None or (own and order.customer_id != person_id):
            raise OrderUnknown(order_id=order_id)
        return order


def told_of(request: Request, now: datetime) -> Told:
    """What a request is to whoever asked: not who decided, only what."""
    last = request.decisions[-1] if request.decisions else None
    state = request.state(now)
    return Told(
        request.request_id,
        str(request.about["order"]),
        state,
        request.amount_fen,
        request.expires_at,
        last.reason if last and state is State.REFUSED else "",
        last.key if last and state is State.APPROVED else "",
    )


def _about(wish: RefundWish) -> dict[str, Any]:
    about: dict[str, Any] = {"order": wish.order_id, "cause": wish.cause.value}
    part = {"part_fen": wish.amount_fen} if wish.amount_fen else {}
    return about | part | ({"cards": list(wish.card_ids)} if wish.card_ids else {})


def _wish_of(request: Request) -> RefundWish:
    about: Any = request.about
    cards = tuple(about.get("cards", ()))
    return RefundWish(about["order"], Cause(about["cause"]), about.get("part_fen", 0), cards)
