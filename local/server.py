"""The server: HTTP on one machine, through Chalice's own idea of API Gateway.

    python -m local.server --port 8080

Waitress takes many requests at once and keeps connections; LocalGateway turns each
into the event that Lambda would get, and the answer back. What API Gateway does by
itself stands in the template (local/api.py); what CloudFront does before it, in local/web.py.
"""

import argparse
import base64
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

import httpx
from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalChalice, LocalGateway, LocalGatewayException
from waitress.server import create_server

from infra.build import transformed_template
from local import children, messages
from local.api import Api, Reply
from local.engine_environment import HOST
from local.web import Web

THREADS = 32
APP = "app.app"  # the handler of the routes' one function, which is the application that is served
BODY_BYTES_MAX = 6 * 1024 * 1024  # Lambda takes no larger event
_BODY_BYTES_READ_MAX = 64 * 1024 * 1024  # read and thrown away, so that the client hears why

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Answered = Callable[[int, float], None]  # a status, and the seconds it took

# API Gateway's own words, where no template says others.
_OWN_WORDS = {
    "MISSING_AUTHENTICATION_TOKEN": (403, b'{"message":"Missing Authentication Token"}'),
    "REQUEST_TOO_LARGE": (413, b'{"message":"Request Too Long"}'),
}


def _unheard(status: int, seconds: float) -> None:
    """Where nobody counts answers."""


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

    def __init__(self, application: Chalice, api: Api | None = None) -> None:
        self._api = api
        application.__class__ = ThreadedChalice
        super().__init__(application, Config.create())

    def answer(self, environ: Environ) -> Reply:
        """Answer one WSGI request."""
        method, headers = environ["REQUEST_METHOD"], _headers(environ)
        if int(environ.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
            return self._unreached("REQUEST_TOO_LARGE", str(uuid.uuid4()))
        query = environ.get("QUERY_STRING", "")
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/") + (f"?{query}" if query else "")
        body = environ["wsgi.input"].read() or None
        try:
            event = self._event(method, path, headers, body, environ["REMOTE_ADDR"])
            if event is None:
                return self._unreached("MISSING_AUTHENTICATION_TOKEN", str(uuid.uuid4()))
            if self._api and not self._api.admits(method, event["resource"]):
                return self._unreached("THROTTLED", event["requestContext"]["requestId"])
            return _http(self._invoked(method, path, event))
        except LocalGatewayException as refusal:
            return refusal.CODE, list(refusal.headers.items()), refusal.body or b""

    def _unreached(self, kind: str, request_id: str) -> Reply:
        """The answer to a request that never gets to a function."""
        if self._api:
            return self._api.answer(kind, request_id)
        status, body = _OWN_WORDS[kind]
        return status, [("Content-Type", "application/json")], body

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
        answer: dict[str, Any]
        function = self._api.function_beside(APP, method, event["resource"]) if self._api else None
        if function:
            answer = function.call(event, event["requestContext"]["requestId"])
            return answer
        event, context = self._authorizer.authorize(path, event, context)
        answer = self._app_object(event, context)
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
    gateway: Gateway, answered: Answered = _unheard, web: Web | None = None
) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """The gateway, and the app before it where there is one, as a WSGI application."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begin = time.monotonic()
        file = web.answer(environ) if web else None
        if environ["PATH_INFO"] == messages.PATH:
            status, headers, body = _messages()
        else:
            status, headers, body = file or gateway.answer(environ)
        if not file:
            answered(status, time.monotonic() - begin)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(f"{status} {_phrase(status)}", [*kept, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return application


def _messages() -> Reply:
    """The page of text messages, which stands beside the API."""
    try:
        return (
            200,
            [("Content-Type", "text/html; charset=utf-8")],
            messages.page(os.environ["AWS_ENDPOINT_URL"]),
        )
    except httpx.HTTPError:
        return 503, [("Content-Type", "text/plain; charset=utf-8")], b"The engine does not answer."


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Answer"


def server_of(
    application: Chalice,
    port: int,
    api: Api | None = None,
    answered: Answered = _unheard,
    web: Web | None = None,
) -> Any:
    """A waitress server of a Chalice application, behind the API of its template and the app.

    Raises OSError when the port is taken.
    """
    return create_server(
        wsgi(Gateway(application, api), answered, web),
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
    from local.answers import answers_told

    try:
        web = Web(os.environ["AWS_ENDPOINT_URL"])
        server = server_of(app, port, Api(transformed_template("local")), answers_told(), web)
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
