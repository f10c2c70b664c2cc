"""The audit: is a known weakness found, does its deadline ring, and is silence never taken for a yes?"""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.observability import Metric
from infra import release_check
from infra.alarms import alarms, rows
from infra.audit import DEADLINES, LOCKS, Weakness, audit, main
from infra.build import transformed_template
from infra.locks import ROOT, pins
from local.engine_alarms import ALARM, OK
from local.testing import Engine
from tests.infra.advisories import Record, advisory_source, record, silent_address

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
YESTERDAY = "2026-11-29T12:00:00Z"

# A version with a weakness that is known to all, and one without.
PINS = "pyyaml==5.3 --hash=sha256:00\nsegno==1.6.6 ; sys_platform == 'win32' --hash=sha256:00\n"
TOLD = (Metric.UPDATES_DUE, Metric.UPDATES_OVERDUE, Metric.AUDIT_ANSWERED)
WEAK = {"fixed": "5.3.1", "published": YESTERDAY, "severity": "CRITICAL"}
KNOWN = record("GHSA-6757-jp84-gxfx", "pyyaml", "5.3", **WEAK)


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(PINS, encoding="utf-8")
    return path


@pytest.mark.capability("S-106")
def test_a_pin_with_a_known_weakness_fails(lock: Path) -> None:
    with advisory_source(KNOWN) as address:
        assert audit([lock], address, NOW) == (
            1,
            [
                "WEAK: pyyaml 5.3 has GHSA-6757-jp84-gxfx, CRITICAL, published 2026-11-29; update to 5.3.1, "
                "due 2026-12-01 12:00 UTC"
            ],
        )


def test_a_pin_of_another_system_is_asked_too(lock: Path) -> None:
    known = record("GHSA-segno", "segno", "1.6.6", published=YESTERDAY, severity="LOW")
    with advisory_source(known) as address:
        code, lines = audit([lock], address, NOW)
    assert (code, len(lines)) == (1, 1)
    assert "no version without it yet, due 2027-02-27" in lines[0]


def test_pins_without_a_known_weakness_pass(lock: Path) -> None:
    other = record("GHSA-other", "pyyaml", "5.2", published=YESTERDAY, severity="HIGH")
    with advisory_source(other) as address:
        assert audit([lock], address, NOW) == (0, ["nothing known of any pin"])


@pytest.mark.capability("S-106")
def test_an_update_past_its_deadline_raises_the_alarm(lock: Path) -> None:
    with advisory_source(KNOWN) as address:
        code, (line,) = audit([lock], address, NOW + timedelta(days=4))
    assert code == 2
    assert line.startswith("ALARM: 3 days overdue: pyyaml 5.3 has GHSA-6757-jp84-gxfx")


@pytest.mark.capability("S-106")
def test_a_source_that_is_silent_or_broken_is_told_and_fails(lock: Path) -> None:
    code, (line,) = audit([lock], silent_address(), NOW)
    assert (code, line.startswith("NOT CHECKED: http://127.0.0.1:")) == (3, True)
    with advisory_source(KNOWN, status=503) as address:
        code, (line,) = audit([lock], address, NOW)
    assert (code, line.startswith("NOT CHECKED: http://127.0.0.1:")) == (3, True)


def test_the_gravest_word_and_the_earliest_day_of_all_names_count(lock: Path) -> None:
    """One weakness has several names, and only some of their records grade it."""
    first = record("PYSEC-1", "pyyaml", "5.3", published="2026-11-20T00:00:00Z", aliases=["GHSA-1", "CVE-1"])
    second = record("GHSA-1", "another", "1", published="2026-11-29T00:00:00Z", severity="HIGH")
    with advisory_source(first, second) as address:
        code, (line,) = audit([lock], address, NOW)
    assert code == 2
    assert "has PYSEC-1, HIGH, published 2026-11-20" in line


def test_what_nobody_graded_counts_as_critical(lock: Path) -> None:
    with advisory_source(record("PYSEC-2", "pyyaml", "5.3", published=YESTERDAY)) as address:
        _, (line,) = audit([lock], address, NOW)
    assert "CRITICAL, published 2026-11-29" in line


@pytest.mark.capability("S-075")
@pytest.mark.parametrize(
    "severity, hours", [("CRITICAL", 48), ("HIGH", 7 * 24), ("MODERATE", 30 * 24), ("LOW", 90 * 24)]
)
def test_each_severity_has_its_deadline(severity: str, hours: int) -> None:
    assert len(DEADLINES) == 4
    one = Weakness("pyyaml", "5.3", "GHSA-1", severity, NOW, ("5.3.1",))
    assert one.told(NOW + timedelta(hours=hours)).startswith("WEAK: ")
    late = one.told(NOW + timedelta(hours=hours, seconds=1))
    assert late.startswith("ALARM: 0 days overdue: ")


@pytest.mark.capability("S-106")
def test_the_release_check_passes_only_with_an_answer_for_every_pin_of_the_project(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chalice = pins(LOCKS[0])["chalice"].version
    weak = record("GHSA-chalice", "chalice", chalice, published="2021-01-01T00:00:00Z", severity="LOW")
    for records, code, said in (((), 0, "audit: in order"), ((weak,), 1, "ALARM: ")):
        with advisory_source(*records) as address:
            monkeypatch.setenv("npm_config_registry", address.removesuffix("v1"))
            assert release_check.main(["--only", "audit", "--advisories", address]) == code
        assert said in capsys.readouterr().out
    assert release_check.main(["--only", "audit", "--advisories", silent_address()]) == 1
    assert "NOT CHECKED: " in capsys.readouterr().out


def test_the_command_ends_with_the_code_of_its_answer(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lock", str(lock), "--advisories", silent_address()]) == 3
    assert capsys.readouterr().out.startswith("NOT CHECKED: ")


# ---------------------------------------------------------------- the alarms of a stage


@pytest.fixture
def state_later(engine: Engine) -> Callable[[str, int], str]:
    """The state of an alarm of prod, so many hours from now if nothing else is told."""
    resources = transformed_template("prod")["Resources"].values()
    alarms = [one["Properties"] for one in resources if one["Type"] == "AWS::CloudWatch::Alarm"]
    for alarm in alarms:
        if alarm.get("MetricName") in TOLD:
            told = {name: value for name, value in alarm.items() if not name.endswith("Actions")}
            engine.resources.client("cloudwatch").put_metric_alarm(**told)

    def later(name: str, hours: int) -> str:
        states = engine.process.ask("POST", "alarms", {"later_seconds": hours * 3600})
        return str(states[f"forecourt-prod-{name}"])

    return later


@pytest.mark.capability("S-075", "S-106")
def test_an_overdue_update_calls_somebody_and_so_does_an_audit_that_is_silent(
    lock: Path, state_later: Callable[[str, int], str], capsys: pytest.CaptureFixture[str]
) -> None:
    def day(*records: Record, address: str = "") -> int:
        with advisory_source(*records) as found:
            return main(["--stage", "prod", "--lock", str(lock), "--advisories", address or found])

    def published(**ago: int) -> Record:
        moment = datetime.now(UTC) - timedelta(**ago)
        return record(
            "GHSA-1", "pyyaml", "5.3", published=f"{moment:%Y-%m-%dT%H:%M:%SZ}", severity="CRITICAL"
        )

    assert day(published(hours=47)) == 1
    assert [state_later(name, 0) for name in ("update-due", "update-overdue")] == [ALARM, OK]
    assert day(published(hours=49)) == 2
    assert state_later("update-overdue", 0) == ALARM
    assert state_later("update-overdue", 72) == ALARM, "silence does not end it"
    assert state_later("audit-missing", 0) == OK
    assert day(address=silent_address()) == 3
    assert state_later("audit-missing", 29) == OK
    assert state_later("audit-missing", 31) == ALARM


def test_what_a_local_run_does_not_have_it_has_no_alarm_for() -> None:
    local = {alarm.row.name for alarm in alarms(transformed_template("local"), "local")}
    updates, rotation = {"update-overdue", "update-due", "audit-missing"}, {"rotation-silent"}
    assert {row.name for row in rows()} - local == updates | rotation | {"exports-failed", "texts-spending"}


@pytest.mark.capability("S-075")
def test_the_job_of_every_day_asks_and_tells_the_stage(tmp_path: Path) -> None:
    """`make` only says here what it would run."""
    environment = {**os.environ, "MAKEFLAGS": "n", "STAGE": "dev"}
    said = subprocess.run(
        [ROOT / ".ci" / "daily"], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert said.returncode == 0, said.stderr
    assert " -m infra.audit --stage dev" in said.stdout
