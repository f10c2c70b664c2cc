"""What a browser is told with every answer: to keep, guess, frame and run nothing but the page itself."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

import pytest

from chalicelib.handlers.answers import Answer, answered
from chalicelib.handlers.api.docs import PAGE as DOCS
from chalicelib.handlers.api.docs import PAGE_HEADERS
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.api.pages import PARTS
from chalicelib.handlers.route import Route
from infra.gateway_answers import piece
from tests.handlers.test_every_route import around, request

YEAR = 365 * 24 * 60 * 60


def answers_of(route: Route) -> Iterator[Answer]:
    """One that went well, and one to somebody who may not."""
    result = route.answers.model_construct() if route.answers else None

    def handler() -> object:
        return result

    handler.__name__ = route.name
    stub = route._replace(handler=handler, takes=(), query=None)
    yield answered(stub, request(route), around(*route.roles))
    if not route.public:
        yield answered(route, request(route, headers={}), around())


@pytest.mark.parametrize("route", DECLARED, ids=lambda route: route.name)
def test_every_answer_tells_a_browser_to_run_frame_guess_and_keep_nothing(route: Route) -> None:
    for answer in answers_of(route):
        told = answer.headers
        policy = dict(part.split(" ", 1) for part in told["Content-Security-Policy"].split("; "))
        names = ("default-src", "base-uri", "form-action", "frame-ancestors")
        assert {policy[name] for name in names} == {"'none'"}
        age, below = told["Strict-Transport-Security"].split("; ")
        assert int(age.removeprefix("max-age=")) >= YEAR and below == "includeSubDomains"
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Referrer-Policy"] == "no-referrer"
        assert told["Cache-Control"] == "no-store"
        is_problem = answer.status >= 400
        assert told["Content-Type"] == ("application/problem+json" if is_problem else route.media_type)


def test_what_api_gateway_says_by_itself_is_told_so_too() -> None:
    responses = piece()["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    for response in responses.values():
        told = response["ResponseParameters"]["Headers"]
        assert told["Strict-Transport-Security"] == f"'max-age={YEAR}; includeSubDomains'"
        assert (told["X-Content-Type-Options"], told["Cache-Control"]) == ("'nosniff'", "'no-store'")
        assert all(value.count("'") == 2 for name, value in told.items() if name != "X-Request-Id")


def test_a_page_runs_its_own_script_and_no_other() -> None:
    """The page of the description; those that people see are looked at in test_pages.py."""
    policy, text = PAGE_HEADERS["Content-Security-Policy"], DOCS.read_text(encoding="utf-8")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (inline,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"{tag}-src 'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'" in policy


def test_fields_of_passwords_hide_them_and_take_them_from_a_keeper() -> None:
    texts = [path.read_text(encoding="utf-8") for path in PARTS.glob("*")]
    fields = [field for text in texts for field in re.findall(r"<input[^>]*password[^>]*>", text)]
    assert len(fields) >= 1
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(new|current)-password"', field)
    assert not any(re.search(r"onpaste|['\"]paste['\"]", text) for text in texts)


def test_pages_keep_the_name_of_the_device_and_nothing_else() -> None:
    texts = [path.read_text(encoding="utf-8") for path in PARTS.glob("*.js")]
    kept = {key for text in texts for key in re.findall(r"Storage\.\w+\(([^,)]*)", text)}
    assert kept == {'"forecourt-device"'}
    assert not any(word in text for text in texts for word in ("document.cookie", "indexedDB"))
