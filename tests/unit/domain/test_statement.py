"""The statement: one line a version, chained, and whoever touches a line is found out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.statement import CARD_COLUMNS, balances_at, broken_versions, line_from, line_of

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@dataclass
class Changed:
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    written_at: datetime


def written(*images: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a card that went through these images, one an hour."""
    lines: list[dict[str, Any]] = []
    before, previous_hash = None, ""
    for version, image in enumerate(images, 1):
        after = {**image, "version": version}
        change = Changed(before, after, NOON + timedelta(hours=version))
        line = line_of("crd_A", CARD_COLUMNS, change, previous_hash)
        lines.append(line.values())
        before, previous_hash = after, line.hash
    return lines


def three_lines() -> list[dict[str, Any]]:
    return written(
        {"available_fen": 100_000, "last_record": "cus_1/sale", "state": "ACTIVE"},
        {"available_fen": 60_000, "held_fen": 40_000, "last_record": "stn_1/hold", "state": "ACTIVE"},
        {"available_fen": 60_000, "held_fen": 40_000, "last_record": "stn_1/hold", "state": "FROZEN"},
    )


def test_a_line_says_what_moved_and_what_stood_there_afterwards() -> None:
    first, second, third = (line_from(item) for item in three_lines())
    assert (first.deltas, first.previous_hash) == ({"available_fen": 100_000}, "")
    assert second.deltas == {"available_fen": -40_000, "held_fen": 40_000}
    assert second.balances == {"available_fen": 60_000, "held_fen": 40_000}
    assert (third.deltas, third.record, third.state) == ({}, "", "FROZEN")
    assert [each.record for each in (first, second)] == ["cus_1/sale", "stn_1/hold"]
    assert (second.owner, second.at, second.rebuilt) == ("crd_A", NOON + timedelta(hours=2), False)
    assert second.key == ("crd_A", "000000000002")
    (bare,) = written({"available_fen": 0})
    assert (bare["record"], bare["state"]) == ("", "")


def test_lines_that_nobody_touched_are_whole() -> None:
    assert broken_versions(three_lines()) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [("record", "cus_9/other"), ("at", 1), ("state", "VOID"), ("hash", "0" * 64), ("version", 7)],
)
def test_a_changed_line_is_named(field: str, value: Any) -> None:
    lines = three_lines()
    lines[1][field] = value
    assert lines[1]["version"] in broken_versions(lines)


def test_a_line_that_was_made_anew_breaks_the_line_behind_it() -> None:
    lines = three_lines()
    lines[0]["record"] = "cus_9/other"
    lines[0]["hash"] = line_from(lines[0]).hash
    assert broken_versions(lines) == (2,)


def test_a_missing_line_is_named() -> None:
    first, _, third = three_lines()
    assert broken_versions([first, third]) == (2, 3)


def test_balances_that_do_not_add_up_are_found_though_every_hash_fits() -> None:
    lines = three_lines()[:1]
    lines[0]["balances"] = {"available_fen": 100_001, "held_fen": 0}
    lines[0]["hash"] = line_from(lines[0]).hash
    assert broken_versions(lines) == (1,)


def test_the_balance_as_of_a_moment_is_that_of_the_last_line_before_it() -> None:
    lines = three_lines()
    assert balances_at(lines, NOON) == {}
    assert balances_at(lines, NOON + timedelta(hours=1)) == {"available_fen": 100_000, "held_fen": 0}
    assert balances_at(lines, NOON + timedelta(hours=2))["held_fen"] == 40_000
