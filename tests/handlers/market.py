"""A market to try routes on: the real API on the engine, people signed in over HTTP, the sandbox outside."""

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pyotp
import pytest
import urllib3

from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain import catalog_items
from chalicelib.domain.card import Card, CardState
from chalicelib.domain.card_secret import sealed_text
from chalicelib.domain.catalog import CardKind, Form, Mode, Product
from chalicelib.domain.change import NewCard, Stale
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Record
from chalicelib.domain.second_factor import STEP
from chalicelib.usecases.ports import Actor, Command
from local.counterparties.process import CounterpartiesProcess
from local.people import Authenticator, Phones, guard
from local.people import secret_of as secret_of
from local.testing import World
from tests.contract.outside import Listener, wait_until
from tests.fakes.ulids import ulid_of_number
from tests.handlers.api_client import Api, Reply

SECRET = "Secret000001"
PASSWORD = "vier rote ampeln"
DEVICE = "the-phone-of-everybody"
# What is confirmed with a second factor, and where its challenge is asked for.
CHALLENGES = {
    ("POST", "/v1/withdrawals"): "/v1/me/challenges/withdrawal",
    ("PUT", "/v1/distributors/me/payee"): "/v1/me/challenges/payee",
}
VIRTUAL = Product(
    sku_id="sku_virtual",
    title="加油卡 100",
    use="CARD_SALE",
    issuer="ours",
    mode=Mode.ISSUER,
    kind=CardKind.BEARER,
    form=Form.VIRTUAL,
    face_fen=10_000,
    price_fen=10_000,
    cost_fen=9_700,
)


@contextmanager
def environment_with_outside(
    monkeypatch: pytest.MonkeyPatch, sandbox: CounterpartiesProcess, listener: Listener
) -> Iterator[None]:
    """An environment that knows the sandbox, and callbacks that arrive at the listener."""
    monkeypatch.setenv("COUNTERPARTIES_URL", sandbox.url)
    monkeypatch.setenv("PUBLIC_URL", listener.url.removesuffix("/callbacks"))
    forget_everything()
    yield
    forget_everything()


@dataclass(frozen=True)
class Trader:
    """Somebody signed in."""

    person_id: str
    token: str


@dataclass
class Market:
    """What a scenario works with. Every key and phone is used once."""

    world: World
    api: Api
    sandbox: CounterpartiesProcess
    listener: Listener
    numbers: Iterator[int] = field(default_factory=itertools.count)
    card_numbers: dict[str, str] = field(default_factory=dict)
    authenticators: dict[str, Authenticator] = field(default_factory=dict)
    recovery: dict[str, list[str]] = field(default_factory=dict)
    confirmations: dict[str, str] = field(default_factory=dict)

    def key(self) -> str:
        return ulid_of_number(bootstrap.now(), next(self.numbers))

    def call(self, method: str, path: str, body: object = None, who: Trader | None = None) -> Reply:
        """One request, with a new key where one belongs."""
        token = who.token if who else ""
        if method == "GET":
            return self.api.call(method, path, token=token)
        key = self.key()
        headers = self.confirmed(method, path, body, who, key)
        return self.api.call(method, path, body or {}, token=token, key=key, headers=headers)

    def confirmed(
        self, method: str, path: str, body: object, who: Trader | None, key: str
    ) -> dict[str, str] | None:
        """The header of what is confirmed, by who gets a second factor for it; once for each key."""
        if who is None or (method, path) not in CHALLENGES or not isinstance(body, dict):
            return None
        if key not in self.confirmations:
            wish = {**body, "operation_key": key}
            shown = self.api.call("POST", CHALLENGES[method, path], wish, token=who.token)
            if shown.code == "SECOND_FACTOR_MISSING":
                self.secured(who)
                shown = self.api.call("POST", CHALLENGES[method, path], wish, token=who.token)
            if shown.status != 201:
                return None
            answer = {"challenge": shown.body["challenge"], "second_factor": self.recovery_code(who)}
            confirmed = self.api.call("POST", "/v1/me/confirmations", answer, token=who.token)
            self.confirmations[key] = confirmed.body["confirmation"]
        return {"Confirmation": self.confirmations[key]}

    def secured(self, who: Trader) -> None:
        """A second factor for somebody who is signed in, and stays so."""
        if who.person_id in self.authenticators:
            return
        authenticator = Authenticator(pyotp.random_base32(), lambda: bootstrap.now())
        session_id = bootstrap.tokens().read_access(who.token, bootstrap.now()).session_id
        codes = guard(who.person_id, authenticator, bootstrap.now() - STEP, session_id)
        self.authenticators[who.person_id], self.recovery[who.person_id] = authenticator, codes

    def recovery_code(self, who: Trader) -> str:
        """One that was not shown yet: an authenticator's digits are good once in half a minute."""
        return self.recovery[who.person_id].pop()

    def shown(self, who: Trader) -> str:
        """What shows that it is this person: recovery codes first, for digits are waited for."""
        if self.recovery.get(who.person_id):
            return self.recovery_code(who)
        return self.authenticators[who.person_id].digits()

    def phone(self) -> str:
        return f"138{next(self.numbers):08d}"

    def customer(self, **more: str) -> Trader:
        """A customer, registered and signed in over HTTP."""
        phone = self.phone()
        registered = self.call("POST", "/v1/people", self.newcomer(phone, **more))
        assert registered.status == 201, registered.text
        return self.signed_in(phone)

    def newcomer(self, phone: str, **more: str) -> dict[str, str]:
        """The body that registers a number, with the code that was sent there."""
        return {"phone": phone, "code": self.code(phone), "password": PASSWORD, "device": DEVICE, **more}

    def code(self, phone: str, purpose: str = "sign_in") -> str:
        return code_sent(self.api, phone, purpose)

    def messages(self, phone: str) -> list[str]:
        """What the number was sent, the newest last."""
        return phones().messages(phone)

    def captcha(self, device: str = DEVICE) -> dict[str, str]:
        """A captcha of this device, and what a person reads in it."""
        drawn = self.api.call("POST", "/v1/captchas", {"device": device}).body["captcha_id"]
        return phones().captcha(drawn, device)

    def staff(self, *roles: str) -> Trader:
        """Somebody of the office."""
        return self.enrolled(*roles)

    def enrolled(self, *roles: str) -> Trader:
        """Somebody new of the office, enrolled by the operator, with an authenticator."""
        phone = self.phone()
        command = Command(Actor("", frozenset()), self.key(), bootstrap.now())
        person = bootstrap.register_person().staff(command, phone, PASSWORD, roles)
        return self.guarded(person.person_id, phone)

    def guarded(self, person_id: str, phone: str) -> Trader:
        """Somebody of the office who gets an authenticator, and signs in with it."""
        authenticator = Authenticator(pyotp.random_base32(), lambda: bootstrap.now())
        self.recovery[person_id] = guard(person_id, authenticator, bootstrap.now() - STEP)
        self.authenticators[person_id] = authenticator
        return self.signed_in(phone, second_factor=authenticator.digits())

    def signed_in(self, phone: str, **more: str) -> Trader:
        body = {"phone": phone, "password": PASSWORD, "device": DEVICE, **more}
        session = self.call("POST", "/v1/sessions", body)
        assert session.status == 201, session.text
        return Trader(session.body["person"]["person_id"], session.body["access_token"])

    def product(self, product: Product = VIRTUAL) -> str:
        """A product on sale."""
        with suppress(Stale):  # it is on sale already
            bootstrap.books().commit(None, catalog_items.product_changes(product, None))
        return product.sku_id

    def card(self, holder: Trader, amount_fen: int = 0, **fields: Any) -> str:
        """A card of the holder, holding so much: a named account of ours unless told otherwise."""
        number = f"{next(self.numbers):018d}"
        card_id = f"crd_{bootstrap.keys().blind_index(number)}"
        card = Card(
            card_id, "sku_named", "ours", "ISSUER", "NAMED", "VIRTUAL", CardState.ACTIVE, 500_000,
            number[-4:], sealed=bootstrap.keys().seal(sealed_text(number, SECRET), card_id),
            holder_id=holder.person_id,
        )  # fmt: skip
        lines = [debit("Q:OPENING", amount_fen), credit(f"L:PREPAID:{card_id}", amount_fen)]
        record = Record(
            "opening", card_id, "OPENING", bootstrap.now(), "test", lines=checked_lines("OPENING", lines)
        )
        bootstrap.books().commit(record, [NewCard(replace(card, **fields))])
        self.card_numbers[card_id] = number
        return card_id

    def order_body(self, sku_id: str, card_id: str = "") -> dict[str, Any]:
        """A purchase of one card, paid from a card or through the channel."""
        payment = (
            {"method": "CARD", "card_id": card_id} if card_id else {"method": "CHANNEL", "channel": "sandbox"}
        )
        return {"use": "CARD_SALE", "sku_id": sku_id, "expected_fen": VIRTUAL.price_fen, "payment": payment}

    def ordered(self, buyer: Trader, by_card: bool = False) -> str:
        """The id of an order: paid from a card at once, or waiting for the channel."""
        card_id = self.card(buyer, VIRTUAL.price_fen) if by_card else ""
        placed = self.call("POST", "/v1/orders", self.order_body(self.product(), card_id), buyer)
        assert placed.status == 201, placed.text
        return str(placed.body["order"]["order_id"])

    def paid_at_channel(self, order_id: str, pay_url: str) -> tuple[dict[str, str], bytes]:
        """The customer pays on the hosted page; the signed callback that the channel sends."""
        answer = urllib3.request("POST", pay_url, json={"action": "pay"})
        assert answer.status == 200, answer.data
        wait_until(lambda: bool(self.listener.about(order_id)))
        return self.listener.about(order_id)[0]


@dataclass(frozen=True)
class Attempt:
    """One call, ready to be made as often as wanted under one key.

    `actor` stands in its record when it is not who calls; `raw` is a body as it is sent.
    """

    path: str
    body: object = None
    who: Trader | None = None
    actor: str = ""
    raw: bytes | None = None
    headers: Mapping[str, str] | None = None
    method: str = "POST"

    def call(self, market: Market, key: str) -> Reply:
        token = self.who.token if self.who else ""
        if self.raw is not None:
            return market.api.call(
                self.method, self.path, raw=self.raw, token=token, key=key, headers=self.headers
            )
        headers = market.confirmed(self.method, self.path, self.body, self.who, key)
        return market.api.call(self.method, self.path, self.body or {}, token=token, key=key, headers=headers)

    def actor_of(self, answer: Reply) -> str:
        """Who must stand in the record: a registration records the one it makes."""
        return self.actor or (self.who.person_id if self.who else str(answer.body["person_id"]))


def phones() -> Phones:
    return Phones(os.environ["AWS_ENDPOINT_URL"], bootstrap.keys().blind_index)


def code_sent(api: Api, phone: str, purpose: str = "sign_in", device: str = DEVICE) -> str:
    """A code that is good on one device, asked for by somebody who read a captcha."""
    captcha_id = api.call("POST", "/v1/captchas", {"device": device}).body["captcha_id"]
    wish = {"phone": phone, "purpose": purpose, "device": device}
    sent = api.call("POST", "/v1/codes", wish | {"captcha": phones().captcha(captcha_id, device)})
    assert sent.status == 202, sent.text
    return phones().code(phone)


def everything(world: World) -> dict[str, list[str]]:
    """All items of every table that a command may change, in one order."""
    tables = ("accounts", "orders", "cards", "journal", "edges", "people", "catalog", "stock", "work")
    return {table: sorted(repr(sorted(item.items())) for item in world.items(table)) for table in tables}


@dataclass(frozen=True)
class Trace:
    """Who did what, as an item of the store tells for ever."""

    action: str
    actor: str
    client: str


def traces(world: World) -> set[Trace]:
    """Every audit record: in the journal, in an edge, and in an order's own steps."""
    bodies = [item["body"]["S"] for item in world.items("journal")]
    bodies += [item["record"]["S"] for item in world.items("edges") if "record" in item]
    records = [json.loads(body) for body in bodies]
    found = {Trace(body["action"], body["actor"], body.get("client", "")) for body in records}
    return found | {trace for item in world.items("orders") for trace in _steps(item)}


def _steps(order: dict[str, dict[str, str]]) -> Iterator[Trace]:
    for state, _, actor, _ in json.loads(order.get("steps", {"S": "[]"})["S"]):
        yield Trace(f"order {state}", actor, "")
