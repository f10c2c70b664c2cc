"""The tree for the office over HTTP: all trees, who stands above and below, and finding somebody."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain import people_items
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market, Trader
from tests.handlers.scenarios.distribution import founded, joined
from tests.handlers.test_read_audit import rows
from tests.handlers.test_regions import lives_in, of_region

SEARCH = "/v1/office/distributors/search"


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def pages(market: Market, path: str, who: Trader, size: int) -> list[list[str]]:
    """The ids of a list, page by page."""
    found, after = [], ""
    while True:
        body = market.call("GET", f"{path}?limit={size}{after}", None, who).body
        found.append([node["distributor_id"] for node in body["items"]])
        if "next" not in body:
            return found
        after = f"&cursor={body['next']}"


def found(market: Market, who: Trader, **by: str) -> list[str]:
    answer = market.call("POST", SEARCH, by, who)
    assert answer.status == 200, answer.text
    return [node["distributor_id"] for node in answer.body["distributors"]]


def test_all_roots_are_listed_by_page_and_nobody_below_them(market: Market) -> None:
    ops = market.staff("ops")
    roots = sorted(founded(market)[1] for _ in range(5))
    joined(market, roots[0])
    assert pages(market, "/v1/office/trees", ops, 2) == [roots[:2], roots[2:4], roots[4:]]
    lives_in(roots[1], "5301")
    lives_in(roots[4], "53")
    here = of_region(market, "ops", "53")
    assert pages(market, "/v1/office/trees", here, 1) == [[roots[1]], [roots[4]], []]


def test_recruits_are_told_masked_and_by_page(market: Market) -> None:
    support = market.staff("support")
    _, root = founded(market)
    children = sorted(joined(market, root) for _ in range(3))
    grandchild = joined(market, children[0])
    path = f"/v1/office/distributors/{root}/recruits"
    assert pages(market, path, support, 2) == [children[:2], children[2:]]
    first = market.call("GET", path, None, support).body["items"][0]
    assert first.pop("phone_masked").startswith("138****")
    del first["since"]
    assert first == {
        "distributor_id": children[0],
        "parent_id": root,
        "root_id": root,
        "state": "ACTIVE",
        "tier": "",
        "region": "",
    }
    assert pages(market, f"/v1/office/distributors/{children[0]}/recruits", support, 9) == [[grandchild]]
    nowhere = market.call("GET", "/v1/office/distributors/dst_BBBBBBBBBBBB/recruits", None, support)
    assert nowhere.code == "DISTRIBUTOR_UNKNOWN"


def test_the_way_leads_from_the_root_to_the_distributor(market: Market) -> None:
    risk = market.staff("risk")
    _, root = founded(market)
    middle = joined(market, root)
    leaf = joined(market, middle)
    way = market.call("GET", f"/v1/office/distributors/{leaf}/path", None, risk).body
    assert [node["distributor_id"] for node in way["nodes"]] == [root, middle, leaf]
    assert way["is_whole"] is True
    lives_in(leaf, "53")
    lives_in(root, "53")
    here = of_region(market, "risk", "53")
    way = market.call("GET", f"/v1/office/distributors/{leaf}/path", None, here).body
    assert [node["distributor_id"] for node in way["nodes"]] == [root, leaf]
    assert way["is_whole"] is False
    answer = market.call("GET", f"/v1/office/distributors/{middle}/path", None, here)
    assert answer.code == "DISTRIBUTOR_UNKNOWN"


def test_of_a_way_that_is_too_long_the_root_and_the_nearest_are_told(market: Market) -> None:
    auditor = market.staff("auditor")
    _, root = founded(market)
    place = bootstrap.documents().get("edges", root, "self")
    assert place is not None
    like = {name: value for name, value in place.items() if name not in ("pk", "sk")}
    line = [root, *(f"dst_{name}" for name in names(120))]
    for parent_id, own_id in itertools.pairwise(line):
        bootstrap.documents().put("edges", own_id, "self", {**like, "parent_id": parent_id})
    for depth, whole in ((98, True), (99, False), (120, False)):
        with market.world.metered() as reading:
            way = market.call("GET", f"/v1/office/distributors/{line[depth]}/path", None, auditor).body
        told = [node["distributor_id"] for node in way["nodes"]]
        assert (told, way["is_whole"]) == ([root, *line[max(1, depth - 98) : depth + 1]], whole)
        assert reading().calls["dynamodb.GetItem"] <= 102


def names(count: int) -> Iterator[str]:
    alphabet = "BCDFGHJKMNPQRSTVWXYZ"
    for number in range(count):
        yield "B" * 10 + alphabet[number // 20] + alphabet[number % 20]


def test_somebody_is_found_by_phone_code_and_either_id(market: Market) -> None:
    ops = market.staff("ops")
    owner, root = founded(market)
    phone = phone_of(owner)
    assert found(market, ops, phone=phone) == [root]
    assert found(market, ops, invite_code=f"{root[4:8]}-{root[8:].lower()}") == [root]
    assert found(market, ops, id=root) == found(market, ops, id=owner.person_id) == [root]
    customer = market.customer()
    assert found(market, ops, id=customer.person_id) == []
    assert found(market, ops, phone=phone_of(customer)) == found(market, ops, phone="13900000000") == []
    assert found(market, ops, invite_code="0000-0000-0000") == []
    lives_in(root, "44")
    assert found(market, of_region(market, "ops", "53"), phone=phone) == []
    looks = [row for row in rows(market.world) if row["route"]["S"] == "find_distributors"]
    assert len(looks) == 9
    assert phone not in repr(looks)


@pytest.mark.parametrize(
    "body", [{}, {"phone": "13800138000", "id": "dst_7K3M9PQRS2TV"}, {"id": "stf_BBBBBBBBBBBB"}]
)
def test_a_search_is_by_one_thing(market: Market, body: dict[str, Any]) -> None:
    answer = market.call("POST", SEARCH, body, market.staff("ops"))
    assert (answer.status, answer.code) == (400, "REQUEST_INVALID")


def phone_of(who: Trader) -> str:
    profile = bootstrap.documents().get("people", who.person_id, "profile")
    assert profile is not None
    return bootstrap.keys().open(profile["phone_sealed"], people_items.phone_context(who.person_id))
