"""The audit of the web client: is a weakness of its packages told like any other, and silence never a yes?"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.audit import NotChecked, audit, web_weaknesses
from infra.npm_audit import Report, asked
from tests.infra.advisories import advisory_source, record, silent_address

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
PACKAGES = {
    "": {"name": "app", "version": "0.0.0", "dependencies": {"vue": "3.5.0", "weak": "1.0.0"}},
    "node_modules/vue": {"version": "3.5.0"},
    "node_modules/weak": {"version": "1.0.0"},
}
URL = "https://github.com/advisories/GHSA-aaaa-bbbb-cccc"
WEAK = {
    "name": "weak",
    "severity": "high",
    "via": [{"source": 1, "name": "weak", "title": "a weakness of weak", "url": URL, "severity": "high"}],
    "nodes": ["node_modules/weak"],
    "fixAvailable": {"name": "weak", "version": "1.0.1", "isSemVerMajor": False},
}
# What is weak only for what it brings along names that and nothing else.
ABOVE = {
    "name": "vue",
    "severity": "high",
    "via": ["weak"],
    "nodes": ["node_modules/vue"],
    "fixAvailable": True,
}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "package-lock.json"
    path.write_text(json.dumps({"name": "app", "lockfileVersion": 3, "packages": PACKAGES}), encoding="utf-8")
    (tmp_path / "package.json").write_text(json.dumps(PACKAGES[""]), encoding="utf-8")
    return path


def report(total: int = 2, **weak: Any) -> Report:
    return {"auditReportVersion": 2, "vulnerabilities": weak, "metadata": {"dependencies": {"total": total}}}


def test_a_weak_package_is_told_with_its_grade_its_day_and_its_update(lock: Path) -> None:
    known = record("GHSA-aaaa-bbbb-cccc", "weak", "1.0.0", published="2026-11-29T12:00:00Z", severity="HIGH")
    with advisory_source(known) as address:
        (found,) = web_weaknesses(lock, address, lambda _: report(weak=WEAK, vue=ABOVE))
    assert found.told(NOW) == (
        "WEAK: weak 1.0.0 has GHSA-aaaa-bbbb-cccc, HIGH, published 2026-11-29; update to weak 1.0.1, "
        "due 2026-12-06 12:00 UTC"
    )


def test_nothing_known_is_nothing_told(lock: Path) -> None:
    assert list(web_weaknesses(lock, silent_address(), lambda _: report())) == []


@pytest.mark.parametrize(
    "answer, said",
    [
        ({"message": "405 Method Not Allowed"}, "405 Method Not Allowed"),
        ({}, "npm's report says nothing"),
        (report(total=1), "npm heard of 1 packages, the lock has 2"),
        (
            report(weak={**WEAK, "via": [{"title": "of nobody", "url": ""}]}),
            "npm names no advisory: of nobody",
        ),
    ],
)
def test_an_answer_that_is_none_is_not_taken_for_a_yes(lock: Path, answer: Report, said: str) -> None:
    with pytest.raises(NotChecked, match=f"package-lock.json: {said}"):
        list(web_weaknesses(lock, silent_address(), lambda _: answer))


def test_an_advisory_without_a_day_is_not_checked(lock: Path) -> None:
    with advisory_source() as address, pytest.raises(NotChecked, match="GHSA-aaaa-bbbb-cccc without a date"):
        list(web_weaknesses(lock, address, lambda _: report(weak=WEAK)))


def test_npm_itself_asks_the_registry_about_every_package(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with advisory_source() as address:
        monkeypatch.setenv("npm_config_registry", address.removesuffix("v1"))
        assert asked(lock)["metadata"]["dependencies"]["total"] == 2
        assert audit([lock], address, NOW) == (0, ["nothing known of any pin"])
    with advisory_source(status=405) as address:
        monkeypatch.setenv("npm_config_registry", address.removesuffix("v1"))
        code, (line,) = audit([lock], address, NOW)
    assert (code, line.startswith("NOT CHECKED: package-lock.json: 405 ")) == (3, True)
