"""Approvals: what was asked, by whom, how many others must agree, and may this person decide?

    WAITING -> APPROVED    as many people have agreed as it takes
    WAITING -> REFUSED     one of them said no, and why
    WAITING -> EXPIRED     by the clock alone: nobody agreed in time, and nobody may any more

The rule of four eyes stands here and nowhere else: nobody decides on the own request, nobody
twice, nobody on what is for them. A withdrawal keeps its own states and records (withdrawal.py),
and takes the rule from here.

    table work   pk approvals           sk <request>   what waits
                 pk approvals-decided   sk <request>   what was decided: it moves there, whole

A request is named by its kind and the ULID of the command that asked, `prm_01JD…`: so the list
of what waits begins behind everything that has expired, and never reads it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import Change, DocumentChange, DocumentGone, NewDocument
from chalicelib.domain.errors import Conflict, Forbidden, NotFound
from chalicelib.domain.ids import KEY_AGE_MAX, person_key, ulid_start
from chalicelib.domain.record import Plain, canonical

TABLE = "work"
WAITING, DECIDED = "approvals", "approvals-decided"
EXPIRES_AFTER = timedelta(days=7)  # what nobody has agreed to in a week is asked anew, as it is then
APPROVALS_MAX = 3


class Kind(StrEnum):
    """What can be asked, in the order of the ids."""

    APPLICATION = "APPLICATION"
    BANK_REFUND = "BANK_REFUND"
    FACTOR = "FACTOR"
    GRANT = "GRANT"
    LIMIT = "LIMIT"
    PLAN = "PLAN"
    PRODUCT = "PRODUCT"
    PARAMETER = "PARAMETER"
    POSTING = "POSTING"
    REFUND = "REFUND"
    TERMS = "TERMS"
    UNLOCK = "UNLOCK"
    WITHDRAWAL = "WITHDRAWAL"


class Desk(NamedTuple):
    """How the ids of a kind begin, and the roles of which a decider must have one."""

    prefix: str
    roles: tuple[str, ...]


DESKS: dict[Kind, Desk] = {
    Kind.APPLICATION: Desk("apl_", ("ops", "risk", "admin")),
    Kind.BANK_REFUND: Desk("bnk_", ("finance", "risk", "admin")),
    Kind.FACTOR: Desk("fct_", ("admin",)),
    Kind.GRANT: Desk("grn_", ("admin",)),
    Kind.LIMIT: Desk("lmt_", ("risk", "admin")),
    Kind.PLAN: Desk("pln_", ("risk", "admin")),
    Kind.PRODUCT: Desk("prd_", ("finance", "admin")),
    Kind.PARAMETER: Desk("prm_", ("risk", "admin")),
    Kind.POSTING: Desk("pst_", ("finance", "risk", "admin")),
    Kind.REFUND: Desk("rfd_", ("finance", "risk", "admin")),
    Kind.TERMS: Desk("trm_", ("finance", "risk", "admin")),
    Kind.UNLOCK: Desk("ulk_", ("admin",)),
    Kind.WITHDRAWAL: Desk("wdr_", ("finance", "risk", "admin")),  # which of them at which step: withdrawal.py
}


class State(StrEnum):
    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"  # a withdrawal that its applicant took back


class FourEyes(Forbidden):
    code = "FOUR_EYES"
    advice = "Let another person do this."


class RoleRequired(Forbidden):
    code = "ROLE_REQUIRED"
    advice = "Ask someone who has the role `role`."


class RequestUnknown(NotFound):
    code = "REQUEST_UNKNOWN"


class RequestDecided(Conflict):
    """As many people have decided as it takes."""

    code = "REQUEST_DECIDED"
    advice = "Read the request: it says who decided what."


class RequestExpired(Conflict):
    code = "REQUEST_EXPIRED"
    advice = "Let it be asked anew, if it is still wanted."


class Tier(NamedTuple):
    """How many people approve an amount up to a limit, None for every larger one."""

    amount_fen_max: int | None
    approvals: int


# Below 5 000 yuan one person, up to 50 000 two, above three.
TIERS = (Tier(499_999, 1), Tier(5_000_000, 2), Tier(None, 3))


class Decision(NamedTuple):
    """What one person said; `key` is that of the command, so that it is told from a second one."""

    person_id: str
    agrees: bool
    at: datetime
    reason: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `about`: what is carried out when it is approved, in the words of its kind."""

    request_id: str
    about: Mapping[str, Plain]
    requested_by: str
    requested_at: datetime
    amount_fen: int = 0
    needed: int = 1
    reason: str = ""
    decisions: tuple[Decision, ...] = ()

    @property
    def kind(self) -> Kind:
        return kind_of(self.request_id)

    @property
    def barred(self) -> tuple[str, ...]:
        """Who decides nothing of it: who asked, who agreed, and whom it is for."""
        whom = self.about.get("person")
        return (self.requested_by, *self.approved_by, *((str(whom),) if whom else ()))

    @property
    def expires_at(self) -> datetime:
        return self.requested_at + EXPIRES_AFTER

    @property
    def approved_by(self) -> tuple[str, ...]:
        """The people who agreed, in order."""
        return tuple(decision.person_id for decision in self.decisions if decision.agrees)

    @property
    def outcome(self) -> State:
        """What the decisions say, whatever the clock does."""
        if any(not decision.agrees for decision in self.decisions):
            return State.REFUSED
        return State.APPROVED if len(self.decisions) >= self.needed else State.WAITING

    def state(self, now: datetime) -> State:
        is_late = self.outcome is State.WAITING and now >= self.expires_at
        return State.EXPIRED if is_late else self.outcome


def asked(
    kind: Kind, key: str, about: Mapping[str, Plain], requested_by: str, now: datetime, **more: Any
) -> Request:
    """A new request, named by the command's key."""
    return Request(DESKS[kind].prefix + key, about, requested_by, now, **more)


def kind_of(request_id: str) -> Kind:
    """Raises: RequestUnknown."""
    for kind, desk in DESKS.items():
        if request_id.startswith(desk.prefix):
            return kind
    raise RequestUnknown(id=request_id[:64])


def people_needed(amount_fen: int, tiers: tuple[Tier, ...] = TIERS) -> int:
    """How many different people must approve the amount: at least one, whatever the tiers say."""
    fitting = (
        tier.approvals for tier in tiers if tier.amount_fen_max is None or amount_fen <= tier.amount_fen_max
    )
    return min(APPROVALS_MAX, max(1, next(fitting, APPROVALS_MAX)))


def tiers_of(rows: Iterable[tuple[int | None, int]]) -> tuple[Tier, ...]:
    """The tiers that a parameter holds."""
    return tuple(Tier(limit_fen, people) for limit_fen, people in rows)


def check_four_eyes(person_id: str, others: Iterable[str]) -> None:
    """The person is none of the others. Raises: FourEyes."""
    if is_one_of(person_id, others):
        raise FourEyes()


def is_one_of(person_id: str, others: Iterable[str]) -> bool:
    """Whether it is the same person, under whichever of their ids."""
    return person_key(person_id) in {person_key(other) for other in others}


def decided(request: Request, decision: Decision, roles: frozenset[str]) -> Request:
    """The request after one more decision by somebody with these roles.

    Raises: RequestDecided, RequestExpired, RoleRequired, FourEyes, the first that holds.
    """
    _check_waits(request, decision.at)
    wanted = DESKS[request.kind].roles
    if roles.isdisjoint(wanted):
        raise RoleRequired(role=" | ".join(wanted))
    check_four_eyes(decision.person_id, request.barred)
    return replace(request, decisions=(*request.decisions, decision))


def decided_alone(request: Request, decision: Decision) -> Request:
    """The request after the word of whoever asked: agreed to where there is nobody else (grant.py), or
    taken back (application.py).

    Raises: RequestDecided, RequestExpired.
    """
    _check_waits(request, decision.at)
    return replace(request, decisions=(*request.decisions, decision))


def _check_waits(request: Request, now: datetime) -> None:
    state = request.state(now)
    if state is State.EXPIRED:
        raise RequestExpired(id=request.request_id, expired_at=request.expires_at.isoformat())
    if state is not State.WAITING:
        raise RequestDecided(id=request.request_id, state=state)


def may_decide(request: Request, person_id: str, roles: frozenset[str], now: datetime) -> bool:
    """Whether it waits for this person."""
    try:
        decided(request, Decision(person_id, True, now), roles)
    except (RequestDecided, RequestExpired, RoleRequired, FourEyes):
        return False
    return True


# how it is stored


def first_waiting(kind: Kind, now: datetime) -> str:
    """An id behind those of a kind that have expired: a key may be a day older than its request."""
    return DESKS[kind].prefix + ulid_start(now - EXPIRES_AFTER - KEY_AGE_MAX)


def opened(request: Request) -> Change:
    """The request as it begins to wait; its id must be new."""
    return NewDocument(TABLE, WAITING, request.request_id, _values(request))


def moved(before: Request, after: Request) -> list[Change]:
    """One decision more, and only if none was written since; the last one takes it from what waits."""
    as_read = {"decided": len(before.decisions)}
    if after.outcome is State.WAITING:
        values = _values(after)
        more = {name: values[name] for name in ("decided", "decisions")}
        return [DocumentChange(TABLE, WAITING, after.request_id, more, as_read)]
    return [
        DocumentGone(TABLE, WAITING, after.request_id, as_read),
        NewDocument(TABLE, DECIDED, after.request_id, _values(after)),
    ]


def _values(request: Request) -> dict[str, Any]:
    return {
        "about": canonical(dict(request.about)).decode(),
        "requested_by": request.requested_by,
        "requested_at": to_ms(request.requested_at),
        "amount_fen": request.amount_fen,
        "needed": request.needed,
        "reason": request.reason,
        "decided": len(request.decisions),
        "decisions": [
            [one.person_id, one.agrees, to_ms(one.at), one.reason, one.key] for one in request.decisions
        ],
    }


def from_item(item: Mapping[str, Any]) -> Request:
    return Request(
        request_id=item["sk"],
        about=json.loads(item["about"]),
        requested_by=item["requested_by"],
        requested_at=from_ms(item["requested_at"]),
        amount_fen=item["amount_fen"],
        needed=item["needed"],
        reason=item["reason"],
        decisions=tuple(
            Decision(person_id, agrees, from_ms(at_ms), reason, key)
            for person_id, agrees, at_ms, reason, key in item["decisions"]
        ),
    )
