"""Follow a statement: which changes of an account brought the money that one took, or took what one brought?

What came first goes first. So what stands on an account is always the newest that came, and a
look goes no further back, or ahead, than that money reaches: never through the whole statement.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import GUARDED, account_type, guard_of
from chalicelib.domain.money_trace import End, Part, Queue, queue_of
from chalicelib.domain.statement import StatementLine, line_from, version_text
from chalicelib.usecases.ports import Documents

TABLE = "views"
LINES_AT_ONCE = 500
CLOCKS_DIFFER = timedelta(minutes=1)


class Found(NamedTuple):
    """Some parts of an amount, and the position behind them, "" behind the last one."""

    parts: list[Part]
    position: str = ""


class _Place(NamedTuple):
    """How far a look has come: behind which version, towards the newer or the older, and what is left."""

    version: int
    is_ahead: bool
    queue: Queue

    @property
    def text(self) -> str:
        return f"{self.version}/{int(self.is_ahead)}/{self.queue.others_fen}/{self.queue.ours_fen}"


def _place_of(text: str) -> _Place:
    version, is_ahead, others_fen, ours_fen = map(int, text.split("/"))
    return _Place(version, bool(is_ahead), Queue(others_fen, ours_fen))


@dataclass(frozen=True)
class FollowStatement:
    documents: Documents
    lines_at_once: int = LINES_AT_ONCE

    def of_record(self, account: str, record_id: str, at: datetime, position: str, limit: int) -> Found:
        """The other ends of what a record did to an account. Raises: Unavailable until its line is there."""
        if position:
            return self._look(account, _place_of(position), limit)
        line = self.line_of(_owner(account), record_id, at)
        column = GUARDED[account_type(account)].name
        delta_fen = line.deltas.get(column, 0)
        queue = queue_of(delta_fen, line.balances[column])
        return self._look(account, _Place(line.version, delta_fen > 0, queue), limit)

    def of_balance(self, account: str, position: str, limit: int) -> Found:
        """What brought that which stands on this account now."""
        if position:
            return self._look(account, _place_of(position), limit)
        newest = self._lines(_owner(account), 0, is_ahead=False, limit=1)
        if not newest:
            return Found([])
        balance_fen = newest[0].balances[GUARDED[account_type(account)].name]
        place = _Place(newest[0].version + 1, is_ahead=False, queue=Queue(0, balance_fen))
        return self._look(account, place, limit)

    def _look(self, account: str, place: _Place, limit: int) -> Found:
        """The parts that lie behind a place, no more than `limit`, in one read."""
        column, parts = GUARDED[account_type(account)].name, list[Part]()
        version, is_ahead, queue = place
        lines = self._lines(_owner(account), version, is_ahead, self.lines_at_once) if queue.ours_fen else []
        for line in lines:
            if not queue.ours_fen or len(parts) == limit:
                break
            delta_fen, version = line.deltas.get(column, 0), line.version
            got_fen, queue = queue.next(max(0, -delta_fen if is_ahead else delta_fen))
            if got_fen:
                parts.append(Part(account, got_fen, End.RECORD, line.record))
        if not queue.ours_fen:
            return Found(parts)
        is_over = len(lines) < self.lines_at_once and (not lines or version == lines[-1].version)
        if is_over and len(parts) < limit:
            return Found([*parts, Part(account, queue.ours_fen, End.STANDS if is_ahead else End.UNTOLD)])
        return Found(parts, _Place(version, is_ahead, queue).text)

    def line_of(self, owner: str, record_id: str, at: datetime) -> StatementLine:
        """The line that a record of this time wrote. Raises: Unavailable when it is not there yet."""
        first = self._first_since(owner, at - CLOCKS_DIFFER)
        for line in self._around(owner, first):
            if line.record == record_id:
                return line
        raise Unavailable(record_id=record_id)

    def _around(self, owner: str, version: int) -> Iterator[StatementLine]:
        """Lines from a version on, then those before it: clocks may differ by more than was thought."""
        yield from self._lines(owner, version - 1, is_ahead=True, limit=self.lines_at_once)
        if version > 1:
            yield from self._lines(owner, version, is_ahead=False, limit=self.lines_at_once)

    def _first_since(self, owner: str, moment: datetime) -> int:
        """The first version that was written then or later, by halving; one behind the last if none was."""
        newest = self._lines(owner, 0, is_ahead=False, limit=1)
        low, high = 1, newest[0].version + 1 if newest else 1
        while low < high:
            middle = (low + high) // 2
            item = self.documents.get(TABLE, owner, version_text(middle))
            if item is not None and item["at"] < to_ms(moment):
                low = middle + 1
            else:
                high = middle
        return low

    def _lines(self, owner: str, version: int, is_ahead: bool, limit: int) -> list[StatementLine]:
        """Lines behind a version in the direction of the look; looking back from 0, the newest ones."""
        after = version_text(version) if version else ""
        items = self.documents.query(TABLE, owner, after=after, limit=limit, newest=not is_ahead)
        return [line_from(item) for item in items]

    def older(self, owner: str, version: int, limit: int) -> list[StatementLine]:
        """Lines below a version, the newest first."""
        return self._lines(owner, version, is_ahead=False, limit=limit)


def _owner(account: str) -> str:
    guard = guard_of(account)
    assert guard is not None, "only what is guarded has a statement"
    return guard.owner
