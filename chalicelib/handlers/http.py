"""HTTP: how does a request reach one use case, and how does its result go back?

A noun's module declares its routes and nothing else:

    routes = Routes(__name__)

    @routes.post("/v1/orders", roles=("customer",), body=PlaceOrder, answers=OrderView, status=201,
                 records=("ORDER_PLACED",), refusals=(OutOfStock, PriceChanged), summary="Buy a card")
    def place_order(command: Command, body: PlaceOrder) -> Order:
        return bootstrap.place_order()(command, ...)

A handler names what it needs: `command` (writes), `actor`, `now`, `body`, `path`,
`query`, `incoming` (the raw request). What it returns is read by the `answers`
model. A route without roles must say `public=True`; a write needs an
Idempotency-Key unless it says `keyless=True`, and says which records it leaves.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Unpack

from chalice.app import Blueprint, Request, Response

from chalicelib.handlers.answers import Answer, answered
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.route import Declaration, Route, declared
from chalicelib.handlers.surroundings import Surroundings, real_surroundings

Handler = TypeVar("Handler", bound=Callable[..., Any])

# What Chalice checks itself would be answered in its own words: everything passes, and the frame checks.
_ANY_CONTENT = ["*/*"]


class Routes(Blueprint):
    """The routes of one noun. `surroundings` is asked at each request; tests hand in their own."""

    def __init__(
        self, import_name: str, surroundings: Callable[[], Surroundings] = real_surroundings
    ) -> None:
        super().__init__(import_name)
        self.surroundings = surroundings
        self.declared: list[Route] = []

    def get(self, path: str, /, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a read. Words: see `Declaration`."""
        return self._declare("GET", path, **declaration)

    def post(self, path: str, /, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a command. Words: see `Declaration`."""
        return self._declare("POST", path, **declaration)

    def put(self, path: str, /, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a replacement. Words: see `Declaration`."""
        return self._declare("PUT", path, **declaration)

    def patch(self, path: str, /, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a change of some fields. Words: see `Declaration`."""
        return self._declare("PATCH", path, **declaration)

    def delete(self, path: str, /, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a removal. Words: see `Declaration`."""
        return self._declare("DELETE", path, **declaration)

    def _declare(
        self, method: str, path: str, /, **declaration: Unpack[Declaration]
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            route = declared(method, path, handler, **declaration)
            self.declared.append(route)
            self._serve(route)
            return handler

        return declare

    def _serve(self, route: Route) -> None:
        def view(**captured: str) -> Response:
            incoming = incoming_of(self.current_request, captured)
            return response_of(answered(route, incoming, self.surroundings()))

        serve = self.route(
            route.path_text, methods=[route.method], name=route.name, content_types=_ANY_CONTENT
        )
        serve(view)


def incoming_of(request: Request, captured: Mapping[str, str]) -> Incoming:
    """The request as Chalice hands it over."""
    body = request.raw_body
    given = request.query_params
    return Incoming(
        method=request.method,
        path=request.context.get("path", request.path),
        headers=dict(request.headers),
        body=body.encode() if isinstance(body, str) else body,
        captured=captured,
        query={name: given.getlist(name) for name in given} if given else {},
        address=request.context.get("identity", {}).get("sourceIp", ""),
        request_id=request.context.get("requestId", ""),
    )


def response_of(answer: Answer) -> Response:
    """The answer as Chalice takes it."""
    return Response(body=answer.body, status_code=answer.status, headers=dict(answer.headers))
