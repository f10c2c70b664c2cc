"""Stream events made by hand: how is an item, as it stands, shown to a reader of its table's stream?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Typed = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ItemImage:
    """An item after its last change, and before it; `before` is None for one that is new.

    `written_at`: when that change was written, to the second.
    """

    pk: str
    sk: str
    after: Mapping[str, Any]
    before: Mapping[str, Any] | None
    written_at: datetime

    @property
    def key(self) -> str:
        return f"{self.pk}/{self.sk}" if self.sk else self.pk


def event_of(image: ItemImage, number: int, typed: Typed) -> dict[str, Any]:
    """The record of the stream that would tell of it.

    `number` is unique in its batch, and stands where the stream has its own. `typed`
    makes DynamoDB's typed values of plain ones.
    """
    keys = {"pk": image.pk, "sk": image.sk} if image.sk else {"pk": image.pk}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": int(image.written_at.astimezone(UTC).timestamp()),
        "Keys": typed(keys),
        "NewImage": typed(image.after),
        "SequenceNumber": f"{number:021d}",
        "SizeBytes": 0,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if image.before is not None:
        change["OldImage"] = typed(image.before)
    return {
        "eventID": f"by-hand-{number}",
        "eventName": "INSERT" if image.before is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "",
        "awsRegion": "",
        "dynamodb": change,
    }
