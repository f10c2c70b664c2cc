"""The authorisation matrix: every route, somebody of every role, and whatever they may try.

What must be answered follows from the declaration alone: who has none of its roles is refused before
anything is read, and what is not one's own is answered as what is not there.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain import people_items
from chalicelib.domain.grant import EVERYWHERE
from chalicelib.domain.person import STAFF_ROLES, Role
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.openapi import document
from chalicelib.handlers.route import WRITES, Route
from local.testing import Engine
from tests.handlers.api_client import Reply
from tests.handlers.everybody import GUARDED, NEVER, Everybody, is_for_all, is_untouched
from tests.handlers.market import Attempt, Trader, everything
from tests.handlers.scenarios.approvals import ask_posting
from tests.handlers.scenarios.distribution import draft_plan, propose_parameter, requested
from tests.handlers.scenarios.staff import REASON, grant_path, invited
from tests.handlers.test_accesses import address_of
from tests.handlers.test_every_route import body_of

MISSING = {"day": "2019-01-01"}  # the example of a day is one that is there
OUTSIDE = "no~id~has~this~shape"
# It is asked for by key: who holds everywhere sees no line, who holds in a region not even that.
NOTHING_THERE = {"distributor_statement": (200, "")}
WITH_BORDERS = sorted(STAFF_ROLES - EVERYWHERE)


class Cell(NamedTuple):
    """One call: what it is, what was expected, and what came."""

    case: str
    route: str
    role: str
    expected: tuple[int, str]
    answered: tuple[int, str]


class Matrix(list[Cell]):
    """All that was tried."""

    def note(self, case: str, route: Route, role: str, answer: Reply, status: int, code: str = "") -> None:
        """`code` is all of the problem's code, or its end."""
        fits = answer.status == status and answer.code.endswith(code)
        answered = (status, code) if fits else (answer.status, answer.code)
        self.append(Cell(case, route.name, role, (status, code), answered))

    @property
    def unexpected(self) -> list[Cell]:
        return [cell for cell in self if cell.answered != cell.expected]

    @property
    def told(self) -> str:
        cases = sorted(Counter(cell.case for cell in self).items())
        each = ", ".join(f"{count} {case}" for case, count in cases)
        return f"authorisation: {len(self)} calls, {len(self.unexpected)} unexpected ({each})"


@pytest.fixture(scope="module")
def everybody(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    with Everybody.there(engine, tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture(scope="module")
def whole_matrix() -> Matrix:
    return Matrix()


@pytest.fixture
def matrix(whole_matrix: Matrix) -> Iterator[Matrix]:
    """What one test tries."""
    part = Matrix()
    yield part
    whole_matrix.extend(part)


def call(route: Route, token: str, path: str = "", raw: bytes | None = None) -> Attempt:
    """A call whose form is right, of what is not there; `raw` is another body."""
    body = body_of(route) if route.body else None
    where = path or address_of(route, MISSING)
    return Attempt(where, body, Trader("", token) if token else None, raw=raw, method=route.method)


def unknown(route: Route) -> tuple[int, str]:
    """What a declaration promises for an id that names nothing: not found, or an empty list."""
    codes = [refusal.code for refusal in route.refusals if refusal.status == 404]
    return (404, "UNKNOWN") if any(code.endswith("UNKNOWN") for code in codes) else (route.status, "")


def malformed(route: Route, token: str) -> Iterator[tuple[Attempt, int, str]]:
    """Calls whose form is wrong, each in one place, and how each is refused."""
    if route.path:
        outside = dict.fromkeys(route.path.model_fields, OUTSIDE)
        yield call(route, token, address_of(route, outside)), 404, "NOT_FOUND"
    if route.writes:
        code = "MALFORMED_JSON" if route.body else "REQUEST_INVALID"
        yield call(route, token, raw=b"{"), 400, code
    if route.query:
        yield (
            call(route, token, f"{address_of(route, MISSING).partition('?')[0]}?is_admin=1"),
            400,
            "REQUEST_INVALID",
        )


@pytest.fixture(scope="module", params=Role)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.capability("S-013")
def test_who_has_no_role_of_a_route_is_refused_before_anything_is_read(
    everybody: Everybody, matrix: Matrix, role: str
) -> None:
    things, somebody = everybody.things.ids, everybody.of(role)
    before = everything(everybody.world)
    with everybody.world.metered() as reading:
        for route in [route for route in GUARDED if not somebody.may(route)]:
            token = somebody.trader.token
            for case, attempt in (
                ("another's", call(route, token, address_of(route, things))),
                ("missing", call(route, token)),
                *(("malformed", attempt) for attempt, _, _ in malformed(route, token)),
            ):
                matrix.note(
                    f"{case}, without the role", route, role, everybody.make(attempt), 403, "ROLE_MISSING"
                )
    assert matrix.unexpected == []
    assert set(reading().read_units) <= {everybody.world.table_name("people")}  # who it is, each ten seconds
    assert is_untouched(everybody.world, before)


def test_what_is_missing_or_malformed_is_refused_to_who_has_the_role(
    everybody: Everybody, matrix: Matrix, role: str
) -> None:
    somebody = everybody.of(role)
    before = everything(everybody.world)
    for route in [route for route in GUARDED if somebody.may(route)]:
        token = somebody.trader.token
        if route.path:
            answer = everybody.make(call(route, token))
            matrix.note("missing", route, role, answer, *NOTHING_THERE.get(route.name, unknown(route)))
        for attempt, status, code in malformed(route, token):
            matrix.note("malformed", route, role, everybody.make(attempt), status, code)
    assert matrix.unexpected == []
    assert is_untouched(everybody.world, before)


def test_nobody_enters_without_a_session_that_goes_on(
    everybody: Everybody, matrix: Matrix, role: str
) -> None:
    """No token, the token of a session that was ended, and a refresh token instead of an access token."""
    somebody = everybody.of(role)
    ended = everybody.again(somebody.trader)
    left = everybody.call("DELETE", f"/v1/me/sessions/{ended.session_id}", None, somebody.trader)
    assert left.status == 204, left.text
    bootstrap.authority.forget()  # as if ten seconds had passed
    before = everything(everybody.world)
    for route in GUARDED:
        for case, token, code in (
            ("no token", "", "TOKEN_MISSING"),
            ("ended session", ended.trader.token, "SESSION_ENDED"),
            ("refresh token", somebody.refresh_token, "TOKEN_INVALID"),
        ):
            matrix.note(case, route, role, everybody.make(call(route, token)), 401, code)
    assert matrix.unexpected == []
    assert is_untouched(everybody.world, before)


def test_what_is_not_declared_is_served_to_nobody(everybody: Everybody, matrix: Matrix, role: str) -> None:
    token, declared = everybody.of(role).trader.token, methods_declared()
    before = everything(everybody.world)
    for path, methods in declared.items():
        (route, *_) = [route for route in DECLARED if route.path_text == path]
        for method in sorted((WRITES | {"GET", "HEAD"}) - methods):
            answer = everybody.api.call(method, address_of(route, MISSING), token=token)
            matrix.note("undeclared method", route, role, answer, 405, "METHOD_NOT_ALLOWED")
    for path in ("/v1", "/v1/office", "/v1/office/nothing", "/v1/office/products/of/nobody", "/v2/me"):
        answer = everybody.api.call("GET", path, token=token)  # the gateway's own answer, also on AWS
        matrix.append(Cell("undeclared path", path, role, (403, ""), (answer.status, answer.code)))
    assert matrix.unexpected == []
    assert is_untouched(everybody.world, before)


def methods_declared() -> dict[str, set[str]]:
    paths: dict[str, set[str]] = {}
    for route in DECLARED:
        paths.setdefault(route.path_text, set()).add(route.method)
    return paths


def test_what_is_served_is_what_is_declared_and_described() -> None:
    served = {path: set(methods) - {"OPTIONS"} for path, methods in app.routes.items()}
    described = document(DECLARED)["paths"]
    assert served == methods_declared()
    assert {path: {method.upper() for method in told} for path, told in described.items()} == served


def test_who_somebody_is_costs_one_read_and_none_within_ten_seconds(everybody: Everybody, role: str) -> None:
    somebody = everybody.of(role)
    closed = next(route for route in GUARDED if not somebody.may(route))
    bootstrap.authority.forget()
    for known in (False, True):
        with everybody.world.metered() as reading:
            assert everybody.make(call(closed, somebody.trader.token)).status == 403
        once = {"dynamodb.GetItem": 1}
        assert reading().calls == ({} if known and role != Role.NEWCOMER else once)


# ---------------------------------------------------------------- the terms of a role


@pytest.mark.parametrize("role", WITH_BORDERS)
def test_a_role_opens_no_more_than_its_terms(everybody: Everybody, matrix: Matrix, role: str) -> None:
    """One that holds in another region, and one that was not given as senior."""
    elsewhere = everybody.granted(role, region="4401", senior=True).token
    plain = everybody.granted(role).token
    ids = everybody.things.ids  # made when they are first asked for
    before = everything(everybody.world)
    for route in [route for route in GUARDED if route.of_office and role in route.roles]:
        path = address_of(route, ids)
        expected = unknown(route) if route.by_region else (403, "REGION_MISSING")
        answer = everybody.make(call(route, elsewhere, path))
        matrix.note("another region's", route, role, answer, *expected)
        if route.sensitive:
            answer = everybody.make(call(route, plain, path))
            matrix.note("not senior", route, role, answer, 403, "SENIOR_MISSING")
        elif route.method == "GET":
            matrix.note("not senior", route, role, everybody.make(call(route, plain, path)), route.status)
    assert matrix.unexpected == []
    assert is_untouched(everybody.world, before)


def taken(everybody: Everybody, who: Trader) -> None:
    admin = everybody.staff("admin")
    path = grant_path(everybody, admin, who.person_id)
    assert everybody.call("POST", f"{path}/revocation", REASON, admin).status == 200


def over(everybody: Everybody, who: Trader) -> None:
    """The last second of what they hold has passed."""
    item = bootstrap.documents().get(people_items.TABLE, who.person_id, people_items.PROFILE)
    assert item is not None
    now = bootstrap.now()
    ended = {name: replace(one, ends_at=now) for name, one in people_items.grants_of(item).items()}
    assert bootstrap.documents().change(people_items.grants_change(item, ended))


def locked(everybody: Everybody, who: Trader) -> None:
    path = f"/v1/office/staff/{who.person_id}/lock"
    assert everybody.call("POST", path, REASON, everybody.staff("admin")).status == 200


ENDED = {
    "taken": (taken, "ROLE_MISSING"),
    "over": (over, "ROLE_MISSING"),
    "locked": (locked, "PERSON_LOCKED"),
}


@pytest.mark.capability("S-013")
@pytest.mark.parametrize("how", ENDED)
@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_a_role_that_is_no_more_opens_nothing(
    everybody: Everybody, matrix: Matrix, role: str, how: str
) -> None:
    end, code = ENDED[how]
    who = everybody.granted(role, senior=True)
    assert everybody.call("GET", "/v1/me", None, who).body["roles"] == [role]
    end(everybody, who)
    bootstrap.authority.forget()  # as if ten seconds had passed
    before = everything(everybody.world)
    for route in [route for route in GUARDED if role in route.roles]:
        answer = everybody.make(call(route, who.token, address_of(route, everybody.things.ids)))
        matrix.note(f"role {how}", route, role, answer, 403, code)
    assert matrix.unexpected == []
    assert is_untouched(everybody.world, before)


# ---------------------------------------------------------------- the second person


def with_request(everybody: Everybody, alone: Trader, first: Attempt, path: str, name: str = "") -> Attempt:
    """What one person asked for, and the same person's word on it. `name` is that of its id."""
    asked = everybody.make(replace(first, who=alone))
    assert asked.status < 300, asked.text
    return Attempt(path.format(asked.body.get(name)), {}, alone)


def with_plan(everybody: Everybody, alone: Trader) -> Attempt:
    drafted = everybody.make(replace(draft_plan(everybody), who=alone)).body
    path = f"/v1/office/plans/{drafted['plan_id']}/approval"
    return Attempt(path, {"request_id": drafted["request_id"]}, alone)


def alone_with_a_withdrawal(everybody: Everybody, alone: Trader, amount_fen: int, verb: str) -> Attempt:
    """Approved by the same person before."""
    _, withdrawal_id = requested(everybody, amount_fen)
    path = f"/v1/office/withdrawals/{withdrawal_id}"
    first = Attempt(f"{path}/approval", {})
    return with_request(everybody, alone, first, f"{path}/{verb}")


def alone_with_a_grant(everybody: Everybody, alone: Trader) -> Attempt:
    person_id, _ = invited(everybody, alone, "ops")
    return Attempt(f"{grant_path(everybody, alone, person_id)}/approval", REASON, alone)


# What one person, with every role there is, prepares and then wants to decide as well.
ALONE: dict[str, Callable[[Everybody, Trader], Attempt]] = {
    "approve_plan": with_plan,
    "approve_parameter": lambda e, who: with_request(
        e, who, propose_parameter(e), "/v1/office/parameters/{}/approval", "proposal_id"
    ),
    "approve_request": lambda e, who: with_request(
        e, who, ask_posting(e), "/v1/office/approvals/{}/approval", "request_id"
    ),
    "approve_withdrawal": lambda e, who: alone_with_a_withdrawal(e, who, 6_000_000, "approval"),
    "pay_withdrawal": lambda e, who: alone_with_a_withdrawal(e, who, 50_000, "payout"),
    "approve_grant": alone_with_a_grant,
}


@pytest.mark.parametrize(
    "route", [route for route in GUARDED if route.second_person], ids=lambda route: route.name
)
def test_nobody_is_the_second_person_of_the_own_request(
    everybody: Everybody, matrix: Matrix, route: Route
) -> None:
    who = everybody.enrolled(*sorted(STAFF_ROLES - {Role.AUDITOR}))
    attempt = ALONE[route.name](everybody, who)
    before = everything(everybody.world)
    matrix.note("own request", route, "all", everybody.make(attempt), 403, "FOUR_EYES")
    assert matrix.unexpected == []
    assert is_untouched(everybody.world, before)


def strangers(route: Route) -> list[str]:
    """The roles whose people have such things of their own, and not those of others."""
    if is_for_all(route):
        return list(Role)
    return ["customer", "distributor"] if "customer" in route.roles else []


def try_as_strangers(everybody: Everybody, matrix: Matrix, route: Route, attempt: Attempt) -> None:
    """Nobody whose thing it is not can use it, or learns that it is there."""
    people = [(role, everybody.of(role).trader) for role in strangers(route)]
    with everybody.world.metered() as reading:
        for role, who in people:
            answer = everybody.make(replace(attempt, who=who))
            matrix.note("another's", route, role, answer, *unknown(route))
    assert reading().write_units_sum == 0


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)
def test_everybody_may_what_is_declared_and_nothing_with_what_is_anothers(
    everybody: Everybody, matrix: Matrix, route: Route
) -> None:
    for role in route.roles:
        attempt = everybody.own(route, role)
        if route.path and role in strangers(route):
            try_as_strangers(everybody, matrix, route, attempt)
        answer = everybody.make(attempt)
        matrix.note("own", route, role, answer, *NEVER.get((route.name, role), (route.status, "")))
        assert matrix.unexpected == [], answer.text


def test_nothing_was_answered_otherwise_than_declared(
    whole_matrix: Matrix, record_property: Callable[[str, object], None]
) -> None:
    """Of all calls of this module, whose sum is told at the end of a run."""
    record_property("told", whole_matrix.told)
    assert whole_matrix.unexpected == []
