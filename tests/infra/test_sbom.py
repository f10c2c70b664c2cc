"""The bill of materials: is it valid, complete, and the same each time?"""

import json
from importlib.metadata import distribution

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from infra.licences import licence_of
from infra.locks import ROOT, pins
from infra.sbom import bill, version


def test_it_is_valid_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill()) is None


def test_a_damaged_one_is_found_out() -> None:
    document = json.loads(bill())
    document["components"][0]["type"] = "surprise"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)) is not None


def licence_told(component: dict[str, list[dict[str, dict[str, str]]]]) -> str:
    (choice,) = component["licenses"]
    one = choice.get("license", {})
    return str(choice.get("expression") or one.get("id") or one.get("name"))


def test_it_lists_each_locked_package_with_its_version_and_licence() -> None:
    locked = pins(ROOT / "requirements.lock")
    del locked["ansicon"]  # for Windows alone
    told = {one["name"]: (one["version"], licence_told(one)) for one in json.loads(bill())["components"]}
    assert told == {name: (pin.version, licence_of(distribution(name))) for name, pin in locked.items()}
    assert all(licence != "unknown" for _, licence in told.values())
    assert told["botocore"] == ("1.43.106", "Apache-2.0")


def test_it_names_the_product_and_what_needs_what() -> None:
    document = json.loads(bill())
    assert document["metadata"]["component"]["version"] == version() == "0.1.0"
    needs = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    botocore = "pkg:pypi/botocore@1.43.106"
    assert botocore in needs["forecourt"]
    assert botocore in needs["pkg:pypi/boto3@1.43.106"]


def test_the_same_lock_gives_the_same_bytes() -> None:
    assert bill() == bill()
    assert "timestamp" not in bill()
