"""Routes: what does one entry of the API promise, and is the promise whole?

A declaration is checked when the module is imported: a route that forgot its
roles, its key or its record never starts. The same declarations make the API's
description, so that it cannot drift from what runs.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypedDict, Unpack

from pydantic import BaseModel

from chalicelib.domain.errors import KeyReused, NotFound, Refusal, Unavailable
from chalicelib.domain.ids import IdempotencyKeyInvalid
from chalicelib.domain.person import (
    STAFF_ROLES,
    AccountClosing,
    NoticeOutdated,
    PersonLocked,
    Port,
    PortWrong,
    Role,
    TokenExpired,
    TokenInvalid,
)
from chalicelib.domain.session import SessionEnded
from chalicelib.handlers.fields import Page, PageQuery
from chalicelib.handlers.problems import (
    BodyTooLarge,
    ContentTypeUnsupported,
    CursorInvalid,
    IdempotencyKeyMissing,
    InternalError,
    MalformedJson,
    RegionMissing,
    RequestInvalid,
    RoleMissing,
    SeniorMissing,
    StepUpRequired,
    TokenMissing,
)
from chalicelib.handlers.retirement import Retirement, check_retirement

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
EVERY_ROLE = tuple(Role)

# Whose client asks for what is a customer's, by the beginning of the path: the first that fits. What is
# not named is for both.
_PORTS_OF_CUSTOMERS = (
    ("/v1/distributors/me", Port.DISTRIBUTOR),
    ("/v1/withdrawals", Port.DISTRIBUTOR),
    ("/v1/orders", Port.CUSTOMER),
    ("/v1/cards", Port.CUSTOMER),
    ("/v1/card-bindings", Port.CUSTOMER),
)

_INJECTED = frozenset({"command", "actor", "now", "body", "path", "query", "incoming"})
_VARIABLE = re.compile(r"{(\w+)}")


class Shows(NamedTuple):
    """Whose data a route shows to the office, and what for; each such look is noted in the read audit."""

    whose: str
    purpose: str


class Declaration(TypedDict, total=False):
    """The words a noun's module declares a route with.

    `records`: the actions of the records that a successful call leaves behind;
    `unrecorded`: why a write leaves none. `refusals`: those of the use case; the
    frame adds its own. `sensitive`: it lets money out, changes a rule, or gives power: a role alone
    is not enough, it must be held as senior, and a second factor was shown in the session in the last
    five minutes; `second_person` says who else takes part in the operation
    itself. `by_region`: the handler keeps what it shows and does to the
    regions of its actor; without it a role that holds in a region alone does not open the route.
    `confirmed`: by what a customer asks, money leaves or will go elsewhere: the use case wants the
    header Confirmation, by which just this was agreed to with a second factor.
    No `answers`: the handler returns nothing, or a Raw.
    `raw_body`: the handler reads `incoming.body` itself, as callbacks do. `retires`: since when it
    is deprecated, and until when it is served. `under_notice`: it begins something new with a
    customer's data, who must have accepted the notice in force, and whose account is not closing.
    `shows`: whose data the office sees by it.
    """

    summary: str
    roles: tuple[str, ...]
    public: bool
    keyless: bool
    body: type[BaseModel]
    path: type[BaseModel]
    query: type[BaseModel]
    answers: type[BaseModel]
    status: int
    media_type: str
    raw_body: bool
    records: tuple[str, ...]
    unrecorded: str
    refusals: tuple[type[Refusal], ...]
    retires: Retirement
    under_notice: bool
    shows: Shows
    sensitive: bool
    second_person: str
    by_region: bool
    confirmed: bool


class Route(NamedTuple):
    """One entry of the API; the fields are those of its declaration."""

    method: str
    path_text: str
    handler: Callable[..., Any]
    summary: str
    roles: tuple[str, ...] = ()
    public: bool = False
    keyless: bool = False
    body: type[BaseModel] | None = None
    path: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: type[BaseModel] | None = None
    status: int = 200
    media_type: str = "application/json"
    raw_body: bool = False
    records: tuple[str, ...] = ()
    unrecorded: str = ""
    refusals: tuple[type[Refusal], ...] = ()
    retires: Retirement | None = None
    under_notice: bool = False
    shows: Shows | None = None
    sensitive: bool = False
    second_person: str = ""
    by_region: bool = False
    confirmed: bool = False
    takes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The handler's name: the operation id of the description."""
        return self.handler.__name__

    @property
    def writes(self) -> bool:
        return self.method in WRITES

    @property
    def keyed(self) -> bool:
        """Whether an Idempotency-Key is required."""
        return self.writes and not self.keyless

    @property
    def of_office(self) -> bool:
        """Whether somebody of the office has more here than what is their own."""
        return self.roles != EVERY_ROLE and not STAFF_ROLES.isdisjoint(self.roles)

    @property
    def ports(self) -> frozenset[str]:
        """Whose clients it is for: a token for none of them does not open it, whatever roles it names."""
        others = set(self.roles) - {Role.CUSTOMER, Role.DISTRIBUTOR}
        ports = {Port.OFFICE} if others else set[Port]()
        if Role.CUSTOMER in self.roles:
            named = (port for beginning, port in _PORTS_OF_CUSTOMERS if self.path_text.startswith(beginning))
            port = next(named, None)
            ports |= {port} if port else {Port.CUSTOMER, Port.DISTRIBUTOR}
        return frozenset(ports)

    @property
    def pages(self) -> bool:
        return self.query is not None and issubclass(self.query, PageQuery)

    @property
    def versioned(self) -> bool:
        """Whether the answer carries an ETag."""
        return self.method == "GET" and self.answers is not None and "version" in self.answers.model_fields


def declared(
    method: str, path: str, handler: Callable[..., Any], /, **declaration: Unpack[Declaration]
) -> Route:
    """The route of a declaration. An incomplete one is a bug: it asserts."""
    takes = tuple(inspect.signature(handler).parameters)
    route = Route(method, path, handler, takes=takes, **declaration)
    _check(route)
    return route


def _check(route: Route) -> None:
    where = f"{route.method} {route.path_text}"
    assert route.public != bool(route.roles), f"{where}: either roles or public=True"
    assert set(route.roles) <= set(Role), f"{where}: unknown roles {set(route.roles) - set(Role)}"
    assert route.writes == bool(route.records or route.unrecorded), f"{where}: which records does it leave?"
    assert not (route.keyless and not route.writes), f"{where}: only writes have keys"
    assert route.of_office or not (route.sensitive or route.by_region), (
        f"{where}: these are words of the office"
    )
    assert not route.sensitive or STAFF_ROLES.issuperset(route.roles), f"{where}: only the office is senior"
    assert route.sensitive == bool(route.second_person), f"{where}: what is sensitive has a second person"
    assert not route.confirmed or "command" in route.takes, f"{where}: a command carries its confirmation"
    variables = set(_VARIABLE.findall(route.path_text))
    named = set(route.path.model_fields) if route.path else set()
    assert variables == named, f"{where}: the path model must name {variables}"
    assert route.shows is None or route.answers, f"{where}: only what has a model can be shown and noted"
    _check_handler(route, where)
    if route.retires is not None:
        check_retirement(route.retires, where)


def _check_handler(route: Route, where: str) -> None:
    assert set(route.takes) <= _INJECTED, f"{where}: a handler may take {sorted(_INJECTED)}"
    assert "command" not in route.takes or route.keyed, f"{where}: a command needs a key"
    parameters = inspect.signature(route.handler).parameters
    models = {"body": route.body, "path": route.path, "query": route.query}
    for name, model in models.items():
        taken = parameters[name].annotation if name in parameters else model
        assert taken is model, f"{where}: declares {model} as {name} and takes {taken}"
    assert not route.pages or _is_page(route.answers), f"{where}: a page query answers a Page"


def _is_page(model: type[BaseModel] | None) -> bool:
    return model is not None and issubclass(model, Page)


def refusals_of(route: Route) -> list[type[Refusal]]:
    """Every refusal that the route may answer: its own and the frame's, by status and code."""
    found: set[type[Refusal]] = {*route.refusals, InternalError}
    if not route.public:
        found |= _refusals_of_bearer(route)
    if route.keyed:
        found |= {IdempotencyKeyMissing, IdempotencyKeyInvalid, KeyReused}
    if route.confirmed:
        from chalicelib.domain.confirmation import REFUSALS

        found.update(REFUSALS)
    if route.roles or route.answers or route.writes:  # all but pages that stand in the code
        found.add(Unavailable)
    if route.writes:
        found |= {BodyTooLarge, RequestInvalid}
    if route.body:
        found |= {MalformedJson, ContentTypeUnsupported}
    if route.path:
        found.add(NotFound)
    if route.query:
        found.add(RequestInvalid)
    if route.pages:
        found.add(CursorInvalid)
    return sorted(found, key=lambda refusal: (refusal.status, refusal.code))


def _refusals_of_bearer(route: Route) -> set[type[Refusal]]:
    """What whoever is signed in, or is not, may hear of the frame."""
    found: set[type[Refusal]] = {
        TokenMissing,
        TokenInvalid,
        TokenExpired,
        SessionEnded,
        PersonLocked,
        RoleMissing,
        PortWrong,
    }
    if route.sensitive:
        found |= {SeniorMissing, StepUpRequired}
    if route.of_office and not route.by_region:
        found.add(RegionMissing)
    if route.under_notice:
        found |= {AccountClosing, NoticeOutdated}
    return found
