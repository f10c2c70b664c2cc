"""No command without its record: every writing route is called, and must leave what it declares.

A new writing route needs a scenario of its name in scenarios/<noun>.py, or a reason
in its declaration and a place in `UNRECORDED`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from local.counterparties.process import CounterpartiesProcess
from local.testing import Engine, World
from tests.contract.outside import Listener
from tests.handlers.api_client import Api
from tests.handlers.market import Attempt, Market, environment_with_outside, everything, traces
from tests.handlers.scenarios import (
    alerts,
    approvals,
    archive,
    batches,
    cards,
    distribution,
    findings,
    my_account,
    orders,
    payments,
    people,
    privacy,
    products,
    reconciliations,
    refunds,
    staff,
)

# Writes that leave no record, each for the reason its declaration gives.
UNRECORDED = {
    "refresh_session",
    "pay_page",
    "send_code",
    "ask_captcha",
    "captcha_sound",
    "ask_second_factor",
    "ask_passkey",
    "find_people",
    "find_distributors",
    "challenge_withdrawal",
    "challenge_payee",
    "answer_challenge",
    "set_preferences",
    "reset_preferences",
}

Scenario = Callable[[Market], Attempt]
NOUNS = (
    people,
    privacy,
    products,
    cards,
    batches,
    orders,
    payments,
    alerts,
    archive,
    approvals,
    distribution,
    reconciliations,
    refunds,
    findings,
    staff,
    my_account,
)
SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario for noun in NOUNS for scenario in noun.SCENARIOS
}


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener().listening() as listening:
        yield listening


@pytest.fixture(scope="module")
def sandbox(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CounterpartiesProcess]:
    key = bootstrap.secret_texts().text(engine.environment["SECRET_SANDBOX_CHANNEL"])
    process = CounterpartiesProcess.start(0, tmp_path_factory.mktemp("sandbox"), key, "0.1")
    yield process
    process.stop()


@pytest.fixture
def market(
    world: World, listener: Listener, sandbox: CounterpartiesProcess, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Market]:
    with environment_with_outside(monkeypatch, sandbox, listener):
        yield Market(world, Api(app), sandbox, listener)


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
    with market.world.metered() as reading:
        answer = attempt.call(market, market.key())
    assert answer.status == route.status, answer.text
    assert "dynamodb.Scan" not in reading().calls
    actor = attempt.actor_of(answer)
    left = {trace for trace in traces(market.world) - before if trace.actor == actor}
    assert {trace.action.partition(" ")[0] for trace in left} & set(route.records), left


# Whose second answer is another one, and why.
ANSWERED_ONCE = {
    "reveal_secret": "a secret is shown once, also to the same command",
    "register_batch": "the upload form is signed anew",
    "enrol": "a code is good once",
    "confirm_second_factor": "recovery codes are shown once",
    "end_second_factor": "there is none any more",
    "add_passkey": "a challenge is good once",
    "remove_passkey": "it is gone",
    "invite_staff": "a code is told once, also to the same command",
    "another_code": "a code is told once, also to the same command",
    "close_my_account": "every session is over with it, also the one that asked",
}


# A password or a code proves somebody each time anew, and the new one is not the old one.
WITHOUT_KEY = {"sign_in", "choose_password", "reset_password", "step_up"}


@pytest.mark.parametrize(
    "route", [route for route in RECORDED if route.name not in WITHOUT_KEY], ids=lambda route: route.name
)
def test_a_command_sent_again_is_the_same_command(route: Route, market: Market) -> None:
    attempt = SCENARIOS[route.name](market)
    key = market.key()
    first = attempt.call(market, key)
    before = everything(market.world)
    again = attempt.call(market, key)
    assert everything(market.world) == before
    if route.name not in ANSWERED_ONCE:
        assert (again.status, again.text) == (first.status, first.text)


def test_v14_a_callback_that_comes_three_times_is_thanked_each_time_and_posts_once(market: Market) -> None:
    attempt = SCENARIOS["payment_callback"](market)
    assert [attempt.call(market, "").status for _ in range(3)] == [200, 200, 200]
    actions = [json.loads(item["body"]["S"])["action"] for item in market.world.items("journal")]
    assert actions.count("SALE_ISSUER") == 1


OWNED = [route for route in RECORDED if route.path and "customer" in route.roles]


@pytest.mark.parametrize("route", OWNED, ids=lambda route: route.name)
def test_what_belongs_to_another_is_unknown_to_a_stranger(route: Route, market: Market) -> None:
    attempt = SCENARIOS[route.name](market)
    stranger = replace(attempt, who=market.customer())
    before = everything(market.world)
    answer = stranger.call(market, market.key())
    assert answer.status == 404, answer.text
    assert answer.code.endswith("UNKNOWN")
    assert everything(market.world) == before


ALTERED = {
    "place_order": {"region": "530102"},
    "register": {"password": "drei rote ampeln"},
    "confirm_real_name": {"name": "李四"},
    "office_refund": {"reason": "another reason"},
}


@pytest.mark.parametrize("name, change", ALTERED.items(), ids=ALTERED)
def test_a_key_sent_with_another_body_is_refused(
    name: str, change: dict[str, object], market: Market
) -> None:
    attempt = SCENARIOS[name](market)
    key = market.key()
    attempt.call(market, key)
    before = everything(market.world)
    assert isinstance(attempt.body, dict)
    answer = replace(attempt, body=attempt.body | change).call(market, key)
    assert (answer.status, answer.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert everything(market.world) == before


def test_the_same_key_of_another_person_is_another_operation(market: Market) -> None:
    key = market.key()
    sku_id = market.product()
    ids = set()
    for buyer in (market.customer(), market.customer()):
        body = market.order_body(sku_id, market.card(buyer, 10_000))
        answer = market.api.call("POST", "/v1/orders", body, token=buyer.token, key=key)
        assert answer.status == 201
        ids.add(answer.body["order"]["order_id"])
    assert len(ids) == 2
