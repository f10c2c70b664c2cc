"""Facts of a run: what do its alarms, streams, queues, schedules and metrics say at this moment?

Read from the engine and the checkpoints of the running system; nothing is written.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.domain import ledger_fold
from chalicelib.domain.business_time import from_ms
from chalicelib.domain.custody import Custody, custody_of
from chalicelib.domain.given_up import DONE, LETTERS, is_letter
from chalicelib.observability import NAMESPACE, Metric
from chalicelib.store.values import from_item
from local import filters, wiring
from local.answers import API
from local.engine_alarms import ALARM, UNKNOWN
from local.resources import Resources
from local.schedule_expression import next_after
from local.stream import StreamReader
from local.wiring import StreamMapping
from local.worker import CHECKPOINTS_NAME

SEVERITIES = ("page", "ticket", "notice")
ALARMS = "forecourt-local-"  # how their names begin
BEHIND_MAX = 1_000  # records that are counted; behind that it is "more"
SPAN = timedelta(hours=1)
PERIOD_SECONDS = 120


@dataclass(frozen=True, slots=True)
class AlarmState:
    name: str
    state: str
    since: datetime
    severity: str
    runbook: str


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a reader is behind: records that it has not had, and since when the oldest has waited."""

    reader: str
    records: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies somewhere: visible, in somebody's hands, or not to be seen yet."""

    place: str
    visible: int
    in_hand: int = 0
    delayed: int = 0
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    schedule: str
    last: datetime | None
    next: datetime | None


class Number(NamedTuple):
    """A metric of the last hour: how it is called, and its values, None where nothing was told."""

    name: str
    values: tuple[float | None, ...]
    statistic: str


class Wanted(NamedTuple):
    name: str
    namespace: str
    metric: str
    statistic: str
    dimensions: Mapping[str, str]


def numbers_wanted(service: str) -> list[Wanted]:
    ours = {"service": service}
    return [
        Wanted("requests", "AWS/ApiGateway", "Count", "Sum", API),
        Wanted("answered 5xx", "AWS/ApiGateway", "5XXError", "Sum", API),
        Wanted("latency p99, ms", "AWS/ApiGateway", "Latency", "p99", API),
        Wanted("sign-ins failed", NAMESPACE, Metric.SIGN_IN_FAILED, "Sum", ours),
        Wanted("alerts open", NAMESPACE, Metric.ALERTS_OPEN, "Maximum", ours),
        Wanted("top-ups unanswered", NAMESPACE, Metric.TOP_UPS_UNANSWERED, "Maximum", ours),
        Wanted("calls overdue", NAMESPACE, Metric.CALLS_OVERDUE, "Maximum", ours),
        Wanted("refunds by hand", NAMESPACE, Metric.REFUNDS_BY_HAND, "Maximum", ours),
        Wanted("ledger difference, fen", NAMESPACE, Metric.LEDGER_DIFFERENCE, "Sum", ours),
        Wanted("unreconciled, fen", NAMESPACE, Metric.UNRECONCILED_FEN, "Maximum", ours),
    ]


@dataclass(frozen=True)
class Facts:
    """Everything that is asked of the run whose environment and directory these are."""

    environment: Mapping[str, str]
    directory: Path
    template: Mapping[str, Any]
    resources: Resources

    def alarms(self) -> list[AlarmState]:
        """Those that are on first, the most severe first of them; then by name."""
        pages = (
            self.resources.client("cloudwatch")
            .get_paginator("describe_alarms")
            .paginate(AlarmNamePrefix=ALARMS)
        )
        found = [_alarm(one) for page in pages for one in page["MetricAlarms"]]
        order = {ALARM: 0, UNKNOWN: 2}
        return sorted(
            found, key=lambda one: (order.get(one.state, 1), SEVERITIES.index(one.severity), one.name)
        )

    def lags(self) -> list[Lag]:
        """Every reader by its name."""
        mappings = wiring.read(self.template, self.resources).streams
        return sorted(map(self._lag, mappings), key=lambda one: one.reader)

    def _lag(self, mapping: StreamMapping) -> Lag:
        reader = StreamReader(self.resources.client("dynamodbstreams"), mapping)
        records = reader.read(self._position(mapping.name), BEHIND_MAX)
        wanted = [one for one in records if filters.matches_any(mapping.patterns, one)]
        since = wanted[0]["dynamodb"]["ApproximateCreationDateTime"] if wanted else None
        return Lag(mapping.function.name, len(wanted), datetime.fromtimestamp(since, UTC) if since else None)

    def waiting(self) -> list[Waiting]:
        """Every queue, and the bucket of dead letters."""
        queues = [
            (name, resource["Properties"]["QueueName"])
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == "AWS::SQS::Queue"
        ]
        return [*(self._queue(*one) for one in queues), self._letters()]

    def _queue(self, logical_id: str, name: str) -> Waiting:
        url = self.resources.attribute(logical_id, None)
        names = ("", "NotVisible", "Delayed")
        wanted = [f"ApproximateNumberOfMessages{one}" for one in names]
        sqs = self.resources.client("sqs")
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
        visible, in_hand, delayed = (int(found[one]) for one in wanted)
        short = name.removeprefix(f"forecourt-{self.environment['FORECOURT_STAGE']}-")
        return Waiting(short, visible, in_hand, delayed, name.endswith("dead-letters"))

    def _letters(self) -> Waiting:
        bucket = self.environment["BUCKET_DEAD_LETTERS"]
        letters = set(filter(is_letter, self._keys(bucket, LETTERS)))
        done = {key.removeprefix(DONE) for key in self._keys(bucket, DONE)}
        return Waiting("bucket of dead letters", len(letters - done), is_dead=True)

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        pages = self.resources.client("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            yield from (one["Key"] for one in page.get("Contents", []))

    def runs(self) -> list[Run]:
        """Every schedule by its name."""
        schedules = wiring.read(self.template, self.resources).schedules
        return sorted((self._run(one) for one in schedules), key=lambda one: one.schedule)

    def _run(self, schedule: wiring.Schedule) -> Run:
        counts_from, ran = (self._moment(f"{kind}:{schedule.name}") for kind in ("schedule", "ran"))
        coming = next_after(schedule.expression, counts_from) if counts_from else None
        return Run(schedule.function.name, ran, coming)

    def _moment(self, name: str) -> datetime | None:
        kept = self._position(name)
        return datetime.fromisoformat(kept) if kept else None

    def _position(self, name: str) -> str | None:
        path = self.directory / CHECKPOINTS_NAME
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            row = database.execute("SELECT position FROM checkpoints WHERE name = ?", (name,)).fetchone()
        finally:
            database.close()
        return row[0] if row else None

    def money(self) -> tuple[Custody, datetime] | None:
        """What the last fold made of the journal, and when; None before the first one."""
        pk, sk = ledger_fold.JOB
        found = self.resources.client("dynamodb").get_item(
            TableName=self.environment[f"TABLE_{ledger_fold.TABLE.upper()}"],
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
        )
        job = from_item(found.get("Item", {}))
        return (custody_of(job["totals"]), from_ms(job["folded_at"])) if "totals" in job else None

    def numbers(self, now: datetime) -> list[Number]:
        """The last hour of what is worth a glance."""
        wanted = numbers_wanted(self.environment["POWERTOOLS_SERVICE_NAME"])
        answer = self.resources.client("cloudwatch").get_metric_data(
            MetricDataQueries=[_query(number, one) for number, one in enumerate(wanted)],
            StartTime=now - SPAN,
            EndTime=now,
        )
        found = {one["Id"]: one for one in answer["MetricDataResults"]}
        return [
            Number(one.name, _in_order(found[f"m{number}"], now), one.statistic)
            for number, one in enumerate(wanted)
        ]


def _alarm(found: Mapping[str, Any]) -> AlarmState:
    severity, _, said = found["AlarmDescription"].partition(": ")
    name = found["AlarmName"].removeprefix(ALARMS)
    since = found["StateUpdatedTimestamp"].astimezone(UTC)
    return AlarmState(name, found["StateValue"], since, severity, said.rpartition(" ")[2])


def _query(number: int, wanted: Wanted) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in wanted.dimensions.items()]
    metric = {"Namespace": wanted.namespace, "MetricName": str(wanted.metric), "Dimensions": dimensions}
    return {
        "Id": f"m{number}",
        "MetricStat": {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": wanted.statistic},
    }


def _in_order(result: Mapping[str, Any], now: datetime) -> tuple[float | None, ...]:
    """The values of each period of the span, the oldest first."""
    count = int(SPAN.total_seconds()) // PERIOD_SECONDS
    values: list[float | None] = [None] * count
    for at, value in zip(result["Timestamps"], result["Values"], strict=True):
        place = int((at - (now - SPAN)).total_seconds() // PERIOD_SECONDS)
        values[min(max(place, 0), count - 1)] = value
    return tuple(values)
