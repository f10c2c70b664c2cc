"""Texts that want to be more than texts: operators, expressions, headers, formulas, pages, paths."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from tests.attacks.scene import Scene
from tests.handlers.api_client import Reply
from tests.handlers.everybody import is_untouched
from tests.handlers.market import everything
from tests.handlers.test_accesses import address_of
from tests.handlers.test_every_route import body_of, name_of

# Objects where a text belongs: what a careless store would take for an operator or a typed value.
OPERATORS: list[Any] = [{"$ne": None}, {"S": "x"}, {"$gt": ""}, ["x"], {"__class__": "Person"}]
TEXTS = [
    "#pk = :pk OR attribute_exists(pk)",
    "' OR '1'='1",
    "'; DROP TABLE people; --",
    '=HYPERLINK("http://127.0.0.1:9")',
    "+cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "{{7*7}}${7*7}#{7*7}",
    "a\r\nSet-Cookie: forecourt_refresh=x",
    "\x00",
    "\ud800",
    "\u202e\ufeff\u0000",
    "../../etc/passwd",
    "%2e%2e%2f",
    "x" * 100_000,
]
PATHS = [
    "..",
    "%2e%2e",
    "%252e%252e",
    "%2e%2e%2f%2e%2e",
    "..%5c..",
    "%00",
    "%0d%0aX-Evil:1",
    "a;b=c",
    "'",
    "*",
    "{0}",
]
# At the ends of the calendar a zone leads out of it.
MOMENTS = [
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-12:00",
]
TIMED = ("/v1/distributors/me/balance-at", "/v1/cards/{card_id}/balance-at")
WITH_TEXTS = [route for route in DECLARED if route.body]
WITH_PATHS = [route for route in DECLARED if route.path]


def places(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a body a text stands."""
    if isinstance(value, str):
        yield where
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*where, name))


def with_text(body: Any, where: tuple[Any, ...], text: Any) -> Any:
    """The body with another thing in one place."""
    if not where:
        return text
    name, rest = where[0], where[1:]
    changed = with_text(body[name], rest, text)
    if isinstance(body, list):
        return [*body[:name], changed, *body[name + 1 :]]
    return body | {name: changed}


def token_for(scene: Scene, route: Route) -> str:
    return scene.everybody.of(route.roles[0]).trader.token if route.roles else ""


def send(scene: Scene, route: Route, token: str, body: Any = None, path: str = "") -> Reply:
    key = scene.everybody.key() if route.keyed else ""
    call = scene.everybody.api.call
    if route.method == "GET":
        return call("GET", path or address_of(route, {}), token=token)
    return call(route.method, path or address_of(route, {}), body or {}, token=token, key=key)


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("route", WITH_TEXTS, ids=name_of)
def test_an_operator_is_no_text(scene: Scene, route: Route) -> None:
    body, token = body_of(route), token_for(scene, route)
    before = everything(scene.everybody.world)
    for where in places(body):
        for operator in OPERATORS:
            answer = send(scene, route, token, with_text(body, where, operator))
            assert 400 <= answer.status < 500, (where, operator, answer.text)
    assert is_untouched(scene.everybody.world, before)


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("route", WITH_TEXTS, ids=name_of)
def test_a_text_is_only_a_text(scene: Scene, route: Route) -> None:
    """It is refused, or kept as it is; it breaks nothing and adds no header."""
    body, token = body_of(route), token_for(scene, route)
    for where in places(body):
        for text in TEXTS:
            answer = send(scene, route, token, with_text(body, where, text))
            assert answer.status < 500, (where, text, answer.text)
            assert "Set-Cookie" not in answer.headers
            assert not answer.headers["Content-Type"].startswith("text/")


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("route", WITH_PATHS, ids=name_of)
def test_no_path_leads_elsewhere(scene: Scene, route: Route) -> None:
    assert route.path is not None
    body, token = body_of(route) if route.body else None, token_for(scene, route)
    before = everything(scene.everybody.world)
    for part in PATHS:
        path = address_of(route, dict.fromkeys(route.path.model_fields, part))
        answer = send(scene, route, token, body, path)
        assert answer.status in (400, 404), (part, answer.text)
        assert "X-Evil" not in answer.headers
    assert is_untouched(scene.everybody.world, before)


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_ends_of_the_calendar_break_nothing(scene: Scene, moment: str) -> None:
    call, sent = scene.everybody.api.call, moment.replace("+", "%2B")
    for path in TIMED:
        looked = call("GET", f"{path.format(**scene.things)}?at={sent}", token=scene.victim.token)
        assert looked.status in (200, 400), looked.text
    body = {"name": "withdrawal.fee_bps", "effective_at": moment, "value": 50}
    ops = scene.everybody.of("ops").trader.token
    proposed = call("POST", "/v1/office/parameters", body, token=ops, key=scene.everybody.key())
    assert proposed.status in (201, 400, 422), proposed.text
