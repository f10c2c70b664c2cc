"""Answers: what goes back to the client, whatever happened?

A result read by its model, or problem details. Every answer carries the request
id; a failure of ours is logged once, with its stack, and shows nothing of it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import Stale
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.ids import checked_operation_key
from chalicelib.domain.person import (
    AccountClosing,
    Claims,
    NoticeOutdated,
    PersonLocked,
    SignInRefused,
    TooManyTries,
)
from chalicelib.domain.record import Client
from chalicelib.domain.session import FACTOR_TERM, is_fresh
from chalicelib.handlers import cursors, retirement
from chalicelib.handlers import incoming as sent
from chalicelib.handlers.fields import Page
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of
from chalicelib.handlers.problems import (
    PROBLEM_TYPE,
    InternalError,
    RegionMissing,
    RoleMissing,
    SeniorMissing,
    StepUpRequired,
    problem_of,
)
from chalicelib.handlers.route import Route, refusals_of
from chalicelib.handlers.surroundings import Surroundings
from chalicelib.observability import Metric, count, logger
from chalicelib.usecases.ports import Actor, Command

EXPOSED_HEADERS = ", ".join(["ETag", "Retry-After", "X-Request-Id", *retirement.HEADERS])
UNDECLARED = "undeclared refusal"
# Refusals that mean something when there are many of them; a line of the log each.
COUNTED = {
    Unavailable.code: Metric.ANSWERED_TRY_AGAIN,
    SignInRefused.code: Metric.SIGN_IN_FAILED,
    TooManyTries.code: Metric.SIGN_IN_FAILED,
    PersonLocked.code: Metric.SIGN_IN_FAILED,
    "TEXTS_USED_UP": Metric.TEXTS_REFUSED,
    "CODE_WRONG": Metric.SIGN_IN_FAILED,  # their modules are nothing that a purchase should have to import
}


class Answer(NamedTuple):
    """What goes on the wire."""

    status: int
    body: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Raw:
    """A result that is no JSON model: a page, a picture, a file. Its status is the route's unless given."""

    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0


@dataclass(frozen=True, slots=True)
class WithHeaders:
    """A result, and headers that go with it: a cookie."""

    result: Any
    headers: Mapping[str, str]


def answered(route: Route, incoming: Incoming, around: Surroundings) -> Answer:
    """The answer to one request; never raises."""
    incoming = incoming.known_by(around.random_text)
    incoming = incoming._replace(address=around.address_of(incoming.headers, incoming.address))
    request_id = incoming.request_id
    try:
        with around.in_time():
            answer = _result(route, incoming, around)
    except Refusal as refusal:
        answer = _refused(route, refusal, incoming, request_id)
    except Stale:  # it lost a race that its use case did not try again: nothing was written
        answer = _refused(route, Unavailable(), incoming, request_id)
    except Exception:
        logger.exception("request failed", extra={"request_id": request_id, "route": route.name})
        count(Metric.REQUEST_FAILED)
        answer = refusal_answer(InternalError(), incoming, request_id)
    return _with_common_headers(_with_retirement(answer, route), incoming, around, request_id)


def refusal_answer(refusal: Refusal, incoming: Incoming, request_id: str) -> Answer:
    """Problem details of a refusal, with the headers its status asks for."""
    language = language_of(incoming.headers.get("accept-language", ""))
    headers = {"Content-Type": PROBLEM_TYPE, "Content-Language": language, "Cache-Control": "no-store"}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.status in (429, 503):
        headers["Retry-After"] = str(refusal.facts.get("retry_after_seconds", 1))
    problem = problem_of(refusal, language, request_id)
    return Answer(refusal.status, problem.model_dump_json(exclude_none=True), headers)


def _refused(route: Route, refusal: Refusal, incoming: Incoming, request_id: str) -> Answer:
    if refusal.code not in {known.code for known in refusals_of(route)}:
        logger.warning(UNDECLARED, extra={"route": route.name, "code": refusal.code})
        count(Metric.REFUSAL_UNDECLARED)
    if refusal.code in COUNTED:
        count(COUNTED[refusal.code])
    return refusal_answer(refusal, incoming, request_id)


def _result(route: Route, incoming: Incoming, around: Surroundings) -> Answer:
    parts = _parts(route, incoming, around)
    result = route.handler(**{name: parts[name] for name in route.takes})
    headers = {"Content-Type": route.media_type, "Cache-Control": "no-store"}
    if isinstance(result, WithHeaders):
        headers |= result.headers
        result = result.result
    if isinstance(result, Raw):
        return Answer(result.status or route.status, result.body, {**headers, **result.headers})
    if route.answers is None:
        assert result is None, f"{route.name} returns something it did not declare"
        return Answer(route.status, "", headers)
    view = route.answers.model_validate(result)
    if isinstance(view, Page) and view.next is not None:
        view = view.model_copy(
            update={"next": cursors.sealed(view.next, _list_name(route, parts), around.mark)}
        )
    body = view.model_dump_json(exclude_none=True)
    if route.shows:
        _note_read(route, incoming, parts, body, around)
    return _presented(route, incoming, body, headers)


def _note_read(
    route: Route, incoming: Incoming, parts: Mapping[str, Any], body: str, around: Surroundings
) -> None:
    """Nothing is shown to the office that the read audit does not know of; bulk reading raises an alarm."""
    from chalicelib.domain.read_audit import BULK_SUBJECTS_MAX, Read, is_watched, subjects_of

    reader = parts["actor"].person_id
    if route.shows is None or not is_watched(reader):
        return
    subjects = subjects_of(incoming.path, body)
    seen = around.note_read(Read(reader, parts["now"], route.name, *route.shows, subjects))
    if seen > BULK_SUBJECTS_MAX:
        logger.warning("bulk reading", extra={"reader": reader, "subjects": seen})
        count(Metric.BULK_READ)


def _presented(route: Route, incoming: Incoming, body: str, headers: dict[str, str]) -> Answer:
    """The body, or 304 when the client has this very one."""
    if not route.versioned:
        return Answer(route.status, body, headers)
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
    headers |= {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {
        wanted.strip().removeprefix("W/") for wanted in incoming.headers.get("if-none-match", "").split(",")
    }
    if tag in known:
        return Answer(304, "", headers)
    return Answer(route.status, body, headers)


def _parts(route: Route, incoming: Incoming, around: Surroundings) -> dict[str, Any]:
    """Everything a handler may ask for, checked cheap to dear."""
    now = around.now()
    parts: dict[str, Any] = {"now": now, "incoming": incoming}
    actor = parts["actor"] = _actor(route, incoming, around, now)
    key = checked_operation_key(sent.operation_key(incoming), to_ms(now)) if route.keyed else ""
    parts["body"] = _body(route, incoming)
    if route.path:
        parts["path"] = sent.parsed_path(incoming, route.path)
    if route.query:
        parts["query"] = sent.parsed_query(incoming, route.query)
    if route.pages:
        parts["query"] = _with_open_cursor(route, parts, around)
    if route.keyed:
        parts["command"] = _command(actor, key, parts, incoming, around)
    return parts


def _body(route: Route, incoming: Incoming) -> Any:
    """The body as the route wants it: its model, nothing, or left alone for the handler."""
    if route.body:
        return sent.parsed_body(incoming, route.body)
    if route.raw_body:
        return sent.check_size(incoming)
    return sent.check_no_body(incoming)


def _actor(route: Route, incoming: Incoming, around: Surroundings, now: datetime) -> Actor:
    client = _origin(incoming, around) if route.writes else None
    if route.public:
        return Actor(person_id="", roles=frozenset(), client=client)
    claims = around.read_token(sent.bearer_token(incoming), now)
    if claims.roles.isdisjoint(route.roles):
        raise RoleMissing(roles=tuple(sorted(route.roles)))
    roles, regions = _acting(route, claims)
    if route.sensitive and not is_fresh(claims.factor_at, now):
        raise StepUpRequired(within_seconds=FACTOR_TERM.seconds)
    if route.under_notice and claims.closing:
        raise AccountClosing()
    if route.under_notice and claims.notice_due:
        raise NoticeOutdated()
    return Actor(
        person_id=claims.person_id,
        roles=roles,
        referrers=claims.referrers,
        root=claims.root,
        real_name=claims.real_name,
        client=client,
        session_id=claims.session_id,
        regions=regions,
    )


def _origin(incoming: Incoming, around: Surroundings) -> Client:
    """Where a command comes from; the address is hidden before anything can keep it."""
    salt = around.random_text()
    return Client(around.veil(incoming.address, salt), incoming.agent, salt, incoming.request_id)


def _acting(route: Route, claims: Claims) -> tuple[frozenset[str], tuple[str, ...] | None]:
    """The roles in which the bearer asks for this, and the regions where alone they hold; None is everywhere.

    Raises: SeniorMissing, RegionMissing.
    """
    if not route.of_office:
        return claims.roles, None  # what is one's own knows no region
    held = [one for one in claims.held if one.role in route.roles]
    own = claims.roles & frozenset(route.roles) - {one.role for one in held}  # a customer's: nobody grants it
    if route.sensitive:
        own, held = frozenset(), [one for one in held if one.senior]
        if not held:
            raise SeniorMissing(roles=tuple(sorted(route.roles)))
    everywhere = own | {one.role for one in held if not one.region}
    if everywhere:
        return everywhere, None
    if not route.by_region:
        raise RegionMissing(roles=tuple(sorted(route.roles)))
    return frozenset(one.role for one in held), tuple(sorted({one.region for one in held}))


def _command(
    actor: Actor, key: str, parts: Mapping[str, Any], incoming: Incoming, around: Surroundings
) -> Command:
    """The command. Its hash is keyed: bodies hold phone numbers, which a plain hash would give away."""
    body = parts.get("body")
    # Only what was sent: a field that a later version adds must not make a repeated request look altered.
    told = body.model_dump_json(exclude_unset=True) if body else ""
    request_hash = around.mark(f"request\n{incoming.method}\n{incoming.path}\n{told}")
    reason = getattr(body, "reason", "") or ""
    confirmation = incoming.headers.get("confirmation", "")
    return Command(actor, key, parts["now"], request_hash, reason, confirmation)


def _list_name(route: Route, parts: Mapping[str, Any]) -> str:
    """Which list a cursor belongs to: one person's view of one route."""
    return f"{route.name}|{parts['actor'].person_id}"


def _with_open_cursor(route: Route, parts: Mapping[str, Any], around: Surroundings) -> Any:
    query = parts["query"]
    if not query.cursor:
        return query
    position = cursors.opened(query.cursor, _list_name(route, parts), around.mark)
    return query.model_copy(update={"cursor": position})


def _with_retirement(answer: Answer, route: Route) -> Answer:
    """A route that goes says so in every answer."""
    if route.retires is None:
        return answer
    return Answer(answer.status, answer.body, {**answer.headers, **route.retires.headers()})


def _with_common_headers(answer: Answer, incoming: Incoming, around: Surroundings, request_id: str) -> Answer:
    headers = {**answer.headers, "X-Request-Id": request_id, "X-Content-Type-Options": "nosniff"}
    return Answer(answer.status, answer.body, headers | cors_headers(incoming, around))


def cors_headers(incoming: Incoming, around: Surroundings) -> dict[str, str]:
    """What lets a browser page of a known web client read the answer; nothing for anybody else."""
    origin = incoming.headers.get("origin", "")
    if not origin:
        return {}
    if origin not in around.web_origins():
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": EXPOSED_HEADERS,
    }
