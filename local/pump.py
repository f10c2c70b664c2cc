"""The stream pump: who hands the records of a table's stream to their function?

Lambda's event source mapping on one machine: in order, at least once, with the
rules of local/batch_rules. The position is kept after each batch that is done,
so that nothing is skipped and little is repeated after a kill.
"""

import logging
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from local import filters
from local.batch_rules import Batch, Next, Record, after, failed_from, sequence_number
from local.checkpoints import Checkpoints
from local.failure_destination import Destination
from local.telemetry import Tell, called, datum, untold
from local.wiring import StreamMapping

logger = logging.getLogger("forecourt.pump")

BACKOFF_SECONDS_FIRST = 0.2
BACKOFF_SECONDS_MAX = 30.0


class Reader(Protocol):
    """A stream that is read on and on."""

    def read(self, position: str | None, limit: int) -> Sequence[Record]: ...
    def rewind(self) -> None: ...


def utc_now() -> datetime:
    """The clock of one machine."""
    return datetime.now(UTC)


@dataclass(slots=True)
class StreamPump:
    """One mapping, one position, one batch at a time."""

    mapping: StreamMapping
    reader: Reader
    checkpoints: Checkpoints
    destination: Destination
    sleep: Callable[[float], None]
    clock: Callable[[], datetime] = utc_now
    tell: Tell = untold
    failures: list[str] = field(default_factory=list)  # one text a given-up batch
    _pending: deque[Batch] = field(default_factory=deque)
    _last_read: str | None = None

    def step(self) -> int:
        """Read once and see every record of that read through; returns how many records were read.

        Raises whatever the engine raises: the next step begins at the kept position again.
        """
        try:
            records = self._read()
            self._pending = deque(_batches(self._wanted(records), self.mapping.batch_size))
            while self._pending:
                self._handle(self._pending.popleft())
            if records:
                self.checkpoints.keep(self.mapping.name, sequence_number(records[-1]))
        except BaseException:
            self.reader.rewind()
            raise
        return len(records)

    def _read(self) -> list[Record]:
        """One batch's worth; with a window, wait that long for a batch to fill."""
        position = self.checkpoints.position(self.mapping.name)
        records = list(self.reader.read(position, self.mapping.batch_size))
        waited = 0.0
        while records and len(records) < self.mapping.batch_size and waited < self.mapping.window_seconds:
            self.sleep(0.1)
            waited += 0.1
            records += self.reader.read(position, self.mapping.batch_size - len(records))
        return records

    def _wanted(self, records: Sequence[Record]) -> list[Record]:
        return [record for record in records if filters.matches_any(self.mapping.patterns, record)]

    def _handle(self, batch: Batch) -> None:
        batch = self._without_aged(batch)
        if not batch.records:
            return
        if batch.retries:
            self.sleep(min(BACKOFF_SECONDS_FIRST * 2 ** (batch.retries - 1), BACKOFF_SECONDS_MAX))
        lowest_failed, error = self._call(batch)
        self._follow(after(batch, lowest_failed, self.mapping), error)

    def _call(self, batch: Batch) -> tuple[int, str]:
        """Call the function; the index of the lowest failed record, and what went wrong."""
        function = self.mapping.function
        age = max(self.clock().timestamp() - _created(batch.records[-1]), 0)
        reader = {"FunctionName": function.deployed_name}
        self.tell(datum("AWS/Lambda", "IteratorAge", reader, round(age * 1000)))
        try:
            with called(self.tell, function.deployed_name):
                answer = function.call({"Records": list(batch.records)}, str(uuid.uuid4()))
        except Exception:
            error = traceback.format_exc()
            logger.warning("%s failed on %d records: %s", self.mapping.name, len(batch.records), error)
            return 0, error
        if not self.mapping.reports_item_failures:
            return len(batch.records), ""
        return failed_from(batch.records, answer), f"the function reported failures: {answer}"

    def _follow(self, what: Next, error: str) -> None:
        if what.done:
            self.checkpoints.keep(self.mapping.name, sequence_number(what.done[-1]))
        self._pending.extendleft(reversed(what.again))
        if what.given_up:
            self._give_up(what.given_up, "RetryAttemptsExhausted", error)

    def _give_up(self, batch: Batch, condition: str, error: str) -> None:
        logger.error("%s gives up %d records: %s", self.mapping.name, len(batch.records), condition)
        self.destination.keep(self.mapping, batch, condition, error, self.clock())
        mapping = {"EventSourceMappingUUID": self.mapping.name}
        given_up = "OnFailureDestinationDeliveredEventCount"
        self.tell(datum("AWS/Lambda", given_up, mapping, len(batch.records)))
        self.checkpoints.keep(self.mapping.name, sequence_number(batch.records[-1]))
        self.failures.append(f"{self.mapping.function.name}: {condition}\n{error}")

    def _without_aged(self, batch: Batch) -> Batch:
        """Give up the records at the front that became too old; a stream is in order of age."""
        age_max = self.mapping.record_age_seconds_max
        if age_max is None:
            return batch
        oldest_allowed = self.clock().timestamp() - age_max
        aged = sum(1 for record in batch.records if _created(record) < oldest_allowed)
        if aged:
            self._give_up(Batch(batch.records[:aged], calls=batch.calls), "MaximumRecordAgeExceeded", "")
        return Batch(batch.records[aged:], batch.retries, batch.calls)


def _created(record: Mapping[str, Any]) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def _batches(records: Sequence[Record], size: int) -> list[Batch]:
    return [Batch(tuple(records[start : start + size])) for start in range(0, len(records), size)]
