"""The locked files: do they hold all that is asked for, by hash, and is just that installed?"""

import re
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.licences import required
from infra.locks import ROOT, SOURCES, Pin, copy_sources, pins

EVERYTHING, SHIPPED = pins(ROOT / "requirements-dev.lock"), pins(ROOT / "requirements.lock")


def applies(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def reached(asked: list[Requirement], locked: dict[str, Pin]) -> set[str]:
    """Whatever the requirements bring along on this machine; each version must suit whoever asks."""
    found: set[tuple[str, str]] = set()
    waiting = [(requirement, "") for requirement in asked]
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if not applies(requirement, extra):
            continue
        assert name in locked, f"{requirement} is not locked: run `make lock`"
        assert requirement.specifier.contains(locked[name].version, prereleases=True), (
            f"{requirement}: {name}"
        )
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in found:
                found.add((name, wanted))
                waiting += [(Requirement(text), wanted) for text in distribution(name).requires or []]
    return {name for name, _ in found}


@pytest.mark.parametrize(
    "source, lock", [("requirements.txt", SHIPPED), ("requirements-dev.txt", EVERYTHING)]
)
def test_a_lock_holds_what_is_asked_for_and_nothing_else(source: str, lock: dict[str, Pin]) -> None:
    asked = [Requirement(text) for text in required(ROOT / source)]
    here = {name for name, pin in lock.items() if applies(pin.requirement)}
    assert reached(asked, lock) == here, "run `make lock`"


def test_the_scanners_are_locked() -> None:
    locked = pins(ROOT / "infra" / "scanners.lock")
    asked = [Requirement(text) for text in required(ROOT / "infra" / "scanners.txt")]
    assert {requirement.name for requirement in asked} == {"bandit", "semgrep", "pip-audit", "uv"}
    assert all(requirement.specifier.contains(locked[requirement.name].version) for requirement in asked)


def test_what_is_shipped_is_what_was_tested() -> None:
    assert {name: pin.version for name, pin in SHIPPED.items()} == {
        name: EVERYTHING[name].version for name in SHIPPED
    }
    assert "pytest" not in SHIPPED


def test_the_engine_and_the_zip_share_their_botocore() -> None:
    for lock in (SHIPPED, EVERYTHING):
        assert (lock["boto3"].version, lock["botocore"].version) == ("1.43.106", "1.43.106")


@pytest.mark.parametrize("lock", SOURCES)
def test_every_file_is_known_by_its_hash_and_no_address_is_named(lock: str) -> None:
    for pin in pins(ROOT / lock).values():
        assert pin.hashes, pin.name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in pin.hashes), pin.name
        assert pin.requirement.url is None, pin.name
    assert not re.search(r"://|^\s*-(?!-hash)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)


def test_the_environment_is_the_locked_one() -> None:
    installed = {}
    for name, pin in EVERYTHING.items():
        if applies(pin.requirement):
            try:
                installed[name] = version(name)
            except PackageNotFoundError:
                installed[name] = "not installed"
    locked = {name: EVERYTHING[name].version for name in installed}
    assert installed == locked, "make the environment anew: remove .venv and run the same command again"


def test_every_lock_can_be_made_anew_beside_itself(tmp_path: Path) -> None:
    """What is missing there makes the release check say NOT CHECKED for ever."""
    copy_sources(tmp_path)
    for lock, (source, *_) in SOURCES.items():
        for name in (lock, source):
            assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), name


@pytest.mark.parametrize(
    "text", ["boto3>=1.43", "boto3==1.43.106\nboto3==1.43.106", "boto3==1.43.106\nBoto3==2.0.0"]
)
def test_a_line_that_pins_nothing_or_twice_is_refused(text: str, tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="is no pin, or a second one"):
        pins(lock)
