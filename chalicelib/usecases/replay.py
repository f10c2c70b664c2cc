"""Replay: are the effects of these operations, or of this range of time, all there? Whatever is not is made.

The items that the operations touched are shown to a reader of their table once more,
as they stand now; a reader's effects have keys of their own, so what is there stays as it
is. A range of time is read from the archive, whose objects lie by the hour: no table is
read through. A record of the journal is shown as the archive has it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.archive import hour_of, records_prefix
from chalicelib.domain.business_time import SHANGHAI, from_ms, to_ms
from chalicelib.domain.readers import READERS
from chalicelib.domain.record import Plain, canonical, digest_of
from chalicelib.domain.stream_event import ItemImage, Typed, event_of
from chalicelib.domain.touched import Key, named, touched
from chalicelib.usecases.archive_records import unpacked
from chalicelib.usecases.hand_over import HandOver
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from chalicelib.usecases.ports import Books, Documents, Objects
from chalicelib.usecases.present_items import PresentItems, Retell

ACTION = "REPLAY"
SHOWN_MAX = 100
# A record is archived within seconds, or within the day for which its stream remembers it.
ARCHIVED_WITHIN = timedelta(days=1)
IDS_AT_ONCE = 25


class NothingToReplay(ValueError):
    """What was asked for cannot be replayed; the text is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is replayed to which function: operations by their ids, or all of a range of time."""

    function: str
    ids: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def table(self) -> str:
        return READERS[self.function]

    def about(self) -> dict[str, Any]:
        moments = {"since": self.since, "until": self.until}
        times = {name: to_ms(moment) for name, moment in moments.items() if moment}
        return {"function": self.function, "ids": list(self.ids[:SHOWN_MAX]), **times}


@dataclass
class Replayed:
    """What one run saw and did. `cursor` is set while there is more to do."""

    found: int = 0
    absent: list[str] = field(default_factory=list)
    handed: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # by the item's key
    kinds: Counter[str] = field(default_factory=Counter)  # by the state, or the action, of what was found
    shown: list[str] = field(default_factory=list)
    cursor: str = ""


Page = tuple[str, dict[Key, Mapping[str, Any] | None]]  # cursor behind it; keys, and the records of a journal


@dataclass(frozen=True)
class Replay:
    books: Books
    documents: Documents
    archive: Objects
    present: PresentItems
    hand_over: HandOver
    retell: Retell
    typed: Typed
    audit: AuditRun
    now: Callable[[], datetime]

    def __call__(
        self, run: OperatorRun, is_over: Callable[[], bool], chosen: Chosen, cursor: str = ""
    ) -> Replayed:
        """Count what would be shown (a dry run), or show it, until all was or the time is over.

        Raises: NothingToReplay, Unavailable.
        """
        _check(chosen)
        replayed = Replayed()
        self.audit.begun(run, ACTION, {**chosen.about(), "from": cursor})
        replayed.cursor = self._all(run, replayed, chosen, cursor, is_over)
        counts: dict[str, Plain] = {
            "handed": replayed.handed,
            "failed": len(replayed.failed),
            "to": replayed.cursor,
        }
        self.audit.ended(run, ACTION, counts, self.now())
        return replayed

    def _all(
        self, run: OperatorRun, replayed: Replayed, chosen: Chosen, cursor: str, is_over: Callable[[], bool]
    ) -> str:
        shown: set[Key] = set()
        pages = self._by_ids(chosen, cursor, replayed) if chosen.ids else self._by_time(chosen, cursor)
        for behind, keys in pages:
            images = self._images(
                chosen.table, {key: keys[key] for key in keys if key not in shown}, replayed
            )
            shown |= set(keys)
            replayed.found += len(images)
            replayed.kinds.update(_kind_of(image) for image in images)
            replayed.shown += [image.key for image in images][: SHOWN_MAX - len(replayed.shown)]
            if not run.is_dry:
                self._show(chosen.function, images, replayed)
            if is_over():
                return behind
        return ""

    def _show(self, function: str, images: Sequence[ItemImage], replayed: Replayed) -> None:
        events = [event_of(image, number, self.typed) for number, image in enumerate(images, 1)]
        failed = self.hand_over(function, events)
        by_place = {
            event["dynamodb"]["SequenceNumber"]: one for event, one in zip(events, images, strict=True)
        }
        replayed.failed |= {by_place[place].key: error for place, error in failed.items()}
        replayed.handed += len(events)
        self.retell(function, events)

    def _images(
        self, table: str, keys: Mapping[Key, Mapping[str, Any] | None], replayed: Replayed
    ) -> list[ItemImage]:
        images = []
        for key, body in keys.items():
            image = _of_body(key, body) if body is not None else self.present(table, *key)
            if image is None:
                replayed.absent.append("/".join(part for part in key if part))
            else:
                images.append(image)
        return images

    # which items

    def _by_ids(self, chosen: Chosen, cursor: str, replayed: Replayed) -> Iterator[Page]:
        for start in range(int(cursor or 0), len(chosen.ids), IDS_AT_ONCE):
            ids = chosen.ids[start : start + IDS_AT_ONCE]
            found = {any_id: self._keys_of(chosen.table, any_id) for any_id in ids}
            replayed.absent += [any_id for any_id, keys in found.items() if not keys]
            yield str(start + len(ids)), {key: None for keys in found.values() for key in keys}

    def _keys_of(self, table: str, any_id: str) -> list[Key]:
        key = named(table, any_id)
        if key is not None:
            return [key]
        if table == "accounts" and any_id.startswith("dst_") and "/" not in any_id:
            return [(item["pk"], item["sk"]) for item in self.documents.query("accounts", any_id)]
        partition, _, entry_id = any_id.partition("/")
        record = self.books.record(partition, entry_id) if entry_id else None
        return sorted(touched(table, record.body())) if record else []

    def _by_time(self, chosen: Chosen, cursor: str) -> Iterator[Page]:
        assert chosen.since is not None and chosen.until is not None
        for key in self._objects(chosen.since, chosen.until):
            if key <= cursor:
                continue
            keys: dict[Key, Mapping[str, Any] | None] = {}
            for link in unpacked(self.archive.get(key) or b""):
                if chosen.since <= from_ms(link.body["at"]) < chosen.until:
                    body = link.body if chosen.table == "journal" else None
                    keys |= dict.fromkeys(sorted(touched(chosen.table, link.body)), body)
            yield key, keys

    def _objects(self, since: datetime, until: datetime) -> Iterator[str]:
        """The objects of every hour in which a record of the range may have been archived."""
        begin, end = since - timedelta(hours=1), min(until + ARCHIVED_WITHIN, self.now())
        day = begin.astimezone(SHANGHAI).date()
        while day <= end.astimezone(SHANGHAI).date():
            keys = sorted(self.archive.list(records_prefix(day)))
            yield from (key for key in keys if _hour(begin) <= hour_of(key) <= _hour(end))
            day += timedelta(days=1)


def _check(chosen: Chosen) -> None:
    readers = sorted(name for name, table in READERS.items() if table != "edges")
    if chosen.function not in readers:
        raise NothingToReplay(f"function {chosen.function!r} is none of {', '.join(readers)}")
    if not chosen.ids and (not chosen.since or not chosen.until or chosen.since >= chosen.until):
        raise NothingToReplay("give ids, or since and until, in this order")


def _hour(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y/%m/%d/%H")


def _of_body(key: Key, body: Mapping[str, Any]) -> ItemImage:
    """A record of the journal as it was written, from its archived body."""
    item = {"pk": key[0], "sk": key[1], "body": canonical(body).decode(), "digest": digest_of(body)}
    return ItemImage(*key, item, None, from_ms(body["at"]))


def _kind_of(image: ItemImage) -> str:
    if "body" in image.after:
        return str(json.loads(image.after["body"])["action"])
    return str(image.after.get("state", "") or image.sk.partition("#")[0])
