"""The gates: which counts may never be exceeded, whatever the golden file says?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.counts.measure import Counted

ITEM_BYTES_MAX = 1024

P = "virtual card from a card account (P)"
P_AGAIN = "P replayed"
PAYMENT_AGAIN = "virtual card for a channel: payment heard again"
COMMISSION_AGAIN = "commission of two levels again"
WITHDRAWAL_AGAIN = "withdrawal: request replayed"
# A repetition makes at most one transaction, which fails, and one read; and it changes no item.
REPETITIONS = (P_AGAIN, PAYMENT_AGAIN, COMMISSION_AGAIN, WITHDRAWAL_AGAIN)
BALANCE_READ = "balance of a promoter, as the API reads it"


@dataclass(frozen=True)
class Gate:
    """A sum over operations that has a limit."""

    measure: str
    of: Callable[[Counted], float]
    limit: float
    operations: tuple[str, ...]


def trips(counted: Counted) -> float:
    return counted.round_trips


def writes(counted: Counted) -> float:
    return counted.write_units


def reads(counted: Counted) -> float:
    return counted.read_units


def shared_writes(counted: Counted) -> float:
    return counted.shared_writes


def transactions(counted: Counted) -> float:
    return counted.calls.get("dynamodb.TransactWriteItems", 0)


def calls_that_read(counted: Counted) -> float:
    return counted.round_trips - transactions(counted)


GATES: tuple[Gate, ...] = (
    Gate("round trips of P", trips, 2, (P,)),
    Gate("write units of P", writes, 8, (P,)),
    Gate("read units of P", reads, 1, (P,)),
    Gate("items that P writes and another P writes too", shared_writes, 0, (P,)),
    Gate("write units of two commission levels", writes, 8, ("commission of two levels",)),
    Gate("read units in the fan-out of an order", reads, 1, ("commission of two levels",)),
    Gate("transactions of a replayed P", transactions, 1, (P_AGAIN,)),
    Gate("reads of a replayed P", calls_that_read, 1, (P_AGAIN,)),
    Gate("transactions of a payment heard again", transactions, 1, (PAYMENT_AGAIN,)),
    Gate("reads of a payment heard again", calls_that_read, 1, (PAYMENT_AGAIN,)),
    Gate("transactions of a commission heard again, one a level", transactions, 2, (COMMISSION_AGAIN,)),
    Gate("reads of a commission heard again", calls_that_read, 1, (COMMISSION_AGAIN,)),
    Gate("transactions of a replayed withdrawal request", transactions, 1, (WITHDRAWAL_AGAIN,)),
    Gate("reads of a replayed withdrawal request", calls_that_read, 1, (WITHDRAWAL_AGAIN,)),
    Gate("transactions of a P that lost its race", transactions, 1, ("P refused: balance gone",)),
    Gate("reads of a P that lost its race", calls_that_read, 1, ("P refused: balance gone",)),
    Gate("round trips of joining", trips, 2, ("joining a tree",)),
    Gate("write units of joining", writes, 4, ("joining a tree",)),
    Gate("round trips of a promoter's balance", trips, 1, ("balance of a promoter",)),
    Gate("round trips of a promoter's balance, as the API reads it", trips, 2, (BALANCE_READ,)),
    Gate("read units of a promoter's balance, as the API reads it", reads, 3, (BALANCE_READ,)),
    Gate("round trips of a card's balance", trips, 1, ("balance of a card",)),
    Gate("write units of a top-up", writes, 7, ("top-up: order", "top-up: payment heard")),
    Gate("write units of a stock card from a card account", writes, 9, ("stock card from a card account",)),
    Gate(
        "write units of a withdrawal's request and approval",
        writes,
        7,
        ("withdrawal: request", "withdrawal: approval"),
    ),
)


def broken_gates(counts: Iterable[Counted]) -> list[str]:
    """One sentence for each gate that does not hold, and for each item that is too large."""
    by_name: Mapping[str, Counted] = {counted.name: counted for counted in counts}
    broken = []
    for gate in GATES:
        found = sum(gate.of(by_name[name]) for name in gate.operations)
        if found > gate.limit:
            broken.append(f"{gate.measure}: {found:g}, at most {gate.limit:g} are allowed")
    large = [counted for counted in by_name.values() if counted.bytes_max >= ITEM_BYTES_MAX]
    return broken + [f"{one.name}: an item of {one.bytes_max} bytes costs a second unit" for one in large]
