"""The next version: the same package, which says that it is a later one."""

import zipfile
from pathlib import Path

from chalicelib import VERSION

NEXT = f"{VERSION}+rehearsed"
SOURCE = "chalicelib/__init__.py"
COMPILED = "chalicelib/__pycache__/__init__."


def next_version(package: Path, directory: Path) -> Path:
    """A zip whose functions tell another version; its one changed module is compiled when loaded."""
    path = directory / "next.zip"
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename.startswith(COMPILED):
                continue
            content = old.read(entry)
            if entry.filename == SOURCE:
                assert VERSION.encode() in content, "the version is not where it was"
                content = content.replace(f'"{VERSION}"'.encode(), f'"{NEXT}"'.encode())
            new.writestr(entry, content)
    return path
