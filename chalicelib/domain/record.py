"""Records: what was done, by whom, and which money moved?

One immutable item says everything about one operation. With `lines` it is a
journal entry of the double-entry ledger; without, an audit event. Because all
legs stand in one item, "debits equal credits" is a property of a single item,
checkable in every consumer, export and proof.

A record has two parts: what is archived and hashed for ever (ids, amounts, and
a salted commitment to the client's address), and `private`, the personal data
behind that commitment, which a deletion request may erase without breaking a hash.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]


class Line(NamedTuple):
    """One leg: debit positive, credit negative, in fen."""

    account: str
    amount_fen: int


class Client(NamedTuple):
    """Where a command came from. Personal data: kept beside a record, never inside.

    `address` is veiled: only the keys that veiled it can read it.
    `trace` is none: the id of the request, by which logs, journal and archive find each other.
    """

    address: str
    agent: str
    salt: str
    trace: str = ""

    @property
    def commitment(self) -> str:
        """A salted hash: proves the client to whoever holds the salt, tells nothing to others."""
        return hashlib.sha256(f"{self.salt}|{self.address}|{self.agent}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Record:
    """One operation. `partition` and `entry_id` are its key and its idempotency key."""

    partition: str
    entry_id: str
    action: str
    at: datetime
    actor: str
    about: Mapping[str, Plain] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    reason: str = ""
    request_hash: str = ""
    client: Client | None = None
    client_commitment: str = ""
    trace: str = ""

    @property
    def record_id(self) -> str:
        return f"{self.partition}/{self.entry_id}"

    def body(self) -> dict[str, Any]:
        """What is hashed and archived: plain JSON types, no personal data, empty fields left out."""
        body: dict[str, Any] = {
            "id": self.record_id,
            "action": self.action,
            "at": to_ms(self.at),
            "actor": self.actor,
            "about": dict(self.about),
            "lines": [list(line) for line in self.lines],
            "reason": self.reason,
            "request": self.request_hash,
            "client": self.client.commitment if self.client else self.client_commitment,
            "trace": self.client.trace if self.client else self.trace,
        }
        return {name: value for name, value in body.items() if value not in ("", [], {})}

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical body, hexadecimal."""
        return digest_of(self.body())


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted names, no blanks, UTF-8, whole numbers only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(value: Any) -> str:
    """SHA-256 over the canonical spelling, hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def from_body(body: Mapping[str, Any]) -> Record:
    """The record whose `body()` this is."""
    partition, _, entry_id = body["id"].partition("/")
    return Record(
        partition=partition,
        entry_id=entry_id,
        action=body["action"],
        at=from_ms(body["at"]),
        actor=body["actor"],
        about=body.get("about", {}),
        lines=tuple(Line(account, amount_fen) for account, amount_fen in body.get("lines", [])),
        reason=body.get("reason", ""),
        request_hash=body.get("request", ""),
        client_commitment=body.get("client", ""),
        trace=body.get("trace", ""),
    )
