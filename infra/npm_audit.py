"""The audit of the web client: what does npm's registry know against the packages of its lock?

npm asks for all of them at once and tells advisories by their names at GitHub, without the day: that comes
from the source which is asked about Python's packages. A registry that does not answer, or answers of fewer
packages than the lock has, leaves nobody knowing. Another registry is named by `npm_config_registry`.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.web_build import WebBuild, WebFailed

LOCK_NAME = "package-lock.json"
ADVISORY = re.compile(r"GHSA(-[a-z0-9]{4}){3}")

Report = Mapping[str, Any]


class NoAnswer(Exception):
    """The registry did not answer for every package; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Known:
    """One advisory about one package of the lock, in the versions that stand there."""

    package: str
    versions: tuple[str, ...]
    advisory: str
    fixed: tuple[str, ...]


def asked(lock: Path) -> Report:
    """npm's own report of a lock. Raises: NoAnswer."""
    build = WebBuild(lock.parent)
    try:
        command = build.command("audit", "--json", "--package-lock-only")
    except WebFailed as failure:
        raise NoAnswer(str(failure)) from None
    ran = subprocess.run(command, cwd=lock.parent, env=build.environment(), capture_output=True, text=True)
    try:
        report: Report = json.loads(ran.stdout)
    except ValueError:
        raise NoAnswer((ran.stderr.strip().splitlines() or ["npm said nothing"])[-1]) from None
    return report


def known(lock: Path, ask: Callable[[Path], Report] = asked) -> Iterator[Known]:
    """What is known against the packages of a lock. Raises: NoAnswer."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    report = ask(lock)
    if "vulnerabilities" not in report:
        raise NoAnswer(str(report.get("message") or report.get("error") or "npm's report says nothing"))
    heard = report.get("metadata", {}).get("dependencies", {}).get("total", 0)
    if heard < len(packages) - 1:  # the lock has the app itself among them
        raise NoAnswer(f"npm heard of {heard} packages, the lock has {len(packages) - 1}")
    for name, entry in sorted(report["vulnerabilities"].items()):
        versions = tuple(sorted({str(packages.get(node, {}).get("version", "?")) for node in entry["nodes"]}))
        for cause in entry["via"]:
            if isinstance(
                cause, dict
            ):  # else the name of the package that is weak itself, which has its own entry
                yield Known(name, versions, _name_of(cause), _fixed(entry))


def _name_of(cause: Mapping[str, Any]) -> str:
    found = ADVISORY.search(str(cause.get("url", "")))
    if not found:
        raise NoAnswer(f"npm names no advisory: {cause.get('title', cause)}")
    return found[0]


def _fixed(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What npm would install in its place: of the package itself, or of whoever asks for it."""
    fix = entry.get("fixAvailable")
    if isinstance(fix, dict):
        return (f"{fix['name']} {fix['version']}",)
    return ("what `npm audit fix` takes",) if fix else ()
