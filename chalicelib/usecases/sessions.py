"""Sessions: a person who has proved who they are gets tokens, goes on with them, and ends them anywhere.

All sessions of a person stand in one item, the profile: a new password ends them in the
write that sets it, and whoever asks what a person may do now needs this one item.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import people_items, tree_items
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.distributor import DistributorState
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person import (
    ACCESS_TERM,
    Claims,
    Person,
    PersonLocked,
    Role,
    TokenExpired,
    TokenInvalid,
    is_notice_due,
    ports_of,
    roles_now,
    term_of,
)
from chalicelib.domain.person_history import line_of
from chalicelib.domain.record import Client, Plain, Record
from chalicelib.domain.second_factor import SecondFactorRequired
from chalicelib.domain.session import (
    OpenSession,
    SessionElsewhere,
    SessionEnded,
    SessionUnknown,
    Ticket,
    TokenUsedTwice,
    ends_at,
    new_session,
    rotated,
    with_session,
)
from chalicelib.domain.visitor import Place
from chalicelib.risk.strange_sign_in import Travel, is_impossible
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Actor, Books, Command, Documents, Tokens

TRIES_MAX = 8

# Those who have, or had, a place: what they earned is settled even after the end.
PLACED = frozenset({DistributorState.ACTIVE, DistributorState.SUSPENDED, DistributorState.TERMINATED})


@dataclass(frozen=True, slots=True)
class Session:
    """Two tokens and the moments until which they are good."""

    person: Person
    session_id: str
    roles: tuple[str, ...]
    access_token: str
    access_expires_at: datetime
    refresh_token: str | None
    refresh_expires_at: datetime
    notice_due: bool


@dataclass(frozen=True, slots=True)
class SignedInDevice:
    """One session as its owner sees it in a list."""

    session_id: str
    agent: str
    began_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class Sessions:
    """`new_key(now)` makes the ULID of a record; `choose_below(n)` gives a secret number from 0 to n − 1;
    `km_between` measures how far two places are apart."""

    books: Books
    documents: Documents
    tokens: Tokens
    new_key: Callable[[datetime], str]
    choose_below: Callable[[int], int]
    km_between: Callable[[Place, Place], int]

    def begun(
        self,
        person_id: str,
        action: str,
        client: Client | None,
        now: datetime,
        changes: Sequence[Change] = (),
        about: Mapping[str, Plain] | None = None,
        alone: bool = False,
        factor_shown: bool = False,
        of_session: bool = False,
        port: str = "",
        place: Place | None = None,
    ) -> Session:
        """A new session and the record of how it came about, with `changes` in the same write.

        `about`: what of the person is changed by them (person_history.py). `alone`: every other session
        of the person ends. `factor_shown`: a second factor was, now; one that was turned on since then is
        asked for. `of_session`: it comes from a session of theirs, which showed one when it began. `port`:
        the client that it is for, "" for all that the person has. `place`: where they are, if it is known.

        Raises: TokenInvalid when there is no such person, PersonLocked, PortWrong, SecondFactorRequired,
        Unavailable; Stale when a condition of `changes` does not hold: whoever made them decides anew.
        """
        ports_of(person_id, port)
        session = new_session(self.choose_below, client.agent if client else "", now, port)
        session = replace(session, factor_at=now if factor_shown else None, place=_degrees(place))
        item = self._profile(person_id)
        for _ in range(TRIES_MAX):
            if item.get("second_factor", False) and not (factor_shown or of_session):
                raise SecondFactorRequired()
            others = {} if alone else people_items.sessions_of(item)
            sessions = with_session(others, session, person_id, now)
            record = self._record(person_id, action, client, now, session=session.session_id, **about or {})
            lines = [line_of(record)] if about else []
            made = [people_items.sessions_change(item, sessions), *changes, *lines]
            try:
                with suppress(Replayed):  # the key is new: this is the record, whose first answer was lost
                    self.books.commit(record, made)
            except Stale:
                before, item = item, self._profile(person_id)
                if item.get("sessions_version") == before.get("sessions_version"):
                    raise
                continue
            return self._tokens(people_items.person_of(item, now), session, now)
        raise Unavailable()

    def goes_on(
        self, refresh_token: str, client: Client | None, now: datetime, place: Place | None = None
    ) -> Session:
        """The session with new tokens and the facts of today. One that was where nobody can have come
        from in the time since is over.

        Raises: TokenInvalid, TokenExpired, SessionEnded, TokenUsedTwice, SessionElsewhere, PersonLocked,
        Unavailable.
        """
        ticket = self.tokens.read_refresh(refresh_token, now)
        for _ in range(TRIES_MAX):
            item = self._profile(ticket.person_id)
            sessions = people_items.sessions_of(item)
            session = sessions.get(ticket.session_id)
            if session is None:
                raise SessionEnded()
            try:
                after = rotated(session, ticket.generation, ticket.person_id, now)
            except TokenUsedTwice:
                if self._ended(item, session, "session.used_twice", client, now):
                    raise
                continue
            if self._is_elsewhere(session, place, now):
                if self._ended(item, session, "session.elsewhere", client, now):
                    raise SessionElsewhere()
                continue
            if after is not session:
                after = replace(after, place=_degrees(place))
            if after is session or self._written(item, sessions | {after.session_id: after}):
                return self._tokens(people_items.person_of(item, now), after, now)
        raise Unavailable()

    def stepped_up(self, actor: Actor, now: datetime) -> Session:
        """The session, in which a second factor was shown just now, with an access token that says so.

        Raises: SessionEnded, PersonLocked, Unavailable.
        """
        for _ in range(TRIES_MAX):
            item = self._profile(actor.person_id)
            sessions = people_items.sessions_of(item)
            if actor.session_id not in sessions:
                raise SessionEnded()
            after = replace(sessions[actor.session_id], factor_at=now)
            sessions[actor.session_id] = after
            if self._committed(item, sessions, after, "session.step_up", actor.client, now):
                return self._tokens(people_items.person_of(item, now), after, now)
        raise Unavailable()

    def person(self, person_id: str, now: datetime) -> Person:
        """The profile. Raises: TokenInvalid when there is none, PersonLocked."""
        return people_items.person_of(self._profile(person_id), now)

    def listed(self, actor: Actor, now: datetime) -> list[SignedInDevice]:
        """Where the person is signed in, the one used last first."""
        found = people_items.sessions_of(self._profile(actor.person_id)).values()
        alive = [session for session in found if now < ends_at(session, actor.person_id)]
        alive.sort(key=lambda session: session.rotated_at, reverse=True)
        return [_device(session, actor) for session in alive]

    def end(self, command: Command, session_id: str) -> None:
        """That session is over: its refresh token now, its access token within seconds.

        Raises: SessionUnknown, KeyReused, Unavailable.
        """
        self._end(command, lambda sessions: [session_id] if session_id in sessions else [])

    def end_others(self, command: Command) -> None:
        """Every session but the one that asks is over. Raises: KeyReused, Unavailable."""
        self._end(command, lambda sessions: sorted(sessions.keys() - {command.actor.session_id}), True)

    def _end(
        self,
        command: Command,
        chosen: Callable[[Mapping[str, OpenSession]], list[str]],
        none_will_do: bool = False,
    ) -> None:
        for _ in range(TRIES_MAX):
            item = self._profile(command.actor.person_id)
            sessions = people_items.sessions_of(item)
            gone = chosen(sessions)
            if not gone and not none_will_do:
                self._answer_again(command)
                return
            record = audit_record(command, "session.end", sessions=list[Plain](gone))
            left = {name: one for name, one in sessions.items() if name not in gone}
            try:
                self.books.commit(record, [people_items.sessions_change(item, left)])
            except Replayed as replayed:
                check_same(replayed, command)
            except Stale:
                continue
            return
        raise Unavailable()

    def _answer_again(self, command: Command) -> None:
        """A session that is not there was ended by this very command, or is unknown."""
        known = self.books.record(command.actor.person_id, command.key)
        if known is None:
            raise SessionUnknown()
        check_same(Replayed(known.request_hash), command)

    def _is_elsewhere(self, session: OpenSession, place: Place | None, now: datetime) -> bool:
        """Whether nobody can have come here since it was rotated; not where either place is unknown."""
        if place is None or session.place is None:
            return False
        km = self.km_between(Place("", *session.place), place)
        return is_impossible(Travel(km, now - session.rotated_at))

    def _ended(
        self, item: Mapping[str, Any], session: OpenSession, action: str, client: Client | None, now: datetime
    ) -> bool:
        """Whether it was ended, with a record that says why; not when others wrote meanwhile."""
        sessions = people_items.sessions_of(item)
        del sessions[session.session_id]
        return self._committed(item, sessions, session, action, client, now)

    def _committed(
        self,
        item: Mapping[str, Any],
        sessions: Mapping[str, OpenSession],
        session: OpenSession,
        action: str,
        client: Client | None,
        now: datetime,
    ) -> bool:
        """Whether these are the sessions now, with a record about one of them; not when others wrote."""
        record = self._record(item["pk"], action, client, now, session=session.session_id)
        try:
            with suppress(Replayed):
                self.books.commit(record, [people_items.sessions_change(item, sessions)])
        except Stale:
            return False
        return True

    def _written(self, item: Mapping[str, Any], sessions: Mapping[str, OpenSession]) -> bool:
        return self.documents.change(people_items.sessions_change(item, sessions)) is not None

    def _profile(self, person_id: str) -> dict[str, Any]:
        """Raises: TokenInvalid when there is none, PersonLocked."""
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise TokenInvalid()
        if item["locked"]:
            raise PersonLocked()
        return item

    def _record(
        self, person_id: str, action: str, client: Client | None, now: datetime, **about: Plain
    ) -> Record:
        return Record(
            partition=person_id,
            entry_id=self.new_key(now),
            action=action,
            at=now,
            actor=person_id,
            about=about,
            client=client,
        )

    def _tokens(self, person: Person, session: OpenSession, now: datetime) -> Session:
        claims = self._claims(person, session)
        over_at = ends_at(session, person.person_id)
        if now >= over_at:
            raise TokenExpired()
        access_expires_at = min(now + term_of(person.person_id, ACCESS_TERM), over_at)
        return Session(
            person=person,
            session_id=session.session_id,
            roles=tuple(sorted(claims.roles)),
            access_token=self.tokens.access(claims, now, access_expires_at),
            access_expires_at=access_expires_at,
            refresh_token=self.tokens.refresh(
                Ticket(person.person_id, session.session_id, session.generation), now, over_at
            ),
            refresh_expires_at=over_at,
            notice_due=is_notice_due(person.person_id, person.notice),
        )

    def _claims(self, person: Person, session: OpenSession) -> Claims:
        """The facts of today: the roles, the own place in a tree, and who stands above."""
        own = distributor_id_of(person.person_id)
        wanted = [(distributor, tree_items.SELF) for distributor in {own, person.referrer} - {""}]
        found = self.documents.get_many(tree_items.TABLE, wanted)
        places = {pk: tree_items.place_of(item).distributor for (pk, _), item in found.items()}
        place = places.get(own)
        is_placed = place is not None and place.state in PLACED
        referrer = places.get(person.referrer)
        return Claims(
            person_id=person.person_id,
            roles=roles_now(person.roles, person.second_factor)
            | ({Role.DISTRIBUTOR} if is_placed else set()),
            referrers=(referrer.distributor_id, *filter(None, [referrer.parent_id])) if referrer else (),
            root=place.root_id if place else "",
            real_name=person.real_name,
            session_id=session.session_id,
            factor_at=session.factor_at,
            ports=ports_of(person.person_id, session.port),
        )


def _degrees(place: Place | None) -> tuple[int, int] | None:
    return (place.latitude, place.longitude) if place else None


def _device(session: OpenSession, actor: Actor) -> SignedInDevice:
    return SignedInDevice(
        session.session_id,
        session.agent,
        session.began_at,
        session.rotated_at,
        ends_at(session, actor.person_id),
        session.session_id == actor.session_id,
    )
