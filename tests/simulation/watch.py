"""The watch: what must hold of every single write, and which exceptions may nobody ever see?"""

import json
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.errors import Refusal
from chalicelib.handlers.stream_batch import EarlierChangeFailed
from tests.simulation.scheduler import Crash
from tests.simulation.table import Change

COLUMNS = ("available_fen", "held_fen", "owed_fen", "frozen_fen", "balance_fen", "left_fen")
VERSIONED = frozenset({"accounts", "cards", "orders"})
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__)
LOGGERS = ("chalicelib", "forecourt")


class Poison(RuntimeError):
    """A record at which its reader fails each time."""


EXPECTED = (Refusal, EarlierChangeFailed, Crash, Poison)


@dataclass
class Complaints:
    """What was logged or raised that is no answer of the trade: a bug of ours."""

    found: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    say: Callable[[str], None] = field(default=lambda line: None)  # told each line, whatever its level

    def raised(self, where: str, error: BaseException | None) -> None:
        if error is None:
            return
        self.counts[type(error).__name__] += 1
        if not isinstance(error, EXPECTED):
            self.found.append(f"{where}: {''.join(traceback.format_exception(error)[-4:])}")

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to the product's loggers, and keep them quiet otherwise."""
        ear = _Ear(self)
        before = {}
        for name in LOGGERS:
            logger = logging.getLogger(name)
            before[name] = (logger.handlers, logger.propagate, logger.level)
            logger.handlers, logger.propagate = [ear], False
            logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            for name, (handlers, propagate, level) in before.items():
                logger = logging.getLogger(name)
                logger.handlers, logger.propagate = handlers, propagate
                logger.setLevel(level)


class _Ear(logging.Handler):
    def __init__(self, complaints: Complaints) -> None:
        super().__init__(logging.INFO)
        self.complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        told = {name: record.__dict__[name] for name in sorted(record.__dict__.keys() - _PLAIN)}
        line = f"{record.getMessage()}: {told}"
        error = record.exc_info[1] if record.exc_info else None
        self.complaints.say(line + "".join(_texts(error)))
        if error is not None:
            self.complaints.raised(str(record.msg), error)
        elif record.levelno >= logging.ERROR:
            self.complaints.found.append(line)


def _texts(error: BaseException | None) -> Iterator[str]:
    """What the log says of an exception and of those behind it; the lines of code between are no news."""
    while error is not None:
        yield f" {type(error).__name__}: {error}"
        error = error.__cause__ or error.__context__


@dataclass
class Watch:
    """The cheap invariants, at each write: (1), (2), (4), (5) and (9) of the list."""

    broken: list[str] = field(default_factory=list)

    def see(self, change: Change, place: str) -> None:
        old, new = change.old_image, change.new_image
        if change.table == "journal":
            self._journal(place, old, new)
            return
        if new is None:
            return
        for column in COLUMNS:
            if column in new and new[column].get("N", "0").startswith("-"):
                self.broken.append(f"{place}: {column} is {new[column]['N']}")
        if change.table in VERSIONED:
            self._version(place, old, new)

    def _journal(self, place: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> None:
        if old is not None or new is None:
            self.broken.append(f"{place}: a record of the journal was changed")
            return
        lines = json.loads(new["body"]["S"]).get("lines", [])
        if sum(fen for _, fen in lines) != 0:
            self.broken.append(f"{place}: {lines} do not balance")

    def _version(self, place: str, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
        before = int(old["version"]["N"]) if old and "version" in old else 0
        after = int(new["version"]["N"]) if "version" in new else 0
        if after != before + 1 and (old is not None or after > 1):
            self.broken.append(f"{place}: version {before} was followed by {after}")
        if "cap_fen" in new and int(new.get("balance_fen", {"N": "0"})["N"]) > int(new["cap_fen"]["N"]):
            self.broken.append(f"{place}: {new['balance_fen']} is above {new['cap_fen']}")
