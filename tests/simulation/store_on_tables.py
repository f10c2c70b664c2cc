"""The store on simulated tables: how does a test get the shipped store without an engine?"""

import itertools
from collections.abc import Mapping
from typing import Any

from chalicelib.store.backoff import Backoff
from chalicelib.store.dynamo import Dynamo
from tests.simulation.connection import Call, SimulatedConnection
from tests.simulation.tables import Tables

TABLES = {
    name: f"simulated-{name}"
    for name in "accounts cards catalog edges journal orders people stock views work".split()
}

CALLS_MAX = 3_000  # of one store: no test needs more


def new_tables() -> Tables:
    """Every table of the store, empty; time stands still."""
    return Tables({name: short != "cards" for short, name in TABLES.items()}, clock_ms=lambda: 0)


def store_on(call: Call) -> Dynamo:
    """The store whose calls end in `call`; it never really waits, nor goes on for ever."""
    numbers = itertools.count()

    def counted(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        assert next(numbers) < CALLS_MAX, "this goes on for ever"
        return call(operation, arguments)

    return Dynamo(TABLES, Backoff(lambda wait_ms: None, lambda wait_ms: 0), SimulatedConnection(counted))
