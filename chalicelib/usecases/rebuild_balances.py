"""Rebuild balances: does the archive alone, with no table, make every balance that the tables show?

The archive is verified while it is read, and folded; then every card, account, pot and
day of the platform is compared. The world goes on meanwhile: what differs is looked at
again, beside what was archived since, and beside the records that made it so and are
not archived yet. Those are counted apart; what then differs still is a difference.
Nothing is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, takewhile

from chalicelib.domain.archive import Link
from chalicelib.domain.archive_check import Finding
from chalicelib.domain.business_time import business_date, day_text, to_ms
from chalicelib.domain.rebuilt import Account, Columns, Compared, Rebuilt, compared
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.ports import ArchiveIndex, VersionedObjects
from chalicelib.usecases.read_archive import ReadArchive
from chalicelib.usecases.standing_balances import StandingBalances

SHOWN_MAX = 100
TRIES_MAX = 5
WAIT_MS = 1_000  # a record is archived within a second or two
LINES = 100  # of a statement, at first; four times as many at each further try


@dataclass
class RebuiltBalances:
    """What one run saw. `totals`: by type of account the fen of archive, waiting and table."""

    records: int = 0
    objects: int = 0
    findings: list[str] = field(default_factory=list)  # about the archive itself; the first hundred
    finding_count: int = 0
    accounts: int = 0
    differences: list[Compared] = field(default_factory=list)
    totals: dict[str, Counter[str]] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)  # records that are not archived yet
    is_complete: bool = False

    def add(self, found: Iterable[Compared]) -> None:
        for one in found:
            total = self.totals.setdefault(one.account.type_of(one.column), Counter())
            total.update(archive=one.archive_fen, waiting=one.waiting_fen, table=one.table_fen)
            if one.difference_fen:
                self.differences.append(one)


@dataclass
class Reading:
    """The archive as far as it was read, and what it makes of the balances.

    `newest_ids`: the records of the newest object, and of all that came since the first
    reading ended: their rows in the index may not be there yet.
    """

    archive: ReadArchive
    result: RebuiltBalances
    counts: Callable[[Record], bool]
    rebuilt: Rebuilt = field(default_factory=Rebuilt)
    newest_ids: set[str] = field(default_factory=set)
    is_catching_up: bool = False
    _key: str = ""

    def begin(self, is_over: Callable[[], bool]) -> bool:
        """Read the whole archive; whether the time was enough."""
        self._note(self.archive.seals())
        self._note(self.archive.records(self._take, is_over))
        self.is_catching_up = True
        return self.archive.is_whole

    def catch_up(self) -> None:
        """Read what was archived since."""
        self._note(self.archive.records(self._take))

    def end(self) -> None:
        self._note(self.archive.check.end())
        self.result.records, self.result.objects = self.archive.check.sequence, self.archive.object_count

    def _take(self, link: Link) -> None:
        if self.archive.check.key != self._key and not self.is_catching_up:
            self.newest_ids.clear()
        self._key = self.archive.check.key
        self.newest_ids.add(link.record_id)
        record = from_body(link.body)
        if self.counts(record):
            self.rebuilt.take(record)

    def _note(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.result.finding_count += 1
            if len(self.result.findings) < SHOWN_MAX:
                self.result.findings.append(str(finding))


@dataclass(frozen=True)
class RebuildBalances:
    """`wait_ms(n)` waits n milliseconds. `counts`: restored tables end before the archive does."""

    objects: VersionedObjects
    index: ArchiveIndex
    standing: StandingBalances
    wait_ms: Callable[[int], None]
    counts: Callable[[Record], bool] = lambda record: True

    def __call__(self, now: datetime, is_over: Callable[[], bool]) -> RebuiltBalances:
        """Every balance of archive and tables, side by side. Raises: Unavailable."""
        result = RebuiltBalances()
        reading = Reading(ReadArchive(self.objects), result, self.counts)
        if reading.begin(is_over):
            suspects = self._compared(reading, now, is_over)
            for account in takewhile(lambda _: not is_over(), suspects):
                result.add(self._looked_at_again(account, reading))
            result.is_complete = not is_over()
        reading.end()
        return result

    def _compared(self, reading: Reading, now: datetime, is_over: Callable[[], bool]) -> list[Account]:
        """Compare every account once; those that differ, or may, for the world goes on."""
        suspects: list[Account] = []
        for account, columns in takewhile(lambda _: not is_over(), self._all(reading, now)):
            reading.result.accounts += 1
            found = compared(account, reading.rebuilt.of(account), columns, ())
            if any(one.difference_fen for one in found):
                suspects.append(account)
            else:
                reading.result.add(found)
        return suspects

    def _all(self, reading: Reading, now: datetime) -> Iterator[tuple[Account, Columns]]:
        """Every account of the tables, then those that only the archive knows."""
        seen: set[Account] = set()
        today = day_text(business_date(now))
        for account, columns in chain(self.standing.guarded(), self.standing.platform(today)):
            if account in reading.rebuilt.balances:
                seen.add(account)
            yield account, columns
        for account in [one for one in reading.rebuilt.balances if one not in seen]:
            yield account, {}

    def _looked_at_again(self, account: Account, reading: Reading) -> list[Compared]:
        """The account beside what was archived since, and what is not archived yet."""
        lines = LINES
        found: list[Compared] = []
        for attempt in range(TRIES_MAX):
            if attempt:
                self.wait_ms(WAIT_MS)
            standing = self.standing.of(account, lines)
            records = {record.record_id: record for record in self.standing.records(standing.record_ids)}
            archived = self.index.archived({one: to_ms(record.at) for one, record in records.items()})
            reading.catch_up()
            missing = records.keys() - archived.keys() - reading.newest_ids
            waiting = [records[one] for one in sorted(missing)]
            found = compared(account, reading.rebuilt.of(account), standing.columns, waiting)
            if not any(one.difference_fen for one in found):
                break
            lines *= 4
        reading.result.waiting |= {record.record_id: record.at for record in waiting}
        return found
