"""The frame: what reaches a use case, and how every answer looks."""

import json
import logging
from typing import Any

import pytest

from app import app
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import CodeWrong
from chalicelib.domain.person import PersonLocked, SignInRefused, TooManyTries
from chalicelib.handlers.http import Routes
from chalicelib.observability import Metric, logger
from tests.fakes.keys import FakeKeys
from tests.handlers.api_client import Api, Reply
from tests.handlers.demo import CUSTOMER, KEY, NOW, ORIGIN, STALE, Bought, Buy, Demo, TooDear, Undeclared

ORDER = "ord_BBBBBBBBBBBB01KAMX7Q000000000000000001"


@pytest.fixture
def demo() -> Demo:
    return Demo()


@pytest.fixture
def api(demo: Demo) -> Api:
    return demo.api()


def bought(api: Api, body: object = None, **how: object) -> Reply:
    how = {"token": "customer", "key": KEY, **how}
    return api.call("POST", "/v1/purchases", body or {"amount_fen": 100}, **how)  # type: ignore[arg-type]


def test_a_command_carries_who_which_key_when_why_and_from_where(demo: Demo, api: Api) -> None:
    body = {"amount_fen": 100, "reason": "a gift"}
    answer = bought(api, body, headers={"User-Agent": "till/1"})
    assert (answer.status, answer.body) == (201, {"amount_fen": 100, "buyer": CUSTOMER})
    (command,) = demo.seen
    assert (command.key, command.now, command.reason) == (KEY, NOW, "a gift")
    assert (command.actor.person_id, command.actor.real_name) == (CUSTOMER, True)
    assert command.actor.referrers == ("dst_CCCCCCCCCCCC",)
    client = command.actor.client
    assert (demo.keys.unveil(client.address, client.salt), client.agent) == ("127.0.0.1", "till/1")


def test_the_same_body_has_the_same_hash_however_it_is_written(demo: Demo, api: Api) -> None:
    bought(api, raw=b'{"amount_fen":100,"lines":[{"units":1}]}')
    bought(api, raw=b' { "lines" : [ {"units": 1} ] , "amount_fen": 100 }')
    bought(api, raw=b'{"amount_fen":101,"lines":[{"units":1}]}')
    first, again, other = [command.request_hash for command in demo.seen]
    assert first == again != other


def test_a_hash_is_keyed_so_that_nobody_can_guess_the_body_from_it(demo: Demo, api: Api) -> None:
    other = Demo(keys=FakeKeys("another key"))
    bought(api)
    bought(other.api())
    assert demo.seen[0].request_hash != other.seen[0].request_hash


def test_a_key_of_lower_case_or_in_quotes_is_the_same_key(demo: Demo, api: Api) -> None:
    bought(api, key=KEY.lower())
    bought(api, key=f'"{KEY}"')
    assert [command.key for command in demo.seen] == [KEY, KEY]


def test_a_refusal_becomes_problem_details(demo: Demo, api: Api) -> None:
    demo.failure = TooDear(allowed_fen=50, cards=("a", "b"))
    answer = bought(api, headers={"X-Request-Id": "from-the-till", "Accept-Language": "en"})
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == "from-the-till"
    assert answer.body == {
        "type": "/v1/docs#DEMO_TOO_DEAR",
        "title": "Demo too dear.",
        "status": 422,
        "code": "DEMO_TOO_DEAR",
        "detail": "Demo too dear. (allowed_fen=50, cards=['a', 'b'])",
        "advice": "Ask for less.",
        "retryable": False,
        "request_id": "from-the-till",
        "facts": {"allowed_fen": 50, "cards": ["a", "b"]},
    }


def test_a_request_id_that_could_forge_a_log_line_is_replaced(api: Api) -> None:
    answer = bought(api, headers={"X-Request-Id": "<script>alert(1)"})
    assert answer.headers["X-Request-Id"].startswith("made-")


def test_a_bug_shows_a_problem_with_its_request_id_and_nothing_inside(demo: Demo, api: Api) -> None:
    demo.failure = KeyError("secret of the store")
    answer = bought(api)
    assert (answer.status, answer.code, answer.body["retryable"]) == (500, "INTERNAL_ERROR", True)
    assert "secret" not in answer.text
    assert answer.body["request_id"] == answer.headers["X-Request-Id"]


def test_a_bug_is_logged_once_with_its_stack(demo: Demo, api: Api, caplog: pytest.LogCaptureFixture) -> None:
    demo.failure = KeyError("secret of the store")
    answer = bought(api)
    (line,) = [
        line for line in caplog.records if line.__dict__.get("request_id") == answer.body["request_id"]
    ]
    assert line.exc_info is not None
    assert line.exc_info[0] is KeyError


@pytest.mark.parametrize(
    "failure, metric",
    [
        (STALE, "AnsweredTryAgain"),
        (Unavailable(), "AnsweredTryAgain"),
        (SignInRefused(), "SignInFailed"),
        (TooManyTries(), "SignInFailed"),
        (PersonLocked(), "SignInFailed"),
        (CodeWrong(), "SignInFailed"),
        (TooDear(), None),
    ],
)
def test_refusals_that_many_would_make_an_alarm_are_counted(
    demo: Demo,
    api: Api,
    capsys: pytest.CaptureFixture[str],
    undeclared: Any,
    failure: Any,
    metric: str | None,
) -> None:
    demo.failure = failure
    bought(api)
    undeclared.heard.clear()  # the demo declares none of them, and is not what is looked at
    counted = [Metric.ANSWERED_TRY_AGAIN, Metric.SIGN_IN_FAILED]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [name for line in told for name in counted if name in line] == ([metric] if metric else [])


def test_a_lost_race_and_a_busy_item_may_be_tried_again(demo: Demo, api: Api) -> None:
    for failure in (STALE, Unavailable()):
        demo.failure = failure
        answer = bought(api)
        assert (answer.status, answer.code, answer.body["retryable"]) == (503, "TRY_AGAIN", True)
        assert answer.headers["Retry-After"] == "1"


def test_every_request_is_answered_within_a_term(demo: Demo, api: Api) -> None:
    bought(api)
    demo.failure = Unavailable()
    bought(api)
    assert demo.terms == ["begun", "kept", "begun"]


def test_a_refusal_that_the_route_does_not_declare_is_answered_and_counted(
    demo: Demo, api: Api, capsys: pytest.CaptureFixture[str], undeclared: Any
) -> None:
    demo.failure = Undeclared()
    assert bought(api).code == "DEMO_UNDECLARED"
    assert "RefusalUndeclared" in capsys.readouterr().out
    assert undeclared.heard == [("buy", "DEMO_UNDECLARED")]
    undeclared.heard.clear()


def test_the_app_leaves_warnings_and_information_in_the_log() -> None:
    assert app.log.name == logger.name
    assert logger.isEnabledFor(logging.INFO)


def test_a_list_comes_in_pages_until_there_is_no_next(api: Api) -> None:
    numbers: list[int] = []
    path = "/v1/numbers?limit=2"
    for _ in range(3):
        page = api.call("GET", path, token="customer").body
        numbers += [item["number"] for item in page["items"]]
        path = f"/v1/numbers?limit=2&cursor={page.get('next')}"
    assert (numbers, "next" in page) == ([0, 1, 2, 3, 4], False)


@pytest.mark.parametrize("cursor", ["x", "Mg.AAAAAAAAAAAAAAAA", "%00", "....", "Mg."])
def test_a_cursor_that_we_did_not_make_is_refused(api: Api, cursor: str) -> None:
    answer = api.call("GET", f"/v1/numbers?cursor={cursor}", token="customer")
    assert (answer.status, answer.code) == (400, "CURSOR_INVALID")


def test_a_cursor_of_somebody_else_is_refused(api: Api) -> None:
    cursor = api.call("GET", "/v1/numbers?limit=2", token="customer").body["next"]
    assert api.call("GET", f"/v1/numbers?cursor={cursor}", token="customer").status == 200
    assert api.call("GET", f"/v1/numbers?cursor={cursor}", token="other").code == "CURSOR_INVALID"


def test_what_has_not_changed_is_not_sent_again(demo: Demo, api: Api) -> None:
    first = api.call("GET", f"/v1/orders/{ORDER}", token="customer")
    tag = first.headers["ETag"]
    for known in (tag, f'W/{tag}, "other"'):
        again = api.call("GET", f"/v1/orders/{ORDER}", token="customer", headers={"If-None-Match": known})
        assert (again.status, again.text) == (304, "")
    bought(api)  # the version of everything rises
    changed = api.call("GET", f"/v1/orders/{ORDER}", token="customer", headers={"If-None-Match": tag})
    assert (changed.status, changed.body["version"]) == (200, 1)


def test_a_callback_is_handed_over_as_it_came(demo: Demo, api: Api) -> None:
    answer = api.call(
        "POST", "/v1/callbacks", raw=b"a=1&b", headers={"Content-Type": "text/plain", "X-Signature": "s"}
    )
    assert (answer.status, answer.text) == (204, "")
    body, signature, client = demo.seen[0]
    assert (body, signature, demo.keys.unveil(client.address, client.salt)) == (b"a=1&b", "s", "127.0.0.1")


def test_a_page_of_a_known_web_client_may_read_answers(api: Api) -> None:
    answer = bought(api, headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]


def test_a_page_from_anywhere_else_may_not(api: Api) -> None:
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example"):
        assert "Access-Control-Allow-Origin" not in bought(api, headers={"Origin": origin}).headers
        preflight = api.call("OPTIONS", "/v1/purchases", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in preflight.headers


def test_a_preflight_names_methods_and_headers(api: Api) -> None:
    answer = api.call("OPTIONS", f"/v1/orders/{ORDER}", headers={"Origin": ORIGIN})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET"
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]


def test_a_method_that_a_path_does_not_have_is_a_problem_too(api: Api) -> None:
    answer = api.call("PUT", "/v1/purchases")
    assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "declaration",
    [
        {},
        {"public": True, "roles": ("customer",)},
        {"roles": ("king",)},
        {"roles": ("customer",), "records": ()},
        {"roles": ("customer",), "body": Buy},
    ],
    ids=["who may?", "both", "no such role", "no record", "a body that nobody takes is fine, another is not"],
)
def test_a_route_that_is_not_wholly_declared_never_starts(declaration: dict[str, object]) -> None:
    whole = {"summary": "X", "records": ("demo",), "answers": Bought, **declaration}

    def handler(body: Bought) -> None: ...

    with pytest.raises(AssertionError):
        Routes("demo").post("/v1/x", **whole)(handler)  # type: ignore[arg-type]
