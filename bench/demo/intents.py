"""Intents: what was the demo about to ask for, under which key, and what was it told?

As a careful client does, each wish is on disk before it is sent, and its answer
after. A demo that was cut short goes on with the same keys: what was answered is
not asked again, what was not is asked again as the same operation.
"""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ulid import ULID


class IntentsUnfit(Exception):
    """The file is not one of ours, or of another day; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish. `name` says what it is in the story of the day."""

    name: str
    key: str
    who: str
    method: str
    path: str
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said in the end."""

    status: int
    body: Mapping[str, Any]

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The refusal's code, or "" when it was done."""
        return "" if self.is_done else str(self.body.get("code", self.status))


@dataclass
class Intents:
    """The wishes of one day. `header` tells the day from every other."""

    header: dict[str, Any]
    wishes: dict[str, Intent] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    _file: IO[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def kept(cls, path: Path | None, header: dict[str, Any]) -> "Intents":
        """Those of the file, whose header then counts; a new file begins with this header.

        Raises: IntentsUnfit.
        """
        if path is None:
            return cls(header)
        if path.exists():
            intents = cls._read(path)
            _drop_torn_end(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            intents = cls(header)
            path.write_text(json.dumps(header) + "\n")
        intents._file = path.open("a")
        return intents

    @classmethod
    def _read(cls, path: Path) -> "Intents":
        whole = path.read_text().rpartition("\n")[0]
        try:
            header, *lines = (json.loads(line) for line in whole.splitlines())
            intents = cls(dict(header))
            assert header["demo"] == 1
            for line in lines:
                intents._take(line)
        except (ValueError, KeyError, TypeError, AssertionError):
            raise IntentsUnfit(f"{path} holds no intents of a demo day") from None
        return intents

    def _take(self, line: Mapping[str, Any]) -> None:
        if "key" in line:
            self.wishes[line["name"]] = Intent(**line)
        else:
            self.answers[line["name"]] = Answer(line["status"], line["body"])

    def wish(self, name: str, who: str, method: str, path: str, body: Mapping[str, Any] | None) -> Intent:
        """The intent of this name, new or known; on disk before this returns."""
        with self._lock:
            known = self.wishes.get(name)
            if known is not None:
                assert (known.method, known.path) == (method, path), f"{name} was another wish before"
                return known
            intent = Intent(name, str(ULID()), who, method, path, body)
            self.wishes[name] = intent
            self._write({slot: getattr(intent, slot) for slot in Intent.__slots__})
            return intent

    def answered(self, name: str, answer: Answer) -> None:
        """Keep the answer."""
        with self._lock:
            self.answers[name] = answer
            self._write({"name": name, "status": answer.status, "body": dict(answer.body)})

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()


def _drop_torn_end(path: Path) -> None:
    """A line that a killed process did not finish is nothing that was sent."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(path, len(whole))
