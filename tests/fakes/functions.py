"""Fake functions: the port Functions, in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.function_call import Called


@dataclass
class FakeFunctions:
    """Each function is a Python function of its event's records, which may raise. `calls` in order."""

    known: Mapping[str, Callable[[list[Any]], Any]]
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)

    def call(self, function: str, event: Mapping[str, Any]) -> Called:
        self.calls.append((function, event["Records"]))
        try:
            return Called(self.known[function](event["Records"]))
        except Exception as error:  # noqa: BLE001 (a call tells what was raised, whatever it is)
            return Called(raised=repr(error))
