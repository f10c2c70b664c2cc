"""The rules alone: do their tests run where there is no AWS, no network and no environment?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

RUN_ALONE = """
import socket, sys

for absent in ("boto3", "botocore", "chalice", "pynamodb", "aws_lambda_powertools", "ministack", "moto"):
    sys.modules[absent] = None

def no_network(*address):
    raise OSError("the rules asked for the network")

socket.socket.connect = no_network

import pytest
sys.exit(pytest.main(["--noconftest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *sys.argv[1:]]))
"""


@pytest.mark.capability("S-008")
@pytest.mark.parametrize("rules", ["domain", "risk"])
def test_the_rules_are_tested_with_no_aws(rules: str) -> None:
    if not any((ROOT / "tests" / "unit" / rules).glob("test_*.py")):
        untested = [
            path.stem for path in (ROOT / "chalicelib" / rules).glob("*.py") if path.stem != "__init__"
        ]
        assert not untested, f"rules without a test: write tests/unit/{rules}/test_<noun>.py"
        return
    alone = subprocess.run(
        [sys.executable, "-c", RUN_ALONE, f"tests/unit/{rules}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / "build" / "hypothesis")},
        capture_output=True,
        text=True,
    )
    assert alone.returncode == 0, alone.stdout[-4000:] + alone.stderr[-2000:]
