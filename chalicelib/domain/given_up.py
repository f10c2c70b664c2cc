"""What was given up: which record or message could a function not handle, and what became of it?

A stream's mapping lays what it gives up into a bucket, one document a batch, with the
records as the function got them (`payload`). Beside that document, whose key is kept:

    aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<unique>   Lambda's document
    again/<that key>    what failed once more, with its newest error; what of the document is done
    done/<that key>     all of it is done: by which run, and when. Nothing is ever removed

A queue's message lies in the dead-letter queue until it is done, and then under done/queues/.
A schedule's run that failed lies under aws/lambda/async/<function>/ and is never handed over: the
next turn does the same work.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.function_names import handler_of

LETTERS = "aws/lambda/"
RUNS = LETTERS + "async/"
AGAIN = "again/"
DONE = "done/"
ERROR_LENGTH_MAX = 300

Event = Mapping[str, Any]
Item = tuple[str, str]  # function, key of the changed item


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One record or message. `place` is its sequence number, or the message's id."""

    function: str
    place: str
    key: str
    operation_id: str
    created_at: datetime
    error: str
    event: Event

    @property
    def item(self) -> Item:
        return self.function, self.key

    def told(self, now: datetime) -> dict[str, Any]:
        """What an operator is shown."""
        return {
            "function": self.function,
            "key": self.key,
            "operation_id": self.operation_id,
            "age_seconds": int((now - self.created_at).total_seconds()),
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Note:
    """What came of a document since it was laid down: places that are done, errors of those that are not."""

    done: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> bytes:
        return json.dumps({"done": sorted(self.done), "errors": dict(self.errors)}).encode()


def note_from(document: bytes | None) -> Note:
    """The note that was written as this document; an empty one where there is none."""
    found = json.loads(document) if document else {}
    return Note(frozenset(found.get("done", ())), found.get("errors", {}))


@dataclass(frozen=True, slots=True)
class Letter:
    """One document of the bucket: a batch that one function could not handle."""

    key: str
    function: str
    error: str
    records: tuple[Event, ...]
    note: Note = Note()

    def waiting(self) -> Iterator[GivenUp]:
        """The records that are not done yet."""
        for record in self.records:
            place = place_of(record)
            if place not in self.note.done:
                error = self.note.errors.get(place, self.error)
                yield GivenUp(
                    self.function,
                    place,
                    key_of(record),
                    operation_of(record),
                    created_at(record),
                    error,
                    record,
                )

    def noted(self, done: Iterable[str], errors: Mapping[str, str]) -> Note:
        """The note after another run: `errors` by place."""
        return Note(self.note.done | set(done), {**self.note.errors, **errors})


def letter_from(key: str, document: bytes, note: Note) -> Letter:
    """Raises: ValueError when the document is not one of Lambda's, or keeps no records."""
    try:
        found = json.loads(document)
        payload = found["payload"]
        records = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
        context, answer = found["requestContext"], found.get("responseContext") or {}
        function = handler_of(context["functionArn"]) or context["functionArn"]
        error = ": ".join(text for text in (context["condition"], answer.get("functionError")) if text)
        places = [(int(place_of(record)), key_of(record)) for record in records]
    except (AttributeError, KeyError, TypeError, IndexError) as wrong:
        raise ValueError(f"no document of a given-up batch: {wrong!r}") from None
    if not places:
        raise ValueError("no records are in it")
    return Letter(key, function, error[:ERROR_LENGTH_MAX], tuple(records), note)


def is_letter(key: str) -> bool:
    """Whether there is something to hand over in the document of this key."""
    return key.startswith(LETTERS) and not key.startswith(RUNS)


def moment_of(key: str) -> str:
    """When a document was laid down, as its key says: `YYYY-MM-DDTHH.MM.SS`, which sorts as time does."""
    return key.rpartition("/")[2][:19]


def place_of(record: Event) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def key_of(record: Event) -> str:
    """`pk/sk` of the changed item, or `pk` alone. All keys are texts."""
    keys = record["dynamodb"]["Keys"]
    return "/".join(keys[name]["S"] for name in ("pk", "sk") if name in keys)


def operation_of(record: Event) -> str:
    """The operation behind a change: the record that an item names as its last one, else the item itself."""
    image = record["dynamodb"].get("NewImage", {})
    return str(image.get("last_record", {}).get("S", "")) or key_of(record)


def created_at(record: Event) -> datetime:
    return datetime.fromtimestamp(int(record["dynamodb"].get("ApproximateCreationDateTime", 0)), UTC)


def in_order(waiting: Iterable[GivenUp]) -> list[GivenUp]:
    """As the stream had them: sequence numbers of one item grow, and a record that lies twice comes once."""
    known = {(one.function, one.place): one for one in waiting}
    return sorted(known.values(), key=lambda one: (one.function, int(one.place)))


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a dead-letter queue. `receipt` lets whoever received it remove it or give it back."""

    message_id: str
    receipt: str
    event: Event  # as its function gets it

    def given_up(self, function: str, note: Note) -> GivenUp:
        attributes = self.event["attributes"]
        subject = _subject(self.event["body"]) or self.message_id
        error = note.errors.get(self.message_id, f"received {attributes['ApproximateReceiveCount']} times")
        sent_at = datetime.fromtimestamp(int(attributes["SentTimestamp"]) // 1000, UTC)
        return GivenUp(function, self.message_id, subject, subject, sent_at, error, self.event)


def message_key(function: str, message_id: str) -> str:
    """Under which the document of a message that is done is kept, behind `done/` or `again/`."""
    return f"queues/{function}/{message_id}"


def _subject(body: str) -> str:
    """What a message is about: ours name an order or a batch."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    return str(found.get("order") or found.get("batch_id") or "") if isinstance(found, dict) else ""
