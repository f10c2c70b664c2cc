"""The books: how does one operation become one transaction, and why did it not?

`commit` is the only writer of money. The record (journal or audit event) and
every change it goes with are written together or not at all; the amounts come
from the record's lines; each change carries its own condition. When a condition
fails, DynamoDB returns the item that stood in the way, and the domain names the
refusal from it: nothing is read before, nothing is guessed after.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pynamodb.exceptions import TransactWriteError

from chalicelib.domain.card import CardChange
from chalicelib.domain.change import (
    AccountChange,
    Change,
    DocumentChange,
    DocumentGone,
    NewCard,
    NewDocument,
    NewOrder,
    OrderMoved,
    PotChange,
    Replayed,
    Stale,
)
from chalicelib.domain.ledger import Guard, checked_lines, movements
from chalicelib.domain.record import Record, canonical, from_body
from chalicelib.store import accounts, cards, documents, orders
from chalicelib.store.dynamo import Dynamo, Write, in_transaction_order, path
from chalicelib.store.values import from_item

Item = Mapping[str, Any] | None
Explain = Callable[[Item], Exception]


class Planned(NamedTuple):
    """One write, and what a failure of its condition means."""

    write: Write
    explain: Explain


@dataclass(frozen=True, slots=True)
class DynamoBooks:
    """The port Books."""

    dynamo: Dynamo
    new_token: Callable[[], str]

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        """Write all or nothing; see the port for what is raised."""
        planned = plan(self.dynamo, record, changes)
        if record is not None and not changes:
            self._put_alone(record)
            return
        try:
            self.dynamo.transact([p.write for p in planned], token or self.new_token())
        except TransactWriteError as error:
            raise explained(error, planned) from error

    def _put_alone(self, record: Record) -> None:
        """A record that changes nothing else is a single write: half the units."""
        absent = path("pk").does_not_exist()
        if not self.dynamo.put("journal", _record_key(record), _record_values(record), absent):
            raise _replayed(self.dynamo.get("journal", _record_key(record), consistent=True))

    def record(self, partition: str, entry_id: str) -> Record | None:
        item = self.dynamo.get("journal", (partition, entry_id), consistent=True)
        return _from_item(item) if item else None

    def records(self, partition: str, prefix: str = "") -> list[Record]:
        sort = path("sk").startswith(prefix) if prefix else None
        items = self.dynamo.query("journal", partition, sort, consistent=True)
        return [_from_item(item) for item in items]


def plan(dynamo: Dynamo, record: Record | None, changes: Sequence[Change]) -> list[Planned]:
    """The writes of one transaction. A guarded balance that no change names is a bug: it asserts."""
    moved = movements(record) if record else {}
    planned: list[Planned] = []
    if record is not None:
        if record.lines:
            checked_lines(record.action, record.lines)
        absent = path("pk").does_not_exist()
        put = dynamo.put_write("journal", _record_key(record), _record_values(record), absent)
        planned.append(Planned(put, _replayed))
    for change in changes:
        guard = guard_of(change)
        deltas = moved.pop(guard, {}) if guard else {}
        planned.append(_planned(dynamo, change, deltas, record))
    assert not moved, f"no change lets {record.action if record else ''} touch {list(moved)}"
    return planned


def guard_of(change: Change) -> Guard | None:
    """The guarded item that a change lets the record touch."""
    match change:
        case NewCard():
            return Guard("card", change.card.card_id)
        case CardChange():
            return Guard("card", change.card_id)
        case AccountChange():
            return Guard("account", change.distributor_id)
        case PotChange():
            return Guard("pot", f"{change.distributor_id}:{change.day}")
    return None


def _planned(dynamo: Dynamo, change: Change, deltas: Mapping[str, int], record: Record | None) -> Planned:
    match change:
        case NewOrder():
            return Planned(orders.write_new(dynamo, change), orders.why_new_failed)
        case OrderMoved():
            return Planned(orders.write_moved(dynamo, change), orders.why_moved_failed)
        case NewCard():
            return Planned(cards.write_new(dynamo, change, deltas, record), cards.why_new_failed)
        case CardChange():
            return Planned(
                cards.write_change(dynamo, change, deltas, record),
                lambda item: cards.why_change_failed(item, change, deltas),
            )
        case AccountChange():
            return Planned(
                accounts.write_account(dynamo, change, deltas, record),
                lambda item: accounts.why_account_failed(item, change, deltas),
            )
        case PotChange():
            return Planned(accounts.write_pot(dynamo, change, deltas, record), accounts.why_pot_failed)
        case NewDocument() | DocumentChange() | DocumentGone():
            return Planned(documents.write(dynamo, change), documents.why_failed)


def explained(error: TransactWriteError, planned: Sequence[Planned]) -> Exception:
    """The most telling reason of a refused transaction: a replay, then staleness, then a refusal.

    Of two replays the one that brings the order as it is now says more. A refusal beside
    something stale was looked for in a world that is gone: whoever reads again hears the right one,
    or finds that it was all done by a request of its own.
    Anything that is not a failed condition comes back as it was.
    """
    reasons = error.cancellation_reasons
    order = in_transaction_order([p.write for p in planned])
    meanings: list[Exception] = []
    for position, reason in zip(order, reasons, strict=False):
        if reason is None:
            continue
        if reason.code != "ConditionalCheckFailed":
            return error
        item = from_item(reason.raw_item) if reason.raw_item else None
        meanings.append(planned[position].explain(item))
    if not meanings:
        return error
    return min(meanings, key=_how_telling)


def _how_telling(meaning: Exception) -> tuple[bool, bool, bool]:
    order = meaning.order if isinstance(meaning, Replayed) else None
    return not isinstance(meaning, Replayed), order is None, not isinstance(meaning, Stale)


def _record_key(record: Record) -> tuple[str, str]:
    return record.partition, record.entry_id


def _record_values(record: Record) -> dict[str, Any]:
    values: dict[str, Any] = {"body": canonical(record.body()).decode(), "digest": record.digest}
    if record.client:
        client = record.client
        values["private"] = canonical([client.address, client.agent, client.salt]).decode()
    return values


def _from_item(item: Mapping[str, Any]) -> Record:
    return from_body(json.loads(item["body"]))


def _replayed(item: Item) -> Exception:
    body = json.loads(item["body"]) if item else {}
    return Replayed(body.get("request", ""), body)
