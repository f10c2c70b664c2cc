"""The server: does HTTP on one machine reach the functions as API Gateway would bring it?"""

import base64
import http.client
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice, Response

from local.engine_environment import HOST
from local.server import BODY_BYTES_MAX, server_of


def application() -> Chalice:
    app = Chalice("mirror")

    @app.route("/echo/{name}", methods=["GET", "POST", "PUT"])
    def echo(name: str) -> dict[str, Any]:
        request = app.current_request
        time.sleep(float((request.query_params or {}).get("wait", 0)))
        return {
            "name": name,
            "seen": app.current_request.headers.get("x-token"),
            "query": {key: request.query_params.getlist(key) for key in request.query_params or {}},
            "body": request.raw_body.decode(),
            "address": request.context["identity"]["sourceIp"],
        }

    @app.route("/many")
    def many() -> Response:
        return Response("{}", headers={"X-One": "1", "Set-Cookie": ["a=1", "b=2"]}, status_code=201)

    @app.route("/picture", methods=["GET", "HEAD"])
    def picture() -> Response:
        return Response(b"\x00\xff", headers={"Content-Type": "image/png"})

    return app


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = server_of(application(), 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    return connection.getresponse()


def test_path_query_headers_body_and_address_reach_the_function(port: int) -> None:
    path = "/echo/a%20b?x=1&x=2&y=%E6%B2%B9&empty="
    answer = json.load(call(port, "POST", path, "油".encode(), x_token="t", content_type="application/json"))
    assert answer == {
        "name": "a b",
        "seen": "t",
        "query": {"x": ["1", "2"], "y": ["油"], "empty": [""]},
        "body": "油",
        "address": HOST,
    }


def test_several_headers_of_one_name_and_the_status_come_back(port: int) -> None:
    answer = call(port, "GET", "/many")
    assert answer.status == 201
    assert answer.headers["X-One"] == "1"
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_binary_answers_are_bytes(port: int) -> None:
    answer = call(port, "GET", "/picture", accept="image/png")
    assert (answer.read(), answer.headers["Content-Type"]) == (b"\x00\xff", "image/png")
    assert base64.b64encode(b"\x00\xff") == b"AP8="


def test_head_has_the_length_and_no_body(port: int) -> None:
    answer = call(port, "HEAD", "/picture", accept="image/png")
    assert (answer.status, answer.headers["Content-Length"], answer.read()) == (200, "2", b"")


def test_an_unknown_path_is_refused_with_or_without_a_token(port: int) -> None:
    assert call(port, "GET", "/nothing").status == 403
    assert call(port, "GET", "/nothing", authorization="Bearer \xe6").status == 403


def test_a_body_that_lambda_would_not_take_is_refused_by_413_and_one_at_the_limit_is_taken(port: int) -> None:
    refused = call(port, "POST", "/echo/a", b"x" * (BODY_BYTES_MAX + 1), content_type="application/json")
    assert (refused.status, json.load(refused)) == (413, {"message": "Request Too Long"})
    taken = call(port, "POST", "/echo/a", b"x" * BODY_BYTES_MAX, content_type="application/json")
    assert taken.status == 200


def test_sixteen_requests_run_at_once_and_each_sees_its_own_headers(port: int) -> None:
    seen: list[tuple[str, str]] = []

    def ask(number: int) -> None:
        answer = json.load(call(port, "GET", f"/echo/{number}?wait=0.3", x_token=str(number)))
        seen.append((answer["name"], answer["seen"]))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 16 * 0.3 / 2
    assert sorted(seen) == sorted((str(number), str(number)) for number in range(16))


def test_a_kept_connection_does_not_stall(port: int) -> None:
    """With Nagle's algorithm each answer after the first would wait 40 ms for an acknowledgement."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    durations = []
    for number in range(30):
        began = time.perf_counter()
        connection.request("POST", f"/echo/{number}", b"{}", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert json.load(answer)["name"] == str(number)
        durations.append(time.perf_counter() - began)
    assert sorted(durations)[len(durations) // 2] < 0.025
