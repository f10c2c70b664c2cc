"""The smoke test: does it see an API that does not answer, or answers otherwise?"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from infra.smoke import TRIES_MAX, failures

SOUND = {
    "/v1/health": (200, {"status": "ok"}),
    "/v1/orders": (401, {"code": "TOKEN_MISSING"}),
    "/v1/openapi.json": (200, {"openapi": "3.1.0"}),
    "/v1/payments/smoke/callbacks": (404, {"code": "CHANNEL_UNKNOWN"}),
}
Answers = dict[str, tuple[int, Any]]


@contextmanager
def api(answers: Answers) -> Iterator[str]:
    """An API that gives these answers below /dev, and 502 to all else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            if self.path.endswith("/callbacks"):
                self._answer()

        def _answer(self) -> None:
            status, body = answers.get(self.path.removeprefix("/dev"), (502, {}))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dev/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_sound_api_fails_nothing() -> None:
    with api(SOUND) as url:
        assert failures(url, lambda seconds: None) == []


@pytest.mark.parametrize(
    "path, answer, told",
    [
        ("/v1/health", (200, {"status": "ill"}), "the API answers: /v1/health says status 'ill', not 'ok'"),
        ("/v1/orders", (200, {}), "/v1/orders was answered 200 instead of 401"),
        ("/v1/orders", (401, {"message": "Unauthorized"}), "/v1/orders says code None, not 'TOKEN_MISSING'"),
        ("/v1/openapi.json", (502, {}), "/v1/openapi.json was answered 502 instead of 200"),
        ("/v1/openapi.json", (200, ["no object"]), "/v1/openapi.json was answered without JSON"),
        ("/v1/payments/smoke/callbacks", (403, {}), "the function of callbacks answers: "),
    ],
)
def test_each_answer_that_is_not_as_it_should_be_is_told(path: str, answer: Any, told: str) -> None:
    with api({**SOUND, path: answer}) as url:
        found = failures(url, lambda seconds: None)
    assert len(found) == 1
    assert told in found[0]


def test_an_api_that_is_there_in_a_moment_is_waited_for() -> None:
    answers: Answers = {**SOUND, "/v1/health": (502, {})}
    waited = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            answers["/v1/health"] = SOUND["/v1/health"]

    with api(answers) as url:
        assert failures(url, sleep) == []
    assert len(waited) == 3


def test_nobody_at_the_address_is_told_after_some_tries() -> None:
    waited: list[float] = []
    with api(SOUND) as url:
        pass
    found = failures(url, waited.append)
    assert len(waited) == TRIES_MAX - 1
    assert found[0].startswith("the API answers: no answer from http://127.0.0.1:")
