"""Grants: who gives whom which role, until when, and who else must agree."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.approval import Decision, FourEyes, decided
from chalicelib.domain.document import from_document, to_document
from chalicelib.domain.errors import IllegalState, Refusal
from chalicelib.domain.grant import (
    GRANT_TERM_MAX,
    GRANTS_MAX,
    REQUEST_TERM,
    REVIEW_TERM,
    Grant,
    GrantRegionInvalid,
    GrantState,
    GrantTermInvalid,
    NotOneself,
    TooManyGrants,
    approved,
    enrolled_grants,
    held_roles,
    may_agree_alone,
    refused,
    request_for,
    reviewed,
    revoked,
    still_standing,
    with_request,
)
from chalicelib.domain.person import Role, RolesNotTogether

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ANNA, BORIS, CARLA = "stf_AAAAAAAAAAAA", "stf_BBBBBBBBBBBB", "stf_CCCCCCCCCCCC"


def a_request(role: str = "finance", **fields: object) -> Grant:
    """What Anna asks for Carla."""
    asked = Grant("grn_1", role, False, NOW, ANNA, NOW, ends_at=NOW + 30 * DAY, reason="pays out")
    return replace(asked, **fields)


def a_grant(role: str = "finance", **fields: object) -> Grant:
    return approved(a_request(role, **fields), BORIS, NOW)


def test_a_grant_gives_its_role_from_its_first_second_on_and_nothing_from_its_last() -> None:
    grant = a_grant(begins_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    moments = [NOW + DAY - SECOND, NOW + DAY, NOW + 2 * DAY - SECOND, NOW + 2 * DAY]
    assert [grant.holds(moment) for moment in moments] == [False, True, True, False]


def test_what_was_asked_for_refused_or_taken_gives_nothing() -> None:
    grant = a_grant()
    others = [a_request(), refused(a_request()), revoked(grant, CARLA, ANNA)]
    assert held_roles([grant], NOW) == {"finance"}
    assert held_roles(others, NOW) == frozenset()


def test_it_takes_three_people() -> None:
    with pytest.raises(NotOneself):
        with_request({}, a_request(), ANNA, NOW)
    request = request_for(CARLA, a_request())
    for one in (ANNA, CARLA):
        for agrees in (True, False):
            with pytest.raises(FourEyes):
                decided(request, Decision(one, agrees, NOW), frozenset({"admin"}))
    assert decided(request, Decision(BORIS, True, NOW), frozenset({"admin"})).approved_by == (BORIS,)
    grant = approved(a_request(), BORIS, NOW)
    assert (grant.state, grant.requested_by, grant.approved_by, grant.alone) == (
        GrantState.APPROVED,
        ANNA,
        BORIS,
        False,
    )


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_the_first_admin_alone_makes_another_admin_and_nobody_else(role: Role) -> None:
    alone = approved(a_request("admin"), ANNA, NOW)
    assert (alone.state, alone.approved_by, alone.alone) == (GrantState.APPROVED, ANNA, True)
    request = request_for(CARLA, a_request("admin"))
    assert may_agree_alone(request, ANNA, frozenset({ANNA}))
    assert not may_agree_alone(request, ANNA, frozenset({ANNA, BORIS}))
    assert not may_agree_alone(request, BORIS, frozenset({BORIS}))
    assert not may_agree_alone(request_for(ANNA, a_request("admin")), ANNA, frozenset({ANNA}))
    assert not may_agree_alone(request_for(CARLA, a_request(role)), ANNA, frozenset({ANNA}))


@pytest.mark.parametrize("decide", [revoked, lambda *one: reviewed(*one, NOW)])
def test_nobody_decides_about_their_own(decide: Callable[..., Grant]) -> None:
    with pytest.raises(NotOneself):
        decide(a_grant(), CARLA, CARLA)


@pytest.mark.parametrize("state", GrantState)
def test_only_steps_of_the_table_are_taken(state: GrantState) -> None:
    grant = replace(a_request(), state=state)
    if state is not GrantState.REQUESTED:
        with pytest.raises(IllegalState):
            approved(grant, BORIS, NOW)
        with pytest.raises(IllegalState):
            refused(grant)
    if state is not GrantState.APPROVED:
        with pytest.raises(IllegalState):
            revoked(grant, CARLA, BORIS)
        with pytest.raises(IllegalState):
            reviewed(grant, CARLA, BORIS, NOW)


REFUSED = [
    ({"ends_at": None}, GrantTermInvalid),
    ({"ends_at": NOW}, GrantTermInvalid),
    ({"begins_at": NOW - 2 * DAY, "ends_at": NOW - DAY}, GrantTermInvalid),
    ({"begins_at": NOW + DAY, "ends_at": NOW + DAY}, GrantTermInvalid),
    ({"ends_at": NOW + GRANT_TERM_MAX + SECOND}, GrantTermInvalid),
    ({"role": "customer"}, RolesNotTogether),
    ({"role": "partner"}, RolesNotTogether),
    ({"role": "auditor"}, RolesNotTogether),
    ({"role": "admin", "region": "53"}, GrantRegionInvalid),
]


@pytest.mark.parametrize("fields, refusal", REFUSED)
def test_what_may_not_be_asked_for(fields: dict[str, object], refusal: type[Refusal]) -> None:
    has = {"grn_0": a_grant("ops", grant_id="grn_0")}
    with pytest.raises(refusal):
        with_request(has, a_request(**fields), CARLA, NOW)
    assert sorted(with_request(has, a_request(ends_at=NOW + GRANT_TERM_MAX), CARLA, NOW)) == [
        "grn_0",
        "grn_1",
    ]


def test_an_auditor_is_nothing_else_also_when_both_are_only_asked_for() -> None:
    asked = with_request({}, a_request("auditor"), CARLA, NOW)
    with pytest.raises(RolesNotTogether):
        with_request(asked, a_request("ops", grant_id="grn_2"), CARLA, NOW)
    had, later = {"grn_1": a_grant("auditor")}, a_request("ops", grant_id="grn_2", ends_at=NOW + 60 * DAY)
    with pytest.raises(RolesNotTogether):
        with_request(had, later, CARLA, NOW + 30 * DAY - SECOND)
    after = with_request(had, later, CARLA, NOW + 30 * DAY)
    assert sorted(after) == ["grn_2"]


def test_what_is_over_stands_no_more() -> None:
    grants = {
        "grn_asked": a_request(),
        "grn_old": a_request(requested_at=NOW - REQUEST_TERM),
        "grn_had": a_grant(begins_at=NOW - DAY, ends_at=NOW),
        "grn_refused": refused(a_request()),
        "grn_taken": revoked(a_grant(), CARLA, BORIS),
        "grn_later": a_grant(begins_at=NOW + DAY),
    }
    assert sorted(still_standing(grants, NOW)) == ["grn_asked", "grn_later"]


def test_a_person_has_at_most_twenty() -> None:
    many = {f"grn_{number}": a_grant(grant_id=f"grn_{number}") for number in range(GRANTS_MAX)}
    with pytest.raises(TooManyGrants):
        with_request(many, a_request(grant_id="grn_more"), CARLA, NOW)


def test_a_grant_is_to_be_looked_at_each_quarter() -> None:
    grant = a_grant(ends_at=NOW + 300 * DAY)
    assert [grant.needs_review(NOW + REVIEW_TERM - SECOND), grant.needs_review(NOW + REVIEW_TERM)] == [
        False,
        True,
    ]
    seen = reviewed(grant, CARLA, ANNA, NOW + REVIEW_TERM)
    assert (seen.reviewed_by, seen.needs_review(NOW + REVIEW_TERM)) == (ANNA, False)
    assert seen.needs_review(NOW + 2 * REVIEW_TERM)
    assert not a_request().needs_review(NOW + REVIEW_TERM)


def test_whom_the_operator_enrols_has_the_roles_without_an_end() -> None:
    grants = enrolled_grants(["finance", "ops"], NOW)
    assert held_roles(grants.values(), NOW + 10 * GRANT_TERM_MAX) == {"finance", "ops"}
    assert {grant.approved_by for grant in grants.values()} == {"operator"}


@pytest.mark.parametrize(
    "grant", [a_request(), a_grant(region="5301"), *enrolled_grants(["ops"], NOW).values()]
)
def test_a_grant_is_stored_and_read_back(grant: Grant) -> None:
    assert from_document(Grant, to_document(grant)) == grant
