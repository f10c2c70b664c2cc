"""Every operation of the trade, undisturbed: it comes to its end, and what stands then is what must stand."""

import pytest

from tests.simulation.operation import OPERATIONS
from tests.simulation.try_every_fault import MODULES

assert MODULES, "they fill OPERATIONS"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_that_nothing_disturbs_ends_well(name: str) -> None:
    with OPERATIONS[name].staged() as scene:
        while not scene.is_over:
            scene.run_stage({})
        assert scene.violations() == []
