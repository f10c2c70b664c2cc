"""Bad input: each is a 4xx with its code, and no handler ever sees it."""

import json

import pytest

from chalicelib.handlers.incoming import BODY_BYTES_MAX
from tests.handlers.api_client import Api
from tests.handlers.demo import KEY, Demo

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def demo() -> Demo:
    return Demo()


@pytest.fixture
def api(demo: Demo) -> Api:
    return demo.api()


BODIES = {
    "no body at all": (b"", 400, "MALFORMED_JSON"),
    "half an object": (b'{"amount_fen": 100', 400, "MALFORMED_JSON"),
    "two objects": (b'{"amount_fen": 100}{}', 400, "MALFORMED_JSON"),
    "not UTF-8": (b'{"amount_fen": "\xff"}', 400, "MALFORMED_JSON"),
    "NaN": (b'{"amount_fen": NaN}', 400, "REQUEST_INVALID"),
    "nested a thousand deep": (b'{"amount_fen":' + b"[" * 1000 + b"]" * 1000 + b"}", 400, "MALFORMED_JSON"),
    "a list": (b"[]", 400, "REQUEST_INVALID"),
    "a null": (b"null", 400, "REQUEST_INVALID"),
    "a missing field": (b"{}", 400, "REQUEST_INVALID"),
    "an unknown field": (b'{"amount_fen": 100, "balance_fen": 1}', 400, "REQUEST_INVALID"),
    "an unknown field deep inside": (
        b'{"amount_fen": 1, "lines": [{"units": 1, "x": 1}]}',
        400,
        "REQUEST_INVALID",
    ),
    "money in quotes": (b'{"amount_fen": "100"}', 400, "REQUEST_INVALID"),
    "money as truth": (b'{"amount_fen": true}', 400, "REQUEST_INVALID"),
    "negative money": (b'{"amount_fen": -1}', 400, "REQUEST_INVALID"),
    "no money": (b'{"amount_fen": 0}', 400, "REQUEST_INVALID"),
    "minus no money": (b'{"amount_fen": -0}', 400, "REQUEST_INVALID"),
    "fractional money": (b'{"amount_fen": 0.5}', 400, "REQUEST_INVALID"),
    "whole money written as a fraction": (b'{"amount_fen": 100.0}', 400, "REQUEST_INVALID"),
    "money with an exponent": (b'{"amount_fen": 1e2}', 400, "REQUEST_INVALID"),
    "more money than there is": (b'{"amount_fen": 1000000000001}', 400, "REQUEST_INVALID"),
    "money beyond 64 bits": (b'{"amount_fen": 18446744073709551617}', 400, "REQUEST_INVALID"),
    "money of five thousand digits": (b'{"amount_fen": ' + b"9" * 5000 + b"}", 400, "MALFORMED_JSON"),
    "too many lines": (
        json.dumps({"amount_fen": 1, "lines": [{"units": 1}] * 4}).encode(),
        400,
        "REQUEST_INVALID",
    ),
    "a text that forges a log line": (b'{"amount_fen": 1, "reason": "a\\nb"}', 400, "REQUEST_INVALID"),
    "a body too large": (b'{"amount_fen": 100' + b" " * BODY_BYTES_MAX + b"}", 413, "BODY_TOO_LARGE"),
}


@pytest.mark.parametrize("raw, status, code", BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused(demo: Demo, api: Api, raw: bytes, status: int, code: str) -> None:
    answer = api.call("POST", "/v1/purchases", raw=raw, token="customer", key=KEY, headers=JSON)
    assert (answer.status, answer.code) == (status, code)
    assert not demo.seen


def test_every_field_at_fault_is_named_and_no_value_repeated(api: Api) -> None:
    body = {"amount_fen": "secret", "lines": [{"units": 99}], "colour": "secret"}
    answer = api.call("POST", "/v1/purchases", body, token="customer", key=KEY)
    assert {error["field"] for error in answer.body["errors"]} == {"amount_fen", "lines.0.units", "colour"}
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""],
)
def test_a_body_of_another_type_is_refused(demo: Demo, api: Api, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    raw = b'{"amount_fen":100}'
    answer = api.call("POST", "/v1/purchases", raw=raw, token="customer", key=KEY, headers=headers)
    assert (answer.status, answer.code) == (415, "CONTENT_TYPE_UNSUPPORTED")
    assert not demo.seen


KEYS = {
    "none": ("", "IDEMPOTENCY_KEY_MISSING"),
    "blanks": ("  ", "IDEMPOTENCY_KEY_MISSING"),
    "a word": ("again", "IDEMPOTENCY_KEY_INVALID"),
    "a UUID": ("0192f0c1-2345-7abc-8def-0123456789ab", "IDEMPOTENCY_KEY_INVALID"),
    "a ULID too long": (KEY + "0", "IDEMPOTENCY_KEY_INVALID"),
    "a ULID beyond 48 bits of time": ("8" + KEY[1:], "IDEMPOTENCY_KEY_INVALID"),
    "a ULID of next year": ("01M" + KEY[3:], "IDEMPOTENCY_KEY_INVALID"),
}


@pytest.mark.parametrize("key, code", KEYS.values(), ids=KEYS)
def test_a_write_without_a_good_key_is_refused(demo: Demo, api: Api, key: str, code: str) -> None:
    answer = api.call("POST", "/v1/purchases", {"amount_fen": 100}, token="customer", key=key)
    assert (answer.status, answer.code) == (400, code)
    assert not demo.seen


TOKENS = {
    "none": ({}, 401, "TOKEN_MISSING"),
    "no scheme": ({"Authorization": "customer"}, 401, "TOKEN_MISSING"),
    "another scheme": ({"Authorization": "Basic Y3VzdG9tZXI6"}, 401, "TOKEN_MISSING"),
    "an empty one": ({"Authorization": "Bearer "}, 401, "TOKEN_MISSING"),
    "a forged one": ({"Authorization": "Bearer forged"}, 401, "TOKEN_INVALID"),
    "an expired one": ({"Authorization": "Bearer expired"}, 401, "TOKEN_EXPIRED"),
    "of a role that may not": ({"Authorization": "Bearer finance"}, 403, "ROLE_MISSING"),
}


@pytest.mark.parametrize("headers, status, code", TOKENS.values(), ids=TOKENS)
def test_who_may_not_is_refused(
    demo: Demo, api: Api, headers: dict[str, str], status: int, code: str
) -> None:
    answer = api.call("POST", "/v1/purchases", {"amount_fen": 100}, key=KEY, headers=headers)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    assert not demo.seen


def test_a_body_where_none_belongs_is_refused(demo: Demo, api: Api) -> None:
    path = "/v1/orders/ord_BBBBBBBBBBBB01KAMX7Q000000000000000001"
    assert api.call("DELETE", path, {"force": True}, token="customer", key=KEY).code == "REQUEST_INVALID"
    assert not demo.seen
    assert api.call("DELETE", path, {}, token="customer", key=KEY).status == 204


@pytest.mark.parametrize(
    "order_id", ["1", "ord_x", "ord_BBBBBBBBBBBB01KAMX7Q00000000000000000I", "..%2F..%2Fetc", "%00"]
)
def test_an_id_of_the_wrong_shape_is_not_found(api: Api, order_id: str) -> None:
    answer = api.call("GET", f"/v1/orders/{order_id}", token="customer")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


QUERIES = {
    "unknown": "/v1/numbers?colour=red",
    "no number": "/v1/numbers?limit=many",
    "too many": "/v1/numbers?limit=101",
    "none": "/v1/numbers?limit=0",
    "a fraction": "/v1/numbers?limit=1.5",
    "given twice": "/v1/numbers?limit=1&limit=2",
}


@pytest.mark.parametrize("path", QUERIES.values(), ids=QUERIES)
def test_a_bad_query_is_refused(api: Api, path: str) -> None:
    answer = api.call("GET", path, token="customer")
    assert (answer.status, answer.code) == (400, "REQUEST_INVALID")
    assert answer.body["errors"]
