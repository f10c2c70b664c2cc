"""The scan: would a grave mistake of a known kind be shipped?

bandit looks for what any Python program gets wrong (`[tool.bandit]` in pyproject.toml; an exemption is a
`# nosec B000: reason` in its line), semgrep for what this product must not do (infra/semgrep). Both run in
build/scanners and ask nobody; a finding of medium or high severity ends with exit code 1.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCANNERS = ROOT / "build" / "scanners"
PLACES = ("app.py", "chalicelib", "infra", "local", "bench")

BANDIT = ("bandit", "--quiet", "--configfile", f"{ROOT}/pyproject.toml", "--severity-level", "medium")
SEMGREP = ("semgrep", "scan", "--config", f"{ROOT}/infra/semgrep", "--error", "--quiet", "--metrics=off")

# semgrep neither asks for a newer version nor writes into the home of whoever runs it.
ASK_NOBODY = {
    "SEMGREP_ENABLE_VERSION_CHECK": "0",
    "SEMGREP_SEND_METRICS": "off",
    "SEMGREP_SETTINGS_FILE": f"{SCANNERS}/semgrep-settings.yml",
    "SEMGREP_LOG_FILE": f"{SCANNERS}/semgrep.log",
}


def commands(folder: Path) -> dict[str, list[str]]:
    """What is run in a folder: each scanner with those of PLACES that are there."""
    places = [place for place in PLACES if (folder / place).exists()]
    return {
        "bandit": [*BANDIT, "--recursive", *places],
        # Its rules know files by their way from the folder that it is given.
        "semgrep": [*SEMGREP, *(f"--include={place}" for place in places), "."],
    }


def run_scanner(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a scanner in a folder. Raises: FileNotFoundError when it is not installed."""
    program, *arguments = command
    return subprocess.run(
        [SCANNERS / "bin" / program, *arguments],
        cwd=folder,
        env=environment(os.environ),
        capture_output=True,
        text=True,
    )


def environment(outside: Mapping[str, str]) -> dict[str, str]:
    """What a scanner is told: semgrep looks for its other half on the PATH."""
    return {**outside, **ASK_NOBODY, "PATH": f"{SCANNERS / 'bin'}:{outside.get('PATH', '')}"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.scan", description="Look for grave mistakes.")
    parser.add_argument("--folder", type=Path, default=ROOT)
    folder = parser.parse_args(arguments).folder
    clean = True
    for name, command in commands(folder).items():
        run = run_scanner(command, folder)
        clean &= run.returncode == 0
        print(f"{name}: {'nothing grave' if run.returncode == 0 else run.stdout + run.stderr}")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
