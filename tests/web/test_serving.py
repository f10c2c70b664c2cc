"""Serving the app: does a browser get files with the right headers, and no page in place of an answer?"""

import gzip
import http.client
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chalice.app import Chalice

from infra.web import FILE, headers_of, is_page
from local.engine_environment import HOST
from local.server import server_of
from local.web import Web, takes_gzip
from tests.web.dist import FILES, SCRIPT, built

UPLOADS = "http://127.0.0.1:4566"
SECRET = b"not for browsers"


def api() -> Chalice:
    """What stands behind the app: an answer, a refusal, and a page of earlier days."""
    app = Chalice("behind")
    app.route("/", name="front_door")(lambda: {"page": "of the server"})
    app.route("/v1/health", name="health")(lambda: {"status": "ok"})
    app.route("/v1/sessions", methods=["POST"], name="sessions")(lambda: {"signed": "in"})
    return app


def serving(dist: Path) -> Iterator[int]:
    server = server_of(api(), 0, web=Web(UPLOADS, dist))
    threading.Thread(target=server.run, daemon=True).start()
    yield server.effective_port
    server.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("web")
    (folder / "secret.txt").write_bytes(SECRET)
    dist = built(folder / "dist")
    (dist / ".sources").write_bytes(SECRET)
    (dist / "linked.txt").symlink_to(folder / "secret.txt")
    yield from serving(dist)


@pytest.fixture(scope="module")
def port_without(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    yield from serving(tmp_path_factory.mktemp("unbuilt") / "dist")


def call(port: int, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host=False, skip_accept_encoding=True)
    for name, value in told.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


# ---------------------------------------------------------------- files and their headers


@pytest.mark.capability("S-034")
@pytest.mark.parametrize(
    "name, kept, kind",
    [
        (SCRIPT, "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"),
        ("assets/index-B8f-_z1Q.css", "public, max-age=31536000, immutable", "text/css; charset=utf-8"),
        ("assets/logo.svg", "no-cache", "image/svg+xml"),  # its name says nothing of its content
        ("icons/icon-192.png", "no-cache", "image/png"),
        ("index.html", "no-cache", "text/html; charset=utf-8"),
        ("manifest.webmanifest", "no-cache", "application/manifest+json"),
        ("sw.js", "no-cache", "text/javascript; charset=utf-8"),
    ],
)
def test_what_is_named_by_its_content_is_kept_for_ever_and_all_else_is_asked_for_anew(
    port: int, name: str, kept: str, kind: str
) -> None:
    answer = call(port, f"/{name}")
    assert (answer.status, answer.read()) == (200, FILES[name])
    assert (answer.headers["Cache-Control"], answer.headers["Content-Type"]) == (kept, kind)


@pytest.mark.parametrize("path", ["/", f"/{SCRIPT}", "/nothing.js"])
def test_every_file_tells_a_browser_to_run_nothing_but_the_app(port: int, path: str) -> None:
    told = call(port, path).headers
    assert told["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; media-src 'self' data: blob:; connect-src 'self' http://127.0.0.1:4566; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types vue forecourt"
    )
    assert "unsafe" not in told["Content-Security-Policy"]
    assert told["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert (told["X-Content-Type-Options"], told["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert told["Cross-Origin-Opener-Policy"] == told["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=(), " in told["Permissions-Policy"]
    assert headers_of(UPLOADS).items() <= dict(told).items()


def test_what_a_browser_has_already_is_not_sent_again(port: int) -> None:
    mark = call(port, "/").headers["ETag"]
    again = call(port, "/", if_none_match=f'"other", {mark}')
    assert (again.status, again.read(), again.headers["ETag"]) == (304, b"", mark)
    assert again.headers["Cache-Control"] == "no-cache" and "Content-Type" not in again.headers
    assert call(port, "/", if_none_match='"other"').status == 200
    assert call(port, f"/{SCRIPT}").headers["ETag"] != mark


def test_texts_are_packed_for_who_reads_packed_ones(port: int) -> None:
    answer = call(port, f"/{SCRIPT}", accept_encoding="br, gzip;q=0.8")
    body = answer.read()
    assert answer.headers["Content-Encoding"] == "gzip" and len(body) < 200
    assert gzip.decompress(body) == FILES[SCRIPT]
    assert answer.headers["Vary"] == call(port, f"/{SCRIPT}").headers["Vary"] == "Accept-Encoding"
    for name, accepted in ((SCRIPT, "gzip;q=0"), (SCRIPT, "br"), ("icons/icon-192.png", "gzip")):
        plain = call(port, f"/{name}", accept_encoding=accepted)
        assert "Content-Encoding" not in plain.headers and plain.read() == FILES[name]
    assert not takes_gzip("") and takes_gzip("gzip")


def test_a_head_is_told_all_but_the_file(port: int) -> None:
    answer = call(port, f"/{SCRIPT}", "HEAD")
    assert (answer.status, answer.read(), answer.headers["Content-Length"]) == (
        200,
        b"",
        str(len(FILES[SCRIPT])),
    )


# ---------------------------------------------------------------- pages


PAGES = [
    "/",
    "/sign-in",
    "/join/7K3M9PQRS2TV",
    "/orders/ord_1",
    "/office/security",
    "/v1x",
    "/%E6%B2%B9",
    "/join/7K.",
]


@pytest.mark.parametrize("path", PAGES)
def test_the_app_answers_where_people_go(port: int, path: str) -> None:
    answer = call(port, path)
    assert (answer.status, answer.read()) == (200, FILES["index.html"])


@pytest.mark.parametrize(
    "path", ["/nothing.js", "/assets/old-AAAAAAAA.js", "/assets/nothing", "/icons/no.png", "/%FF"]
)
def test_a_file_that_is_not_there_is_not_found_and_nobody_keeps_that_answer(port: int, path: str) -> None:
    answer = call(port, path)
    assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store")


@pytest.mark.parametrize(
    "method, path",
    [("GET", path) for path in ("/v1", "/v1/", "/v1/nothing", "/%76%31/nothing", "/local", "/local/nothing")]
    + [("POST", path) for path in ("/", "/orders/ord_1", f"/{SCRIPT}")]
    + [("DELETE", "/"), ("OPTIONS", "/sign-in")],
)
def test_no_page_stands_in_for_an_answer_of_the_api(port: int, method: str, path: str) -> None:
    answer = call(port, path, method)
    assert answer.status >= 400
    assert answer.headers["Content-Type"] == "application/json" and b"Forecourt" not in answer.read()


def test_the_api_is_reached_beside_the_app(port: int) -> None:
    assert json.load(call(port, "/v1/health")) == {"status": "ok"}
    assert json.load(call(port, "/v1/sessions", "POST")) == {"signed": "in"}


def test_before_the_app_is_built_everything_is_the_servers(port_without: int) -> None:
    assert json.load(call(port_without, "/")) == {"page": "of the server"}
    assert call(port_without, "/sign-in").status == 403


# ---------------------------------------------------------------- ways out of the folder


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/....//secret.txt",
        "//secret.txt",
        "/.sources",
        "/linked.txt",
        "/index.html%00.txt",
        "/secret.txt%00",
    ],
)
def test_no_path_leads_out_of_the_folder(port: int, path: str) -> None:
    answer = call(port, path)
    assert SECRET not in answer.read()
    assert answer.status == 404


@pytest.mark.parametrize(
    "name", ["..", "a/../b", ".env", "a/.b", "/a", "a//b", "a\\b", "a\0", "", "a/", "油.js"]
)
def test_what_no_file_of_the_app_is_called(name: str) -> None:
    assert re.fullmatch(FILE, name) is None


@pytest.mark.parametrize(
    "path", ["/v1", "//v1/orders", "/v1/", "/local/x", "/assets/x", "/a.js", "/a/b.tar.gz"]
)
def test_what_is_no_page(path: str) -> None:
    assert not is_page(path)
