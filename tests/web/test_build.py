"""The build of the app: is it made when it must be, only then, and told in a line?"""

import os
import sys
from pathlib import Path

import pytest

from infra.web import FileUnknown
from infra.web_build import WebBuild, WebFailed

# Stands in for npm: notes each call, and leaves what npm would leave.
NPM = """#!{python}
import pathlib, sys
app, words = pathlib.Path.cwd(), sys.argv[1:]
with open(app.parent / "calls", "a") as calls:
    calls.write(" ".join(words) + "\\n")
if (app / "broken").exists():
    print("first words\\n" + "\\n".join(f"line {{n}}" for n in range(400)))
    sys.exit(1)
made = app / ("node_modules" if words[0] == "ci" else "dist")
made.mkdir(exist_ok=True)
if words[0] == "run" and not (app / "empty").exists():
    (made / "index.html").write_text("page")
    (made / (app / "src" / "name").read_text()).write_text("")
"""


@pytest.fixture
def build(tmp_path: Path) -> WebBuild:
    npm, app = tmp_path / "bin" / "npm", tmp_path / "web"
    npm.parent.mkdir()
    npm.write_text(NPM.format(python=sys.executable))
    npm.chmod(0o755)
    (app / "src").mkdir(parents=True)
    (app / "package.json").write_text("{}")
    (app / "package-lock.json").write_text("{}")
    (app / "src" / "name").write_text("sw.js")
    return WebBuild(app, tmp_path / "kept", str(npm))


def calls(build: WebBuild) -> list[str]:
    """What npm was asked for since the last look."""
    path = build.app.parent / "calls"
    found = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [line.split(" --")[0] for line in found]


def test_the_first_time_packages_are_installed_and_the_app_is_built(build: WebBuild) -> None:
    installed, made = build.make()
    assert calls(build) == ["ci", "run build"]
    assert installed.startswith("installed the packages of the app in ") and made.endswith("s: 2 files")


@pytest.mark.parametrize(
    "name, again",
    [
        ("package-lock.json", ["ci", "run build"]),
        ("package.json", ["run build"]),
        ("index.html", ["run build"]),
        ("vite.config.ts", ["run build"]),
        ("src/areas/office/page.vue", ["run build"]),
        ("public/icon.svg", ["run build"]),
        ("src/shared/api/schema.ts", []),  # made by the check
        ("dist/left.txt", []),
        ("reports/journeys.json", []),
        ("journeys/door.journey.ts", []),
    ],
)
def test_each_is_done_again_when_what_it_is_made_of_has_changed(
    build: WebBuild, name: str, again: list[str]
) -> None:
    build.make()
    calls(build)
    path = build.app / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"changed": true}')
    build.make()
    assert calls(build) == again
    assert (build.make(), calls(build)) == ([], [])


def test_a_file_that_was_only_touched_or_removed_again_builds_nothing(build: WebBuild) -> None:
    build.make()
    calls(build)
    os.utime(build.app / "src" / "name", (0, 0))
    (build.app / "src" / "new.ts").write_text("")
    (build.app / "src" / "new.ts").unlink()
    assert (build.make(), calls(build)) == ([], [])


def test_what_was_deleted_is_made_again(build: WebBuild) -> None:
    build.make()
    (build.app / "dist" / "index.html").unlink()
    calls(build)
    build.make()
    assert calls(build) == ["run build"]


def test_a_failure_says_its_first_and_last_lines_and_is_tried_again(build: WebBuild) -> None:
    (build.app / "broken").touch()
    with pytest.raises(WebFailed) as failure:
        build.make()
    told = str(failure.value).splitlines()
    assert told[:2] == ["npm ci --no-audit --no-fund --prefer-offline failed:", "first words"]
    assert told[7:11] == ["line 5", "line 6", "…", "line 250"] and told[-1] == "line 399"
    (build.app / "broken").unlink()
    calls(build)
    build.make()
    assert calls(build) == ["ci", "run build"]


def test_what_only_looks_as_if_its_name_changed_with_its_content_is_not_built(build: WebBuild) -> None:
    (build.app / "public" / "assets").mkdir(parents=True)
    with pytest.raises(WebFailed, match="browsers keep what is in assets/ for ever"):
        build.make()


def test_a_build_that_left_no_page_or_a_file_of_no_kind_is_none(build: WebBuild) -> None:
    (build.app / "empty").touch()
    with pytest.raises(WebFailed, match=r"the build left no index\.html"):
        build.make()
    (build.app / "empty").unlink()
    (build.app / "src" / "name").write_text("app.exe")
    with pytest.raises(FileUnknown, match=r"app\.exe"):
        build.make()
    (build.app / "src" / "name").write_text("app.js")
    (build.app / "dist" / "app.exe").unlink()
    assert len(build.make()) == 1
