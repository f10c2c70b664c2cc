"""The invariants of the platform's own books: does each day say what the journal says, line by line?

They hold once the stream of the journal has been read to its end, or a night has folded
what it lost. What is in the packs is read here once more, and not by the product's readers.
"""

import re
from collections.abc import Iterator

from chalicelib.domain.platform_books import lines_of
from tests.e2e.invariants import Tables


def broken_books(tables: Tables) -> list[str]:
    """What is wrong with the platform's books after the journal's stream has been read."""
    return [*the_platforms_days_are_what_the_journal_says(tables), *closed_days_are_summed(tables)]


def the_platforms_days_are_what_the_journal_says(tables: Tables) -> Iterator[str]:
    """Each record has its line in every account and day that it moved, all copies alike; nobody else has."""
    expected = {line.row_key: {line.amount_fen} for record in tables.records for line in lines_of(record)}
    found: dict[tuple[str, str], set[int]] = {}
    for item in tables.views:
        if not re.fullmatch(r"platform#[^#]+#\d{8}", item["pk"]):
            continue
        for alike in item["lines"]:
            for record_id, amount_fen in alike["fen"].items():
                found.setdefault((item["pk"], record_id), set()).add(amount_fen)
    for pk, record_id in sorted(expected.keys() | found.keys()):
        stands, says = found.get((pk, record_id), set()), expected.get((pk, record_id), set())
        if stands != says:
            yield f"{record_id} on {pk} stands there as {stands}, the journal says {says}"


def closed_days_are_summed(tables: Tables) -> Iterator[str]:
    """The row of a closed day is the sum of the journal's lines, and their count."""
    lines: dict[tuple[str, str], list[int]] = {}
    for record in tables.records:
        for line in lines_of(record):
            lines.setdefault((line.account, line.day), []).append(line.amount_fen)
    through = {
        item["sk"]: item.get("closed_through", "") for item in tables.views if item["pk"] == "platform"
    }
    for item in tables.views:
        account, day = item["pk"].removeprefix("platform#"), item["sk"].removeprefix("day#")
        if item["sk"].startswith("day#") and day <= through.get(account, ""):
            told, fen = (item["sum_fen"], item["count"]), lines.get((account, day), [])
            if told != (sum(fen), len(fen)):
                yield f"{account} of {day} is summed to {told}, the journal says {(sum(fen), len(fen))}"
