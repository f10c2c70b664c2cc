"""Touched items: which items of which table did an operation change, by its record alone?

The archive keeps every record by the hour, so it is also the list of what was changed
in a range of time: no table has to be read through for it.
"""

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH, customer_id_of
from chalicelib.domain.ledger import movements
from chalicelib.domain.record import canonical, from_body

Key = tuple[str, str]

# Records that stand in an edge of the tree and not in the journal; the archive holds both.
OF_EDGES = frozenset({"distributor.join"})

_PERSON = rf"[{KEY_ALPHABET}]{{{KEY_LENGTH}}}"
_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_ORDER = re.compile(rf"\bord_({_PERSON})({_ULID})")
_COMMISSION = re.compile(rf"\bcme_({_ULID})_({_PERSON})_")
_CARD = re.compile(r"\bcrd_[0-9A-Za-z]+")


def touched(table: str, body: Mapping[str, Any]) -> set[Key]:
    """The keys of the items of a table (orders, journal, accounts, cards) that a record names."""
    text = canonical(body).decode()
    if table == "journal":
        if body["action"] in OF_EDGES:
            return set()
        partition, _, entry_id = str(body["id"]).partition("/")
        return {(partition, entry_id)}
    if table == "orders":
        pairs = _ORDER.findall(text) + [(person, ulid) for ulid, person in _COMMISSION.findall(text)]
        return {(customer_id_of(f"ord_{person}"), f"ord_{person}{ulid}") for person, ulid in pairs}
    guards = movements(from_body(body))
    if table == "cards":
        return {(card_id, "") for card_id in _CARD.findall(text)}
    if table == "accounts":
        return {_account_key(guard.kind, guard.owner) for guard in guards if guard.kind != "card"}
    raise ValueError(f"nobody replays the table {table}")


def _account_key(kind: str, owner: str) -> Key:
    if kind == "account":
        return owner, "main"
    distributor_id, _, day = owner.partition(":")
    return distributor_id, f"frozen#{day}"


def named(table: str, any_id: str) -> Key | None:
    """The key that an id names by itself; None where it names none of this table, or more than one."""
    if table == "orders" and any_id.startswith("ord_"):
        return customer_id_of(any_id), any_id
    if table == "cards" and any_id.startswith("crd_"):
        return any_id, ""
    if table == "journal" and "/" in any_id:
        partition, _, entry_id = any_id.partition("/")
        return partition, entry_id
    return None
