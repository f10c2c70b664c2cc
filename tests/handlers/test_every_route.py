"""Every route, made from the declarations: who may not is refused, and what is wrong never gets in."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.person import EVERY_PORT, STAFF_ROLES, Claims, Held, Role
from chalicelib.domain.session import FACTOR_TERM
from chalicelib.handlers.answers import Answer, answered
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.examples import example_of
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.route import Route
from chalicelib.handlers.surroundings import Surroundings
from chalicelib.usecases.ports import Actor
from tests.fakes.keys import FakeKeys
from tests.handlers.demo import KEY, NOW

GUARDED = [route for route in DECLARED if not route.public]
WRITES = [route for route in DECLARED if route.writes]
WITH_BODY = [route for route in DECLARED if route.body]
NOT_MONEY = [-1, 0, 0.5, 1.0, "100", True, 10**13, None, []]
# A rule of the trade refuses these by its own name.
NAMED_REFUSALS = {
    ("request_withdrawal", -1): (422, "AMOUNT_INVALID"),
    ("request_withdrawal", 0): (422, "AMOUNT_INVALID"),
}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path_text}"


def around(*roles: str) -> Surroundings:
    """Surroundings in which every token is of somebody with these roles."""
    held = tuple(Held(role, senior=True) for role in roles if role in STAFF_ROLES)
    claims = Claims("cus_BBBBBBBBBBBB", frozenset(roles), held=held, factor_at=NOW, ports=EVERY_PORT)
    keys = FakeKeys()
    return Surroundings(
        lambda: NOW, lambda token, now: claims, keys.blind_index, lambda: "made-0000", keys.veil
    )


def request(route: Route, **changes: Any) -> Incoming:
    """A request that is right in everything, but for the changes."""
    whole = Incoming(
        method=route.method,
        path=route.path_text,
        headers={"authorization": "Bearer x", "content-type": "application/json", "idempotency-key": KEY},
        body=json.dumps(body_of(route)).encode() if route.body else b"",
        captured=example_of(route.path.model_json_schema(), {}) if route.path else {},
        address="127.0.0.1",
    )
    return whole._replace(**changes)


def body_of(route: Route) -> Any:
    assert route.body is not None
    schema = route.body.model_json_schema()
    return example_of(schema, schema.get("$defs", {}))


def without(route: Route, header: str) -> Incoming:
    whole = request(route)
    return whole._replace(headers={name: told for name, told in whole.headers.items() if name != header})


def refused(route: Route, incoming: Incoming) -> tuple[int, str]:
    """Status and code of the answer, given to somebody whose role is right."""
    answer = answered(route, incoming, around(*route.roles))
    return answer.status, code_of(answer)


def code_of(answer: Answer) -> str:
    return str(json.loads(answer.body)["code"])


@pytest.mark.parametrize("route", GUARDED, ids=name_of)
def test_nobody_enters_without_a_token(route: Route) -> None:
    assert refused(route, without(route, "authorization")) == (401, "TOKEN_MISSING")


@pytest.mark.parametrize("route", [route for route in GUARDED if route.under_notice], ids=name_of)
def test_nothing_new_begins_before_the_notice_is_accepted(route: Route) -> None:
    claims = Claims("cus_BBBBBBBBBBBB", frozenset(route.roles), notice_due=True, ports=EVERY_PORT)
    answer = answered(route, request(route), around()._replace(read_token=lambda token, now: claims))
    assert (answer.status, code_of(answer)) == (403, "NOTICE_OUTDATED")


@pytest.mark.parametrize("route", GUARDED, ids=name_of)
def test_nobody_enters_with_another_role(route: Route) -> None:
    for role in set(Role) - set(route.roles):
        answer = answered(route, request(route), around(role))
        assert (answer.status, code_of(answer)) == (403, "ROLE_MISSING")


def refused_to(route: Route, *held: Held, factor_at: datetime | None = NOW) -> tuple[int, str]:
    """Status and code of the answer to somebody to whom these roles were granted."""
    roles = frozenset(one.role for one in held)
    claims = Claims("stf_BBBBBBBBBBBB", roles, held=held, factor_at=factor_at, ports=EVERY_PORT)
    surroundings = around()._replace(read_token=lambda token, now: claims)
    answer = answered(route, request(route), surroundings)
    return answer.status, code_of(answer)


@pytest.mark.parametrize("route", [route for route in DECLARED if route.sensitive], ids=name_of)
def test_a_role_that_was_not_given_as_senior_does_nothing_sensitive(route: Route) -> None:
    others = [Held(role, senior=True) for role in Role if role not in route.roles]
    for role in route.roles:
        assert refused_to(route, Held(role), *others) == (403, "SENIOR_MISSING")


@pytest.mark.parametrize("route", [route for route in DECLARED if route.sensitive], ids=name_of)
def test_a_second_factor_that_was_not_shown_lately_opens_nothing_sensitive(route: Route) -> None:
    lately = NOW - FACTOR_TERM + timedelta(milliseconds=1)
    for role in route.roles:
        held = Held(role, senior=True)
        for factor_at in (None, NOW - FACTOR_TERM):
            assert refused_to(route, held, factor_at=factor_at) == (403, "STEP_UP_REQUIRED")
        assert refused_to(route, Held(role), factor_at=None) == (403, "SENIOR_MISSING")
        claims = Claims(
            "stf_BBBBBBBBBBBB", frozenset({role}), held=(held,), factor_at=lately, ports=EVERY_PORT
        )
        surroundings = around()._replace(read_token=lambda token, now, claims=claims: claims)
        done = route._replace(handler=lambda: None, takes=(), answers=None)
        assert answered(done, request(route), surroundings).status == route.status


def actor_of(route: Route, *held: Held) -> Actor:
    """Who a handler of this route hears that it is."""
    heard: list[Actor] = []

    def handler(actor: Actor) -> None:
        heard.append(actor)

    roles = frozenset(one.role for one in held)
    claims = Claims("stf_BBBBBBBBBBBB", roles, held=held, factor_at=NOW, ports=EVERY_PORT)
    surroundings = around()._replace(read_token=lambda token, now: claims)
    answered(route._replace(handler=handler, takes=("actor",), answers=None), request(route), surroundings)
    return heard[0]


def test_a_handler_hears_only_of_the_roles_that_open_its_route() -> None:
    """Approvers are told apart by role: one that is not senior must not count beside one that is."""
    routes = {route.name: route for route in DECLARED}
    both = Held("finance"), Held("risk", senior=True)
    assert actor_of(routes["approve_withdrawal"], *both).roles == {"risk"}
    here_and_everywhere = Held("ops", "53"), Held("risk"), Held("admin", senior=True)
    heard = actor_of(routes["change_state"], *here_and_everywhere)
    assert (heard.roles, heard.regions) == ({"risk"}, None)
    heard = actor_of(routes["change_state"], Held("ops", "53"), Held("risk", "4401"))
    assert (heard.roles, heard.regions) == ({"ops", "risk"}, ("4401", "53"))


WITHOUT_REGIONS = [route for route in DECLARED if route.of_office and not route.by_region]


@pytest.mark.parametrize("route", WITHOUT_REGIONS, ids=name_of)
def test_a_role_of_a_region_opens_nothing_that_knows_no_regions(route: Route) -> None:
    for role in STAFF_ROLES.intersection(route.roles):
        assert refused_to(route, Held(role, "53", senior=True)) == (403, "REGION_MISSING")
        if route.sensitive:  # everywhere, but not as senior; as senior, but not everywhere
            both = Held(role), Held(role, "53", senior=True)
            assert refused_to(route, *both) == (403, "REGION_MISSING")


@pytest.mark.parametrize("route", [route for route in WRITES if route.keyed], ids=name_of)
def test_no_write_without_a_good_key(route: Route) -> None:
    assert refused(route, without(route, "idempotency-key")) == (400, "IDEMPOTENCY_KEY_MISSING")
    headers = {**request(route).headers, "idempotency-key": "1"}
    assert refused(route, request(route, headers=headers)) == (400, "IDEMPOTENCY_KEY_INVALID")


def test_only_passwords_one_time_codes_searches_and_callbacks_do_without_a_key() -> None:
    """A code is its own key: it is spent by the write it allows, and sent again it is refused by name.
    Preferences have a version: sent again they are what stands there already."""
    keyless = {name_of(route) for route in DECLARED if route.keyless}
    assert keyless == {
        "POST /v1/enrolments",
        "POST /v1/sessions",
        "POST /v1/sessions/refresh",
        "POST /v1/sessions/by-new-password",
        "POST /v1/codes",
        "POST /v1/captchas",
        "POST /v1/captchas/{captcha_id}/sound",
        "POST /v1/office/people/search",
        "POST /v1/office/distributors/search",
        "PUT /v1/me/password",
        "PUT /v1/me/preferences",
        "DELETE /v1/me/preferences",
        "POST /v1/me/second-factor",
        "POST /v1/me/second-factor/confirmation",
        "POST /v1/me/second-factor/removal",
        "POST /v1/me/second-factor/proof",
        "POST /v1/me/challenges/withdrawal",
        "POST /v1/me/challenges/payee",
        "POST /v1/me/confirmations",
        "POST /v1/me/passkeys",
        "POST /v1/me/passkeys/confirmation",
        "POST /v1/me/passkeys/{passkey_id}/removal",
        "POST /v1/payments/{channel}/callbacks",
    }


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
def test_no_malformed_foreign_or_oversize_body_gets_in(route: Route) -> None:
    assert refused(route, request(route, body=b"{")) == (400, "MALFORMED_JSON")
    assert refused(route, without(route, "content-type")) == (415, "CONTENT_TYPE_UNSUPPORTED")
    assert refused(route, request(route, body=b" " * 300_000)) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
def test_the_example_of_a_body_fits_and_one_unknown_field_more_does_not(route: Route) -> None:
    assert route.body is not None
    route.body.model_validate_json(json.dumps(body_of(route)))
    more = json.dumps({**body_of(route), "is_admin": True}).encode()
    assert refused(route, request(route, body=more)) == (400, "REQUEST_INVALID")


def money_fields() -> Iterator[Any]:
    for route in WITH_BODY:
        assert route.body is not None
        for name in route.body.model_fields:
            if name.endswith("_fen"):
                yield pytest.param(route, name, id=f"{name_of(route)} {name}")


@pytest.mark.parametrize("route, field", list(money_fields()))
def test_no_negative_fractional_huge_or_quoted_money_gets_in(route: Route, field: str) -> None:
    assert route.body is not None
    optional = not route.body.model_fields[field].is_required()
    for wrong in NOT_MONEY:
        if wrong is None and optional:
            continue
        body = json.dumps({**body_of(route), field: wrong}).encode()
        expected = NAMED_REFUSALS.get((route.name, wrong)) if type(wrong) is int else None
        assert refused(route, request(route, body=body)) == (expected or (400, "REQUEST_INVALID")), wrong


@pytest.mark.parametrize("route", [route for route in DECLARED if route.path], ids=name_of)
def test_what_is_no_id_is_not_found(route: Route) -> None:
    captured = dict.fromkeys(request(route).captured or {}, "../x")
    assert refused(route, request(route, captured=captured)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("route", [route for route in DECLARED if route.query], ids=name_of)
def test_no_unknown_parameter_gets_in(route: Route) -> None:
    assert refused(route, request(route, query={"is_admin": ["1"]})) == (400, "REQUEST_INVALID")


def test_names_of_operations_are_given_once() -> None:
    names = [route.name for route in DECLARED]
    assert sorted(set(names)) == sorted(names)
