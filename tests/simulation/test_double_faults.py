"""Double faults in CI: some of the schedules of `make faults`, drawn anew each time."""

from random import Random
from secrets import randbelow

import pytest

from tests.simulation.operation import OPERATIONS
from tests.simulation.try_every_fault import some_doubles

SEED = randbelow(1 << 32)
OPERATIONS_DRAWN, DOUBLES = 20, 3


@pytest.mark.parametrize("part", range(OPERATIONS_DRAWN))
def test_no_two_faults_that_chance_draws_break_an_operation(part: int) -> None:
    chance = Random(SEED + part)
    name = chance.choice(sorted(OPERATIONS))
    print(f"seed {SEED}, part {part}: {name}")
    assert list(some_doubles(name, chance, DOUBLES)) == []
