"""Docs: what does the API promise, for machines and for people?"""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.handlers.answers import Raw
from chalicelib.handlers.http import Routes

PAGE = Path(__file__).with_name("docs.html")


def inline_hash(tag: str) -> str:
    """By which the policy knows the page's one script or style."""
    inline = PAGE.read_text(encoding="utf-8").partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"


# The page is one file with its own style and script, and fetches the description beside it.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none';"
    f" style-src {inline_hash('style')}; script-src {inline_hash('script')};"
    " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "public, max-age=300",
}


routes = Routes(__name__)


@cache
def description() -> dict[str, Any]:
    """The whole API, this noun with it."""
    from chalicelib.handlers.api.every import DECLARED
    from chalicelib.handlers.openapi import document

    return document(DECLARED)


@routes.get("/v1/openapi.json", public=True, summary="This description, as OpenAPI 3.1")
def openapi() -> Raw:
    return Raw(json.dumps(description(), ensure_ascii=False), {"Cache-Control": "public, max-age=300"})


@routes.get(
    "/v1/docs", public=True, media_type="text/html; charset=utf-8", summary="This description, to read"
)
def docs() -> Raw:
    return Raw(PAGE.read_text(encoding="utf-8"), PAGE_HEADERS)
