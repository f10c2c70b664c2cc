"""Canned answers: what did AWS say to this call, said again without an engine?

A small server between a program and the engine. While it learns, it passes calls on and
keeps each answer; afterwards it gives the kept ones, in the order in which they came.
"""

import http.client
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

HOST = "127.0.0.1"
NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "content-length", "date", "server", "host"})
ANSWER_SECONDS_MAX = 60


@dataclass(frozen=True)
class Kept:
    """One answer of AWS."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Canned:
    """All answers by the name of the call; `engine_url` is asked while it is set."""

    engine_url: str
    answers: dict[str, list[Kept]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    url: str = ""

    def begin(self, learns: bool = False) -> None:
        """Another program starts: its first call gets the first answer."""
        self.asked.clear()
        self.learns = learns
        if learns:
            self.answers.clear()

    def answer(self, method: str, path: str, headers: http.client.HTTPMessage, body: bytes) -> Kept:
        name = _name(method, path, headers)
        position = self.asked[name]
        self.asked[name] += 1
        if self.learns:
            self.answers[name].append(self._of_engine(method, path, headers, body))
        known = self.answers[name]
        return known[min(position, len(known) - 1)]

    def _of_engine(self, method: str, path: str, headers: http.client.HTTPMessage, body: bytes) -> Kept:
        connection = http.client.HTTPConnection(urlsplit(self.engine_url).netloc, timeout=ANSWER_SECONDS_MAX)
        passed = {name: text for name, text in headers.items() if name.lower() != "expect"}
        connection.request(method, path, body, passed)
        response = connection.getresponse()
        kept = tuple(
            (name, text) for name, text in response.getheaders() if name.lower() not in NOT_PASSED_ON
        )
        answer = Kept(response.status, kept, response.read())
        connection.close()
        return answer


def _name(method: str, path: str, headers: http.client.HTTPMessage) -> str:
    """JSON services name the action in a header; S3 has its bucket in the path, before a key that varies."""
    return headers.get("X-Amz-Target") or f"{method} {path.split('/')[1]}"


@contextmanager
def serving(engine_url: str) -> Iterator[Canned]:
    """A server on this machine's own address, for as long as the block."""
    canned = Canned(engine_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept = canned.answer(self.command, self.path, self.headers, body)
            self.send_response(kept.status)
            for name, text in (*kept.headers, ("Content-Length", str(len(kept.body)))):
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(kept.body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a call is no news."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    canned.url = f"http://{HOST}:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield canned
    finally:
        server.shutdown()
        server.server_close()
