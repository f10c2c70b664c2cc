"""The payment channel: who paid what, and what went back?

    PENDING -> SUCCEEDED | CANCELLED        by the customer on the pay page
    PENDING -> EXPIRED                      when `expires_at` is over; nobody can pay then

The merchant's reference names a payment: asked twice, it is the same payment. Money
that was paid stays true whatever happens to the callbacks that tell about it.
"""

import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from local.counterparties import callbacks, operations, scripts
from local.counterparties.answers import NoAnswer, Refused, amount_of, text_of, whole_of
from local.counterparties.operations import Wanted
from local.counterparties.storage import Storage, now_ms

LOOPBACK = ("127.0.0.1", "localhost")


def create(storage: Storage, document: Mapping[str, Any]) -> sqlite3.Row:
    """The payment of a reference, new or known. Raises: Refused 409 when its amount was another; NoAnswer."""
    reference, amount_fen = text_of(document, "reference"), amount_of(document)
    with storage.transaction() as connection:
        behaviour = scripts.take(connection, "payment", reference, "", amount_fen)
        if behaviour.answer != "dropped":
            connection.execute(
                "INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, 'PENDING', ?, 0) ON CONFLICT DO NOTHING",
                (
                    reference,
                    f"PY{secrets.token_hex(12)}",
                    amount_fen,
                    text_of(document, "title"),
                    _own_address(text_of(document, "notify_url")),
                    _own_address(text_of(document, "return_url", "")),
                    whole_of(document, "expires_at"),
                    now_ms(),
                ),
            )
    if behaviour.answer != "normal":
        raise NoAnswer(behaviour.silence_ms)
    payment = by_reference(storage, reference)
    if payment["amount_fen"] != amount_fen:
        raise Refused(409, "REFERENCE_USED")
    return payment


def by_reference(storage: Storage, reference: str) -> sqlite3.Row:
    """Raises: Refused 404."""
    return _known(storage.row("SELECT * FROM payments WHERE reference = ?", reference))


def by_id(storage: Storage, payment_id: str) -> sqlite3.Row:
    """Raises: Refused 404."""
    return _known(storage.row("SELECT * FROM payments WHERE payment_id = ?", payment_id))


def state_of(payment: sqlite3.Row) -> str:
    if payment["state"] == "PENDING" and now_ms() >= payment["expires_at"]:
        return "EXPIRED"
    return str(payment["state"])


def presented(payment: sqlite3.Row) -> dict[str, Any]:
    return {
        "reference": payment["reference"],
        "payment_id": payment["payment_id"],
        "amount_fen": payment["amount_fen"],
        "currency": "CNY",
        "state": state_of(payment),
        "at": payment["settled_at"],
    }


def settle(storage: Storage, payment_id: str, state: str, messages: list[callbacks.Message]) -> sqlite3.Row:
    """The customer pays or cancels, once; the callbacks that tell it become due in the same moment.

    Raises: Refused 409 with the state the payment is in.
    """
    now = now_ms()
    with storage.transaction() as connection:
        changed = connection.execute(
            "UPDATE payments SET state = ?, settled_at = ?"
            " WHERE payment_id = ? AND state = 'PENDING' AND expires_at > ?",
            (state, now, payment_id, now),
        ).rowcount
        if changed:
            callbacks.promise(connection, payment_id, messages, now)
    payment = by_id(storage, payment_id)
    if not changed:
        raise Refused(409, state_of(payment))
    return payment


def refund(storage: Storage, document: Mapping[str, Any]) -> dict[str, Any]:
    """Give back to the payer, once per refund id. Raises: Refused 422 above what was paid."""
    wanted = Wanted(
        "refund", text_of(document, "refund_id"), text_of(document, "reference"), amount_of(document)
    )
    payment_id = text_of(document, "payment_id")

    def check(connection: sqlite3.Connection) -> str:
        payment = connection.execute(
            "SELECT * FROM payments WHERE reference = ? AND payment_id = ? AND state = 'SUCCEEDED'",
            (wanted.subject, payment_id),
        ).fetchone()
        if payment is None:
            raise Refused(422, "NOT_PAID")
        earlier = connection.execute(
            "SELECT * FROM operations WHERE party = 'refund' AND subject = ?", (wanted.subject,)
        ).fetchall()
        refunded = sum(each["amount_fen"] for each in earlier if operations.current_state(each) != "FAILED")
        if refunded + wanted.amount_fen > payment["amount_fen"]:
            raise Refused(422, "REFUND_EXCEEDS_PAYMENT")
        return ""

    return operations.perform(storage, wanted, check)


def _known(payment: sqlite3.Row | None) -> sqlite3.Row:
    if payment is None:
        raise Refused(404, "NOT_RECEIVED")
    return payment


def _own_address(url: str) -> str:
    """An address of this machine: the sandbox speaks to nobody else. Raises: Refused."""
    if url and (urlsplit(url).scheme not in ("http", "https") or urlsplit(url).hostname not in LOOPBACK):
        raise Refused(422, "ADDRESS_NOT_LOCAL")
    return url
