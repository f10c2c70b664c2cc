"""A page of somebody else in the victim's browser: what may it send, what may it read, where may it lead?"""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.cookies import COOKIE
from tests.attacks.scene import Scene
from tests.attacks.test_injection import WITH_TEXTS, places, send, token_for, with_text
from tests.handlers.everybody import is_untouched
from tests.handlers.market import VIRTUAL, everything
from tests.handlers.scenarios import people
from tests.handlers.test_accesses import address_of
from tests.handlers.test_every_route import body_of, name_of

EVIL = "https://evil.example"
ORIGINS = (EVIL, "null", "http://127.0.0.1:9", "https://evil.example/.allowed.example")
# What a form of any page may send without asking the server first.
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
GUARDED = [route for route in DECLARED if not route.public]
PATHS = sorted({route.path_text for route in DECLARED})
LEADING = ("next", "url", "redirect", "redirect_uri", "return_to", "callback", "continue", "dest")


def cookie_of(scene: Scene) -> tuple[str, str]:
    """What the browser of somebody signed in keeps, and the whole header that set it."""
    body = people.sign_in(scene.everybody).body
    assert isinstance(body, dict)
    signed_in = scene.everybody.api.call("POST", "/v1/sessions", body | {"keep": "cookie"})
    assert (signed_in.status, signed_in.body.get("refresh_token")) == (201, None), signed_in.text
    header = signed_in.headers["Set-Cookie"]
    return header.partition(";")[0], header


@pytest.mark.capability("S-107")
def test_the_cookie_is_out_of_reach_of_scripts_other_pages_and_other_paths(scene: Scene) -> None:
    pair, header = cookie_of(scene)
    assert pair.startswith(f"{COOKIE}=")
    assert header.endswith("Path=/v1/sessions; HttpOnly; Secure; SameSite=Strict")
    assert "Domain" not in header


@pytest.mark.capability("S-107")
def test_the_cookie_alone_opens_no_route(scene: Scene) -> None:
    pair, _ = cookie_of(scene)
    before, call = everything(scene.everybody.world), scene.everybody.api.call
    for route in GUARDED:
        headers = {"Cookie": pair, "Origin": EVIL}
        key = scene.everybody.key() if route.keyed else ""
        body = {"body": body_of(route)} if route.body else {}
        answer = call(route.method, address_of(route, scene.things), headers=headers, key=key, **body)
        assert (answer.status, answer.code) == (401, "TOKEN_MISSING"), name_of(route)
    assert is_untouched(scene.everybody.world, before)


@pytest.mark.capability("S-107")
def test_a_form_of_another_page_changes_nothing(scene: Scene) -> None:
    """Each write needs what no form can send: JSON by its name, a token, or a key in a header."""
    pair, _ = cookie_of(scene)
    before, call = everything(scene.everybody.world), scene.everybody.api.call
    for route in [route for route in DECLARED if route.writes]:
        sent = json.dumps(body_of(route)).encode() if route.body else b""
        for content_type in SIMPLE:
            headers = {"Cookie": pair, "Origin": EVIL, "Content-Type": content_type}
            answer = call(route.method, address_of(route, scene.things), raw=sent, headers=headers)
            assert 400 <= answer.status < 500, (route.name, content_type, answer.text)
    assert is_untouched(scene.everybody.world, before)


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("origin", ORIGINS)
def test_no_other_page_reads_an_answer_or_is_let_ask(scene: Scene, origin: str) -> None:
    call = scene.everybody.api.call
    for path in PATHS:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answers = [call("OPTIONS", path, headers=asked), call("GET", path, headers={"Origin": origin})]
        for answer in answers:
            told = {name.lower() for name in answer.headers if name.lower().startswith("access-control")}
            assert told == set(), path


@pytest.mark.capability("S-107")
def test_no_address_that_is_sent_along_leads_anybody_anywhere(scene: Scene) -> None:
    """There is no redirect at all; and no answer repeats the address, nor the host that was asked for."""
    for route in [route for route in DECLARED if route.method == "GET"]:
        path = address_of(route, scene.things)
        path += ("&" if "?" in path else "?") + "&".join(f"{name}={EVIL}" for name in LEADING)
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Referer": EVIL}
        answer = scene.everybody.api.call("GET", path, token=token_for(scene, route), headers=headers)
        assert not 300 <= answer.status < 400, name_of(route)
        assert "Location" not in answer.headers
        assert "evil.example" not in answer.text + str(answer.headers), name_of(route)


@pytest.mark.capability("S-107")
def test_where_to_pay_and_where_to_join_is_not_the_word_of_a_header(scene: Scene) -> None:
    call, body = scene.everybody.api.call, scene.everybody.order_body(VIRTUAL.sku_id)
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript"}
    key = scene.everybody.key()
    placed = call("POST", "/v1/orders", body, token=scene.attacker.token, key=key, headers=evil)
    assert placed.body["pay_url"].startswith(scene.everybody.sandbox.url), placed.text
    place = call("GET", "/v1/distributors/me", token=scene.victim.token, headers=evil)
    assert place.status == 200
    assert "evil.example" not in place.text


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """Where whoever fetches what was sent would come."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def came(door: socket.socket) -> bool:
    try:
        door.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.capability("S-107")
def test_no_address_in_a_text_is_fetched(scene: Scene, door: socket.socket) -> None:
    address = f"http://127.0.0.1:{door.getsockname()[1]}/"
    texts: list[Any] = [address, {"$ref": address}, f'<!DOCTYPE a [<!ENTITY b SYSTEM "{address}">]>']
    for route in WITH_TEXTS:
        body, token = body_of(route), token_for(scene, route)
        for where in places(body):
            for text in texts:
                send(scene, route, token, with_text(body, where, text))
    assert not came(door)


def test_whoever_came_would_be_seen(door: socket.socket) -> None:
    with socket.create_connection(door.getsockname()):
        assert came(door)
