"""Authority: who is it that bears this token, and what may they do at this moment?

A token says who somebody was when it was signed. What may have changed since then is read
from the profile and kept by the process for ten seconds: a session that was ended, a lock, a
role given or taken bites within that time, wherever it is asked. What ends by itself does so on
its second: the grants are kept with their terms, and looked at anew each time. Staff who have no
second factor on are newcomers, whatever else they are.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain import people_items
from chalicelib.domain.person import Claims, Held, PersonLocked, Role, TokenInvalid, is_notice_due, roles_now
from chalicelib.domain.session import SessionEnded
from chalicelib.usecases.ports import Documents, Tokens

if TYPE_CHECKING:
    from chalicelib.domain.grant import Grant

KEPT = timedelta(seconds=10)
KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What a profile said when it was read. `roles`: those without a term."""

    read_at: datetime
    roles: frozenset[str]
    grants: "tuple[Grant, ...]"
    real_name: bool
    locked: bool
    sessions: frozenset[str]
    notice_due: bool
    closing: bool
    second_factor: bool

    def roles_at(self, now: datetime) -> frozenset[str]:
        held = {grant.role for grant in self.grants if grant.holds(now)}
        return roles_now(self.roles | held, self.second_factor)

    def held_at(self, now: datetime) -> tuple[Held, ...]:
        """Nothing is held by a newcomer."""
        if self.is_newcomer(now):
            return ()
        return tuple(grant.held() for grant in self.grants if grant.holds(now))

    def is_newcomer(self, now: datetime) -> bool:
        return Role.NEWCOMER in self.roles_at(now)


@dataclass(slots=True)
class Authority:
    """The bearer of a token as of now, by at most one read."""

    documents: Documents
    tokens: Tokens
    _known: dict[str, Standing] = field(default_factory=dict, repr=False)

    def __call__(self, token: str, now: datetime) -> Claims:
        """Raises: TokenInvalid, TokenExpired, SessionEnded, PersonLocked, Unavailable."""
        claims = self.tokens.read_access(token, now)
        standing = self._known.get(claims.person_id)
        # A session that began elsewhere a moment ago is not among those that were kept.
        # Nor was a notice that was accepted there, or an account that was kept.
        is_bound = standing is not None and (standing.notice_due or standing.closing)
        is_old = standing is None or now >= standing.read_at + KEPT or is_bound
        if standing is None or is_old or claims.session_id not in standing.sessions:
            standing = self._read(claims.person_id, now)
        if standing.locked:
            raise PersonLocked()
        if claims.session_id not in standing.sessions:
            raise SessionEnded()
        # A place in the tree and a confirmed name are never lost: who has a newer token has them at once.
        return replace(
            claims,
            roles=standing.roles_at(now) | claims.roles & {Role.DISTRIBUTOR},
            real_name=claims.real_name or standing.real_name,
            notice_due=standing.notice_due,
            closing=standing.closing,
            held=standing.held_at(now),
        )

    def _read(self, person_id: str, now: datetime) -> Standing:
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise TokenInvalid()
        standing = Standing(
            read_at=now,
            roles=frozenset(item["roles"]),
            grants=tuple(people_items.grants_of(item).values()),
            second_factor=item.get("second_factor", False),
            real_name=item["real_name"],
            locked=item["locked"],
            sessions=frozenset(item.get("sessions", {})),
            notice_due=is_notice_due(person_id, item.get("notice", "")),
            closing=bool(item.get("closes_at")),
        )
        if len(self._known) >= KEPT_MAX:
            self._known.clear()
        if not standing.is_newcomer(now):  # a second factor makes somebody of a newcomer at once
            self._known[person_id] = standing
        return standing
