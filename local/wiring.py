"""The wiring: what listens to what? Read from the template that AWS gets; there is no second list."""

import importlib
import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from local.engine_environment import ACCOUNT_ID, REGION
from local.resources import Resources

running_function: ContextVar[str] = ContextVar("running_function", default="")


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the template, run in this process by its handler's name."""

    name: str  # the handler's own name: pay_commission
    handler: str  # chalicelib.handlers.streams.pay_commission
    timeout_seconds: int
    deployed_name: str = ""  # forecourt-local-pay-commission

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.deployed_name or self.name}"

    def call(self, event: Mapping[str, Any], request_id: str) -> Any:
        """Call the handler as Lambda would; whatever it raises is raised."""
        module_name, attribute = self.handler.rsplit(".", 1)
        handler = getattr(importlib.import_module(module_name), attribute)
        token = running_function.set(self.name)
        try:
            # Through JSON, as on AWS: no object is shared with the pump, and the answer is plain.
            answer = handler(json.loads(json.dumps(event)), Context(self, request_id))
        finally:
            running_function.reset(token)
        return json.loads(json.dumps(answer))


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may ask of Lambda's context."""

    function: Function
    aws_request_id: str
    memory_limit_in_mb: int = 512
    function_version: str = "$LATEST"

    @property
    def function_name(self) -> str:
        return self.function.name

    @property
    def invoked_function_arn(self) -> str:
        return self.function.arn

    def get_remaining_time_in_millis(self) -> int:
        """The whole timeout: one machine does not interrupt a handler."""
        return self.function.timeout_seconds * 1000


@dataclass(frozen=True, slots=True)
class StreamMapping:
    """A function that reads a table's stream, and what happens when it fails."""

    name: str
    function: Function
    table_name: str
    stream_arn: str
    batch_size: int
    window_seconds: float = 0
    patterns: tuple[Mapping[str, Any], ...] = ()
    reports_item_failures: bool = False
    bisects: bool = False
    retries_max: int | None = None  # None: until the record leaves the stream
    record_age_seconds_max: int | None = None
    failure_bucket: str | None = None
    starts_at: str = "TRIM_HORIZON"


@dataclass(frozen=True, slots=True)
class QueueMapping:
    """A function that takes messages from a queue."""

    name: str
    function: Function
    queue_url: str
    queue_arn: str
    batch_size: int
    patterns: tuple[Mapping[str, Any], ...] = ()
    reports_item_failures: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that runs because time passes."""

    name: str
    function: Function
    expression: str
    arn: str
    given: Mapping[str, Any] | None = None  # the rule's constant input, instead of the event
    failure_bucket: str | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything that runs without being asked over HTTP."""

    streams: tuple[StreamMapping, ...]
    queues: tuple[QueueMapping, ...]
    schedules: tuple[Schedule, ...]


def read(template: Mapping[str, Any], resources: Resources) -> Wiring:
    """Read all mappings and schedules of a template whose resources exist."""
    functions = dict(functions_of(template))
    streams: list[StreamMapping] = []
    queues: list[QueueMapping] = []
    for name, properties in _of_type(template, "AWS::Lambda::EventSourceMapping"):
        function = functions[_function_id(properties["FunctionName"])]
        source = resources.resolve(properties["EventSourceArn"])
        if not properties.get("Enabled", True):
            continue
        if ":dynamodb:" in source:
            streams.append(_stream_mapping(name, properties, function, source, resources))
        else:
            queues.append(_queue_mapping(name, properties, function, source, resources))
    return Wiring(tuple(streams), tuple(queues), tuple(_schedules(template, functions, resources)))


def _of_type(template: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield logical_id, resource.get("Properties", {})


def functions_of(template: Mapping[str, Any]) -> Iterator[tuple[str, Function]]:
    """Every function of a template, by its logical id."""
    for logical_id, properties in _of_type(template, "AWS::Lambda::Function"):
        handler, timeout_seconds = properties["Handler"], int(properties.get("Timeout", 3))
        name = handler.rsplit(".", 1)[1]
        yield logical_id, Function(name, handler, timeout_seconds, properties.get("FunctionName", ""))


def _function_id(reference: Any) -> str:
    """The logical id behind a Ref or a GetAtt of a function."""
    ((name, argument),) = reference.items()
    if name == "Ref":
        return str(argument)
    return str(argument.split(".")[0] if isinstance(argument, str) else argument[0])


def _patterns(properties: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    filters = properties.get("FilterCriteria", {}).get("Filters", [])
    return tuple(json.loads(one["Pattern"]) for one in filters)


def _reports(properties: Mapping[str, Any]) -> bool:
    return "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])


def _limit(properties: Mapping[str, Any], name: str) -> int | None:
    """-1 and nothing mean: no limit."""
    value = int(properties.get(name, -1))
    return None if value < 0 else value


def _failure_bucket(properties: Mapping[str, Any], resources: Resources) -> str | None:
    destination = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return str(resources.resolve(destination)).removeprefix("arn:aws:s3:::") if destination else None


def _stream_mapping(
    name: str, properties: Mapping[str, Any], function: Function, stream_arn: str, resources: Resources
) -> StreamMapping:
    return StreamMapping(
        name=name,
        function=function,
        table_name=stream_arn.split("/")[1],
        stream_arn=stream_arn,
        batch_size=int(properties.get("BatchSize", 100)),
        window_seconds=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        patterns=_patterns(properties),
        reports_item_failures=_reports(properties),
        bisects=bool(properties.get("BisectBatchOnFunctionError", False)),
        retries_max=_limit(properties, "MaximumRetryAttempts"),
        record_age_seconds_max=_limit(properties, "MaximumRecordAgeInSeconds"),
        failure_bucket=_failure_bucket(properties, resources),
        starts_at=properties.get("StartingPosition", "TRIM_HORIZON"),
    )


def _queue_mapping(
    name: str, properties: Mapping[str, Any], function: Function, queue_arn: str, resources: Resources
) -> QueueMapping:
    queue_name = queue_arn.rsplit(":", 1)[1]
    return QueueMapping(
        name=name,
        function=function,
        queue_url=resources.client("sqs").get_queue_url(QueueName=queue_name)["QueueUrl"],
        queue_arn=queue_arn,
        batch_size=int(properties.get("BatchSize", 10)),
        patterns=_patterns(properties),
        reports_item_failures=_reports(properties),
    )


def _schedules(
    template: Mapping[str, Any], functions: Mapping[str, Function], resources: Resources
) -> Iterator[Schedule]:
    buckets = {
        _function_id(properties["FunctionName"]): _failure_bucket(properties, resources)
        for _, properties in _of_type(template, "AWS::Lambda::EventInvokeConfig")
    }
    for name, properties in _of_type(template, "AWS::Events::Rule"):
        if "ScheduleExpression" not in properties or properties.get("State") == "DISABLED":
            continue
        for target in properties["Targets"]:
            yield Schedule(
                name=name,
                function=functions[_function_id(target["Arn"])],
                expression=properties["ScheduleExpression"],
                arn=f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{name}",
                given=json.loads(target["Input"]) if "Input" in target else None,
                failure_bucket=buckets.get(_function_id(target["Arn"])),
            )
