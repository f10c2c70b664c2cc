"""Step-up: a session remembers when it last showed a second factor, and its tokens say so."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.second_factor import SecondFactorOff, SecondFactorUsed, SecondFactorWrong
from chalicelib.domain.session import FACTOR_TERM, SessionEnded, is_fresh
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.sessions import Session
from tests.unit.usecases.town import CLIENT, OTHER_PHONE, PASSWORD, PHONE, Town, people_of


def factor_at(town: Town, session: Session) -> datetime | None:
    return town.tokens.read_access(session.access_token, town.now).factor_at


def owner_of(session: Session) -> Actor:
    roles = frozenset(session.roles)
    return Actor(session.person.person_id, roles, client=CLIENT, session_id=session.session_id)


@pytest.fixture
def town() -> Town:
    return Town()


def test_it_counts_for_five_minutes() -> None:
    now = Town().now
    assert is_fresh(now, now + FACTOR_TERM - timedelta(milliseconds=1))
    assert not is_fresh(now, now + FACTOR_TERM)
    assert not is_fresh(None, now)


def test_a_sign_in_with_a_second_factor_is_remembered_when_the_session_goes_on(town: Town) -> None:
    without = town.customer(OTHER_PHONE)
    assert factor_at(town, town.session(OTHER_PHONE)) is None, without
    secret = town.guarded(town.customer())
    town.now += timedelta(minutes=1)
    began = town.now
    session = town.session(PHONE, second_factor=town.digits(secret))
    assert factor_at(town, session) == began
    town.now += timedelta(minutes=3)
    assert factor_at(town, town.goes_on(session, town.now)) == began


def test_shown_once_more_it_counts_anew_in_this_session_alone(town: Town) -> None:
    secret = town.guarded(town.customer())
    town.now += timedelta(minutes=1)
    elsewhere = town.session(PHONE, second_factor=town.recovery[0])
    began = town.now
    here = town.session(PHONE, second_factor=town.digits(secret))
    town.now += timedelta(minutes=6)
    proved = town.sign_in.stepped_up(owner_of(here), town.digits(secret), town.now)
    assert (proved.session_id, factor_at(town, proved)) == (here.session_id, town.now)
    assert factor_at(town, town.goes_on(here, town.now)) == town.now
    assert factor_at(town, town.goes_on(elsewhere, town.now)) == began
    actions = [record.action for record in town.books.records(here.person.person_id)]
    assert actions.count("session.step_up") == 1


def test_what_is_wrong_used_or_off_counts_for_nothing(town: Town) -> None:
    secret = town.guarded(town.customer())
    town.now += timedelta(minutes=1)
    digits = town.digits(secret)
    session = town.session(PHONE, second_factor=digits)
    step_up, owner = town.sign_in.stepped_up, owner_of(session)
    for shown, refusal in (("AAAAA-AAAAA", SecondFactorWrong), (digits, SecondFactorUsed)):
        with pytest.raises(refusal):
            step_up(owner, shown, town.now)
    town.customer(OTHER_PHONE)
    other = town.session(OTHER_PHONE)
    before = people_of(town)
    with pytest.raises(SecondFactorOff):
        step_up(owner_of(other), "123456", town.now)
    assert people_of(town) == before
    town.sessions.end(town.command(owner.person_id), session.session_id)
    with pytest.raises(SessionEnded):
        step_up(owner, town.recovery[0], town.now)


def test_a_new_password_in_a_session_shows_no_second_factor(town: Town) -> None:
    secret = town.guarded(town.customer())
    town.now += timedelta(minutes=1)
    session = town.session(PHONE, second_factor=town.digits(secret))
    renewed = town.sign_in.with_new_password(owner_of(session), PASSWORD, "another long one 7", town.now)
    assert factor_at(town, renewed) is None
