"""Mend statements: which ended early because the stream lost a change, and how do they close again?

The first time a statement is found to end before its item, it is noted: the stream may
only be late. When it still ends there after the stream has given up, the missing lines
are made anew from the journal, marked, and told. What the journal does not explain to
the fen is not made up, but told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.finding import Kind
from chalicelib.domain.ledger import Guard
from chalicelib.domain.ledger_fold import BY_KIND
from chalicelib.domain.statement import StatementLine, line_from, version_text
from chalicelib.domain.statement_repair import (
    GAPS,
    GAPS_AT_ONCE,
    TABLE,
    Gap,
    Gathered,
    Touch,
    Unexplained,
    gap_of,
    rebuilt,
)
from chalicelib.usecases.look_at_distributor import LookAtDistributor
from chalicelib.usecases.note_finding import NoteFinding
from chalicelib.usecases.ports import Documents

VIEWS = "views"
READ_AT_ONCE = 100


@dataclass(slots=True)
class Mended:
    """What became of the statements that were looked at."""

    gaps: set[str] = field(default_factory=set)  # they end early, and may still be written by the stream
    lines: int = 0  # made anew
    unexplained: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class MendStatements:
    documents: Documents
    look: LookAtDistributor
    note: NoteFinding

    def lost_cards(self, now: datetime) -> dict[str, int]:
        """The cards whose records must be gathered, for their statements will not close by themselves.

        With the version that each has now: what is gathered from here on is whole as long as it stays.
        """
        rows = self.documents.query(TABLE, GAPS, prefix="crd_", limit=GAPS_AT_ONCE)
        lost = [gap.owner for gap in map(gap_of, rows) if gap.is_lost(now)]
        cards = {card_id: self.documents.get("cards", card_id, "", consistent=True) for card_id in lost}
        return {card_id: card["version"] for card_id, card in cards.items() if card}

    def __call__(
        self,
        items: Iterable[tuple[Guard, Mapping[str, Any]]],
        gathered: Mapping[str, Gathered],
        now: datetime,
        mended: Mended,
    ) -> None:
        """Look at the statements of these items. `gathered`: by card, the records that moved it."""
        versioned = [(guard, item) for guard, item in items if item.get("version")]
        for guard, item in self._without_line(versioned):
            self._behind(guard, item, gathered, now, mended)

    def _without_line(
        self, items: list[tuple[Guard, Mapping[str, Any]]]
    ) -> list[tuple[Guard, Mapping[str, Any]]]:
        found: list[tuple[Guard, Mapping[str, Any]]] = []
        for start in range(0, len(items), READ_AT_ONCE):
            some = items[start : start + READ_AT_ONCE]
            keys = [(guard.owner, version_text(item["version"])) for guard, item in some]
            known = self.documents.get_many(VIEWS, keys)
            found += [one for one, key in zip(some, keys, strict=True) if key not in known]
        return found

    def _behind(
        self,
        guard: Guard,
        item: Mapping[str, Any],
        gathered: Mapping[str, Gathered],
        now: datetime,
        mended: Mended,
    ) -> None:
        last = self._last(guard.owner)
        version = last.version if last else 0
        if version >= item["version"]:
            return  # it was written while we looked
        row = self.documents.get(TABLE, GAPS, guard.owner, consistent=True)
        gap = gap_of(row) if row else None
        if gap is None or version >= gap.version:  # a new one: what was missing then is there now
            gap = Gap(guard.owner, item["version"], now)
            self.documents.put(TABLE, GAPS, guard.owner, gap.values())
        if gap.is_lost(now):
            self._mend(guard, last, gathered, now, mended)
        else:
            mended.gaps.add(guard.owner)

    def _last(self, owner: str) -> StatementLine | None:
        found = self.documents.query(VIEWS, owner, limit=1, newest=True, consistent=True)
        return line_from(found[0]) if found else None

    def _mend(
        self,
        guard: Guard,
        last: StatementLine | None,
        gathered: Mapping[str, Gathered],
        now: datetime,
        mended: Mended,
    ) -> None:
        named = {line["record"] for line in self.documents.query(VIEWS, guard.owner, consistent=True)}
        seen = self._card(guard, gathered) if guard.kind == "card" else self._of_distributor(guard)
        if seen is None:
            mended.gaps.add(guard.owner)  # it moves too fast to be looked at: another time
            return
        item, touches = seen
        fresh = [touch for touch in touches if touch.record_id not in named]
        try:
            lines = rebuilt(guard.owner, BY_KIND[guard.kind], last, item, fresh)
        except Unexplained as why:
            self.note(Kind.STATEMENT_UNEXPLAINED, guard.owner, str(why), now)
            mended.unexplained.add(guard.owner)
            return
        self._write(lines, now, mended)

    def _write(self, lines: Sequence[StatementLine], now: datetime, mended: Mended) -> None:
        """One after the other; a line that came after all is left as it is, and the rest to another time.

        Told first: a statement that closes again is looked at by nobody any more, and what was
        told and then not written is seen at the lines, for those made anew say so.
        """
        owner = lines[0].owner
        versions = f"versions {lines[0].version} to {lines[-1].version}"
        self.note(Kind.STATEMENT_REBUILT, owner, versions, now)
        for line in lines:
            if not self.documents.put_new(VIEWS, *line.key, line.values()):
                return
            mended.lines += 1
        self.documents.delete(TABLE, GAPS, owner)

    def _of_distributor(self, guard: Guard) -> tuple[Mapping[str, Any], Sequence[Touch]] | None:
        seen = self.look(guard.owner.partition(":")[0], guard)
        return (seen.items[guard], seen.touches) if seen else None

    def _card(
        self, guard: Guard, gathered: Mapping[str, Gathered]
    ) -> tuple[Mapping[str, Any], Sequence[Touch]] | None:
        """The card and all its records, unless it moved since they were gathered."""
        found = gathered.get(guard.owner)
        item = self.documents.get("cards", guard.owner, "", consistent=True)
        if found is None or item is None or item["version"] != found.version:
            return None
        return item, found.touches
