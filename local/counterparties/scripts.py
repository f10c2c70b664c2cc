"""Scripts: how shall a party behave the next time somebody asks it for something?

Without a script every party does at once what it is asked. A script says otherwise
for the next `times` requests (0: for ever) that match it, the newest script first:

    party        payment | refund | issuer | closure | payout
    reference    the id of the operation or order; empty: any
    ends_with    what the card number or the payee's account ends with; empty: any
    amount_fen   exactly this amount; 0: any
    state        what the party decides: SUCCEEDED, SUCCEEDED_PENDING_LOAD, FAILED, PENDING
    later        what a query says after `delay_seconds`: SUCCEEDED, FAILED, RETURNED …
    answer       normal; lost: it is done and nobody hears of it; dropped: it never arrived
    silence_seconds  how long a lost answer keeps the caller waiting
"""

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from local.counterparties.answers import Refused, ms_of, text_of, whole_of
from local.counterparties.storage import Storage

STATES = {
    "payment": ("SUCCEEDED",),
    "refund": ("SUCCEEDED", "FAILED", "PENDING"),
    "issuer": ("SUCCEEDED", "SUCCEEDED_PENDING_LOAD", "FAILED", "PENDING"),
    "closure": ("SUCCEEDED", "FAILED", "PENDING"),
    "payout": ("SUCCEEDED", "FAILED", "PENDING", "RETURNED"),
}
ANSWERS = ("normal", "lost", "dropped")


class Behaviour(NamedTuple):
    """What a party does with one request."""

    state: str = "SUCCEEDED"
    reason: str = ""
    answer: str = "normal"
    later: str = ""
    delay_ms: int = 0
    silence_ms: int = 0


def add(storage: Storage, document: Mapping[str, Any]) -> None:
    """Remember a script. Raises: Refused when it makes no sense."""
    party = text_of(document, "party")
    state, later = text_of(document, "state", "SUCCEEDED"), text_of(document, "later", "")
    answer = text_of(document, "answer", "normal")
    states = STATES.get(party, ())
    if state not in states or answer not in ANSWERS or (later and later not in states):
        raise Refused(400, "SCRIPT_INVALID")
    values = (
        party,
        text_of(document, "reference", ""),
        text_of(document, "ends_with", ""),
        whole_of(document, "amount_fen"),
        state,
        text_of(document, "reason", "SCRIPTED" if "FAILED" in (state, later) else ""),
        answer,
        later,
        ms_of(document, "delay_seconds"),
        ms_of(document, "silence_seconds"),
        whole_of(document, "times", 1) or -1,
    )
    with storage.transaction() as connection:
        connection.execute("INSERT INTO scripts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def take(
    connection: sqlite3.Connection, party: str, reference: str, subject: str, amount_fen: int
) -> Behaviour:
    """The behaviour for one request; a script that has a number of times loses one."""
    script = connection.execute(
        "SELECT * FROM scripts WHERE party = ? AND times_left != 0 AND reference IN ('', ?)"
        " AND (ends_with = '' OR substr(?, -length(ends_with)) = ends_with) AND amount_fen IN (0, ?)"
        " ORDER BY id DESC LIMIT 1",
        (party, reference, subject, amount_fen),
    ).fetchone()
    if script is None:
        return Behaviour()
    connection.execute(
        "UPDATE scripts SET times_left = times_left - 1 WHERE id = ? AND times_left > 0", (script["id"],)
    )
    return Behaviour(*(script[name] for name in Behaviour._fields))


def forget(storage: Storage) -> None:
    """From now on every party does at once what it is asked."""
    with storage.transaction() as connection:
        connection.execute("DELETE FROM scripts")
        connection.execute("DELETE FROM bill_faults")
