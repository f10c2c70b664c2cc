"""The bill of materials: of which packages, versions and licences does the Lambda zip consist?

`python -m infra.sbom` writes build/sbom.json, CycloneDX 1.6, from requirements.lock; licences come from
infra/licences.py, what needs what from the installed packages. The same lock gives the same bytes: no
time stands in it, and its serial number is made from its content.
"""

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.licences import licence_of
from infra.locks import Pin, pins

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "build" / "sbom.json"
SHIPPED = ROOT / "requirements.lock"
LAMBDA = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def carried() -> dict[str, Pin]:
    """What requirements.lock pins for Lambda, by name."""
    return {
        name: pin
        for name, pin in pins(SHIPPED).items()
        if pin.requirement.marker is None or pin.requirement.marker.evaluate(LAMBDA)
    }


def version() -> str:
    """The version of Forecourt itself."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def bill() -> str:
    """The whole document. Raises: PackageNotFoundError when a locked package is not installed."""
    licence = LicenseFactory().make_from_string
    product = Component(
        name="forecourt",
        version=version(),
        type=ComponentType.APPLICATION,
        licenses=[licence("Apache-2.0")],
        bom_ref="forecourt",
    )
    parts = {name: _component(pin, licence) for name, pin in carried().items()}
    bom = Bom(components=parts.values())
    bom.metadata.component = product
    bom.register_dependency(product, parts.values())
    for name, part in parts.items():
        bom.register_dependency(part, [parts[needed] for needed in _needs(name) if needed in parts])
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    document["serialNumber"] = ""
    document["serialNumber"] = uuid5(NAMESPACE_URL, json.dumps(document, sort_keys=True)).urn
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _component(pin: Pin, licence: Callable[[str], License]) -> Component:
    purl = PackageURL("pypi", None, pin.name, pin.version)
    return Component(
        name=pin.name,
        version=pin.version,
        purl=purl,
        bom_ref=str(purl),
        licenses=[licence(licence_of(distribution(pin.name)))],
    )


def _needs(name: str) -> Iterator[str]:
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({**LAMBDA, "extra": ""}):
            yield canonicalize_name(requirement.name)


def main() -> int:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(bill(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}: {len(carried())} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
