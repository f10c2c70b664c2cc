"""Strange sign-ins: is it likely to be the same person who was here before?

    IMPOSSIBLE_TRAVEL  nobody comes here from the place of the last sign-in in the time since
    NEW_DEVICE         others are known, and not this one
    NEW_CITY           others were seen lately, and not this one

What nobody knows raises nothing: an unknown place, or the first one. A reason asks for one more proof
and tells the owner; it refuses nobody.
"""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

# An airliner cruises at 900 km/h, and needs longer from door to door.
SPEED_KM_H_MAX = 900
# Places are whole degrees: two of them may be 160 km nearer than they seem. Below 500 km a network that takes
# a customer for one in the next big city would raise most of the alarms.
DISTANCE_KM_MIN = 500


class Strange(StrEnum):
    """Why a sign-in is strange, the gravest first."""

    IMPOSSIBLE_TRAVEL = "impossible_travel"
    NEW_DEVICE = "new_device"
    NEW_CITY = "new_city"


class Travel(NamedTuple):
    """How far it is from the place of the last sign-in, and how long ago that was."""

    distance_km: int
    since: timedelta


def is_impossible(travel: Travel) -> bool:
    """Whether nobody travels so fast."""
    is_far = travel.distance_km >= DISTANCE_KM_MIN
    return is_far and travel.since * SPEED_KM_H_MAX < timedelta(hours=1) * travel.distance_km


def strange(is_new_device: bool, is_new_city: bool, travel: Travel | None) -> tuple[Strange, ...]:
    """The reasons, the gravest first; none when all is as it was. `travel`: None when it is not known."""
    found = {
        Strange.IMPOSSIBLE_TRAVEL: travel is not None and is_impossible(travel),
        Strange.NEW_DEVICE: is_new_device,
        Strange.NEW_CITY: is_new_city,
    }
    return tuple(reason for reason, holds in found.items() if holds)
