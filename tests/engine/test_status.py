"""The status page: does it say at a glance, on eighty columns, what is wrong and since when?"""

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console, Group, RenderableType

from chalicelib.domain.custody import Custody
from local import status
from local.status_facts import AlarmState, Lag, Number, Run, Waiting

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def shown(parts: Iterable[RenderableType]) -> list[str]:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(Group(*parts))
    return [line.rstrip() for line in console.export_text().splitlines()]


def alarm(name: str, state: str, severity: str = "ticket") -> AlarmState:
    return AlarmState(name, state, NOW - timedelta(minutes=3), severity, "docs/runbooks/redrive.md")


@pytest.mark.parametrize(
    "seconds, words",
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (7_200, "2 h"), (172_800, "2 d")],
)
def test_how_long_it_is_is_told_in_one_unit(seconds: int, words: str) -> None:
    assert status.ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_a_sparkline_begins_at_nothing_and_leaves_silences_blank() -> None:
    assert status.sparkline([0, 7, None, 3.5, 1]) == "▁█ ▅▂"
    assert status.sparkline([0, 0]) == "▁▁"
    assert status.sparkline([None]) == " "
    assert status.sparkline([]) == ""


def test_alarms_that_are_on_are_shown_with_their_pages_and_the_others_counted() -> None:
    found = [alarm("dead-letters-x", "ALARM"), alarm("queue-age-y", "OK"), alarm("z", "INSUFFICIENT_DATA")]
    lines = shown(status.alarms(found, NOW, is_all=False))
    assert lines[0] == "alarms: 1 on, 1 off, 1 without data"
    assert lines[2].split() == ["ticket", "dead-letters-x", lines[2].split()[2], "3", "min", "redrive.md"]
    assert len(lines) == 4
    everything = shown(status.alarms(found, NOW, is_all=True))
    assert [line.split()[0] for line in everything[2:5]] == ["ticket", "ok", "no"]


def test_a_reader_that_is_behind_says_by_how_much_and_for_how_long() -> None:
    found = [Lag("pay_commission", 12, NOW - timedelta(seconds=90)), Lag("watch_orders", 1_000, NOW)]
    lines = [line.split() for line in shown(status.lags(found, NOW))]
    assert lines[1:] == [
        ["pay_commission", "12", "1", "min"],
        ["watch_orders", "more", "than", "1000", "0", "s"],
    ]


def test_queues_and_dead_letters_are_counted() -> None:
    found = [Waiting("imports", 1, 2, 3), Waiting("bucket of dead letters", 4, is_dead=True)]
    lines = [line.split() for line in shown(status.waiting(found))]
    assert lines[1:] == [["imports", "1", "2", "3"], ["bucket", "of", "dead", "letters", "4"]]


def test_a_schedule_that_never_ran_says_so() -> None:
    lines = shown(status.runs([Run("close_books", None, NOW + timedelta(hours=1))], NOW))
    assert lines[1].startswith("close_books  never")


def test_sums_are_added_up_and_gauges_are_not() -> None:
    numbers = [Number("requests", (None, 2.0, 3.0), "Sum"), Number("waiting", (4.0, 1.0, None), "Maximum")]
    lines = [line.split() for line in shown(status.numbers(numbers))]
    assert [line[-2:] for line in lines[1:]] == [["3", "5"], ["–", "4"]]


def test_money_is_told_in_yuan_with_the_moment_of_the_fold() -> None:
    lines = shown(status.money((Custody(1_234_567, 1_000_000), NOW - timedelta(hours=5)), NOW))
    assert [line.split()[-1] for line in lines[1:3]] == ["12,345.67", "10,000.00"]
    assert lines[3].split() == ["covered", "81.00", "%"]
    assert lines[4].startswith("as folded 5 h ago, at ")
    assert shown(status.money(None, NOW))[0].startswith("money: not folded yet")
