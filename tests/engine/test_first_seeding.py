"""The first seeding: what if a part dies in it, or everything does?"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import demo_world as demo
from tests.e2e.invariants import Tables, broken
from tests.engine.runs import Running, all_ended, who_can_sign_in


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A run that was never started."""
    run = Running(tmp_path / "state")
    yield run
    run.end()


@pytest.mark.parametrize("number, name", [(0, "engine"), (2, "worker")])
def test_a_part_that_dies_in_it_is_named_at_once_and_everything_ends(
    running: Running, number: int, name: str
) -> None:
    running.seed_until("people", 4)
    os.kill(running.children[number], signal.SIGKILL)
    _, said = running.process.communicate(timeout=20)  # the seed itself would wait for a minute
    assert running.process.returncode == 1
    log = running.state / "logs" / f"{name}.log"
    assert said.startswith(f"{name} ended by itself (SIGKILL); its log {log} ")
    assert "Traceback" not in said
    assert all_ended(running.children)
    assert running.document["seeded"] is None


def test_broken_off_by_a_stop_and_by_kill_9_it_is_finished_later_and_nothing_is_there_twice(
    running: Running,
) -> None:
    running.seed_until("people", 4)
    assert running.told_to_stop(signal.SIGTERM) == (0, "")
    assert all_ended(running.children)
    running.seed_until("orders", 1)
    running.kill_everything()
    running.serve()
    assert running.document["seeded"] is not None
    everybody = [*demo.STAFF, *demo.DISTRIBUTORS, demo.CUSTOMER]
    assert sorted(who_can_sign_in(running.said, running.port)) == sorted(one.phone for one in everybody)
    assert "_aws" not in running.said, "metrics are lines of a log"
    tables = Tables.read(running.items)
    assert broken(tables) == []
    assert [order["state"] for order in tables.orders] == ["COMPLETED"]
    stocked = {product.sku_id: count for product, count in demo.STOCKED}
    assert Counter(card["sku_id"] for card in tables.cards) == stocked | {demo.NAMED_1000.sku_id: 1}
