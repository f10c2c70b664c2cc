"""Telemetry: does what is told anywhere on one machine come to CloudWatch, once and with its count?"""

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from chalicelib.observability import NAMESPACE, Metric, count
from local.telemetry import Datum, LogTail, Telemetry, called, data_of

SERVICE = (("service", "forecourt"),)


class FakeCloudWatch:
    """Keeps what is put."""

    def __init__(self) -> None:
        self.put: list[tuple[str, str, dict[str, str], list[float], list[float]]] = []

    def put_metric_data(self, **call: Any) -> None:
        for one in call["MetricData"]:
            dimensions = {pair["Name"]: pair["Value"] for pair in one["Dimensions"]}
            self.put.append((call["Namespace"], one["MetricName"], dimensions, one["Values"], one["Counts"]))


def line_of(metric: Metric, number: int) -> str:
    """The line of the log that the product writes for a metric."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        count(metric, number)
    return printed.getvalue().strip()


def told(line: str) -> list[tuple[str, str, float]]:
    return [(one.namespace, one.metric, one.value) for one in data_of(line)]


def test_a_line_of_the_product_is_understood() -> None:
    (found,) = data_of(line_of(Metric.CALLS_OVERDUE, 3))
    assert found[:4] == (NAMESPACE, "CallsOverdue", SERVICE, 3.0)


def test_two_threads_may_write_into_one_line() -> None:
    first, second = line_of(Metric.CALLS_OVERDUE, 3), line_of(Metric.FOLD_DONE, 1)
    assert told(f"10:00 INFO {first}{second}") == [
        (NAMESPACE, "CallsOverdue", 3.0),
        (NAMESPACE, "FoldDone", 1.0),
    ]


@pytest.mark.parametrize("line", ["", "ready", '{"level": "INFO", "message": "x"}', '{"_aws": {"Timest'])
def test_other_lines_have_no_metrics(line: str) -> None:
    assert told(line) == []


def test_a_tail_gives_each_whole_line_once_and_none_of_earlier_runs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("of an earlier run\n")
    tail = LogTail(log)
    assert tail.lines() == []
    with log.open("a") as file:
        file.write("one\ntw")
        file.flush()
        assert tail.lines() == ["one"]
        file.write("o\n")
        file.flush()
        assert tail.lines() == ["two"]
    assert LogTail(tmp_path / "none").lines() == []


def test_the_same_value_is_put_once_with_its_count() -> None:
    telemetry, cloudwatch = Telemetry(), FakeCloudWatch()
    for value in (0.0, 1.0, 1.0):
        telemetry.tell(Datum("AWS/Lambda", "Errors", (("FunctionName", "f"),), value, 100.2))
    telemetry.flush(cloudwatch)
    telemetry.flush(cloudwatch)
    assert cloudwatch.put == [("AWS/Lambda", "Errors", {"FunctionName": "f"}, [0.0, 1.0], [1.0, 2.0])]


def test_a_call_that_raises_is_an_error_and_the_exception_goes_on() -> None:
    heard: list[Datum] = []
    with called(heard.append, "f"):
        pass
    with pytest.raises(ValueError, match="ours"), called(heard.append, "f"):
        raise ValueError("ours")
    values = [(one.metric, one.value) for one in heard if one.metric != "Duration"]
    assert values == [("Invocations", 1), ("Errors", 0), ("Invocations", 1), ("Errors", 1)]
