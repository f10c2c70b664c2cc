"""The server: how do the counterparties listen, answer, keep silent and stop?"""

import os
import sys
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from local.counterparties.answers import Answer, NoAnswer, Refused, json_answer
from local.counterparties.callbacks import RETRY_SECONDS, Deliveries
from local.counterparties.routes import Request, World, answered
from local.counterparties.signing import SigningKeys
from local.counterparties.storage import Storage

HOST = "127.0.0.1"
BODY_BYTES_MAX = 64 * 1024


class Counterparties:
    """The whole outside world, served from threads of this process."""

    def __init__(
        self, port: int, data_directory: Path, keys: str, retry_seconds: Sequence[float] = RETRY_SECONDS
    ) -> None:
        """Raises: OSError when the port is taken; ValueError when the keys are none."""
        signing_keys = SigningKeys(keys)
        self._server = _Server((HOST, port), _Handler)
        self.port = self._server.server_address[1]
        storage = Storage(data_directory)
        deliveries = Deliveries(storage, signing_keys, retry_seconds)
        self._server.world = World(storage, signing_keys, deliveries, f"http://{HOST}:{self.port}")
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="counterparties")

    def start(self) -> None:
        self._server.world.deliveries.start()
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server.world.deliveries.stop()
        self._server.world.storage.close()


class _Server(ThreadingHTTPServer):
    world: World
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False  # a browser's idle keep-alive connection must not hold up the end


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "Counterparties"
    sys_version = ""
    timeout = 60
    wbufsize = -1  # head and body leave in one piece …
    disable_nagle_algorithm = True  # … and at once

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            answer = self._answer()
        except NoAnswer as silence:
            time.sleep(silence.silence_ms / 1000)
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _answer(self) -> Answer:
        try:
            url = urlsplit(self.path)
            headers = {name.title(): value for name, value in self.headers.items()}
            request = Request(self.command, url.path, url.query, headers, self._body())
            return answered(self.server.world, request)
        except Refused as refusal:
            return json_answer({"code": refusal.code}, refusal.status)
        except NoAnswer:
            raise
        except Exception as error:
            print(f"{self.command} {self.path}: {error!r}", file=sys.stderr, flush=True)
            return json_answer({"code": "BROKEN"}, 500)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True  # what was not read cannot be skipped
            raise Refused(413, "BODY_TOO_LARGE")
        return self.rfile.read(int(length))

    def log_message(self, format: str, *args: object) -> None:
        """Silent: what happened stands in the storage, and addresses are nobody's business."""


def retry_seconds_of(text: str) -> tuple[float, ...]:
    """`0.1,0.5` as seconds; empty: as the big channels do."""
    return tuple(float(part) for part in text.split(",")) if text else RETRY_SECONDS


def serve(port: int, data_directory: Path) -> Counterparties:
    """The counterparties, started, with keys and retries from the environment.

    Raises: ValueError without SANDBOX_CHANNEL_KEY; OSError when the port is taken.
    """
    counterparties = Counterparties(
        port,
        data_directory,
        os.environ.get("SANDBOX_CHANNEL_KEY", ""),
        retry_seconds_of(os.environ.get("SANDBOX_RETRY_SECONDS", "")),
    )
    counterparties.start()
    return counterparties
