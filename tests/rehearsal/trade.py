"""The trade: what do people do over HTTP, and what must the streams make of it?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from ulid import ULID

from chalicelib.domain.business_time import business_date
from local import demo_world as demo
from local.people import Authenticator
from tests.rehearsal.caller import Caller

# From the card account: six, so that one buyer has more cards than the check of fraud lets pass.
FROM_CARD = 6
RULE = "MANY_CARDS"
KEY_LENGTH = 26  # of the ULID at the end of an order's id
# 120 and 50 basis points of 100 yuan, for the distributor who brought the buyer and the one above.
COMMISSION_FEN = {"chuncheng": 120, "root": 50}

PHONES = {one.name: one.phone for one in (*demo.GUARDED, demo.CUSTOMER)}


def card_of_100(payment: Mapping[str, Any]) -> dict[str, Any]:
    """The order of a virtual card of 100 yuan."""
    product = demo.VIRTUAL_100
    terms = {"use": product.use, "sku_id": product.sku_id, "expected_fen": product.price_fen}
    return {**terms, "payment": payment}


@dataclass
class Trade(Caller):
    """The people of the demo world at the API's address."""

    order_ids: list[str] = field(default_factory=list)
    days: set[str] = field(default_factory=set)  # on which they were paid
    guards: dict[str, Authenticator] = field(
        default_factory=lambda: {one.name: Authenticator(one.secret) for one in demo.GUARDED}
    )

    def sign_in(self, *names: str) -> None:
        """Everybody who acts. Raises: TradeFailed."""
        for name in names:
            guard = self.guards.get(name)
            shown = {"second_factor": guard.digits()} if guard else {}
            self.let_in(name, PHONES[name], demo.PASSWORD, **shown)

    def refused_without_a_token(self) -> None:
        """A stranger sees nothing. Raises: TradeFailed when one does."""
        self.asked("GET", "/v1/orders", {}, None, 401)

    def buy_from_card(self, count: int = FROM_CARD) -> None:
        """The customer buys from the account; each order is paid and delivered at once."""
        account = self.account()
        for _ in range(count):
            order = self._placed({"method": "CARD", "card_id": account})["order"]
            self.must(order["state"] == "COMPLETED", f"an order paid from a card is {order['state']}")

    def account(self) -> str:
        """The customer's card with money on it."""
        cards = self.read("customer", "/v1/cards?limit=100")["items"]
        (account,) = (card["card_id"] for card in cards if card["sku_id"] == demo.NAMED_1000.sku_id)
        return str(account)

    def version(self) -> str:
        """Which version answers."""
        return str(self.asked("GET", "/v1/health", {}, None, 200)["version"])

    def buy_by_channel(self) -> None:
        """The customer pays at the sandbox channel, which tells the API, signed."""
        placed = self._placed({"method": "CHANNEL", "channel": "sandbox"})
        order = placed["order"]
        self.must(order["state"] == "PENDING_PAY", f"an order that waits for its channel is {order['state']}")
        httpx.post(placed["pay_url"], json={"action": "pay"}, timeout=10).raise_for_status()
        path = f"/v1/orders/{order['order_id']}"
        self.wait("the paid order", lambda: self.read("customer", path)["state"] == "COMPLETED")

    def check_commission(self) -> str:
        """Both levels have an entry for each order, explained to the same fen; what was found."""
        for name, amount_fen in COMMISSION_FEN.items():
            self.wait(
                f"{name}'s commission", lambda name=name: len(self._entries(name)) == len(self.order_ids)
            )
            entries = self._entries(name)
            amounts = sorted(entry["amount_fen"] for entry in entries)
            self.must(amounts == [amount_fen] * len(entries), f"{name} earned {amounts}")
            path = f"/v1/distributors/me/commissions/{entries[0]['entry_id']}/explanation"
            told = self.read(name, path)
            self.must(told["recomputed_fen"] == amount_fen, f"{name} is told {told['recomputed_fen']}")
        told = ", ".join(f"{fen} fen to {name}" for name, fen in COMMISSION_FEN.items())
        return f"{len(self.order_ids)} orders x ({told})"

    def _entries(self, name: str) -> list[Mapping[str, Any]]:
        """The commission of the orders of this trade; the seed made others."""
        entries = self.read(name, "/v1/distributors/me/commissions?limit=100")["items"]
        keys = {order_id[-KEY_LENGTH:] for order_id in self.order_ids}
        earned = [entry for entry in entries if entry["action"] == "COMMISSION"]
        return [entry for entry in earned if entry["entry_id"].split("_")[1] in keys]

    def check_alert(self) -> str:
        """The reader of paid orders saw that one buyer has many cards; what it raised."""
        self.wait("the fraud check", lambda: bool(self._alerts()))
        alert = self._alerts()[0]
        self.must(alert["rules"] == [RULE], f"the alert is for {alert['rules']}")
        return f"{len(self._alerts())} alerts by the rule {RULE}"

    def _alerts(self) -> list[Mapping[str, Any]]:
        pages = [self.read("risk", f"/v1/office/alerts?day={day}")["items"] for day in self.days]
        return [alert for page in pages for alert in page if alert["order_id"] in self.order_ids]

    def _placed(self, payment: Mapping[str, Any]) -> Mapping[str, Any]:
        headers = {**self.bearer("customer"), "Idempotency-Key": str(ULID())}
        placed = self.asked("POST", "/v1/orders", headers, card_of_100(payment), 201)
        self.days.add(business_date(datetime.now(UTC)).isoformat())
        self.order_ids.append(placed["order"]["order_id"])
        return placed
