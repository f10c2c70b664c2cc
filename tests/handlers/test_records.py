"""No command without its record: every writing route is called, and must leave what it declares.

A new writing route needs its scenario here, or a reason in its declaration that
stands in `UNRECORDED` too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.handlers.api import DECLARED
from chalicelib.handlers.route import Route
from local.counterparties.process import CounterpartiesProcess
from local.testing import World
from tests.contract.outside import Listener
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import PASSWORD, Market, environment_with_outside, traces

# Writes that leave no record, each for the reason its declaration gives.
UNRECORDED = {"refresh_session", "pay_page"}


@dataclass(frozen=True)
class Attempt:
    """One call, ready to be made, and who must stand in its record ("" for the one it makes)."""

    actor: str
    call: Callable[[], Reply]


Scenario = Callable[[Market], Attempt]


def register(market: Market) -> Attempt:
    body = {"phone": market.phone(), "password": PASSWORD}
    return Attempt("", lambda: market.call("POST", "/v1/people", body))


def sign_in(market: Market) -> Attempt:
    phone = market.phone()
    registered = market.call("POST", "/v1/people", {"phone": phone, "password": PASSWORD})
    body = {"phone": phone, "password": PASSWORD}
    return Attempt(registered.body["person_id"], lambda: market.call("POST", "/v1/sessions", body))


def confirm_real_name(market: Market) -> Attempt:
    who = market.customer()
    body = {"name": "张三", "id_number": "11010519491231002X"}
    return Attempt(who.person_id, lambda: market.call("POST", "/v1/me/real-name", body, who))


def place_order(market: Market) -> Attempt:
    buyer = market.customer()
    body = market.order_body(market.product(), market.card(buyer, 10_000))
    return Attempt(buyer.person_id, lambda: market.call("POST", "/v1/orders", body, buyer))


def pay_order(market: Market) -> Attempt:
    buyer = market.customer()
    path = f"/v1/orders/{market.ordered(buyer)}/payment-from-card"
    body = {"card_id": market.card(buyer, 10_000)}
    return Attempt(buyer.person_id, lambda: market.call("POST", path, body, buyer))


def cancel_order(market: Market) -> Attempt:
    buyer = market.customer()
    order_id = market.ordered(buyer)
    return Attempt(
        buyer.person_id, lambda: market.call("POST", f"/v1/orders/{order_id}/cancellation", None, buyer)
    )


def ask_refund(market: Market) -> Attempt:
    buyer = market.customer()
    order_id = market.ordered(buyer, by_card=True)
    return Attempt(
        buyer.person_id, lambda: market.call("POST", f"/v1/orders/{order_id}/refunds", None, buyer)
    )


def office_refund(market: Market) -> Attempt:
    order_id = market.ordered(market.customer(), by_card=True)
    clerk = market.staff("support")
    body = {"cause": "ISSUER", "reason": "the pump was broken"}
    path = f"/v1/office/orders/{order_id}/refunds"
    return Attempt(clerk.person_id, lambda: market.call("POST", path, body, clerk))


def payment_callback(market: Market) -> Attempt:
    buyer = market.customer()
    placed = market.call("POST", "/v1/orders", market.order_body(market.product()), buyer).body
    headers, body = market.paid_at_channel(placed["order"]["order_id"], placed["pay_url"])
    path = "/v1/payments/sandbox/callbacks"
    return Attempt("channel:sandbox", lambda: market.api.call("POST", path, raw=body, headers=headers))


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        register,
        sign_in,
        confirm_real_name,
        place_order,
        pay_order,
        cancel_order,
        ask_refund,
        office_refund,
        payment_callback,
    )
}


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener().listening() as listening:
        yield listening


@pytest.fixture
def market(
    world: World, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Market]:
    key = bootstrap.secret_texts().text(world.environment["SECRET_SANDBOX_CHANNEL"])
    sandbox = CounterpartiesProcess.start(0, tmp_path, key, "0.1")
    with environment_with_outside(monkeypatch, sandbox, listener):
        yield Market(world, Api(app), sandbox, listener)
    sandbox.stop()


RECORDED = [route for route in DECLARED if route.writes and not route.unrecorded]


def test_every_writing_route_is_tried_here() -> None:
    assert {route.name for route in RECORDED} == set(SCENARIOS)


def test_no_write_hides_behind_a_reason_that_nobody_agreed_to() -> None:
    assert {route.name for route in DECLARED if route.unrecorded} == UNRECORDED


@pytest.mark.capability("S-021")
@pytest.mark.parametrize("route", RECORDED, ids=lambda route: route.name)
def test_a_command_leaves_a_record_of_who_did_what(route: Route, market: Market) -> None:
    attempt = SCENARIOS[route.name](market)
    before = traces(market.world)
    answer = attempt.call()
    assert answer.status == route.status, answer.text
    actor = attempt.actor or answer.body["person_id"]
    left = {trace for trace in traces(market.world) - before if trace.actor == actor}
    assert {trace.action.partition(" ")[0] for trace in left} & set(route.records), left
