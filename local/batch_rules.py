"""The batch rules: what becomes of a batch of stream records after its function answered?

Lambda's rules for streams, as values; nothing here reads or writes.

    answer                          bisect on                     bisect off
    success                         done                          done
    some failed, lowest is not      records before it are done;   the same, and one retry
      the first                     the rest comes again, free    is used up
    all failed, more than one       two halves, free              again, one retry used up
    all failed, one record          again, one retry used up      again, one retry used up
    retries used up                 the batch is given up         the batch is given up
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

Record = Mapping[str, Any]


class Limits(Protocol):
    """What a mapping says about failures."""

    @property
    def bisects(self) -> bool: ...
    @property
    def retries_max(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in stream order that are handed over together, and how often they were already retried."""

    records: tuple[Record, ...]
    retries: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: records that are done, batches still to do in order, and one that is given up."""

    done: tuple[Record, ...] = ()
    again: tuple[Batch, ...] = ()
    given_up: Batch | None = None


def sequence_number(record: Record) -> str:
    """A record's place in its stream."""
    return str(record["dynamodb"]["SequenceNumber"])


def failed_from(records: tuple[Record, ...], answer: Any) -> int:
    """The index of the lowest failed record by the function's answer; len(records) when none failed.

    An answer that names a record which is not in the batch, or none, fails the whole batch.
    """
    if not answer:
        return len(records)
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures is None:
        return len(records) if isinstance(answer, dict) else 0
    places = {sequence_number(record): index for index, record in enumerate(records)}
    try:
        named = [places[failure["itemIdentifier"]] for failure in failures]
    except (KeyError, TypeError):
        return 0
    return min(named, default=len(records))


def after(batch: Batch, lowest_failed: int, limits: Limits) -> Next:
    """What follows a call whose records from `lowest_failed` on count as failed."""
    done, rest = batch.records[:lowest_failed], batch.records[lowest_failed:]
    called = replace(batch, records=rest, calls=batch.calls + 1)
    if not rest:
        return Next(done=done)
    if limits.bisects and done:
        return Next(done=done, again=(called,))
    if limits.bisects and len(rest) > 1:
        middle = len(rest) // 2
        halves = (replace(called, records=rest[:middle]), replace(called, records=rest[middle:]))
        return Next(again=halves)
    if limits.retries_max is not None and batch.retries >= limits.retries_max:
        return Next(done=done, given_up=called)
    return Next(done=done, again=(replace(called, retries=batch.retries + 1),))
