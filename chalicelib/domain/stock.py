"""The stock: how is one card of many taken by exactly one of many buyers?

Cards lie in magazines of twenty, the magazines of one batch in a shelf. Taking a
card is one counting-up of one magazine: whoever made it n has the n-th card, and
nobody reads, compares or locks anything. A card that comes back lies singly and
is taken again by marking it.

Taking is a hint and the card is the truth: a sale happens on the condition that
the card is IN_STOCK. So the worst that a lost answer can do is to leave a card taken
and unsold, or open to be taken and sold; `verdict` tells either from sales that are under way.

Table `stock`, partition = SKU:

    shelf#<batch>               cards, first_open                     there: the batch is on sale
    magazine#<batch>#<number>   card_ids, size, next, suspects        next: how many were taken
    back#<card>                 claims, seen_at                       came back; claims > 0: taken again
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.card import CardState
from chalicelib.domain.change import NewDocument
from chalicelib.domain.errors import Unprocessable

TABLE = "stock"
SHELF = "shelf#"
MAGAZINE = "magazine#"
BACK = "back#"
SKUS = "skus"  # the partition that names every SKU that ever had stock

# A card id is 30 characters: a magazine stays below 1 KB, so that taking a card costs one unit.
MAGAZINE_CARDS_MAX = 20

# Buyers at once spread over so many magazines. More: fewer of them meet an empty one; fewer: less to read.
WINDOW_MAGAZINES = 16

# A sale from stock is done, or its order is reserved, within seconds of the taking.
LEAK_TERM = timedelta(minutes=20)


class OutOfStock(Unprocessable):
    """Every magazine is empty and no card has come back."""

    code = "OUT_OF_STOCK"
    advice = "Choose another product, or come back when the next batch is in stock."


class Shelf(NamedTuple):
    """The magazines of one committed batch. All magazines before `first_open` are empty."""

    sku_id: str
    batch_id: str
    cards: int
    first_open: int = 0

    @property
    def magazines(self) -> int:
        return -(-self.cards // MAGAZINE_CARDS_MAX)

    @property
    def window_end(self) -> int:
        """The first magazine that nobody can have touched yet."""
        return min(self.magazines, self.first_open + WINDOW_MAGAZINES)

    @property
    def is_last_window(self) -> bool:
        return self.window_end == self.magazines

    @property
    def untouched_cards(self) -> int:
        """The cards in the magazines from `window_end` on."""
        return max(0, self.cards - self.window_end * MAGAZINE_CARDS_MAX)


class Taken(NamedTuple):
    """A card that somebody took, and since when the sweep has seen it taken and still in stock.

    `lies_open`: it came back, and nobody has taken it since.
    """

    card_id: str
    seen_at: datetime | None = None
    lies_open: bool = False


class Place(NamedTuple):
    """Where cards were taken from. Nothing can be taken from a spent place any more.

    An empty shelf whose magazines are all gone is a spent place without cards.
    """

    sku_id: str
    key: str
    is_spent: bool
    taken: tuple[Taken, ...]


class Verdict(StrEnum):
    SETTLED = "SETTLED"  # sold, or gone from stock in another way: nothing is left to do
    WAITING = "WAITING"  # reserved for an order that will be paid or closed, or open to the next buyer
    SUSPECT = "SUSPECT"  # taken and in stock, seen for the first time: perhaps being sold this very moment
    UNDECIDED = "UNDECIDED"  # a suspect whose time is not over
    LEAKED = "LEAKED"  # whoever took it is gone: it goes back


def verdict(taken: Taken, state: str | None, now: datetime) -> Verdict:
    """What became of a taken card. `state`: None when there is no such card."""
    if state == CardState.RESERVED:
        return Verdict.WAITING
    if state != CardState.IN_STOCK:
        return Verdict.SETTLED
    if taken.lies_open:
        return Verdict.WAITING
    if taken.seen_at is None:
        return Verdict.SUSPECT
    return Verdict.LEAKED if now >= taken.seen_at + LEAK_TERM else Verdict.UNDECIDED


# ---------------------------------------------------------------- rows of the table


def shelf_key(batch_id: str) -> str:
    return f"{SHELF}{batch_id}"


def magazine_key(batch_id: str, number: int) -> str:
    return f"{MAGAZINE}{batch_id}#{number:05}"


def shelf_row(shelf: Shelf) -> NewDocument:
    """What puts a whole batch on sale at once: before it is there, nobody looks for the magazines."""
    values = {"batch_id": shelf.batch_id, "cards": shelf.cards, "first_open": shelf.first_open}
    return NewDocument(TABLE, shelf.sku_id, shelf_key(shelf.batch_id), values)


def magazine_rows(sku_id: str, batch_id: str, card_ids: Sequence[str]) -> Iterator[NewDocument]:
    """The magazines of a batch, all full but the last; the same keys whenever they are made."""
    for number, start in enumerate(range(0, len(card_ids), MAGAZINE_CARDS_MAX)):
        cards = card_ids[start : start + MAGAZINE_CARDS_MAX]
        values = {"card_ids": list(cards), "size": len(cards), "next": 0, "suspects": {}}
        yield NewDocument(TABLE, sku_id, magazine_key(batch_id, number), values)
