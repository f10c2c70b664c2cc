"""The watch: who puts the run's metrics and alarms into the engine's CloudWatch?

A thread of the worker. It puts the alarms of the template once, then every few seconds
what the logs, the pumps and the queues tell; each time the engine judges its alarms.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.resources import Resources
from local.telemetry import Datum, LogTail, Telemetry, data_of, datum

FLUSH_SECONDS = 5.0
LOGS = ("server", "worker")  # whoever runs functions


@dataclass(slots=True)
class Watch:
    """`telemetry` is also told by the pumps."""

    template: Mapping[str, Any]
    resources: Resources
    telemetry: Telemetry
    tails: tuple[LogTail, ...] = ()
    _queues: dict[str, str] = field(default_factory=dict)  # by name, its address

    @classmethod
    def of(
        cls, template: Mapping[str, Any], resources: Resources, telemetry: Telemetry, logs: Path
    ) -> "Watch":
        tails = tuple(LogTail(logs / f"{name}.log") for name in LOGS)
        return cls(template, resources, telemetry, tails)

    def begin(self) -> None:
        """Put the alarms of the template, and the topics that they tell. Twice changes nothing."""
        sns, cloudwatch = self.resources.client("sns"), self.resources.client("cloudwatch")
        for _, properties in self._of_type("AWS::SNS::Topic"):
            sns.create_topic(Name=properties["TopicName"])
        for _, properties in self._of_type("AWS::CloudWatch::Alarm"):
            cloudwatch.put_metric_alarm(**self.resources.resolve(properties))
        for logical_id, properties in self._of_type("AWS::SQS::Queue"):
            self._queues[properties["QueueName"]] = self.resources.attribute(logical_id, None)

    def step(self) -> None:
        """Put what was told since the last step."""
        for one in self._read():
            self.telemetry.tell(one)
        self.telemetry.flush(self.resources.client("cloudwatch"))

    def _read(self) -> Iterable[Datum]:
        for tail in self.tails:
            for line in tail.lines():
                yield from data_of(line)
        for name, url in self._queues.items():
            yield self._waiting(name, url)

    def _waiting(self, name: str, url: str) -> Datum:
        wanted = "ApproximateNumberOfMessages"
        found = self.resources.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])
        visible = int(found["Attributes"][wanted])
        return datum("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": name}, visible)

    def _of_type(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        found = self.template["Resources"].items()
        return [(name, one["Properties"]) for name, one in found if one["Type"] == kind]
