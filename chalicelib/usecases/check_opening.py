"""Check an opening file against what is there: which rows are to be brought, and what stands in their way?

Everything is looked up a hundred rows at a time. A row that was brought before, with the
same content, is done and needs no further look. What stands in a row's way may be that row
itself, which another run brings at this moment: its claim is read once more, after it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chalicelib.domain import people_items, tree_items
from chalicelib.domain.catalog import Product, ProductUnknown
from chalicelib.domain.ids import distributor_id_of, key_of_index
from chalicelib.domain.opening import TABLE, claims_key, told_of
from chalicelib.domain.opening_file import (
    FLAW_OF_REFERENCE,
    OpeningFile,
    OpeningFlaw,
    OpeningKind,
    OpeningRow,
    flaws_of_card,
    flaws_of_commission,
)
from chalicelib.domain.person import checked_phone
from chalicelib.usecases.ports import Catalog, Documents, Keys

ROWS_AT_ONCE = 100

Key = tuple[str, str]
Flaws = Iterator[tuple[OpeningRow, OpeningFlaw]]


@dataclass(slots=True)
class Checked:
    """The rows that are to be brought, and how many were brought before."""

    todo: list[OpeningRow] = field(default_factory=list)
    done_before: int = 0


@dataclass(frozen=True)
class CheckOpening:
    documents: Documents
    catalog: Catalog
    keys: Keys

    def __call__(self, source: str, found: OpeningFile, today: date) -> Checked:
        """What is to be done; flaws are noted in the file. Raises: Unavailable."""
        checked = Checked()
        is_tree = found.kind is OpeningKind.DISTRIBUTORS
        lines = {row.source_id: row.line for row in found.rows} if is_tree else {}
        for rows in chunks(found.rows):
            claims = self.claims(source, found.kind, rows)
            fresh = [row for row in rows if row.source_id not in claims]
            flaws = list(self._flaws(source, found.kind, fresh, lines, today))
            suspects = {row.source_id: row for row, _ in flaws}
            claims |= self.claims(source, found.kind, list(suspects.values()))
            for row in rows:
                claim = claims.get(row.source_id)
                if claim is None:
                    checked.todo.append(row)
                elif claim["mark"] == self.mark(row):
                    checked.done_before += 1
                else:
                    found.note(row.line, OpeningFlaw.ROW_CHANGED)
            for row, flaw in flaws:
                if row.source_id not in claims:
                    found.note(row.line, flaw)
        return checked

    # what is known of a row

    def mark(self, row: OpeningRow) -> str:
        """A keyed mark of the whole row: it tells nothing of what stands there."""
        return self.keys.blind_index(f"import row\n{told_of(row)}")

    def person_id(self, source: str, source_id: str) -> str:
        """The person that somebody of the other system becomes."""
        return f"cus_{key_of_index(self.keys.blind_index(f'import {source} {source_id}'))}"

    def distributor_id(self, source: str, source_id: str) -> str:
        """The distributor, or "" where no one is named."""
        return distributor_id_of(self.person_id(source, source_id)) if source_id else ""

    def card_id(self, row: OpeningRow) -> str:
        return f"crd_{self.keys.blind_index(row.told('card_number'))}"

    def phone_index(self, row: OpeningRow) -> str:
        return self.keys.blind_index(checked_phone(row.told("phone")))

    def product(self, row: OpeningRow) -> Product | None:
        try:
            return self.catalog.product(row.told("sku"))
        except ProductUnknown:
            return None

    def claims(
        self, source: str, kind: OpeningKind, rows: Sequence[OpeningRow]
    ) -> dict[str, Mapping[str, str]]:
        """By source id the claims of those rows that were brought."""
        keys = [(claims_key(source, kind), row.source_id) for row in rows]
        items = self.documents.get_many(TABLE, keys, consistent=True) if keys else {}
        return {source_id: item for (_, source_id), item in items.items()}

    # what stands in the way

    def _flaws(
        self,
        source: str,
        kind: OpeningKind,
        rows: Sequence[OpeningRow],
        lines: Mapping[str, int],
        today: date,
    ) -> Flaws:
        match kind:
            case OpeningKind.DISTRIBUTORS:
                yield from self._people(source, rows)
                yield from self._places(source, rows, "parent", lines)
            case OpeningKind.CUSTOMERS:
                yield from self._people(source, rows)
                yield from self._places(source, rows, "referrer", {})
            case OpeningKind.CARDS:
                yield from self._cards(source, rows)
            case OpeningKind.COMMISSION:
                yield from ((row, flaw) for row in rows for flaw in flaws_of_commission(row, today))
                yield from self._places(source, rows, "distributor", {})

    def _people(self, source: str, rows: Sequence[OpeningRow]) -> Flaws:
        logins = {
            row.line: (people_items.phone_key(self.phone_index(row)), people_items.LOGIN) for row in rows
        }
        profiles = {row.line: self._profile(source, row.source_id) for row in rows}
        phones, persons = self._known("people", logins.values()), self._known("people", profiles.values())
        for row in rows:
            if logins[row.line] in phones:
                yield row, OpeningFlaw.PHONE_TAKEN
            if profiles[row.line] in persons:
                yield row, OpeningFlaw.PERSON_KNOWN

    def _places(
        self, source: str, rows: Sequence[OpeningRow], column: str, lines: Mapping[str, int]
    ) -> Flaws:
        """The rows whose distributor is neither in the tree nor above them in the file (`lines`)."""
        named = [row for row in rows if row.told(column)]
        asked = [row for row in named if lines.get(row.told(column), row.line) >= row.line]
        wanted = {row.line: (self.distributor_id(source, row.told(column)), tree_items.SELF) for row in asked}
        known = self._known(tree_items.TABLE, wanted.values())
        yield from ((row, FLAW_OF_REFERENCE[column]) for row in asked if wanted[row.line] not in known)

    def _cards(self, source: str, rows: Sequence[OpeningRow]) -> Flaws:
        numbers = {row.line: (self.card_id(row), "") for row in rows}
        holders = {row.line: self._profile(source, row.told("holder")) for row in rows if row.told("holder")}
        cards, persons = self._known("cards", numbers.values()), self._known("people", holders.values())
        for row in rows:
            yield from ((row, flaw) for flaw in flaws_of_card(row, self.product(row)))
            if numbers[row.line] in cards:
                yield row, OpeningFlaw.NUMBER_KNOWN
            if row.line in holders and holders[row.line] not in persons:
                yield row, OpeningFlaw.HOLDER_UNKNOWN

    def _profile(self, source: str, source_id: str) -> Key:
        return self.person_id(source, source_id), people_items.PROFILE

    def _known(self, table: str, keys: Iterable[Key]) -> set[Key]:
        wanted = sorted(set(keys))
        return set(self.documents.get_many(table, wanted, consistent=True)) if wanted else set()


def chunks(rows: Sequence[OpeningRow]) -> Iterator[Sequence[OpeningRow]]:
    return (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))
