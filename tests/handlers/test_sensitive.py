"""Sensitive: is each route that lets money out, changes a rule or gives power declared so, and held back?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything, replaced
from chalicelib.domain import people_items
from chalicelib.domain.person import ACCESS_TERM, STAFF_ROLES, Person, Role
from chalicelib.domain.session import FACTOR_TERM
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.openapi import document
from chalicelib.handlers.route import EVERY_ROLE, Route
from local.people import Authenticator, guard
from local.testing import World
from tests.fakes.payout import FakePayout
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import PASSWORD, Attempt, Market, Trader, everything
from tests.handlers.scenarios.distribution import draft_plan, propose_parameter, requested
from tests.handlers.scenarios.products import publish_product
from tests.handlers.scenarios.staff import REASON, asked, grant_path, invited

# What a record says was done, where it lets money out, changes a rule, or gives power.
DANGEROUS = {
    "withdrawal.approve",
    "withdrawal.approve_last",
    "withdrawal.pay",
    "REFUND",
    "REFUND_TO_CARD",
    "REFUND_AGENT",
    "REFUND_SETTLED",
    "refund.request",
    "refund.retry",
    "plan.approve",
    "parameter.approve",
    "product.publish",
    "product.change",
    "distributor.terms",
    "factor.lost",
    "grant.approve",
    "distributor.limit",
    "staff.unlock",
    "SUPPLIER_PREPAY",
    "CHANNEL_FEE_RAISED",
    "CHANNEL_FEE_LOWERED",
    "TAX_REMITTED",
}
HARMLESS = {
    "staff.invite": "who was invited may do nothing",
    "staff.code": "who was invited may do nothing",
    "staff.lock": "it takes power, at once",
    "grant.request": "nothing holds by it",
    "grant.refuse": "nothing holds by it",
    "grant.revoke": "it takes power",
    "grant.review": "nothing changes by it",
    "application.approve": "a place earns by the plan that is in force",
    "approval.agree": "one word of several: what is carried out by the last one has its own name",
    "approval.refuse": "nothing is carried out",
    "product.ask": "nothing is sold by it",
    "terms.ask": "nothing holds by it",
    "factor.ask": "it is asked for as before",
    "unlock.ask": "nobody is let in by it",
    "posting.ask": "nothing is booked by it",
    "limit.ask": "nothing holds by it",
    "refund.ask": "nothing goes back by it",
    "refund.by_bank": "nothing is booked by it",
    "person.sign_out": "it takes sessions away, and gives nobody any",
    "person.unmask": "it shows two fields for ten minutes, with a ticket, and changes nothing",
    "card.freeze": "it holds money back",
    "card.unfreeze": "the holder has the money again, nobody else",
    "batch.register": "nothing is on sale by it",
    "batch.commit": "cards on sale cost what the product says",
    "RISK_VERDICT": "an order that was held goes its way, or back to its payer",
    "DIFFERENCE_RESOLVED": "a word on a difference; money that is sent back is PAYMENT_TO_RETURN",
    "PAYMENT_TO_RETURN": "what no order takes goes back to its payer, whole, as it does by itself",
    "FINDING_RESOLVED": "nothing is posted by it",
    "WITHDRAWAL_RETURN": "the applicant has the commission again, nothing leaves",
    "WITHDRAWAL_SENT_BACK": "the applicant has the commission again, nothing leaves",
    "distributor.found": "a place earns by the plan that is in force",
    "distributor.move": "a place earns by the plan that is in force",
    "distributor.state": "what was earned stays, and new orders pay by the plan",
    "plan.draft": "nothing holds by it",
    "plan.simulate": "it computes, and nothing holds by it",
    "archive.verify": "it reads, and changes nothing",
    "parameter.propose": "nothing holds by it",
}
# Dangerous by its record, and yet open to everybody of the role.
OPEN = {
    "office_refund": "a refund goes back to its payer, at most what was paid",
    "retry_refund": "the same refund goes to the same payer, once",
    "decide_alert": "an order that is refused goes back to its payer",
}
OF_OFFICE = [
    route
    for route in DECLARED
    if route.writes and not STAFF_ROLES.isdisjoint(route.roles) and route.roles != EVERY_ROLE
]


@pytest.mark.parametrize("route", OF_OFFICE, ids=lambda route: route.name)
def test_what_lets_money_out_changes_a_rule_or_gives_power_is_declared(route: Route) -> None:
    unknown = set(route.records) - DANGEROUS - HARMLESS.keys()
    assert not unknown, f"say in this file whether {unknown} lets money out, changes a rule or gives power"
    is_dangerous = not DANGEROUS.isdisjoint(route.records)
    assert route.sensitive == (is_dangerous and route.name not in OPEN), route.name


def test_each_word_of_these_tables_is_needed() -> None:
    assert {record for route in OF_OFFICE for record in route.records} == DANGEROUS | HARMLESS.keys()
    assert set(OPEN) <= {route.name for route in OF_OFFICE}
    assert not DANGEROUS & HARMLESS.keys()


def test_nowhere_is_one_person_enough() -> None:
    assert not {route.name for route in DECLARED if route.sensitive and not route.second_person}


def test_the_description_tells_what_is_sensitive_and_how_fresh_a_second_factor_must_be() -> None:
    operations = [one for path in document(DECLARED)["paths"].values() for one in path.values()]
    told = {one["operationId"]: one["x-sensitive"] for one in operations if "x-sensitive" in one}
    assert told.keys() == {route.name for route in DECLARED if route.sensitive}
    assert {one["second-factor-within-seconds"] for one in told.values()} == {300}


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def clerk(market: Market, admins: tuple[Trader, Trader], senior: bool, role: str = "finance") -> Trader:
    """Somebody of the office, to whom a role was given by two admins."""
    phone = market.phone()
    body = {"phone": phone, **asked(market, role, senior=senior)}
    invited = market.call("POST", "/v1/office/staff", body, admins[0]).body
    market.call("POST", "/v1/enrolments", {"code": invited["code"], "password": PASSWORD})
    staff = invited["staff"]
    path = f"/v1/office/staff/{staff['person_id']}/grants/{staff['grants'][0]['grant_id']}/approval"
    assert market.call("POST", path, REASON, admins[1]).status == 200
    return market.guarded(staff["person_id"], phone)


def as_if_later(token: str, later: timedelta) -> str:
    """The same token, as if its session had shown the second factor so much earlier."""
    tokens, now = bootstrap.tokens(), bootstrap.now()
    claims = tokens.read_access(token, now)
    assert claims.factor_at is not None
    return tokens.access(replace(claims, factor_at=claims.factor_at - later), now, now + ACCESS_TERM["stf"])


def test_finance_pays_out_only_for_five_minutes_after_the_second_factor_was_shown(market: Market) -> None:
    admins = market.staff("admin"), market.staff("admin")
    senior = clerk(market, admins, senior=True)
    path = "/v1/office/withdrawals/wdr_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK/payout"
    old = replace(senior, token=as_if_later(senior.token, FACTOR_TERM))
    assert market.call("GET", "/v1/office/withdrawals", None, old).status == 200
    before = everything(market.world)
    refused = market.call("POST", path, None, old)
    assert (refused.status, refused.code) == (403, "STEP_UP_REQUIRED")
    assert refused.body["facts"] == {"within_seconds": 300}
    assert everything(market.world) == before
    proof = "/v1/me/second-factor/proof"
    code = market.recovery_code(senior)
    shown = market.call("POST", proof, {"second_factor": code}, old)
    assert shown.status == 201, shown.text
    again = replace(senior, token=shown.body["access_token"])
    assert market.call("POST", path, None, again).code == "WITHDRAWAL_UNKNOWN"
    assert market.call("POST", path, None, old).code == "STEP_UP_REQUIRED", "the token says it"
    assert market.call("POST", proof, {"second_factor": code}, old).code == "SECOND_FACTOR_WRONG"


def test_finance_pays_out_only_where_the_role_was_given_as_senior(market: Market) -> None:
    admins = market.staff("admin"), market.staff("admin")
    plain, senior = clerk(market, admins, senior=False), clerk(market, admins, senior=True)
    path = "/v1/office/withdrawals/wdr_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK/payout"
    assert market.call("GET", "/v1/office/withdrawals", None, plain).status == 200
    before = everything(market.world)
    assert market.call("POST", path, None, plain).code == "SENIOR_MISSING"
    assert market.call("POST", path, None, senior).code == "WITHDRAWAL_UNKNOWN"
    assert everything(market.world) == before


OFFICE = "/v1/office"
EVERY_ROLE_OF_OFFICE = tuple(sorted(STAFF_ROLES - {Role.AUDITOR}))  # who audits is nothing else


def asked_by_one(market: Market, scenario: Callable[[Market], Attempt]) -> tuple[Any, Trader]:
    """What is asked for by somebody who has every role."""
    one = market.staff(*EVERY_ROLE_OF_OFFICE)
    answer = replace(scenario(market), who=one).call(market, market.key())
    assert answer.status == 201, answer.text
    return answer.body, one


def a_plan(market: Market) -> Attempt:
    body, one = asked_by_one(market, draft_plan)
    path = f"{OFFICE}/plans/{body['plan_id']}"
    assert market.call("POST", f"{path}/simulation", None, one).status == 201
    return Attempt(f"{path}/approval", {"request_id": body["request_id"]}, one)


def a_parameter(market: Market) -> Attempt:
    body, one = asked_by_one(market, propose_parameter)
    return Attempt(f"{OFFICE}/parameters/{body['proposal_id']}/approval", None, one)


def a_request(market: Market) -> Attempt:
    body, one = asked_by_one(market, publish_product)
    return Attempt(f"{OFFICE}/approvals/{body['request_id']}/approval", REASON, one)


def a_grant(market: Market) -> Attempt:
    one = market.staff(*EVERY_ROLE_OF_OFFICE)
    return Attempt(f"{grant_path(market, one, invited(market, one, 'ops')[0])}/approval", REASON, one)


def a_withdrawal(market: Market) -> Attempt:
    """Asked for by somebody who is of the office as well."""
    applicant, withdrawal_id = requested(market)
    now, person_id = bootstrap.now(), "stf_" + applicant.person_id[4:]
    person = Person(person_id, EVERY_ROLE_OF_OFFICE, "139****9000", True, "", now)
    sealed = bootstrap.keys().seal(f"+86{market.phone()}", people_items.phone_context(person_id))
    bootstrap.books().commit(None, people_items.new_person(person, f"of {person_id}", sealed, ""))
    guard(person_id, Authenticator(pyotp.random_base32(), bootstrap.now), now)
    session = bootstrap.sessions().begun(person_id, "person.sign_in", None, now, factor_shown=True)
    path = f"{OFFICE}/withdrawals/{withdrawal_id}/approval"
    return Attempt(path, REASON, Trader(person_id, session.access_token))


def a_payout(market: Market) -> Attempt:
    one, path = market.staff(*EVERY_ROLE_OF_OFFICE), f"{OFFICE}/withdrawals/{requested(market)[1]}"
    assert market.call("POST", f"{path}/approval", {}, one).status == 200
    return Attempt(f"{path}/payout", None, one)


# Each sensitive route, ready for its last word, by whoever had a hand in it before.
PREPARED = {
    "approve_plan": a_plan,
    "approve_parameter": a_parameter,
    "approve_request": a_request,
    "approve_grant": a_grant,
    "approve_withdrawal": a_withdrawal,
    "pay_withdrawal": a_payout,
}


@pytest.mark.capability("S-103")
@pytest.mark.parametrize(
    "route", [route for route in DECLARED if route.sensitive], ids=lambda route: route.name
)
def test_what_is_sensitive_takes_seniority_a_fresh_second_factor_and_a_second_person(
    market: Market, route: Route
) -> None:
    """An admin is senior always, so the role admin alone has nobody who is not."""
    by_first = PREPARED[route.name](market)
    admins = market.staff("admin"), market.staff("admin")
    plain = [clerk(market, admins, senior=False, role=role) for role in sorted({*route.roles} - {"admin"})]
    second = market.staff("finance" if "finance" in route.roles else "admin")
    late = replace(second, token=as_if_later(second.token, FACTOR_TERM))
    before = everything(market.world)

    def said(by: Trader | None) -> Reply:
        return replace(by_first, who=by).call(market, market.key())

    with replaced({bootstrap.payout: FakePayout}):
        assert [said(who).code for who in plain] == ["SENIOR_MISSING"] * len(plain)
        assert said(late).code == "STEP_UP_REQUIRED"
        assert said(by_first.who).code == "FOUR_EYES"
        assert everything(market.world) == before
        done = said(second)
    assert (done.status, everything(market.world) == before) == (200, False), done.text
