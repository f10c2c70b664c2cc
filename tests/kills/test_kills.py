"""SIGKILL under load: is everything that was answered still there, once, after any process died?

Two of each kind with a fresh seed; `make kills` does hundreds.
"""

import secrets
from pathlib import Path

import pytest

from tests.kills.loop import KINDS, Kills

KILLS = 2 * len(KINDS)


def test_after_each_kind_of_process_was_killed_twice_the_books_are_exact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = secrets.randbelow(1_000_000)
    with capsys.disabled():
        print(f"\npython -m tests.kills --kills {KILLS} --seed {seed}")
    with Kills.ready(tmp_path / "state", seed) as kills:
        checks = kills.round(KILLS)
        assert dict(kills.done) == dict.fromkeys(KINDS, 2)
        assert kills.load.answers > KILLS
        wrong = [(check.question, check.differences) for check in checks if not check.holds]
        assert wrong == []
        assert kills.load.day.client.retries > 0, "nobody noticed any kill"
