"""My account over HTTP: what is corrected, what keeps an account from closing, what a deletion leaves."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.closing import GRACE, IDENTITY_KEPT
from chalicelib.usecases.delete_people import Deleted
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.lively import items
from tests.handlers.market import DEVICE, PASSWORD, VIRTUAL, Market, Trader, everything
from tests.handlers.scenarios.distribution import founded, requested, with_available
from tests.handlers.test_secrecy import shown

PAYEE = {"name": "王老五", "bank": "工商银行", "account": "6222020200012345678"}
ID_NUMBER = "11010519491231002X"
ADDRESS = "127.0.0.1"


@pytest.fixture
def market(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    monkeypatch.setenv("PASSWORD_MEMORY_KIB", "8")
    forget_everything()
    market = Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    market.product()
    yield market
    forget_everything()


def spent(market: Market, card_id: str) -> None:
    """As after a stop at a pump: the card is empty."""
    market.world.client("dynamodb").update_item(
        TableName=market.world.table_name("cards"),
        Key={"pk": {"S": card_id}},
        UpdateExpression="SET available_fen = :none, balance_fen = :none",
        ExpressionAttributeValues={":none": {"N": "0"}},
    )


def bought(market: Market, who: Trader) -> str:
    """A card that was paid from another one, and is empty again."""
    card_id = market.card(who, VIRTUAL.price_fen)
    placed = market.call("POST", "/v1/orders", market.order_body(VIRTUAL.sku_id, card_id), who)
    assert placed.status == 201, placed.text
    for one in (card_id, *placed.body["order"]["card_ids"]):
        spent(market, one)
    return str(placed.body["order"]["order_id"])


# ---------------------------------------------------------------- what stands in the way


def with_a_full_card(market: Market) -> Trader:
    who = market.customer()
    market.card(who, 1)
    market.world.drain()  # the list of a holder's cards is the streams'
    return who


def with_an_order(market: Market) -> Trader:
    who = market.customer()
    order_id = bought(market, who)
    market.world.client("dynamodb").update_item(
        TableName=market.world.table_name("orders"),
        Key={"pk": {"S": who.person_id}, "sk": {"S": order_id}},
        UpdateExpression="SET #state = :open",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":open": {"S": "FULFILLING"}},
    )
    return who


def with_a_place(market: Market) -> Trader:
    return founded(market)[0]


def with_commission(market: Market) -> Trader:
    who = with_available(market)
    assert market.call("DELETE", "/v1/distributors/me", None, who).body["state"] == "TERMINATED"
    return who


def with_a_withdrawal(market: Market) -> Trader:
    who, _ = requested(market)
    assert market.call("DELETE", "/v1/distributors/me", None, who).status == 200
    return who


OBSTACLES = {
    "CLOSING_CARDS_HOLD_MONEY": (with_a_full_card, 1),
    "CLOSING_ORDERS_OPEN": (with_an_order, 1),
    "CLOSING_PLACE_HELD": (with_a_place, 1),
    "CLOSING_COMMISSION_UNPAID": (with_commission, 1),
    "CLOSING_WITHDRAWALS_OPEN": (with_a_withdrawal, 2),  # what it holds is not paid out either
}


@pytest.mark.parametrize("code, made", OBSTACLES.items(), ids=list(OBSTACLES))
def test_what_stands_in_the_way_is_told_in_both_languages(
    market: Market, code: str, made: tuple[Callable[[Market], Trader], int]
) -> None:
    who_has, count = made
    who = who_has(market)
    before = everything(market.world)
    titles = set()
    for language in ("zh-CN", "en"):
        answer = market.api.call(
            "GET", "/v1/me/closing", token=who.token, headers={"Accept-Language": language}
        )
        assert "closes_at" not in answer.body
        assert len(answer.body["obstacles"]) == count
        assert answer.body["obstacles"][0]["code"] == code
        titles.add(answer.body["obstacles"][0]["title"])
    assert len(titles) == 2
    refused = market.call("POST", "/v1/me/closing", {"password": PASSWORD}, who)
    assert (refused.status, refused.code) == (409, code)
    assert everything(market.world) == before


def test_staff_are_let_out_by_an_admin_and_close_nothing(market: Market) -> None:
    refused = market.call("POST", "/v1/me/closing", {"password": PASSWORD}, market.staff("ops"))
    assert (refused.status, refused.code) == (403, "ROLE_MISSING")


# ---------------------------------------------------------------- closing, and keeping


def test_a_closing_account_begins_nothing_and_may_be_kept(market: Market) -> None:
    phone = market.phone()
    market.call("POST", "/v1/people", market.newcomer(phone))
    who = market.signed_in(phone)
    closed = market.call("POST", "/v1/me/closing", {"password": PASSWORD, "reason": "moved abroad"}, who)
    assert closed.status == 200, closed.text
    bootstrap.authority.forget()
    assert market.call("GET", "/v1/me", None, who).code == "SESSION_ENDED"
    again = market.signed_in(phone)
    assert market.call("GET", "/v1/me", None, again).body["closes_at"] == closed.body["closes_at"]
    assert market.call("GET", "/v1/me/data", None, again).status == 200
    refused = market.call("POST", "/v1/orders", market.order_body(VIRTUAL.sku_id, market.card(again)), again)
    assert (refused.status, refused.code) == (409, "ACCOUNT_CLOSING")
    kept = market.call("DELETE", "/v1/me/closing", None, again)
    assert (kept.status, kept.body) == (200, {"obstacles": []})
    assert "closes_at" not in market.call("GET", "/v1/me", None, again).body
    paid = market.order_body(VIRTUAL.sku_id, market.card(again, VIRTUAL.price_fen))
    assert market.call("POST", "/v1/orders", paid, again).status == 201


def test_the_copy_shows_what_was_corrected(market: Market) -> None:
    phone, other = market.phone(), market.phone()
    market.call("POST", "/v1/people", market.newcomer(phone))
    who = market.signed_in(phone)
    body = {"phone": other, "code": market.code(other, "account"), "password": PASSWORD, "device": DEVICE}
    corrected = market.call("PUT", "/v1/me/phone", body | {"reason": "another carrier"}, who)
    assert corrected.status == 200, corrected.text
    (row,) = market.call("GET", "/v1/me/data", None, who).body["corrections"]
    assert (row["field"], row["before"], row["after"]) == ("phone", f"+86{phone}", f"+86{other}")
    (line,) = market.call("GET", "/v1/me/history", None, who).body["items"]
    assert (line["record_id"], line["reason"]) == (row["record_id"], "another carrier")
    assert re.fullmatch(r"[0-9a-f]{32}", line["before"]["phone"])


# ---------------------------------------------------------------- the deletion


def known(market: Market) -> tuple[Trader, set[str]]:
    """A distributor who bought, agreed, corrected, gave up the place; and every text that tells who it is."""
    phone, other = market.phone(), market.phone()
    market.call("POST", "/v1/people", market.newcomer(phone))
    who = market.signed_in(phone)
    named = {"name": "张三", "id_number": ID_NUMBER}
    assert market.call("POST", "/v1/me/real-name", named, who).status == 200
    consent = {"purpose": "PROFILE", "given": True, "version": "2026-11"}
    assert market.call("PUT", "/v1/me/consents", consent, who).status == 200
    who = market.signed_in(phone)
    founding = {"customer_id": who.person_id, "agreement": "2026-11"}
    assert market.call("POST", "/v1/office/distributors", founding, market.staff("ops")).status == 201
    assert market.call("PUT", "/v1/distributors/me/payee", PAYEE, who).status == 200
    bought(market, who)
    moved = {"phone": other, "code": market.code(other, "account"), "password": PASSWORD, "device": DEVICE}
    shown = {"second_factor": market.recovery_code(who)}  # whoever changes a payee has one on
    assert market.call("PUT", "/v1/me/phone", moved | shown, who).status == 200
    assert market.call("PUT", "/v1/me/name", {"name": "张四"}, who).status == 200
    offered = market.call("POST", "/v1/me/second-factor", {"second_factor": market.recovery_code(who)}, who)
    assert offered.status == 201, offered.text
    assert market.call("DELETE", "/v1/distributors/me", None, who).status == 200
    market.world.drain()
    texts = {phone, f"+86{phone}", other, f"+86{other}", "张三", "张四", ID_NUMBER, *PAYEE.values()}
    masked = {f"{one[:3]}****{one[-4:]}" for one in (phone, other)}
    return who, texts | masked | {PASSWORD, DEVICE, ADDRESS}


def rows_of(market: Market, who: Trader) -> Counter[str]:
    """Each item that names the person, by table and kind of keys."""
    key = who.person_id[4:]
    return Counter(
        f"{table} {kind(item['pk'])} {kind(item.get('sk', ''))}"
        for table, item in items(market.world)
        if key in json.dumps(item, default=str)
    )


def kind(text: str) -> str:
    found = re.match(r"[a-z][a-z-]*(?=[_#]|$)", text)
    return found.group() if found else "*"


def archived(market: Market) -> str:
    """Every object of the archive, opened."""
    objects = bootstrap.archive_objects()
    found = [objects.get(key) or b"" for key in objects.list("")]
    return "\n".join((gzip.decompress(one) if one.startswith(b"\x1f\x8b") else one).decode() for one in found)


def dumped(market: Market) -> str:
    tables = "\n".join(
        f"{table} {json.dumps(item, ensure_ascii=False, default=str)}" for table, item in items(market.world)
    )
    return f"{tables}\n{archived(market)}"


# What is taken away, and what tells of the id alone: the law wants it kept (docs/personal-data.md).
GONE = {
    "people cus profile",
    "people cus factor",
    "people cus consent",  # it moves, with its day
    "people cus corrected",
    "people phone login",
    "people identity owner",
}
LEFT = {
    "people cus history",  # states, and hashes of nothing
    "edges dst self",
    "edges roots dst",  # that there is a tree
    "orders cus ord",
    "cards crd *",
    "journal cus *",
    "journal cus ord",
    "journal cus deleted",
    "journal stf *",  # who of the office founded the place
    "views cus card",
    "views crd *",
    "work retained identity",  # sealed; forgotten after five years
    "work retained consent",  # after three
}


@pytest.mark.capability("S-100")
def test_a_deletion_keeps_only_what_the_law_retains(market: Market) -> None:
    who, texts = known(market)
    bought_by_others = market.customer()
    bought(market, bought_by_others)
    before = rows_of(market, who)
    proof = {"password": PASSWORD, "second_factor": market.recovery_code(who)}
    assert market.call("POST", "/v1/me/closing", proof, who).status == 200
    now = bootstrap.now() + GRACE
    assert bootstrap.delete_people()(now) == Deleted(deleted=1)
    market.world.drain()
    after = rows_of(market, who)
    assert (set(before) - set(after), set(after)) == (GONE, LEFT)
    dump = dumped(market)
    assert who.person_id in archived(market)
    assert shown(dump, texts - {DEVICE, ADDRESS}) == []
    assert shown(dump, {DEVICE, ADDRESS}) == []
    kept = bootstrap.documents().get("work", f"retained#{who.person_id}", "identity")
    assert kept is not None
    opened = json.loads(bootstrap.keys().open(kept["identity_sealed"], f"{who.person_id}|identity"))
    assert opened == {"name": "张四", "id_number": ID_NUMBER}
    assert abs(kept["expires_at"] - (now - GRACE + IDENTITY_KEPT).timestamp()) < 600
    assert market.call("GET", "/v1/me/data", None, bought_by_others).status == 200
