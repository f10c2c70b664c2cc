"""Present items: how does an item stand now, and how did it before its last change?

An order or a record needs no earlier image: who reads them looks at what they say. The
readers of cards and accounts write what changed; what stood before is taken from the
statement that they wrote, so that telling them the same again writes the same again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.business_time import from_ms
from chalicelib.domain.given_up import Event, GivenUp
from chalicelib.domain.readers import READERS
from chalicelib.domain.stream_event import ItemImage, Typed, event_of
from chalicelib.usecases.hand_over import HandOver
from chalicelib.usecases.ports import Documents

STATEMENTS = "views"
WITH_STATEMENTS = ("cards", "accounts")
LINES = 20  # among so many lines the record before the last one is looked for
POT = "frozen#"
TRIES_MAX = 5


@dataclass(frozen=True)
class PresentItems:
    documents: Documents
    now: Callable[[], datetime]

    def __call__(self, table: str, pk: str, sk: str) -> ItemImage | None:
        """One consistent read, and one query of the statement where there is one; None: it is not there."""
        item = self.documents.get(table, pk, sk, consistent=True)
        if item is None:
            return None
        if table in WITH_STATEMENTS:
            return self._with_statement(pk, sk, item)
        return ItemImage(pk, sk, item, None, self.now())

    def _with_statement(self, pk: str, sk: str, item: Mapping[str, Any]) -> ItemImage:
        version = item.get("version", 0)
        owner = f"{pk}:{sk.removeprefix(POT)}" if sk.startswith(POT) else pk
        found = self.documents.query(STATEMENTS, owner, prefix="0", limit=LINES, newest=True, consistent=True)
        lines = [line for line in found if line["version"] <= version]
        own = lines.pop(0) if lines and lines[0]["version"] == version else None
        written_at = from_ms(own["at"]) if own else self.now()
        if version <= 1 or not lines:
            return ItemImage(pk, sk, item, None, written_at)
        record_before = next((line["record"] for line in lines if line["record"]), "")
        if own and not own["record"]:
            record_before = item.get("last_record", "")
        before = {**item, **lines[0]["balances"], "version": version - 1, "last_record": record_before}
        return ItemImage(pk, sk, item, before, written_at)


@dataclass(frozen=True)
class Retell:
    """Whose last word is an older record: the reader is shown the item once more, as it is now.

    The reader of cards keeps each holder's list, in which the newest image must be the last.
    """

    present: PresentItems
    hand_over: HandOver
    typed: Typed

    def __call__(self, function: str, told: Sequence[Event]) -> None:
        """Until nothing has moved on since it was told. A change that its stream still has may refuse it."""
        if READERS.get(function) != "cards":
            return
        known = {one.card_id: one for one in map(_told, told)}
        for _ in range(TRIES_MAX):
            newer = [image for one in known.values() if (image := self._newer(one))]
            if not newer:
                return
            events = [event_of(image, number, self.typed) for number, image in enumerate(newer, 1)]
            self.hand_over(function, events)
            known = {one.card_id: one for one in map(_told, events)}

    def of_given_up(self, function: str, done: Sequence[GivenUp]) -> None:
        self(function, [one.event for one in done])

    def _newer(self, told: "_Told") -> ItemImage | None:
        """The card as it is now, if it has moved on; before it was the holder's who was told of."""
        image = self.present("cards", told.card_id, "")
        if image is None or image.after.get("version", 0) <= told.version:
            return None
        return replace(image, before={**(image.before or image.after), "holder_id": told.holder_id})


@dataclass(frozen=True, slots=True)
class _Told:
    """What the reader was told of a card last."""

    card_id: str
    version: int
    holder_id: str


def _told(event: Event) -> _Told:
    image = event["dynamodb"].get("NewImage", {})
    version, holder_id = image.get("version", {}).get("N", 0), image.get("holder_id", {}).get("S", "")
    return _Told(event["dynamodb"]["Keys"]["pk"]["S"], int(version), holder_id)
