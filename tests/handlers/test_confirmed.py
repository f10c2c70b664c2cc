"""Confirmed: does whatever lets a customer's money out, or go elsewhere, ask for a second factor?"""

import pytest

from chalicelib.domain.confirmation import REFUSALS
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.openapi import document
from chalicelib.handlers.route import EVERY_ROLE, Route

# What a record says was done, where money leaves or will go elsewhere by a customer's wish.
OUT = {"WITHDRAWAL_REQUEST", "distributor.payee"}
STAYS = {
    "WITHDRAWAL_RETURN": "the applicant has the commission again",
    "REFUND": "it goes back to its payer, at most what was paid",
    "REFUND_AGENT": "it goes back to its payer, at most what was paid",
    "REFUND_TO_CARD": "it goes back to the card that paid",
    "refund.request": "it goes back to its payer, at most what was paid",
    "PAYMENT_TO_RETURN": "it goes back to its payer",
    "SALE_FROM_CARD": "the buyer's own card pays for what the buyer gets",
    "SALE_ISSUER": "what was paid at the channel is sold to its payer",
    "SALE_AGENT": "what was paid at the channel is sold to its payer",
    "TOPUP_ISSUER": "the buyer's own card is topped up",
    "TOPUP_AGENT": "the buyer's own card is topped up",
    "REPLACE_CARD": "the balance moves to a new card of its holder",
    "order": "an order of the buyer, or its end",
    "card.activate": "the holder's own card",
    "card.bind": "it comes to whoever has it in hand",
    "card.freeze": "it holds money back",
    "card.unfreeze": "the holder lifts the own freeze",
    "card.loss": "it holds money back",
    "card.loss_withdrawn": "the holder's own card, within a day",
    "card.reveal": "the holder sees the own card, once",
    "distributor.join": "no money moves",
    "application.submit": "no money moves",
    "application.withdraw": "no money moves",
    "distributor.state": "the place is given up, with nothing in it",
    "refund.ask": "it goes back to its payer once others agree",
    "person.phone": "whoever signs in by it must still show the second factor that is on",
    "person.name": "the register of identities says that it is the same person",
    "person.close": "nothing is in the account, or it is told",
    "person.keep": "no money moves",
    "person.consent": "no money moves",
    "person.real_name": "no money moves",
}
OF_CUSTOMERS = [
    route
    for route in DECLARED
    if route.writes and route.records and "customer" in route.roles and route.roles != EVERY_ROLE
]


@pytest.mark.parametrize("route", OF_CUSTOMERS, ids=lambda route: route.name)
def test_where_money_leaves_or_will_go_elsewhere_is_declared(route: Route) -> None:
    unknown = set(route.records) - OUT - STAYS.keys()
    assert not unknown, f"say in this file whether money leaves by {unknown}, or will go elsewhere"
    assert route.confirmed == (not OUT.isdisjoint(route.records))


def test_each_word_of_these_tables_is_needed() -> None:
    assert {record for route in OF_CUSTOMERS for record in route.records} == OUT | STAYS.keys()


def test_nobody_else_is_asked_to_confirm() -> None:
    assert {route.name for route in DECLARED if route.confirmed} == {"request_withdrawal", "set_payee"}


def test_the_description_tells_whoever_has_to_confirm() -> None:
    operations = [one for path in document(DECLARED)["paths"].values() for one in path.values()]
    confirmed = [one for one in operations if "x-confirmed" in one]
    assert {one["operationId"] for one in confirmed} == {"request_withdrawal", "set_payee"}
    for one in confirmed:
        (header,) = [sent for sent in one["parameters"] if sent["name"] == "Confirmation"]
        assert (header["in"], header["required"]) == ("header", True)
        codes = one["responses"]["403"]["description"].split(" | ")
        assert {refusal.code for refusal in REFUSALS} <= set(codes)
