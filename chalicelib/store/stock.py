"""The stock in the table `stock`: taking a card is one write, and needs no read while magazines last.

A process remembers where it saw cards lie and takes from there until a write is
refused; then it looks again. Several processes spread over the window of a shelf.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.operand import Path

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.card import CardState
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.stock import (
    BACK,
    MAGAZINE,
    SHELF,
    SKUS,
    TABLE,
    OutOfStock,
    Place,
    Shelf,
    Taken,
    magazine_key,
    shelf_key,
)
from chalicelib.store.dynamo import Dynamo, Write, path, value

# Each failure means that somebody else took a card, so this many can only meet in a crowd for the last ones.
ATTEMPTS_MAX = 40


@dataclass(frozen=True)
class DynamoStock:
    """The ports Stock and StockRoom. `pick(n)` gives a number below n, by chance."""

    dynamo: Dynamo
    pick: Callable[[int], int]
    new_token: Callable[[], str]
    _seen: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False)

    def claim(self, sku_id: str) -> str:
        """A card id that is the caller's alone. Raises: OutOfStock; Unavailable in a crowd."""
        for _ in range(ATTEMPTS_MAX):
            places = self._seen.get(sku_id, ())
            if not places:
                places = self._look(sku_id)
                if not places:
                    raise OutOfStock(sku_id=sku_id)
            place = places[self.pick(len(places))]
            card_id = self._take(sku_id, place)
            self._seen[sku_id] = () if card_id is None else _without_single(places, place)
            if card_id is not None:
                return card_id
        raise Unavailable(sku_id=sku_id)

    def give_back(self, sku_id: str, card_id: str) -> None:
        """Let a card be taken again, if it is in stock; a card that is not is left alone."""
        back = (sku_id, BACK + card_id)
        # The condition stands beside it, on the card.
        put = self.dynamo.put_write(TABLE, back, {"claims": 0}, None)  # nosemgrep: unguarded-money-write
        self._if_in_stock(card_id, put)

    def _take(self, sku_id: str, place: str) -> str | None:
        """The card that is ours now, or None when nothing is left there."""
        key = (sku_id, place)
        if place.startswith(BACK):
            marked = self.dynamo.update(
                TABLE, key, [path("claims").set(value(1))], path("claims") == value(0)
            )
            return place.removeprefix(BACK) if marked else None
        counted = self.dynamo.update(TABLE, key, [path("next").add(value(1))], path("next") < path("size"))
        return str(counted["card_ids"][counted["next"] - 1]) if counted else None

    def _look(self, sku_id: str) -> tuple[str, ...]:
        """Where cards lie now: those that came back, else a window of the oldest shelf that has any."""
        returned = tuple(item["sk"] for item in self._query(sku_id, BACK) if not item["claims"])
        if returned:
            return returned
        for shelf in self._shelves(sku_id):
            found = self._look_through(shelf)
            if found:
                return found
        return ()

    def _look_through(self, shelf: Shelf) -> tuple[str, ...]:
        """The open magazines of the first window that has any. Who finds nothing has changed nothing."""
        began = shelf
        while True:
            window = self._window(shelf)
            found = tuple(item["sk"] for item in window if item["next"] < item["size"])
            if found or shelf.is_last_window:
                break
            shelf = shelf._replace(first_open=shelf.window_end)
        if found and shelf is not began:
            self._move_on(shelf)
        return found

    def _move_on(self, shelf: Shelf) -> None:
        """Note the window, before anything is taken from it: those before it are empty for ever."""
        key, first_open = (shelf.sku_id, shelf_key(shelf.batch_id)), path("first_open")
        moved_on = [first_open.set(value(shelf.first_open))]
        self.dynamo.update(TABLE, key, moved_on, first_open < value(shelf.first_open))

    # what the office and the sweep see

    def skus(self) -> list[str]:
        return [item["sk"] for item in self._query(SKUS, "")]

    def count(self, sku_id: str) -> int:
        """How many cards can be taken now."""
        count = sum(1 for item in self._query(sku_id, BACK) if not item["claims"])
        for shelf in self._shelves(sku_id):
            count += shelf.untouched_cards
            count += sum(item["size"] - item["next"] for item in self._window(shelf))
        return count

    def places(self, sku_id: str) -> list[Place]:
        """Every place that a card was taken from or came back to and that is not known to be settled."""
        returned = self._query(sku_id, BACK)
        answered_for = {item["sk"].removeprefix(BACK) for item in returned}
        found = [_place_of_returned(sku_id, item) for item in returned]
        for shelf in self._shelves(sku_id):
            first, last = magazine_key(shelf.batch_id, 0), magazine_key(shelf.batch_id, shelf.window_end)
            magazines = self._query(sku_id, MAGAZINE, first, last)
            found += [_place_of_magazine(sku_id, item, answered_for) for item in magazines if item["next"]]
            if shelf.is_last_window and not magazines:
                found.append(Place(sku_id, shelf_key(shelf.batch_id), is_spent=True, taken=()))
        return found

    def suspect(self, place: Place, card_id: str, now: datetime) -> None:
        """Note that this card was seen taken and in stock."""
        where = Path(["seen_at"] if place.key.startswith(BACK) else ["suspects", card_id])
        self.dynamo.update(
            TABLE, (place.sku_id, place.key), [where.set(value(to_ms(now)))], path("sk").exists()
        )

    def restore(self, place: Place, card_id: str) -> bool:
        """Let a leaked card be taken again, once however many sweeps want to. Whether it was done now."""
        back = (place.sku_id, BACK + card_id)
        if place.key.startswith(BACK):
            taken = (path("claims") == value(1)) & path("seen_at").exists()
            actions = [path("claims").set(value(0)), path("seen_at").remove()]
            return self._if_in_stock(card_id, self.dynamo.update_write(TABLE, back, actions, taken))
        absent = path("pk").does_not_exist()
        return self._if_in_stock(card_id, self.dynamo.put_write(TABLE, back, {"claims": 0}, absent))

    def remove(self, place: Place) -> None:
        """Forget a spent place whose cards are all settled."""
        self.dynamo.delete(TABLE, (place.sku_id, place.key))

    def _if_in_stock(self, card_id: str, write: Write) -> bool:
        """Do the write if the card is in stock and the write's own condition holds."""
        in_stock = path("state") == value(CardState.IN_STOCK.value)
        check = self.dynamo.check_write("cards", (card_id, ""), in_stock)
        try:
            self.dynamo.transact([check, write], self.new_token())
        except TransactWriteError as error:
            reasons = {reason.code for reason in error.cancellation_reasons if reason}
            if reasons != {"ConditionalCheckFailed"}:
                raise
            return False
        return True

    def _shelves(self, sku_id: str) -> list[Shelf]:
        """The oldest batch first."""
        return [
            Shelf(sku_id, item["batch_id"], item["cards"], item["first_open"])
            for item in self._query(sku_id, SHELF)
        ]

    def _window(self, shelf: Shelf) -> list[dict[str, Any]]:
        """The magazines of the window that are still there."""
        first = magazine_key(shelf.batch_id, shelf.first_open)
        behind = magazine_key(shelf.batch_id, shelf.window_end)
        return self._query(shelf.sku_id, MAGAZINE, first, behind)

    def _query(self, pk: str, prefix: str, first: str = "", behind: str = "") -> list[dict[str, Any]]:
        """The items of a prefix, or those from `first` up to `behind` without it. As they are now."""
        sort = path("sk").startswith(prefix) if prefix else None
        if behind:
            sort = path("sk").between(value(first), value(behind))
        items = self.dynamo.query(TABLE, pk, sort, consistent=True)
        return [item for item in items if item["sk"] != behind]


def _without_single(places: tuple[str, ...], place: str) -> tuple[str, ...]:
    """The places that are left after one was taken from: a magazine may have more, a single card is gone."""
    if not place.startswith(BACK):
        return places
    return tuple(other for other in places if other != place)


def _place_of_returned(sku_id: str, item: Mapping[str, Any]) -> Place:
    seen_at = from_ms(item["seen_at"]) if "seen_at" in item else None
    taken = Taken(item["sk"].removeprefix(BACK), seen_at, lies_open=not item["claims"])
    return Place(sku_id, item["sk"], is_spent=True, taken=(taken,))


def _place_of_magazine(sku_id: str, item: Mapping[str, Any], answered_for: set[str]) -> Place:
    """A card that came back after it was taken from here is answered for by its own row."""
    taken = tuple(
        Taken(card_id, from_ms(item["suspects"][card_id]) if card_id in item["suspects"] else None)
        for card_id in item["card_ids"][: item["next"]]
        if card_id not in answered_for
    )
    return Place(sku_id, item["sk"], is_spent=item["next"] == item["size"], taken=taken)
