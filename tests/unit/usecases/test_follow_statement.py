"""Following a statement: are the parts of all pages the whole, however small the pages are?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.money_trace import End, Part
from chalicelib.domain.statement import StatementLine
from chalicelib.usecases.follow_statement import TABLE, FollowStatement, Found
from tests.unit.usecases.counted_documents import CountedDocuments

CARD = "crd_A"
ACCOUNT = f"L:PREPAID:{CARD}"
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
Deltas = list[int]


def statement(deltas: Deltas) -> CountedDocuments:
    """A card whose balance changed so, a minute apart; every third line is a change of state alone."""
    documents, version, balance_fen = CountedDocuments(), 0, 0
    for number, delta_fen in enumerate(deltas):
        for moved_fen, record in ((delta_fen, f"cus_A/{number}"), *([(0, "")] if number % 3 == 2 else [])):
            version, balance_fen = version + 1, balance_fen + moved_fen
            line = StatementLine(
                owner=CARD,
                version=version,
                record=record,
                at=AT + timedelta(minutes=number),
                deltas={"available_fen": moved_fen} if moved_fen else {},
                balances={"available_fen": balance_fen, "held_fen": 0},
                previous_hash="",
            )
            documents.put(TABLE, *line.key, line.values())
    return documents


def all_parts(page: Callable[[str], Found]) -> list[Part]:
    parts, position = list[Part](), ""
    while True:
        found = page(position)
        parts, position = parts + found.parts, found.position
        if not position:
            return parts


@st.composite
def changes(draw: st.DrawFn) -> Deltas:
    deltas, balance_fen = Deltas(), 0
    for wanted_fen in draw(st.lists(st.integers(-60, 60), max_size=12)):
        delta_fen = max(wanted_fen, -balance_fen)
        if delta_fen:
            deltas.append(delta_fen)
            balance_fen += delta_fen
    return deltas


@given(deltas=changes(), lines_at_once=st.integers(1, 4), limit=st.integers(1, 3))
def test_both_looks_at_every_change_say_the_same_by_pages_of_any_size(
    deltas: Deltas, lines_at_once: int, limit: int
) -> None:
    documents = statement(deltas)
    follow = FollowStatement(documents, lines_at_once=max(lines_at_once, 4))
    gave: dict[tuple[str, str], int] = {}
    got: dict[tuple[str, str], int] = {}
    standing_fen = 0
    small = FollowStatement(documents, lines_at_once=lines_at_once)
    for number, delta_fen in enumerate(deltas):
        record_id, at = f"cus_A/{number}", AT + timedelta(minutes=number)
        first = follow.of_record(ACCOUNT, record_id, at, "", limit)
        parts = first.parts + (
            all_parts(
                lambda position, first=first: small.of_record(
                    ACCOUNT, "", AT, position or first.position, limit
                )
            )
            if first.position
            else []
        )
        assert sum(part.amount_fen for part in parts) == abs(delta_fen)
        for part in parts:
            if part.end is End.STANDS:
                standing_fen += part.amount_fen
            elif delta_fen > 0:
                gave[record_id, part.record_id] = part.amount_fen
            else:
                got[part.record_id, record_id] = part.amount_fen
    assert gave == got
    assert standing_fen == sum(deltas)
    balance = all_parts(lambda position: small.of_balance(ACCOUNT, position, limit))
    assert sum(part.amount_fen for part in balance) == sum(deltas)
    assert all(part.end is End.RECORD for part in balance)


def test_a_look_reads_no_further_than_the_money_reaches() -> None:
    documents = statement([10_000, *([5, -5] * 2_000), 700, -300])
    follow = FollowStatement(documents)
    at = AT + timedelta(minutes=4_001)
    documents.answers.clear()
    (part,) = all_parts(lambda position: follow.of_balance(ACCOUNT, position, 10))[:1]
    assert (part.amount_fen, part.record_id) == (700, "cus_A/4001")
    documents.answers.clear()
    (stands,) = follow.of_record(ACCOUNT, "cus_A/4001", at, "", 10).parts
    assert (stands.amount_fen, stands.end) == (700, End.STANDS)
    assert sum(documents.answers) < 20, "the lines around it and those behind it, not five thousand"


def test_a_record_is_found_where_clocks_differ_and_asked_for_again_where_it_is_not_written() -> None:
    follow = FollowStatement(statement([100, 200, -50]), lines_at_once=5)
    for told in (AT - timedelta(days=1), AT, AT + timedelta(days=1)):
        assert follow.line_of(CARD, "cus_A/1", told).deltas == {"available_fen": 200}
    with pytest.raises(Unavailable):
        follow.line_of(CARD, "cus_A/9", AT)


def test_what_the_statement_does_not_tell_is_said() -> None:
    documents = statement([100, -40])
    del documents.items[TABLE, CARD, f"{1:012}"]
    found = FollowStatement(documents).of_record(ACCOUNT, "cus_A/1", AT, "", 5)
    assert found.parts == [Part(ACCOUNT, 40, End.UNTOLD)]
