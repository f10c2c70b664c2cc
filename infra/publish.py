"""Publish: how do the files of the app come into its bucket, so that no open page ever misses a part?

    1. assets/    their names change with their content, so that those of earlier releases stay
    2. the rest   icons, the manifest
    3. pages      they name the assets
    4. sw.js      it fetches the pages at once, and would keep older ones for the newest

Nothing is ever removed. What was published is kept as one zip beside its release, for the way back.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.web import DIST, INDEX, cache_control, content_type, files_of

WORKER = "sw.js"
AT = (1980, 1, 1, 0, 0, 0)  # the same files are the same bytes


def step_of(name: str) -> int:
    """When a file is sent: all of one step before any of the next."""
    if name.startswith("assets/"):
        return 1
    if name == WORKER:
        return 4
    return 3 if name.endswith(".html") else 2


def packed(dist: Path = DIST) -> bytes:
    """The built app as one zip; empty where none was built. Raises: FileUnknown."""
    names = files_of(dist)
    if INDEX not in names:
        return b""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, AT), (dist / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def web_key(app: bytes) -> str:
    """Where a packed app lies among releases, named by its content; "" for none."""
    return f"web/{hashlib.sha256(app).hexdigest()}.zip" if app else ""


def publish(s3: Any, bucket: str, app: bytes, told: Callable[[str], None]) -> None:
    """Send the files of a packed app, in their order, with what a browser is to hear of each."""
    with zipfile.ZipFile(io.BytesIO(app)) as archive:
        names = sorted(archive.namelist(), key=lambda name: (step_of(name), name))
        for name in names:
            s3.put_object(
                Bucket=bucket,
                Key=name,
                Body=archive.read(name),
                CacheControl=cache_control(name),
                ContentType=content_type(name),
            )
    told(f"{len(names)} files of the app are in {bucket}, its pages last")
