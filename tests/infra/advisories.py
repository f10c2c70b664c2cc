"""An advisory source on this machine: it speaks OSV and npm, and knows what a test tells it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Record = dict[str, Any]


def record(
    advisory: str,
    package: str,
    version: str,
    *,
    fixed: str = "",
    published: str,
    severity: str = "",
    **more: Any,
) -> Record:
    """What OSV says of one weakness of one version."""
    return {
        "schema_version": "1.6.0",
        "id": advisory,
        "summary": f"a weakness of {package}",
        "published": published,
        "database_specific": {"severity": severity} if severity else {},
        "affected": [
            {
                "package": {"name": package, "ecosystem": "PyPI"},
                "versions": [version],
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]
                if fixed
                else [],
            }
        ],
        **more,
    }


class Source(BaseHTTPRequestHandler):
    records: tuple[Record, ...] = ()
    status = 200

    def do_POST(self) -> None:
        if self.path.startswith("/-/npm/"):  # to npm it is a registry that knows nothing of any package
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(self.status, {})
            return
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = [one for one in self.records if self._is_about(one, asked)]
        self._answer(self.status, {"vulns": found} if found else {})

    def do_GET(self) -> None:
        found = [one for one in self.records if self.path == f"/v1/vulns/{one['id']}"]
        self._answer(200 if found else 404, found[0] if found else {})

    @staticmethod
    def _is_about(one: Record, asked: Record) -> bool:
        return any(
            place["package"] == asked["package"] and asked["version"] in place["versions"]
            for place in one["affected"]
        )

    def _answer(self, status: int, document: Record) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests say enough."""


@contextmanager
def advisory_source(*records: Record, status: int = 200) -> Iterator[str]:
    """Its address, while it answers."""
    handler = type("TaughtSource", (Source,), {"records": records, "status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def silent_address() -> str:
    """An address on which nobody answers any more."""
    with advisory_source() as address:
        return address
