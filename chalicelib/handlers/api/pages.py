"""Pages: what does a person see who follows a link that we gave out?

The invite link, the way back from a pay page, the front door, and that of staff. Each page is one
file that loads nothing from elsewhere; its policy lets only its own script run.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path as File
from typing import Annotated, Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.distributor import checked_invite_code
from chalicelib.domain.errors import NotFound, Refusal
from chalicelib.domain.ids import checked_owned_id
from chalicelib.domain.person import PASSWORD_LENGTH_MAX
from chalicelib.handlers.answers import Raw
from chalicelib.handlers.fields import Path
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of

PARTS = File(__file__).with_name("page_parts")
HTML = "text/html; charset=utf-8"

_GAP = re.compile(r"{{([a-z_.]+)}}")

routes = Routes(__name__)

# Whatever a mangled link holds is answered by a page, not by a problem for machines.
Linked = Annotated[str, Field(pattern=r"^[^/\x00-\x1f\x7f]{1,64}$")]


class InvitationPath(Path):
    code: Linked = Field(examples=["7K3M9PQRS2TV"])


class OrderPagePath(Path):
    order_id: Linked = Field(examples=["ord_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"])


@routes.get("/", public=True, media_type=HTML, summary="The front door, to read")
def front_door(incoming: Incoming, now: datetime) -> Raw:
    return page("home", _language(incoming), now, {"title": "home.title"})


@routes.get(
    "/join/{code}",
    public=True,
    media_type=HTML,
    path=InvitationPath,
    summary="Where an invite link leads: register with its code; a page too (404) when nobody invites by it",
)
def invitation(path: InvitationPath, incoming: Incoming, now: datetime) -> Raw:
    language = _language(incoming)
    code = _inviting_code(path.code)
    if not code:
        return _nothing_there("join_unknown", path.code, language, now)
    return page(
        "join", language, now, {"title": "join.title"}, {"code": code}, ("conversation", "door", "join")
    )


@routes.get(
    "/orders/{order_id}",
    public=True,
    media_type=HTML,
    path=OrderPagePath,
    summary="Where a pay page leads back to: an order after signing in; a page too (404) when there is none",
)
def order_page(path: OrderPagePath, incoming: Incoming, now: datetime) -> Raw:
    language, own = _language(incoming), {"order_id": path.order_id}
    try:
        checked_owned_id("ord", path.order_id)
    except NotFound:
        return _nothing_there("order_unknown", path.order_id, language, now)
    scripts = ("conversation", "door", "factor", "order")
    return page("order", language, now, {"title": "order.title"}, own, scripts)


@routes.get(
    "/office/security",
    public=True,
    media_type=HTML,
    summary="Where staff sign in and set up their second factor: an authenticator, recovery codes, passkeys",
)
def security_page(incoming: Incoming, now: datetime) -> Raw:
    scripts = ("conversation", "door", "factor", "security")
    return page("security", _language(incoming), now, {"title": "security.title"}, scripts=scripts)


def page(
    name: str,
    language: str,
    now: datetime,
    names: Mapping[str, str],
    own: Mapping[str, str] | None = None,
    scripts: tuple[str, ...] = (),
    status: int = 200,
) -> Raw:
    """One page of page_parts. `names` are gaps filled by words of the catalogue, `own` by texts of today.

    Every text is escaped, wherever it came from.
    """
    words = _words(language)
    told = {**words, **{gap: words[word] for gap, word in names.items()}, **(own or {})}
    told |= {"language": language, "now_ms": str(to_ms(now)), "password_length_max": str(PASSWORD_LENGTH_MAX)}
    texts = {gap: escape(text) for gap, text in told.items()}
    style, script = _part("style.css"), "".join(_part(f"{script}.js") for script in scripts)
    for part in ("phone", "code", "factor"):
        texts[f"{part}_part"] = _filled(_part(f"{part}.html"), texts)
    main = _filled(_part(f"{name}.html"), texts)
    body = _filled(_part("layout.html"), {**texts, "main": main, "style": style, "script": script})
    return Raw(body, _headers(language, style, script), status)


def _nothing_there(words: str, what: str, language: str, now: datetime) -> Raw:
    names = {gap: f"{words}.{gap}" for gap in ("title", "given", "advice")}
    return page("not_found", language, now, names, {"what": what}, status=404)


def _inviting_code(text: str) -> str:
    """The code in its one spelling, or "" when nobody may be joined by it today."""
    try:
        code = checked_invite_code(text)
        place = bootstrap.query_tree().place(f"dst_{code}")
    except Refusal:
        return ""
    return code if place.distributor.is_active else ""


def _language(incoming: Incoming) -> str:
    return language_of(incoming.headers.get("accept-language", ""))


def _headers(language: str, style: str, script: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; connect-src 'self';"
        " img-src data:; media-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Content-Language": language,
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language",
    }


def _hash(inline: str) -> str:
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """The template with each gap filled once: what fills a gap is not looked through again."""
    return _GAP.sub(lambda gap: parts[gap[1]], template)


@cache
def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


@cache
def _words(language: str) -> Mapping[str, str]:
    """By name, in one of LANGUAGES; those that scripts say are one JSON text."""
    catalogue: dict[str, Any] = json.loads(_part("words.json"))
    words = {name: told[language] for name, told in catalogue.items() if name != "script"}
    return {**words, "words_of_script": json.dumps(catalogue["script"][language], ensure_ascii=False)}
