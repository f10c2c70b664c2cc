"""Requests of an odd shape: other methods, paths that almost fit, too much, too deep, twice, or unseen."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from chalicelib.observability import logger
from tests.attacks.scene import Scene
from tests.attacks.test_injection import WITH_TEXTS, places, send, token_for, with_text
from tests.handlers.everybody import captured, is_untouched
from tests.handlers.lively import Hearing
from tests.handlers.market import DEVICE, PASSWORD, everything
from tests.handlers.test_accesses import address_of
from tests.handlers.test_every_route import body_of, name_of
from tests.simulation.secrecy import Secrets

OFFICE_PATH = "/v1/office/products"
METHODS = ("HEAD", "TRACE", "CONNECT", "PROPFIND", "SEARCH", "PURGE", "GETS", "POST /v1/me HTTP/1.1\r\nX:")
ALMOST = (
    "/v1/office/products/",
    "//v1/office/products",
    "/v1//office/products",
    "/V1/Office/Products",
    "/v1/me/../office/products",
    "/v1/me/..;/office/products",
    "/v1/./office/products",
    "/v1/office/products;a=b",
    "/v1/office/products%00",
    "/v1/office%2fproducts",
    "/v1/%6fffice/products",
    "/v1/office/products.json",
    "/v1/office/products#/v1/me",
    "\\v1\\office\\products",
    "/v1/me/office/products",
)
WITH_BODY = [route for route in DECLARED if route.body]
WITH_PATHS = [route for route in DECLARED if route.path]
DEEP = 100_000
UNSEEN = {
    "a line of its own": "\u0085",
    "a line for some": "\u2028",
    "a paragraph": "\u2029",
    "turned around": "\u202e",
    "isolated": "\u2066",
    "no width": "\u200b",
    "a mark of order": "\ufeff",
    "a soft hyphen": "\u00ad",
}
# Nobody reads these: they are compared, looked up, or hashed.
COMPARED = {
    "password",
    "new_password",
    "refresh_token",
    "code",
    "credential",
    "invite_code",
    "version",
    "detail",
}
FORGED_LINE = '{"level":"ERROR","message":"FORGED"}'


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("method", METHODS)
def test_no_other_method_gets_around_a_role(scene: Scene, method: str) -> None:
    before, call = everything(scene.everybody.world), scene.everybody.api.call
    for route in DECLARED:
        answer = call(method, address_of(route, scene.things), token=scene.attacker.token)
        assert answer.status in (403, 404, 405), (route.name, answer.text)
    assert is_untouched(scene.everybody.world, before)


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("path", ALMOST)
def test_no_path_that_almost_fits_leads_to_the_office(scene: Scene, path: str) -> None:
    call = scene.everybody.api.call
    assert call("GET", OFFICE_PATH, token=scene.attacker.token).code == "ROLE_MISSING"
    answer = call("GET", path, token=scene.attacker.token)
    assert answer.status in (403, 404, 405), answer.text


def digits_of_another_script(text: str) -> str:
    return "".join(chr(0x0660 + int(one)) if one in "0123456789" else one for one in text)


@pytest.mark.capability("S-107")
def test_an_id_that_only_looks_like_one_is_none(scene: Scene) -> None:
    tokens = [token_for(scene, route) for route in WITH_PATHS]
    before = everything(scene.everybody.world)
    for route, token in zip(WITH_PATHS, tokens, strict=True):
        body = body_of(route) if route.body else None
        names = captured(route, address_of(route, scene.things))
        for trick in (
            digits_of_another_script,
            lambda text: f"{text[:-1]}\u0430",
            lambda text: f"{text}\u200b",
        ):
            path = route.path_text.format(**{name: trick(text) for name, text in names.items()})
            if path != route.path_text.format(**names):
                answer = send(scene, route, token, body, path)
                assert answer.status == 404, (path, answer.text)
    assert is_untouched(scene.everybody.world, before)


@pytest.mark.capability("S-107")
@pytest.mark.parametrize(
    "phone", ["１３８００１３８０００", "١٣٨٠٠١٣٨٠٠٠", "138\u200b00138000", "13800138000\u202e"]
)
def test_a_number_in_other_digits_is_no_number(scene: Scene, phone: str) -> None:
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    scene.fails(lambda: scene.everybody.api.call("POST", "/v1/sessions", body), 400, "PHONE_INVALID")


@pytest.mark.capability("S-107")
def test_no_text_hides_or_turns_around_what_others_read(scene: Scene) -> None:
    """An approver agrees to what is on the screen: it must be what is written."""
    tokens = [token_for(scene, route) for route in WITH_TEXTS]
    before = everything(scene.everybody.world)
    for route, token in zip(WITH_TEXTS, tokens, strict=True):
        body = body_of(route)
        for where in [where for where in places(body) if where[-1] not in COMPARED]:
            text = text_at(body, where)
            for kind, letter in UNSEEN.items():
                answer = send(scene, route, token, with_text(body, where, f"{text[:2]}{letter}{text[2:]}"))
                assert answer.status in (400, 422), (route.name, where, kind, answer.text)
    assert is_untouched(scene.everybody.world, before)


def text_at(body: Any, where: tuple[Any, ...]) -> str:
    for name in where:
        body = body[name]
    return str(body)


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
def test_no_body_is_too_deep_too_large_or_packed(scene: Scene, route: Route) -> None:
    token, key = token_for(scene, route), scene.everybody.key() if route.keyed else ""
    whole = json.dumps(body_of(route)).encode()
    bodies: dict[str, tuple[bytes, dict[str, str], int]] = {
        "deep lists": (b"[" * DEEP + b"]" * DEEP, {}, 400),
        "deep objects": (b'{"a":' * (DEEP // 3) + b"1" + b"}" * (DEEP // 3), {}, 400),
        "five megabytes": (b'{"a":"' + b"x" * 5_000_000 + b'"}', {}, 413),
        "packed": (gzip.compress(whole), {"Content-Encoding": "gzip"}, 400),
        "XML": (b"<a/>", {"Content-Type": "application/xml"}, 415),
        "another charset": (whole.decode().encode("utf-16"), {}, 400),
        "two bodies": (whole + whole, {}, 400),
    }
    before = everything(scene.everybody.world)
    for kind, (raw, headers, status) in bodies.items():
        answer = scene.everybody.api.call(
            route.method,
            address_of(route, scene.things),
            raw=raw,
            token=token,
            key=key,
            headers={"Content-Type": "application/json"} | headers,
        )
        assert answer.status == status, (kind, answer.text[:200])
    assert is_untouched(scene.everybody.world, before)


@pytest.mark.capability("S-107")
def test_what_is_too_long_elsewhere_is_refused_too(scene: Scene) -> None:
    call, token = scene.everybody.api.call, scene.attacker.token
    long = "x" * 100_000
    assert call("GET", "/v1/me", token=long).code == "TOKEN_INVALID"
    assert call("GET", f"/v1/orders?cursor={long}", token=token).code == "REQUEST_INVALID"
    assert call("GET", f"/v1/orders/{long}", token=token).code == "NOT_FOUND"
    assert call("POST", "/v1/orders", {}, token=token, key=long).code == "IDEMPOTENCY_KEY_INVALID"
    many = {"X-Request-Id": long, "User-Agent": long, "Accept-Language": long, "Cookie": long}
    assert call("GET", "/v1/me", token=token, headers=many).status == 200


@pytest.mark.capability("S-107")
def test_a_name_given_twice_makes_nobody_of_two_people(scene: Scene) -> None:
    """The last word counts, for who it is as for what was tried: it is as if the first was not sent."""
    everybody = scene.everybody
    victim, attacker = everybody.phone(), everybody.phone()
    for phone in (victim, attacker):
        body = everybody.newcomer(phone) | {"password": f"own words of {phone[-4:]}"}
        assert everybody.call("POST", "/v1/people", body).status == 201
    proof = f'"password": "own words of {attacker[-4:]}", "device": "{DEVICE}"'

    def twice(first: str, last: str) -> Any:
        raw = f'{{"phone": "{first}", "phone": "{last}", {proof}}}'.encode()
        return everybody.api.call("POST", "/v1/sessions", raw=raw)

    assert twice(attacker, victim).code == "SIGN_IN_REFUSED"
    signed_in = twice(victim, attacker)
    assert signed_in.status == 201
    assert signed_in.body["person"]["phone_masked"].endswith(attacker[-4:])


@pytest.fixture
def lines() -> Iterator[set[str]]:
    """What stands in the log."""
    secrets = Secrets()
    hearing = Hearing(secrets)
    logger.addHandler(hearing)
    yield secrets.lines
    logger.removeHandler(hearing)


@pytest.mark.capability("S-107")
def test_nothing_that_is_sent_writes_a_line_of_the_log(
    scene: Scene, lines: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when we fail: each line is one, and none is the attacker's."""
    forged = f"x\r\n{FORGED_LINE}"
    headers = dict.fromkeys(
        ("User-Agent", "X-Request-Id", "Accept-Language", "Referer", "X-Forwarded-For", "Origin"), forged
    )
    call, token = scene.everybody.api.call, scene.attacker.token
    for path in ("/v1/me", f"/v1/orders/{forged}", f"/v1/orders?cursor={forged}"):
        call("GET", path, token=token, headers=headers)
    call("POST", "/v1/sessions", {"phone": forged, "password": forged}, headers=headers)
    logger.error("request failed", extra={"agent": forged})
    assert [line for line in lines if FORGED_LINE in line or len(line.splitlines()) > 1] == []
    assert all(json.loads(line) for line in lines)
    assert any("FORGED" in line for line in lines), "what we write ourselves of it stands in quotes"
