"""Alarms: which metric of which part of the template means that somebody has to come?

    infra/alarms.toml ──read──> rows ──spread over the template──> alarms ──> AWS::CloudWatch::Alarm

A row may stand for many alarms: one a function, queue or reader that the template has. So
a function that is added has its alarms on the day on which it is deployed.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from chalicelib.observability import NAMESPACE

TABLE = Path(__file__).with_name("alarms.toml")
RUNBOOKS = "docs/runbooks"

Template = dict[str, Any]
Severity = Literal["page", "ticket", "notice"]

# CloudWatch's own bounds of periods × period, in seconds.
SPAN_MAX_SHORT = 86_400
SPAN_MAX = 604_800

COMPARISONS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
MISSING = {"good": "notBreaching", "bad": "breaching", "keep": "ignore", "unknown": "missing"}
TOPICS: dict[Severity, str] = {"page": "AlarmPages", "ticket": "AlarmTickets", "notice": "AlarmNotices"}


class Row(BaseModel):
    """One line of the table; its words are explained there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    group: str
    severity: Severity
    says: str
    metric: str
    statistic: str
    when: Literal[">", ">=", "<", "<="]
    missing: Literal["good", "bad", "keep", "unknown"]
    of: str = ""
    period: int = 0
    periods: int = 1
    datapoints: int = 0
    threshold: float | None = None
    timeout_percent: int = 0
    turns: int = 0
    rate_seconds: int = 0
    runbook: str = ""
    only_on_aws: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> "Row":
        """A threshold or a part of a timeout; a period or turns; no longer span than CloudWatch takes."""
        if (self.threshold is None) == (self.timeout_percent == 0):
            raise ValueError(f"{self.name} needs a threshold or a timeout_percent")
        if (self.period == 0) == (self.turns == 0):
            raise ValueError(f"{self.name} needs a period or turns")
        span = self.period * self.periods
        if span > (SPAN_MAX_SHORT if self.period < 3600 else SPAN_MAX):
            raise ValueError(f"{self.name} looks back {span} seconds, longer than CloudWatch does")
        return self

    @property
    def page(self) -> str:
        """Its runbook, as a path from docs/runbooks: `redrive.md#look`."""
        page, mark, section = (self.runbook or self.name).partition("#")
        return f"{page}.md{mark}{section}"


@dataclass(frozen=True, slots=True)
class Part:
    """Something in the template that has metrics: its dimensions, and what decides thresholds and periods."""

    name: str  # in the names of its alarms; empty where there is only one
    dimensions: Mapping[str, Any] = field(default_factory=dict)
    timeout_seconds: int = 0
    turn_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: a row for one part of the template."""

    row: Row
    part: Part
    namespace: str

    @property
    def short_name(self) -> str:
        return "-".join(filter(None, [self.row.name, self.part.name]))

    @property
    def logical_id(self) -> str:
        return "Alarm" + "".join(word.capitalize() for word in self.short_name.split("-"))

    @property
    def period(self) -> int:
        return self.row.period or self.part.turn_seconds * self.row.turns

    @property
    def threshold(self) -> float:
        if self.row.threshold is not None:
            return self.row.threshold
        return self.part.timeout_seconds * 1000 * self.row.timeout_percent // 100


@cache
def rows() -> tuple[Row, ...]:
    """The table. Raises: pydantic.ValidationError."""
    return tuple(map(Row.model_validate, tomllib.loads(TABLE.read_text(encoding="utf-8"))["alarm"]))


def alarms(template: Template, stage: str) -> Iterator[Alarm]:
    """Every alarm of a template. Raises: KeyError for parts that nobody knows."""
    for row in rows():
        if row.only_on_aws and stage == "local":
            continue
        namespace, parts = PARTS[row.of]
        for part in parts(template, stage):
            yield Alarm(row, part, namespace)


def resources(template: Template, stage: str) -> Template:
    """The alarms as resources, by logical id."""
    return {alarm.logical_id: _resource(alarm, stage) for alarm in alarms(template, stage)}


def _resource(alarm: Alarm, stage: str) -> Template:
    row = alarm.row
    topic = {"Ref": TOPICS[row.severity]}
    properties = {
        "AlarmName": f"forecourt-{stage}-{alarm.short_name}",
        "AlarmDescription": f"{row.severity}: {row.says} {RUNBOOKS}/{row.page}",
        "AlarmActions": [topic],
        "OKActions": [topic],
        "ComparisonOperator": COMPARISONS[row.when],
        "DatapointsToAlarm": row.datapoints or row.periods,
        "EvaluationPeriods": row.periods,
        "Threshold": alarm.threshold,
        "TreatMissingData": MISSING[row.missing],
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties | _measured(alarm)}


def _measured(alarm: Alarm) -> Template:
    """What is measured: a metric, or how fast it grows."""
    if alarm.row.rate_seconds:
        measured = {"Metric": _metric(alarm), "Period": alarm.period, "Stat": alarm.row.statistic}
        rate = {"Id": "rate", "Expression": f"RATE(metric)*{alarm.row.rate_seconds}", "ReturnData": True}
        return {"Metrics": [{"Id": "metric", "MetricStat": measured, "ReturnData": False}, rate]}
    kind = "ExtendedStatistic" if alarm.row.statistic.startswith("p") else "Statistic"
    return {**_metric(alarm), "Period": alarm.period, kind: alarm.row.statistic}


def _metric(alarm: Alarm) -> Template:
    dimensions = [{"Name": name, "Value": value} for name, value in alarm.part.dimensions.items()]
    return {"Namespace": alarm.namespace, "MetricName": alarm.row.metric, "Dimensions": dimensions}


# ---------------------------------------------------------------- the parts of a template


def _of_type(template: Template, kind: str) -> Iterator[tuple[str, Template]]:
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield logical_id, resource.get("Properties", {})


def _own(template: Template, stage: str) -> Iterator[Part]:
    """Ourselves: chalicelib/observability.py gives each metric the service's name."""
    yield Part("", {"service": f"forecourt-{stage}"})


def _functions(template: Template, stage: str) -> Iterator[Part]:
    for _, properties in _of_type(template, "AWS::Lambda::Function"):
        name = properties["FunctionName"]
        yield Part(_without_stage(name, stage), {"FunctionName": name}, timeout_seconds=properties["Timeout"])


def _schedules(template: Template, stage: str) -> Iterator[Part]:
    for _, properties in _of_type(template, "AWS::Events::Rule"):
        function = properties["Targets"][0]["Arn"]["Fn::GetAtt"][0]
        name = template["Resources"][function]["Properties"]["FunctionName"]
        turn = _seconds(properties["ScheduleExpression"])
        yield Part(_without_stage(name, stage), {"FunctionName": name}, turn_seconds=turn)


def _rotations(template: Template, stage: str) -> Iterator[Part]:
    """The functions of rotations. On one machine nobody calls them, and silence means nothing."""
    if stage == "local":
        return
    for _, properties in _of_type(template, "AWS::SecretsManager::RotationSchedule"):
        function = properties["RotationLambdaARN"]["Fn::GetAtt"][0]
        name = template["Resources"][function]["Properties"]["FunctionName"]
        yield Part(_without_stage(name, stage), {"FunctionName": name})


def _exports(template: Template, stage: str) -> Iterator[Part]:
    """The schedules that ask for exports, also while they are off: then nothing is told of them."""
    for _, properties in _of_type(template, "AWS::Scheduler::ScheduleGroup"):
        yield Part("", {"ScheduleGroup": properties["Name"]})


def _seconds(expression: str) -> int:
    """`rate(5 minutes)` is 300; other expressions have no turn of one length."""
    number, unit = expression.removeprefix("rate(").removesuffix(")").split()
    return int(number) * {"minute": 60, "hour": 3600, "day": 86400}[unit.removesuffix("s")]


def _mapped(template: Template, stage: str) -> Iterator[tuple[str, str]]:
    """Each mapping of a stream, with the name of its function."""
    for logical_id, properties in _of_type(template, "AWS::Lambda::EventSourceMapping"):
        if properties["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn":
            function = template["Resources"][properties["FunctionName"]["Ref"]]
            yield logical_id, function["Properties"]["FunctionName"]


def _readers(template: Template, stage: str) -> Iterator[Part]:
    for _, name in _mapped(template, stage):
        yield Part(_without_stage(name, stage), {"FunctionName": name})


def _mappings(template: Template, stage: str) -> Iterator[Part]:
    for logical_id, name in _mapped(template, stage):
        yield Part(_without_stage(name, stage), {"EventSourceMappingUUID": {"Ref": logical_id}})


def _queues_where(is_dead: bool) -> Callable[[Template, str], Iterator[Part]]:
    def found(template: Template, stage: str) -> Iterator[Part]:
        queues = dict(_of_type(template, "AWS::SQS::Queue"))
        policies = (properties.get("RedrivePolicy") for properties in queues.values())
        dead = {policy["deadLetterTargetArn"]["Fn::GetAtt"][0] for policy in policies if policy}
        for logical_id, properties in queues.items():
            if (logical_id in dead) is is_dead:
                name = properties["QueueName"]
                yield Part(_without_stage(name, stage), {"QueueName": name})

    return found


def _tables(template: Template, stage: str) -> Iterator[Part]:
    for _, properties in _of_type(template, "AWS::DynamoDB::Table"):
        name = properties["TableName"]
        yield Part(_without_stage(name, stage), {"TableName": name})


def _api(template: Template, stage: str) -> Iterator[Part]:
    for _, properties in _of_type(template, "AWS::ApiGateway::RestApi"):
        yield Part("", {"ApiName": properties["Body"]["info"]["title"], "Stage": stage})


def _account(template: Template, stage: str) -> Iterator[Part]:
    yield Part("", {"Currency": "USD"})


def _texts(template: Template, stage: str) -> Iterator[Part]:
    """Text messages of the account and region: SNS tells of them without any dimension."""
    yield Part("")


def _without_stage(name: str, stage: str) -> str:
    """`pay-commission` of `forecourt-prod-pay-commission`."""
    return name.removeprefix(f"forecourt-{stage}-")


PARTS: dict[str, tuple[str, Callable[[Template, str], Iterator[Part]]]] = {
    "": (NAMESPACE, _own),
    "functions": ("AWS/Lambda", _functions),
    "schedules": ("AWS/Lambda", _schedules),
    "rotations": ("AWS/Lambda", _rotations),
    "exports": ("AWS/Scheduler", _exports),
    "readers": ("AWS/Lambda", _readers),
    "mappings": ("AWS/Lambda", _mappings),
    "queues": ("AWS/SQS", _queues_where(is_dead=False)),
    "dead-letter-queues": ("AWS/SQS", _queues_where(is_dead=True)),
    "tables": ("AWS/DynamoDB", _tables),
    "api": ("AWS/ApiGateway", _api),
    "account": ("AWS/Billing", _account),
    "texts": ("AWS/SNS", _texts),
}
