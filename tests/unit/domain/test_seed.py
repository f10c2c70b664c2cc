"""The seed: what may a catalogue begin with?"""

import json
from typing import Any

import pytest

from chalicelib.domain import seed as seeds
from chalicelib.domain.document import DocumentMalformed
from chalicelib.domain.plan import EventNotAllowed, check
from infra.build import ROOT
from local import demo_world

PRODUCT = {
    "sku_id": "sku_1", "title": "One", "use": "CARD_SALE", "issuer": "own", "mode": "ISSUER",
    "kind": "BEARER", "form": "VIRTUAL", "face_fen": 10_000, "price_fen": 10_000, "cost_fen": 9_700,
}  # fmt: skip
PLAN = {"plan_id": "p1", "version": 1, "effective_at": "2026-01-01T00:00:00+08:00", "rules": []}


def test_the_seed_of_dev_is_what_one_machine_begins_with_and_its_plan_may_be_published() -> None:
    seed = seeds.from_document(json.loads((ROOT / "infra" / "seeds" / "dev.json").read_text("utf-8")))
    assert seed == demo_world.SEED
    assert seed.counts == {"products": 8, "plans": 1, "parameters": 4}
    for plan in seed.plans:
        check(plan)


def test_each_member_may_be_missing() -> None:
    assert seeds.from_document({"products": [PRODUCT]}).counts == {
        "products": 1,
        "plans": 0,
        "parameters": 0,
    }


@pytest.mark.parametrize(
    "document, path",
    [
        ([], ""),
        ({}, ""),
        ({"goods": []}, "goods"),
        ({"products": {}}, "products"),
        ({"products": [PRODUCT, PRODUCT]}, "products"),
        ({"products": [{**PRODUCT, "price_fen": 1.5}]}, "products.0.price_fen"),
        ({"products": [{**PRODUCT, "colour": "red"}]}, "products.0.colour"),
        ({"plans": [PLAN, PLAN]}, "plans"),
        ({"parameters": []}, "parameters"),
        ({"products": [{**PRODUCT, "sku_id": f"sku_{number}"} for number in range(81)]}, ""),
    ],
)
def test_a_mistake_is_refused_by_its_path(document: Any, path: str) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        seeds.from_document(document)
    assert refused.value.facts["path"] == path


def test_a_plan_that_pays_for_joining_is_no_seed() -> None:
    with pytest.raises(EventNotAllowed):
        seeds.from_document({"plans": [{**PLAN, "events": ["JOIN"]}]})
