"""Consumers for the tests of the pumps: functions that do what a test tells them to."""

from collections.abc import Callable
from typing import Any

calls: list[list[str]] = []
answer: Callable[[list[str]], Any] = lambda names: None  # noqa: E731


def reset(behaviour: Callable[[list[str]], Any] = lambda names: None) -> None:
    """Forget earlier calls; from now on answer by this behaviour, given the keys of the batch."""
    global answer
    calls.clear()
    answer = behaviour


def consume(event: dict[str, Any], context: Any) -> Any:
    """A stream's or queue's function: notes the keys it was given, then behaves."""
    names = [_name(record) for record in event["Records"]]
    calls.append(names)
    return answer(names)


def _name(record: dict[str, Any]) -> str:
    if "dynamodb" in record:
        return str(record["dynamodb"]["Keys"]["pk"]["S"])
    return str(record["body"])
