"""File differences: each one that was found is a ticket of the office; one that is gone has healed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.change import DocumentChange
from chalicelib.domain.reconciliation import Comparison
from chalicelib.domain.reconciliation_items import (
    TABLE,
    DifferenceState,
    Ticket,
    difference_values,
    differences_key,
    ticket_from,
    ticket_of,
    ticket_values,
)
from chalicelib.usecases.ports import Documents

OPEN = DifferenceState.OPEN


@dataclass(frozen=True)
class FileDifferences:
    documents: Documents

    def __call__(self, channel: str, comparison: Comparison, now: datetime) -> list[Ticket]:
        """The tickets that are open after the comparison. A resolved one stays as it was decided."""
        items = self.documents.query(TABLE, differences_key(channel, comparison.day), consistent=True)
        known = {item["sk"]: ticket_from(item) for item in items}
        found = [ticket_of(channel, comparison, each, now) for each in comparison.differences]
        filed = [self._filed(ticket, known.get(ticket.difference_id)) for ticket in found]
        names = {ticket.difference_id for ticket in found}
        for ticket in known.values():
            if ticket.state is OPEN and ticket.difference_id not in names:
                self._change(ticket, {"state": DifferenceState.HEALED.value})
        return [ticket for ticket in filed if ticket.state is OPEN]

    def _filed(self, ticket: Ticket, known: Ticket | None) -> Ticket:
        if known is None:
            values = ticket_values(ticket)
            if self.documents.put_new(TABLE, ticket.pk, ticket.difference_id, values):
                return ticket
            return self._read(ticket)
        if known.state is DifferenceState.RESOLVED or (known.state is OPEN and known.found == ticket.found):
            return known
        if self._change(known, difference_values(ticket.found) | {"state": OPEN.value}):
            return replace(known, found=ticket.found, state=OPEN)
        return self._read(ticket)  # decided at this moment

    def _change(self, known: Ticket, values: Mapping[str, Any]) -> bool:
        """Whether the ticket was still as it was read."""
        expected = {"state": known.state.value}
        change = DocumentChange(TABLE, known.pk, known.difference_id, values, expected)
        return self.documents.change(change) is not None

    def _read(self, ticket: Ticket) -> Ticket:
        item = self.documents.get(TABLE, ticket.pk, ticket.difference_id, consistent=True)
        assert item is not None
        return ticket_from(item)
