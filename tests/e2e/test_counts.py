"""The cost meter as a test: is each operation as cheap as agreed, by the engine and by the items' sizes?"""

from dataclasses import replace
from functools import partial

import pytest

from app import app
from bench.counts import golden, table
from bench.counts.gates import GATES, REPETITIONS, Gate, P, broken_gates
from bench.counts.measure import Counted, measure
from bench.counts.operations import OPERATIONS
from bench.counts.stand import Size, Stand
from chalicelib import bootstrap
from local.testing import Engine, World
from tests.e2e.crowd import at_once
from tests.e2e.tree import Tree
from tests.handlers.api_client import Api
from tests.handlers.market import Market
from tests.handlers.test_distribution import brought_by


@pytest.fixture(scope="module")
def counts(engine: Engine) -> list[Counted]:
    """Every operation, measured both ways in one small world."""
    world = World(engine)
    return measure(world, Stand(world, Size()))


def test_every_operation_costs_what_was_agreed(counts: list[Counted]) -> None:
    assert golden.differences(counts, golden.read()) == []


def test_no_gate_is_broken(counts: list[Counted]) -> None:
    assert broken_gates(counts) == []


def test_a_unit_more_is_noticed() -> None:
    dearer = [replace(counted, write_units=counted.write_units + 1) for counted in golden.read()]
    assert len(golden.differences(dearer, golden.read())) == len(OPERATIONS)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.measure)
def test_every_gate_can_break(gate: Gate) -> None:
    calls = {"dynamodb.GetItem": 99, "dynamodb.TransactWriteItems": 99}
    dear = {"write_units": 99, "read_units": 99.0, "calls": calls, "shared_writes": 99}
    dearest = [replace(one, **dear) for one in golden.read()]  # type: ignore[arg-type]
    assert [sentence for sentence in broken_gates(dearest) if sentence.startswith(f"{gate.measure}:")]


def test_the_cost_table_is_the_agreed_one() -> None:
    assert table.PATH.read_text() == table.text(golden.read())


@pytest.mark.capability("S-018")
def test_nothing_is_ever_scanned(counts: list[Counted]) -> None:
    assert {counted.name for counted in counts} == {operation.name for operation in OPERATIONS}
    assert [counted.name for counted in counts if "dynamodb.Scan" in counted.calls] == []


def test_a_purchase_over_http_costs_what_its_use_case_costs(world: World) -> None:
    """Routing, authority and validation make no call of their own once a process is warm."""
    bootstrap.catalog().forget()
    market = Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nobody outside is called
    buyer = brought_by(market, Tree(world).root())
    name = {"name": "张三", "id_number": "11010519491231002X"}
    assert market.call("POST", "/v1/me/real-name", name, buyer).status == 200
    bootstrap.authority.forget()
    body = market.order_body(market.product(), market.card(buyer, 30_000))
    assert market.call("POST", "/v1/orders", body, buyer).status == 201
    with world.metered() as reading:
        assert market.call("POST", "/v1/orders", body, buyer).status == 201
    agreed = next(counted for counted in golden.read() if counted.name == P)
    assert (reading().calls, reading().write_units_sum) == (agreed.calls, agreed.write_units)


def test_what_is_repeated_changes_no_item(world: World) -> None:
    """Payment, commission and withdrawal heard again cost what the gates allow, and nothing stands anew."""
    stand = Stand(world, Size())
    tables = bootstrap.settings().table_names
    for operation in OPERATIONS:
        if operation.name in REPETITIONS:
            call = operation.begin(stand)
            before = [sorted(map(repr, world.items(table))) for table in tables]
            assert all(before[list(tables).index(table)] for table in ("orders", "journal", "accounts"))
            call()
            assert [sorted(map(repr, world.items(table))) for table in tables] == before, operation.name


@pytest.mark.capability("S-018")
def test_200_readers_at_once_cost_each_what_one_costs(world: World) -> None:
    stand = Stand(world, Size())
    card_id = stand.account(stand.actor().person_id)
    reads = [partial(bootstrap.cards().get, card_id)] * 100
    reads += [partial(bootstrap.accounts().balances, stand.upline[0], with_pots=False)] * 100
    with world.metered() as reading:
        at_once(200, reads)
    assert reading().calls == {"dynamodb.GetItem": 200}
    assert reading().read_units_sum == 200.0
