"""Ask for a name: may somebody unknown buy these bearer cards, and who should hear of it if not?

What they bought within 24 hours is one item a payer. It is read, and written in the very
transaction of the order under the version that was read: of purchases at once each sees
all that came before it, so together they never reach the amount from which on a buyer is
identified. A purchase that never came about counts only until it matters: the orders are
looked at when the sum would reach the amount.
"""

from dataclasses import dataclass

from chalicelib.domain.alert import RAISED, Alert, id_about_person, raised
from chalicelib.domain.catalog import RealNameRequired
from chalicelib.domain.change import DocumentChange, Replayed, Stale
from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.real_name import (
    BEARER_FEN_MIN,
    TABLE,
    BearerPurchase,
    bearer_change,
    bearer_key,
    bearer_purchase_of,
    reaches,
    recent_purchases,
)
from chalicelib.domain.record import Record, digest_of
from chalicelib.risk.facts import Facts, Purchase, Thresholds
from chalicelib.risk.order_rules import TERMS, decide, evidence
from chalicelib.usecases.ports import Books, Command, Documents, Orders


@dataclass(frozen=True)
class AskName:
    books: Books
    documents: Documents
    orders: Orders

    def __call__(self, command: Command, order: Order) -> DocumentChange:
        """What must be written with this order of a buyer who is not known by name.

        Raises: RealNameRequired, Unavailable.
        """
        this = bearer_purchase_of(order)
        if reaches([this]):
            raise RealNameRequired(from_fen=BEARER_FEN_MIN)
        item = self.documents.get(TABLE, *bearer_key(order.customer_id), consistent=True)
        recent = recent_purchases(item, command.now)
        others = tuple(one for one in recent if one.order_id != order.order_id)
        if reaches((*others, this)):
            others = tuple(one for one in others if self._came_about(one))
        if reaches((*others, this)):
            self._raise_alert(command, order, others)
            raise RealNameRequired(from_fen=BEARER_FEN_MIN)
        return bearer_change(order.customer_id, item, (*others, this), command.now)

    def _came_about(self, purchase: BearerPurchase) -> bool:
        """Whether its order is not closed, for ever, or all of its payment went back undelivered."""
        if not purchase.order_id:
            return True
        order = self.orders.get(purchase.order_id)
        if order is None:
            return False
        was_returned = any(refund.cause == "PAYMENT" for refund in order.refunds)
        return order.state is not OrderState.CLOSED and not was_returned

    def _raise_alert(self, command: Command, order: Order, others: tuple[BearerPurchase, ...]) -> None:
        """Once a payer and day: purchases that each ask for no name come to what does."""
        facts = Facts(
            _as_facts(bearer_purchase_of(order), order.use), tuple(map(_as_facts, others)), refused=True
        )
        thresholds = Thresholds()
        decision = decide(facts, thresholds)
        alert = Alert(
            alert_id=id_about_person(order.customer_id, command.now),
            order_id="",
            customer_id=order.customer_id,
            severity=decision.severity,
            rules=decision.rule_ids,
            held=(),
            evidence=evidence(facts, thresholds),
            raised_at=command.now,
            due_at=command.now + TERMS[decision.severity],
        )
        try:
            self.books.commit(_record(alert), raised(alert))
        except (Replayed, Stale):
            return  # it is there already


def _as_facts(purchase: BearerPurchase, use: str = "CARD_SALE") -> Purchase:
    return Purchase(purchase.order_id or "several", use, purchase.at, purchase.amount_fen)


def _record(alert: Alert) -> Record:
    """The audit record: which rule, and the digest of the evidence."""
    return Record(
        partition=alert.customer_id,
        entry_id=f"{alert.alert_id}#risk",
        action=RAISED,
        at=alert.raised_at,
        actor="system",
        about={"alert": alert.alert_id, "severity": alert.severity, "evidence": digest_of(alert.evidence)},
        reason=", ".join(alert.rules),
    )
