"""Throttling: is traffic over quota turned away, with a time to come back, and is every payment still heard?

Over real HTTP, on the local server, by the limits that stand in the template.
"""

import copy
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from infra.build import transformed_template
from local.api import Api as TemplateApi
from local.api import Bucket
from local.counterparties.process import CounterpartiesProcess
from local.engine_environment import HOST
from local.server import server_of
from local.testing import World
from tests.contract.outside import wait_until
from tests.handlers.api_client import Api
from tests.handlers.market import Market
from tests.handlers.market import Trader as Buyer

PAID = 30
FLOOD_THREADS, FLOOD_EACH = 8, 40
TRIES_AGAIN = 15  # as often as a real channel brings a word that was not heard, within seconds

Answer = tuple[int, http.client.HTTPMessage, dict[str, Any]]


def template_of(**limits: float) -> dict[str, Any]:
    """The template of one machine with other numbers for its throttles."""
    template = copy.deepcopy(transformed_template("local"))
    for name, value in limits.items():
        template["Parameters"][name]["Default"] = value
    return template


@contextmanager
def serving(template: dict[str, Any], clock: Callable[[], float] = time.monotonic) -> Iterator[int]:
    """The port of a server of the product, behind the API of a template."""
    server = server_of(app, 0, TemplateApi(template, clock))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.close()
        thread.join(5)


def ask(port: int, method: str, path: str, body: object = None) -> Answer:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        content = json.dumps(body).encode() if body is not None else None
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())
    finally:
        connection.close()


# ---------------------------------------------------------------- the bucket


def test_a_throttle_lets_its_burst_in_at_once_and_then_its_rate() -> None:
    seconds = [0.0]
    bucket = Bucket(rate=2, burst=3, clock=lambda: seconds[0])
    assert [bucket.admits() for _ in range(4)] == [True, True, True, False]
    seconds[0] = 0.5
    assert [bucket.admits() for _ in range(2)] == [True, False]
    seconds[0] = 100
    assert [bucket.admits() for _ in range(4)] == [True, True, True, False]


def test_each_method_of_each_path_has_a_throttle_of_its_own() -> None:
    api = TemplateApi(template_of(RequestRate=0, RequestBurst=1, SignInRate=0, SignInBurst=2), lambda: 0)
    assert [api.admits("GET", "/v1/products") for _ in range(2)] == [True, False]
    assert [api.admits("GET", "/v1/orders") for _ in range(2)] == [True, False]
    assert [api.admits("POST", "/v1/sessions") for _ in range(3)] == [True, True, False]
    assert [api.admits("POST", "/v1/cards/{card_id}/secret") for _ in range(3)] == [True, True, False]


# ---------------------------------------------------------------- over HTTP


@pytest.mark.capability("S-032")
def test_who_asks_too_often_is_told_when_to_come_back_and_then_let_in(world: World) -> None:
    seconds = [0.0]
    body = {"phone": "13800000000", "password": "not the right one"}
    with serving(template_of(SignInRate=1, SignInBurst=2), lambda: seconds[0]) as port:
        assert [ask(port, "POST", "/v1/sessions", body)[0] for _ in range(2)] == [401, 401]
        for _ in range(2):
            status, headers, problem = ask(port, "POST", "/v1/sessions", body)
            assert (status, headers["Retry-After"]) == (429, "1")
            assert (problem["code"], problem["status"], problem["retryable"]) == ("THROTTLED", 429, True)
            assert headers["Content-Type"] == "application/problem+json"
            assert headers["X-Request-Id"] == problem["request_id"]
            assert headers["Access-Control-Allow-Origin"] == "*"
        assert ask(port, "GET", "/v1/health")[0] == 200  # another method has its own throttle
        seconds[0] += float(headers["Retry-After"])
        assert [ask(port, "POST", "/v1/sessions", body)[0] for _ in range(2)] == [401, 429]


def test_an_unknown_path_and_a_body_too_large_are_answered_as_api_gateway_answers_them(world: World) -> None:
    with serving(transformed_template("local")) as port:
        status, headers, problem = ask(port, "GET", "/v1/nothing")
        assert (status, problem["code"], headers["Content-Language"]) == (404, "ROUTE_UNKNOWN", "zh-CN")
        status, _, problem = ask(port, "POST", "/v1/orders", "x" * (6 * 1024 * 1024 + 1))
        assert (status, problem["code"]) == (413, "BODY_TOO_LARGE")


# ---------------------------------------------------------------- callbacks


@pytest.fixture(scope="module")
def sandbox(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CounterpartiesProcess]:
    key = bootstrap.secret_texts().text(engine.environment["SECRET_SANDBOX_CHANNEL"])
    place: Path = tmp_path_factory.mktemp("sandbox")
    process = CounterpartiesProcess.start(0, place, key, ",".join(["0.3"] * TRIES_AGAIN))
    yield process
    process.stop()


def orders_waiting(market: Market, buyer: Buyer, count: int) -> list[tuple[str, str]]:
    """Orders that wait for their payment, each with its pay page."""
    sku_id = market.product()
    placed = [market.call("POST", "/v1/orders", market.order_body(sku_id), buyer).body for _ in range(count)]
    return [(one["order"]["order_id"], one["pay_url"]) for one in placed]


def flooded(port: int) -> Counter[int]:
    """The statuses that a crowd gets which asks as fast as it can."""
    statuses: Counter[int] = Counter()

    def run() -> None:
        for _ in range(FLOOD_EACH):
            statuses[ask(port, "GET", "/v1/products")[0]] += 1

    threads = [threading.Thread(target=run) for _ in range(FLOOD_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.capability("S-035")
def test_a_spike_on_the_api_loses_no_payment_callback(
    world: World, sandbox: CounterpartiesProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"RequestRate": 10, "RequestBurst": 10, "CallbackRate": 10, "CallbackBurst": 10}
    with serving(template_of(**limits)) as port:
        monkeypatch.setenv("COUNTERPARTIES_URL", sandbox.url)
        monkeypatch.setenv("PUBLIC_URL", f"http://{HOST}:{port}")
        forget_everything()
        market = Market(world, Api(app), sandbox, None)  # type: ignore[arg-type]  # the server listens
        waiting = orders_waiting(market, market.customer(), PAID)
        statuses: list[Counter[int]] = []
        flood = threading.Thread(target=lambda: statuses.append(flooded(port)))
        flood.start()
        for _, pay_url in waiting:
            assert urllib3.request("POST", pay_url, json={"action": "pay"}).status == 200
        wait_until(lambda: paid(waiting) == PAID, seconds=60)
        flood.join()
    forget_everything()
    (told,) = statuses
    assert told[429] > told[200] > 0
    assert sum(told.values()) == FLOOD_THREADS * FLOOD_EACH
    postings = Counter(json.loads(item["body"]["S"])["action"] for item in world.items("journal"))
    assert postings["SALE_ISSUER"] == PAID  # each once, though some were turned away and came again


ACTION_OF_WRITE = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}

# Rights of the callbacks' function that a sale at once does not use, and what does.
USED_BY_OTHERS = {
    ("UpdateItem", "cards"): "a card from stock changes hands, a card is topped up",
    ("PutItem", "work"): "the money of a closed order is put down to go back",
}


@dataclass
class Heard:
    """The DynamoDB actions of the server's threads, each with its table, as rights name them."""

    used: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            return
        if "TransactItems" in params:
            pairs = [
                (ACTION_OF_WRITE.get(kind, kind), write["TableName"])
                for item in params["TransactItems"]
                for kind, write in item.items()
            ]
        else:
            pairs = [(model.name, params["TableName"])]
        self.used |= {(action, table.rpartition("-")[2]) for action, table in pairs}


def granted_to_callbacks() -> set[tuple[str, str]]:
    policies = transformed_template("local")["Resources"]["ReceiveCallbackRole"]["Properties"]["Policies"]
    (policy,) = [policy for policy in policies if policy["PolicyName"] == "hear-payments"]
    found = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            table = resource["Fn::GetAtt"][0].removesuffix("Table").lower()
            found |= {(action.removeprefix("dynamodb:"), table) for action in statement["Action"]}
    return found


def test_the_function_of_callbacks_has_the_rights_it_uses_and_no_others(
    world: World, sandbox: CounterpartiesProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(transformed_template("local")) as port:
        monkeypatch.setenv("COUNTERPARTIES_URL", sandbox.url)
        monkeypatch.setenv("PUBLIC_URL", f"http://{HOST}:{port}")
        forget_everything()
        market = Market(world, Api(app), sandbox, None)  # type: ignore[arg-type]  # the server listens
        waiting = orders_waiting(market, market.customer(), 1)
        heard = Heard()
        bootstrap.catalog().forget()
        events = bootstrap.dynamo().connection.client.meta.events
        events.register("provide-client-params.dynamodb", heard)
        ((_, pay_url),) = waiting
        assert urllib3.request("POST", pay_url, json={"action": "pay"}).status == 200
        wait_until(lambda: paid(waiting) == 1, seconds=60)
        events.unregister("provide-client-params.dynamodb", heard)
    forget_everything()
    assert heard.used | set(USED_BY_OTHERS) == granted_to_callbacks()


def paid(waiting: list[tuple[str, str]]) -> int:
    found = [bootstrap.orders().get(order_id) for order_id, _ in waiting]
    return sum(1 for order in found if order and order.paid_at)
