"""The licences: may everything that we use be used, and what we pass on be passed on?"""

from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from infra.licences import EVERYTHING, SHIPPED, installed_with, licence_of, page, required

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
