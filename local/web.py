"""The web on one machine: which file of the built app answers a request, and with what headers?

The rules are those of AWS (infra/web.py). What CloudFront does by itself is done here: it packs texts,
and says of a file that a browser has already that it has not changed.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from infra.web import DIST, INDEX, cache_control, content_type, headers_of, is_file_name, is_page
from local.api import Reply

READS = ("GET", "HEAD")
NOT_OURS = ("/v1", "/local")  # and what is below them
PACKED = ("text/", "application/json", "application/manifest+json", "application/wasm", "image/svg+xml")
PACKED_BYTES_MIN = 1000  # as CloudFront does

Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Web:
    """The app as it lies in a folder, where batches are uploaded to one origin; looked at anew each time."""

    uploads: str
    dist: Path = DIST

    @property
    def is_built(self) -> bool:
        return (self.dist / INDEX).is_file()

    def answer(self, environ: Environ) -> Reply | None:
        """The file that a request is for; None where it is for the API, or before the app was built."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        is_read = environ["REQUEST_METHOD"] in READS
        if not is_read or path.startswith(tuple(f"{one}/" for one in NOT_OURS)) or path in NOT_OURS:
            return None
        return self._file(path, environ) if self.is_built else None

    def _file(self, path: str, environ: Environ) -> Reply:
        name = path.removeprefix("/")
        if not self._has(name):
            if not is_page(path):
                told = headers_of(self.uploads) | {"Content-Type": "text/plain; charset=utf-8"}
                return 404, [*told.items(), ("Cache-Control", "no-store")], b"There is no such file.\n"
            name = INDEX
        content = (self.dist / name).read_bytes()
        mark = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
        told = {**headers_of(self.uploads), "Cache-Control": cache_control(name), "ETag": mark}
        if mark in [one.strip() for one in environ.get("HTTP_IF_NONE_MATCH", "").split(",")]:
            return HTTPStatus.NOT_MODIFIED, list(told.items()), b""
        told["Content-Type"] = kind = content_type(name)
        if kind.startswith(PACKED) and len(content) >= PACKED_BYTES_MIN:
            told["Vary"] = "Accept-Encoding"
            if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
                told["Content-Encoding"] = "gzip"
                content = packed(content)
        return HTTPStatus.OK, list(told.items()), content

    def _has(self, name: str) -> bool:
        """Whether there is a file of that name, in the folder and nowhere else."""
        if not is_file_name(name):
            return False
        path = (self.dist / name).resolve()
        return path.is_relative_to(self.dist.resolve()) and path.is_file()


def takes_gzip(accepted: str) -> bool:
    """Whether a browser reads gzip, as Accept-Encoding tells."""
    told = [one.replace(" ", "").partition(";q=") for one in accepted.lower().split(",")]
    return any(name == "gzip" and weight not in ("0", "0.0", "0.00", "0.000") for name, _, weight in told)


@lru_cache(maxsize=256)
def packed(content: bytes) -> bytes:
    """Packed once, as long as it is asked for."""
    return gzip.compress(content, mtime=0)
