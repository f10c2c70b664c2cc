"""Own customers: a distributor sees what theirs have brought, nobody else's, and of nobody who they are."""

from collections.abc import Iterator

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.handlers.api.every import DECLARED
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market, Trader
from tests.handlers.scenarios.distribution import founded
from tests.handlers.test_distribution import brought_by, read, sold


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    bootstrap.catalog().forget()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def phone_of(market: Market, who: Trader) -> str:
    """The number that a customer registered with, as the copy of their data tells them."""
    (profile,) = read(market, "/v1/me/data", who)["profile"]
    return str(profile["phone"]).removeprefix("+86")


@pytest.mark.capability("S-101")
def test_a_distributor_sees_the_sales_of_their_own_customers_and_of_nobody_who_they_are(
    market: Market,
) -> None:
    one, _ = sold(market)
    other, other_id = founded(market)
    buyer = brought_by(market, other_id)
    market.ordered(buyer, by_card=True)
    market.world.drain()
    entries = {
        who.person_id: read(market, "/v1/distributors/me/commissions", who)["items"] for who in (one, other)
    }
    (mine,), (theirs,) = entries[one.person_id], entries[other.person_id]
    assert mine["entry_id"] != theirs["entry_id"]
    path = "/v1/distributors/me/commissions/{}/explanation"
    for who, own, foreign in ((one, mine, theirs), (other, theirs, mine)):
        assert market.call("GET", path.format(own["entry_id"]), None, who).status == 200
        refused = market.call("GET", path.format(foreign["entry_id"]), None, who)
        assert (refused.status, refused.code) == (404, "COMMISSION_UNKNOWN")
    number = phone_of(market, buyer)
    looks = [route.path_text for route in DECLARED if route.path_text.startswith("/v1/distributors/me")]
    for look in [look for look in looks if "{" not in look and look != "/v1/distributors/me/payee"]:
        query = "?at=2026-11-30T00:00:00Z" if look.endswith("balance-at") else ""
        answer = market.call("GET", f"{look}{query}", None, other)
        assert answer.status < 500
        assert number not in answer.text and f"{number[:3]}****{number[-4:]}" not in answer.text
