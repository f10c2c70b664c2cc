"""The store on simulated tables: how does a test get the shipped store without an engine?"""

from chalicelib.store.backoff import Backoff
from chalicelib.store.dynamo import Dynamo
from tests.simulation.connection import Call, SimulatedConnection
from tests.simulation.tables import Tables

TABLES = {
    name: f"simulated-{name}"
    for name in "accounts cards catalog edges journal orders people stock views work".split()
}


def new_tables() -> Tables:
    """Every table of the store, empty; time stands still."""
    return Tables({name: short != "cards" for short, name in TABLES.items()}, clock_ms=lambda: 0)


def store_on(call: Call) -> Dynamo:
    """The store whose calls end in `call`; it never really waits."""
    return Dynamo(TABLES, Backoff(lambda wait_ms: None, lambda wait_ms: 0), SimulatedConnection(call))
