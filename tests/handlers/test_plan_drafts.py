"""Drafts of plans over the API: what waits, what it changes, what it would pay, and no approval unseen."""

from collections.abc import Iterator

import pytest

from app import app
from chalicelib.bootstrap.part import forget_everything
from chalicelib.handlers.api.plans import EXAMPLE_PLAN
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market
from tests.handlers.test_distribution import sold

PLANS = "/v1/office/plans"


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def test_a_draft_is_read_simulated_and_only_then_approved(market: Market) -> None:
    sold(market)  # under a plan of 80 and 30 bps, from a card: 80 fen were earned
    ops, risk = market.staff("ops"), market.staff("risk")
    wallet = {"events": ["CARD_SALE"], "wallet_purchase_pays": True}
    rules = [{"rule_id": "r1", "kind": "PERCENT", "value": 100, "level": 1}]
    plan = {**EXAMPLE_PLAN, "plan_id": "p2", "version": 2, "rules": rules, **wallet}
    drafted = market.call("POST", PLANS, {"plan": plan}, ops).body
    approval = {"request_id": drafted["request_id"]}

    (waiting,) = market.call("GET", f"{PLANS}/drafts", None, risk).body["items"]
    assert (waiting["plan_id"], waiting["state"], waiting["requested_by"]) == ("p2", "WAITING", ops.person_id)
    draft = market.call("GET", f"{PLANS}/p2/draft", None, risk).body
    assert (draft["follows"], draft["simulated"], draft["plan_hash"]) == ("p1", False, waiting["plan_hash"])
    changed = {
        (one["what"], one["name"]): (one["how"], one.get("old"), one.get("new"))
        for one in draft["differences"]
    }
    how, old, new = changed["rules", "r1"]
    assert (how, old["value"], new["value"]) == ("CHANGED", 80, 100)
    assert changed["rules", "r2"][0] == "REMOVED"
    assert changed["margin_share_bps", ""] == ("ADDED", None, 5_000)

    missing = market.call("GET", f"{PLANS}/p2/simulation", None, risk)
    assert (missing.status, missing.code) == (404, "SIMULATION_UNKNOWN")
    refused = market.call("POST", f"{PLANS}/p2/approval", approval, risk)
    assert (refused.status, refused.code) == (409, "PLAN_NOT_SIMULATED")
    assert "试算" in refused.body["advice"]

    made = market.call("POST", f"{PLANS}/p2/simulation", None, ops)
    assert made.status == 201, made.text
    report = market.call("GET", f"{PLANS}/p2/simulation", None, risk).body
    assert report == made.body
    assert report["extent"]["balance_orders_taken"] == 1
    sample = report["sample"]
    assert (sample["order_count"], sample["old"]["level_fen"], sample["new"]["level_fen"]) == (
        1,
        [80, 0],
        [100, 0],
    )
    assert (sample["difference_fen"], sample["new"]["margin_share_bps"]) == (20, 3_333)
    assert [(rule["rule_id"], rule.get("never")) for rule in report["rules"]] == [("r1", None)]

    approved = market.call("POST", f"{PLANS}/p2/approval", approval, risk)
    assert approved.status == 200, approved.text
    assert market.call("GET", f"{PLANS}/drafts", None, risk).body["items"] == []
    assert market.call("GET", f"{PLANS}/p2/draft", None, risk).code == "PLAN_UNKNOWN"
