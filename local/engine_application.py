"""The engine's front: requests to the AWS services, and a few of our own under /_forecourt/.

POST   reset     empty every table, stream, queue and bucket; what exists stays (volatile engines only)
POST   hasten    make delayed messages visible now
POST   faults    plan faults, see local/faults.py;  GET shows the plan and what it did
GET    meter     what was called and consumed;      DELETE begins to count anew
POST   alarms    {"later_seconds": s}: the state of each alarm s seconds from now, if nothing else is told
POST   changes   {"since": n, "seconds": s}: wait until a stream has grown
"""

import fcntl
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any, Self

from local import engine_alarms, engine_private, engine_workers
from local.changes import Changes
from local.faults import DROP_HEADER, Faults
from local.interception import Interception
from local.journal import Journal
from local.meter import Meter

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

OWN_PATHS = "/_forecourt/"
JOURNAL_NAME = "journal.db"
_LOCK_SECONDS = 5.0


class AnswerDropped(Exception):
    """A fault broke the connection in the middle of an answer."""


class EngineApplication:
    """An ASGI application around the engine's own."""

    def __init__(self, journal_path: Path | None) -> None:
        from ministack.app import app

        self._services: Any = app
        self._volatile = journal_path is None
        self._lock: IO[str] | None = None  # held as long as we live
        self._changes = Changes()
        self._journal = Journal(journal_path, self._changes)
        self._interception = Interception(self._journal)
        self._interception.install()
        engine_alarms.install()
        engine_workers.install()

    @classmethod
    def open(cls, state_directory: Path | None) -> Self:
        """Load what an earlier run left, then wrap the engine.

        Raises:
            ValueError: with one sentence, when the directory is not a state of ours or is in use.
        """
        if state_directory is None:
            return cls(None)
        journal_path = state_directory / JOURNAL_NAME
        if state_directory.exists() and any(state_directory.iterdir()) and not journal_path.exists():
            raise ValueError(
                f"{state_directory} holds something else than the engine's state: choose another"
            )
        state_directory.mkdir(parents=True, exist_ok=True)
        lock = _locked(state_directory)
        application = cls(journal_path)
        application._lock = lock
        return application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(OWN_PATHS):
            await self._own(scope, receive, send)
        else:
            await self._services(scope, receive, _dropping(send) if self._interception.faults.kinds else send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._journal.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = f"{scope['method']} {scope['path'].removeprefix(OWN_PATHS)}"
        answer = getattr(self, _OWN_CALLS.get(call, "_unknown"))
        try:
            status, document = await answer(await _body(receive))
        except (ValueError, TypeError) as error:
            status, document = 400, {"error": str(error)}
        await _reply(send, status, document)

    async def _unknown(self, body: Any) -> tuple[int, Any]:
        return 404, {"known": sorted(_OWN_CALLS)}

    async def _reset(self, body: Any) -> tuple[int, Any]:
        if not self._volatile:
            return 409, {"error": "this engine keeps its state: stop it and use `make reset`"}
        engine_private.forget_contents()
        self._interception.faults = Faults()
        self._interception.meter = Meter()
        return 200, {"reset": True}

    async def _hasten(self, body: Any) -> tuple[int, Any]:
        hastened = engine_private.hasten_messages()
        await self._journal.keep_state("sqs", "ChangeMessageVisibility")
        return 200, {"hastened": hastened}

    async def _plan_faults(self, body: Any) -> tuple[int, Any]:
        self._interception.faults = Faults.planned(body)
        return 200, self._interception.faults.report()

    async def _show_faults(self, body: Any) -> tuple[int, Any]:
        return 200, self._interception.faults.report()

    async def _show_meter(self, body: Any) -> tuple[int, Any]:
        return 200, self._interception.meter.report()

    async def _reset_meter(self, body: Any) -> tuple[int, Any]:
        report = self._interception.meter.report()
        self._interception.meter = Meter()
        return 200, report

    async def _judge_alarms(self, body: Any) -> tuple[int, Any]:
        return 200, engine_alarms.states(float(body["later_seconds"]))

    async def _wait_for_changes(self, body: Any) -> tuple[int, Any]:
        number = await self._changes.wait(int(body["since"]), float(body["seconds"]))
        return 200, {"number": number, "heads": engine_private.stream_heads()}


_OWN_CALLS = {
    "POST reset": "_reset",
    "POST hasten": "_hasten",
    "POST faults": "_plan_faults",
    "GET faults": "_show_faults",
    "GET meter": "_show_meter",
    "DELETE meter": "_reset_meter",
    "POST alarms": "_judge_alarms",
    "POST changes": "_wait_for_changes",
}


def _locked(state_directory: Path) -> IO[str]:
    """Hold the directory; an earlier engine whose parent was killed may need a moment to end."""
    lock = (state_directory / "engine.lock").open("w")
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ValueError(f"{state_directory} is in use by another engine") from None
            time.sleep(0.05)
        else:
            return lock


def _dropping(send: Send) -> Send:
    """Break the connection in the middle of an answer that is marked to be dropped."""

    async def sent(message: dict[str, Any]) -> None:
        headers = message.get("headers", [])
        if message["type"] != "http.response.start" or DROP_HEADER.encode() not in [n for n, _ in headers]:
            await send(message)
            return
        promised = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        await send({**message, "status": 200, "headers": [*promised, (b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise AnswerDropped

    return sent


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
