"""Fold balances: does every balance stand where the journal says, and every statement end there?

Each night the whole journal is folded and compared with every card, every account and
pot of a distributor, and every closed day of the platform's accounts. A first look that
finds a difference proves nothing, for the world goes on; a second look is made at one
moment. What still differs is told, and never put right. What the streams derive may be
made anew: lines of statements, lines of the platform's days, rows by which pots are released.

A run goes on where the one before stopped, a page at a time (domain/ledger_fold.py).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain import release_due
from chalicelib.domain.business_time import business_date, day_text, to_ms
from chalicelib.domain.finding import Kind
from chalicelib.domain.ledger import RISK_POT, Guard, movements
from chalicelib.domain.ledger_fold import (
    Difference,
    Phase,
    Progress,
    add,
    add_days,
    add_totals,
    compared,
    guard_of_item,
    owner_of,
)
from chalicelib.domain.record import Record, from_body
from chalicelib.domain.statement_repair import Gathered, Touch
from chalicelib.usecases.keep_fold import KeepFold
from chalicelib.usecases.look_again import LookAgain
from chalicelib.usecases.look_at_distributor import LookAtDistributor
from chalicelib.usecases.mend_statements import Mended, MendStatements
from chalicelib.usecases.note_finding import NoteFinding
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.ports_in_bulk import Pages

TERM_MS = (
    480_000  # the function has fifteen minutes; a page takes a second, a busy day of an account a minute
)
PAGE_ITEMS = 1_000


@dataclass(slots=True)
class Folded:
    """What one run found. `differences`: by balance, how many fen it is away from its journal."""

    has_run: bool = False
    is_done: bool = False
    records: int = 0
    differences: dict[str, int] = field(default_factory=dict)
    unresolved: set[str] = field(default_factory=set)  # they moved at every look
    mended: Mended = field(default_factory=Mended)
    platform_lines: int = 0  # made anew
    totals: dict[str, int] = field(
        default_factory=dict
    )  # by type of account, debit positive; once it is done
    pots: int = 0  # past their day, and given the row by which they are released


@dataclass(frozen=True)
class FoldBalances:
    """`elapsed_ms`: milliseconds since some moment, which never go back."""

    documents: Documents
    pages: Pages
    keep: KeepFold
    statements: MendStatements
    look: LookAtDistributor
    again: LookAgain
    note: NoteFinding
    elapsed_ms: Callable[[], int]

    def __call__(self, now: datetime) -> Folded:
        """Begin the fold of the night or go on with it, as far as the term lets it; once a night."""
        folded = Folded()
        taken = self.keep.taken(now)
        if taken is None:
            return folded
        progress, held = taken
        folded.has_run = True
        ends_at = self.elapsed_ms() + TERM_MS
        while progress.phase != Phase.DONE:
            self._step(progress, now, folded)
            if self.elapsed_ms() > ends_at:
                break
        folded.is_done = progress.phase == Phase.DONE
        folded.records, folded.totals = progress.records, progress.totals
        self.keep.laid_down(progress, held, now)
        return folded

    def _step(self, progress: Progress, now: datetime, folded: Folded) -> None:
        match Phase(progress.phase):
            case Phase.JOURNAL:
                self._journal(progress, now)
            case Phase.CARDS:
                self._cards(progress, now, folded)
            case Phase.ACCOUNTS:
                self._accounts(progress, now, folded)
            case Phase.PLATFORM:
                self.again.prepare(progress)
            case Phase.AGAIN:
                folded.platform_lines += self.again.read_on(progress, now)
            case Phase.VERDICT:
                differences, unresolved = self.again.verdict(progress)
                self._tell(differences, now, folded)
                folded.unresolved |= unresolved

    def _page(self, progress: Progress, table: str) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        pk, sk = progress.position
        return self.pages.page(table, (pk, sk), PAGE_ITEMS)

    # the journal

    def _journal(self, progress: Progress, now: datetime) -> None:
        if progress.records == 0:
            progress.versions = self.statements.lost_cards(now)
            progress.touching = {card_id: [] for card_id in progress.versions}
        items, last = self._page(progress, "journal")
        for item in items:
            record = from_body(json.loads(item["body"]))
            add(progress.sums, record)
            add_totals(progress.totals, record)
            add_days(progress.days, record, progress.last_day)
            _gather(progress, record)
        progress.records += len(items)
        if progress.move_on(last):
            progress.phase = Phase.CARDS

    # what stands

    def _cards(self, progress: Progress, now: datetime, folded: Folded) -> None:
        items, last = self._page(progress, "cards")
        owned = [(guard_of_item("cards", item), item) for item in items]
        for guard, item in owned:
            if compared(progress.sums, guard, item):
                progress.cards[guard.owner] = 0
        self.statements(owned, _gathered(progress), now, folded.mended)
        if progress.move_on(last):
            progress.phase, progress.touching, progress.versions = Phase.ACCOUNTS, {}, {}

    def _accounts(self, progress: Progress, now: datetime, folded: Folded) -> None:
        items, last = self._page(progress, "accounts")
        owned = [(guard_of_item("accounts", item), item) for item in items]
        differing = {item["pk"] for guard, item in owned if compared(progress.sums, guard, item)}
        self.statements(owned, {}, now, folded.mended)
        folded.pots += sum(self._is_given_a_row(guard, item, now) for guard, item in owned)
        if progress.move_on(last):
            differing |= self._belonging_to_nothing(progress)
            progress.phase = Phase.PLATFORM
        for distributor_id in sorted(differing):
            self._look_at(distributor_id, now, folded)

    def _belonging_to_nothing(self, progress: Progress) -> set[str]:
        """Sums that no item took: of cards they are looked at again, of distributors now."""
        guards = {owner_of(name) for name in progress.sums}
        progress.sums.clear()
        progress.cards |= {guard.owner: 0 for guard in guards if guard.kind == "card"}
        return {guard.owner.partition(":")[0] for guard in guards if guard.kind != "card"}

    def _look_at(self, distributor_id: str, now: datetime, folded: Folded) -> None:
        seen = self.look(distributor_id)
        if seen is None:
            folded.unresolved.add(distributor_id)
        else:
            self._tell(seen.differences(), now, folded)

    def _tell(self, differences: Iterable[Difference], now: datetime, folded: Folded) -> None:
        """Each balance once: of a day of the platform the closed sum and the lines may both be wrong."""
        by_name: dict[str, list[Difference]] = {}
        for difference in sorted(differences, key=lambda one: one.too_many_fen):
            by_name.setdefault(difference.name, []).append(difference)
        for name, found in by_name.items():
            self.note(Kind.LEDGER_DIFFERENCE, name, "; ".join(map(str, found)), now)
            folded.differences[name] = max(one.amount_fen for one in found)

    # pots

    def _is_given_a_row(self, guard: Guard, item: Mapping[str, Any], now: datetime) -> bool:
        """A pot whose day is over and that nothing points to is released by the next run of the release."""
        distributor_id, _, day = guard.owner.partition(":")
        today = business_date(now)
        if guard.kind != "pot" or day == RISK_POT or item.get("frozen_fen", 0) == 0 or day > day_text(today):
            return False
        row = release_due.row_of(distributor_id, day, item["version"], today)
        of_its_day = release_due.ReleaseRow(day, distributor_id, day, item["version"])
        if self.documents.get_many(release_due.TABLE, list({row.key, of_its_day.key})):
            return False
        return self.documents.put_new(release_due.TABLE, *row.key, {"pot_version": item["version"]})


def _gather(progress: Progress, record: Record) -> None:
    """Keep what touched a card whose statement is to be mended."""
    for guard, deltas in movements(record).items():
        if guard.kind == "card" and guard.owner in progress.touching:
            progress.touching[guard.owner].append([record.record_id, to_ms(record.at), deltas])


def _gathered(progress: Progress) -> dict[str, Gathered]:
    return {
        card_id: Gathered(progress.versions[card_id], [Touch(*touch) for touch in found])
        for card_id, found in progress.touching.items()
    }
