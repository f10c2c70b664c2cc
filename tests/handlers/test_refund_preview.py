"""What a refund would give: of all cards of an order, or of one of them, before anybody asks for it."""

from collections.abc import Iterator

import pytest

from app import app
from chalicelib.bootstrap.part import forget_everything
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def test_a_preview_of_one_card_is_what_its_refund_gives(market: Market) -> None:
    who = market.customer()
    wish = market.order_body(market.product(), market.card(who, 30_000))
    bought = market.call("POST", "/v1/orders", wish | {"quantity": 2, "expected_fen": 20_000}, who)
    order = bought.body["order"]
    address, (first, second) = f"/v1/orders/{order['order_id']}", order["card_ids"]

    whole = market.call("GET", f"{address}/refund-preview", None, who).body
    assert whole == {"refund_fen": 20_000, "withdrawn_by_card": {first: 10_000, second: 10_000}}
    alone = market.call("GET", f"{address}/refund-preview?card_id={second}", None, who).body
    assert alone == {"refund_fen": 10_000, "withdrawn_by_card": {second: 10_000}}

    refunded = market.call("POST", f"{address}/refunds", {"card_ids": [second]}, who)
    assert [refund["amount_fen"] for refund in refunded.body["refunds"]] == [10_000]


def test_a_preview_of_a_card_of_another_order_is_refused(market: Market) -> None:
    who = market.customer()
    order_id = market.ordered(who, by_card=True)
    other = market.card(who, 10_000)
    answer = market.call("GET", f"/v1/orders/{order_id}/refund-preview?card_id={other}", None, who)
    assert (answer.status, answer.code) == (422, "CHOOSE_CARDS")
