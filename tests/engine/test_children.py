"""Children: does a pool's process end with whoever started it, even when that was killed?"""

import subprocess
import sys

import pytest

from local.children import PROJECT
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
