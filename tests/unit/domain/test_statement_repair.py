"""Repairing a statement: lines that the stream lost come from the journal, or not at all."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.business_time import from_ms
from chalicelib.domain.statement import (
    ACCOUNT_COLUMNS,
    CARD_COLUMNS,
    POT_COLUMNS,
    StatementLine,
    broken_versions,
    line_from,
)
from chalicelib.domain.statement_repair import LOST_AFTER, Gap, Touch, Unexplained, gap_of, rebuilt

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
POT = "dst_A:20261129"


def touch(name: str, frozen_fen: int, at_ms: int = 1) -> Touch:
    return Touch(f"dst_A/{name}", at_ms, {"frozen_fen": frozen_fen})


def item(version: int, frozen_fen: int, last_record: str = "") -> dict[str, object]:
    return {"version": version, "frozen_fen": frozen_fen, "last_record": f"dst_A/{last_record}"}


def line(version: int, frozen_fen: int, at: datetime = NOW) -> StatementLine:
    """A line as the stream wrote it."""
    return StatementLine(POT, version, "dst_A/cme_0", at, {}, {"frozen_fen": frozen_fen}, "before")


def balances(lines: list[StatementLine]) -> list[int]:
    return [one.balances["frozen_fen"] for one in lines]


def test_a_statement_without_any_line_is_made_from_its_records_in_the_order_of_their_moments() -> None:
    found = rebuilt(POT, POT_COLUMNS, None, item(2, 800, "b"), [touch("b", 300, 2), touch("a", 500, 1)])
    assert [(one.version, one.record) for one in found] == [(1, "dst_A/a"), (2, "dst_A/b")]
    assert balances(found) == [500, 800]
    assert all(one.rebuilt for one in found)
    assert broken_versions([one.values() for one in found]) == ()


def test_rebuilt_lines_follow_the_last_true_one_and_never_go_back_in_time() -> None:
    last = line(4, 100)
    found = rebuilt(POT, POT_COLUMNS, last, item(5, 150, "a"), [touch("a", 50, at_ms=7)])
    assert (found[0].version, found[0].previous_hash, found[0].at) == (5, last.hash, last.at)


def test_a_line_that_was_rebuilt_reads_back_as_one_and_hashes_unlike_a_true_one() -> None:
    (found,) = rebuilt(POT, POT_COLUMNS, None, item(1, 5, "a"), [touch("a", 5)])
    assert line_from(found.values()) == found
    true = StatementLine(POT, 1, "dst_A/a", found.at, {"frozen_fen": 5}, {"frozen_fen": 5}, "")
    assert "rebuilt" not in true.values()
    assert true.hash != found.hash


def test_the_record_that_the_item_names_is_the_last_one_whatever_its_moment() -> None:
    touches = [touch("early", 10, 1), touch("late", 20, 9)]
    found = rebuilt(POT, POT_COLUMNS, None, item(2, 30, "early"), touches)
    assert [one.record for one in found] == ["dst_A/late", "dst_A/early"]


@pytest.mark.parametrize("fen", [1, 500])
def test_what_would_lead_below_zero_is_put_behind_what_was_gained(fen: int) -> None:
    touches = [touch("release", -fen, 1), touch("entry", fen, 2), touch("later", 300, 3)]
    found = rebuilt(POT, POT_COLUMNS, None, item(3, 300, "later"), touches)
    assert balances(found) == [fen, fen + 300, 300]


@pytest.mark.parametrize(
    ("stood_fen", "moved_fen", "stands_fen"),
    [
        (1_000, [-500, 500], [500, 1_000]),
        (0, [500, -300, 100], [500, 200, 300]),
        (0, [500, -500, 100], [500, 0, 100]),
    ],
)
def test_what_does_not_lead_below_zero_stays_in_the_order_of_its_moments(
    stood_fen: int, moved_fen: list[int], stands_fen: list[int]
) -> None:
    touches = [touch(str(moment), fen, moment) for moment, fen in enumerate(moved_fen)]
    whole = item(1 + len(touches), stands_fen[-1], str(len(touches) - 1))
    assert balances(rebuilt(POT, POT_COLUMNS, line(1, stood_fen), whole, touches)) == stands_fen


def test_a_gain_in_one_column_that_leaves_the_others_is_a_gain() -> None:
    entry = Touch("dst_A/entry", 2, {"available_fen": 500, "owed_fen": 0})
    taken, later = (
        Touch(f"dst_A/{n}", at, {"available_fen": fen}) for n, at, fen in (("t", 1, -500), ("l", 3, 1))
    )
    whole = {
        "version": 3,
        "available_fen": 1,
        "last_record": "dst_A/l",
    }  # nothing stands in the other columns
    found = rebuilt("dst_A", ACCOUNT_COLUMNS, None, whole, [taken, entry, later])
    assert [one.record for one in found] == ["dst_A/entry", "dst_A/l", "dst_A/t"]


def test_a_rebuilt_line_says_all_that_a_true_one_says() -> None:
    whole = {"version": 2, "available_fen": 500, "state": "ACTIVE", "last_record": "cus_A/sale"}
    moved = Touch("cus_A/sale", 7, {"available_fen": 500, "held_fen": 0})
    silent, sold = rebuilt("crd_A", CARD_COLUMNS, None, whole, [moved])
    nothing, all_of_it = {"available_fen": 0, "held_fen": 0}, {"available_fen": 500, "held_fen": 0}
    assert silent == StatementLine("crd_A", 1, "", from_ms(0), {}, nothing, "", "ACTIVE", rebuilt=True)
    assert sold == StatementLine(
        "crd_A", 2, "cus_A/sale", from_ms(7), {"available_fen": 500}, all_of_it, silent.hash, "ACTIVE", True
    )


def test_where_no_state_is_known_none_is_told() -> None:
    (found,) = rebuilt(POT, POT_COLUMNS, None, {"version": 1, "frozen_fen": 5}, [touch("a", 5, at_ms=0)])
    assert (found.state, found.owner, found.at) == ("", POT, from_ms(0))


def test_changes_that_moved_no_money_have_a_line_without_a_record() -> None:
    found = rebuilt(POT, POT_COLUMNS, line(1, 100), item(3, 150, "a"), [touch("a", 50)])
    assert [(one.version, one.record, one.deltas) for one in found] == [
        (2, "", {}),
        (3, "dst_A/a", {"frozen_fen": 50}),
    ]


@pytest.mark.parametrize(
    ("version", "frozen_fen", "touches"),
    [
        (1, 501, [touch("a", 500)]),
        (1, 499, [touch("a", 500)]),
        (1, 500, []),
        (1, 500, [touch("a", 300), touch("b", 200)]),
    ],
)
def test_what_the_journal_does_not_explain_to_the_fen_is_not_made_up(
    version: int, frozen_fen: int, touches: list[Touch]
) -> None:
    with pytest.raises(Unexplained):
        rebuilt(POT, POT_COLUMNS, None, item(version, frozen_fen), touches)


@given(
    st.lists(
        st.tuples(st.sampled_from(ACCOUNT_COLUMNS), st.integers(1, 10**6), st.integers(0, 9)), min_size=1
    ),
    st.integers(0, 3),
)
def test_rebuilt_lines_close_the_chain_and_end_at_the_balance(
    moved: list[tuple[str, int, int]], silent: int
) -> None:
    touches = [Touch(f"dst_A/{n}", at, {name: fen}) for n, (name, fen, at) in enumerate(moved)]
    ends: Mapping[str, int] = {name: sum(fen for n, fen, _ in moved if n == name) for name in ACCOUNT_COLUMNS}
    whole = {**ends, "version": len(moved) + silent, "last_record": "dst_A/0"}
    found = rebuilt("dst_A", ACCOUNT_COLUMNS, None, whole, touches)
    assert broken_versions([one.values() for one in found]) == ()
    assert (found[-1].version, found[-1].balances) == (len(moved) + silent, ends)


def test_a_gap_is_lost_when_the_stream_has_given_up_and_not_before() -> None:
    gap = Gap(POT, 3, NOW)
    assert not gap.is_lost(NOW + LOST_AFTER - timedelta(seconds=1))
    assert gap.is_lost(NOW + LOST_AFTER)
    assert gap_of({"sk": POT, **gap.values()}) == gap


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ((1, 505, 1), (2, 1_005, 2)),  # five fen that no record explains
        ((1, 1_000, 2), (2, 1_500, 3)),  # a record more than there are versions
    ],
)
def test_what_is_not_explained_is_told_alike_while_its_owner_moves_on(
    first: tuple[int, int, int], later: tuple[int, int, int]
) -> None:
    told = []
    for version, frozen_fen, count in (first, later):
        touches = [touch(str(number), 500) for number in range(count)]
        with pytest.raises(Unexplained) as why:
            rebuilt(POT, POT_COLUMNS, None, item(version, frozen_fen), touches)
        told.append(str(why.value))
    assert told[0] == told[1]
