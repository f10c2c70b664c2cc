"""Records: in what form does Lambda hand over a change of the simulated tables?"""

from typing import Any

from tests.simulation.table import Change


def as_lambda_hands_it_over(change: Change, ordinal: int) -> dict[str, Any]:
    """The record of a stream. `change` beside it, which Lambda does not have, counts those of the item."""
    told: dict[str, Any] = {
        "Keys": change.keys,
        "SequenceNumber": str(change.number),
        "ApproximateCreationDateTime": change.at_ms // 1000,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if change.new_image is not None:
        told["NewImage"] = change.new_image
    if change.old_image is not None:
        told["OldImage"] = change.old_image
    return {
        "eventID": str(change.number),
        "eventName": change.event_name,
        "dynamodb": told,
        "change": ordinal,
    }
