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
from chalicelib.handlers.route import Route
from infra.gateway_answers import piece
from infra.web import APP
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
    """The page of the description; what the app may run is told in tests/web/test_serving.py."""
    policy, text = PAGE_HEADERS["Content-Security-Policy"], DOCS.read_text(encoding="utf-8")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (inline,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"{tag}-src 'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'" in policy


def sources_of_the_app() -> dict[str, str]:
    """What the app is built of, by path below web/src."""
    src = APP / "src"
    paths = [path for kind in ("*.ts", "*.vue") for path in src.rglob(kind) if ".test." not in path.name]
    return {path.relative_to(src).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_fields_of_passwords_hide_them_and_take_them_from_a_keeper() -> None:
    texts = sources_of_the_app().values()
    fields = [field for text in texts for field in re.findall(r"<input[^>]*password[^>]*>", text)]
    assert len(fields) >= 6
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(new|current)-password"', field)
    assert not any(re.search(r"onpaste|@paste|['\"]paste['\"]", text) for text in texts)


def test_the_app_keeps_in_the_browser_what_is_listed_here_and_no_token() -> None:
    """Each place that writes, and under which name; a draft never holds a password, an intent no token."""
    sources = sources_of_the_app()
    writing = {path for path, text in sources.items() if re.search(r"Storage\.setItem|openDB<", text)}
    named = {path: re.findall(r"const [A-Z]+ = ['`](forecourt-[a-z-]+)", sources[path]) for path in writing}
    assert named == {
        "shared/session/device.ts": ["forecourt-device"],
        "shared/session/session.ts": ["forecourt-session", "forecourt-signed-in"],  # the first is a lock
        "shared/preferences.ts": ["forecourt-preferences"],
        "shared/outbox/drafts.ts": ["forecourt-draft"],
        "shared/outbox/intents.ts": ["forecourt-outbox"],
        "shared/columns.ts": ["forecourt-columns"],
        "areas/office/views.ts": ["forecourt-views"],
        "areas/office/overview/shown.ts": ["forecourt-overview-away"],
    }
    kept = {arg for path in writing for arg in re.findall(r"Storage\.setItem\((\w+), (\S+)\)", sources[path])}
    assert not any("token" in value.lower() for _, value in kept)
    assert not any("document.cookie" in text for text in sources.values())
