"""The simulated connection: a pynamodb connection whose calls end in a function instead of a network.

    SimulatedConnection(make_api_call)      make_api_call(operation, arguments) -> answer

`SimulatedConnection(tables.call)` is a DynamoDB without faults; a world hands in a
function of its own, with faults and pauses before and after the call. The
expressions, keys and placeholders are those that pynamodb writes for the store.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.store.dynamo import Connection

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SimulatedClient:
    """The one method of botocore's client that pynamodb uses."""

    make_api_call: Call

    def _make_api_call(self, operation_name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return self.make_api_call(operation_name, arguments)


class SimulatedConnection(Connection):
    """Needs no region, credentials or environment."""

    def __init__(self, make_api_call: Call) -> None:
        super().__init__(region="local", max_retry_attempts=0)
        self._simulated = SimulatedClient(make_api_call)

    @property
    def client(self) -> Any:
        return self._simulated
