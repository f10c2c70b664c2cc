"""Cookies: how does a browser keep a refresh token out of reach of scripts and of other pages?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

COOKIE = "forecourt_refresh"
_BOUND = "Path=/v1/sessions; HttpOnly; Secure; SameSite=Strict"


def kept(token: str | None, until: datetime) -> Mapping[str, str]:
    """The header by which a browser keeps the token until then."""
    expires = format_datetime(until.astimezone(UTC), usegmt=True)
    return {"Set-Cookie": f"{COOKIE}={token}; Expires={expires}; {_BOUND}"}


def forgotten() -> Mapping[str, str]:
    """The header by which it forgets."""
    return {"Set-Cookie": f"{COOKIE}=; Max-Age=0; {_BOUND}"}
