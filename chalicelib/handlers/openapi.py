"""OpenAPI: what does the API promise, as OpenAPI 3.1 made from the very declarations that run?

Every route with its roles, parameters, bodies, answers, and every refusal it may
give, by status and code. Nothing is written by hand; what is missing here is
missing in the route.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib import VERSION
from chalicelib.domain.errors import Refusal
from chalicelib.domain.session import FACTOR_TERM
from chalicelib.handlers.examples import example_of
from chalicelib.handlers.messages import words
from chalicelib.handlers.problems import PROBLEM_TYPE, Problem
from chalicelib.handlers.retirement import HEADERS
from chalicelib.handlers.route import Route, refusals_of

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]
Schemas = Mapping[tuple[Any, Mode], Json]  # by model and use

ABOUT = (
    "Prepaid fuel cards and their distribution. Money is whole fen (`…_fen`), rates are 1/10 000 "
    "(`…_bps`), moments are ISO 8601 in UTC. Every write carries an Idempotency-Key: the same key with the "
    "same body is the same operation, however often it is sent. Every refusal is a problem (RFC 9457) with "
    "a stable `code`, the advice what to do, and `retryable`. A route that goes says so ninety days before, "
    "by Deprecation and Sunset (RFC 9745, RFC 8594)."
)

KEY_HEADER: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A ULID that the client makes. Sent again with the same body it names the same operation.",
    "schema": {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    "example": "01JD3Q8Z6N5W4V3T2S1R0QPAMK",
}
CONFIRMATION_HEADER: Json = {
    "name": "Confirmation",
    "in": "header",
    "required": True,
    "description": "What POST /v1/me/confirmations gave for just this payee, amount and Idempotency-Key.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+[.][0-9A-Z]+$", "maxLength": 1000},
}
TAG_HEADER: Json = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what the client has: 304 when it is still this.",
    "schema": {"type": "string"},
}
RETIREMENT: Json = {name: {"schema": {"type": "string"}} for name in HEADERS}
REQUEST_ID: Json = {"description": "Tell it to support", "schema": {"type": "string"}}


class _WithoutNulls(GenerateJsonSchema):
    """Answers leave out what is null: such a field is required of no answer."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        is_left_out = self.mode == "serialization" and field["schema"]["type"] == "nullable"
        return not is_left_out and super().field_is_required(field, total)


def document(routes: Sequence[Route]) -> Json:
    """The whole description."""
    schemas, definitions = _schemas(routes)
    paths: dict[str, Json] = {}
    for route in sorted(routes, key=lambda route: (route.path_text, route.method)):
        paths.setdefault(route.path_text, {})[route.method.lower()] = _operation(route, schemas, definitions)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Forecourt",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({tag_of(route) for route in routes})],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "x-problems": problems(routes),
    }


def problems(routes: Sequence[Route]) -> list[Json]:
    """The catalogue of every refusal of these routes: cause and advice in both languages, by code."""
    refusals = {refusal.code: refusal for route in routes for refusal in refusals_of(route)}
    return [_problem(refusals[code]) for code in sorted(refusals)]


def tag_of(route: Route) -> str:
    """The noun a route belongs to: the module it is declared in."""
    return route.handler.__module__.rpartition(".")[2]


def _problem(refusal: type[Refusal]) -> Json:
    told = {language: words(refusal, language) for language in ("zh-CN", "en")}
    return {
        "code": refusal.code,
        "status": refusal.status,
        "retryable": refusal.retryable,
        "cause": {language: cause for language, (cause, _) in told.items()},
        "advice": {language: advice for language, (_, advice) in told.items()},
    }


def _schemas(routes: Iterable[Route]) -> tuple[Schemas, Json]:
    """The schema of each model where it is used, and the definitions they refer to."""
    wanted: list[tuple[type[BaseModel], Mode]] = [(Problem, "serialization")]
    for route in routes:
        if route.answers:
            wanted.append((route.answers, "serialization"))
        if route.body:
            wanted.append((route.body, "validation"))
    # Pages of equally named views have equal keys: their order is that of the routes, never a set's.
    unique = sorted(dict.fromkeys(wanted), key=lambda pair: (pair[0].__name__, pair[0].__module__, pair[1]))
    schemas, definitions = models_json_schema(
        unique, ref_template="#/components/schemas/{model}", schema_generator=_WithoutNulls
    )
    return schemas, _without_empty_defaults(definitions["$defs"])


def _without_empty_defaults(schema: Any) -> Any:
    """An empty text as default means "not given", and need not fit what a given one must."""
    if isinstance(schema, dict):
        kept = {name: part for name, part in schema.items() if (name, part) != ("default", "")}
        return {name: _without_empty_defaults(part) for name, part in kept.items()}
    return [_without_empty_defaults(part) for part in schema] if isinstance(schema, list) else schema


def _operation(route: Route, schemas: Schemas, definitions: Json) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [tag_of(route)],
        "responses": {**_success(route, schemas), **_refusals(route)},
        "security": [] if route.public else [{"token": []}],
        "x-roles": sorted(route.roles),
        "x-ports": sorted(route.ports),
    }
    if route.handler.__doc__:
        operation["description"] = route.handler.__doc__.strip()
    if route.retires:
        operation |= {"deprecated": True, "x-retires": route.retires.headers()}
        for answer in operation["responses"].values():
            answer.setdefault("headers", {}).update(RETIREMENT)
    if route.sensitive:
        operation["x-sensitive"] = {
            "second-factor-within-seconds": FACTOR_TERM.seconds,
            "second-person": route.second_person,
        }
    if route.confirmed:
        operation["x-confirmed"] = {"by": "a second factor, for this payee, amount and Idempotency-Key"}
    if route.records:
        operation["x-records"] = sorted(route.records)
    parameters = _parameters(route, schemas)
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = _request_body(schemas[route.body, "validation"], definitions)
    elif route.raw_body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
    return operation


def _request_body(schema: Json, definitions: Json) -> Json:
    content = {"schema": schema, "example": example_of(schema, definitions)}
    return {"required": True, "content": {"application/json": content}}


def _parameters(route: Route, schemas: Schemas) -> list[Json]:
    parameters = _fields("path", route.path) + _fields("query", route.query)
    if route.keyed:
        parameters.append(KEY_HEADER)
    if route.confirmed:
        parameters.append(CONFIRMATION_HEADER)
    if route.versioned:
        parameters.append(TAG_HEADER)
    return parameters


def _fields(place: str, model: type[BaseModel] | None) -> list[Json]:
    """The fields of a path or query model as parameters. Their schemas are plain: they refer to nothing."""
    if model is None:
        return []
    schema = model.model_json_schema()
    assert "$defs" not in schema, f"{model.__name__}: a parameter is plain text or a number"
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": place, "required": place == "path" or name in required, "schema": field}
        for name, field in _without_empty_defaults(schema["properties"]).items()
    ]


def _success(route: Route, schemas: Schemas) -> Json:
    headers: Json = {"X-Request-Id": REQUEST_ID}
    if route.versioned:
        headers["ETag"] = {"schema": {"type": "string"}}
    answer: Json = {"description": route.summary, "headers": headers}
    if route.answers:
        answer["content"] = {route.media_type: {"schema": schemas[route.answers, "serialization"]}}
    elif route.status != 204:
        answer["content"] = {route.media_type: {"schema": {}}}
    responses = {str(route.status): answer}
    if route.versioned:
        responses["304"] = {"description": "It is still what the client has"}
    return responses


def _refusals(route: Route) -> Json:
    by_status: dict[int, list[type[Refusal]]] = {}
    for refusal in refusals_of(route):
        by_status.setdefault(refusal.status, []).append(refusal)
    return {str(status): _refusal(refusals) for status, refusals in sorted(by_status.items())}


def _refusal(refusals: Sequence[type[Refusal]]) -> Json:
    """One status: the problem schema, narrowed to the codes of this route."""
    codes = list(dict.fromkeys(refusal.code for refusal in refusals))
    narrowed = {"properties": {"code": {"enum": codes}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}
    return {
        "description": " | ".join(codes),
        "headers": {"X-Request-Id": REQUEST_ID},
        "content": {PROBLEM_TYPE: {"schema": schema}},
    }
