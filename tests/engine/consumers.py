"""Consumers for the tests of the pumps: functions that do what a test tells them to."""

from collections.abc import Callable
from typing import Any

Behaviour = Callable[[list[str]], Any]


def succeed(names: list[str]) -> None:
    """Handle everything."""


class Consumer:
    """What the function of a test was called with, and how it answers."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.behaviour: Behaviour = succeed

    def reset(self, behaviour: Behaviour = succeed) -> None:
        """Forget earlier calls; from now on behave like this, given the keys of a batch."""
        self.calls.clear()
        self.behaviour = behaviour


consumer = Consumer()


def consume(event: dict[str, Any], context: Any) -> Any:
    """A stream's or queue's function: notes the keys it was given, then behaves."""
    names = [_name(record) for record in event["Records"]]
    consumer.calls.append(names)
    failed = consumer.behaviour(names)
    if failed is None:
        return None
    places = {_name(record): _place(record) for record in event["Records"]}
    return {"batchItemFailures": [{"itemIdentifier": places.get(name, name)} for name in failed]}


def _name(record: dict[str, Any]) -> str:
    if "dynamodb" in record:
        return str(record["dynamodb"]["Keys"]["pk"]["S"])
    return str(record["body"])


def _place(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"])
