"""Close cards: ask an oil company to close what is to be refunded, until it says yes or no.

The wish to refund is written before anybody is asked: the refund REQUESTED, the command's
record, the cards put aside and a due row, in one transaction. So whoever is cut off, and
whichever answer is lost, the schedule asks on, and either the refund is written or the
order stands where it stood. The schedule asks about a call first, and sends it again only where it
never arrived; a call that is sent twice under a card's one id changes nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import closure, due
from chalicelib.domain.card import Card, CardStateConflict
from chalicelib.domain.card_secret import number_and_secret
from chalicelib.domain.change import Change, OrderMoved, Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import Order, Refund, RefundState, refund_of, with_refund
from chalicelib.domain.outside import Outcome
from chalicelib.domain.posting import agent_refund_lines, refund_action
from chalicelib.domain.record import Record
from chalicelib.usecases.approvals import NOBODY, Agreed
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Books, Cards, Command, Issuer, Keys, Orders

TRIES_MAX = 5
OPEN = ("UNKNOWN", "PENDING")
Told = Mapping[str, Outcome]  # what the oil company says of each card


@dataclass(frozen=True)
class CloseCards:
    books: Books
    orders: Orders
    cards: Cards
    issuers: Issuer
    keys: Keys

    def request(
        self, command: Command, order: Order, refund: Refund, cards: Sequence[Card], by: Agreed = NOBODY
    ) -> None:
        """Write the wish down; nobody outside was asked yet.

        Raises: Replayed, Stale, CardUnknown and CardStateConflict where something has moved on.
        """
        person_id, states = command.actor.person_id, {card.card_id: card.state.value for card in cards}
        record = audit_record(
            command,
            closure.REQUESTED,
            order=order.order_id,
            refund=refund.refund_id,
            cause=refund.cause,
            cards=dict(states),
            **by.marks,
        )
        asked = closure.requested(order, refund, person_id, command.reason)
        changes: list[Change] = [OrderMoved(asked), *(closure.put_aside(order, card) for card in cards)]
        changes.append(due.closure_opened(order.order_id, refund.refund_id, person_id, command.now))
        self.books.commit(record, [*changes, *by.closing])

    def check_refusals(self, order: Order, cards: Sequence[Card]) -> None:
        """Where the oil company refused before, it is asked whether it still does; nothing is written.

        Raises: SecretRevealed when it still says no; Unavailable while it says nothing.
        """
        for card in cards:
            if not closure.was_refused(order, card.card_id):
                continue
            told = self.issuers.query(closure.closure_id(card.card_id))
            if told.state == "FAILED":
                raise closure.SecretRevealed(card_id=card.card_id, issuer_says=told.state)
            if told.state == "UNKNOWN" and not told.never_arrived:
                raise Unavailable(card_id=card.card_id, issuer_says=told.state)

    def ask(self, order_id: str, refund_id: str, by: str, now: datetime, is_new: bool) -> Told:
        """Ask about the cards of a refund that waits, and do what follows; the answers that are open.

        `by`: who wished it. `is_new`: it is sent at once, and not asked about first. The card may have been
        asked for earlier, for another wish: under its one id a call changes nothing twice.
        """
        waiting = self._waiting(order_id, refund_id)
        if waiting is None:
            return {}
        _, refund = waiting
        found = [card for card in map(self.cards.get, refund.card_ids) if card is not None]
        told = {card.card_id: self._told(card, is_new) for card in found if card.revealed_at is not None}
        still_open = {card_id: outcome for card_id, outcome in told.items() if outcome.state in OPEN}
        if not still_open:
            self._end(order_id, refund_id, by, told, now)
        return still_open

    def ask_again(self, row: due.Due, now: datetime) -> None:
        """Ask about a refund that waits, as its due row says; the row goes where none waits."""
        order_id, refund_id = row.about["order"], row.about["refund"]
        if self._waiting(order_id, refund_id) is None:
            self.books.commit(None, [due.closure_ended(order_id, refund_id)])
            return
        self.ask(order_id, refund_id, row.about["by"], now, is_new=False)

    def _waiting(self, order_id: str, refund_id: str) -> tuple[Order, Refund] | None:
        """The order and its refund, as long as that waits for the oil company's word."""
        order = self.orders.get(order_id)
        refund = refund_of(order, refund_id) if order else None
        if order is None or refund is None or refund.state is not RefundState.REQUESTED:
            return None
        return order, refund

    def _told(self, card: Card, is_new: bool) -> Outcome:
        operation_id = closure.closure_id(card.card_id)
        outcome = None if is_new else self.issuers.query(operation_id)
        if outcome is None or outcome.never_arrived:
            number, _ = number_and_secret(self.keys.open(card.sealed, card.card_id))
            outcome = self.issuers.close_unused(operation_id, number)
        return outcome

    def _end(self, order_id: str, refund_id: str, by: str, told: Told, now: datetime) -> None:
        refused = {card_id: outcome for card_id, outcome in told.items() if outcome.state != "SUCCEEDED"}
        for _ in range(TRIES_MAX):
            waiting = self._waiting(order_id, refund_id)
            if waiting is None:
                return
            decide = self._reject if len(refused) == len(told) else self._approve
            try:
                decide(*waiting, by, refused, now)
            except (Replayed, Stale, CardStateConflict):
                continue  # somebody else was told the same and was faster, or the order has moved on
            return
        raise Unavailable()

    def _approve(self, order: Order, refund: Refund, by: str, refused: Told, now: datetime) -> None:
        decided = closure.approved(order, refund, refused)
        after = with_refund(order, decided)
        record = Record(
            partition=order.customer_id,
            entry_id=f"{order.order_id}#r{refund.refund_id}#approved",
            action=refund_action(order),
            at=now,
            actor=f"issuer:{order.issuer}",
            about={"order": order.order_id, "sku": order.sku_id, "refund": refund.refund_id, "by": by},
            lines=agent_refund_lines(order, decided.amount_fen),
        )
        self.books.commit(
            record,
            [
                OrderMoved(after),
                *(closure.put_back(self._states(refund, by), refused) if refused else ()),
                due.closure_ended(order.order_id, refund.refund_id),
                due.refund_opened(order.order_id, refund.refund_id, now),
            ],
        )

    def _reject(self, order: Order, refund: Refund, by: str, refused: Told, now: datetime) -> None:
        reason = next(iter(refused.values())).reason
        after = closure.rejected(order, refund, refused, now, reason)
        back = closure.put_back(self._states(refund, by), refund.card_ids)
        self.books.commit(
            None, [OrderMoved(after), *back, due.closure_ended(order.order_id, refund.refund_id)]
        )

    def _states(self, refund: Refund, by: str) -> Mapping[str, str]:
        """Where each card of the refund stood when it was put aside."""
        record = self.books.record(by, refund.refund_id)
        assert record is not None, "it was written with the refund"
        states = record.about["cards"]
        assert isinstance(states, dict)
        return {card_id: str(state) for card_id, state in states.items()}
