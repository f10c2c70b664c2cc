"""Stream records: a little of `make stream-records`, and whether it would tell."""

from collections import Counter

import pytest

from tests.simulation.many_worlds import world_seed
from tests.simulation.stream_records import PERCENT_MIN, Passed, features_of, passed, summary, too_kind

SEED = 20261122


def seed_with(remainder: int) -> int:
    """A world of each kind: an outage of 25 hours, lost lines of statements, neither."""
    return next(seed for seed in (world_seed(SEED, number) for number in range(64)) if seed % 4 == remainder)


@pytest.mark.parametrize("remainder", [0, 1, 2])
def test_commission_is_exact_after_one_reconciliation(
    remainder: int, capsys: pytest.CaptureFixture[str]
) -> None:
    total = passed(seed_with(remainder), operations=250)
    with capsys.disabled():
        print(f"\n{summary(total)}")
    assert total.wrong == []
    assert total.missing > 0, "what was lost was missed by nobody"
    assert total.streams["too old" if remainder == 0 else "forgotten"] > 0


def test_a_world_in_which_too_little_happens_to_its_records_does_not_count() -> None:
    busy = {"records": 1_000, "duplicated": 300, "overtaken": 200, "forgotten": 50, "poisoned": 10}
    rest = dict.fromkeys(("crashed", "split", "out of order", "too old"), 1)
    assert too_kind(Passed(streams=Counter(busy | rest))) == []
    for name in ("duplicated", "overtaken", "forgotten", "poisoned"):
        found = too_kind(Passed(streams=Counter(busy | rest | {name: busy[name] * 9 // 10})))
        assert len(found) == 1
    assert too_kind(Passed(streams=Counter(busy | rest | {"split": 0}))) == ["never split"]
    assert set(PERCENT_MIN) == set(Passed().percent())


def test_every_fourth_world_has_an_outage_that_its_streams_do_not_outlast() -> None:
    hours = [(f.weather.outage[1] - f.weather.outage[0]) // 3_600_000 for f in map(features_of, range(8))]
    assert hours == [25, 0, 0, 0, 25, 0, 0, 0]
