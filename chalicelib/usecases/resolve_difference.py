"""Resolve a difference: what was it, who says so, and does its money go back?

    EXPLAINED   nothing is posted: the reason says why the two sides are apart
    RETURNED    money that came for a known order and that no order takes is booked as owed
                to its payer, and sent back by itself; both sides then say the same

The money is booked under the payment's own key, so it is returned once whoever asks how
often. A difference that has healed or was resolved otherwise is not decided again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.change import DocumentChange, Replayed, Stale
from chalicelib.domain.channel_bill import Kind
from chalicelib.domain.errors import KeyReused, Unavailable, Unprocessable
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.reconciliation_items import (
    TABLE,
    DifferenceClosed,
    DifferenceState,
    DifferenceUnknown,
    Ticket,
    differences_key,
    ticket_from,
)
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents, PaymentChannel
from chalicelib.usecases.settle_payment import SettlePayment

ACTION = "DIFFERENCE_RESOLVED"


class Resolution(StrEnum):
    EXPLAINED = "EXPLAINED"
    RETURNED = "RETURNED"


class NotReturnable(Unprocessable):
    """Only a payment that the channel confirms, for a known order, and that we never booked can go back."""

    code = "DIFFERENCE_NOT_RETURNABLE"
    advice = "Clear it with the channel, then say what it was."


@dataclass(frozen=True)
class ResolveDifference:
    books: Books
    documents: Documents
    channels: Callable[[str], PaymentChannel]
    settle_payment: SettlePayment

    def __call__(
        self, command: Command, channel: str, day: str, difference_id: str, how: Resolution
    ) -> Ticket:
        """The difference, resolved now or before by the same command.

        Raises: DifferenceUnknown, DifferenceClosed, NotReturnable, OrderUnknown, KeyReused, Unavailable.
        """
        ticket = self.read(channel, day, difference_id)
        if ticket.state is not DifferenceState.OPEN:
            return self._own(command, ticket)
        if how is Resolution.RETURNED:
            self._return(ticket, command)
        resolved = replace(
            ticket,
            state=DifferenceState.RESOLVED,
            resolution=how.value,
            decided_by=command.actor.person_id,
            command=_command_id(command),
            reason=command.reason,
        )
        record = audit_record(
            command, ACTION, difference=difference_id, channel=channel, day=day, resolution=how.value
        )
        try:
            self.books.commit(record, [_change(resolved)])
        except Replayed as replayed:
            check_same(replayed, command)
            return self.read(channel, day, difference_id)
        except Stale:
            return self._own(command, self.read(channel, day, difference_id))
        return resolved

    def read(self, channel: str, day: str, difference_id: str) -> Ticket:
        """The difference as it is now. Raises: DifferenceUnknown."""
        item = self.documents.get(TABLE, differences_key(channel, day), difference_id, consistent=True)
        if item is None:
            raise DifferenceUnknown(id=difference_id)
        return ticket_from(item)

    def _own(self, command: Command, ticket: Ticket) -> Ticket:
        """The ticket, if this very command closed it. Raises: DifferenceClosed, KeyReused."""
        if ticket.command != _command_id(command):
            raise DifferenceClosed(id=ticket.difference_id, state=ticket.state.value)
        record = self.books.record(command.actor.person_id, command.key)
        if record is None or record.request_hash != command.request_hash:
            raise KeyReused()
        return ticket

    def _return(self, ticket: Ticket, command: Command) -> None:
        """Book it as owed to its payer, by the channel's own word. Raises: NotReturnable, Unavailable."""
        found = ticket.found
        if found.key.kind != Kind.PAYMENT or found.ours_fen or found.channel_fen <= 0:
            raise NotReturnable(id=ticket.difference_id)
        told = self.channels(ticket.channel).query(found.order_id)
        if told.state == "UNKNOWN":
            raise Unavailable(reason=told.reason)
        is_it = told.state == "SUCCEEDED" and told.external_id == found.key.operation_id
        if not is_it or told.amount_fen is None or told.at is None:
            raise NotReturnable(id=ticket.difference_id)
        notice = PaymentNotice(
            ticket.channel, found.order_id, told.external_id, told.amount_fen, told.state, told.at
        )
        self.settle_payment.give_back(notice, f"resolved by {command.actor.person_id}", command.now)


def _command_id(command: Command) -> str:
    return f"{command.actor.person_id}/{command.key}"


def _change(resolved: Ticket) -> DocumentChange:
    values = {
        "state": resolved.state.value,
        "resolution": resolved.resolution,
        "decided_by": resolved.decided_by,
        "command": resolved.command,
        "reason": resolved.reason,
    }
    expected = {"state": DifferenceState.OPEN.value}
    return DocumentChange(TABLE, resolved.pk, resolved.difference_id, values, expected)
