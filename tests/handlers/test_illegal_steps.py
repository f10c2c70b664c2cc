"""Illegal steps: is a step that an order's state forbids answered 409, with nothing changed?"""

from collections.abc import Callable, Iterator

import pytest

from app import app
from chalicelib.bootstrap.part import forget_everything
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import VIRTUAL, Market, Trader, everything


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def completed(market: Market, buyer: Trader) -> str:
    return market.ordered(buyer, by_card=True)


def refunded(market: Market, buyer: Trader) -> str:
    order_id = market.ordered(buyer, by_card=True)
    assert market.call("POST", f"/v1/orders/{order_id}/refunds", None, buyer).status == 201
    return order_id


@pytest.mark.capability("S-015")
@pytest.mark.parametrize("step", ["cancellation", "payment-from-card"])
@pytest.mark.parametrize("reach, state", [(completed, "COMPLETED"), (refunded, "REFUNDED")])
def test_a_step_that_the_state_forbids_is_a_conflict_and_changes_nothing(
    market: Market, reach: Callable[[Market, Trader], str], state: str, step: str
) -> None:
    buyer = market.customer()
    order_id = reach(market, buyer)
    body = {"card_id": market.card(buyer, VIRTUAL.price_fen)} if step == "payment-from-card" else None
    order = market.call("GET", f"/v1/orders/{order_id}", None, buyer).body
    before = everything(market.world)
    answer = market.call("POST", f"/v1/orders/{order_id}/{step}", body, buyer)
    assert (answer.status, answer.code) == (409, "ILLEGAL_STATE")
    assert everything(market.world) == before
    assert order["state"] == state
    assert market.call("GET", f"/v1/orders/{order_id}", None, buyer).body == order
