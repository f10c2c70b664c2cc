"""A client of the API inside the test's process: through Chalice's own idea of API Gateway."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalice.app import Chalice
from chalice.test import Client

from local.wiring import running_function

ABSENT = object()
HTTP_FUNCTION = "app"


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem; "" for anything else."""
        is_problem = self.headers.get("Content-Type") == "application/problem+json"
        return str(self.body["code"]) if is_problem else ""


# Whoever wants to hear of each call: its method, path, body and answer.
Listening = Callable[[str, str, object, Reply], None]
LISTENERS: list[Listening] = []


class Api:
    """Calls routes by method and path."""

    def __init__(self, app: Chalice) -> None:
        self._client = Client(app)

    def call(
        self,
        method: str,
        path: str,
        body: object = ABSENT,
        *,
        raw: bytes | None = None,
        token: str = "",
        key: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """`body` is sent as JSON, `raw` as it is; further headers win over those made here."""
        sent: dict[str, str] = {}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if key:
            sent["Idempotency-Key"] = key
        content = raw if raw is not None else b"" if body is ABSENT else json.dumps(body).encode()
        if content:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        token = running_function.set(HTTP_FUNCTION)
        try:
            response = self._client.http.request(method, path, headers=sent, body=content)
        finally:
            running_function.reset(token)
        text = response.body.decode() if isinstance(response.body, bytes) else response.body
        reply = Reply(response.status_code, text, response.headers)
        for listening in LISTENERS:
            listening(method, path, None if body is ABSENT else body, reply)
        return reply
