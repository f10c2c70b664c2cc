"""Distribution over HTTP: what a distributor sees of a sale, and what the office sees of the distributors."""

from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.business_time import business_date
from chalicelib.domain.plan import Event
from chalicelib.handlers.api.plans import EXAMPLE_PLAN
from chalicelib.handlers.messages import catalogue
from local.testing import World
from tests.e2e.tree import a_plan, percent
from tests.handlers.api_client import Api
from tests.handlers.market import Market, Trader
from tests.handlers.scenarios.distribution import founded, joined, requested, with_available

ROLES = ("finance", "risk", "admin", "auditor", "ops", "support")
SHOWN_WITHDRAWALS = {"finance", "risk", "admin", "auditor"}


@pytest.fixture
def market(world: World) -> Market:
    bootstrap.catalog().forget()
    return Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside


def read(market: Market, path: str, who: Trader) -> Any:
    answer = market.call("GET", path, who=who)
    assert answer.status == 200, answer.text
    return answer.body


def brought_by(market: Market, distributor_id: str) -> Trader:
    """A customer who registered with the distributor's code."""
    phone = market.phone()
    body = market.newcomer(phone, invite_code=distributor_id[4:])
    assert market.call("POST", "/v1/people", body).status == 201
    return market.signed_in(phone)


def sold(market: Market) -> tuple[Trader, str]:
    """A distributor one of whose customers has bought a card for 100 yuan."""
    plan = a_plan(
        "p1", 7, rules=(percent(1, 80), percent(2, 30)), events=(Event.CARD_SALE,), wallet_purchase_pays=True
    )
    bootstrap.books().commit(None, catalog_items.plan_changes(plan))
    distributor, distributor_id = founded(market)
    buyer = brought_by(market, distributor_id)
    market.ordered(buyer, by_card=True)
    market.world.drain()
    return distributor, distributor_id


@pytest.mark.capability("S-038")
def test_a_distributor_sees_what_a_customer_of_theirs_brought_and_why(market: Market) -> None:
    distributor, _ = sold(market)
    balance = read(market, "/v1/distributors/me/balance", distributor)
    assert (balance["available_fen"], list(balance["frozen_fen"].values())) == (0, [80])
    (entry,) = read(market, "/v1/distributors/me/commissions", distributor)["items"]
    assert (entry["amount_fen"], entry["action"], entry["sku_id"]) == (80, "COMMISSION", "sku_virtual")
    path = f"/v1/distributors/me/commissions/{entry['entry_id']}/explanation"
    told = read(market, path, distributor)
    assert (told["recomputed_fen"], told["net_fen"], told["held"]) == (80, 80, False)
    assert told["explanation"]["lines"][0]["terms"][0]["value"] == 80
    stranger, _ = founded(market)
    assert market.call("GET", path, who=stranger).code == "COMMISSION_UNKNOWN"


def test_the_office_sees_the_margin_and_the_platforms_balances(market: Market) -> None:
    _, distributor_id = sold(market)
    finance = market.staff("finance")
    today = business_date(bootstrap.now()).isoformat()
    balances = read(market, f"/v1/office/platform-balances?day={today}", finance)["balances_fen"]
    assert (balances["E:COMMISSION"], balances["Q:OPENING"]) == (80, 10_000)
    margins = read(market, f"/v1/office/margins?day={today}", finance)["items"]
    assert [(row["sku_id"], row["commission_fen"], row["margin_fen"]) for row in margins] == [
        ("sku_virtual", 80, -80)
    ]
    place = read(market, f"/v1/office/distributors/{distributor_id}", finance)
    assert (place["state"], place["root_id"]) == ("ACTIVE", distributor_id)


def test_a_day_far_from_all_books_costs_no_more_than_today(market: Market) -> None:
    """Each open day of each account is a query; none is asked for a day that has not come, or before them."""
    sold(market)
    finance, counts, found = market.staff("finance"), [], []
    for day in (business_date(bootstrap.now()).isoformat(), "9999-12-31", "0042-04-19"):
        read(market, "/v1/me", finance)  # who it is, is known for the next ten seconds
        with market.world.metered() as reading:
            found.append(read(market, f"/v1/office/platform-balances?day={day}", finance)["balances_fen"])
        counts.append(reading().round_trips)
    assert found[1] == found[0] and found[2] == {}
    assert counts[1] <= counts[0] + 1 and counts[2] < counts[0]


def test_a_place_shows_its_code_its_link_its_picture_and_its_direct_recruits(market: Market) -> None:
    distributor, root_id = founded(market)
    below = [joined(market, root_id) for _ in range(3)]
    joined(market, below[0])
    place = read(market, "/v1/distributors/me", distributor)
    assert place["invite_code"] == root_id[4:]
    assert place["invite_url"].endswith(f"/join/{root_id[4:]}")
    picture = market.call("GET", "/v1/distributors/me/invitation", who=distributor)
    assert (picture.status, picture.headers["Content-Type"]) == (200, "image/svg+xml")
    assert picture.headers["Content-Disposition"] == 'inline; filename="invitation.svg"'
    assert picture.text.startswith("<svg")
    first = read(market, "/v1/distributors/me/recruits?limit=2", distributor)
    rest = read(market, f"/v1/distributors/me/recruits?limit=2&cursor={first['next']}", distributor)
    found = [item["distributor_id"] for item in first["items"] + rest["items"]]
    assert found == sorted(below)
    assert "next" not in rest


def test_who_has_no_place_is_told_so(market: Market) -> None:
    customer = market.customer()
    for path in ("", "/balance", "/statement", "/recruits", "/commissions", "/invitation"):
        answer = market.call("GET", f"/v1/distributors/me{path}", who=customer)
        assert (answer.status, answer.code) == (403, "NOT_A_DISTRIBUTOR")
    terms = read(market, "/v1/distributors/terms", customer)
    assert terms == {"agreement": "2026-11", "fee_fen": 0, "is_reviewed": False}


def test_a_statement_goes_back_page_by_page_and_to_any_moment(market: Market) -> None:
    distributor = with_available(market)
    body = {"amount_fen": 20_000}
    assert market.call("POST", "/v1/withdrawals", body, distributor).status == 201
    market.world.drain()
    first = read(market, "/v1/distributors/me/statement?limit=1", distributor)
    assert first["items"][0]["balances"] == {"available_fen": 30_000, "held_fen": 20_000, "owed_fen": 0}
    second = read(market, f"/v1/distributors/me/statement?limit=1&cursor={first['next']}", distributor)
    assert second["items"][0]["balances"]["available_fen"] == 50_000
    assert first["items"][0]["previous_hash"] == second["items"][0]["hash"]
    assert "next" not in second
    for moment, available_fen in (("2026-01-01T00:00:00Z", None), ("2099-01-01T00:00:00Z", 30_000)):
        told = read(market, f"/v1/distributors/me/balance-at?at={moment}", distributor)
        assert told["balances"].get("available_fen") == available_fen


def test_whoever_wants_a_withdrawal_reads_first_what_it_gives_and_what_is_missing(market: Market) -> None:
    distributor = with_available(market)
    shown = read(market, "/v1/withdrawals/preview?amount_fen=50000", distributor)
    (missing,) = shown.pop("missing")
    assert (missing["code"], missing["title"]) == (
        "SECOND_FACTOR_MISSING",
        catalogue()["SECOND_FACTOR_MISSING"]["zh-CN"][0],
    )
    assert shown.pop("arrives_by") > business_date(bootstrap.now()).isoformat()
    assert shown.pop("approvals")[0] == {"amount_fen_max": 499_999, "approvals": 1}
    assert shown == {
        "available_fen": 50_000,
        "pending_fen": 0,
        "minimum_fen": 1_000,
        "maximum_fen": 50_000,
        "left_today": 5,
        "left_this_month": 30,
        "fee_bps": 60,
        "tax_method": "PER_PAYMENT",
        "worked": {
            "amount_fen": 50_000,
            "approvals_needed": 1,
            "split": {"net_fen": 49_700, "tax_fen": 0, "fee_fen": 300},
            "refused": [],
        },
    }
    market.secured(distributor)
    assert read(market, "/v1/withdrawals/preview", distributor)["missing"] == []
    assert market.call("GET", "/v1/withdrawals/preview", who=market.customer()).code == "NOT_A_DISTRIBUTOR"


def test_a_withdrawal_is_seen_by_its_owner_and_waits_in_the_offices_list(market: Market) -> None:
    distributor, withdrawal_id = requested(market)
    market.world.drain()
    path = f"/v1/withdrawals/{withdrawal_id}"
    assert read(market, path, distributor)["state"] == "REVIEW_1"
    assert [item["withdrawal_id"] for item in read(market, "/v1/withdrawals", distributor)["items"]] == [
        withdrawal_id
    ]
    assert market.call("GET", path, who=market.customer()).code == "WITHDRAWAL_UNKNOWN"
    finance = market.staff("finance")
    (row,) = read(market, "/v1/office/withdrawals", finance)["items"]
    assert (row["withdrawal_id"], row["amount_fen"], row["state"]) == (withdrawal_id, 50_000, "REVIEW_1")
    approval = market.call("POST", f"/v1/office/withdrawals/{withdrawal_id}/approval", {}, finance)
    assert approval.body["state"] == "APPROVED"


@pytest.mark.parametrize(
    ("amount_fen", "code"),
    [(-1, "AMOUNT_INVALID"), (0, "AMOUNT_INVALID"), (999, "BELOW_MIN"), (50_001, "INSUFFICIENT_AVAILABLE")],
)
def test_v28_amounts_are_refused_by_name(market: Market, amount_fen: int, code: str) -> None:
    distributor = with_available(market)
    answer = market.call("POST", "/v1/withdrawals", {"amount_fen": amount_fen}, distributor)
    assert (answer.status, answer.code) == (422, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rules": [{"rule_id": "r3", "kind": "PERCENT", "value": 1, "level": 3}]}, "PLAN_LEVEL_CAP"),
        ({"events": ["JOIN"]}, "EVENT_NOT_ALLOWED"),
        ({"entry": {"fee_fen": 1}}, "ENTRY_FEE_FORBIDDEN"),
        ({"rules": [{"rule_id": "r1", "kind": "PERCENT", "value": 10_001}]}, "RATE_OUT_OF_RANGE"),
    ],
)
def test_v19_plans_that_nobody_may_publish_are_refused_by_name(
    market: Market, change: dict[str, Any], code: str
) -> None:
    body = {"plan": {**EXAMPLE_PLAN, **change}}
    answer = market.call("POST", "/v1/office/plans", body, market.staff("ops"))
    assert (answer.status, answer.code) == (422, code)


def test_a_plan_with_a_field_that_nobody_knows_is_no_plan(market: Market) -> None:
    malformed = {"plan": {**EXAMPLE_PLAN, "unknown": 1}}
    answer = market.call("POST", "/v1/office/plans", malformed, market.staff("ops"))
    assert (answer.status, answer.code) == (400, "DOCUMENT_MALFORMED")


def test_every_parameter_tells_its_value_and_its_source(market: Market) -> None:
    items = read(market, "/v1/office/parameters", market.staff("auditor"))["items"]
    assert all(item["source"] and item["value"] == item["default"] for item in items)
    assert {"withdrawal.fee_bps", "commission.netting_bps"} <= {item["name"] for item in items}


def test_a_withdrawal_is_shown_among_approvals_to_those_alone_who_may_look_at_withdrawals(
    market: Market,
) -> None:
    _, withdrawal_id = requested(market)
    for path in (f"/v1/office/approvals/{withdrawal_id}", f"/v1/withdrawals/{withdrawal_id}"):
        told = {role: market.call("GET", path, None, market.staff(role)).status for role in ROLES}
        assert {role for role, status in told.items() if status == 200} == SHOWN_WITHDRAWALS, (path, told)
