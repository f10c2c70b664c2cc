"""Cookies: how does a browser keep a refresh token out of reach of scripts and of other pages?

It sends a cookie back to the path that it sees: under Amazon's name of an API that path begins
with the stage, which stands in the public URL. Its name makes a browser refuse it from an unsafe
connection; the name that would bind it to this host alone (`__Host-`) would ask for every path.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

COOKIE = "__Secure-forecourt_refresh"


def kept(token: str | None, until: datetime, public_url: str) -> Mapping[str, str]:
    """The header by which a browser keeps the token until then."""
    expires = format_datetime(until.astimezone(UTC), usegmt=True)
    return {"Set-Cookie": f"{COOKIE}={token}; Expires={expires}; {_bound(public_url)}"}


def forgotten(public_url: str) -> Mapping[str, str]:
    """The header by which it forgets."""
    return {"Set-Cookie": f"{COOKIE}=; Max-Age=0; {_bound(public_url)}"}


def _bound(public_url: str) -> str:
    return f"Path={urlsplit(public_url).path.rstrip('/')}/v1/sessions; HttpOnly; Secure; SameSite=Strict"
