"""Submit a paid AGENT top-up to its oil company, and ask until it is known to be done.

PAID (with a due row, by its payment) -> SUBMITTED -> the issuer is called.
UNKNOWN is asked about and never sent again as something new. SUCCEEDED completes
the order; FAILED turns the posting round and returns the money to its payer.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import due
from chalicelib.domain.card_secret import number_and_secret
from chalicelib.domain.catalog import Mode
from chalicelib.domain.change import OrderMoved, Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import ulid_of
from chalicelib.domain.order import (
    Order,
    OrderState,
    Refund,
    RefundState,
    TopUpState,
    move,
    move_topup,
    with_refund,
)
from chalicelib.domain.outside import Outcome
from chalicelib.domain.posting import agent_refund_lines, refund_action
from chalicelib.domain.record import Record
from chalicelib.usecases.ports import Books, Cards, Issuer, Keys, Orders

TRIES_MAX = 5
NOT_BEGUN = (OrderState.PAID, OrderState.RISK_HOLD)
WAITING = (TopUpState.SUBMITTED, TopUpState.UNKNOWN)
ACTOR = "system"


@dataclass(frozen=True)
class SubmitTopUp:
    books: Books
    orders: Orders
    cards: Cards
    keys: Keys
    issuer: Issuer

    def __call__(self, order_id: str, now: datetime) -> None:
        """Tell the issuer of a paid top-up that it was not told of yet; anything else is left alone."""
        if self._begin(order_id, now):
            self._end(order_id, self._submit(order_id), now)

    def ask_again(self, order_id: str, now: datetime) -> None:
        """Ask the issuer what became of a top-up whose answer was lost."""
        order = self.orders.get(order_id)
        if order is None or order.topup_state not in WAITING:
            if order is None or order.state not in NOT_BEGUN:
                self.books.commit(None, [due.ended(due.TOPUP, order_id)])
            return
        outcome = self.issuer.query(order_id)
        if outcome.never_arrived:
            outcome = self._submit(order_id)
        self._end(order_id, outcome, now)

    def _begin(self, order_id: str, now: datetime) -> bool:
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            if order is None or not is_to_be_submitted(order):
                return False
            begun = move(move_topup(order, TopUpState.SUBMITTED), OrderState.FULFILLING, at=now, actor=ACTOR)
            try:
                self.books.commit(None, [OrderMoved(begun)])
            except Stale:
                continue
            return True
        raise Unavailable()

    def _submit(self, order_id: str) -> Outcome:
        order = self.orders.get(order_id)
        card = self.cards.get(order.card_ids[0]) if order else None
        assert order is not None and card is not None
        number, _ = number_and_secret(self.keys.open(card.sealed, card.card_id))
        return self.issuer.submit(order_id, number, order.face_fen)

    def _end(self, order_id: str, outcome: Outcome, now: datetime) -> None:
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            if order is None or order.topup_state not in WAITING:
                return
            try:
                self._write(order, outcome, now)
            except Replayed:
                return
            except Stale:
                continue
            return
        raise Unavailable()

    def _write(self, order: Order, outcome: Outcome, now: datetime) -> None:
        gone = due.ended(due.TOPUP, order.order_id)
        if outcome.state in ("SUCCEEDED", "SUCCEEDED_PENDING_LOAD"):
            done = move_topup(order, TopUpState(outcome.state))
            done = move(done, OrderState.COMPLETED, at=now, actor=f"issuer:{order.issuer}")
            self.books.commit(None, [OrderMoved(done), gone])
        elif outcome.state == "FAILED":
            failed, record = _turned_round(order, outcome, now)
            to_send = due.refund_opened(order.order_id, ulid_of(order.order_id), now)
            self.books.commit(record, [OrderMoved(failed), gone, to_send])
        elif order.topup_state is TopUpState.SUBMITTED:
            self.books.commit(None, [OrderMoved(move_topup(order, TopUpState.UNKNOWN))])


def is_to_be_submitted(order: Order) -> bool:
    """A paid top-up of an oil company's card that nobody holds back."""
    is_agent_topup = order.mode == Mode.AGENT and order.use == "TOPUP"
    return is_agent_topup and order.state is OrderState.PAID and order.topup_state is TopUpState.NONE


def _turned_round(order: Order, outcome: Outcome, now: datetime) -> tuple[Order, Record]:
    """The order whose money goes back because the issuer refused, and the posting of that."""
    actor = f"issuer:{order.issuer}"
    refund = Refund(
        ulid_of(order.order_id), RefundState.APPROVED, "ISSUER", order.payable_fen, 0, order.quantity, now
    )
    failed = with_refund(move_topup(order, TopUpState.FAILED), refund)
    failed = move(failed, OrderState.REFUNDING, at=now, actor=actor, reason=outcome.reason)
    record = Record(
        partition=order.customer_id,
        entry_id=f"{order.order_id}#failed",
        action=refund_action(order),
        at=now,
        actor=actor,
        about={"order": order.order_id},
        lines=agent_refund_lines(order, order.payable_fen),
        reason=outcome.reason,
    )
    return failed, record
