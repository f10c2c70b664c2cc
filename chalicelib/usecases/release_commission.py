"""Release commission: what was frozen long enough becomes available, and pays debt first.

One transaction a pot, however many entries are in it: no entry is touched. A run
that is late, doubled or dies in the middle harms nothing; the next one goes on.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile

from chalicelib.domain import open_pots, release_due
from chalicelib.domain.account import Balances, Pot
from chalicelib.domain.business_time import business_date
from chalicelib.domain.change import (
    AccountChange,
    Change,
    DocumentChange,
    DocumentGone,
    PotChange,
    Replayed,
    Stale,
)
from chalicelib.domain.commission_entry import SYSTEM, available, clawback, frozen
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Record
from chalicelib.domain.release_due import ReleaseRow
from chalicelib.domain.reversal import Release, release
from chalicelib.usecases.ports import Accounts, Books, Catalog, Documents

TRIES_MAX = 8
RELEASES_MAX = 2_000


@dataclass(frozen=True)
class ReleaseCommission:
    """`releases_max`: of one run, which ends before the next one begins; that one goes on."""

    books: Books
    accounts: Accounts
    documents: Documents
    catalog: Catalog
    releases_max: int = RELEASES_MAX

    def __call__(self, now: datetime) -> int:
        """How many pots were released. Raises: Unavailable when one was busy; the others are released."""
        today = business_date(now)
        progress = self._progress()
        looked_at, busy, seen = 0, 0, []
        for day in release_due.days_to_look_at(progress, today):
            rows = self._rows(day)[: self.releases_max - looked_at]
            busy += sum(not self._is_released(row, now) for row in rows)
            looked_at += len(rows)
            seen.append((day, not rows))
        emptied = [day for day, _ in takewhile(lambda one: one[1], seen)]
        self._go_on(progress, release_due.progress_after(emptied, today))
        if busy:
            raise Unavailable(pots=busy)
        return looked_at

    def _rows(self, day: date) -> list[ReleaseRow]:
        found: list[ReleaseRow] = []
        for partition in release_due.partitions(day):
            items = self.documents.query(release_due.TABLE, partition, limit=self.releases_max)
            found += [release_due.from_item(item) for item in items]
        return found

    def _is_released(self, row: ReleaseRow, now: datetime) -> bool:
        """False: somebody was always faster. One busy pot holds up nobody else's."""
        try:
            self._release(row, now)
        except Unavailable:
            return False
        return True

    def _release(self, row: ReleaseRow, now: datetime) -> None:
        for _ in range(TRIES_MAX):
            pot = self.accounts.pot(row.distributor_id, row.pot_day)
            try:
                if pot.frozen_fen == 0:  # done before; the row was put by a change that came again
                    gone = DocumentGone(
                        release_due.TABLE, *row.key, expected={"pot_version": row.pot_version}
                    )
                    self.books.commit(None, [gone])
                else:
                    self._write(row, pot, now)
            except (Stale, Replayed):
                if pot.frozen_fen == 0:
                    return  # the row was put anew: the next run looks at it
                continue
            return
        raise Unavailable()

    def _write(self, row: ReleaseRow, pot: Pot, now: datetime) -> None:
        account = self.accounts.balances(row.distributor_id, with_pots=False)
        netting_bps = int(self.catalog.parameter("commission.netting_bps", now))
        parts = release(pot.frozen_fen, account.owed_fen, netting_bps)
        lines = [
            debit(frozen(row.distributor_id, row.pot_day), pot.frozen_fen),
            credit(clawback(row.distributor_id), parts.netted_fen),
            credit(available(row.distributor_id), parts.available_fen),
        ]
        record = Record(
            partition=row.distributor_id,
            entry_id=f"rel_{row.pot_day}_{pot.version}",
            action="COMMISSION_RELEASE",
            at=now,
            actor=SYSTEM,
            lines=checked_lines("COMMISSION_RELEASE", lines),
        )
        marks = self._marks(row, account, business_date(now))
        self.books.commit(record, _changes(row, pot, account, parts, marks))

    def _marks(self, row: ReleaseRow, account: Balances, today: date) -> dict[str, str]:
        """From which day on pots may hold money once this one is empty, if that is later than was known."""
        settled, known = open_pots.settled_before(today), account.open_since
        if known >= settled:
            return {}
        first = self.accounts.first_open_pot(row.distributor_id, known, settled, but=row.pot_day)
        return {"open_since": first} if first > known else {}

    def _progress(self) -> str:
        item = self.documents.get(release_due.TABLE, *release_due.PROGRESS)
        return str(item["day"]) if item else ""

    def _go_on(self, before: str, after: str) -> None:
        if after > before:
            change = DocumentChange(
                release_due.TABLE, *release_due.PROGRESS, {"day": after}, {"day": before or None}
            )
            self.documents.change(change)


def _changes(
    row: ReleaseRow, pot: Pot, account: Balances, parts: Release, marks: dict[str, str]
) -> list[Change]:
    paid_off = account.owed_fen > 0 and parts.netted_fen == account.owed_fen
    return [
        PotChange(row.distributor_id, row.pot_day, frozen_fen=pot.frozen_fen),
        AccountChange(
            row.distributor_id,
            owed_fen=account.owed_fen,
            set_values=marks | ({"debt_since": 0} if paid_off else {}),
            expected={"version": account.version} if marks else None,
        ),
        DocumentGone(release_due.TABLE, *row.key),
    ]
