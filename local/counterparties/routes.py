"""Routes: which party answers which address, and who may ask it?

The parties' own addresses want a signed request. The pay page is for browsers. The
control addresses are for demonstrations and tests; they take JSON alone, so that no
foreign page in a browser on this machine can reach them by a form.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs, unquote

from local.counterparties import bills, channel, operations, pages, parties, scripts
from local.counterparties.answers import Answer, Refused, json_answer, parsed, text_of
from local.counterparties.callbacks import Deliveries, planned
from local.counterparties.signing import SigningKeys
from local.counterparties.storage import Storage


@dataclass(frozen=True, slots=True)
class World:
    """What every party stands on."""

    storage: Storage
    keys: SigningKeys
    deliveries: Deliveries
    base_url: str


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name) or ""

    @property
    def is_json(self) -> bool:
        return self.header("Content-Type").startswith("application/json")

    def asked(self, name: str) -> str:
        return parse_qs(self.query).get(name, [""])[0]


def create_payment(world: World, request: Request) -> Answer:
    payment = channel.create(world.storage, parsed(request.body))
    pay_url = f"{world.base_url}/pay/{payment['payment_id']}"
    return json_answer(channel.presented(payment) | {"pay_url": pay_url})


def query_payment(world: World, request: Request, reference: str) -> Answer:
    return json_answer(channel.presented(channel.by_reference(world.storage, reference)))


def refund(world: World, request: Request) -> Answer:
    return json_answer(channel.refund(world.storage, parsed(request.body)))


def query_refund(world: World, request: Request, refund_id: str) -> Answer:
    return json_answer(operations.queried(world.storage, "refund", refund_id))


def bill(world: World, request: Request, day: str) -> Answer:
    return _csv(bills.bill(world.storage, _day(day)))


def movements(world: World, request: Request, day: str) -> Answer:
    """What happened on a day so far, as an accountant looks it up: no file, and no totals."""
    return _csv(bills.movements(world.storage, _day(day)))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(400, "DAY_INVALID") from None


def _csv(text: str) -> Answer:
    return Answer(200, text.encode(), "text/csv; charset=utf-8")


def pay_page(world: World, request: Request, payment_id: str) -> Answer:
    language = pages.language_of(request.asked("language"), request.header("Accept-Language"))
    page = pages.pay_page(channel.by_id(world.storage, payment_id), language)
    return Answer(200, page, "text/html; charset=utf-8", pages.HEADERS)


def pay(world: World, request: Request, payment_id: str) -> Answer:
    """JSON `{"action": "pay" | "cancel", "callback": …, "delay_seconds": …}`, or a button of the page."""
    wish = parsed(request.body) if request.is_json else _button(request.body)
    state = {"pay": "SUCCEEDED", "cancel": "CANCELLED"}.get(text_of(wish, "action", "pay"))
    if state is None:
        raise Refused(400, "ACTION_INVALID")
    try:
        payment = channel.settle(world.storage, payment_id, state, planned(wish))
    except Refused as refusal:
        if request.is_json or refusal.status != 409:
            raise
        return _see_page(request)
    world.deliveries.wake()
    return json_answer(channel.presented(payment)) if request.is_json else _see_page(request)


def _button(body: bytes) -> dict[str, Any]:
    name = parse_qs(body.decode("ascii", "replace")).get("button", [""])[0]
    if name not in pages.BUTTONS:
        raise Refused(400, "BUTTON_INVALID")
    return pages.BUTTONS[name]


def _see_page(request: Request) -> Answer:
    language = pages.language_of(request.asked("language"), request.header("Accept-Language"))
    return Answer(303, b"", headers={"Location": f"{request.path}?language={language}"})


def top_up(world: World, request: Request) -> Answer:
    return json_answer(parties.top_up(world.storage, parsed(request.body)))


def close_unused(world: World, request: Request) -> Answer:
    return json_answer(parties.close_unused(world.storage, parsed(request.body)))


def issuer_query(world: World, request: Request, operation_id: str) -> Answer:
    return json_answer(parties.issuer_query(world.storage, operation_id))


def pay_out(world: World, request: Request) -> Answer:
    return json_answer(parties.pay_out(world.storage, parsed(request.body)))


def payout_query(world: World, request: Request, payout_id: str) -> Answer:
    return json_answer(operations.queried(world.storage, "payout", payout_id))


def add_script(world: World, request: Request) -> Answer:
    scripts.add(world.storage, parsed(request.body))
    return json_answer({"scripted": True})


def forget_scripts(world: World, request: Request) -> Answer:
    scripts.forget(world.storage)
    return json_answer({"scripted": False})


def add_bill_fault(world: World, request: Request) -> Answer:
    document = parsed(request.body)
    bills.add_fault(world.storage, _day(text_of(document, "day")), document)
    return json_answer({"scripted": True})


def use_card(world: World, request: Request) -> Answer:
    parties.use_card(world.storage, parsed(request.body))
    return json_answer({"used": True})


def health(world: World, request: Request) -> Answer:
    return json_answer({"healthy": True})


ROUTES: tuple[tuple[str, re.Pattern[str], Callable[..., Answer]], ...] = tuple(
    (method, re.compile(pattern), answer)
    for method, pattern, answer in (
        ("POST", r"/channel/payments", create_payment),
        ("GET", r"/channel/payments/([^/]+)", query_payment),
        ("POST", r"/channel/refunds", refund),
        ("GET", r"/channel/refunds/([^/]+)", query_refund),
        ("GET", r"/channel/bills/([^/]+)", bill),
        ("GET", r"/channel/movements/([^/]+)", movements),
        ("POST", r"/issuer/topups", top_up),
        ("POST", r"/issuer/closures", close_unused),
        ("GET", r"/issuer/operations/([^/]+)", issuer_query),
        ("POST", r"/payout/payments", pay_out),
        ("GET", r"/payout/payments/([^/]+)", payout_query),
        ("GET", r"/pay/(\w+)", pay_page),
        ("POST", r"/pay/(\w+)", pay),
        ("POST", r"/control/scripts", add_script),
        ("DELETE", r"/control/scripts", forget_scripts),
        ("POST", r"/control/bills", add_bill_fault),
        ("POST", r"/control/used-cards", use_card),
        ("GET", r"/health", health),
    )
)
SIGNED = ("/channel/", "/issuer/", "/payout/")


def answered(world: World, request: Request) -> Answer:
    """The answer of whoever lives at this address. Raises: Refused, NoAnswer."""
    if request.path.startswith(SIGNED):
        world.keys.check_request(request.method, request.path, request.headers, request.body)
    if request.path.startswith("/control/") and not request.is_json:
        raise Refused(415, "JSON_WANTED")
    for method, pattern, answer in ROUTES:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            return answer(world, request, *(unquote(part) for part in found.groups()))
    raise Refused(404, "ADDRESS_UNKNOWN")
