"""A card's whole life over HTTP: issued, sold, activated, topped up, frozen, refunded, replaced."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.card_number import card_number
from chalicelib.domain.statement import broken_versions
from local.testing import World
from tests.e2e.invariants import Tables, broken
from tests.handlers.api_client import Api
from tests.handlers.market import Market, Trader

NAMED_CARD = {
    "sku_id": "sku_ours_200",
    "title": "加油卡 200",
    "use": "CARD_SALE",
    "issuer": "ours",
    "mode": "ISSUER",
    "kind": "NAMED",
    "form": "PHYSICAL",
    "face_fen": 20_000,
    "price_fen": 19_800,
    "cost_fen": 19_400,
}
TOPUP = NAMED_CARD | {"sku_id": "sku_ours_topup", "title": "充值", "use": "TOPUP", "form": "VIRTUAL"}
TOPUP = {name: told for name, told in TOPUP.items() if not name.endswith("_fen")}


def file_of(count: int) -> bytes:
    rows = [f"{card_number(f'{number:015}')},Secret{number:06}" for number in range(count)]
    return "\ufeff".encode() + "\r\n".join(["card_number,secret", *rows, ""]).encode()


class Office:
    """What the tests do over HTTP, each step asserted."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.market = Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nobody pays by channel
        self.clerk, self.second = self.market.staff("ops"), self.market.staff("admin")

    def post(self, path: str, body: object, who: Trader, status: int = 200, method: str = "POST") -> Any:
        answer = self.market.call(method, path, body, who)
        assert answer.status == status, answer.text
        return answer.body

    def get(self, path: str, who: Trader) -> Any:
        answer = self.market.call("GET", path, None, who)
        assert answer.status == 200, answer.text
        return answer.body

    def publish(self, *products: dict[str, Any]) -> None:
        for product in products:
            self.agreed(self.post("/v1/office/products", product, self.clerk, 201))
        bootstrap.catalog().forget()

    def agreed(self, request: Any) -> None:
        """A second person lets it happen."""
        path = f"/v1/office/approvals/{request['request_id']}/approval"
        assert self.post(path, {}, self.second)["state"] == "APPROVED"

    def imported(self, content: bytes, rows: int, face_sum_fen: int) -> Any:
        """The batch after its file was uploaded by the form, committed, and worked off by the real worker."""
        said = {
            "sku_id": NAMED_CARD["sku_id"],
            "rows": rows,
            "face_sum_fen": face_sum_fen,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        registered = self.post("/v1/office/batches", said, self.clerk, 201)
        form = registered["upload"]
        fields = {**form["fields"], "file": ("cards.csv", content, "text/csv")}
        assert urllib3.request("POST", form["url"], fields=fields).status < 300
        path = f"/v1/office/batches/{registered['batch']['batch_id']}"
        self.post(f"{path}/commit", None, self.clerk, 202)
        self.world.drain(["import_cards"])
        return self.get(path, self.clerk)

    def stock(self) -> dict[str, int]:
        items = self.get("/v1/office/stock", self.clerk)["items"]
        return {item["sku_id"]: item["count"] for item in items}

    def known_customer(self) -> Trader:
        """A customer whose name is confirmed, with the token that says so."""
        phone = self.market.phone()
        registered = self.market.call("POST", "/v1/people", self.market.newcomer(phone))
        assert registered.status == 201
        body = {"name": "张三", "id_number": "11010519491231002X"}
        self.post("/v1/me/real-name", body, self.signed_in(phone))
        return self.signed_in(phone)

    def signed_in(self, phone: str) -> Trader:
        return self.market.signed_in(phone)


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    forget_everything()
    yield Office(world)
    forget_everything()


@pytest.mark.capability("S-002")
def test_a_card_is_issued_sold_activated_topped_up_frozen_refunded_and_replaced(office: Office) -> None:
    office.publish(NAMED_CARD, TOPUP)

    # issue
    batch = office.imported(file_of(30), 30, 600_000)
    assert (batch["state"], batch["errors"]) == ("COMMITTED", [])
    assert office.stock() == {"sku_ours_200": 30}

    # sell
    holder = office.known_customer()
    purse = office.market.card(holder, 100_000)
    payment = {"method": "CARD", "card_id": purse}
    sale = {"use": "CARD_SALE", "sku_id": "sku_ours_200", "expected_fen": 19_800, "payment": payment}
    order = office.post("/v1/orders", sale, holder, 201)["order"]
    (card_id,) = order["card_ids"]
    path = f"/v1/cards/{card_id}"
    assert (order["state"], office.get(path, holder)["state"]) == ("COMPLETED", "SOLD")
    assert office.stock() == {"sku_ours_200": 29}

    # activate
    shown = office.post(f"{path}/secret", None, holder)
    assert shown["card_number"][-4:] == shown["card"]["last4"]
    card = office.post(f"{path}/activation", {"secret": shown["secret"]}, holder)
    assert (card["state"], card["available_fen"]) == ("ACTIVE", 20_000)

    # top up
    top_up = sale | {
        "use": "TOPUP",
        "sku_id": "sku_ours_topup",
        "amount_fen": 5_000,
        "expected_fen": 5_000,
        "card_id": card_id,
    }
    topped_up = office.post("/v1/orders", top_up, holder, 201)["order"]
    assert office.get(path, holder)["available_fen"] == 25_000

    # freeze
    assert office.post(f"{path}/freeze", None, holder)["state"] == "FROZEN"
    assert office.post(f"{path}/unfreeze", None, holder)["state"] == "ACTIVE"

    # refund
    office.post(f"/v1/orders/{topped_up['order_id']}/refunds", None, holder, 201)
    assert office.get(path, holder)["available_fen"] == 20_000

    # replace
    assert office.post(f"{path}/loss", None, holder)["state"] == "LOST"
    new = office.post(f"{path}/replacement", None, holder, 201)
    assert (new["state"], new["available_fen"]) == ("ACTIVE", 20_000)
    assert office.get(path, holder)["state"] == "REPLACED"

    office.world.drain(["project_cards"])
    held = {item["card_id"]: item["state"] for item in office.get("/v1/cards", holder)["items"]}
    assert held == {purse: "ACTIVE", card_id: "REPLACED", new["card_id"]: "ACTIVE"}
    assert office.get(f"/v1/cards/{purse}", holder)["available_fen"] == 80_200
    its_statement_tells_all(office, holder, card_id)

    the_card_itself_is_refunded(office, holder, order, new["card_id"])
    assert office.get(path, holder)["state"] == "REPLACED"
    assert office.get(f"/v1/cards/{purse}", holder)["available_fen"] == 100_000


def its_statement_tells_all(office: Office, holder: Trader, card_id: str) -> None:
    path = f"/v1/cards/{card_id}"
    lines = office.get(f"{path}/statement?limit=100", holder)["items"]
    assert [line["balances"]["available_fen"] for line in reversed(lines)][1:4] == [20_000, 20_000, 20_000]
    for moment, available_fen in (("2099", 0), ("2020", None)):
        told = office.get(f"{path}/balance-at?at={moment}-01-01T00:00:00Z", holder)["balances"]
        assert told.get("available_fen") == available_fen
    assert broken_versions(bootstrap.documents().query("views", card_id)) == ()


def the_card_itself_is_refunded(office: Office, holder: Trader, order: Any, card_id: str) -> None:
    """The sale goes back: its card, which by now is a successor, is closed and empty."""
    refunded = office.post(f"/v1/orders/{order['order_id']}/refunds", None, holder, 201)
    assert refunded["state"] == "REFUNDED"
    closed = office.get(f"/v1/cards/{card_id}", holder)
    assert (closed["state"], closed["available_fen"]) == ("CLOSED", 0)
    assert broken(Tables.read(office.world.items)) == []


def test_a_bad_file_is_refused_with_its_lines_for_the_office_to_read(office: Office) -> None:
    office.publish(NAMED_CARD)
    batch = office.imported(file_of(3) + b"100011112222000001,Secret000009\r\n", 4, 80_000)
    assert (batch["state"], batch["errors"]) == ("REFUSED", [{"line": 5, "flaw": "NUMBER_INVALID"}])
    assert office.stock() == {}
    assert office.world.items("cards") == []


def test_products_are_shown_without_their_cost_and_quoted(office: Office) -> None:
    office.publish(NAMED_CARD, TOPUP)
    customer = office.market.customer()
    first, second = office.get("/v1/products", customer)["items"]
    assert (first["sku_id"], second["sku_id"]) == ("sku_ours_200", "sku_ours_topup")
    assert "cost_fen" not in first
    quoted = office.get("/v1/products/sku_ours_200/quote?quantity=3", customer)
    assert quoted == {"face_fen": 60_000, "payable_fen": 59_400, "price_version": 1}
    refused = office.market.call("GET", "/v1/products/sku_ours_topup/quote", None, customer)
    assert (refused.status, refused.code) == (422, "PRODUCT_NOT_OFFERED")


def test_a_new_price_is_set_once_from_what_was_read_and_holds_for_new_orders(office: Office) -> None:
    office.publish(NAMED_CARD)
    terms = {"title": "加油卡 200", "price_fen": 19_700, "cost_fen": 19_400, "price_version": 1}
    path = "/v1/office/products/sku_ours_200"
    dearer, cheaper = (
        office.post(path, terms | {"price_fen": price_fen}, office.clerk, method="PUT")
        for price_fen in (19_700, 1)
    )
    office.agreed(dearer)
    word = f"/v1/office/approvals/{cheaper['request_id']}/approval"
    overtaken = office.market.call("POST", word, {}, office.second)
    assert (overtaken.status, overtaken.code) == (409, "PRICE_MOVED")
    late = office.market.call("PUT", path, terms | {"price_fen": 1}, office.clerk)
    assert (late.status, late.code) == (409, "PRICE_MOVED")
    bootstrap.catalog().forget()
    (shown,) = office.get("/v1/products", office.clerk)["items"]
    assert (shown["price_fen"], shown["price_version"]) == (19_700, 2)


@pytest.mark.parametrize(
    "change, field",
    [
        ({"face_fen": 500_001}, "face_fen"),
        ({"kind": "BEARER", "face_fen": 100_001}, "face_fen"),
        ({"price_fen": None}, "price_fen"),
    ],
)
def test_a_product_against_the_law_or_without_sense_is_refused(
    office: Office, change: dict[str, Any], field: str
) -> None:
    body = {name: told for name, told in (NAMED_CARD | change).items() if told is not None}
    refused = office.market.call("POST", "/v1/office/products", body, office.clerk)
    assert (refused.status, refused.code, refused.body["facts"]["field"]) == (422, "PRODUCT_INVALID", field)


def test_cards_and_their_statements_come_in_pages(office: Office) -> None:
    holder = office.market.customer()
    ids = sorted(office.market.card(holder, 100) for _ in range(5))
    office.world.drain(["project_cards"])
    seen, cursor = [], ""
    for _ in range(3):
        page = office.get(f"/v1/cards?limit=2{cursor}", holder)
        seen += [item["card_id"] for item in page["items"]]
        cursor = f"&cursor={page['next']}" if "next" in page else ""
    assert seen == ids
