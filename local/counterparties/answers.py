"""Answers: what can a counterparty say, and how does it say nothing?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AMOUNT_FEN_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request is not carried out: a status and a stable code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class NoAnswer(Exception):
    """Say nothing: keep silent for a while, then hang up."""

    def __init__(self, silence_ms: int) -> None:
        super().__init__("no answer")
        self.silence_ms = silence_ms


def json_answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document, ensure_ascii=False).encode())


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object of a request. Raises: Refused."""
    try:
        document = json.loads(body)
    except ValueError:
        raise Refused(400, "JSON_INVALID") from None
    if not isinstance(document, dict):
        raise Refused(400, "JSON_INVALID")
    return document


def text_of(document: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text of a request; without a default it must be there. Raises: Refused."""
    found = document.get(name, default)
    if not isinstance(found, str) or (default is None and not found) or len(found) > 2000:
        raise Refused(400, f"{name.upper()}_INVALID")
    return found


def amount_of(document: Mapping[str, Any], name: str = "amount_fen") -> int:
    """A whole positive amount of a request, in fen. Raises: Refused."""
    found = document.get(name)
    if type(found) is not int or not 0 < found <= AMOUNT_FEN_MAX:
        raise Refused(422, "AMOUNT_INVALID")
    return found


def whole_of(document: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A whole number of a request that is not negative. Raises: Refused."""
    found = document.get(name, default)
    if type(found) is not int or found < 0:
        raise Refused(400, f"{name.upper()}_INVALID")
    return found


def ms_of(document: Mapping[str, Any], name: str) -> int:
    """Seconds of a request, fractions allowed, as milliseconds. Raises: Refused."""
    found = document.get(name, 0)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 86_400:
        raise Refused(400, f"{name.upper()}_INVALID")
    return int(found * 1000)
