"""The holding road: calls of a process on their way to the engine, of which one may be kept in hand.

What is to be killed in the midst of something is known to be there: its call has come, it is not let
go before the process is dead, and either it never reaches the engine or its answer never comes back.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

import urllib3

IsMeant = Callable[[str, bytes], bool]  # of an action (`TransactWriteItems`) and the body of the call


@dataclass
class Hold:
    """A call that is kept: the engine never hears of it, or it is done and its answer does not come back.

    Whoever asks again meanwhile is kept as well.
    """

    is_meant: IsMeant
    is_done: bool
    again: int = 0  # how often such a call came once nothing was kept any more
    kept: Event = field(default_factory=Event)

    def wait(self) -> None:
        """Return when the call is in hand. Raises: AssertionError when it does not come."""
        assert self.kept.wait(30), "nobody made the call that was to be kept"


@dataclass
class Road:
    """Calls of AWS go on to the engine at `target`; a payment channel here has never heard of any order."""

    target: str
    holds: list[Hold] = field(default_factory=list)
    url: str = ""
    _open: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def travelled(self) -> Iterator["Road"]:
        handler = type("Traveller", (_Traveller,), {"road": self, "engine": urllib3.PoolManager(maxsize=16)})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            self.let_go()
            server.shutdown()
            server.server_close()
            thread.join()

    def keep(self, is_meant: IsMeant, is_done: bool) -> Hold:
        hold = Hold(is_meant, is_done)
        self.holds.append(hold)
        return hold

    def let_go(self) -> None:
        """Whoever made the calls in hand is dead; from now on nothing is kept."""
        self._open.set()

    def met(self, action: str, body: bytes) -> Hold | None:
        """The hold that keeps this call."""
        meant = [hold for hold in self.holds if hold.is_meant(action, body)]
        if not self._open.is_set():
            return meant[0] if meant else None
        with self._lock:
            for hold in meant:
                hold.again += 1
        return None

    def stand(self, hold: Hold) -> None:
        hold.kept.set()
        self._open.wait()


class _Traveller(BaseHTTPRequestHandler):
    road: Road
    engine: urllib3.PoolManager
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hold = self.road.met(self.headers.get("X-Amz-Target", "").rpartition(".")[2], body)
        if hold and (hold.kept.is_set() or not hold.is_done):
            self._break_off(hold)
            return
        answer = self.engine.request(
            self.command, self.road.target + self.path, body=body, headers=dict(self.headers), redirect=False
        )
        if hold:
            self._break_off(hold)
            return
        kept = {name: value for name, value in answer.headers.items() if name.lower() in _PASSED_ON}
        self._answer(answer.status, answer.data, kept)

    def do_PUT(self) -> None:
        self.do_POST()

    def do_GET(self) -> None:
        if self.path.startswith("/channel/"):
            self._answer(404, json.dumps({"code": "NOT_RECEIVED"}).encode(), {})
        else:
            self.do_POST()

    def _break_off(self, hold: Hold) -> None:
        self.road.stand(hold)
        self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        with suppress(ConnectionError):  # whoever asked is dead
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests say enough."""


_PASSED_ON = frozenset({"content-type", "x-amz-crc32", "etag", "x-amz-version-id", "x-amzn-requestid"})
