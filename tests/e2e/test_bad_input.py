"""Bad input at the real API over a real store: each is answered by a 4xx with its code, and changes nothing.

The frame refuses most of it before a use case hears of it (tests/handlers); here
the whole is tried from outside, with money, orders and cards in reach.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain import catalog_items
from chalicelib.domain.card import CardState
from chalicelib.domain.catalog import Product
from chalicelib.domain.person import Claims, ports_of
from chalicelib.domain.session import Ticket
from chalicelib.gateways.sandbox_channel import CHANNEL, CURRENCY, MERCHANT
from local.counterparties.signing import SigningKeys
from local.testing import Engine, World
from tests.e2e.shop import TOPUP
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import Market, Trader, everything

JSON = {"Content-Type": "application/json"}
HOUR = timedelta(hours=1)


class Scene:
    """A buyer with 300 yuan on a card and two orders, and a stranger who has the same."""

    def __init__(self, engine: Engine) -> None:
        self.world = World(engine)
        self.market = Market(self.world, Api(app), None, None)  # type: ignore[arg-type]  # nobody is called
        self.buyer, self.stranger = self.market.customer(), self.market.customer()
        name = {"name": "张三", "id_number": "11010519491231002X"}
        assert self.market.call("POST", "/v1/me/real-name", name, self.buyer).status == 200
        bootstrap.authority.forget()  # as if ten seconds had passed
        self.financier = self.market.staff("finance")
        self.card_id = self.market.card(self.buyer, 30_000)
        self.strangers_card_id = self.market.card(self.stranger, 30_000)
        self.frozen_card_id = self.market.card(self.buyer, 30_000, state=CardState.FROZEN)
        self.sku_id = self.market.product()
        self.order_id = self._bought(self.buyer, self.card_id)
        self.strangers_order_id = self._bought(self.stranger, self.strangers_card_id)
        self._on_sale(TOPUP)

    def _on_sale(self, product: Product) -> None:
        bootstrap.books().commit(None, catalog_items.product_changes(product, None))
        bootstrap.catalog().forget()

    def _bought(self, who: Trader, card_id: str) -> str:
        placed = self.market.call("POST", "/v1/orders", self.body(card_id), who)
        assert placed.status == 201, placed.text
        return str(placed.body["order"]["order_id"])

    def body(self, card_id: str = "", **changes: Any) -> dict[str, Any]:
        """A purchase that would be done, but for the changes."""
        return self.market.order_body(self.sku_id, card_id or self.card_id) | changes

    def post(self, path: str, body: object, who: Trader | None = None, token: str = "") -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        token = token or (who or self.buyer).token
        return self.market.api.call("POST", path, raw=raw, token=token, key=self.market.key(), headers=JSON)


@pytest.fixture(scope="module")
def scene(engine: Engine) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERPARTIES_URL", "http://127.0.0.1:9")  # callbacks are verified; nobody is called
        forget_everything()
        yield Scene(engine)
    forget_everything()


def refused_without_trace(scene: Scene, ask: Callable[[], Reply], status: int, code: str) -> None:
    before = everything(scene.world)
    answer = ask()
    assert (answer.status, answer.code) == (status, code), answer.text
    assert everything(scene.world) == before


MANY = 10**400

PURCHASES: dict[str, tuple[Callable[[Scene], object], int, str]] = {
    "malformed JSON": (lambda s: b'{"use": "CARD_SALE",', 400, "MALFORMED_JSON"),
    "no object": (lambda s: [s.body()], 400, "REQUEST_INVALID"),
    "text that is not UTF-8": (lambda s: b'{"use": "\xff"}', 400, "MALFORMED_JSON"),
    "a wrong type": (lambda s: s.body(quantity="1"), 400, "REQUEST_INVALID"),
    "a list for a text": (lambda s: s.body(sku_id=[s.sku_id]), 400, "REQUEST_INVALID"),
    "an unknown field": (lambda s: s.body(payable_fen=1), 400, "REQUEST_INVALID"),
    "an unknown field inside": (
        lambda s: s.body(payment={"method": "CARD", "card_id": s.card_id, "free": True}),
        400,
        "REQUEST_INVALID",
    ),
    "an unknown way to pay": (lambda s: s.body(payment={"method": "GIFT"}), 400, "REQUEST_INVALID"),
    "no price": (lambda s: s.body(expected_fen=None), 400, "REQUEST_INVALID"),
    "negative money": (lambda s: s.body(expected_fen=-10_000), 400, "REQUEST_INVALID"),
    "zero money": (lambda s: s.body(expected_fen=0), 400, "REQUEST_INVALID"),
    "fractional money": (lambda s: s.body(expected_fen=9_999.5), 400, "REQUEST_INVALID"),
    "money in quotes": (lambda s: s.body(expected_fen="10000"), 400, "REQUEST_INVALID"),
    "huge money": (lambda s: s.body(expected_fen=10**15), 400, "REQUEST_INVALID"),
    "money of 400 digits": (lambda s: s.body(expected_fen=MANY), 400, "REQUEST_INVALID"),
    "another price": (lambda s: s.body(expected_fen=1), 422, "PRICE_CHANGED"),
    "negative quantity": (lambda s: s.body(quantity=-1), 400, "REQUEST_INVALID"),
    "quantity beyond the most": (lambda s: s.body(quantity=21), 400, "REQUEST_INVALID"),
    "an amount for a fixed price": (lambda s: s.body(amount_fen=1), 422, "PRODUCT_NOT_OFFERED"),
    "a product that is not there": (lambda s: s.body(sku_id="sku_none"), 404, "PRODUCT_UNKNOWN"),
    "an id of no shape": (lambda s: s.body(card_id="'; DROP TABLE"), 400, "REQUEST_INVALID"),
    "another's card": (lambda s: s.body(s.strangers_card_id), 404, "CARD_UNKNOWN"),
    "a frozen card": (lambda s: s.body(s.frozen_card_id), 409, "CARD_NOT_SPENDABLE"),
    "more than is there": (
        lambda s: s.body(quantity=3, expected_fen=30_000),
        422,
        "INSUFFICIENT_BALANCE",
    ),
    "a body beyond the most": (
        lambda s: json.dumps(s.body()).encode() + b" " * 300_000,
        413,
        "BODY_TOO_LARGE",
    ),
}


@pytest.mark.parametrize("make, status, code", PURCHASES.values(), ids=PURCHASES)
def test_a_bad_purchase_is_refused_by_name_and_nothing_is_bought(
    scene: Scene, make: Callable[[Scene], object], status: int, code: str
) -> None:
    refused_without_trace(scene, lambda: scene.post("/v1/orders", make(scene)), status, code)


TOP_UPS = [
    (-1, 400, "REQUEST_INVALID"),
    (0, 400, "REQUEST_INVALID"),
    (10**15, 400, "REQUEST_INVALID"),
    (0.5, 400, "REQUEST_INVALID"),
    (490_000, 422, "CARD_BALANCE_CAP"),
]


@pytest.mark.parametrize("amount_fen, status, code", TOP_UPS)
def test_a_top_up_of_an_impossible_amount_is_refused(
    scene: Scene, amount_fen: object, status: int, code: str
) -> None:
    body = {
        "use": "TOPUP",
        "sku_id": TOPUP.sku_id,
        "amount_fen": amount_fen,
        "expected_fen": amount_fen,
        "card_id": scene.card_id,
        "payment": {"method": "CHANNEL", "channel": "sandbox"},
    }
    refused_without_trace(scene, lambda: scene.post("/v1/orders", body), status, code)


FOREIGN: dict[str, Callable[[Scene], tuple[str, object]]] = {
    "cancelling another's order": lambda s: (f"/v1/orders/{s.strangers_order_id}/cancellation", {}),
    "refunding another's order": lambda s: (f"/v1/orders/{s.strangers_order_id}/refunds", {}),
    "paying another's order": lambda s: (
        f"/v1/orders/{s.strangers_order_id}/payment-from-card",
        {"card_id": s.card_id},
    ),
    "freezing another's card": lambda s: (f"/v1/cards/{s.strangers_card_id}/freeze", {}),
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_what_is_anothers_is_unknown(scene: Scene, make: Callable[[Scene], tuple[str, object]]) -> None:
    path, body = make(scene)
    before = everything(scene.world)
    answer = scene.post(path, body)
    assert answer.status == 404
    assert answer.code.endswith("UNKNOWN")
    assert everything(scene.world) == before


@pytest.mark.parametrize(
    "amount_fen, status, code", [(-1, 400, "REQUEST_INVALID"), (10_001, 422, "REFUND_EXCEEDS")]
)
def test_no_refund_gives_more_than_was_paid(scene: Scene, amount_fen: int, status: int, code: str) -> None:
    path = f"/v1/orders/{scene.order_id}/refunds"
    refused_without_trace(scene, lambda: scene.post(path, {"amount_fen": amount_fen}), status, code)


def test_a_key_with_an_altered_body_is_refused_and_with_the_same_body_answered(scene: Scene) -> None:
    api, key = scene.market.api, scene.market.key()
    body = scene.body()
    first = api.call("POST", "/v1/orders", body, token=scene.buyer.token, key=key)
    assert first.status == 201
    again = lambda changed: api.call("POST", "/v1/orders", changed, token=scene.buyer.token, key=key)  # noqa: E731
    before = everything(scene.world)
    assert again(body).text == first.text
    assert everything(scene.world) == before
    refused_without_trace(scene, lambda: again(scene.body(region="53")), 422, "IDEMPOTENCY_KEY_REUSED")


# ---------------------------------------------------------------- tokens


def token_of(scene: Scene, expires_in: timedelta) -> str:
    now = bootstrap.now()
    session_id = bootstrap.tokens().read_access(scene.buyer.token, now).session_id
    person_id = scene.buyer.person_id
    claims = Claims(person_id, frozenset({"customer"}), session_id=session_id, ports=ports_of(person_id))
    return bootstrap.tokens().access(claims, now - timedelta(hours=1), now + expires_in)


def with_another_payload(token: str) -> str:
    head, payload, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(payload + "=="))
    told["roles"] = ["admin", "customer", "finance"]
    altered = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    return f"{head}.{altered}.{signature}"


def unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


TOKENS: dict[str, tuple[Callable[[Scene], str], int, str]] = {
    "expired": (lambda s: token_of(s, -timedelta(seconds=1)), 401, "TOKEN_EXPIRED"),
    "altered": (lambda s: with_another_payload(token_of(s, HOUR)), 401, "TOKEN_INVALID"),
    "unsigned": (lambda s: unsigned(token_of(s, HOUR)), 401, "TOKEN_INVALID"),
    "cut": (lambda s: token_of(s, HOUR)[:-1], 401, "TOKEN_INVALID"),
    "of another key": (lambda s: token_of(s, HOUR).rsplit(".", 1)[0] + "." + "A" * 43, 401, "TOKEN_INVALID"),
    "for refreshing": (
        lambda s: bootstrap.tokens().refresh(
            Ticket(s.buyer.person_id, "ses_AAAAAAAAAAAA", 1), bootstrap.now(), bootstrap.now() + HOUR
        ),
        401,
        "TOKEN_INVALID",
    ),
    "of the office": (lambda s: s.financier.token, 403, "ROLE_MISSING"),
}


@pytest.mark.parametrize("make, status, code", TOKENS.values(), ids=TOKENS)
def test_a_token_that_is_not_good_buys_nothing(
    scene: Scene, make: Callable[[Scene], str], status: int, code: str
) -> None:
    refused_without_trace(
        scene, lambda: scene.post("/v1/orders", scene.body(), token=make(scene)), status, code
    )


# ---------------------------------------------------------------- callbacks


def callback(scene: Scene, **changes: Any) -> bytes:
    told = {
        "merchant": MERCHANT,
        "currency": CURRENCY,
        "reference": scene.order_id,
        "payment_id": "PY-1",
        "amount_fen": 10_000,
        "state": "SUCCEEDED",
        "at": int(bootstrap.now().timestamp() * 1000),
    }
    return json.dumps(told | changes).encode()


def signed(body: bytes) -> dict[str, str]:
    return SigningKeys(
        bootstrap.secret_texts().text(bootstrap.settings().secret_sandbox_channel)
    ).callback_headers(body)


def old(body: bytes) -> dict[str, str]:
    headers = signed(body)
    return headers | {"Sandbox-Timestamp": str(int(headers["Sandbox-Timestamp"]) - 301)}


CALLBACKS: dict[str, tuple[Callable[[Scene], bytes], Callable[[bytes], dict[str, str]], int, str]] = {
    "unsigned": (callback, lambda body: {}, 401, "CALLBACK_REFUSED"),
    "altered after it was signed": (callback, lambda body: signed(body + b" "), 401, "CALLBACK_REFUSED"),
    "of a time long gone": (callback, old, 401, "CALLBACK_REFUSED"),
    "no JSON": (lambda s: b"paid", signed, 401, "CALLBACK_REFUSED"),
    "of another merchant": (lambda s: callback(s, merchant="another"), signed, 401, "CALLBACK_REFUSED"),
    "of negative money": (lambda s: callback(s, amount_fen=-10_000), signed, 401, "CALLBACK_REFUSED"),
    "of fractional money": (lambda s: callback(s, amount_fen=0.5), signed, 401, "CALLBACK_REFUSED"),
    "of an order nobody placed": (
        lambda s: callback(s, reference=s.order_id[:-1] + "Z"),
        signed,
        404,
        "ORDER_UNKNOWN",
    ),
    "of no order id": (lambda s: callback(s, reference="x"), signed, 404, "ORDER_UNKNOWN"),
}


@pytest.mark.parametrize("make, sign, status, code", CALLBACKS.values(), ids=CALLBACKS)
def test_a_callback_that_cannot_be_believed_posts_nothing(
    scene: Scene,
    make: Callable[[Scene], bytes],
    sign: Callable[[bytes], dict[str, str]],
    status: int,
    code: str,
) -> None:
    body = make(scene)
    path = f"/v1/payments/{CHANNEL}/callbacks"
    headers = JSON | sign(body)
    refused_without_trace(
        scene, lambda: scene.market.api.call("POST", path, raw=body, headers=headers), status, code
    )


def test_a_callback_of_a_channel_that_nobody_knows_posts_nothing(scene: Scene) -> None:
    body = callback(scene)
    path = "/v1/payments/nobody/callbacks"
    headers = JSON | signed(body)
    refused_without_trace(
        scene, lambda: scene.market.api.call("POST", path, raw=body, headers=headers), 404, "CHANNEL_UNKNOWN"
    )
