"""Hold an order: what a suspicion stops, in one transaction with the alert that says why.

    the order        PAID -> RISK_HOLD, if its goods are not on their way yet
    its cards        frozen, where the suspicion is severe and the cards are ours
    the alert        with everything that the decision was made from
    its commission   into the risk pot, right after

The record's key is the order: it is held once, and a hold that somebody has
lifted does not come back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.alert import RAISED, TABLE, Alert, AlertState, alert_id_of, alert_of, key_of, raised
from chalicelib.domain.card import CardChange, CardState, CardStateConflict, CardUnknown, Freezer
from chalicelib.domain.catalog import Mode
from chalicelib.domain.change import Change, OrderMoved, Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import Order, OrderState, OrderUnknown, TopUpState, move
from chalicelib.domain.record import Record, digest_of
from chalicelib.risk.order_rules import TERMS, Decision, Held
from chalicelib.usecases.ports import Books, Cards, Documents, Holds, Orders

TRIES_MAX = 5
ACTOR = "system"


@dataclass(frozen=True)
class HoldOrder:
    books: Books
    orders: Orders
    cards: Cards
    documents: Documents
    holds: Holds

    def __call__(self, order: Order, decision: Decision, evidence: Mapping[str, Any], now: datetime) -> None:
        """Hold what the decision holds, and raise its alert; once for an order.

        Raises: OrderUnknown, Unavailable.
        """
        for _ in range(TRIES_MAX):
            try:
                self._write(order.order_id, decision, evidence, now)
                break
            except Replayed:
                break  # done before; its commission, which follows, may not be
            except (Stale, CardStateConflict, CardUnknown):
                continue  # the order, or a card's state or holder, has moved on since it was read
        else:
            raise Unavailable()
        if Held.COMMISSION in decision.holds:
            self._hold_commission(order, now)

    def _hold_commission(self, order: Order, now: datetime) -> None:
        """Hold it unless somebody found nothing wrong; such a verdict in between lets it go again.

        Whoever was cut off in here comes again, and ends it by the verdict that there is by then.
        """
        alert = self._alert(order)
        if alert.state is not AlertState.CLEARED:
            self.holds.hold(order, ", ".join(alert.rules), now)
            alert = self._alert(order)
        if alert.state is AlertState.CLEARED:
            self.holds.free(order, alert.reason, now)

    def _alert(self, order: Order) -> Alert:
        assert order.paid_at is not None
        item = self.documents.get(TABLE, *key_of(alert_id_of(order.order_id, order.paid_at)), consistent=True)
        assert item is not None, "it was written with the record"
        return alert_of(item)

    def _write(self, order_id: str, decision: Decision, evidence: Mapping[str, Any], now: datetime) -> None:
        order = self.orders.get(order_id)
        if order is None or order.paid_at is None:
            raise OrderUnknown(order_id=order_id)
        reason = ", ".join(decision.rule_ids)
        changes: list[Change] = []
        held = {Held.COMMISSION} & decision.holds
        if Held.GOODS in decision.holds and is_waiting(order):
            moved = move(order, OrderState.RISK_HOLD, at=now, actor=ACTOR, reason=reason)
            changes.append(OrderMoved(moved))
            held |= {Held.GOODS}
        frozen = self._freezable(order) if Held.CARDS in decision.holds else ()
        changes += freezing(order, frozen)
        alert = Alert(
            alert_id=alert_id_of(order.order_id, order.paid_at),
            order_id=order.order_id,
            customer_id=order.customer_id,
            severity=decision.severity,
            rules=decision.rule_ids,
            held=tuple(sorted(held | ({Held.CARDS} if frozen else set()))),
            evidence=evidence,
            raised_at=now,
            due_at=now + TERMS[decision.severity],
            frozen_cards=frozen,
        )
        changes += raised(alert)
        self.books.commit(_record(order, alert, now), changes)

    def _freezable(self, order: Order) -> tuple[str, ...]:
        """Our own cards of the buyer's that can be spent from now; an oil company freezes its own."""
        if order.mode != Mode.ISSUER:
            return ()
        found = [card for card in map(self.cards.get, order.card_ids) if card is not None]
        mine = [card for card in found if card.holder_id == order.customer_id]
        return tuple(card.card_id for card in mine if card.state is CardState.ACTIVE)


def is_waiting(order: Order) -> bool:
    """Whether nothing was delivered yet: what is delivered cannot be held back any more."""
    return order.state is OrderState.PAID and order.topup_state is TopUpState.NONE


def freezing(order: Order, card_ids: Iterable[str]) -> list[CardChange]:
    return [
        CardChange(
            card_id,
            (CardState.ACTIVE,),
            holder_id=order.customer_id,
            move_to=CardState.FROZEN,
            freeze_by=Freezer.RISK,
        )
        for card_id in card_ids
    ]


def _record(order: Order, alert: Alert, now: datetime) -> Record:
    """The audit record: which rules, what was held, and the digest of the evidence."""
    return Record(
        partition=order.customer_id,
        entry_id=f"{order.order_id}#risk",
        action=RAISED,
        at=now,
        actor=ACTOR,
        about={
            "order": order.order_id,
            "alert": alert.alert_id,
            "severity": alert.severity,
            "held": list(alert.held),
            "frozen": list(alert.frozen_cards),
            "evidence": digest_of(alert.evidence),
        },
        reason=", ".join(alert.rules),
    )
