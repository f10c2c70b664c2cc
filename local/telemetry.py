"""Telemetry: how do the metrics of one machine come into the engine's CloudWatch?

On AWS CloudWatch takes ours out of the log (lines in the embedded metric format), and
Lambda, API Gateway and SQS tell their own. Here the same lines are read from the logs
of the run, and pumps and server tell what AWS would tell, under AWS's own names.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

Tell = Callable[["Datum"], None]

DATA_MAX = 500  # in one call; CloudWatch takes a thousand
VALUES_MAX = 150  # different ones of one metric in one call


class Datum(NamedTuple):
    """One value of a metric. `at`: seconds since 1970."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    value: float
    at: float


def untold(datum: Datum) -> None:
    """Where nobody listens."""


def datum(namespace: str, metric: str, dimensions: Mapping[str, str], value: float) -> Datum:
    """A value of this moment."""
    return Datum(namespace, metric, tuple(sorted(dimensions.items())), value, time.time())


@contextmanager
def called(tell: Tell, function: str) -> Iterator[None]:
    """What Lambda tells of each call of a function: that it was, whether it raised, how long it took."""
    begin, errors = time.monotonic(), 1
    try:
        yield
        errors = 0
    finally:
        milliseconds = round((time.monotonic() - begin) * 1000)
        for metric, value in (("Invocations", 1), ("Errors", errors), ("Duration", milliseconds)):
            tell(datum("AWS/Lambda", metric, {"FunctionName": function}, value))


@dataclass(slots=True)
class Telemetry:
    """What was told since the last flush, the same value of the same metric once with its count."""

    told: dict[tuple[Any, ...], Counter[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, one: Datum) -> None:
        key = (one.namespace, one.metric, one.dimensions, int(one.at))
        with self._lock:
            self.told.setdefault(key, Counter())[one.value] += 1

    def flush(self, cloudwatch: Any) -> None:
        """Put everything. What an engine that is away does not take is gone, as metrics may be."""
        with self._lock:
            told, self.told = self.told, {}
        by_namespace: dict[str, list[dict[str, Any]]] = {}
        for (namespace, metric, dimensions, at), values in told.items():
            by_namespace.setdefault(namespace, []).extend(_data(metric, dimensions, at, values))
        for namespace, data in by_namespace.items():
            for start in range(0, len(data), DATA_MAX):
                cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + DATA_MAX])


def _data(
    metric: str, dimensions: tuple[tuple[str, str], ...], at: int, values: Counter[float]
) -> Iterator[dict[str, Any]]:
    listed = list(values.items())
    for start in range(0, len(listed), VALUES_MAX):
        some = listed[start : start + VALUES_MAX]
        yield {
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
            "Timestamp": datetime.fromtimestamp(at, UTC),
            "Values": [float(value) for value, _ in some],
            "Counts": [float(count) for _, count in some],
        }


# ---------------------------------------------------------------- lines of a log


def data_of(line: str) -> Iterator[Datum]:
    """The metrics in a line of a log; most lines have none, and a line may hold the halves of two."""
    position = line.find('{"_aws"')
    while position >= 0:
        try:
            document, length = json.JSONDecoder().raw_decode(line[position:])
        except ValueError:
            return
        yield from _embedded(document)
        position = line.find('{"_aws"', position + length)


def _embedded(document: Mapping[str, Any]) -> Iterator[Datum]:
    at = document["_aws"]["Timestamp"] / 1000
    for told in document["_aws"]["CloudWatchMetrics"]:
        for names, metric in product(told["Dimensions"], told["Metrics"]):
            dimensions = tuple(sorted((name, document[name]) for name in names))
            values = document[metric["Name"]]
            for value in values if isinstance(values, list) else [values]:
                yield Datum(told["Namespace"], metric["Name"], dimensions, float(value), at)


@dataclass(slots=True)
class LogTail:
    """The lines that are written to a log from now on."""

    path: Path
    _position: int = -1
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self._position = self.path.stat().st_size if self.path.exists() else 0

    def lines(self) -> list[str]:
        """The whole lines that came since the last time."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._position)
            read = file.read()
        self._position += len(read)
        *whole, self._rest = (self._rest + read).split(b"\n")
        return [line.decode(errors="replace") for line in whole]
