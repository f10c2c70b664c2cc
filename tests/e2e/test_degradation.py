"""Degradation: each thing that the product can live without is taken away, and it lives on, poorer.

The table of docs/degradation.md has a row for each, with its alarm and the test that shows it.
"""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything, replaced
from chalicelib.domain.catalog_items import CACHE_SECONDS
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.person import CAPTCHA_AFTER_TRIES
from chalicelib.gateways.counterparty import READ_SECONDS
from chalicelib.gateways.objects import S3Objects
from chalicelib.gateways.secrets import Secrets
from infra.alarms import rows
from infra.build import transformed_template
from local import pumps
from local.checkpoints import Checkpoints
from local.children import Child
from local.telemetry import Telemetry
from local.testing import World
from local.verify_archive import Summary, places_of, verify
from local.watch import Watch
from local.worker import Worker
from tests.contract.outside import wait_until
from tests.e2e.by_hand import Operator
from tests.e2e.shop import VIRTUAL, Shop, balance_fen
from tests.e2e.tree import Tree, a_plan
from tests.fakes.payment import FakePaymentChannel
from tests.handlers.api_client import Api
from tests.handlers.market import Market, Trader, everything

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "degradation.md"
PRICE_FEN = 10_000
PATIENCE_SECONDS = 30


class Unreachable:
    """A client of a service that nobody reaches; it counts who tries."""

    def __init__(self) -> None:
        self.asked = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            self.asked += 1
            raise EndpointConnectionError(endpoint_url="https://service.invalid")

        return call


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # what goes outside says so
    forget_everything()


def metric_of(alarm: str) -> str:
    """What an alarm listens to."""
    return next(row.metric for row in rows() if row.name == alarm)


def bought_by_card(market: Market, buyer: Trader, sku_id: str) -> None:
    """A card, paid from another one at once."""
    body = market.order_body(sku_id, market.card(buyer, PRICE_FEN))
    placed = market.call("POST", "/v1/orders", body, buyer)
    assert (placed.status, placed.body["order"]["state"]) == (201, "COMPLETED"), placed.text


# ---------------------------------------------------------------- the archive


@pytest.fixture
def operator(world: World) -> Iterator[Operator]:
    operator = Operator(world)
    with replaced(operator.parts):
        yield operator


def sold_without_archive(world: World, operator: Operator, destination: Any = None) -> None:
    """A sale whose record no archive takes. What the reader gives up goes to the destination."""
    shop = Shop(now=bootstrap.now())
    bucket = S3Objects(Unreachable(), world.environment["BUCKET_ARCHIVE"])
    pump = next(pump for pump in world.pumps.streams if pump.mapping.function.name == "archive_journal")
    pump.destination = destination or pump.destination
    told: list[str] = []
    pump.tell = lambda one: told.append(one.metric)
    with replaced(operator.parts | {bootstrap.archive_objects: lambda: bucket}):
        order = shop.buy(VIRTUAL, pay_card_id=shop.card_with(30_000)).order
        world.drain(failures_allowed=True)
    assert balance_fen(order.card_ids[0]) == PRICE_FEN
    assert {metric_of("dead-letters"), metric_of("function-errors")} <= set(told)
    assert operator.looks("rebuild_balances")["records"] == 0


def archive_is_whole(world: World, operator: Operator) -> None:
    world.drain()
    rebuilt = operator.looks("rebuild_balances")
    assert (rebuilt["differences"], rebuilt["findings"], rebuilt["is_complete"]) == ([], [], True)
    assert rebuilt["records"] == len(world.items("journal")) > 2


@pytest.mark.capability("S-033")
def test_while_the_archive_is_away_money_moves_and_a_redrive_archives_it_later(
    world: World, operator: Operator
) -> None:
    sold_without_archive(world, operator)
    done = operator.does("redrive")
    assert (done["failed"], set(done["done"])) == ({}, {"archive_journal"})
    archive_is_whole(world, operator)


class Nowhere:
    """A bucket of dead letters that takes nothing either: Lambda lets go of what it could not lay there."""

    def __init__(self) -> None:
        self.lost = 0

    def keep(self, *values: Any) -> None:
        self.lost += 1


@pytest.mark.capability("S-033")
def test_while_no_bucket_at_all_takes_anything_the_verifier_names_what_a_replay_archives_later(
    world: World, operator: Operator
) -> None:
    nowhere = Nowhere()
    sold_without_archive(world, operator, nowhere)
    assert (nowhere.lost, operator.letters()) == (2, [])
    later = bootstrap.now() + timedelta(minutes=2)
    added = [finding.subject for finding in verify(places_of(world.environment), later, Summary(), 60)]
    done = operator.does("replay", function="archive_journal", ids=[item.split(" ")[-1] for item in added])
    assert (len(added), done["handed"], done["failed"], done["cursor"]) == (2, 2, {}, "")
    archive_is_whole(world, operator)


# ---------------------------------------------------------------- what tells of us


class WithoutWatchers:
    """The resources, but CloudWatch and the topics of the alarms take nothing."""

    def __init__(self, known: Any) -> None:
        self.known, self.away = known, Unreachable()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.known, name)

    def client(self, service: str) -> Any:
        return self.away if service in ("cloudwatch", "sns") else self.known.client(service)


@pytest.mark.capability("S-033")
def test_while_no_metric_and_no_alarm_is_taken_the_consumers_work_on(world: World, tmp_path: Path) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    seller = tree.root()
    worker = Worker(world.engine.process.port)
    resources = WithoutWatchers(world.engine.resources)
    watch = Watch.of(world.engine.template, resources, Telemetry(), tmp_path)  # type: ignore[arg-type]
    built = pumps.build(
        world.engine.template, world.engine.resources, Checkpoints(), worker.sleep, watch.telemetry.tell
    )
    running = threading.Thread(target=worker.run, args=(built, watch))
    running.start()
    try:
        wait_until(lambda: resources.away.asked > 0, PATIENCE_SECONDS)
        tree.order(seller)
        wait_until(lambda: tree.balances(seller) == (0, 800, 0, 0), PATIENCE_SECONDS)
    finally:
        worker.stop.set()
        running.join()


def test_no_function_calls_whoever_watches_it() -> None:
    """A metric is a line of the log, which Lambda takes behind the answer; CloudWatch tells the topics."""
    template = transformed_template("prod")["Resources"].values()
    roles = [one["Properties"] for one in template if one["Type"] == "AWS::IAM::Role"]
    assert "cloudwatch:" not in str(roles)
    told = [one for role in roles for one in _statements(role) if "sns:" in str(one["Action"])]
    assert [one.get("Resource") for one in told] == [None], "to phones, and to no topic"


def _statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    policies = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
    return [one for policy in policies for one in policy["Statement"]]


# ---------------------------------------------------------------- secrets and the catalogue


@pytest.mark.capability("S-033")
def test_without_secrets_manager_a_warm_process_trades_on_and_a_new_one_asks_for_patience(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    buyer = market.customer()
    sku_id = market.product()
    bought_by_card(market, buyer, sku_id)
    secrets = bootstrap.secret_texts()
    secrets.client = away = Unreachable()
    for hours in (1, 24, 24 * 7):
        secrets.clock = lambda hours=hours: time.time() + hours * 3600
        bought_by_card(market, market.customer(), sku_id)
        bought_by_card(market, buyer, sku_id)
    assert away.asked == 3, "one question each time that five minutes are over"
    with replaced({bootstrap.secret_texts: lambda: Secrets(Unreachable())}):
        answer = market.call("GET", "/v1/cards", who=buyer)
    assert (answer.status, answer.code) == (503, "TRY_AGAIN")
    assert metric_of("try-again") in capsys.readouterr().out


class SilentTable:
    """A table that was asked at every try, in vain."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            raise Unavailable

        return call


@pytest.mark.capability("S-033")
def test_without_the_catalogue_nothing_is_sold_at_an_old_price_and_all_else_goes_on(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    buyer, phone = market.customer(), market.phone()
    market.call("POST", "/v1/people", market.newcomer(phone))
    sku_id = market.product()
    card_id = market.card(buyer, 3 * PRICE_FEN)
    wish = market.order_body(sku_id, card_id)
    assert market.call("POST", "/v1/orders", wish, buyer).status == 201
    catalog = bootstrap.catalog()
    table, catalog.dynamo = catalog.dynamo, SilentTable()  # type: ignore[assignment]
    assert market.call("POST", "/v1/orders", wish, buyer).status == 201  # memory is new enough
    catalog.clock_ms = lambda: bootstrap.elapsed_ms() + CACHE_SECONDS * 1000
    before = everything(market.world)
    refused = market.call("POST", "/v1/orders", wish, buyer)
    assert (refused.status, refused.code) == (503, "TRY_AGAIN")
    assert metric_of("try-again") in capsys.readouterr().out
    assert everything(market.world) == before
    assert market.signed_in(phone)
    assert market.call("GET", f"/v1/cards/{card_id}", who=buyer).body["available_fen"] == PRICE_FEN
    catalog.dynamo = table
    assert market.call("POST", "/v1/orders", wish, buyer).status == 201


# ---------------------------------------------------------------- the payment channel


@contextmanager
def somebody_at(listens: bool) -> Iterator[str]:
    """An address at which nobody is, or somebody who takes every call and never says a word."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if listens:
            taken.listen(16)
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.capability("S-033")
@pytest.mark.parametrize("is_slow", [False, True], ids=["nobody there", "never a word"])
def test_without_the_payment_channel_an_order_waits_and_others_trade_on(
    market: Market, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_slow: bool
) -> None:
    buyer, other, sku_id, key = market.customer(), market.customer(), market.product(), market.key()
    wish = {"body": market.order_body(sku_id), "token": buyer.token, "key": key}
    with somebody_at(listens=is_slow) as url:
        monkeypatch.setenv("COUNTERPARTIES_URL", url)
        forget_everything()
        began = time.monotonic()
        answer = market.api.call("POST", "/v1/orders", **wish)
        assert time.monotonic() - began < 3 * READ_SECONDS
        assert (answer.status, answer.code) == (503, "TRY_AGAIN")
        assert metric_of("try-again") in capsys.readouterr().out
        bought_by_card(market, other, sku_id)
        (order,) = market.call("GET", "/v1/orders", who=buyer).body["items"]
        overdue = bootstrap.now() + timedelta(minutes=16)
        assert bootstrap.close_order().when_overdue(order["order_id"], overdue, "sandbox") is False
    (order,) = market.call("GET", "/v1/orders", who=buyer).body["items"]
    assert order["state"] == "PENDING_PAY"
    channel = FakePaymentChannel(bootstrap.now)
    with replaced({bootstrap.channel: lambda name: channel}):
        again = market.api.call("POST", "/v1/orders", **wish)
    assert (again.status, again.body["order"]["order_id"]) == (201, order["order_id"])
    assert again.body["pay_url"]


# ---------------------------------------------------------------- processes


@contextmanager
def server(world: World) -> Iterator[Child]:
    """A process of the API, as `make run` starts it; `said` is its port."""
    child = Child.start("local.server", ["--port", "0"], world.environment)
    try:
        yield child
    finally:
        child.stop()


def asked(child: Child, method: str, path: str, who: str = "", key: str = "", **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {who}"} if who else {}
    headers |= {"Idempotency-Key": key} if key else {}
    url = f"http://127.0.0.1:{child.said}{path}"
    return httpx.request(method, url, headers=headers, json=body or None, timeout=30)


@pytest.mark.capability("S-023", "S-033")
def test_processes_of_the_api_answer_by_turns_as_one_and_one_alone_goes_on(market: Market) -> None:
    world, sku_id = market.world, market.product()
    with server(world) as first, server(world) as second:
        newcomer = market.newcomer(market.phone())
        assert asked(first, "POST", "/v1/people", key=market.key(), **newcomer).status_code == 201
        me = {name: newcomer[name] for name in ("phone", "password", "device")}
        session = asked(second, "POST", "/v1/sessions", **me).json()
        token, buyer = session["access_token"], Trader(session["person"]["person_id"], "")
        card_id = market.card(buyer, 5 * PRICE_FEN)
        wish, keys = market.order_body(sku_id, card_id), [market.key() for _ in range(4)]
        placed = []
        for key, (one, other) in zip(keys, [(first, second), (second, first)] * 2, strict=True):
            answers = [asked(each, "POST", "/v1/orders", token, key, **wish) for each in (one, other, one)]
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1
            placed.append(answers[0].json()["order"]["order_id"])
        for path in ("/v1/orders", "/v1/cards", f"/v1/orders/{placed[0]}"):
            seen = [asked(each, "GET", path, token) for each in (first, second)]
            assert seen[0].text == seen[1].text and seen[0].status_code == 200
        page = asked(first, "GET", "/v1/orders?limit=2", token).json()
        rest = asked(second, "GET", f"/v1/orders?limit=2&cursor={page['next']}", token).json()
        assert sorted(one["order_id"] for one in page["items"] + rest["items"]) == sorted(placed)
        assert balance_fen(card_id) == PRICE_FEN
        wrong = {**me, "phone": market.phone(), "password": "a wrong password"}
        turns = [first, second] * 3
        guessed = [asked(each, "POST", "/v1/sessions", **wrong).json()["code"] for each in turns]
        counted = ["SIGN_IN_REFUSED"] * CAPTCHA_AFTER_TRIES + ["CAPTCHA_REQUIRED"] * CAPTCHA_AFTER_TRIES
        assert guessed == counted, "tries are counted by all together"

        first.kill()
        again = asked(second, "POST", "/v1/orders", token, keys[0], **wish)
        assert (again.status_code, again.json()["order"]["order_id"]) == (201, placed[0])
        assert asked(second, "POST", "/v1/orders", token, market.key(), **wish).status_code == 201
    assert balance_fen(card_id) == 0


# ---------------------------------------------------------------- the page


def table() -> list[list[str]]:
    """The rows of the operator's page, cell by cell."""
    first = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    lines = [line for line in first.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def test_every_row_of_the_page_names_alarms_that_exist_and_a_test_that_runs() -> None:
    alarms = {row.name for row in rows()}
    assert len(table()) == 11
    for what, _, _, alarm, shown_by in table():
        named, tests = re.findall(r"`([\w-]+)`", alarm), re.findall(r"`([\w./]+)::(\w+)`", shown_by)
        assert named and set(named) <= alarms, what
        assert tests, what
        for path, name in tests:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), what


def test_every_test_of_a_lost_dependency_stands_on_the_page() -> None:
    marked = re.findall(r'"S-033"\)\n(?:@.*\n)*def (\w+)', Path(__file__).read_text(encoding="utf-8"))
    named = " ".join(row[-1] for row in table())
    assert len(marked) == 7
    assert [name for name in marked if name not in named] == []
