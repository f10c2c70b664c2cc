"""Staff over HTTP: an admin lets people into the office, two admins give them roles, any of them takes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.usecases.operator_run import OperatorRun
from chalicelib.usecases.ports import Actor, Command
from local.testing import World
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import DEVICE, PASSWORD, Market, Trader, everything
from tests.handlers.scenarios.staff import REASON, asked, grant_path, invited


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


@pytest.fixture
def admins(market: Market) -> tuple[Trader, Trader]:
    return market.staff("admin"), market.staff("admin")


def first_admin(market: Market) -> Trader:
    """The one who is there after a deployment: enrolled by the operator's code."""
    phone, run = market.phone(), OperatorRun("anna", market.key(), bootstrap.now(), is_dry=False)
    code = bootstrap.enrol_person().first_admin(run, phone).text
    enrolled = market.call("POST", "/v1/enrolments", {"code": code, "password": PASSWORD})
    assert enrolled.status == 201
    return market.guarded(enrolled.body["person_id"], phone)


def joined(market: Market, admin: Trader, *roles: str, **more: object) -> tuple[str, str]:
    """Somebody who was invited and has chosen a password: the id, and the phone."""
    phone = market.phone()
    body = {"phone": phone, **asked(market, *roles, **more)}
    answer = market.call("POST", "/v1/office/staff", body, admin)
    assert answer.status == 201, answer.text
    enrolled = market.call("POST", "/v1/enrolments", {"code": answer.body["code"], "password": PASSWORD})
    assert (enrolled.status, enrolled.body["roles"]) == (201, [])
    return answer.body["staff"]["person_id"], phone


def signing_in(phone: str) -> dict[str, str]:
    return {"phone": phone, "password": PASSWORD, "device": DEVICE}


def agreed(market: Market, admin: Trader, path: str) -> Reply:
    return market.call("POST", f"{path}/approval", REASON, admin)


def test_after_the_first_admin_an_office_comes_to_be_over_the_api_alone(market: Market) -> None:
    first = first_admin(market)
    second_id, phone = joined(market, first, "admin")
    alone = agreed(market, first, grant_path(market, first, second_id))
    assert (alone.status, alone.body["grants"][0]["alone"], alone.body["roles"]) == (200, True, ["admin"])
    second = market.guarded(second_id, phone)
    clerk_id, phone = joined(market, second, "finance", "ops")
    for grant in market.call("GET", f"/v1/office/staff/{clerk_id}", None, first).body["grants"]:
        path = f"/v1/office/staff/{clerk_id}/grants/{grant['grant_id']}"
        assert agreed(market, first, path).status == 200
    clerk = market.guarded(clerk_id, phone)
    assert market.call("GET", "/v1/me", None, clerk).body["roles"] == ["finance", "ops"]
    assert market.call("GET", "/v1/office/withdrawals", None, clerk).status == 200


def test_an_invited_person_may_do_nothing_before_somebody_else_agreed(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    person_id, phone = joined(market, admins[0], "finance")
    clerk = market.guarded(person_id, phone)
    assert market.call("GET", "/v1/office/withdrawals", None, clerk).code == "ROLE_MISSING"
    path = grant_path(market, admins[0], person_id)
    before = everything(market.world)
    assert agreed(market, admins[0], path).code == "FOUR_EYES"
    assert everything(market.world) == before
    assert agreed(market, admins[1], path).body["roles"] == ["finance"]


def test_a_role_that_was_agreed_to_opens_nothing_without_a_second_factor(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    person_id, phone = joined(market, admins[0], "finance", senior=True)
    assert agreed(market, admins[1], grant_path(market, admins[0], person_id)).status == 200
    session = market.call("POST", "/v1/sessions", {**signing_in(phone), "code": market.code(phone)})
    assert (session.status, session.body["roles"]) == (201, ["newcomer"])
    newcomer = Trader(person_id, session.body["access_token"])
    assert market.call("GET", "/v1/office/withdrawals", None, newcomer).code == "ROLE_MISSING"
    assert market.call("GET", "/v1/me", None, newcomer).status == 200
    clerk = market.guarded(person_id, phone)
    assert market.call("GET", "/v1/office/withdrawals", None, clerk).status == 200


def test_alone_the_first_admin_makes_an_admin_and_nothing_else_and_never_two(market: Market) -> None:
    first = first_admin(market)
    clerk_id, _ = invited(market, first, "finance")
    assert agreed(market, first, grant_path(market, first, clerk_id)).code == "FOUR_EYES"
    paths = [grant_path(market, first, invited(market, first, "admin")[0]) for _ in range(2)]
    assert [agreed(market, first, path).code for path in paths] == ["", "FOUR_EYES"]


def test_who_locks_or_strips_the_other_admins_is_not_alone_again(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    one, other = admins
    path = grant_path(market, one, other.person_id)
    assert market.call("POST", f"{path}/revocation", REASON, one).body["roles"] == []
    assert market.call("POST", f"/v1/office/staff/{other.person_id}/lock", REASON, one).status == 200
    accomplice, _ = invited(market, one, "admin")
    assert agreed(market, one, grant_path(market, one, accomplice)).code == "FOUR_EYES"


ONE_S_OWN = ["lock", "unlock", "lost-factor", "grants", "grants/{grant}/revocation", "grants/{grant}/review"]


@pytest.mark.parametrize("step", ONE_S_OWN)
def test_nobody_does_it_to_themselves(market: Market, admins: tuple[Trader, Trader], step: str) -> None:
    own = admins[0].person_id
    grant = grant_path(market, admins[0], own).rpartition("/")[2]
    body = asked(market, "ops") if step == "grants" else REASON
    before = everything(market.world)
    answer = market.call("POST", f"/v1/office/staff/{own}/{step.format(grant=grant)}", body, admins[0])
    assert (answer.status, answer.code) == (403, "NOT_ONESELF")
    assert everything(market.world) == before


def test_a_lock_ends_every_session_and_an_unlock_brings_none_back(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    clerk = market.staff("ops")
    path = f"/v1/office/staff/{clerk.person_id}"
    locked = market.call("POST", f"{path}/lock", REASON, admins[0])
    assert (locked.status, locked.body["locked"]) == (200, True)
    bootstrap.authority()._known.clear()  # ten seconds later
    assert market.call("GET", "/v1/me", None, clerk).code == "PERSON_LOCKED"
    assert market.call("POST", f"{path}/lock", REASON, admins[1]).code == "ILLEGAL_STATE"
    asked = market.call("POST", f"{path}/unlock", REASON, admins[0])
    assert (asked.status, asked.body["kind"], asked.body["state"]) == (201, "UNLOCK", "WAITING")
    word = f"/v1/office/approvals/{asked.body['request_id']}"
    assert agreed(market, admins[0], word).code == "FOUR_EYES"
    assert market.call("GET", path, None, admins[0]).body["locked"] is True
    assert agreed(market, admins[1], word).body["state"] == "APPROVED"
    assert market.call("GET", path, None, admins[0]).body["locked"] is False
    bootstrap.authority()._known.clear()
    assert market.call("GET", "/v1/me", None, clerk).code == "SESSION_ENDED"


def test_a_lost_second_factor_takes_two_admins_and_leaves_a_newcomer(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    phone = market.phone()
    command = Command(Actor("", frozenset()), market.key(), bootstrap.now())
    person = bootstrap.register_person().staff(command, phone, PASSWORD, ("ops",))
    clerk = market.guarded(person.person_id, phone)
    path = f"/v1/office/staff/{clerk.person_id}/lost-factor"
    asked = market.call("POST", path, REASON, admins[0])
    assert (asked.status, asked.body["kind"], asked.body["state"]) == (201, "FACTOR", "WAITING")
    word = f"/v1/office/approvals/{asked.body['request_id']}"
    assert agreed(market, admins[0], word).code == "FOUR_EYES"
    assert agreed(market, clerk, word).status == 403
    assert market.call("GET", "/v1/me", None, clerk).body["roles"] == ["ops"], "nothing is off yet"
    assert agreed(market, admins[1], word).body["state"] == "APPROVED"
    bootstrap.authority()._known.clear()  # ten seconds later
    assert market.call("GET", "/v1/me", None, clerk).code == "SESSION_ENDED"
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    code = {"code": market.code(phone)}
    assert market.call("POST", "/v1/sessions", body | code).body["roles"] == ["newcomer"]
    assert market.call("POST", path, REASON, admins[0]).code == "ILLEGAL_STATE"
    lines = market.call("GET", f"/v1/office/people/{clerk.person_id}/history", None, admins[0]).body["items"]
    line = next(one for one in lines if one["action"] == "factor.lost")
    assert (line["before"], line["after"]) == ({"second_factor": "on"}, {"second_factor": "off"})
    assert (line["actor"], line["reason"]) == (admins[1].person_id, REASON["reason"])


def another_code(market: Market, admin: Trader, person_id: str) -> Reply:
    return market.call("POST", f"/v1/office/staff/{person_id}/code", REASON, admin)


def enrolled(market: Market, code: str, password: str = PASSWORD) -> str:
    """The code of its refusal, "" where the password was taken."""
    return market.call("POST", "/v1/enrolments", {"code": code, "password": password}).code


def test_of_several_codes_one_sets_the_first_password(market: Market, admins: tuple[Trader, Trader]) -> None:
    waiting, first = invited(market, admins[0], "ops")
    again = another_code(market, admins[0], waiting).body["code"]
    assert [enrolled(market, code) for code in (again, first)] == ["", "ENROLMENT_REFUSED"]


def test_an_admin_lets_in_again_who_forgot_the_password_and_has_no_second_factor(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    person_id, phone = joined(market, admins[0], "ops")
    there = market.signed_in(phone, code=market.code(phone))
    codes = [another_code(market, admins[0], person_id).body["code"] for _ in range(2)]
    for text in ("fuenf gelbe ampeln", "sechs blaue ampeln"):
        codes.append(another_code(market, admins[0], person_id).body["code"])
        assert enrolled(market, codes[-1], text) == ""
        assert {enrolled(market, code) for code in codes} == {"ENROLMENT_REFUSED"}, "good for one password"
    bootstrap.authority()._known.clear()  # ten seconds later
    assert market.call("GET", "/v1/me", None, there).code == "SESSION_ENDED"
    assert market.call("POST", "/v1/sessions", signing_in(phone)).code == "SIGN_IN_REFUSED"
    new = signing_in(phone) | {"password": "sechs blaue ampeln"}
    assert market.call("POST", "/v1/sessions", new).status == 201
    lines = market.call("GET", f"/v1/office/people/{person_id}/history", None, admins[0]).body["items"]
    passwords = [line["before"].get("password") for line in lines if line["action"] == "person.enrol"]
    assert passwords == ["another", "another", None]
    notices = [text for text in market.messages(phone) if "验证码" not in text]
    assert ["新密码" in text for text in notices[-3:]] == [True] * 3


def test_another_code_is_for_those_alone_who_have_no_second_factor(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    person_id, phone = joined(market, admins[0], "ops")
    earlier = another_code(market, admins[0], person_id).body["code"]
    market.guarded(person_id, phone)
    before = everything(market.world)
    for whom in (person_id, admins[0].person_id):
        answer = another_code(market, admins[0], whom)
        assert (answer.status, answer.code) == (404, "NOBODY_TO_ENROL")
    assert enrolled(market, earlier) == "ENROLMENT_REFUSED"
    assert everything(market.world) == before


def test_a_phone_is_one_persons(market: Market, admins: tuple[Trader, Trader]) -> None:
    body = {"phone": market.phone(), **asked(market, "ops")}
    assert market.call("POST", "/v1/office/staff", body, admins[0]).status == 201
    before = everything(market.world)
    assert market.call("POST", "/v1/office/staff", body, admins[1]).code == "PHONE_TAKEN"
    assert everything(market.world) == before


def test_the_office_is_listed_page_by_page_and_masked(market: Market, admins: tuple[Trader, Trader]) -> None:
    auditor = market.staff("auditor")
    first = market.call("GET", "/v1/office/staff?limit=2", None, auditor).body
    second = market.call("GET", f"/v1/office/staff?limit=2&cursor={first['next']}", None, auditor).body
    found = first["items"] + second["items"]
    everybody = {admins[0].person_id, admins[1].person_id, auditor.person_id}
    assert [one["person_id"] for one in found] == sorted(everybody)
    assert all("****" in one["phone_masked"] for one in found)
    assert "next" not in second


@pytest.mark.capability("S-119")
def test_the_review_of_a_quarter_shows_who_has_what_by_whose_consent_until_when(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    one, other = admins
    clerk_id, _ = invited(market, one, "finance", days=200, region="53")
    path = grant_path(market, one, clerk_id)
    given = agreed(market, other, path).body["grants"][0]
    (row,) = [row for row in review(market, one) if row["person_id"] == clerk_id]
    assert row["review_due"] is False
    told = row["grant"]
    assert (told["role"], told["region"], told["requested_by"], told["approved_by"]) == (
        "finance",
        "53",
        one.person_id,
        other.person_id,
    )
    assert (told["ends_at"], told["reason"]) == (given["ends_at"], REASON["reason"])
    assert review(market, one, "?due=true") == []
    lists = bootstrap.list_staff()
    later = bootstrap.now() + timedelta(days=93)
    due = lists.grants(lists.page("", 100, later), True, later)
    assert clerk_id in {given.person_id for given in due}
    seen = market.call("POST", f"{path}/review", REASON, one).body["grants"][0]
    assert seen["reviewed_by"] == one.person_id


def review(market: Market, who: Trader, query: str = "") -> list[dict[str, dict[str, object]]]:
    rows: list[dict[str, dict[str, object]]] = market.call(
        "GET", f"/v1/office/staff/grants{query}", None, who
    ).body["items"]
    return rows


@pytest.mark.capability("S-119")
def test_the_log_of_a_month_tells_every_step_of_a_grant_who_and_when(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    one, other = admins
    clerk_id, _ = invited(market, one, "finance")
    path = grant_path(market, one, clerk_id)
    agreed(market, other, path)
    market.call("POST", f"{path}/review", REASON, one)
    taken = market.call("POST", f"{path}/revocation", {"reason": "left the house"}, one)
    assert (taken.body["roles"], taken.body["grants"]) == ([], [])
    month = f"{bootstrap.now() + timedelta(hours=8):%Y-%m}"
    lines = market.call("GET", f"/v1/office/staff/changes?month={month}", None, one).body["items"]
    assert [(line["action"], line["actor"]) for line in lines if line["person_id"] == clerk_id] == [
        ("grant.revoke", one.person_id),
        ("grant.review", one.person_id),
        ("grant.approve", other.person_id),
        ("staff.invite", one.person_id),
    ]
    assert (lines[0]["before"], lines[0]["after"]) == ({"state": "APPROVED"}, {"state": "REVOKED"})
    assert lines[0]["reason"] == "left the house"
    assert market.call("GET", "/v1/office/staff/changes?month=2020-01", None, one).body["items"] == []


@pytest.mark.capability("S-118")
def test_the_history_of_a_person_tells_field_by_field_from_when_on_whom_and_why(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    one, other = admins
    begins_at = bootstrap.now().replace(microsecond=0) + timedelta(days=3)
    clerk_id, phone = joined(market, one, "ops", begins_at=begins_at.isoformat())
    agreed(market, other, grant_path(market, one, clerk_id))
    market.call("POST", f"/v1/office/staff/{clerk_id}/lock", {"reason": "a lost phone"}, other)
    asked = market.call("POST", f"/v1/office/staff/{clerk_id}/unlock", {"reason": "found again"}, other)
    assert agreed(market, one, f"/v1/office/approvals/{asked.body['request_id']}").status == 200
    lines = market.call("GET", f"/v1/office/people/{clerk_id}/history", None, one).body["items"]
    unlock, lock, grant = lines[:3]
    assert (lock["before"], lock["after"]) == ({"locked": False}, {"locked": True})
    assert (lock["actor"], lock["reason"]) == (other.person_id, "a lost phone")
    assert (unlock["actor"], unlock["before"]) == (one.person_id, {"locked": True})
    assert unlock["reason"] == "found again"
    assert (grant["before"]["state"], grant["after"]["state"]) == ("REQUESTED", "APPROVED")
    assert grant["after"]["approved_by"] == other.person_id
    assert datetime.fromisoformat(grant["effective_at"]) == begins_at
    assert datetime.fromisoformat(grant["at"]) < begins_at
    record = bootstrap.books().record(*grant["record_id"].split("/"))
    assert record is not None
    assert (record.action, record.about["after"]) == ("grant.approve", grant["after"])
    assert phone not in str(lines)


def test_everybody_reads_their_own_history_page_by_page(
    market: Market, admins: tuple[Trader, Trader]
) -> None:
    clerk = market.staff("ops")
    path = f"/v1/office/staff/{clerk.person_id}/grants"
    for role in ("risk", "finance", "support"):
        assert market.call("POST", path, asked(market, role), admins[0]).status == 201
    first = market.call("GET", "/v1/me/history?limit=2", None, clerk).body
    second = market.call("GET", f"/v1/me/history?limit=2&cursor={first['next']}", None, clerk).body
    asked_for = [[one["role"] for one in line["after"].values()] for line in first["items"] + second["items"]]
    assert asked_for == [["support"], ["finance"], ["risk"]]
    assert "next" not in second
    assert market.call("GET", f"/v1/office/people/{clerk.person_id}/history", None, clerk).status == 403
