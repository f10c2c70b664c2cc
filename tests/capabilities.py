"""The proof table: which of the 184 capabilities are proven, and by which tests?

Collects the marks without running the tests: whether they pass is what `make test` says.
A mark with an unknown number, or on a test that is skipped or expected to fail, is refused.
"""

import contextlib
import io
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CATALOGUE = Path(__file__).parent / "capabilities.toml"
WEB_TESTS = ("*.test.ts", "*.journey.ts")
WEB_TITLE = re.compile(r"\b(?:test|it)(?:\.each\(\w+\))?\(\s*([\"'`])(?P<title>.*?)\1", re.DOTALL)
NUMBER = re.compile(r"S-\d{3}")

Proof = tuple[str, str]  # the number, the test


def catalogue() -> dict[str, dict[str, str]]:
    """Group -> number -> title, in the order of the file."""
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


class MarkedTests:
    """A pytest plugin that notes who claims to prove what."""

    def __init__(self) -> None:
        self.proofs: list[Proof] = []
        self.lies: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("capability"):
                self._note(item, mark)

    def _note(self, item: pytest.Item, mark: pytest.Mark) -> None:
        if not mark.args:
            self.lies.append(f"{item.nodeid}: names no number")
        if any(True for name in ("skip", "xfail") for _ in item.iter_markers(name)):
            self.lies.append(f"{item.nodeid}: is skipped or expected to fail, and proves nothing")
        self.proofs += [(str(number), item.nodeid) for number in mark.args]


def collected(arguments: Iterable[str] = ()) -> tuple[list[Proof], list[str]]:
    """Proofs and lies of all tests under tests/. Raises: SystemExit when a test file cannot be read."""
    marked, said = MarkedTests(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main(
            ["--collect-only", "-q", "-p", "no:cacheprovider", *(arguments or [str(ROOT / "tests")])],
            [marked],
        )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"{said.getvalue()}\nThe tests cannot be collected, so nothing can be said of them.")
    return marked.proofs, marked.lies


def titled(text: str) -> Iterator[str]:
    """The numbers in the titles of a web test file."""
    for match in WEB_TITLE.finditer(text):
        yield from NUMBER.findall(match["title"])


def web_proofs(web: Path) -> Iterator[Proof]:
    paths = (path for pattern in WEB_TESTS for path in web.rglob(pattern) if "node_modules" not in path.parts)
    for path in sorted(paths):
        for number in titled(path.read_text(encoding="utf-8")):
            yield number, path.relative_to(web.parent).as_posix()


def proven_by(proofs: Iterable[Proof]) -> dict[str, list[str]]:
    """Number -> its tests, each once; the cases of one table are one test."""
    tests: dict[str, list[str]] = {}
    for number, test in proofs:
        name = test.partition("[")[0]
        if name not in tests.setdefault(number, []):
            tests[number].append(name)
    return tests


def table(groups: dict[str, dict[str, str]], tests: dict[str, list[str]]) -> Iterator[str]:
    """The lines of the proof table, the count last."""
    width = max(len(title) for titles in groups.values() for title in titles.values())
    for group, titles in groups.items():
        yield f"\n{group}: {sum(number in tests for number in titles)} of {len(titles)}"
        for number, title in titles.items():
            proofs = tests.get(number, ["-"])
            yield f"  {number}  {title:<{width}}  {proofs[0]}"
            yield from (f"         {'':<{width}}  {proof}" for proof in proofs[1:])
    known = [number for titles in groups.values() for number in titles]
    yield f"\n{sum(number in tests for number in known)} of {len(known)} proven"


def main() -> int:
    groups = catalogue()
    proofs, lies = collected()
    tests = proven_by([*proofs, *web_proofs(ROOT / "web")])
    known = {number for titles in groups.values() for number in titles}
    lies += [f"{test}: no capability {number}" for number in tests.keys() - known for test in tests[number]]
    if lies:
        print("\n".join(sorted(lies)), file=sys.stderr)
        print("Correct the marks: a mark that proves nothing is worse than a gap.", file=sys.stderr)
        return 1
    print("\n".join(table(groups, tests)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
