"""Unrouted: what is answered where no route is, and before a browser may ask at all?

Chalice answers unknown methods in words of its own; here they become problem details
like every other refusal (what API Gateway refuses by itself: infra/gateway_answers.py).
Preflight requests of web clients are answered for every path.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.handlers.answers import Answer, refusal_answer
from chalicelib.handlers.http import Routes, incoming_of, response_of
from chalicelib.handlers.problems import InternalError, MethodNotAllowed
from chalicelib.handlers.surroundings import Surroundings, real_surroundings

ALLOWED_HEADERS = (
    "Accept-Language, Authorization, Confirmation, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id"
)
PREFLIGHT_SECONDS = "600"

Surround = Callable[[], Surroundings]


def own_words(surroundings: Surround = real_surroundings) -> Blueprint:
    """Of every route: methods that it does not have, answered in our words."""
    blueprint = Blueprint(__name__)
    blueprint.register_middleware(_translating(surroundings), "http")
    return blueprint


def preflights(nouns: Sequence[Routes], surroundings: Surround = real_surroundings) -> Blueprint:
    """What browsers ask before they call the routes of these nouns."""
    blueprint = Blueprint(__name__)
    methods: dict[str, list[str]] = {}
    for noun in nouns:
        for route in noun.declared:
            methods.setdefault(route.path_text, []).append(route.method)
    for path, allowed in methods.items():
        _serve_preflight(blueprint, path, ", ".join(sorted(allowed)), surroundings)
    return blueprint


def _serve_preflight(blueprint: Blueprint, path: str, allowed: str, surroundings: Surround) -> None:
    def preflight(**_: str) -> Response:
        origin = blueprint.current_request.headers.get("origin", "")
        headers: dict[str, str | list[str]] = {"Vary": "Origin", "Allow": allowed}
        if origin and origin in surroundings().web_origins():
            headers |= {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": allowed,
                "Access-Control-Allow-Headers": ALLOWED_HEADERS,
                "Access-Control-Max-Age": PREFLIGHT_SECONDS,
            }
        return Response(body="", status_code=204, headers=headers)

    blueprint.route(path, methods=["OPTIONS"], name="preflight", content_types=["*/*"])(preflight)


def _translating(surroundings: Surround) -> Callable[[Request, Callable[[Any], Response]], Response]:
    """A middleware that puts Chalice's own refusals into our words."""

    def translate(request: Request, get_response: Callable[[Any], Response]) -> Response:
        response = get_response(request)
        if not isinstance(response.body, dict) or "Code" not in response.body:
            return response
        refusal = MethodNotAllowed if response.status_code == 405 else InternalError
        incoming = incoming_of(request, {})
        request_id = incoming.known_by(surroundings().random_text).request_id
        answer = refusal_answer(refusal(), incoming, request_id)
        kept = {name: str(told) for name, told in response.headers.items() if name == "Allow"}
        return response_of(
            Answer(answer.status, answer.body, {**answer.headers, **kept, "X-Request-Id": request_id})
        )

    return translate
