"""A small API to try the frame on: it records what its handlers were given, and who is who by the token."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from chalice.app import Chalice
from pydantic import Field

from chalicelib.domain.change import Stale
from chalicelib.domain.errors import Conflict, Unprocessable
from chalicelib.domain.person import Claims, TokenExpired, TokenInvalid, ports_of
from chalicelib.handlers import unrouted
from chalicelib.handlers.fields import (
    AmountFen,
    Body,
    Listing,
    OrderId,
    Page,
    PageQuery,
    Path,
    Query,
    Reason,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.surroundings import Surroundings
from chalicelib.usecases.ports import Actor, Command
from tests.fakes.keys import FakeKeys
from tests.handlers.api_client import Api

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KEY = "01KAMX7Q000000000000000001"
CUSTOMER = "cus_BBBBBBBBBBBB"
ORIGIN = "https://shop.example"

WHO = {
    "customer": Claims(
        CUSTOMER, frozenset({"customer"}), ("dst_CCCCCCCCCCCC",), "", True, ports=ports_of(CUSTOMER)
    ),
    "other": Claims("cus_DDDDDDDDDDDD", frozenset({"customer"}), ports=ports_of("cus_DDDDDDDDDDDD")),
    "finance": Claims("stf_EEEEEEEEEEEE", frozenset({"finance"}), ports=ports_of("stf_EEEEEEEEEEEE")),
}


class TooDear(Unprocessable):
    code = "DEMO_TOO_DEAR"
    advice = "Ask for less."


class Undeclared(Conflict):
    code = "DEMO_UNDECLARED"


class Line(Body):
    units: Annotated[int, Field(strict=True, ge=1, le=10)]


class Buy(Body):
    amount_fen: AmountFen
    lines: list[Line] = Field(default=[], max_length=3)
    reason: Reason | None = None


class OrderPath(Path):
    order_id: OrderId


class Filter(Query):
    state: Annotated[str, Field(pattern="^[A-Z]+$")] = "ALL"


class Bought(View):
    amount_fen: int
    buyer: str


class Thing(View):
    order_id: str
    version: int


class Number(View):
    number: int


@dataclass
class Demo:
    """The API and what its handlers saw."""

    seen: list[Any] = field(default_factory=list)
    failure: Exception | None = None
    request_count: int = 0
    terms: list[str] = field(default_factory=list)
    keys: FakeKeys = field(default_factory=FakeKeys)

    def surroundings(self) -> Surroundings:
        return Surroundings(
            now=lambda: NOW,
            read_token=_claims,
            mark=self.keys.blind_index,
            random_text=self._random_text,
            veil=self.keys.veil,
            web_origins=lambda: frozenset({ORIGIN}),
            in_time=self._in_time,
        )

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        self.terms.append("begun")
        yield
        self.terms.append("kept")

    def _random_text(self) -> str:
        self.request_count += 1
        return f"made-{self.request_count:08d}"

    def api(self) -> Api:
        routes = self.routes()
        app = Chalice("demo")
        app.register_blueprint(routes)
        app.register_blueprint(unrouted.preflights([routes], self.surroundings))
        app.register_blueprint(unrouted.own_words(self.surroundings))
        return Api(app)

    def routes(self) -> Routes:
        routes = Routes("demo", self.surroundings)
        _declare_writes(routes, self)
        _declare_reads(routes, self)
        return routes


def _claims(token: str, now: datetime) -> Claims:
    assert now == NOW
    if token == "expired":
        raise TokenExpired()
    if token not in WHO:
        raise TokenInvalid()
    return WHO[token]


def _declare_writes(routes: Routes, demo: Demo) -> None:
    @routes.post(
        "/v1/purchases",
        roles=("customer",),
        body=Buy,
        answers=Bought,
        status=201,
        records=("demo.buy",),
        refusals=(TooDear,),
        summary="Buy",
    )
    def buy(command: Command, body: Buy) -> Bought:
        demo.seen.append(command)
        if demo.failure:
            raise demo.failure
        return Bought(amount_fen=body.amount_fen, buyer=command.actor.person_id)

    @routes.delete(
        "/v1/orders/{order_id}",
        roles=("customer",),
        path=OrderPath,
        status=204,
        records=("demo.x",),
        summary="X",
    )
    def remove(command: Command, path: OrderPath) -> None:
        demo.seen.append(path.order_id)

    @routes.post(
        "/v1/callbacks",
        public=True,
        keyless=True,
        raw_body=True,
        unrecorded="demo",
        status=204,
        summary="Hear",
    )
    def hear(incoming: Incoming, actor: Actor) -> None:
        demo.seen.append((incoming.body, incoming.headers.get("x-signature"), actor.client))


def _declare_reads(routes: Routes, demo: Demo) -> None:
    @routes.get("/v1/orders/{order_id}", roles=("customer",), path=OrderPath, answers=Thing, summary="One")
    def one(path: OrderPath) -> Thing:
        return Thing(order_id=path.order_id, version=len(demo.seen))

    @routes.get("/v1/numbers", roles=("customer",), query=PageQuery, answers=Page[Number], summary="Many")
    def numbers(query: PageQuery) -> Listing:
        begin = int(query.cursor or 0)
        end = min(begin + query.limit, 5)
        return Listing([Number(number=number) for number in range(begin, end)], str(end) if end < 5 else None)

    @routes.get("/v1/filtered", roles=("finance",), query=Filter, answers=Number, summary="Some")
    def filtered(query: Filter) -> Number:
        return Number(number=len(query.state))


STALE = Stale("lost a race")
