"""Allocated: is each withdrawal for the sales that its decision names, and no sale for two of them?

What the reader was never told of, because its stream forgot it, it cannot know: of such a
distributor only that is asked which holds at any moment.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chalicelib.domain.allocation import ENTRIES, STANDING, decided_of, opened, standing_of
from chalicelib.domain.record import Record
from tests.e2e.invariants import Tables

Rows = Mapping[str, Mapping[str, Any]]


def allocations_are_sound(tables: Tables, untold: Collection[str] = ()) -> Iterator[str]:
    """What is wrong with them. `untold`: the distributors of whom the reader was not told everything."""
    rows: dict[str, dict[str, Mapping[str, Any]]] = {}
    for item in tables.views:
        if item["pk"].startswith("alloc#"):
            rows.setdefault(item["pk"].partition("#")[2], {})[item["sk"]] = item
    records: dict[str, list[Record]] = {}
    for record in tables.records:
        records.setdefault(record.partition, []).append(record)
    for distributor_id, own in records.items():
        known = rows.get(distributor_id, {})
        yield from _taken_twice(known, own)
        if distributor_id not in untold:
            yield from _not_as_decided(known, own)
            yield from _out_of_sight(known, own)


def _taken(rows: Rows) -> Counter[str]:
    taken_fen: Counter[str] = Counter()
    for place, row in rows.items():
        if place.startswith(ENTRIES):
            taken_fen[place.partition("#")[0]] += row["fen"]
    return taken_fen


def _taken_twice(rows: Rows, records: list[Record]) -> Iterator[str]:
    earned_fen = {
        record.entry_id: sum(line.amount_fen for line in record.lines if line.amount_fen > 0)
        for record in records
        if record.action == "COMMISSION"
    }
    for entry_id, fen in _taken(rows).items():
        if fen > earned_fen[entry_id]:
            yield f"withdrawals took {fen} fen of {entry_id}, which earned {earned_fen[entry_id]}"


def _not_as_decided(rows: Rows, records: list[Record]) -> Iterator[str]:
    wanted: dict[str, int] = {}
    for record in records:
        if record.action == "WITHDRAWAL_REQUEST":
            withdrawal_id = record.entry_id
            pages = [row for place, row in sorted(rows.items()) if place.startswith(withdrawal_id)]
            if not pages:
                yield f"nobody decided which sales {withdrawal_id} was for"
            elif not (decided := decided_of(withdrawal_id, pages)).given_back:
                wanted |= {place: values["fen"] for place, values in decided.rows()}
    found = {place: row["fen"] for place, row in rows.items() if place.startswith(ENTRIES)}
    if found != wanted:
        yield f"withdrawals take {found}, decided were {wanted}"


def _out_of_sight(rows: Rows, records: list[Record]) -> Iterator[str]:
    behind = standing_of(rows.get(STANDING)).behind
    entries = sorted((r for r in records if r.entry_id.startswith(ENTRIES)), key=lambda r: r.entry_id)
    for one in opened(entries, _taken(rows)):
        if one.entry_id <= behind:
            yield f"{one.entry_id} is open, and is looked for behind {behind}"
