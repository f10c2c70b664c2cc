"""Faults: what may happen to a call, and who decides that it does?

    REFUSED       the answer is a throttle or an internal error; nothing was done
    CONFLICT      another transaction was on the same item; nothing was done
    LOST          the answer never comes; nothing was done
    LOST_AFTER    the answer never comes; it was done
    LATE          the answer never comes, and what was asked is done later, perhaps after the next try
    CRASH         the caller dies; nothing was done
    CRASH_AFTER   the caller dies; it was done
    STALE         a read that need not be consistent sees what was there before
    PARTIAL       a batch does a part and gives the rest back

By chance, each is decided from the seed, the task and the number of its call alone;
a list names the very calls to hit, which is how failures are shrunk and how every
single fault is tried by turns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.scheduler import Task, draw


class Fault(StrEnum):
    """One thing that goes wrong with one call."""

    REFUSED = "refused"
    CONFLICT = "conflict"
    LOST = "lost"
    LOST_AFTER = "lost_after"
    LATE = "late"
    CRASH = "crash"
    CRASH_AFTER = "crash_after"
    STALE = "stale"
    PARTIAL = "partial"


READS = frozenset({"GetItem", "Query", "BatchGetItem", "Scan"})
BATCHES = frozenset({"BatchGetItem", "BatchWriteItem"})
CONFLICTING = frozenset({"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"})
_ALWAYS = frozenset({Fault.REFUSED, Fault.LOST, Fault.CRASH, Fault.CRASH_AFTER})
_ON_WRITES = frozenset({Fault.LOST_AFTER, Fault.LATE})

Place = tuple[str, int]  # a task's name, and which of its calls


def possible(call: str, arguments: Mapping[str, Any]) -> frozenset[Fault]:
    """What can happen to a call. A call to somebody outside can only be lost, or its caller die."""
    if "." in call:
        return _ALWAYS | _ON_WRITES
    found = _ALWAYS
    if call not in READS:
        found |= _ON_WRITES
    elif not is_consistent(call, arguments):
        found |= {Fault.STALE}
    if call in CONFLICTING:
        found |= {Fault.CONFLICT}
    return found | {Fault.PARTIAL} if call in BATCHES else found


def is_consistent(call: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a read has to see every write before it."""
    if call == "BatchGetItem":
        return all(asked.get("ConsistentRead") for asked in arguments["RequestItems"].values())
    return bool(arguments.get("ConsistentRead"))


class Faults(Protocol):
    """Who decides. `number` counts the calls of a task from 1."""

    def decide(self, task: Task, number: int, call: str, arguments: Mapping[str, Any]) -> Fault | None: ...


@dataclass
class NoFaults:
    """Everything goes well."""

    def decide(self, task: Task, number: int, call: str, arguments: Mapping[str, Any]) -> Fault | None:
        return None


@dataclass(frozen=True)
class ChanceFaults:
    """So many of 10,000 calls are hit, by one of `kinds` that can happen to them."""

    rate: int
    kinds: tuple[Fault, ...]

    def decide(self, task: Task, number: int, call: str, arguments: Mapping[str, Any]) -> Fault | None:
        bits = draw(task.base, number)
        if not self.kinds or (bits >> 20) % 10_000 >= self.rate:
            return None
        fault = self.kinds[(bits >> 40) % len(self.kinds)]
        return fault if fault in possible(call, arguments) else None


@dataclass
class ListedFaults:
    """Exactly these calls are hit."""

    places: Mapping[Place, Fault] = field(default_factory=dict)

    def decide(self, task: Task, number: int, call: str, arguments: Mapping[str, Any]) -> Fault | None:
        return self.places.get((task.name, number))


# ---------------------------------------------------------------- what the caller sees


def lost() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://dynamodb.simulated")


def refused(call: str, bits: int) -> ClientError:
    """A throttle or an internal error."""
    code = ("ThrottlingException", "InternalServerError", "ProvisionedThroughputExceededException")[bits % 3]
    return _error(call, code, {})


def conflict(call: str, arguments: Mapping[str, Any], bits: int) -> ClientError:
    """Another transaction is on an item: of a single write by name, of several as the reason of one."""
    if call != "TransactWriteItems":
        return _error(call, "TransactionConflictException", {})
    count = len(arguments["TransactItems"])
    reasons: list[dict[str, Any]] = [{"Code": "None"} for _ in range(count)]
    reasons[bits % count] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _error(call, "TransactionCanceledException", {"CancellationReasons": reasons})


def _error(call: str, code: str, more: dict[str, Any]) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": f"simulated {code}"}, "ResponseMetadata": {}, **more}
    return ClientError(answer, call)
