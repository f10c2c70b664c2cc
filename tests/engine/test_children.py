"""Children: does each end with whoever started it, and never wait for somebody to read what it says?"""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.children import PROJECT, Child
from tests.engine.runs import all_ended, children_of

STARTER = """
import multiprocessing, sys, time
from concurrent.futures import ProcessPoolExecutor
from local.children import end_with_starter

context = multiprocessing.get_context(sys.argv[1])
with ProcessPoolExecutor(2, context, initializer=end_with_starter) as pool:
    list(pool.map(time.sleep, [0.2, 0.2]))
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_processes_of_a_pool_end_when_whoever_started_them_is_killed(method: str) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, method], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == "ready\n"
    processes = children_of(starter.pid)
    assert len(processes) >= 2
    starter.kill()
    starter.communicate()
    assert all_ended(processes)


def test_a_child_that_prints_all_day_does_not_stand_still_and_its_log_has_every_line(tmp_path: Path) -> None:
    log, ended = tmp_path / "log", tmp_path / "ended"
    child = Child.start("tests.engine.talker", [str(ended)], {}, log)
    deadline = time.monotonic() + 20
    while not ended.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    child.kill()
    assert ended.exists()
    assert log.read_text().splitlines() == ["x" * 1000] * 500
