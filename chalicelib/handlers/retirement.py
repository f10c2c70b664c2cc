"""Retirement: how does a route tell its callers that it goes, when, and what follows it?

A route that is declared with `retires` says so in every answer, errors included:

    Deprecation: @1793491200                              since when it is not to be used any more (RFC 9745)
    Sunset: Mon, 01 Feb 2027 00:00:00 GMT                 from when on it may be gone (RFC 8594)
    Link: </v2/orders>; rel="successor-version"           what to call instead

Nobody has less than ninety days to change: a declaration that says otherwise never starts.
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

NOTICE_MIN = timedelta(days=90)
HEADERS = ("Deprecation", "Sunset", "Link")


class Retirement(NamedTuple):
    """When a route is deprecated, when it may be gone, and the path that follows it."""

    deprecated_since: datetime
    sunset_at: datetime
    successor: str

    def headers(self) -> dict[str, str]:
        """What every answer of the route carries."""
        return {
            "Deprecation": f"@{(self.deprecated_since - _EPOCH) // timedelta(seconds=1)}",
            "Sunset": format_datetime(self.sunset_at.astimezone(UTC), usegmt=True),
            "Link": f'<{self.successor}>; rel="successor-version"',
        }


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_retirement(retires: Retirement, where: str) -> None:
    """A notice that is too short, or has no successor or zone, is a bug: it asserts."""
    for moment in (retires.deprecated_since, retires.sunset_at):
        assert moment.tzinfo is not None, f"{where}: a retirement needs moments with their zone"
    notice = retires.sunset_at - retires.deprecated_since
    assert notice >= NOTICE_MIN, f"{where}: {notice.days} days of notice are less than {NOTICE_MIN.days}"
    assert retires.successor.startswith("/"), f"{where}: which path follows it?"
