"""The second factor: when is it on, what does its code open, and how often may somebody guess?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import PAUSE, Purpose
from chalicelib.domain.people_items import PROFILE
from chalicelib.domain.person import (
    CodeRequired,
    PasswordNeeded,
    Person,
    ResetByAdmin,
    SignInRefused,
    TooManyTries,
)
from chalicelib.domain.second_factor import (
    A_DAY_MAX,
    FACTOR,
    OFFER_TERM,
    STEP,
    SecondFactorNotOffered,
    SecondFactorOff,
    SecondFactorRequired,
    SecondFactorUsed,
    SecondFactorWrong,
    step_of,
)
from chalicelib.domain.session import SessionEnded
from chalicelib.usecases.authority import Authority
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.prove_again import Proof
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import (
    CLIENT,
    OTHER_DEVICE,
    OTHER_PHONE,
    PASSWORD,
    PHONE,
    Town,
    people_of,
)


@pytest.fixture
def town() -> Town:
    return Town()


def actor_of(person: Person, session_id: str = "") -> Actor:
    return Actor(person.person_id, frozenset(), client=CLIENT, session_id=session_id)


def actions(town: Town) -> list[str]:
    return [record.action for record in town.books.journal.values()]


def test_it_is_on_from_its_first_code_and_shows_ten_recovery_codes_once(town: Town) -> None:
    person = town.customer()
    who = actor_of(person)
    offer = town.factors.offered(who, Proof(PASSWORD), town.now)
    assert offer.uri.startswith("otpauth://totp/Forecourt:138%2A%2A%2A%2A8000?secret=")
    assert offer.expires_at == town.now + OFFER_TERM
    assert town.factors.state(person.person_id).is_on is False
    secret = offer.uri.partition("secret=")[2].partition("&")[0]
    recovery = town.factors.confirmed(who, town.digits(secret), town.now)
    assert len(set(recovery)) == 10
    state = town.factors.state(person.person_id)
    assert (state.is_on, state.on_since, state.recovery_codes_left) == (True, town.now, 10)
    assert actions(town) == ["person.register", "second_factor.on"]
    stored = repr(town.documents.items) + repr([one.body() for one in town.books.journal.values()])
    assert not any(hidden in stored for hidden in (secret, *recovery))


def test_a_secret_that_was_offered_too_long_ago_is_confirmed_by_no_code(town: Town) -> None:
    who = actor_of(town.customer())
    with pytest.raises(SecondFactorNotOffered):
        town.factors.confirmed(who, "123456", town.now)
    offer = town.factors.offered(who, Proof(PASSWORD), town.now)
    town.now += OFFER_TERM
    secret = offer.uri.partition("secret=")[2].partition("&")[0]
    with pytest.raises(SecondFactorNotOffered):
        town.factors.confirmed(who, town.digits(secret), town.now)
    assert not town.factors.state(who.person_id).is_on


@pytest.mark.parametrize("steps, is_good", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off_and_no_more(town: Town, steps: int, is_good: bool) -> None:
    person = town.customer()
    secret = town.guarded(person)
    town.now += 10 * STEP
    shown = town.digits(secret, steps)
    if is_good:
        town.factors.check(person.person_id, shown, CLIENT, town.now)
    else:
        with pytest.raises(SecondFactorWrong):
            town.factors.check(person.person_id, shown, CLIENT, town.now)


def test_each_step_is_good_once_and_none_before_it(town: Town) -> None:
    person = town.customer()
    secret = town.guarded(person)
    with pytest.raises(SecondFactorUsed):
        town.factors.check(person.person_id, town.digits(secret), CLIENT, town.now)  # it turned it on
    town.now += 5 * STEP
    for steps in (0, 1):
        town.factors.check(person.person_id, town.digits(secret, steps), CLIENT, town.now)
    for steps in (-1, 0, 1):
        with pytest.raises(SecondFactorUsed):
            town.factors.check(person.person_id, town.digits(secret, steps), CLIENT, town.now)


@dataclass
class Meanwhile(FakeDocuments):
    """Documents of which somebody else uses the step up, between the look and the write."""

    step: int = 0

    def change(self, change: DocumentChange) -> dict[str, object] | None:
        if self.step and change.set_values == {"step": self.step}:
            self.step = 0
            assert super().change(change) is not None  # the other session, a moment earlier
        return super().change(change)


def test_of_two_sessions_that_show_one_code_at_once_one_is_refused() -> None:
    documents = Meanwhile()
    town = Town(documents=documents)
    person = town.customer()
    secret = town.guarded(person)
    town.now += STEP
    documents.step = step_of(town.now)
    with pytest.raises(SecondFactorUsed):
        town.factors.check(person.person_id, town.digits(secret), CLIENT, town.now)
    assert documents.items["people", person.person_id, "factor"]["step"] == step_of(town.now)


def test_a_code_of_ten_characters_from_before_stays_good(town: Town) -> None:
    person = town.customer()
    town.guarded(person)
    item = town.documents.items["people", person.person_id, FACTOR]
    item["recovery"] = town.factors.indexes(person.person_id, ["23456-789AB"])
    assert town.factors.check(person.person_id, "23456 789ab", CLIENT, town.now)


def test_a_recovery_code_is_good_once_however_it_is_typed_and_leaves_a_record(town: Town) -> None:
    person = town.customer()
    town.guarded(person)
    first, second, *_ = town.recovery
    town.factors.check(person.person_id, first.lower().replace("-", " "), CLIENT, town.now)
    assert actions(town)[-1] == "second_factor.recovery"
    with pytest.raises(SecondFactorWrong):
        town.factors.check(person.person_id, first, CLIENT, town.now)
    town.factors.check(person.person_id, second, CLIENT, town.now)
    assert town.factors.state(person.person_id).recovery_codes_left == 8
    other = town.customer("13900139000")
    town.guarded(other)
    with pytest.raises(SecondFactorWrong):
        town.factors.check(other.person_id, first, CLIENT, town.now)


def test_renewing_and_turning_off_need_its_code(town: Town) -> None:
    person = town.customer()
    who, secret = actor_of(person), town.guarded(person)
    old = list(town.recovery)
    town.now += STEP
    with pytest.raises(SecondFactorRequired):
        town.factors.offered(who, Proof(PASSWORD), town.now)
    with pytest.raises(SecondFactorWrong):
        town.factors.offered(who, Proof(second_factor="000000"), town.now)
    offer = town.factors.offered(who, Proof(second_factor=town.digits(secret)), town.now)
    new = offer.uri.partition("secret=")[2].partition("&")[0]
    town.now += STEP
    town.factors.check(person.person_id, town.digits(secret), CLIENT, town.now)  # in force until the other is
    town.factors.confirmed(who, town.digits(new), town.now)
    town.now += STEP
    for useless in (town.digits(secret), old[0]):
        with pytest.raises(SecondFactorWrong):
            town.factors.turned_off(who, useless, town.now)
    town.factors.turned_off(who, town.digits(new), town.now)
    assert not town.factors.state(person.person_id).is_on
    assert actions(town)[-1] == "second_factor.off"
    with pytest.raises(SecondFactorOff):
        town.factors.turned_off(who, town.digits(new, 1), town.now)


def test_after_fifteen_wrong_tries_nothing_helps_until_the_next_day(town: Town) -> None:
    person = town.customer()
    secret = town.guarded(person)
    town.now += STEP
    for _ in range(A_DAY_MAX):
        with pytest.raises(SecondFactorWrong):
            town.factors.check(person.person_id, "000000", CLIENT, town.now)
    before = dict(town.documents.items)
    for shown in (town.digits(secret), town.recovery[0]):
        with pytest.raises(TooManyTries) as refused:
            town.factors.check(person.person_id, shown, CLIENT, town.now)
        assert refused.value.facts["retry_after_seconds"] == 8 * 3600 - 30  # it is 16:00:30 in Shanghai
    assert town.documents.items == before
    town.now += timedelta(hours=8)
    town.factors.check(person.person_id, town.digits(secret), CLIENT, town.now)


def test_the_right_code_gives_its_own_try_back_and_no_other(town: Town) -> None:
    person = town.customer()
    secret = town.guarded(person)
    for _ in range(A_DAY_MAX - 1):
        town.now += STEP
        with pytest.raises(SecondFactorWrong):
            town.factors.check(person.person_id, "000000", CLIENT, town.now)
        town.factors.check(person.person_id, town.digits(secret), CLIENT, town.now)
    with pytest.raises(SecondFactorWrong):
        town.factors.check(person.person_id, "000000", CLIENT, town.now)
    with pytest.raises(TooManyTries):
        town.factors.check(person.person_id, "000000", CLIENT, town.now)


def test_turning_it_on_ends_every_session_that_began_with_less(town: Town) -> None:
    person = town.customer()
    stolen, own = town.session(), town.session()
    authority = Authority(town.documents, town.tokens)
    assert authority(stolen.access_token, town.now).person_id == person.person_id
    town.guarded(person, own.session_id)
    assert authority(own.access_token, town.now).roles == {"customer"}
    town.now += timedelta(seconds=10)
    with pytest.raises(SessionEnded):
        authority(stolen.access_token, town.now)
    assert town.sessions.person(person.person_id, town.now).second_factor is True


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "meanwhile"])
def test_a_session_that_was_ended_turns_none_on(is_late: bool) -> None:
    """Authority may be ten seconds old: the profile is not."""
    documents = OnMeanwhile()
    town = Town(documents=documents)
    person = town.customer()
    stolen, own = town.session(), town.session()
    who = actor_of(person, stolen.session_id)
    offer = town.factors.offered(who, Proof(PASSWORD), town.now)
    secret = offer.uri.partition("secret=")[2].partition("&")[0]

    def end() -> None:
        command = replace(town.command(person.person_id), actor=actor_of(person, own.session_id))
        town.sessions.end(command, stolen.session_id)

    if is_late:
        documents.after_sk, documents.turn_on = PROFILE, end
    else:
        end()
    with pytest.raises(Unavailable if is_late else SessionEnded):
        town.factors.confirmed(who, town.digits(secret), town.now)
    assert not town.factors.state(person.person_id).is_on
    assert list(documents.items["people", person.person_id, "profile"]["sessions"]) == [own.session_id]
    assert town.goes_on(own, town.now)


@dataclass
class OnMeanwhile(FakeDocuments):
    """Documents in which the owner turns a second factor on while somebody else is signing in."""

    turn_on: Callable[[], object] | None = None
    after_sk: str = FACTOR

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, object] | None:
        found = super().get(table, pk, sk, consistent)
        if self.turn_on and sk == self.after_sk:
            turn_on, self.turn_on = self.turn_on, None
            turn_on()
        return found


def test_who_was_at_the_door_when_it_was_turned_on_shows_it_too() -> None:
    documents = OnMeanwhile()
    town = Town(documents=documents)
    person = town.customer()
    own = town.session()
    documents.turn_on = lambda: town.guarded(person, own.session_id)
    with pytest.raises(SecondFactorRequired):
        town.session()
    assert list(documents.items["people", person.person_id, "profile"]["sessions"]) == [own.session_id]


# ---------------------------------------------------------------- at the door


def test_whoever_has_it_on_shows_it_once_the_rest_is_proved(town: Town) -> None:
    person = town.customer()
    secret = town.guarded(person)
    town.now += STEP
    with pytest.raises(SignInRefused):
        town.session(password="a wrong password", second_factor=town.digits(secret))
    with pytest.raises(SecondFactorRequired):
        town.session()
    with pytest.raises(SecondFactorWrong):
        town.session(second_factor="000000")
    session = town.session(second_factor=town.digits(secret), **town.captcha())
    assert session.person.person_id == person.person_id
    with pytest.raises(SecondFactorUsed):
        town.session(second_factor=town.digits(secret))


def test_a_code_by_text_message_does_not_stand_in_place_of_it(town: Town) -> None:
    secret = town.guarded(town.customer())
    town.now += PAUSE
    code = town.code()
    with pytest.raises(SecondFactorRequired):
        town.session(password="", code=code)
    assert town.session(password="", code=code, second_factor=town.digits(secret))
    town.now += PAUSE
    code = town.code(purpose=Purpose.PASSWORD)
    before = people_of(town)
    with pytest.raises(SecondFactorRequired):
        town.new_password(code, "another long password")
    assert people_of(town) == before
    shown = town.digits(secret)
    assert town.new_password(code, "another long password", second_factor=shown)


def test_a_customer_on_a_new_device_shows_both(town: Town) -> None:
    secret = town.guarded(town.customer())
    town.now += PAUSE
    with pytest.raises(CodeRequired):
        town.session(device=OTHER_DEVICE, second_factor=town.digits(secret))
    code = town.code(device=OTHER_DEVICE)
    with pytest.raises(SecondFactorRequired):
        town.session(device=OTHER_DEVICE, code=code)
    assert town.session(device=OTHER_DEVICE, code=code, second_factor=town.digits(secret))


def test_what_is_shown_where_none_is_on_opens_nothing(town: Town) -> None:
    town.customer()
    town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["ops"])
    for phone in (PHONE, OTHER_PHONE):
        with pytest.raises(SecondFactorOff):
            town.session(phone, second_factor="123456")


def test_staff_show_it_in_place_of_a_code(town: Town) -> None:
    person = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["ops"])
    with pytest.raises(CodeRequired):
        town.session(OTHER_PHONE)  # a leaked password alone turns none on
    town.now += PAUSE
    newcomer = town.session(OTHER_PHONE, code=town.code(OTHER_PHONE))
    assert newcomer.roles == ("newcomer",)
    authority = Authority(town.documents, town.tokens)
    assert authority(newcomer.access_token, town.now).roles == {"newcomer"}
    secret = town.guarded(person, newcomer.session_id)
    assert authority(newcomer.access_token, town.now).roles == {"ops"}, "at once"
    town.now += STEP
    with pytest.raises(SecondFactorRequired):
        town.session(OTHER_PHONE, device=OTHER_DEVICE)
    shown = town.captcha(OTHER_DEVICE) | {"second_factor": town.digits(secret)}
    session = town.session(OTHER_PHONE, device=OTHER_DEVICE, **shown)
    assert session.roles == ("ops",)


def test_of_staff_without_one_a_text_message_alone_opens_nothing(town: Town) -> None:
    """Else whoever reads it turns on a second factor of their own, and is the office."""
    town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["admin"])
    code, before = town.code(OTHER_PHONE), people_of(town)
    with pytest.raises(PasswordNeeded):
        town.session(OTHER_PHONE, password="", code=code)
    assert people_of(town) == before
    assert town.session(OTHER_PHONE, code=code).roles == ("newcomer",)
    town.now += PAUSE
    code, before = town.code(OTHER_PHONE, Purpose.PASSWORD), people_of(town)
    with pytest.raises(ResetByAdmin):
        town.new_password(code, "another long password", OTHER_PHONE)
    assert people_of(town) == before
    assert town.session(OTHER_PHONE).roles == ("newcomer",), "the password is the old one"


def test_staff_who_show_theirs_need_no_password_beside_a_code(town: Town) -> None:
    secret = town.guarded(town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["admin"]))
    town.now += STEP
    shown = town.digits(secret)
    assert town.session(OTHER_PHONE, "", code=town.code(OTHER_PHONE), second_factor=shown).roles == ("admin",)
    town.now += PAUSE
    code, shown = town.code(OTHER_PHONE, Purpose.PASSWORD), town.digits(secret)
    assert town.new_password(code, "another long password", OTHER_PHONE, shown).roles == ("admin",)


def test_staff_who_turn_it_off_are_newcomers_within_ten_seconds(town: Town) -> None:
    person = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["admin"])
    secret = town.guarded(person)
    town.now += STEP
    session = town.session(OTHER_PHONE, second_factor=town.digits(secret))
    authority = Authority(town.documents, town.tokens)
    assert authority(session.access_token, town.now).roles == {"admin"}
    town.factors.turned_off(actor_of(person), town.digits(secret, 1), town.now)
    town.now += timedelta(seconds=10)
    assert authority(session.access_token, town.now).roles == {"newcomer"}
    assert town.goes_on(session, town.now).roles == ("newcomer",)
