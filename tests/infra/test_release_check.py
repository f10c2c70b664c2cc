"""The release check: does everything that is in the way stand in the way?"""

import pytest

from infra.release_check import checks, disagreeing_versions, is_refused, main, refused_licences

SECTION = "# Changelog\n\n## 1.2.0 - 2026-11-30\n\n### Added\n- Something.\n"


def test_it_asks_for_locks_bill_licences_scans_audit_and_version() -> None:
    assert set(checks("")) == {"locks", "sbom", "licences", "scan", "audit", "version"}


@pytest.mark.parametrize(
    "changelog, said",
    [
        (SECTION, []),
        (SECTION.replace("## 1", "## Unreleased\n\n## 1"), []),
        (SECTION.replace("## 1", "## Unreleased\n- A thing.\n\n## 1"), ["under Unreleased has no version"]),
        (SECTION.replace("1.2.0", "1.1.0"), ["not '1.2.0 - ' and the day"]),
        (SECTION.replace(" - 2026-11-30", ""), ["not '1.2.0 - ' and the day"]),
        ("# Changelog\n", ["not '1.2.0 - ' and the day"]),
    ],
)
def test_the_version_and_the_newest_section_agree(changelog: str, said: list[str]) -> None:
    found = disagreeing_versions("1.2.0", changelog)
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))


def test_what_is_passed_on_is_listed_with_a_licence_that_we_may_use() -> None:
    assert refused_licences() == []


@pytest.mark.parametrize(
    "licence, refused",
    [
        ("MIT", False),
        ("Apache-2.0 OR BSD-3-Clause", False),
        ("MPL-2.0", False),
        ("GPL", True),
        ("LGPL-2.1-or-later", True),
        ("AGPL-3.0-only", True),
        ("MIT AND GPL-2.0-only", True),
        ("unknown", True),
    ],
)
def test_a_licence_that_asks_for_our_source_is_refused_however_it_is_written(
    licence: str, refused: bool
) -> None:
    assert is_refused(licence) is refused


def test_the_checks_that_are_named_run_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "licences", "--only", "sbom"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("licences: in order\n")
    assert "sbom: in order\nnothing in the way\n" in said
