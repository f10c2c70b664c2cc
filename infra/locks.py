"""The locks: of which files, known by hash, does each environment consist?

    requirements-dev.txt ──> requirements-dev.lock      everything that one machine needs
    requirements.txt     ──> requirements.lock          what the Lambda zip carries, in the versions tested
    infra/scanners.txt   ──> infra/scanners.lock        the scanners, apart
    infra/checkov.txt    ──> infra/checkov.lock         the scanner of templates, apart from those too

`python -m infra.locks` writes them: the versions that stand in a lock stay while they fit, so that a
new one comes only by `--upgrade`. One lock serves Python 3.11 to 3.13 on Linux and macOS.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
UV = Path("build/scanners/bin/uv")

# In this order: the zip takes its versions from what everything else is tested with.
SOURCES = {
    "requirements-dev.lock": ("requirements-dev.txt",),
    "requirements.lock": ("requirements.txt", "--constraint", "requirements-dev.lock"),
    "infra/scanners.lock": ("infra/scanners.txt",),
    "infra/checkov.lock": ("infra/checkov.txt",),
}


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of one package, the systems it is for, and the files that it may be installed from."""

    name: str
    version: str
    requirement: Requirement
    hashes: tuple[str, ...]


def pins(path: Path) -> dict[str, Pin]:
    """What a lock pins, by normalised name. Raises: ValueError for a line that is no pin, or a second one."""
    found: dict[str, Pin] = {}
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        text, *hashes = line.split(" --hash=")
        requirement = Requirement(text.strip())
        name, exact = canonicalize_name(requirement.name), str(requirement.specifier)
        if name in found or not exact.startswith("=="):
            raise ValueError(f"{path.name}: {text.strip()} is no pin, or a second one")
        found[name] = Pin(name, exact.removeprefix("=="), requirement, tuple(map(str.strip, hashes)))
    return found


def compiled(folder: Path, lock: str, upgrade: Sequence[str] = ()) -> None:
    """Write one lock of a folder. Raises: RuntimeError when the registry does not answer, or nothing fits."""
    # One version for every Python and no address: the lock is the same wherever it is made.
    command = "pip compile --no-config --quiet --universal --python-version 3.11 --fork-strategy fewest"
    command += " --generate-hashes --no-header --no-annotate --output-file"
    run = subprocess.run(
        [ROOT / UV, *command.split(), lock, *SOURCES[lock], *upgrade],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if run.returncode != 0:
        raise RuntimeError(f"{lock}: {run.stderr.strip()}")


def copy_sources(folder: Path) -> None:
    """Lay every lock, and what it is made from, into a folder, at the same places."""
    (folder / "infra").mkdir()
    for pattern in ("*.txt", "*.lock", "infra/*.txt", "infra/*.lock"):
        for path in ROOT.glob(pattern):
            shutil.copy(path, folder / path.relative_to(ROOT))


def stale() -> list[str]:
    """The locks that would be written differently now. Raises: RuntimeError when that cannot be known."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        copy_sources(copy)
        for lock in SOURCES:
            compiled(copy, lock)
        return [lock for lock in SOURCES if (copy / lock).read_bytes() != (ROOT / lock).read_bytes()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.locks", description="Write the hash-locked files.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    parser.add_argument("--upgrade-package", action="append", default=[], metavar="NAME")
    options = parser.parse_args(arguments)
    upgrade = ["--upgrade"] if options.upgrade else []
    upgrade += [f"--upgrade-package={name}" for name in options.upgrade_package]
    for lock in SOURCES:
        compiled(ROOT, lock, upgrade)
        print(f"wrote {lock}: {len(pins(ROOT / lock))} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
