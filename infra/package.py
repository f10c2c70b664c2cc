"""The package: which bytes does Lambda run?

    requirements.lock ──pip──> wheels ──prune──┐
    app.py, chalicelib/ ───────────────────────┴──compile──> build/package/<architecture>-<inputs>.zip

`python -m infra.package --stage dev` builds it for the architecture of a stage. The same
inputs give the same bytes: entries are sorted, their times and modes fixed, and one process
compiles everything in order. Sources stay beside the compiled modules: tracebacks show them.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra import wheels
from infra.build import ROOT, transformed_template

CACHE = ROOT / "build" / "package"
STAGES = ("dev", "prod")

ZIPPED_BYTES_MAX = 33_000_000  # our own: a function's cold start loads all of it
UNZIPPED_BYTES_MAX = 262_144_000  # Lambda's

PYTHON = "python{}.{}".format(*sys.version_info[:2])  # as Lambda names it

_PLACE = "/var/task"  # where Lambda unpacks it: tracebacks name this, and not where it was built
_OLDEST = (1980, 1, 1, 0, 0, 0)  # a zip knows no older time
_MODE = 0o100644 << 16


class PackageRefused(Exception):
    """The package would not run as it is; the text says why."""


@dataclass(frozen=True, slots=True)
class Package:
    """A built zip."""

    path: Path
    sha256: str
    zipped_bytes: int
    unzipped_bytes: int

    @classmethod
    def at(cls, path: Path) -> "Package":
        """What stands there. Raises: PackageRefused when it is too big for us or for Lambda."""
        with zipfile.ZipFile(path) as archive:
            unzipped_bytes = sum(entry.file_size for entry in archive.infolist())
        content = path.read_bytes()
        if len(content) > ZIPPED_BYTES_MAX:
            raise PackageRefused(f"{path}: {len(content):,} bytes zipped, more than {ZIPPED_BYTES_MAX:,}")
        if unzipped_bytes > UNZIPPED_BYTES_MAX:
            raise PackageRefused(
                f"{path}: {unzipped_bytes:,} bytes unzipped, more than Lambda's {UNZIPPED_BYTES_MAX:,}"
            )
        return cls(path, hashlib.sha256(content).hexdigest(), len(content), unzipped_bytes)

    @property
    def key(self) -> str:
        """Its key in a bucket: other bytes have another one, so that CloudFormation sees the change."""
        return f"forecourt-{self.sha256[:16]}.zip"


def built(architecture: str, cache: Path = CACHE, root: Path = ROOT) -> Package:
    """The package of a project for an architecture, from the cache while no input has changed.

    Raises: wheels.WheelsRefused, PackageRefused.
    """
    wanted = wheels.pins()
    carried = _digest([architecture, wanted, *_machinery()], {})[:16]
    inputs = _digest([carried], own_files(root))[:16]
    path = cache / f"{architecture}-{inputs}.zip"
    with _alone(cache):
        if not path.exists():
            _build(path, _wheels(cache / f"wheels-{architecture}-{carried}", architecture, wanted), root)
    return Package.at(path)


def own_files(root: Path = ROOT) -> dict[str, Path]:
    """Our part of the zip: its names there, in their order, and where the files stand."""
    paths = [root / name for name in ("app.py", "LICENSE", "NOTICE")]
    paths += [path for path in (root / "chalicelib").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {path.relative_to(root).as_posix(): path for path in sorted(paths)}


def stage_architecture(stage: str) -> str:
    """The architecture of a stage's functions.

    Raises: PackageRefused when they have several, or run another Python than the one that builds.
    """
    resources = transformed_template(stage)["Resources"].values()
    functions = [item["Properties"] for item in resources if item["Type"] == "AWS::Lambda::Function"]
    runtimes = {str(function["Runtime"]) for function in functions}
    if runtimes != {PYTHON}:
        raise PackageRefused(f"the template asks for {', '.join(sorted(runtimes))}; this is {PYTHON}")
    architectures = {name for function in functions for name in function.get("Architectures", ["x86_64"])}
    if len(architectures) != 1:
        raise PackageRefused(f"one zip cannot serve {', '.join(sorted(architectures))}")
    return str(architectures.pop())


def compile_modules(directory: Path) -> None:
    """Compile every module there, so that no function compiles at its cold start.

    The compiled ones are never compared with their sources. Raises: PackageRefused with the compiler's words.
    """
    answer = subprocess.run(
        [
            sys.executable, "-S", "-m", "compileall", "-q", "-f", "-j", "1",
            "--invalidation-mode", "unchecked-hash", "-s", str(directory), "-p", _PLACE, str(directory),
        ],
        # Sets of constants are written in the order of their hashes.
        env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True,
    )  # fmt: skip
    if answer.returncode:
        raise PackageRefused(f"{directory} does not compile:\n{answer.stdout}{answer.stderr}")


def write_zip(path: Path, directory: Path) -> None:
    """Zip a directory; the same files give the same bytes."""
    draft = path.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(
            file.relative_to(directory).as_posix() for file in directory.rglob("*") if file.is_file()
        ):
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.external_attr = _MODE
            entry.create_system = 3  # Unix, wherever it is built
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (directory / name).read_bytes())
    draft.replace(path)


def _machinery() -> list[str]:
    """What else decides the bytes: the compiler, the compression and this very code."""
    ours = [Path(__file__), Path(str(wheels.__file__))]
    return [sys.version, zlib.ZLIB_RUNTIME_VERSION, *(path.read_text(encoding="utf-8") for path in ours)]


def _digest(texts: Sequence[str], files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    for name, path in files.items():
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\0".encode() + content)
    return digest.hexdigest()


@contextlib.contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One process downloads and builds; whoever wants the same meanwhile waits and finds it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wheels(directory: Path, architecture: str, wanted: str) -> Path:
    """The wheels, pruned and compiled: kept, since they change seldom and cost most."""
    if not directory.exists():
        draft = Path(tempfile.mkdtemp(dir=directory.parent)) / "wheels"
        wheels.install(draft, architecture, wanted)
        wheels.prune(draft)
        compile_modules(draft)
        draft.replace(directory)
        draft.parent.rmdir()
    return directory


def _build(path: Path, carried: Path, root: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        own = Path(work) / "own"
        for name, source in own_files(root).items():
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, own / name)
        compile_modules(own)
        shutil.copytree(carried, own, dirs_exist_ok=True)
        write_zip(path, own)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.package", description="Build the Lambda zip.")
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--architecture", choices=sorted(wheels.MACHINES), help="another than the stage's")
    options = parser.parse_args(arguments)
    try:
        package = built(options.architecture or stage_architecture(options.stage))
    except (PackageRefused, wheels.WheelsRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    share = package.unzipped_bytes / UNZIPPED_BYTES_MAX
    print(
        f"{package.path}: {package.zipped_bytes:,} bytes of at most {ZIPPED_BYTES_MAX:,}; "
        f"{package.unzipped_bytes:,} unzipped, {share:.0%} of what Lambda takes\nsha256 {package.sha256}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
