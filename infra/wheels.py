"""The wheels: which packages does the Lambda zip carry, and what of them is of no use there?

The names are those that requirements.txt leads to, but for what only Chalice's command
line needs. The versions and hashes are those of requirements.lock.
"""

import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from infra.licences import SHIPPED, installed_with, required

LOCK = SHIPPED.with_name("requirements.lock")

# What Lambda and its architectures are called by whoever builds wheels.
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}

# The services that the product calls. Of all others botocore carries 25 MB of descriptions.
SERVICES = frozenset({"dynamodb", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs"})

# All of Chalice that runs in a function; the rest plans, packages and deploys.
_CHALICE_MODULES = frozenset({"__init__.py", "app.py"})

# No function reads them. Descriptions of resources are for `boto3.resource`, which nobody calls.
_USELESS_DIRECTORIES = ("bin", "share", "boto3/data", "boto3/examples")
_USELESS_FILES = (
    "**/*.pyi",
    "**/py.typed",
    "botocore/data/**/examples-1.json*",
    "PIL/_avif*",  # nobody draws in it, and it is a third of Pillow
    "pillow.libs/libavif*",
    "urllib3/contrib/pyopenssl.py",  # with it botocore imports OpenSSL, which passkeys alone need
)

# A dist-info is needed for the version and the terms of a package; the rest tells of an installation.
_KEPT_OF_DIST_INFO = re.compile(r"METADATA|(?:licen[cs]e|copying|notice|authors).*", re.IGNORECASE)


class WheelsRefused(Exception):
    """The wheels could not be had; the text says what was asked and what pip answered."""


def shipped_versions() -> dict[str, str]:
    """Each package of the zip by its normalised name, in the version that is installed here."""
    without_chalice = (text for text in required(SHIPPED) if Requirement(text).name != "chalice")
    found = installed_with(without_chalice) | {"chalice": distribution("chalice")}
    return {name: package.version for name, package in sorted(found.items())}


def pins(lock: Path = LOCK) -> str:
    """What pip is asked for: the lock's lines of the shipped packages, with their hashes.

    Without a lock the installed versions are asked for, by name alone.
    Raises: WheelsRefused when the lock lacks a package.
    """
    versions = shipped_versions()
    if not lock.exists():
        return "".join(f"{name}=={version}\n" for name, version in versions.items())
    locked = _blocks(lock.read_text(encoding="utf-8"))
    missing = versions.keys() - locked.keys()
    if missing:
        raise WheelsRefused(f"{lock.name} lacks {', '.join(sorted(missing))}")
    return "".join(locked[name] for name in versions)


def _blocks(text: str) -> dict[str, str]:
    """The lines of a hash-locked file by package: a block begins where a line is not indented."""
    blocks: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        if line.strip() == "" or line.lstrip().startswith("#"):
            continue
        if not line[0].isspace():
            name = re.sub(r"[-_.]+", "-", re.split(r"[=\[ ;]", line, maxsplit=1)[0]).lower()
        blocks[name] = blocks.get(name, "") + line
    return blocks


def platforms(architecture: str, python: tuple[int, int]) -> list[str]:
    """The platforms whose wheels run on Lambda: its C library is 2.26 up to Python 3.11, then 2.34."""
    newest = 26 if python <= (3, 11) else 34
    machine = MACHINES[architecture]
    return [
        *(f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1)),
        f"manylinux2014_{machine}",
    ]


def install(target: Path, architecture: str, wanted: str) -> None:
    """Put the wheels that are asked for into a directory. Raises: WheelsRefused with pip's words."""
    target.mkdir(parents=True)
    asked = target.with_suffix(".txt")
    asked.write_text(wanted, encoding="utf-8")
    python = sys.version_info[:2]
    version = "{}.{}".format(*python)
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
        "--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", version,
        "--target", str(target), "--requirement", str(asked),
    ]  # fmt: skip
    for platform in platforms(architecture, python):
        command += ["--platform", platform]
    if "--hash" in wanted:
        command.append("--require-hashes")
    answer = subprocess.run(command, capture_output=True, text=True)
    asked.unlink()
    if answer.returncode:
        raise WheelsRefused(f"pip found no wheels for {architecture}:\n{answer.stderr.strip()}")


def prune(target: Path) -> None:
    """Remove what no function reads: tests, types, foreign services, how something was installed."""
    useless = [target / name for name in _USELESS_DIRECTORIES]
    useless += [path for name in ("tests", "test", "__pycache__") for path in target.glob(f"*/**/{name}")]
    useless += [path for pattern in _USELESS_FILES for path in target.glob(pattern)]
    descriptions = target.glob("botocore/data/*/")
    useless += [path for path in descriptions if path.is_dir() and path.name not in SERVICES]
    useless += [path for path in target.glob("chalice/*") if path.name not in _CHALICE_MODULES]
    useless += [path for path in target.glob("*.dist-info/*") if not _is_kept(path)]
    for path in useless:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _is_kept(path: Path) -> bool:
    return _KEPT_OF_DIST_INFO.fullmatch(path.name) is not None
