"""The authorisation matrix: every route, somebody of every role, and whatever they may try.

What must be answered follows from the declaration alone: who has none of its roles is refused before
anything is read, and what is not one's own is answered as what is not there.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest

from chalicelib import bootstrap
from chalicelib.domain.person import Role
from chalicelib.handlers.route import Route
from local.testing import Engine
from tests.handlers.api_client import Reply
from tests.handlers.everybody import GUARDED, Everybody, is_for_all, is_untouched
from tests.handlers.market import Attempt, Trader, everything
from tests.handlers.test_accesses import address_of
from tests.handlers.test_every_route import body_of

MISSING = {"day": "2019-01-01"}  # the example of a day is one that is there
OUTSIDE = "no~id~has~this~shape"


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


@pytest.fixture(scope="module")
def everybody(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    with Everybody.there(engine, tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture(scope="module")
def whole_matrix() -> Iterator[Matrix]:
    tried = Matrix()
    yield tried
    told = ", ".join(
        f"{count} {case}" for case, count in sorted(Counter(cell.case for cell in tried).items())
    )
    print(f"\nauthorisation: {len(tried)} calls, {len(tried.unexpected)} unexpected ({told})")


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
            matrix.note("missing", route, role, answer, *unknown(route))
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
        matrix.note("own", route, role, answer, route.status)
        assert matrix.unexpected == [], answer.text
