"""The server: HTTP on one machine, through Chalice's own idea of API Gateway.

    python -m local.server --port 8080

Waitress takes many requests at once and keeps connections; LocalGateway turns each
into the event that Lambda would get, and the answer back.
"""

import argparse
import base64
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalChalice, LocalGateway, LocalGatewayException
from waitress.server import create_server

from local import children
from local.engine_environment import HOST

THREADS = 32
BODY_BYTES_MAX = 6 * 1024 * 1024  # Lambda takes no larger event
_BODY_BYTES_READ_MAX = 64 * 1024 * 1024  # read and thrown away, so that the client hears why

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Reply = tuple[int, list[tuple[str, str]], bytes]
Answered = Callable[[int, float], None]  # a status, and the seconds it took
Unreached = Callable[[str, str, Mapping[str, str]], Reply]  # method, path, headers


def _unheard(status: int, seconds: float) -> None:
    """Where nobody counts answers."""


def _as_api_gateway(status: int, body: bytes) -> Unreached:
    return lambda method, path, headers: (status, [("Content-Type", "application/json")], body)


_NO_TOKEN = _as_api_gateway(403, b'{"message":"Missing Authentication Token"}')
_TOO_LONG = _as_api_gateway(413, b'{"message":"Request Too Long"}')


@dataclass(frozen=True, slots=True)
class Words:
    """How a request is answered that never gets to a function; API Gateway's own words unless given."""

    no_route: Unreached = _NO_TOKEN
    too_large: Unreached = _TOO_LONG


_GATEWAYS_WORDS = Words()


class ThreadedChalice(LocalChalice):
    """Chalice keeps the request in hand on the application; here each thread has its own."""

    _thread = threading.local()

    @property
    def lambda_context(self) -> Any:
        return getattr(self._thread, "lambda_context", None)

    @lambda_context.setter
    def lambda_context(self, value: Any) -> None:
        self._thread.lambda_context = value


class Gateway(LocalGateway):
    """LocalGateway, with what API Gateway adds and Chalice leaves out."""

    def __init__(self, application: Chalice, words: Words = _GATEWAYS_WORDS) -> None:
        self._words = words
        application.__class__ = ThreadedChalice
        super().__init__(application, Config.create())

    def answer(self, environ: Environ) -> Reply:
        """Answer one WSGI request."""
        method, headers = environ["REQUEST_METHOD"], _headers(environ)
        if int(environ.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
            return self._words.too_large(method, environ["PATH_INFO"], headers)
        query = environ.get("QUERY_STRING", "")
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/") + (f"?{query}" if query else "")
        body = environ["wsgi.input"].read() or None
        try:
            event = self._event(method, path, headers, body, environ["REMOTE_ADDR"])
            if event is None:
                return self._words.no_route(method, environ["PATH_INFO"], headers)
            return _http(self._invoked(method, path, event))
        except LocalGatewayException as refusal:
            return refusal.CODE, list(refusal.headers.items()), refusal.body or b""

    def _event(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, address: str
    ) -> dict[str, Any] | None:
        """The event that Lambda would get; None when no route has this path."""
        try:
            event: dict[str, Any] = self._generate_lambda_event(method, path, headers, body)
        except ValueError:
            return None
        if isinstance(event["body"], bytes):
            event["body"] = event["body"].decode("utf-8", "replace")
        parameters = {name: unquote(value) for name, value in event["pathParameters"].items()}
        values = event["multiValueQueryStringParameters"]
        event |= {
            "resource": event["requestContext"]["resourcePath"],
            "path": event["requestContext"]["path"],
            "httpMethod": method,
            "pathParameters": parameters or None,
            "queryStringParameters": {name: found[-1] for name, found in values.items()} if values else None,
            "multiValueHeaders": {name: [value] for name, value in event["headers"].items()},
        }
        event["requestContext"] |= {
            "identity": {"sourceIp": address, "userAgent": event["headers"].get("user-agent", "")},
            "requestId": str(uuid.uuid4()),
            "stage": "local",
        }
        return event

    def _invoked(self, method: str, path: str, event: dict[str, Any]) -> dict[str, Any]:
        context = self._generate_lambda_context()
        if method == "OPTIONS" and not self._has_user_defined_options_method(event):
            headers = self._autogen_options_headers(event)
            return {"statusCode": 200, "headers": headers, "multiValueHeaders": {}, "body": ""}
        event, context = self._authorizer.authorize(path, event, context)
        answer: dict[str, Any] = self._app_object(event, context)
        return answer


def _headers(environ: Environ) -> dict[str, str]:
    named = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            named[name.replace("_", "-").lower()] = environ[name]
    return named


def _http(answer: dict[str, Any]) -> Reply:
    """A function's answer as HTTP."""
    headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers += [(name, str(value)) for value in values]
    body = answer.get("body") or ""
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    if answer.get("isBase64Encoded"):
        return answer["statusCode"], headers, base64.b64decode(body)
    return answer["statusCode"], headers, body if isinstance(body, bytes) else body.encode()


def wsgi(
    gateway: Gateway, answered: Answered = _unheard
) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """The gateway as a WSGI application."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begin = time.monotonic()
        status, headers, body = gateway.answer(environ)
        answered(status, time.monotonic() - begin)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(f"{status} {_phrase(status)}", [*kept, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return application


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Answer"


def server_of(
    application: Chalice, port: int, words: Words = _GATEWAYS_WORDS, answered: Answered = _unheard
) -> Any:
    """A waitress server of a Chalice application. Raises OSError when the port is taken."""
    return create_server(
        wsgi(Gateway(application, words), answered),
        host=HOST,
        port=port,
        threads=THREADS,
        connection_limit=1000,
        channel_timeout=75,
        max_request_body_size=_BODY_BYTES_READ_MAX,
        ident=None,
        clear_untrusted_proxy_headers=False,
    )


def main(arguments: list[str] | None = None) -> int:
    """Serve app.app until told to stop."""
    parser = argparse.ArgumentParser(prog="local.server")
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args(arguments).port
    from app import app
    from local import unreached
    from local.answers import answers_told

    try:
        server = server_of(app, port, Words(unreached.no_route, unreached.too_large), answers_told())
    except OSError as error:
        print(f"port {port} on {HOST} is busy ({error.strerror})", file=sys.stderr)
        return 2

    told = threading.Event()

    def stop(*_: object) -> None:
        if not told.is_set():  # being told twice must not break off what the first began
            told.set()
            os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGTERM, stop)
    children.when_parent_ends(stop)
    children.ready(server.effective_port)
    server.run()  # returns on SIGINT, when what it had begun is answered
    return 0


if __name__ == "__main__":
    sys.exit(main())
