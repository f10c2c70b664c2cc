"""Changes: what may one transaction consist of, and under which conditions?

Use cases say what they want as values of these types; the store turns them into
conditional writes. Money is in none of them: it comes from the record alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.card import Card, CardChange
from chalicelib.domain.order import Order


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Put an order that must not exist yet."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """Replace an order that must still have the version it was read with (`order.version`)."""

    order: Order


@dataclass(frozen=True, slots=True)
class NewCard:
    """Put a card whose number must not exist yet; its balance comes from the record."""

    card: Card


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Let a record touch a distributor's account. `owed_fen`: the debt must still be exactly this.

    `set_values` are plain attributes (tax position …) written with `expected`
    values of the same attributes as condition (absent = None).
    """

    distributor_id: str
    owed_fen: int | None = None
    set_values: Mapping[str, Any] | None = None
    expected: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PotChange:
    """Let a record touch the frozen commission of one release day (`YYYYMMDD`) or the risk pot.

    `taken`: nothing was taken out since the pot was read with this count; what came in
    meanwhile does no harm. A record that moves nothing here has only that looked at.
    `frozen_fen`: the pot must hold exactly this, all of which is released: what comes after
    is its next filling. `filling`: what is put in belongs to this one.
    """

    distributor_id: str
    day: str
    frozen_fen: int | None = None
    taken: int | None = None
    filling: int | None = None


@dataclass(frozen=True, slots=True)
class NewDocument:
    """Put a plain item that must not exist yet."""

    table: str
    pk: str
    sk: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """Set attributes of a plain item under a condition on some of its attributes.

    `expected`: name -> value it must have now (None: absent). `at_least`: name ->
    amount that a number must still have before `add` lowers it. A change that sets and adds
    nothing only looks whether its condition holds.
    """

    table: str
    pk: str
    sk: str
    set_values: Mapping[str, Any]
    expected: Mapping[str, Any]
    add: Mapping[str, int] | None = None
    at_least: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class DocumentGone:
    """Delete a plain item: whether or not it is there, or only while it holds the `expected` values."""

    table: str
    pk: str
    sk: str
    expected: Mapping[str, Any] | None = None


Change = (
    NewOrder
    | OrderMoved
    | NewCard
    | CardChange
    | AccountChange
    | PotChange
    | NewDocument
    | DocumentChange
    | DocumentGone
)


class Replayed(Exception):
    """This operation key was used before: nothing was written now.

    `order`: what that operation made, where it was an order; nobody need read it again.
    """

    def __init__(
        self, request_hash: str, body: Mapping[str, Any] | None = None, order: Order | None = None
    ) -> None:
        super().__init__("replayed")
        self.request_hash = request_hash
        self.body = body or {}
        self.order = order


class Stale(Exception):
    """Something read has moved on: read again and decide again."""
