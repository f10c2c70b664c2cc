"""The licences: may everything that we use be used, and what we pass on be passed on?"""

import json
from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from infra.licences import (
    EVERYTHING,
    SHIPPED,
    installed_with,
    is_free,
    licence_of,
    page,
    required,
    web_packages,
)

ROOT = Path(__file__).parent.parent.parent


def test_nothing_we_use_is_of_unknown_licence_or_asks_for_our_source() -> None:
    found = {name: licence_of(package) for name, package in installed_with(required(EVERYTHING)).items()}
    assert {
        name: licence for name, licence in found.items() if licence in ("unknown", "GPL", "LGPL", "AGPL")
    } == {}


def test_what_is_shipped_is_part_of_everything() -> None:
    shipped, everything = installed_with(required(SHIPPED)), installed_with(required(EVERYTHING))
    assert {"chalice", "boto3", "botocore", "pynamodb"} <= shipped.keys() < everything.keys()
    assert "pytest" not in shipped


def test_every_package_that_we_ask_for_is_on_the_page() -> None:
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    listed = {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")}
    asked = {line.split("|")[1].strip() for line in page().splitlines() if line.startswith("| ")}
    named = {name for name in asked if any(text.lower().startswith(name) for text in required(EVERYTHING))}
    assert named <= listed, "run `make licences`"


class Package(Distribution):
    def __init__(self, **fields: str) -> None:
        self.message = Message()
        for name, text in fields.items():
            self.message[name.replace("_", "-")] = text

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        return self.message

    def read_text(self, filename: str) -> None:
        return None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


@pytest.mark.parametrize(
    "fields, licence",
    [
        ({"License_Expression": "MIT OR Apache-2.0", "License": "GPL"}, "MIT OR Apache-2.0"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}, "GPL"),
        ({"License": "3-Clause BSD License\n\nCopyright of a limited company"}, "BSD"),
        ({"License": "GNU LGPL"}, "LGPL"),
        ({}, "unknown"),
    ],
)
def test_a_licence_is_told_in_one_spelling(fields: dict[str, str], licence: str) -> None:
    assert licence_of(Package(**fields)) == licence


# ---------------------------------------------------------------- the web client


def test_nothing_of_the_web_client_is_under_a_licence_that_nobody_let_in() -> None:
    assert {name: told for name, (told, _) in web_packages().items() if not is_free(told)} == {}


def test_every_package_of_the_web_client_is_on_the_page() -> None:
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert [name for name in web_packages() if f"| {name} |" not in text] == [], "run `make licences`"


def test_a_lock_tells_what_browsers_get_under_every_licence_of_each_name(tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    packages = {
        "": {"license": "Apache-2.0"},
        "node_modules/vue": {"license": "MIT"},
        "node_modules/@vue/shared": {"license": "MIT", "dev": True},
        "node_modules/one/node_modules/vue": {"license": "ISC", "dev": True},
        "node_modules/silent": {"dev": True},
    }
    lock.write_text(json.dumps({"packages": packages}), encoding="utf-8")
    assert web_packages([lock]) == {
        "vue": ("ISC; MIT", True),
        "@vue/shared": ("MIT", False),
        "silent": ("unknown", False),
    }
    assert web_packages([tmp_path / "none.json"]) == {}


@pytest.mark.parametrize(
    "licence, free",
    [
        ("MIT", True),
        ("(MIT OR CC0-1.0)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND Apache-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("ISC; MIT", True),
        ("MIT; AGPL-3.0-only", False),
        ("BUSL-1.1", False),
        ("SEE LICENSE IN LICENSE.txt", False),
        ("UNLICENSED", False),
        ("unknown", False),
    ],
)
def test_only_what_is_known_to_be_free_is_let_in(licence: str, free: bool) -> None:
    assert is_free(licence) is free
