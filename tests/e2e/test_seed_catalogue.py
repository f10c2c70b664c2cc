"""Seeding: an empty account gets its goods, plans and values at once, and only once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain import catalog_items
from chalicelib.domain.parameter_check import ParameterInvalid
from chalicelib.domain.seed import from_document
from chalicelib.usecases.operator_run import OperatorRun
from chalicelib.usecases.publish_product import ProductInvalid
from chalicelib.usecases.seed_catalogue import CatalogueState
from infra.seed import kept_seed
from local.testing import World
from tests.e2e.by_hand import BY, Operator

SEED: Any = kept_seed("dev")


@pytest.fixture
def operator(world: World) -> Iterator[Operator]:
    operator = Operator(world)
    with replaced(operator.parts):
        yield operator


def catalogue(world: World) -> list[Any]:
    return sorted(world.items("catalog"), key=str)


def test_an_empty_catalogue_is_seeded_and_a_seeded_one_left_as_it_is(
    operator: Operator, world: World
) -> None:
    counts = {"products": 8, "plans": 1, "parameters": 4}
    assert operator.does("seed_catalogue", seed=SEED) == {"dry_run": False, "catalogue": "SEEDED", **counts}
    seeded = catalogue(world)
    bootstrap.catalog().forget()
    assert len(bootstrap.catalog().products()) == 8
    (plan,) = bootstrap.catalog().plans()
    begun = operator.runs()[0].at
    assert plan.effective_at == begun + catalog_items.EVERYWHERE_AFTER
    assert bootstrap.catalog().parameter("withdrawal.amount_fen_min", plan.effective_at) == 100
    assert [(run.action, run.about) for run in operator.runs()] == [("SEED", counts)]
    other = {"products": [{**SEED["products"][0], "sku_id": "sku_other"}]}
    for seed in (SEED, other):
        assert operator.does("seed_catalogue", seed=seed)["catalogue"] == "IN_USE"
    assert (catalogue(world), len(operator.runs())) == (seeded, 1)


def test_a_dry_run_says_what_would_be_and_puts_nothing(operator: Operator, world: World) -> None:
    assert operator.looks("seed_catalogue", seed=SEED)["catalogue"] == "EMPTY"
    assert (catalogue(world), operator.runs()) == ([], [])


def test_where_anything_was_published_nothing_is_seeded(operator: Operator, world: World) -> None:
    product = replace(from_document(SEED).products[0], sku_id="sku_own")
    bootstrap.books().commit(None, catalog_items.product_changes(product, None))
    before = catalogue(world)
    assert operator.does("seed_catalogue", seed=SEED)["catalogue"] == "IN_USE"
    assert (catalogue(world), operator.runs()) == (before, [])


class Overtaken:
    """Documents that look before somebody else published."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def get(self, *key: Any, **how: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_who_is_overtaken_seeds_nothing(operator: Operator, world: World) -> None:
    operator.does("seed_catalogue", seed=SEED)
    seeded = catalogue(world)
    late: Any = replace(bootstrap.seed_catalogue(), documents=Overtaken(bootstrap.documents()))
    other = from_document({"products": [{**SEED["products"][0], "sku_id": "sku_other"}]})
    run = OperatorRun("ben", bootstrap.new_key(bootstrap.now()), bootstrap.now(), is_dry=False)
    assert late(run, other) is CatalogueState.IN_USE
    assert catalogue(world) == seeded


@pytest.mark.parametrize(
    "seed, refusal",
    [
        ({"products": [{**SEED["products"][0], "face_fen": 100_001}]}, ProductInvalid),
        ({"parameters": {"withdrawal.amount_fen_min": "much"}}, ParameterInvalid),
        ({"parameters": {"no.such": 1}}, ParameterInvalid),
    ],
)
def test_what_may_not_be_published_is_refused_dry_and_for_real_and_nothing_is_put(
    world: World, seed: Any, refusal: type[Exception]
) -> None:
    for is_dry in (True, False):
        run = OperatorRun(BY, bootstrap.new_key(bootstrap.now()), datetime.now(UTC), is_dry)
        with pytest.raises(refusal):
            bootstrap.seed_catalogue()(run, from_document(seed))
    assert catalogue(world) == []


def test_a_campaign_that_is_seeded_has_its_purse(operator: Operator, world: World) -> None:
    plan = {**SEED["plans"][0], "campaigns": [{"campaign_id": "spring", "budget_fen": 5_000}]}
    operator.does("seed_catalogue", seed={"plans": [plan]})
    (purse,) = (item for item in world.items("work") if item["pk"]["S"] == "campaign#spring")
    assert purse["left_fen"]["N"] == "5000"
