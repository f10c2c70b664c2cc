"""Sessions: a refresh token is good once, and what ends a session ends it everywhere."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain import people_items
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.grant import Grant, approved
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person import PasswordWeak, PersonLocked, SignInRefused, TokenInvalid, TooManyTries
from chalicelib.domain.session import GRACE, SESSIONS_MAX, SessionEnded, SessionUnknown, TokenUsedTwice
from chalicelib.usecases.authority import KEPT, Authority
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.sessions import Session
from tests.unit.usecases.town import CLIENT, NOW, OTHER_PHONE, PASSWORD, PHONE, Town

SECOND = timedelta(seconds=1)
NEW_PASSWORD = "fuenf gelbe ampeln"


@pytest.fixture
def town() -> Town:
    town = Town()
    town.customer()
    return town


def actor_of(town: Town, session: Session) -> Actor:
    claims = town.tokens.read_access(session.access_token, town.now)
    return Actor(claims.person_id, claims.roles, client=CLIENT, session_id=claims.session_id)


def command_of(town: Town, session: Session, key: str = "", request_hash: str = "hash") -> Command:
    command = town.command(session.person.person_id, key, request_hash)
    return Command(actor_of(town, session), command.key, town.now, request_hash)


def actions(town: Town) -> list[str]:
    return [record.action for record in town.books.journal.values()]


def profile(town: Town, session: Session) -> dict[str, object]:
    return town.documents.items["people", session.person.person_id, "profile"]


# ---------------------------------------------------------------- rotation


def test_each_refresh_token_is_good_once_and_its_second_use_ends_the_session(town: Town) -> None:
    first = town.session()
    second = town.goes_on(first, NOW + SECOND)
    third = town.goes_on(second, NOW + 20 * SECOND)
    with pytest.raises(TokenUsedTwice):
        town.goes_on(first, NOW + 21 * SECOND)
    for token in (first, second, third):
        with pytest.raises(SessionEnded):
            town.goes_on(token, NOW + 22 * SECOND)
    assert actions(town)[-1] == "session.used_twice"


def test_whoever_lost_the_answer_asks_again_within_ten_seconds(town: Town) -> None:
    first = town.session()
    lost = town.goes_on(first, NOW)
    again = town.goes_on(first, NOW + GRACE - SECOND)
    assert again.refresh_token != first.refresh_token
    assert town.tokens.read_refresh(again.refresh_token or "", NOW) == town.tokens.read_refresh(
        lost.refresh_token or "", NOW
    )
    assert town.goes_on(again, NOW + GRACE)


def test_ten_seconds_later_the_used_token_is_a_stolen_one(town: Town) -> None:
    first = town.session()
    town.goes_on(first, NOW)
    with pytest.raises(TokenUsedTwice):
        town.goes_on(first, NOW + GRACE)


def test_the_grace_is_for_the_token_before_this_one_only(town: Town) -> None:
    first = town.session()
    town.goes_on(town.goes_on(first, NOW), NOW + SECOND)
    with pytest.raises(TokenUsedTwice):
        town.goes_on(first, NOW + SECOND)


def test_asking_again_within_the_grace_does_not_make_the_session_younger(town: Town) -> None:
    first = town.session()
    after = town.goes_on(first, NOW + SECOND)
    again = town.goes_on(first, NOW + 9 * SECOND)
    assert again.refresh_expires_at == after.refresh_expires_at


def test_a_rotation_that_others_overtake_is_tried_again_and_given_up_at_last(town: Town) -> None:
    session = town.session()
    really, lost = town.documents.change, 3

    def losing(change: object) -> object:
        nonlocal lost
        lost -= 1
        return really(change) if lost < 0 else None  # type: ignore[arg-type]

    town.documents.change = losing  # type: ignore[method-assign,assignment]
    session = town.goes_on(session, NOW + SECOND)
    lost = 99
    with pytest.raises(Unavailable):
        town.goes_on(session, NOW + 2 * SECOND)


def test_a_token_of_nobody_continues_nothing(town: Town) -> None:
    session = town.session()
    del town.documents.items["people", session.person.person_id, "profile"]
    with pytest.raises(TokenInvalid):
        town.goes_on(session, NOW)


# ---------------------------------------------------------------- devices


def test_devices_are_listed_with_the_one_used_last_first(town: Town) -> None:
    old, town.now = town.session(), NOW + 60 * SECOND
    this = town.session()
    listed = town.sessions.listed(actor_of(town, this), town.now)
    assert [(device.session_id, device.is_this) for device in listed] == [
        (this.session_id, True),
        (old.session_id, False),
    ]
    assert (listed[1].agent, listed[1].began_at, listed[1].last_seen_at) == (CLIENT.agent, NOW, NOW)
    assert listed[1].ends_at == old.refresh_expires_at == NOW + timedelta(minutes=30)
    assert [
        device.session_id for device in town.sessions.listed(actor_of(town, this), old.refresh_expires_at)
    ] == [this.session_id]


def test_of_too_many_devices_the_idlest_is_signed_out(town: Town) -> None:
    sessions = []
    for _ in range(SESSIONS_MAX):
        sessions.append(town.session())
        town.now += SECOND
    sessions[0] = town.goes_on(sessions[0], town.now)
    town.session()
    with pytest.raises(SessionEnded):
        town.goes_on(sessions[1], town.now)
    assert town.goes_on(sessions[0], town.now)
    assert len(town.sessions.listed(actor_of(town, sessions[0]), town.now)) == SESSIONS_MAX


def test_sessions_that_are_over_are_forgotten_by_the_next_sign_in(town: Town) -> None:
    town.session()
    town.now += timedelta(minutes=30)
    session = town.session()
    assert list(profile(town, session)["sessions"]) == [session.session_id]  # type: ignore[call-overload]


def test_a_device_is_signed_out_once_and_by_its_owner_alone(town: Town) -> None:
    town.customer(OTHER_PHONE)
    mine, other = town.session(), town.session()
    with pytest.raises(SessionUnknown):
        town.sessions.end(command_of(town, town.session(OTHER_PHONE)), other.session_id)
    command = command_of(town, mine)
    town.sessions.end(command, other.session_id)
    before = actions(town)
    town.sessions.end(command, other.session_id)  # the answer was lost
    assert actions(town) == before
    assert before[-1] == "session.end"
    with pytest.raises(KeyReused):
        town.sessions.end(Command(command.actor, command.key, NOW, "another"), other.session_id)
    with pytest.raises(SessionUnknown):
        town.sessions.end(command_of(town, mine), other.session_id)
    with pytest.raises(SessionEnded):
        town.goes_on(other, NOW)
    assert town.goes_on(mine, NOW)


def test_all_other_devices_are_signed_out_at_once(town: Town) -> None:
    others = [town.session() for _ in range(3)]
    this = town.session()
    command = command_of(town, this)
    town.sessions.end_others(command)
    late = town.session()
    town.sessions.end_others(command)  # again: the same command ends nothing that came after it
    for other in others:
        with pytest.raises(SessionEnded):
            town.goes_on(other, NOW)
    assert town.goes_on(this, NOW) and town.goes_on(late, NOW)


# ---------------------------------------------------------------- another password


def test_another_password_ends_every_session_and_begins_one(town: Town) -> None:
    old, this = town.session(), town.session()
    renewed = town.sign_in.with_new_password(actor_of(town, this), PASSWORD, NEW_PASSWORD, NOW)
    for session in (old, this):
        with pytest.raises(SessionEnded):
            town.goes_on(session, NOW)
    assert town.goes_on(renewed, NOW)
    assert actions(town)[-1] == "person.new_password"
    with pytest.raises(SignInRefused):
        town.session()
    assert town.session(password=NEW_PASSWORD)


def test_the_old_password_is_asked_for_as_often_as_at_sign_in(town: Town) -> None:
    actor, before = actor_of(town, town.session()), actions(town)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            town.sign_in.with_new_password(actor, "a wrong password", NEW_PASSWORD, NOW)
    with pytest.raises(TooManyTries):
        town.sign_in.with_new_password(actor, PASSWORD, NEW_PASSWORD, NOW)
    assert actions(town) == before


@pytest.mark.parametrize("weak", ["short", "0123456789", PHONE])
def test_another_password_is_no_weaker_than_the_first(town: Town, weak: str) -> None:
    actor = actor_of(town, town.session())
    with pytest.raises(PasswordWeak):
        town.sign_in.with_new_password(actor, PASSWORD, weak, NOW)
    assert town.session()


# ---------------------------------------------------------------- authority


class Reading:
    """Documents that count their reads."""

    def __init__(self, town: Town) -> None:
        self.town, self.count = town, 0

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, object] | None:
        assert consistent, "a revoked session would live on in an old copy"
        self.count += 1
        return self.town.documents.get(table, pk, sk, consistent)


def authority_of(town: Town) -> tuple[Authority, Reading]:
    reading = Reading(town)
    return Authority(reading, town.tokens), reading  # type: ignore[arg-type]


def test_ten_seconds_of_requests_cost_one_read(town: Town) -> None:
    authority, reading = authority_of(town)
    session = town.session()
    for second in range(25):
        claims = authority(session.access_token, NOW + second * SECOND)
    assert (claims.person_id, claims.roles) == (session.person.person_id, {"customer"})
    assert reading.count == 3


def bites(town: Town, authority: Authority, token: str, refusal: type[Exception]) -> datetime:
    """When the refusal is seen first."""
    for second in range(60):
        try:
            authority(token, NOW + second * SECOND)
        except refusal:
            return NOW + second * SECOND
    raise AssertionError("it never bites")


def test_an_ended_session_a_lock_and_a_role_bite_within_ten_seconds(town: Town) -> None:
    authority, _ = authority_of(town)
    ended, kept = town.session(), town.session()
    authority(ended.access_token, NOW)
    town.sessions.end(command_of(town, kept), ended.session_id)
    assert bites(town, authority, ended.access_token, SessionEnded) == NOW + KEPT

    authority, _ = authority_of(town)
    authority(kept.access_token, NOW)
    profile(town, kept).update({"roles": ["finance"], "second_factor": True})
    assert authority(kept.access_token, NOW + KEPT - SECOND).roles == {"customer"}
    assert authority(kept.access_token, NOW + KEPT).roles == {"finance"}
    profile(town, kept)["locked"] = True
    assert bites(town, authority, kept.access_token, PersonLocked) == NOW + 2 * KEPT


@pytest.mark.capability("S-119")
def test_a_grant_ends_on_its_second_and_begins_on_it_without_another_read(town: Town) -> None:
    authority, reading = authority_of(town)
    session = town.session()
    town.guarded(session.person, session.session_id)
    asked = Grant("grn_1", "ops", False, NOW + SECOND, "stf_A", NOW, ends_at=NOW + 5 * SECOND)
    later = Grant("grn_2", "risk", False, NOW + 5 * SECOND, "stf_A", NOW, ends_at=NOW + 9 * SECOND)
    for grant in (asked, later):
        given = approved(grant, "stf_B", NOW)
        grants = people_items.grants_of(profile(town, session)) | {grant.grant_id: given}
        assert town.documents.change(people_items.grants_change(profile(town, session), grants))
    seen = [authority(session.access_token, NOW + second * SECOND).roles for second in range(10)]
    ops, risk, none = {"customer", "ops"}, {"customer", "risk"}, {"customer"}
    assert seen == [none, ops, ops, ops, ops, risk, risk, risk, risk, none]
    assert reading.count == 1


def test_grants_without_a_second_factor_make_a_newcomer_who_holds_nothing(town: Town) -> None:
    """Whatever comes from the profile or by grants: it is so for the token and at each look."""
    person = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["admin", "finance"])
    authority, _ = authority_of(town)
    session = town.session(OTHER_PHONE, code=town.code(OTHER_PHONE))
    claims = authority(session.access_token, town.now)
    assert (session.roles, claims.roles, claims.held) == (("newcomer",), {"newcomer"}, ())
    assert town.tokens.read_access(session.access_token, town.now).roles == {"newcomer"}
    town.guarded(person, session.session_id)
    claims = authority(session.access_token, town.now)
    assert claims.roles == {"admin", "finance"}, "at once"
    assert {(one.role, one.senior) for one in claims.held} == {("admin", True), ("finance", True)}


def test_a_token_names_no_role_whose_grant_is_over(town: Town) -> None:
    session = town.session()
    town.guarded(session.person, session.session_id)
    asked = Grant("grn_1", "ops", False, NOW, "stf_A", NOW, ends_at=NOW + 5 * SECOND)
    given = approved(asked, "stf_B", NOW)
    assert town.documents.change(people_items.grants_change(profile(town, session), {"grn_1": given}))
    session = town.goes_on(session, NOW + 4 * SECOND)
    assert session.roles == ("customer", "ops")
    assert town.goes_on(session, NOW + 5 * SECOND).roles == ("customer",)


def test_a_session_that_began_a_moment_ago_elsewhere_is_not_taken_for_an_ended_one(town: Town) -> None:
    authority, reading = authority_of(town)
    authority(town.session().access_token, NOW)
    assert authority(town.session().access_token, NOW + SECOND)
    assert reading.count == 2


def test_a_place_in_the_tree_and_a_real_name_are_seen(town: Town) -> None:
    authority, _ = authority_of(town)
    session = town.session()
    town.place(distributor_id_of(session.person.person_id))
    placed = town.session()
    profile(town, placed)["real_name"] = True
    claims = authority(placed.access_token, NOW)
    assert (claims.roles, claims.real_name) == ({"customer", "distributor"}, True)


def test_a_token_of_nobody_and_a_session_of_somebody_else_are_refused(town: Town) -> None:
    authority, _ = authority_of(town)
    session = town.session()
    profile(town, session)["sessions"] = {}
    with pytest.raises(SessionEnded):
        authority(session.access_token, NOW)
    del town.documents.items["people", session.person.person_id, "profile"]
    with pytest.raises(TokenInvalid):
        authority(session.access_token, NOW + KEPT)
