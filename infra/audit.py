"""The audit: does anybody know a weakness of what we install, and how long may it stay?

Every pin of the locks is asked of an advisory source that speaks OSV (`pip-audit`, in build/scanners). Its
answer is one of four, each with its exit code:

    0   nothing known        of any pin; the only answer that lets a release pass
    1   WEAK                 something is known, and the update is not yet due
    2   ALARM                something is known, and its deadline is past
    3   NOT CHECKED          the source did not answer for every pin: nobody knows

With `--stage` the answer is told to that stage's CloudWatch, where an overdue update calls somebody. An audit
without an answer tells nothing, and neither does one that nobody runs: that silence is an alarm, too.

There is no list of exceptions: a package is updated, replaced, or removed. The web client's lock is one more
entry of `LOCKS`, of which npm's registry is asked (infra/npm_audit.py).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from chalicelib.observability import NAMESPACE, Metric
from infra import npm_audit
from infra.locks import ROOT, pins

PATIENCE = Config(connect_timeout=5, read_timeout=60)
PIP_AUDIT = ROOT / "build" / "scanners" / "bin" / "pip-audit"
ADVISORIES = "https://api.osv.dev/v1"
ANSWER_WITHIN_SECONDS = 20

# requirements.lock is a part of the first.
LOCKS = (
    ROOT / "requirements-dev.lock",
    ROOT / "infra" / "scanners.lock",
    ROOT / "infra" / "checkov.lock",
    ROOT / "web" / npm_audit.LOCK_NAME,
    ROOT / "web" / "lighthouse" / npm_audit.LOCK_NAME,
)

# From the day on which the weakness was published, for from then on anybody may use it. A critical one lets
# strangers in, so it is a matter of hours; a high one of a working week; the others go with the next release,
# monthly, and the one after the next quarter's. What nobody has graded counts as critical: it may be.
DEADLINES = {
    "CRITICAL": timedelta(hours=48),
    "HIGH": timedelta(days=7),
    "MODERATE": timedelta(days=30),
    "LOW": timedelta(days=90),
}
UNGRADED = "CRITICAL"


Tell = Callable[[Mapping[Metric, int]], None]


class NotChecked(Exception):
    """The source did not answer for every pin."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """What is known of one pin; `fixed` are the versions that no longer have it."""

    package: str
    version: str
    advisory: str
    severity: str
    published: datetime
    fixed: tuple[str, ...]

    @property
    def due(self) -> datetime:
        return self.published + DEADLINES[self.severity]

    def told(self, now: datetime) -> str:
        """One line; it begins with ALARM when the update is overdue."""
        update = f"update to {' or '.join(self.fixed)}" if self.fixed else "no version without it yet"
        late = f"ALARM: {(now - self.due).days} days overdue" if now > self.due else "WEAK"
        return (
            f"{late}: {self.package} {self.version} has {self.advisory}, {self.severity}, published "
            f"{self.published:%Y-%m-%d}; {update}, due {self.due:%Y-%m-%d %H:%M} UTC"
        )


def weaknesses(lock: Path, advisories: str) -> Iterator[Weakness]:
    """What is known of the pins of a lock, on whatever system. Raises: NotChecked."""
    if lock.name == npm_audit.LOCK_NAME:
        yield from web_weaknesses(lock, advisories)
        return
    asked = {name: pin.version for name, pin in pins(lock).items()}
    answered = {one["name"]: one for one in _answers(asked, advisories) if "skip_reason" not in one}
    missing = sorted(name for name in asked if answered.get(name, {}).get("version") != asked[name])
    if missing:
        raise NotChecked(f"{lock.name}: no answer for {', '.join(missing)}")
    for name, answer in sorted(answered.items()):
        for known in answer["vulns"]:
            severity, published = _graded([known["id"], *known["aliases"]], advisories)
            fixed = tuple(known["fix_versions"])
            yield Weakness(name, asked[name], known["id"], severity, published, fixed)


def web_weaknesses(
    lock: Path, advisories: str, ask: Callable[[Path], npm_audit.Report] = npm_audit.asked
) -> Iterator[Weakness]:
    """What npm's registry knows of the web client's packages. Raises: NotChecked."""
    try:
        found = list(npm_audit.known(lock, ask))
    except npm_audit.NoAnswer as silence:
        raise NotChecked(f"{lock.name}: {silence}") from None
    for one in found:
        severity, published = _graded([one.advisory], advisories)
        yield Weakness(one.package, ", ".join(one.versions), one.advisory, severity, published, one.fixed)


def _answers(asked: Mapping[str, str], advisories: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder, "pins.txt")
        names.write_text("".join(f"{name}=={version}\n" for name, version in asked.items()), encoding="utf-8")
        command = "--strict --no-deps --disable-pip --vulnerability-service osv --format json --aliases on"
        command += f" --desc off --progress-spinner off --timeout {ANSWER_WITHIN_SECONDS}"
        command += f" --cache-dir {folder} --osv-url {advisories}/query --requirement {names}"
        run = subprocess.run([PIP_AUDIT, *command.split()], capture_output=True, text=True)
    try:
        answers: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except ValueError:
        last = (run.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        raise NotChecked(f"{advisories}: {last}") from None
    return answers


def _graded(names: Iterable[str], advisories: str) -> tuple[str, datetime]:
    """How grave it is, and since when anybody could know, from the records of all its names."""
    records = [record for name in names if (record := _record(name, advisories))]
    published = [one["published"] for one in records if "published" in one]
    if not published:
        raise NotChecked(f"{advisories}: {', '.join(names)} without a date")
    words = {str(one.get("database_specific", {}).get("severity", "")).upper() for one in records}
    gravest = next((word for word in DEADLINES if word in words), UNGRADED)
    return gravest, min(map(datetime.fromisoformat, published)).astimezone(UTC)


def _record(name: str, advisories: str) -> dict[str, Any] | None:
    """The record of that name; not every alias has one."""
    try:
        answer = httpx.get(f"{advisories}/vulns/{name}", timeout=ANSWER_WITHIN_SECONDS)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        record: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise NotChecked(f"{advisories}: {error}") from None
    return record


def untold(numbers: Mapping[Metric, int]) -> None:
    """Where nobody listens."""


def cloudwatch_of(stage: str) -> Tell:
    """Tells the metrics of a stage, as whoever we are to the SDK."""

    def tell(numbers: Mapping[Metric, int]) -> None:
        dimensions = [{"Name": "service", "Value": f"forecourt-{stage}"}]
        data = [
            {"MetricName": metric, "Dimensions": dimensions, "Value": number}
            for metric, number in numbers.items()
        ]
        boto3.client("cloudwatch", config=PATIENCE).put_metric_data(Namespace=NAMESPACE, MetricData=data)

    return tell


def audit(
    locks: Iterable[Path], advisories: str, now: datetime, tell: Tell = untold
) -> tuple[int, list[str]]:
    """The exit code, and the lines that say why."""
    try:
        found = [weakness for lock in locks for weakness in weaknesses(lock, advisories)]
    except NotChecked as error:
        return 3, [f"NOT CHECKED: {error}"]
    lines = [weakness.told(now) for weakness in sorted(found, key=lambda one: one.due)]
    overdue = sum(weakness.due < now for weakness in found)
    due = len(found) - overdue
    tell({Metric.AUDIT_ANSWERED: 1, Metric.UPDATES_DUE: due, Metric.UPDATES_OVERDUE: overdue})
    if overdue:
        return 2, lines
    return (1, lines) if found else (0, ["nothing known of any pin"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.audit", description="Look for known weaknesses.")
    parser.add_argument("--advisories", default=ADVISORIES, help="an address that speaks OSV")
    parser.add_argument("--lock", type=Path, action="append", help="instead of the locks of the project")
    parser.add_argument("--stage", help="tell the metrics of this stage")
    options = parser.parse_args(arguments)
    tell = cloudwatch_of(options.stage) if options.stage else untold
    code, lines = audit(options.lock or LOCKS, options.advisories, datetime.now(UTC), tell)
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
