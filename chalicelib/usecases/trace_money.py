"""Trace money: from which records did a record's money come, and into which did it go, fen by fen?

One record at a time, both ways, a bounded number of reads a page: whoever follows the parts comes to
where money came from outside or left, or to an account on which it stands. The parts of all pages
sum to what the record moves. Of a card or a distributor it is the balance that is traced.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.domain.commission_entry import available
from chalicelib.domain.commission_stay import FROZEN, Stay, stays_of
from chalicelib.domain.ledger import account_type
from chalicelib.domain.money_trace import QUEUES, End, Part, end_of, sides_of
from chalicelib.domain.posting import REFUND_PAYABLE, prepaid
from chalicelib.domain.record import Line, Record
from chalicelib.usecases.find_entry import FindEntry
from chalicelib.usecases.follow_statement import FollowStatement, Found
from chalicelib.usecases.ports import Books

HELD = "L:WD_HOLD"
BALANCES: dict[str, Callable[[str], str]] = {"crd_": prepaid, "dst_": available}
Follow = Callable[[Record, Line, str, int], Found]


class Traced(NamedTuple):
    """Parts of what a record moves, each with the record at its other end; `next`: more of them, or ""."""

    parts: list[tuple[Part, Record | None]]
    next: str


@dataclass(frozen=True)
class TraceMoney:
    books: Books
    find: FindEntry
    statement: FollowStatement

    def sources(self, any_id: str, position: str, limit: int) -> Traced:
        """Where the money came from. Raises: EntryUnknown, Unavailable while a line is not written yet."""
        account = _balance_of(any_id)
        if account:
            return self._with_records(self.statement.of_balance(account, position, limit))
        record = self.find.record(any_id)
        return self._page(record, sides_of(record).sources, self._source, position, limit)

    def uses(self, any_id: str, position: str, limit: int) -> Traced:
        """Where the money went, or stands. Raises: EntryUnknown, Unavailable."""
        account = _balance_of(any_id)
        if account:  # what stands there has gone nowhere
            lines = self.statement.older(any_id, 0, limit=1)
            balance_fen = lines[0].balances["available_fen"] if lines else 0
            return self._with_records(Found([Part(account, balance_fen, End.STANDS)] if balance_fen else []))
        record = self.find.record(any_id)
        return self._page(record, sides_of(record).uses, self._use, position, limit)

    def _page(
        self, record: Record, legs: Sequence[Line], follow: Follow, position: str, limit: int
    ) -> Traced:
        index_text, _, inner = position.partition(":")
        index, parts = int(index_text or 0), list[Part]()
        while index < len(legs) and len(parts) < limit:
            found = follow(record, legs[index], inner, limit - len(parts))
            parts, inner = parts + found.parts, found.position
            if inner:
                return self._with_records(Found(parts, f"{index}:{inner}"))
            index += 1
        return self._with_records(Found(parts, f"{index}:" if index < len(legs) else ""))

    def _with_records(self, found: Found) -> Traced:
        ids = {part.record_id for part in found.parts if part.record_id}
        records = {record.record_id: record for record in self.find.many(ids)}
        return Traced([(part, records.get(part.record_id)) for part in found.parts], found.position)

    # the sides of a record

    def _source(self, record: Record, leg: Line, position: str, limit: int) -> Found:
        kind = account_type(leg.account)
        if kind in QUEUES:
            return self.statement.of_record(leg.account, record.record_id, record.at, position, limit)
        if kind == FROZEN and record.action == "COMMISSION_RELEASE":
            return self._released(record, leg, position, limit)
        if kind == FROZEN:
            return Found([self._taken_from(record, leg)])
        if kind == HELD:
            request = self.books.record(record.partition, record.entry_id.partition("#")[0])
            return Found([_part(leg, request)])
        return Found([_part(leg, self._refund(record, begun=True) if kind == REFUND_PAYABLE else None)])

    def _use(self, record: Record, leg: Line, position: str, limit: int) -> Found:
        kind = account_type(leg.account)
        if kind in QUEUES:
            return self.statement.of_record(leg.account, record.record_id, record.at, position, limit)
        if kind == FROZEN:
            return Found(list(self._left_pot(record, leg)))
        if kind == HELD:
            steps = self.books.records(record.partition, f"{record.entry_id}#")
            return Found([_part(leg, next((step for step in steps if step.lines), None))])
        return Found([_part(leg, self._refund(record, begun=False) if kind == REFUND_PAYABLE else None)])

    def _refund(self, record: Record, begun: bool) -> Record | None:
        """What began a refund, or ended it, by the record of its other end."""
        order = self.find.order_of(record)
        refund = self.find.refund_behind(record, order) if order else None
        if order is None or refund is None:
            return None
        return self.find.refund_begun(order, refund) if begun else self.find.refund_ended(order, refund)

    # pots

    def _stays(self, distributor_id: str, entry_id: str) -> list[Stay]:
        own_id = entry_id.partition("#")[0]
        return stays_of(self.books.records(distributor_id, own_id), own_id)

    def _taken_from(self, record: Record, leg: Line) -> Part:
        """What brought the entry into the pot from which a check or a refund takes it."""
        for stay in self._stays(record.partition, record.entry_id):
            if any(taker.entry_id == record.entry_id for taker, _ in stay.taken):
                return _part(leg, stay.record)
        return _part(leg, None)

    def _left_pot(self, record: Record, leg: Line) -> Iterator[Part]:
        """What became of money that a record brought into a pot."""
        stays = self._stays(record.partition, record.entry_id)
        stay = next((one for one in stays if one.record.entry_id == record.entry_id), None)
        for taker, fen in stay.taken if stay else ():
            yield Part(leg.account, fen, End.RECORD, taker.record_id)
        left_fen = stay.left_fen if stay else leg.amount_fen
        if left_fen:
            yield _part(Line(leg.account, left_fen), self._release_of(record, leg.account))

    def _release_of(self, record: Record, account: str) -> Record | None:
        """The release of the filling of a pot that a record put its money into, or None until then."""
        pot = account.rpartition(":")[2]
        releases = self.books.records(record.partition, f"rel_{pot}_")
        releases.sort(key=lambda release: int(release.entry_id.rpartition("_")[2]))
        if record.action == "OPENING":  # it was brought without a look at the pot
            return next((release for release in releases if release.at >= record.at), None)
        filling = int(str(record.about.get("filling", 0)))
        return releases[filling] if filling < len(releases) else None

    def _released(self, record: Record, leg: Line, position: str, limit: int) -> Found:
        """What of each entry lay in a pot when it was released, by the lines of its statement since the
        release before."""
        pot = leg.account.removeprefix(f"{FROZEN}:")
        version = int(position) if position else 0
        version = version or self.statement.line_of(pot, record.record_id, record.at).version
        lines = self.statement.older(pot, version, limit) if version > 1 else []
        parts: list[Part] = []
        for line in lines:
            partition, _, entry_id = line.record.partition("/")
            if entry_id.startswith("rel_"):
                return Found(parts)
            came_fen = line.deltas.get("frozen_fen", 0)
            if came_fen > 0:
                left_fen = self._left_at_release(partition, entry_id, came_fen)
                parts += [Part(leg.account, left_fen, End.RECORD, line.record)] if left_fen else []
        return Found(parts, str(lines[-1].version) if len(lines) == limit else "")

    def _left_at_release(self, distributor_id: str, entry_id: str, came_fen: int) -> int:
        for stay in self._stays(distributor_id, entry_id):
            if stay.record.entry_id == entry_id:
                return stay.left_fen
        return came_fen


def _balance_of(any_id: str) -> str:
    """The account of the balance that an id names, or "" for an id of something else."""
    account = BALANCES.get(any_id[:4])
    return account(any_id) if account and "/" not in any_id else ""


def _part(leg: Line, record: Record | None) -> Part:
    return Part(*leg, End.RECORD, record.record_id) if record else end_of(leg)
