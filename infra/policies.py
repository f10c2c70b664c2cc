"""The policies: to what in the templates does a scanner object, and why does it stand all the same?

`python -m infra.policies` scans what AWS would get in each stage with checkov, which lives in an
environment of its own (build/checkov, from infra/checkov.lock). What infra/policies.toml
allows, it allows for a reason; anything else fails, and so does a reason that nothing needs any more.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from infra.build import ROOT, minified, transformed_template
from infra.package import STAGES

ALLOWED = ROOT / "infra" / "policies.toml"
LOCK = ROOT / "infra" / "checkov.lock"
ENVIRONMENT = ROOT / "build" / "checkov"
TEMPLATES = ROOT / "build" / "policies"


class ScanFailed(Exception):
    """The scanner could not be had, or did not work; the text is what it said."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One objection to one resource of one stage."""

    check: str
    resource: str  # AWS::S3::Bucket.ArchiveBucket
    stage: str
    says: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """A check whose objections to some resources stand, and why they may."""

    check: str
    resources: tuple[str, ...]  # patterns: AWS::Lambda::Function.*
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether the objection was weighed."""
        return self.check == finding.check and any(
            fnmatchcase(finding.resource, pattern) for pattern in self.resources
        )


def allowances(path: Path = ALLOWED) -> list[Allowance]:
    """What is allowed. Raises: ValueError for one without a reason."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", [])
    found = [Allowance(entry["check"], tuple(entry["resources"]), entry["reason"]) for entry in entries]
    if unreasoned := [one.check for one in found if not one.reason.strip()]:
        raise ValueError(f"{path.name} gives no reason for {', '.join(unreasoned)}")
    return found


def judged(
    findings: Iterable[Finding], allowed: Iterable[Allowance]
) -> tuple[list[Finding], list[tuple[Allowance, str]]]:
    """The findings that nobody weighed, and the patterns that no finding needs."""
    findings, allowed = list(findings), list(allowed)
    objections = [one for one in findings if not any(entry.covers(one) for entry in allowed)]
    idle = [
        (entry, pattern)
        for entry in allowed
        for pattern in entry.resources
        if not any(Allowance(entry.check, (pattern,), entry.reason).covers(one) for one in findings)
    ]
    return sorted(objections), idle


def findings_in(report: Mapping[str, Any]) -> list[Finding]:
    """The objections of a report of checkov. Raises: ScanFailed when it could not read a template."""
    if report["summary"]["parsing_errors"]:
        raise ScanFailed(f"checkov could not read {report['results']['parsing_errors']}")
    return [
        Finding(
            failed["check_id"],
            failed["resource"],
            Path(failed["file_path"]).stem.removeprefix("template-"),
            failed["check_name"],
        )
        for failed in report["results"]["failed_checks"]
    ]


def scan(stages: Iterable[str]) -> dict[str, Any]:
    """What checkov says of the templates of some stages. Raises: ScanFailed with its words."""
    command = [str(_checkov()), "--framework", "cloudformation", "--compact", "--quiet", "--output", "json"]
    command.append("--skip-download")  # its own guides stand on a server that nobody here asks
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    for stage in stages:
        name = f"template-{stage}.json"
        (TEMPLATES / name).write_text(minified(transformed_template(stage)), encoding="utf-8")
        command += ["--file", name]  # a path of forty letters and slashes would pass for a secret key
    answer = subprocess.run(command, cwd=TEMPLATES, capture_output=True, text=True)
    try:
        report: dict[str, Any] = json.loads(answer.stdout)
    except ValueError:
        raise ScanFailed(answer.stderr.strip()[-2000:] or answer.stdout[-2000:]) from None
    return report


def _checkov() -> Path:
    """The scanner in its environment, made anew when the lock has changed. Raises: ScanFailed."""
    mark = ENVIRONMENT / ".lock"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != digest:
        print("Installing what infra/checkov.lock names (a minute or two, once) ...", flush=True)
        python = ENVIRONMENT / "bin" / "python"
        _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
        install = "-m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r".split()
        _run([str(python), *install, str(LOCK)])
        mark.write_text(digest)
    return ENVIRONMENT / "bin" / "checkov"


def _run(command: list[str]) -> None:
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        raise ScanFailed(answer.stderr.strip()[-2000:])


def main() -> int:
    try:
        report = scan(STAGES)
        found = findings_in(report)
        objections, idle = judged(found, allowances())
    except (ScanFailed, ValueError) as failure:
        print(failure, file=sys.stderr)
        return 1
    for one in objections:
        print(f"{one.check} {one.stage} {one.resource}: {one.says}", file=sys.stderr)
    for entry, pattern in idle:
        print(f"{ALLOWED.name}: nothing needs {entry.check} for {pattern} any more", file=sys.stderr)
    summary = report["summary"]
    print(
        f"checkov {summary['checkov_version']} on {' and '.join(STAGES)}: {summary['passed']} checks hold, "
        f"{len(found) - len(objections)} objections stand for a written reason, {len(objections)} for none"
    )
    return 1 if objections or idle else 0


if __name__ == "__main__":
    sys.exit(main())
