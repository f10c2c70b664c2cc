"""The issuer and the payout party: was this card loaded, closed, this distributor paid?"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from local.counterparties import operations
from local.counterparties.answers import Refused, amount_of, text_of
from local.counterparties.operations import Wanted, digest_of
from local.counterparties.storage import Storage


def top_up(storage: Storage, document: Mapping[str, Any]) -> dict[str, Any]:
    """The oil company loads a card. A closed card fails."""
    card = text_of(document, "card_number")
    wanted = Wanted("issuer", text_of(document, "operation_id"), digest_of(card), amount_of(document), card)
    return operations.perform(
        storage, wanted, lambda connection: "CARD_CLOSED" if _is_closed(connection, wanted.subject) else ""
    )


def close_unused(storage: Storage, document: Mapping[str, Any]) -> dict[str, Any]:
    """The oil company closes a card that nobody ever used; a used or closed one fails."""
    card = text_of(document, "card_number")
    wanted = Wanted("closure", text_of(document, "operation_id"), digest_of(card), 0, card)

    def check(connection: sqlite3.Connection) -> str:
        if _is_closed(connection, wanted.subject):
            return "CARD_CLOSED"
        return "CARD_USED" if _is_used(connection, wanted.subject) else ""

    return operations.perform(storage, wanted, check)


def issuer_query(storage: Storage, operation_id: str) -> dict[str, Any]:
    """What became of a top-up or a closure. Raises: Refused 404."""
    try:
        return operations.queried(storage, "issuer", operation_id)
    except Refused:
        return operations.queried(storage, "closure", operation_id)


def use_card(storage: Storage, document: Mapping[str, Any]) -> None:
    """Somebody fuels with this card at the oil company's own pump. Raises: Refused 409 when it is closed."""
    card = digest_of(text_of(document, "card_number"))
    with storage.transaction() as connection:
        if _is_closed(connection, card):
            raise Refused(409, "CARD_CLOSED")
        connection.execute("INSERT INTO used_cards VALUES (?) ON CONFLICT DO NOTHING", (card,))


def pay_out(storage: Storage, document: Mapping[str, Any]) -> dict[str, Any]:
    """The bank pays a distributor; who that is is not kept."""
    payee = document.get("payee")
    if not isinstance(payee, dict) or not all(isinstance(value, str) for value in payee.values()):
        raise Refused(400, "PAYEE_INVALID")
    account = text_of(payee, "account")
    wanted = Wanted("payout", text_of(document, "payout_id"), "", amount_of(document), account)
    return operations.perform(storage, wanted, lambda _: "")


def _is_closed(connection: sqlite3.Connection, card: str) -> bool:
    closures = connection.execute(
        "SELECT * FROM operations WHERE party = 'closure' AND subject = ?", (card,)
    ).fetchall()
    return any(operations.current_state(closure) != "FAILED" for closure in closures)


def _is_used(connection: sqlite3.Connection, card: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM used_cards WHERE card_digest = ?", (card,)).fetchone())
