"""Clear an alert: was it fraud or not, who says so, and what follows?

    not fraud   the order goes on, cards that we froze are free, commission is let go
    fraud       an order that was held goes back to its payer, and its commission with it;
                what was delivered is the office's to refund: until then cards stay frozen
                and commission stays held

Verdict, order, cards and money are one transaction under one key: of two
verdicts the first counts.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import due
from chalicelib.domain.alert import (
    DECIDED,
    TABLE,
    Alert,
    AlertDecided,
    AlertState,
    AlertUnknown,
    alert_of,
    key_of,
    no_longer_open,
)
from chalicelib.domain.card import CardChange, CardState, CardStateConflict, Freezer
from chalicelib.domain.change import Change, DocumentChange, OrderMoved, Replayed, Stale
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.ids import ulid_of
from chalicelib.domain.order import Order, OrderState, OrderUnknown, Refund, RefundState, move, with_refund
from chalicelib.domain.posting import agent_refund_lines, refund_action
from chalicelib.domain.record import Record
from chalicelib.risk.order_rules import Held
from chalicelib.usecases.ports import Books, Cards, Command, Documents, Holds, Orders

TRIES_MAX = 5


@dataclass(frozen=True)
class ClearAlert:
    books: Books
    orders: Orders
    cards: Cards
    documents: Documents
    holds: Holds

    def __call__(self, command: Command, alert_id: str, is_fraud: bool) -> Alert:
        """The alert with its verdict, given now or before by the same command.

        Raises: AlertUnknown, AlertDecided, KeyReused, Unavailable.
        """
        for _ in range(TRIES_MAX):
            alert = self._alert(alert_id)
            order = self._order(alert)
            if alert.state is not AlertState.OPEN:
                self._check_own(command, alert)
                return self._followed(alert, order, command.now)
            decided = _decided(alert, command, is_fraud)
            try:
                self._write(command, decided, order)
            except (Replayed, Stale, CardStateConflict):
                continue  # decided meanwhile, or the order or a card has moved on: look again
            return self._followed(decided, order, command.now)
        raise Unavailable()

    def finish(self, alert_id: str, now: datetime) -> None:
        """What follows a verdict, where the command that gave it was cut off and did not come again."""
        alert = self._alert(alert_id)
        self._followed(alert, self._order(alert), now)

    def _alert(self, alert_id: str) -> Alert:
        item = self.documents.get(TABLE, *key_of(alert_id), consistent=True)
        if item is None:
            raise AlertUnknown(id=alert_id)
        return alert_of(item)

    def _order(self, alert: Alert) -> Order | None:
        """The order of an alert; none where a purchase was refused. Raises: OrderUnknown."""
        order = self.orders.get(alert.order_id) if alert.order_id else None
        if order is None and alert.order_id:
            raise OrderUnknown(order_id=alert.order_id)
        return order

    def _check_own(self, command: Command, alert: Alert) -> None:
        """The verdict is this command's own. Raises: AlertDecided, KeyReused."""
        record = self.books.record(alert.customer_id, _entry_id(alert))
        if record is None or record.about.get("command") != _command_id(command):
            raise AlertDecided(order_id=alert.order_id)
        if record.request_hash != command.request_hash:
            raise KeyReused()

    def _write(self, command: Command, decided: Alert, order: Order | None) -> None:
        record = Record(
            partition=decided.customer_id,
            entry_id=_entry_id(decided),
            action=DECIDED,
            at=command.now,
            actor=command.actor.person_id,
            about={
                "order": decided.order_id,
                "alert": decided.alert_id,
                "verdict": decided.state.value,
                "command": _command_id(command),
            },
            reason=command.reason,
            request_hash=command.request_hash,
            client=command.actor.client,
        )
        changes: list[Change] = [_verdict_change(decided), no_longer_open(decided.alert_id)]
        if decided.state is AlertState.CLEARED:
            changes += self._thawing(decided)
        if _lets_go(decided):
            changes.append(due.opened(due.VERDICT, decided.alert_id, command.now))
        if order is not None and order.state is OrderState.RISK_HOLD:
            order, record = _moved(order, record, decided, command)
            changes.append(OrderMoved(order))
            if order.state is OrderState.REFUNDING:
                changes.append(due.refund_opened(order.order_id, ulid_of(order.order_id), command.now))
        self.books.commit(record, changes)

    def _thawing(self, alert: Alert) -> list[CardChange]:
        """Cards that we froze, and whose freeze is still ours, are active again."""
        found = (self.cards.get(card_id) for card_id in alert.frozen_cards)
        return [
            CardChange(
                card.card_id,
                (CardState.FROZEN,),
                frozen_by=Freezer.RISK,
                move_to=CardState.ACTIVE,
                freeze_by="",
            )
            for card in found
            if card is not None and card.state is CardState.FROZEN and card.frozen_by == Freezer.RISK
        ]

    def _followed(self, decided: Alert, order: Order | None, now: datetime) -> Alert:
        """The commission let go after a verdict of no fraud; whoever comes again finishes it."""
        if order is not None and _lets_go(decided):
            self.holds.free(order, decided.reason, now)
            self.books.commit(None, [due.ended(due.VERDICT, decided.alert_id)])
        return decided


def _lets_go(decided: Alert) -> bool:
    return decided.state is AlertState.CLEARED and Held.COMMISSION in decided.held


def _decided(alert: Alert, command: Command, is_fraud: bool) -> Alert:
    state = AlertState.CONFIRMED if is_fraud else AlertState.CLEARED
    return replace(alert, state=state, decided_by=command.actor.person_id, reason=command.reason)


def _verdict_change(decided: Alert) -> DocumentChange:
    values = {"state": decided.state.value, "decided_by": decided.decided_by, "reason": decided.reason}
    return DocumentChange(TABLE, *decided.key, values, expected={"state": AlertState.OPEN.value})


def _moved(order: Order, record: Record, decided: Alert, command: Command) -> tuple[Order, Record]:
    """The held order let go, or on its way back to its payer with the posting of that."""
    at, actor, reason = command.now, command.actor.person_id, command.reason
    if decided.state is AlertState.CLEARED:
        return move(order, OrderState.PAID, at=at, actor=actor, reason=reason), record
    refund = Refund(
        refund_id=ulid_of(order.order_id),
        state=RefundState.APPROVED,
        cause="ISSUER",
        amount_fen=order.payable_fen,
        withdrawn_fen=0,
        units=order.quantity,
        at=at,
    )
    order = move(with_refund(order, refund), OrderState.REFUNDING, at=at, actor=actor, reason=reason)
    lines = agent_refund_lines(order, order.payable_fen)
    return order, replace(record, action=refund_action(order), lines=lines)


def _entry_id(alert: Alert) -> str:
    return f"{alert.order_id or alert.alert_id}#verdict"


def _command_id(command: Command) -> str:
    return f"{command.actor.person_id}/{command.key}"
