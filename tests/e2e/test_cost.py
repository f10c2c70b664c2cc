"""What orders cost: is it counted function by function, and told for a thousand of them?"""

import json

import pytest

from bench.cost import table
from bench.cost.batch import HTTP, Batch, count
from bench.cost.bill import bill, broken_gates, counted_usd
from bench.counts.stand import Size, Stand
from infra.build import STAGES, transformed_template
from local.testing import Engine, World

ORDERS = 100
# Write units an order: what is sold, the commission of two levels, and all that is derived from both.
WRITE_UNITS = {
    HTTP: 8,
    "pay_commission": 8,
    "project_accounts": 2,
    "project_cards": 4,
    "watch_orders": 0,
}
# A batch of 100 orders leaves 300 records in the journal, which come by 100 and by 500.
INVOCATIONS = {
    HTTP: 100,
    "pay_commission": 1,
    "watch_orders": 1,
    "project_cards": 2,
    "project_accounts": 2,
    "project_journal": 3,
    "archive_journal": 1,
}


@pytest.fixture(scope="module")
def batch(engine: Engine) -> Batch:
    world = World(engine)
    return count(world, Stand(world, Size()), ORDERS)


def test_each_function_uses_what_is_agreed(batch: Batch) -> None:
    used = {one.function: one.write_units for one in batch.used}
    archive, journal = used.pop("archive_journal"), used.pop("project_journal")
    assert used == {function: units * ORDERS for function, units in WRITE_UNITS.items()}
    # A unit for 40 records of a second, and the head before and after each object, of which there are two.
    assert 10 <= archive <= 12
    # Two batches of a hundred of the platform's lines, fifteen in a kilobyte; one more in two minutes.
    assert 14 <= journal <= 17


def test_full_batches_wake_few_functions(batch: Batch) -> None:
    woken = {one.function: one.invocations for one in batch.used}
    # The archive is written once for the sales and once more for the commission that comes after them.
    assert woken.pop("archive_journal") <= 2
    assert woken == {name: n for name, n in INVOCATIONS.items() if name != "archive_journal"}
    assert batch.invocations_per_order <= 1.2


def test_the_bill_is_not_dearer_than_agreed(batch: Batch) -> None:
    assert broken_gates(batch, bill(batch)) == []


@pytest.mark.capability("S-027")
def test_one_template_serves_all_stages_and_a_load_tells_units_calls_and_cost(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    functions = [
        {name: one["Properties"]["Handler"] for name, one in transformed_template(stage)["Resources"].items()
         if one["Type"] == "AWS::Lambda::Function"}
        for stage in STAGES
    ]  # fmt: skip
    assert len(functions) >= 2
    assert all(json.dumps(one) == json.dumps(functions[0]) for one in functions)
    lines = bill(batch)
    print(table.text(batch, lines))
    told = capsys.readouterr().out
    assert "| pay_commission | 1 | 8.00 |" in told
    assert f"| {HTTP} | 100 | 8.00 | 1." in told
    assert "| USD | A million orders | A thousand orders |" in told
    thousand = sum(line.usd for line in lines if line.part == "core") / 1000
    assert f" {thousand:.4f} |" in told
    assert counted_usd(lines) / 1000 < thousand < 0.03
