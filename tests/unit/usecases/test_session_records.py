"""Sessions in the books: what each step of one leaves, what its tokens tell, and what happens in a crowd."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.change import Change, Replayed
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person import (
    SERVICE_NOTICE,
    SESSION_TERM,
    Claims,
    PersonLocked,
    PortWrong,
    TokenExpired,
    TokenInvalid,
)
from chalicelib.domain.person_history import told
from chalicelib.domain.record import Record
from chalicelib.domain.second_factor import SecondFactorRequired
from chalicelib.domain.session import GRACE, SessionEnded, Ticket, TokenUsedTwice
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.sessions import Session, SignedInDevice
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import CLIENT, NOW, PARENT, REFERRER, Town

SECOND = timedelta(seconds=1)


@dataclass
class ReadNow(FakeDocuments):
    """Documents in which nobody may read an old copy of a profile."""

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        assert consistent is True or (table, sk) != ("people", "profile")
        return super().get(table, pk, sk, consistent)


@dataclass
class Crowd:
    """Somebody else who writes before each of the next writes."""

    town: Town
    deeds: list[Callable[[], object]] = field(default_factory=list)
    writes: int = 0

    def __post_init__(self) -> None:
        self.commit, self.change = self.town.books.commit, self.town.documents.change
        self.town.books.commit = self._commit  # type: ignore[method-assign]
        self.town.documents.change = self._change  # type: ignore[method-assign]

    def _commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        with self._overtaken():
            self.commit(record, changes)

    def _change(self, change: Any) -> Any:
        with self._overtaken():
            return self.change(change)

    @contextmanager
    def _overtaken(self) -> Iterator[None]:
        self.writes += 1
        deeds, self.deeds = self.deeds, []
        try:
            if deeds:
                deeds.pop()()
            yield
        finally:
            self.deeds = deeds


@pytest.fixture
def town() -> Town:
    town = Town(ReadNow())
    town.customer()
    return town


def begun(town: Town, person_id: str = "", **more: Any) -> Session:
    person_id = person_id or customer_of(town)
    return town.sessions.begun(person_id, "person.sign_in", CLIENT, town.now, **more)


def customer_of(town: Town) -> str:
    return next(pk for _, pk, sk in town.documents.items if sk == "profile" and pk.startswith("cus_"))


def profile(town: Town) -> dict[str, Any]:
    return town.documents.items["people", customer_of(town), "profile"]


def command_of(town: Town, session: Session, **fields: Any) -> Command:
    command = town.command(session.person.person_id)
    actor = Actor(session.person.person_id, frozenset(), client=CLIENT, session_id=session.session_id)
    return replace(command, actor=actor, **fields)


def last(town: Town) -> Record:
    return list(town.books.journal.values())[-1]


def recorded(town: Town, action: str, **about: Any) -> Record:
    """What must stand in the books of a step of a session, under whatever key."""
    person_id = customer_of(town)
    return Record(person_id, last(town).entry_id, action, town.now, person_id, about, client=CLIENT)


def ticket(town: Town, session: Session) -> Ticket:
    return town.tokens.read_refresh(session.refresh_token or "", town.now)


def overtaken(town: Town, *deeds: Callable[[], object]) -> Crowd:
    return Crowd(town, list(deeds))


def elsewhere(town: Town) -> Callable[[], object]:
    """Another session of the same person begins."""
    return lambda: begun(town)


# ---------------------------------------------------------------- beginning


def test_a_session_leaves_a_record_with_its_client_and_opens_with_two_tokens(town: Town) -> None:
    session = begun(town)
    assert last(town) == recorded(town, "person.sign_in", session=session.session_id)
    assert (session.person.person_id, session.roles) == (customer_of(town), ("customer",))
    assert ticket(town, session) == Ticket(customer_of(town), session.session_id, 1)
    assert session.refresh_expires_at == NOW + timedelta(minutes=30)
    assert session.notice_due is (profile(town).get("notice", "") != SERVICE_NOTICE)
    kept = profile(town)["sessions"][session.session_id]
    assert kept == {
        "began_at": kept["rotated_at"],
        "rotated_at": kept["began_at"],
        "generation": 1,
        "agent": CLIENT.agent,
        "port": "",
    }


def test_a_session_of_no_known_client_begins_as_well(town: Town) -> None:
    session = town.sessions.begun(customer_of(town), "person.sign_in", None, NOW)
    assert profile(town)["sessions"][session.session_id]["agent"] == ""
    assert last(town).client is None


def test_what_is_changed_with_it_stands_in_the_record_and_in_the_history(town: Town) -> None:
    about = told(customer_of(town), {}, {"strange": ["new_city"]})
    session = begun(town, about=about)
    assert last(town) == recorded(town, "person.sign_in", session=session.session_id, **about)
    (line,) = town.documents.query("people", customer_of(town), "history#")
    assert (line["action"], line["after"]) == ("person.sign_in", {"strange": ["new_city"]})
    begun(town)
    assert len(town.documents.query("people", customer_of(town), "history#")) == 1


def test_a_session_is_for_one_client_or_for_all_of_the_person(town: Town) -> None:
    session = begun(town, port="customer")
    claims = town.tokens.read_access(session.access_token, NOW)
    assert (claims.ports, profile(town)["sessions"][session.session_id]["port"]) == ({"customer"}, "customer")
    with pytest.raises(PortWrong):
        begun(town, port="office")


def test_of_a_session_alone_the_others_are_over(town: Town) -> None:
    begun(town)
    session = begun(town, alone=True)
    assert list(profile(town)["sessions"]) == [session.session_id]


def test_nobody_begins_one_for_who_is_not_there_or_locked(town: Town) -> None:
    with pytest.raises(TokenInvalid):
        begun(town, "cus_NNNNNNNNNNNN")
    profile(town)["locked"] = True
    with pytest.raises(PersonLocked):
        begun(town)
    with pytest.raises(PersonLocked):
        town.sessions.person(customer_of(town), NOW)


def test_a_second_factor_that_is_on_is_shown_or_was_shown_when_it_began(town: Town) -> None:
    assert town.tokens.read_access(begun(town).access_token, NOW).factor_at is None
    profile(town)["second_factor"] = True
    with pytest.raises(SecondFactorRequired):
        begun(town)
    shown = begun(town, factor_shown=True)
    assert town.tokens.read_access(shown.access_token, NOW).factor_at == NOW
    assert town.tokens.read_access(begun(town, of_session=True).access_token, NOW).factor_at is None


def test_a_second_factor_that_is_turned_on_meanwhile_is_asked_for(town: Town) -> None:
    def on() -> None:
        profile(town).update({"second_factor": True, "sessions_version": 99})

    overtaken(town, on)
    with pytest.raises(SecondFactorRequired):
        begun(town)


def test_a_lost_answer_begins_no_second_session(town: Town) -> None:
    really = town.books.commit

    def lost(record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        really(record, changes)
        raise Replayed("")

    town.books.commit = lost  # type: ignore[method-assign]
    session = begun(town)
    assert list(profile(town)["sessions"]) == [session.session_id]


def test_whoever_is_always_overtaken_begins_none_in_the_end(town: Town) -> None:
    crowd = overtaken(town, *[elsewhere(town)] * 20)
    with pytest.raises(Unavailable):
        begun(town)
    assert 1 < 20 - len(crowd.deeds) < 20


# ---------------------------------------------------------------- what tokens tell


def test_a_token_tells_the_facts_of_today_and_no_more(town: Town) -> None:
    own = distributor_id_of(customer_of(town))
    town.place(own, REFERRER)
    town.place(REFERRER, PARENT)
    profile(town).update({"referrer": REFERRER, "real_name": True})
    session = begun(town)
    ports = frozenset({"customer", "distributor"})
    roles = frozenset({"customer", "distributor"})
    assert town.tokens.read_access(session.access_token, NOW) == Claims(
        customer_of(town), roles, (REFERRER, PARENT), PARENT, True, session.session_id, ports=ports
    )
    assert session.roles == ("customer", "distributor")


@pytest.mark.parametrize(
    "state, is_one", [("ACTIVE", 1), ("SUSPENDED", 1), ("TERMINATED", 1), ("APPLIED", 0)]
)
def test_who_has_or_had_a_place_is_a_distributor(town: Town, state: str, is_one: int) -> None:
    town.place(distributor_id_of(customer_of(town)), state=state)
    assert begun(town).roles == ("customer", "distributor")[: 1 + is_one]


def test_above_a_root_stands_nobody_and_above_who_was_brought_by_nobody_neither(town: Town) -> None:
    assert town.tokens.read_access(begun(town).access_token, NOW).referrers == ()
    town.place(REFERRER)
    profile(town)["referrer"] = REFERRER
    assert town.tokens.read_access(begun(town).access_token, NOW).referrers == (REFERRER,)


def test_no_token_is_good_beyond_the_end_of_its_session(town: Town) -> None:
    session = begun(town)
    while town.now < NOW + SESSION_TERM - timedelta(minutes=20):
        town.now += timedelta(minutes=20)
        session = town.goes_on(session, town.now)
    town.now = NOW + SESSION_TERM - timedelta(minutes=1)
    session = town.goes_on(session, town.now)
    assert session.access_expires_at == session.refresh_expires_at == NOW + SESSION_TERM
    session = town.goes_on(session, NOW + SESSION_TERM - SECOND)
    with pytest.raises(TokenExpired):
        town.goes_on(session, NOW + SESSION_TERM)


# ---------------------------------------------------------------- going on


def test_a_session_that_goes_on_is_one_generation_older_and_leaves_no_record(town: Town) -> None:
    first, before = begun(town), len(town.books.journal)
    town.now += SECOND
    second = town.goes_on(first, town.now)
    assert ticket(town, second) == Ticket(customer_of(town), first.session_id, 2)
    assert second.refresh_expires_at == town.now + timedelta(minutes=30)
    assert len(town.books.journal) == before


def test_a_token_that_is_used_twice_ends_its_session_with_a_record_that_says_why(town: Town) -> None:
    session, other = begun(town), begun(town)
    town.goes_on(session, NOW)
    town.now += GRACE
    with pytest.raises(TokenUsedTwice):
        town.goes_on(session, town.now)
    assert last(town) == recorded(town, "session.used_twice", session=session.session_id)
    assert list(profile(town)["sessions"]) == [other.session_id]


def test_a_session_whose_token_is_used_twice_ends_though_others_write_meanwhile(town: Town) -> None:
    session = begun(town)
    town.goes_on(session, NOW)
    town.now += GRACE
    overtaken(town, elsewhere(town))
    with pytest.raises(TokenUsedTwice):
        town.goes_on(session, town.now)
    assert session.session_id not in profile(town)["sessions"]


def test_a_lost_answer_within_the_grace_writes_nothing(town: Town) -> None:
    session = begun(town)
    town.goes_on(session, NOW)
    crowd = overtaken(town)
    assert ticket(town, town.goes_on(session, NOW + GRACE - SECOND)).generation == 2
    assert crowd.writes == 0


def test_whoever_is_always_overtaken_goes_on_with_none_in_the_end(town: Town) -> None:
    session = begun(town)
    crowd = overtaken(town, *[elsewhere(town)] * 20)
    with pytest.raises(Unavailable):
        town.goes_on(session, NOW)
    assert 1 < 20 - len(crowd.deeds) < 20


# ---------------------------------------------------------------- stepping up


def test_a_session_that_steps_up_is_kept_with_the_moment_and_a_record(town: Town) -> None:
    session, other = begun(town), begun(town)
    town.now += SECOND
    actor = command_of(town, session).actor
    after = town.sessions.stepped_up(actor, town.now)
    assert last(town) == recorded(town, "session.step_up", session=session.session_id)
    assert town.tokens.read_access(after.access_token, town.now).factor_at == town.now
    assert ticket(town, after).generation == 1
    assert set(profile(town)["sessions"]) == {session.session_id, other.session_id}
    assert "factor_at" not in profile(town)["sessions"][other.session_id]
    with pytest.raises(SessionEnded):
        town.sessions.stepped_up(replace(actor, session_id="ses_NNNNNNNNNNNN"), town.now)


def test_of_two_that_step_up_at_once_both_do(town: Town) -> None:
    one, other = begun(town), begun(town)
    overtaken(town, lambda: town.sessions.stepped_up(command_of(town, other).actor, NOW))
    town.sessions.stepped_up(command_of(town, one).actor, NOW)
    kept = profile(town)["sessions"].values()
    assert ["factor_at" in one for one in kept] == [True, True]


def test_whoever_is_always_overtaken_steps_up_in_none_in_the_end(town: Town) -> None:
    actor = command_of(town, begun(town)).actor
    crowd = overtaken(town, *[elsewhere(town)] * 20)
    with pytest.raises(Unavailable):
        town.sessions.stepped_up(actor, NOW)
    assert 1 < 20 - len(crowd.deeds) < 20


# ---------------------------------------------------------------- ending


def test_a_list_of_sessions_tells_which_device_since_when_and_until_when(town: Town) -> None:
    old = begun(town)
    town.now += SECOND
    this = begun(town)
    old = town.goes_on(old, town.now + SECOND)
    half_an_hour = timedelta(minutes=30)
    assert town.sessions.listed(command_of(town, this).actor, town.now) == [
        SignedInDevice(
            old.session_id, CLIENT.agent, NOW, NOW + 2 * SECOND, NOW + 2 * SECOND + half_an_hour, False
        ),
        SignedInDevice(
            this.session_id, CLIENT.agent, NOW + SECOND, NOW + SECOND, NOW + SECOND + half_an_hour, True
        ),
    ]


def test_what_ends_sessions_leaves_a_record_that_names_them(town: Town) -> None:
    sessions = [begun(town) for _ in range(4)]
    command = command_of(town, sessions[0])
    town.sessions.end(command, sessions[1].session_id)
    gone = [sessions[1].session_id]
    assert last(town) == replace(recorded(town, "session.end", sessions=gone), request_hash="hash")
    assert sessions[1].session_id not in profile(town)["sessions"]
    town.sessions.end_others(command_of(town, sessions[0]))
    gone = sorted(session.session_id for session in sessions[2:])
    assert last(town) == replace(recorded(town, "session.end", sessions=gone), request_hash="hash")
    assert list(profile(town)["sessions"]) == [sessions[0].session_id]


def test_to_end_all_others_where_there_are_none_is_no_mistake(town: Town) -> None:
    session = begun(town)
    command = command_of(town, session)
    town.sessions.end_others(command)
    assert last(town) == replace(recorded(town, "session.end", sessions=[]), request_hash="hash")
    with pytest.raises(KeyReused):
        town.sessions.end_others(replace(command, request_hash="another"))


def test_whoever_ends_one_is_overtaken_and_looks_again_and_not_for_ever(town: Town) -> None:
    this, other = begun(town), begun(town)
    crowd = overtaken(town, elsewhere(town))
    town.sessions.end(command_of(town, this), other.session_id)
    assert len(profile(town)["sessions"]) == 2
    crowd.deeds = [elsewhere(town)] * 20
    with pytest.raises(Unavailable):
        town.sessions.end_others(command_of(town, this))
    assert 1 < 20 - len(crowd.deeds) < 20
