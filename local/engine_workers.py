"""The engine's workers: how do the functions that the engine runs come to their code, and to newer code?

As on AWS, a call that runs comes to its end where it began, and the next one finds the new code.
The engine would kill the call, and stand still until it is dead, while the call waits for the engine.
Here a worker that must go is taken out of the pool at once, and ends when its call has ended.

The engine would unpack the whole zip for each worker, which is most of a worker's start. Here it
is unpacked once, and all share it: to a function its code is read-only.
"""

import hashlib
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local import engine_private

CALL_SECONDS_MAX = 60.0  # longer than a call behind API Gateway may take
_LOOK_SECONDS = 0.05


def install() -> None:
    """Let the engine start and retire its workers like this."""
    engine_private.module("lambda_svc").invalidate_worker = retire
    engine_private.unzip_with(SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZip}))


def retire(
    func_name: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
) -> None:
    """In the place of the engine's own. It has one account and one region: they choose nothing."""
    workers = engine_private.taken_from_pool(func_name, qualifier)
    if workers:
        threading.Thread(target=_end, args=(workers,), daemon=True).start()


def _end(workers: list[Any]) -> None:
    deadline = time.monotonic() + CALL_SECONDS_MAX
    while any(worker.in_use for worker in workers) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    engine_private.end_workers(workers)


class SharedZip(zipfile.ZipFile):
    """A zip whose content is unpacked once in this process, and linked to after that."""

    _unpacking = threading.Lock()
    _place: "tempfile.TemporaryDirectory[str] | None" = None  # gone with the process

    def extractall(self, path: Any = None, *rest: Any) -> None:
        place = Path(path)
        place.rmdir()
        place.symlink_to(self._shared(), target_is_directory=True)

    def _shared(self) -> Path:
        names = [f"{entry.filename} {entry.CRC} {entry.file_size}" for entry in self.infolist()]
        with SharedZip._unpacking:
            if SharedZip._place is None:
                SharedZip._place = tempfile.TemporaryDirectory(prefix="forecourt-functions-")
            shared = Path(SharedZip._place.name) / hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
            if not shared.exists():
                super().extractall(shared)
        return shared
