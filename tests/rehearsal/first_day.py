"""The first day: does a stage that was just deployed let its admin in, once, and sell?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from ulid import ULID

from local import demo_world as demo
from local.people import Authenticator, Phones
from tests.rehearsal.caller import Caller
from tests.rehearsal.trade import card_of_100

ADMIN_PHONE, OTHER_PHONE, BUYER_PHONE = "13700000001", "13700000002", "13700000003"
PASSWORD = "vier rote ampeln"

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]


@dataclass
class FirstDay(Caller):
    """An operator with the rights of AWS, the first admin, and the first customer."""

    phones: Phones = field(kw_only=True)
    guard: Authenticator = field(default_factory=lambda: Authenticator(""))  # the first admin's

    def open(self, call: Call) -> str:
        """The catalogue is what the seed says, and the first admin comes in by a code that is good once."""
        found = {one["sku_id"] for one in self.asked("GET", "/v1/products?limit=100", {}, None, 200)["items"]}
        self.must(found == {product.sku_id for product in demo.PRODUCTS}, f"on sale: {sorted(found)}")
        wish = {"phone": ADMIN_PHONE, "by": "rehearsal", "dry_run": False}
        code = call("enrol_admin", wish)["code"]
        chosen = {"code": code, "password": PASSWORD}
        self.asked("POST", "/v1/enrolments", {}, chosen, 201)
        self.asked("POST", "/v1/enrolments", {}, chosen, 401)
        refused = _refusal_of(lambda: call("enrol_admin", {**wish, "phone": OTHER_PHONE}))
        self.must("ADMIN_EXISTS" in refused, f"a second first admin: {refused or 'was given a code'}")
        self._guard_admin()
        session = self.let_in("admin", ADMIN_PHONE, PASSWORD, second_factor=self.guard.digits())
        self.must(session["roles"] == ["admin"], f"the first admin is {session['roles']}")
        plans = [one["plan_id"] for one in self.read("admin", "/v1/office/plans")["items"]]
        self.must(plans == [plan.plan_id for plan in demo.SEED.plans], f"the plans are {plans}")
        return (
            f"{len(found)} products on sale, {len(plans)} plan; the first admin enrolled once, turned a"
            " second factor on and signed in"
        )

    def _guard_admin(self) -> None:
        """The first admin is a newcomer who may see nothing, and turns a second factor on."""
        code = self.code_sent(ADMIN_PHONE)
        session = self.let_in("admin", ADMIN_PHONE, PASSWORD, code=code)
        self.must(session["roles"] == ["newcomer"], f"without a second factor: {session['roles']}")
        me = self.bearer("admin")
        self.asked("GET", "/v1/office/plans", me, None, 403)
        uri = self.asked("POST", "/v1/me/second-factor", me, {"password": PASSWORD}, 201)["uri"]
        self.guard = Authenticator(dict(parse_qsl(urlsplit(uri).query))["secret"])
        confirmed = {"code": self.guard.digits()}
        self.asked("POST", "/v1/me/second-factor/confirmation", me, confirmed, 201)

    def buy(self) -> str:
        """The first customer registers, pays at the sandbox channel, and has a card."""
        self.register("buyer", BUYER_PHONE)
        headers = {**self.bearer("buyer"), "Idempotency-Key": str(ULID())}
        body = card_of_100({"method": "CHANNEL", "channel": "sandbox"})
        placed = self.asked("POST", "/v1/orders", headers, body, 201)
        httpx.post(placed["pay_url"], json={"action": "pay"}, timeout=10).raise_for_status()
        path = f"/v1/orders/{placed['order']['order_id']}"
        self.wait("the first order", lambda: self.read("buyer", path)["state"] == "COMPLETED")
        self.wait("the list of cards", lambda: len(self.read("buyer", "/v1/cards")["items"]) == 1)
        return "the first customer registered, paid, and has a card"

    def register(self, name: str, phone: str) -> None:
        """A customer whom nobody brought, signed in."""
        key = {"Idempotency-Key": str(ULID())}
        body = {
            "phone": phone,
            "code": self.code_sent(phone),
            "password": PASSWORD,
            "device": demo.DEVICE,
        }
        self.asked("POST", "/v1/people", key, body, 201)
        self.let_in(name, phone, PASSWORD)

    def code_sent(self, phone: str) -> str:
        """A code that SNS was handed for the phone."""
        captcha = self.asked("POST", "/v1/captchas", {}, {"device": demo.DEVICE}, 201)["captcha_id"]
        read = self.phones.captcha(captcha, demo.DEVICE)
        self.asked("POST", "/v1/codes", {}, {"phone": phone, "device": demo.DEVICE, "captcha": read}, 202)
        return self.phones.code(phone)


def _refusal_of(call: Callable[[], object]) -> str:
    """What a function said when it refused; empty where it did not."""
    try:
        call()
    except Exception as refused:  # noqa: BLE001 (the text is looked at)
        return str(refused)
    return ""
