"""A small app as the build leaves it, for tests of how it is served and shipped."""

from pathlib import Path

SCRIPT = "assets/index-DiwrgTda.js"
FILES = {
    "index.html": b"<!doctype html><title>Forecourt</title>" + b"<p>" * 400,
    SCRIPT: b"export const told = 1;\n" * 100,
    "assets/index-B8f-_z1Q.css": b":root { color: black; }",
    "assets/logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "icons/icon-192.png": b"\x89PNG",
    "manifest.webmanifest": b"{}",
    "sw.js": b"self.addEventListener('fetch', () => {});",
}


def built(folder: Path) -> Path:
    """The app in a folder."""
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
