"""When a session is over, as the server answers: idle since its rotation, twelve hours old, or copied."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.session import GRACE
from chalicelib.handlers.answers import Answer, answered
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.surroundings import real_surroundings
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market

SECOND = timedelta(seconds=1)
ROUTES = {route.name: route for route in DECLARED}
IDLE = {"customer": timedelta(minutes=30), "finance": timedelta(minutes=15)}
ENDED = (401, "TOKEN_EXPIRED")


class Tokens(NamedTuple):
    access: str
    refresh: str


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def begun(market: Market, role: str, now: datetime) -> Tokens:
    who = market.customer() if role == "customer" else market.staff(role)
    session = bootstrap.sessions().begun(who.person_id, "person.sign_in", None, now, factor_shown=True)
    return Tokens(session.access_token, str(session.refresh_token))


def at(now: datetime, name: str, token: str = "", **body: str) -> Answer:
    """What a route answers at that moment."""
    bootstrap.authority.forget()  # no process remembers for half an hour
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    content = json.dumps(body).encode() if body else b""
    incoming = Incoming(ROUTES[name].method, ROUTES[name].path_text, headers, content)
    return answered(ROUTES[name], incoming, real_surroundings()._replace(now=lambda: now))


def goes_on(tokens: Tokens, now: datetime) -> Tokens:
    answer = at(now, "refresh_session", refresh_token=tokens.refresh)
    assert answer.status == 201, answer.body
    told = json.loads(answer.body)
    return Tokens(told["access_token"], told["refresh_token"])


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["code"]


@pytest.mark.capability("S-084")
@pytest.mark.parametrize("role", IDLE)
def test_an_idle_session_is_over_and_its_tokens_are_401(market: Market, role: str) -> None:
    """A second before it goes on; from then on nothing of it is taken, however often it is shown."""
    now = bootstrap.now()
    tokens = begun(market, role, now)
    now += IDLE[role] - SECOND
    tokens = goes_on(tokens, now)
    assert at(now, "me", tokens.access).status == 200
    now += IDLE[role]
    for later in (timedelta(), SECOND, IDLE[role]):
        assert refused(at(now + later, "refresh_session", refresh_token=tokens.refresh)) == ENDED
        assert refused(at(now + later, "me", tokens.access)) == ENDED


@pytest.mark.capability("S-084")
@pytest.mark.parametrize("role", IDLE)
def test_a_session_that_is_used_all_the_time_is_over_after_twelve_hours(market: Market, role: str) -> None:
    began = bootstrap.now()
    tokens, now = begun(market, role, began), began
    while now + IDLE[role] / 2 < began + timedelta(hours=12):
        now += IDLE[role] / 2
        tokens = goes_on(tokens, now)
    over = began + timedelta(hours=12)
    last = goes_on(tokens, over - SECOND)
    assert at(over - SECOND, "me", last.access).status == 200
    assert refused(at(over, "refresh_session", refresh_token=last.refresh)) == ENDED
    assert refused(at(over, "me", last.access)) == ENDED


@pytest.mark.capability("S-084")
@pytest.mark.parametrize("role", IDLE)
def test_a_token_that_was_used_ends_the_session_for_whoever_has_it(market: Market, role: str) -> None:
    now = bootstrap.now()
    first = begun(market, role, now)
    second = goes_on(first, now + SECOND)
    now += SECOND + GRACE
    assert refused(at(now, "refresh_session", refresh_token=first.refresh)) == (401, "TOKEN_USED_TWICE")
    assert refused(at(now, "refresh_session", refresh_token=second.refresh)) == (401, "SESSION_ENDED")
    for token in (first.access, second.access):
        assert refused(at(now, "me", token)) == (401, "SESSION_ENDED")
