"""SIGKILL under load: is everything that was answered still there, once, after any process died?

Two of each kind with a fresh seed; `make kills` does hundreds. The loop is a program of its own: what a
process has built knows one engine, and this one has another.
"""

import re
import secrets
import subprocess
import sys

import pytest

from local.children import PROJECT
from tests.kills.loop import KINDS

KILLS = 2 * len(KINDS)


def test_after_each_kind_of_process_was_killed_twice_the_books_are_exact(
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = [sys.executable, "-m", "tests.kills", "--kills", str(KILLS)]
    program += ["--seed", str(secrets.randbelow(1_000_000))]
    with capsys.disabled():
        print(f"\npython {' '.join(program[1:])}")
    ran = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, timeout=500)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{KILLS} kills ({', '.join(f'{kind} 2' for kind in KINDS)})" in ran.stdout
    assert ran.stdout.endswith("the books are exact\n")
    (retries,) = re.findall(r"sent again (\d+) times", ran.stdout)
    assert int(retries) > 0, "nobody noticed any kill"
