"""Operations: what did a party do under an id, and what does it say when asked again?

A refund, a top-up, a closure and a payout are the same thing to whoever carries them
out: an id of the caller, done at most once, told alike for ever after.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

from local.counterparties import scripts
from local.counterparties.answers import NoAnswer, Refused
from local.counterparties.storage import Storage, now_ms

Check = Callable[[sqlite3.Connection], str]  # the reason why it cannot be done, or ""


class Wanted(NamedTuple):
    """An operation that somebody asks for. `account` is what scripts match; only its digest is kept."""

    party: str
    operation_id: str
    subject: str
    amount_fen: int
    account: str = ""

    @property
    def digest(self) -> str:
        return digest_of("|".join((self.subject, str(self.amount_fen), self.account)))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def perform(storage: Storage, wanted: Wanted, check: Check) -> dict[str, Any]:
    """Do it once. Raises: Refused 409 when the id stands for something else; NoAnswer by script."""
    with storage.transaction() as connection:
        known = _found(connection, wanted.party, wanted.operation_id)
        if known is not None:
            if known["digest"] != wanted.digest:
                raise Refused(409, "ID_REUSED")
            return presented(known)
        behaviour = scripts.take(
            connection, wanted.party, wanted.operation_id, wanted.account, wanted.amount_fen
        )
        if behaviour.answer != "dropped":
            _record(connection, wanted, behaviour, check(connection))
    if behaviour.answer != "normal":  # said after the commit: what is done stays done
        raise NoAnswer(behaviour.silence_ms)
    return queried(storage, wanted.party, wanted.operation_id)


def queried(storage: Storage, party: str, operation_id: str) -> dict[str, Any]:
    """What became of it. Raises: Refused 404 when it never arrived."""
    known = storage.row("SELECT * FROM operations WHERE party = ? AND operation_id = ?", party, operation_id)
    if known is None:
        raise Refused(404, "NOT_RECEIVED")
    return presented(known)


def presented(operation: sqlite3.Row) -> dict[str, Any]:
    state = current_state(operation)
    return {
        "id": operation["operation_id"],
        "external_id": operation["external_id"],
        "amount_fen": operation["amount_fen"],
        "state": state,
        "reason": operation["reason"] if state in ("FAILED", "RETURNED") else "",
        "at": settled_at(operation),
    }


def current_state(operation: sqlite3.Row) -> str:
    over = operation["later"] and now_ms() >= operation["later_at"]
    return str(operation["later"] if over else operation["state"])


def settled_at(operation: sqlite3.Row) -> int:
    over = operation["later"] and now_ms() >= operation["later_at"]
    return int(operation["later_at"] if over else operation["created_at"])


def _found(connection: sqlite3.Connection, party: str, operation_id: str) -> Any:
    return connection.execute(
        "SELECT * FROM operations WHERE party = ? AND operation_id = ?", (party, operation_id)
    ).fetchone()


def _record(
    connection: sqlite3.Connection, wanted: Wanted, behaviour: scripts.Behaviour, refusal: str
) -> None:
    """What cannot be done fails, whatever the script says."""
    now = now_ms()
    state, later = ("FAILED", "") if refusal else (behaviour.state, behaviour.later)
    connection.execute(
        "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            wanted.party,
            wanted.operation_id,
            f"{wanted.party[:2].upper()}{secrets.token_hex(10)}",
            wanted.subject,
            wanted.amount_fen,
            wanted.digest,
            state,
            refusal or behaviour.reason,
            later,
            now + behaviour.delay_ms,
            now,
        ),
    )
