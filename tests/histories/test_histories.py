"""Histories of real threads and processes on the real engine: does the clerk explain every answer?

A few dozen with a fresh seed each time; `make histories` plays thousands.
"""

import os
import secrets
from collections import Counter
from collections.abc import Iterator

import pytest

from local.testing import Engine
from tests.histories.lane import Lane
from tests.histories.scenes import CLIENTS, SCENES, WISHES, scene_of

HISTORIES = 24
SEED = int(os.environ.get("HISTORIES_SEED") or secrets.randbelow(1_000_000))

pytestmark = pytest.mark.race


@pytest.fixture(scope="module")
def lane(engine: Engine) -> Iterator[Lane]:
    with Lane.open(engine) as opened:
        yield opened


def test_every_history_of_a_fresh_seed_is_explained_by_one_clerk(
    lane: Lane, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nHISTORIES_SEED={SEED}")
    unknown = faults = 0
    for number in range(HISTORIES):
        played = lane.play(SEED * 1_000_000 + number)
        again = f"python -m tests.histories --only {played.seed}"
        assert played.is_explained, (again, played.verdict.unexplained, played.broken)
        assert played.verdict.calls >= CLIENTS * WISHES
        unknown, faults = unknown + played.verdict.unknown, faults + played.faults
    assert unknown > HISTORIES and faults > 10 * HISTORIES


def test_every_kind_of_scene_is_drawn_and_none_has_more_than_four_shared_accounts() -> None:
    drawn = Counter(scene_of(seed).name for seed in range(200))
    assert set(drawn) == set(SCENES)
    for seed in range(200):
        scene = scene_of(seed)
        shared = len(scene.cards) + len(scene.orders) + bool(scene.stock) + bool(scene.available_fen)
        assert 1 <= shared <= 4
        assert [len(script) for script in scene.scripts] == [WISHES] * CLIENTS


def test_a_seed_draws_the_same_scene_every_time() -> None:
    assert scene_of(7) == scene_of(7) != scene_of(8)
