"""Scenarios of staff: a call of each writing route, ready to be made."""

from datetime import timedelta

from chalicelib import bootstrap
from tests.handlers.market import Attempt, Market, Trader

REASON = {"reason": "as agreed on Monday"}


def asked(market: Market, *roles: str, days: int = 90, **more: object) -> dict[str, object]:
    """The body that asks for roles from now on."""
    return {"roles": [*roles], "ends_at": str(bootstrap.now() + timedelta(days=days)), **REASON, **more}


def invited(market: Market, admin: Trader, *roles: str, **more: object) -> tuple[str, str]:
    """Somebody who was invited, and their code."""
    body = {"phone": market.phone(), **asked(market, *roles, **more)}
    answer = market.call("POST", "/v1/office/staff", body, admin)
    assert answer.status == 201, answer.text
    return answer.body["staff"]["person_id"], answer.body["code"]


def grant_path(market: Market, admin: Trader, person_id: str) -> str:
    """The path of the first grant that a person has or was asked for."""
    staff = market.call("GET", f"/v1/office/staff/{person_id}", None, admin).body
    return f"/v1/office/staff/{person_id}/grants/{staff['grants'][0]['grant_id']}"


def invite_staff(market: Market) -> Attempt:
    body = {"phone": market.phone(), **asked(market, "finance")}
    return Attempt("/v1/office/staff", body, market.staff("admin"))


def another_code(market: Market) -> Attempt:
    admin = market.staff("admin")
    person_id, _ = invited(market, admin, "ops")
    return Attempt(f"/v1/office/staff/{person_id}/code", REASON, admin)


def lock_staff(market: Market) -> Attempt:
    person_id = market.enrolled("ops").person_id
    return Attempt(f"/v1/office/staff/{person_id}/lock", REASON, market.staff("admin"))


def unlock_staff(market: Market) -> Attempt:
    lock = lock_staff(market)
    assert lock.call(market, market.key()).status == 200
    return Attempt(lock.path.removesuffix("lock") + "unlock", REASON, lock.who)


def staff_lost_factor(market: Market) -> Attempt:
    person_id = market.enrolled("ops").person_id
    return Attempt(f"/v1/office/staff/{person_id}/lost-factor", REASON, market.staff("admin"))


def request_grants(market: Market) -> Attempt:
    person_id = market.enrolled("ops").person_id
    return Attempt(f"/v1/office/staff/{person_id}/grants", asked(market, "risk"), market.staff("admin"))


def approve_grant(market: Market) -> Attempt:
    admin = market.staff("admin")
    path = grant_path(market, admin, invited(market, admin, "ops")[0])
    return Attempt(f"{path}/approval", REASON, market.staff("admin"))


def refuse_grant(market: Market) -> Attempt:
    admin = market.staff("admin")
    path = grant_path(market, admin, invited(market, admin, "ops")[0])
    return Attempt(f"{path}/refusal", REASON, market.staff("admin"))


def revoke_grant(market: Market) -> Attempt:
    admin = market.staff("admin")
    path = grant_path(market, admin, market.enrolled("ops").person_id)
    return Attempt(f"{path}/revocation", REASON, admin)


def review_grant(market: Market) -> Attempt:
    admin = market.staff("admin")
    path = grant_path(market, admin, market.enrolled("ops").person_id)
    return Attempt(f"{path}/review", REASON, admin)


SCENARIOS = (
    invite_staff,
    another_code,
    lock_staff,
    unlock_staff,
    staff_lost_factor,
    request_grants,
    approve_grant,
    refuse_grant,
    revoke_grant,
    review_grant,
)
