"""Docs: what does the API promise, for machines and for people?"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.handlers.answers import Raw
from chalicelib.handlers.http import Routes

PAGE = Path(__file__).with_name("docs.html")

# The page is one file with its own style and script, and fetches the description beside it.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
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
