"""The release check: may this be released?

Each check answers with what is in the way; one word of any of them ends with exit code 1. What could
not be checked is in the way too.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from infra import audit, locks, sbom, scan
from infra.licences import (
    PAGE,
    SHIPPED,
    installed_with,
    is_free,
    licence_of,
    required,
    web_packages,
)
from infra.locks import ROOT

SECTION = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)

# They would ask for our source, or for nobody knows what: GPL, LGPL and AGPL in whatever version.
LICENCES_REFUSED = re.compile(r"GPL|unknown")


def stale_locks() -> list[str]:
    try:
        return [f"{name} is stale: run `make lock`" for name in locks.stale()]
    except RuntimeError as error:
        return [f"NOT CHECKED: {error}"]


def missing_bill() -> list[str]:
    return [] if sbom.main() == 0 else ["the bill of materials could not be written"]


def refused_licences() -> list[str]:
    page = PAGE.read_text(encoding="utf-8")
    found = {name: licence_of(package) for name, package in installed_with(required(SHIPPED)).items()}
    unlisted = [f"{name} is not in docs/licences.md" for name in found if f"| {name} |" not in page]
    web = {name: licence for name, (licence, _) in web_packages().items()}
    unlisted += [f"{name} is not in docs/licences.md" for name in web if f"| {name} |" not in page]
    refused = {name: licence for name, licence in found.items() if is_refused(licence)}
    refused |= {name: licence for name, licence in web.items() if not is_free(licence)}
    return unlisted + [f"{name}: {licence}" for name, licence in refused.items()]


def is_refused(licence: str) -> bool:
    """Whether a licence, alone or within an expression, is none that we may pass on without a look."""
    return LICENCES_REFUSED.search(licence) is not None


def grave_findings() -> list[str]:
    return [] if scan.main([]) == 0 else ["the scan found something grave"]


def disagreeing_versions(version: str, changelog: str) -> list[str]:
    """Where CHANGELOG.md differs: its newest section is this version's, and nothing waits above it."""
    titles = [match["title"] for match in SECTION.finditer(changelog)]
    if titles and titles[0] == "Unreleased":
        body = SECTION.split(changelog)[2]
        if body.strip():
            return ["CHANGELOG.md: what stands under Unreleased has no version"]
        titles = titles[1:]
    if not titles or not re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d{{2}}-\d{{2}}", titles[0]):
        return [f"CHANGELOG.md: its newest section is not '{version} - ' and the day, as pyproject.toml says"]
    return []


def disagreement() -> list[str]:
    return disagreeing_versions(sbom.version(), (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def known_weaknesses(advisories: str) -> list[str]:
    code, lines = audit.audit(audit.LOCKS, advisories, datetime.now(UTC))
    return lines if code != 0 else []


def checks(advisories: str) -> dict[str, Callable[[], list[str]]]:
    """From what is quick to what is slow."""
    return {
        "version": disagreement,
        "licences": refused_licences,
        "sbom": missing_bill,
        "locks": stale_locks,
        "audit": lambda: known_weaknesses(advisories),
        "scan": grave_findings,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.release_check", description="May it be released?")
    parser.add_argument("--advisories", default=audit.ADVISORIES, help="an address that speaks OSV")
    parser.add_argument("--only", action="append", choices=tuple(checks("")), help="leave the others out")
    options = parser.parse_args(arguments)
    in_the_way = 0
    for name, check in checks(options.advisories).items():
        if options.only and name not in options.only:
            continue
        problems = check()
        in_the_way += len(problems)
        print(f"{name}: {'in order' if not problems else ''}", *problems, sep="\n  " if problems else "")
    print(f"{in_the_way} in the way" if in_the_way else "nothing in the way")
    return 1 if in_the_way else 0


if __name__ == "__main__":
    sys.exit(main())
