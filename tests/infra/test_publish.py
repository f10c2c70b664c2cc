"""Publishing the app: does no browser ever miss a part of it, after the next release, and on the way back?"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy import DEPLOYED, UNSOUND, UNWANTED, new_release
from infra.edge_secret import with_edge_secret
from infra.publish import packed, publish, web_key
from infra.releases import Release
from infra.smoke import web_failures
from infra.stack import ChangeFailed
from infra.web import FileUnknown, files_of
from tests.infra.desk import BROKEN, Desk, Template, queue_of, template
from tests.web.dist import FILES, SCRIPT, built

BUCKET = "forecourt-try-web"
OLD_SCRIPT = "assets/index-AAAAAAAA.js"


def with_web(**resources: Any) -> Template:
    """The small template with a bucket for the app."""
    made = template(Files={"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}}, **resources)
    return {**made, "Outputs": {**made["Outputs"], "WebBucket": {"Value": BUCKET}}}


def app(folder: Path, page: bytes, script: str = SCRIPT) -> bytes:
    """A packed app whose page says which it is."""
    built(folder)
    (folder / SCRIPT).rename(folder / script)
    (folder / "index.html").write_bytes(page)
    return packed(folder)


class Recorder:
    """What S3 was asked for, in order."""

    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []

    def put_object(self, **asked: Any) -> None:
        self.put.append(asked)


@pytest.mark.capability("S-034")
def test_parts_come_before_the_pages_that_name_them_and_the_worker_comes_last(tmp_path: Path) -> None:
    s3, lines = Recorder(), list[str]()
    publish(s3, BUCKET, packed(built(tmp_path)), lines.append)
    assert [one["Key"] for one in s3.put] == [
        "assets/index-B8f-_z1Q.css",
        SCRIPT,
        "assets/logo.svg",
        "icons/icon-192.png",
        "manifest.webmanifest",
        "index.html",
        "sw.js",
    ]
    assert lines == [f"7 files of the app are in {BUCKET}, its pages last"]
    kept = {one["Key"]: (one["CacheControl"], one["ContentType"]) for one in s3.put}
    assert kept[SCRIPT] == ("public, max-age=31536000, immutable", "text/javascript; charset=utf-8")
    assert kept["index.html"] == ("no-cache", "text/html; charset=utf-8")
    assert {cached for name, (cached, _) in kept.items() if not name.startswith("assets/index-")} == {
        "no-cache"
    }
    assert {one["Key"]: one["Body"] for one in s3.put} == FILES


def test_what_the_build_keeps_for_itself_is_not_shipped(tmp_path: Path) -> None:
    (built(tmp_path) / ".vite").mkdir()
    for name in (".vite/manifest.json", ".env", "assets/.map"):
        (tmp_path / name).write_bytes(b"{}")
    assert files_of(tmp_path) == sorted(FILES)


def test_the_same_files_are_one_key_and_no_file_is_none(tmp_path: Path) -> None:
    one, other = packed(built(tmp_path / "one")), packed(built(tmp_path / "other"))
    assert one == other and web_key(one) == f"web/{hashlib.sha256(one).hexdigest()}.zip"
    assert sorted(zipfile.ZipFile(io.BytesIO(one)).namelist()) == sorted(FILES)
    assert packed(tmp_path / "unbuilt") == b"" and web_key(b"") == ""


@pytest.mark.parametrize("name", ["a b.js", "app.exe", "LICENSE"])
def test_a_file_that_nobody_said_how_to_serve_is_not_shipped(tmp_path: Path, name: str) -> None:
    (built(tmp_path) / name).write_bytes(b"")
    with pytest.raises(FileUnknown, match=name.split("/")[-1].replace(".", r"\.")):
        files_of(tmp_path)


# ---------------------------------------------------------------- with releases


def release(desk: Desk, one: Template, content: bytes) -> Release:
    """A kept release with an app."""
    plain = desk.release(one)
    with_app = Release(plain.release_id, plain.commit, plain.parameters, plain.given, web_key(content))
    desk.deployment.releases.keep(
        with_app,
        desk.package,
        desk.deployment.releases.s3.get_object(
            Bucket=desk.deployment.releases.bucket, Key=plain.template_key
        )["Body"]
        .read()
        .decode(),
        content,
    )
    return with_app


def served(desk: Desk, name: str) -> bytes:
    found: bytes = desk.client("s3").get_object(Bucket=BUCKET, Key=name)["Body"].read()
    return found


def test_a_release_brings_its_app_after_the_api_and_a_rollback_takes_its_pages_back_before(
    desk: Desk, tmp_path: Path
) -> None:
    first = release(desk, with_web(), app(tmp_path / "1", b"first", OLD_SCRIPT))
    second = release(desk, with_web(Queue=queue_of(60)), app(tmp_path / "2", b"second"))
    for one, page in ((first, b"first"), (second, b"second")):
        desk.lines.clear()
        assert desk.deployment.deploy(one) == DEPLOYED
        assert served(desk, "index.html") == page
        changed = desk.lines.index(f"forecourt-try is release {one.release_id}")
        assert desk.lines[changed + 1] == f"7 files of the app are in {BUCKET}, its pages last"
    assert served(desk, OLD_SCRIPT) == served(desk, SCRIPT) == FILES[SCRIPT]  # an open page finds its parts
    desk.lines.clear()
    assert desk.deployment.roll_back() == DEPLOYED
    assert served(desk, "index.html") == b"first"
    told = [line for line in desk.lines if "files of the app" in line or "is release" in line]
    assert told == [
        f"7 files of the app are in {BUCKET}, its pages last",
        f"forecourt-try is release {first.release_id}",
    ]


def test_who_says_no_and_a_change_that_fails_leave_the_pages_as_they_were(desk: Desk, tmp_path: Path) -> None:
    assert desk.deployment.deploy(release(desk, with_web(), app(tmp_path / "1", b"first"))) == DEPLOYED
    second = release(desk, with_web(Queue=queue_of(60)), app(tmp_path / "2", b"second"))
    desk.is_agreed = False
    assert desk.deployment.deploy(second) == UNWANTED
    desk.is_agreed = True
    with pytest.raises(ChangeFailed):
        desk.deployment.deploy(release(desk, with_web(Broken=BROKEN), app(tmp_path / "3", b"third")))
    assert served(desk, "index.html") == b"first"


def test_a_release_without_an_app_says_so_and_leaves_the_files(desk: Desk) -> None:
    assert desk.deployment.deploy(desk.release(with_web())) == DEPLOYED
    assert "this release has no app: the files of the web are left as they are" in desk.lines
    with pytest.raises(ClientError, match="NoSuchKey"):
        served(desk, "index.html")


def test_a_new_release_keeps_the_app_as_it_was_built(desk: Desk, tmp_path: Path) -> None:
    made = new_release(desk.deployment, with_web(), desk.package, {}, built(tmp_path / "dist"))
    assert desk.deployment.releases.app_of(made) == packed(tmp_path / "dist")
    assert desk.deployment.releases.kept(made.release_id) == made


def test_where_there_is_a_distribution_it_is_the_address_and_its_pages_are_tried(
    desk: Desk, tmp_path: Path
) -> None:
    asked: list[str] = []
    desk.deployment.smoke_web = lambda address: asked.append(address) or ["the app is served: not at all"]
    web = with_web()
    web["Outputs"]["WebURL"] = {"Value": "https://web.invalid"}
    assert desk.deployment.deploy(release(desk, web, app(tmp_path / "dist", b"page"))) == UNSOUND
    assert desk.tried == asked == ["https://web.invalid"]
    assert "NOT SOUND: the app is served: not at all" in desk.lines


# ---------------------------------------------------------------- the smoke test of the app


GOOD = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}
GOOD |= {"Content-Security-Policy": "default-src 'none'; require-trusted-types-for 'script'"}


@contextmanager
def answering(headers: dict[str, str], error: tuple[int, str]) -> Iterator[str]:
    """A server that answers `/` with these headers, and all else with an error."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, told = (200, headers) if self.path == "/" else (error[0], {"Content-Type": error[1]})
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(
    "headers, error, wrong",
    [
        ({}, (404, "application/problem+json"), ""),
        (
            {"Content-Type": "application/json"},
            (404, "application/json"),
            "the app is served: / was answered 200",
        ),
        (
            {"Content-Security-Policy": ""},
            (404, "application/json"),
            "the app runs under its policy: / has none",
        ),
        (
            {"Cache-Control": "max-age=60"},
            (404, "application/json"),
            "a page is asked for anew: / says max-age=60",
        ),
        ({}, (200, "text/html"), "no page stands in for an error: /v1/nothing was answered 200"),
        ({}, (404, "text/html"), "no page stands in for an error: /v1/nothing was answered 404"),
    ],
)
def test_the_smoke_test_of_the_app(headers: dict[str, str], error: tuple[int, str], wrong: str) -> None:
    with answering(GOOD | headers, error) as url:
        assert web_failures(f"{url}/") == ([wrong] if wrong else [])


def test_the_smoke_test_tells_of_nobody_there() -> None:
    (told,) = web_failures("http://127.0.0.1:9")
    assert told.startswith("the app is served: no answer from http://127.0.0.1:9 (")


# ---------------------------------------------------------------- the secret between CloudFront and the API


ASKING: Template = {"Parameters": {"EdgeSecret": {}, "EdgeSecretBefore": {}, "ViewerPlaces": {}}}


def mark(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def test_a_stage_makes_its_edge_secret_once_and_tells_functions_the_hash_alone() -> None:
    first = with_edge_secret(ASKING, {"WebOrigins": "x"})
    assert len(first["EdgeSecret"]) == 64 and first["EdgeSecretBefore"] == first["EdgeSecret"]
    assert first["ViewerPlaces"] == mark(first["EdgeSecret"]) and first["WebOrigins"] == "x"
    assert with_edge_secret(ASKING, first) == first
    assert with_edge_secret(ASKING, {})["EdgeSecret"] != first["EdgeSecret"]
    assert with_edge_secret({"Parameters": {}}, {"WebOrigins": "x"}) == {"WebOrigins": "x"}


def test_a_new_edge_secret_is_good_beside_the_one_before_until_that_is_given_as_nothing() -> None:
    first = with_edge_secret(ASKING, {})
    old, new = first["EdgeSecret"], "n" * 64
    second = with_edge_secret(ASKING, first | {"EdgeSecret": new})
    assert (second["EdgeSecret"], second["EdgeSecretBefore"]) == (new, old)
    assert second["ViewerPlaces"] == f"{mark(new)},{mark(old)}"
    third = with_edge_secret(ASKING, second | {"EdgeSecretBefore": ""})
    assert (third["EdgeSecretBefore"], third["ViewerPlaces"]) == (new, mark(new))


def test_a_secret_that_cloudformation_shows_as_stars_is_lost_and_made_anew() -> None:
    found = with_edge_secret(ASKING, {"EdgeSecret": "****", "EdgeSecretBefore": "****"})
    assert len(found["EdgeSecret"]) == 64 and found["EdgeSecretBefore"] == found["EdgeSecret"]
