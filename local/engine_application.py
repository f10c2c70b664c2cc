"""The engine's front: requests to the AWS services, and a few of our own under /_forecourt/.

POST /_forecourt/reset     empty every table, stream, queue and bucket; what exists stays
POST /_forecourt/hasten    make delayed messages visible now
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

from local import engine_private

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

OWN_PATHS = "/_forecourt/"


class EngineApplication:
    """An ASGI application around the engine's own."""

    def __init__(self) -> None:
        from ministack.app import app

        self._services: Any = app

    @classmethod
    def open(cls, state_directory: Path | None) -> Self:
        """Load what an earlier run left, then wrap the engine.

        Raises ValueError with one sentence when the directory is not a state of ours.
        """
        return cls()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(OWN_PATHS):
            await self._own(scope, receive, send)
        else:
            await self._services(scope, receive, send)

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = f"{scope['method']} {scope['path'].removeprefix(OWN_PATHS)}"
        answer = getattr(self, _OWN_CALLS.get(call, "_unknown"))
        status, document = await answer(await _body(receive))
        await _reply(send, status, document)

    async def _unknown(self, body: Any) -> tuple[int, Any]:
        return 404, {"known": sorted(_OWN_CALLS)}

    async def _reset(self, body: Any) -> tuple[int, Any]:
        engine_private.forget_contents()
        return 200, {"reset": True}

    async def _hasten(self, body: Any) -> tuple[int, Any]:
        return 200, {"hastened": engine_private.hasten_messages()}


_OWN_CALLS = {
    "POST reset": "_reset",
    "POST hasten": "_hasten",
}


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> Any:
    content = b""
    while True:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            return json.loads(content) if content else {}


async def _reply(send: Send, status: int, document: Any) -> None:
    content = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
