"""The web: what does a browser hear with each file of the app, and which paths show the app at all?

    /v1/…       the API, whatever it answers: no page of the app ever stands in for it
    /local/…    the local run's own pages
    /assets/…   files whose names change with their content
    a file      sw.js, the manifest, icons: named for good, asked for anew each time
    the rest    index.html, where the path's last part has no extension

The one table: local/web.py answers from it on one machine, `piece` and infra/publish.py carry it to
CloudFront and S3.
"""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
APP = ROOT / "web"
DIST = APP / "dist"
INDEX = "index.html"
EDGE = Path(__file__).parent / "edge"

# `//v1` is no page either, nor is what is no text (\ufffd stands for it). An extension has letters: a link
# that somebody ended with a dot has none.
PAGE = r"/(?!/*(?:assets|local|v1)(?:/|$))(?![\s\S]*\.[A-Za-z0-9]{1,16}$)[^\x00-\x1f\x7f\ufffd]*"
# No part begins with a dot: neither a way out of the folder nor what a tool left in it has a name.
FILE = r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*"
HASHED = r"assets/[A-Za-z0-9._-]+-[A-Za-z0-9_-]{8}\.[a-z0-9]+"

FOR_EVER = "public, max-age=31536000, immutable"
ASKED_ANEW = "no-cache"

TYPES = {
    "css": "text/css; charset=utf-8",
    "gif": "image/gif",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "mp3": "audio/mpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff2": "font/woff2",
}

# The same year as every answer of the API. A page keeps no window of others, is shown in none of theirs, and
# uses of the device what the app needs: passkeys and the clipboard.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), clipboard-write=(self), display-capture=(),"
    " geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(),"
    " publickey-credentials-create=(self), publickey-credentials-get=(self), serial=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "media-src": "'self' data: blob:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "vue forecourt",
}

# A batch is uploaded by a form that names the bucket's host: with its region, but in us-east-1 without.
UPLOADS = "https://${UploadsBucket.DomainName} https://${UploadsBucket.RegionalDomainName}"
VIEWER_ADDRESS = "x-viewer-address"


class FileUnknown(Exception):
    """A file that no rule says how to serve; the text names it."""


def headers_of(uploads: str) -> dict[str, str]:
    """What is said with every file, where batches are uploaded to these origins."""
    policy = {**POLICY, "connect-src": f"{POLICY['connect-src']} {uploads}"}
    told = "; ".join(f"{name} {value}" for name, value in policy.items())
    return {"Content-Security-Policy": told, **HEADERS}


def is_page(path: str) -> bool:
    """Whether the app shows something at a path that is no file."""
    return re.fullmatch(PAGE, path) is not None


def is_file_name(name: str) -> bool:
    """Whether a file of the app may be called so: its path below the folder, without a slash in front."""
    return re.fullmatch(FILE, name) is not None


def cache_control(name: str) -> str:
    """For how long a browser keeps a file: for ever if its name changes with its content."""
    return FOR_EVER if re.fullmatch(HASHED, name) else ASKED_ANEW


def content_type(name: str) -> str:
    """Raises: FileUnknown."""
    try:
        return TYPES[name.rpartition(".")[2]]
    except KeyError:
        raise FileUnknown(f"nobody says what kind of file {name} is: infra/web.py, TYPES") from None


def files_of(dist: Path = DIST) -> list[str]:
    """The files of the built app by their names, sorted; none before it was built. Raises: FileUnknown.

    What begins with a dot, or lies in a folder that does, is the build's own.
    """
    found = (path.relative_to(dist) for path in dist.rglob("*") if path.is_file())
    names = sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))
    for name in names:
        if not is_file_name(name):
            raise FileUnknown(
                f"no browser can ask for {name}: only letters, digits, dots, dashes in its name"
            )
        content_type(name)
    return names


def piece() -> dict[str, Any]:
    """The table as a piece of the template: CloudFront's headers, and its two functions."""
    headers = headers_of(UPLOADS)
    security: dict[str, dict[str, Any]] = {
        "ContentSecurityPolicy": {"ContentSecurityPolicy": {"Fn::Sub": headers["Content-Security-Policy"]}},
        "ContentTypeOptions": {},
        "ReferrerPolicy": {"ReferrerPolicy": headers["Referrer-Policy"]},
        "StrictTransportSecurity": {"AccessControlMaxAgeSec": 31_536_000, "IncludeSubdomains": True},
    }
    security = {name: {**said, "Override": True} for name, said in security.items()}
    own = sorted(name for name in headers if name.startswith(("Cross-Origin", "Permissions")))
    custom = [{"Header": name, "Value": headers[name], "Override": True} for name in own]
    told = {"SecurityHeadersConfig": security, "CustomHeadersConfig": {"Items": custom}}
    codes = {
        "WebNavigation": script("navigation.js", page=PAGE.replace("/", r"\/"), index=INDEX),
        "WebViewer": script("viewer.js", address=VIEWER_ADDRESS),
    }
    resources: dict[str, Any] = {name: {"Properties": {"FunctionCode": code}} for name, code in codes.items()}
    resources["WebHeaders"] = {"Properties": {"ResponseHeadersPolicyConfig": told}}
    return {"Resources": resources}


def script(name: str, **gaps: str) -> str:
    """A function of CloudFront, its gaps filled."""
    text = (EDGE / name).read_text(encoding="utf-8")
    for gap, value in gaps.items():
        text = text.replace(f"{{{gap}}}", value)
    return text
