"""Scenarios of distribution: a call of each writing route, ready to be made."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import urllib3

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.application import REVIEW
from chalicelib.domain.business_time import SHANGHAI
from chalicelib.domain.change import AccountChange, DocumentChange, PotChange
from chalicelib.domain.commission_entry import available, frozen
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.joining_questions import QUESTIONS
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.parameters import Setting
from chalicelib.domain.record import Record
from chalicelib.domain.withdrawal import REVIEW_ROLES
from chalicelib.handlers.api.plans import EXAMPLE_PLAN
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.set_payee import Payee
from local.people import at_their_word
from tests.contract.outside import wait_until
from tests.handlers.market import Attempt, Market, Trader

AGREEMENT = "2026-11"
REVIEWED = "99"  # no province: nobody else's sales are there
AMOUNT_FEN = 50_000
FIRST_OF_JANUARY = datetime(2027, 1, 1, tzinfo=SHANGHAI)


def real_person(market: Market) -> Trader:
    """A customer whose name is confirmed, as the token says."""
    phone = market.phone()
    market.call("POST", "/v1/people", market.newcomer(phone))
    body = {"name": "张三", "id_number": id_number(next(market.numbers))}
    confirmed = market.call("POST", "/v1/me/real-name", body, market.signed_in(phone))
    assert confirmed.status == 200, confirmed.text
    return market.signed_in(phone)


def id_number(number: int) -> str:
    """An ID number of GB 11643-1999 with its right last character."""
    body = f"110105194912{31 - number // 1000:02d}{number % 1000:03d}"
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[weighted % 11]


def founded(market: Market) -> tuple[Trader, str]:
    """The root of a new tree, and its id."""
    person = real_person(market)
    body = {"customer_id": person.person_id, "agreement": AGREEMENT}
    found = market.call("POST", "/v1/office/distributors", body, market.staff("ops"))
    assert found.status == 201, found.text
    return person, distributor_id_of(person.person_id)


def joined(market: Market, parent_id: str) -> str:
    person = real_person(market)
    body = {"invite_code": parent_id[4:], "agreement": AGREEMENT}
    answer = market.call("POST", "/v1/distributors", body, person)
    assert answer.status == 201, answer.text
    return distributor_id_of(person.person_id)


def join(market: Market) -> Attempt:
    _, root_id = founded(market)
    body = {"invite_code": root_id[4:], "agreement": AGREEMENT}
    return Attempt("/v1/distributors", body, real_person(market))


def reviewed(market: Market, root_id: str) -> None:
    """Whoever joins below this root is looked at from now on: it is in a region of reviews."""
    assert bootstrap.documents().change(DocumentChange("edges", root_id, "self", {"region": REVIEWED}, {}))
    setting = Setting(REVIEW, REVIEWED, bootstrap.now() - timedelta(days=1), True)
    if not bootstrap.catalog().parameter(REVIEW, bootstrap.now(), REVIEWED):
        bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    bootstrap.catalog().forget()


def apply_for_place(market: Market) -> Attempt:
    _, root_id = founded(market)
    reviewed(market, root_id)
    answers = {name: question.right for name, question in QUESTIONS.items()}
    body = {"invite_code": root_id[4:], "agreement": AGREEMENT, "answers": answers}
    return Attempt("/v1/distributors/application", body, real_person(market))


def applied(market: Market) -> tuple[Trader, str]:
    """Who applied for a place, and the request that waits for the office."""
    attempt, key = apply_for_place(market), market.key()
    answer = attempt.call(market, key)
    assert answer.status == 201, answer.text
    assert attempt.who is not None
    return attempt.who, f"apl_{key}"


def withdraw_application(market: Market) -> Attempt:
    return Attempt("/v1/distributors/application", None, applied(market)[0], method="DELETE")


def set_payee(market: Market) -> Attempt:
    person, _ = founded(market)
    body = {"name": "张三", "bank": "工商银行", "account": "6222 0212 3456 7890"}
    return Attempt("/v1/distributors/me/payee", body, person, method="PUT")


def found_tree(market: Market) -> Attempt:
    body = {"customer_id": market.customer().person_id, "agreement": AGREEMENT}
    return Attempt("/v1/office/distributors", body, market.staff("ops"))


def move_distributor(market: Market) -> Attempt:
    _, root_id = founded(market)
    left, right = joined(market, root_id), joined(market, root_id)
    body = {"parent_id": right, "reason": "works with them now"}
    return Attempt(f"/v1/office/distributors/{left}/parent", body, market.staff("ops"))


def change_state(market: Market) -> Attempt:
    _, root_id = founded(market)
    body = {"state": "SUSPENDED", "reason": "promised earnings"}
    return Attempt(f"/v1/office/distributors/{root_id}/state", body, market.staff("risk"))


def change_terms(market: Market) -> Attempt:
    _, root_id = founded(market)
    body = {"tier": "gold", "tax_method": "CUMULATIVE", "reason": "a good year"}
    return Attempt(f"/v1/office/distributors/{root_id}/terms", body, market.staff("ops"))


# withdrawals


def with_available(market: Market, amount_fen: int = AMOUNT_FEN) -> Trader:
    """A distributor who has so much to withdraw and a payee of long ago."""
    person, distributor_id = founded(market)
    now = bootstrap.now()
    earned = [debit("E:COMMISSION", amount_fen), credit(frozen(distributor_id, "20260101"), amount_fen)]
    released = [
        debit(frozen(distributor_id, "20260101"), amount_fen),
        credit(available(distributor_id), amount_fen),
    ]
    about = {"release": "20260101", "sku": "sku_virtual"}
    entry = Record(
        distributor_id, "earned", "COMMISSION", now, "test", about, checked_lines("COMMISSION", earned)
    )
    release = replace(entry, entry_id="released", action="COMMISSION_RELEASE", lines=tuple(released))
    pot = PotChange(distributor_id, "20260101")
    bootstrap.books().commit(entry, [pot])
    bootstrap.books().commit(release, [pot, AccountChange(distributor_id)])
    before = Command(Actor(person.person_id, frozenset()), market.key(), now - timedelta(days=2))
    at_their_word(bootstrap.set_payee())(before, Payee("张三", "工商银行", "6222021234567890"))
    return person


def request_withdrawal(market: Market, amount_fen: int = AMOUNT_FEN) -> Attempt:
    body = {"amount_fen": amount_fen}
    return Attempt("/v1/withdrawals", body, with_available(market, amount_fen))


def requested(market: Market, amount_fen: int = AMOUNT_FEN) -> tuple[Trader, str]:
    attempt = request_withdrawal(market, amount_fen)
    answer = attempt.call(market, market.key())
    assert answer.status == 201, answer.text
    assert attempt.who is not None
    return attempt.who, str(answer.body["withdrawal_id"])


def cancel_withdrawal(market: Market) -> Attempt:
    person, withdrawal_id = requested(market)
    return Attempt(f"/v1/withdrawals/{withdrawal_id}/cancellation", None, person)


def _of_office(market: Market, withdrawal_id: str, verb: str, body: Any = None) -> Attempt:
    return Attempt(f"/v1/office/withdrawals/{withdrawal_id}/{verb}", body, market.staff("finance"))


def approve_withdrawal(market: Market) -> Attempt:
    return _of_office(market, requested(market)[1], "approval", {})


def reject_withdrawal(market: Market) -> Attempt:
    return _of_office(market, requested(market)[1], "rejection", {"reason": "the name differs"})


def turn_of(market: Market, role: str, verb: str) -> Attempt:
    """A decision about so much money that three must approve, when it is this role's turn."""
    _, withdrawal_id = requested(market, 6_000_000)
    body = {} if verb == "approval" else {"reason": "the name differs"}
    for before in REVIEW_ROLES.values():
        if before == role:
            break
        approval = Attempt(f"/v1/office/withdrawals/{withdrawal_id}/approval", {}, market.staff(before))
        assert approval.call(market, market.key()).status == 200
    return Attempt(f"/v1/office/withdrawals/{withdrawal_id}/{verb}", body, market.staff(role))


def pay_withdrawal(market: Market) -> Attempt:
    withdrawal_id = requested(market)[1]
    approval = _of_office(market, withdrawal_id, "approval", {})
    assert approval.call(market, market.key()).status == 200
    return _of_office(market, withdrawal_id, "payout")


def return_withdrawal(market: Market) -> Attempt:
    payout = pay_withdrawal(market)
    withdrawal_id = payout.path.split("/")[-2]
    script = {"party": "payout", "reference": withdrawal_id, "later": "RETURNED", "delay_seconds": 1}
    assert urllib3.request("POST", f"{market.sandbox.url}/control/scripts", json=script).status < 300
    paid = payout.call(market, market.key())
    assert paid.body["state"] == "PAID", paid.text
    wait_until(lambda: bootstrap.payout().query(withdrawal_id).state == "RETURNED")
    return _of_office(market, withdrawal_id, "return", {"reason": "sent back by the bank"})


# plans and parameters


def draft_plan(market: Market) -> Attempt:
    plan = {**EXAMPLE_PLAN, "plan_id": f"p{market.key()[-8:]}", "effective_at": "2099-12-01T00:00:00+08:00"}
    return Attempt("/v1/office/plans", {"plan": plan}, market.staff("ops"))


def simulate_plan(market: Market) -> Attempt:
    drafted = draft_plan(market).call(market, market.key())
    assert drafted.status == 201, drafted.text
    return Attempt(f"/v1/office/plans/{drafted.body['plan_id']}/simulation", None, market.staff("ops"))


def approve_plan(market: Market) -> Attempt:
    simulation = simulate_plan(market)
    assert simulation.call(market, market.key()).status == 201
    path = simulation.path.removesuffix("/simulation")
    draft = market.call("GET", f"{path}/draft", None, simulation.who).body
    return Attempt(f"{path}/approval", {"request_id": draft["request_id"]}, market.staff("risk"))


def raise_limits(market: Market) -> Attempt:
    _, root_id = founded(market)
    until = str(bootstrap.now() + timedelta(days=30))
    body = {"until": until, "daily_count_max": 60, "reason": "a fair in December"}
    return Attempt(f"/v1/office/distributors/{root_id}/limits", body, market.staff("ops"))


def propose_parameter(market: Market) -> Attempt:
    """A value that begins at a minute of its own: a world may hold several."""
    begins = FIRST_OF_JANUARY + timedelta(minutes=next(market.numbers))
    body = {"name": "withdrawal.fee_bps", "effective_at": begins.isoformat(), "value": 50}
    return Attempt("/v1/office/parameters", body, market.staff("ops"))


def approve_parameter(market: Market) -> Attempt:
    proposed = propose_parameter(market).call(market, market.key())
    assert proposed.status == 201, proposed.text
    path = f"/v1/office/parameters/{proposed.body['proposal_id']}/approval"
    return Attempt(path, None, market.staff("admin"))


SCENARIOS = (
    join,
    apply_for_place,
    withdraw_application,
    set_payee,
    found_tree,
    move_distributor,
    change_state,
    change_terms,
    raise_limits,
    request_withdrawal,
    cancel_withdrawal,
    approve_withdrawal,
    reject_withdrawal,
    pay_withdrawal,
    return_withdrawal,
    draft_plan,
    simulate_plan,
    approve_plan,
    propose_parameter,
    approve_parameter,
)
