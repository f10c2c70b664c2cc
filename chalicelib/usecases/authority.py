"""Authority: who is it that bears this token, and what may they do at this moment?

A token says who somebody was when it was signed. What may have changed since then is read
from the profile and kept by the process for ten seconds: a session that was ended, a lock, a
role given or taken bites within that time, wherever it is asked. What ends by itself does so on
its second: the grants are kept with their terms, and looked at anew each time.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain import people_items
from chalicelib.domain.person import Claims, Held, PersonLocked, Role, TokenInvalid
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

    def roles_at(self, now: datetime) -> frozenset[str]:
        return self.roles | {grant.role for grant in self.grants if grant.holds(now)}

    def held_at(self, now: datetime) -> tuple[Held, ...]:
        return tuple(one.held() for one in self.grants if one.holds(now))


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
        if standing is None or now >= standing.read_at + KEPT or claims.session_id not in standing.sessions:
            standing = self._read(claims.person_id, now)
        if standing.locked:
            raise PersonLocked()
        if claims.session_id not in standing.sessions:
            raise SessionEnded()
        # A place in the tree and a confirmed name are never lost: who has a newer token has them at once.
        roles = standing.roles_at(now) | claims.roles & {Role.DISTRIBUTOR}
        real_name = claims.real_name or standing.real_name
        return replace(claims, roles=roles, real_name=real_name, held=standing.held_at(now))

    def _read(self, person_id: str, now: datetime) -> Standing:
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise TokenInvalid()
        standing = Standing(
            read_at=now,
            roles=frozenset(item["roles"]),
            grants=tuple(people_items.grants_of(item).values()),
            real_name=item["real_name"],
            locked=item["locked"],
            sessions=frozenset(item.get("sessions", {})),
        )
        if len(self._known) >= KEPT_MAX:
            self._known.clear()
        self._known[person_id] = standing
        return standing
