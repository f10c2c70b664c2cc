"""Growth: does anything cost more when the tree, or what buyers and promoters have behind them, is large?"""

import pytest

from bench.counts import golden
from bench.counts.measure import metered, trips_of
from bench.counts.operations import OPERATIONS
from bench.counts.stand import Size, Stand
from local.testing import World

# The fraud check reads one page of the buyer's orders: how many of them there are in a page is its cost.
BY_PAGE = "P: watched for fraud"


@pytest.mark.capability("S-018")
def test_promoters_orders_entries_and_release_days_by_the_thousand_change_no_count(
    world: World,
) -> None:
    stand = Stand(world, Size(10_000, old_orders=1_000, old_entries=10_000, old_pots=3_000))
    agreed = {counted.name: counted for counted in golden.read()}
    grown = []
    for operation in OPERATIONS:
        known, now = agreed[operation.name], metered(world, stand, operation)
        same = (trips_of(now), now.write_units_sum) == (known.calls, known.write_units)
        if not same or (now.read_units_sum != known.read_units and operation.name != BY_PAGE):
            grown.append((operation.name, now))
    assert grown == []
