"""The description of the API is whole, valid, and the one that is checked in."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from app import app
from chalicelib.domain.errors import Unavailable
from chalicelib.handlers.api.every import DECLARED, NOUNS
from chalicelib.handlers.openapi import document
from chalicelib.handlers.problems import PROBLEM_TYPE
from chalicelib.handlers.route import Route, refusals_of
from tests.handlers.api_client import Api

CHECKED_IN = Path(__file__).parent.parent.parent / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def api() -> Api:
    return Api(app)


@pytest.fixture(scope="module")
def description(api: Api) -> dict[str, Any]:
    answer = api.call("GET", "/v1/openapi.json")
    assert answer.status == 200
    return dict(answer.body)


def operation(description: dict[str, Any], route: Route) -> dict[str, Any]:
    return dict(description["paths"][route.path_text][route.method.lower()])


def test_it_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"] == "3.1.0"
    validate(description)


def test_it_is_the_one_that_is_checked_in(description: dict[str, Any]) -> None:
    assert json.loads(CHECKED_IN.read_text(encoding="utf-8")) == description, "run `make openapi`"


def test_every_route_that_is_served_is_described(description: dict[str, Any]) -> None:
    served = {
        (path, method) for path, methods in app.routes.items() for method in methods if method != "OPTIONS"
    }
    described = {(path, verb.upper()) for path, verbs in description["paths"].items() for verb in verbs}
    assert served == described == {(route.path_text, route.method) for route in DECLARED}


@pytest.mark.parametrize("route", DECLARED, ids=lambda route: f"{route.method} {route.path_text}")
def test_it_names_roles_key_and_every_refusal(description: dict[str, Any], route: Route) -> None:
    told = operation(description, route)
    assert told["x-roles"] == sorted(route.roles)
    assert bool(told["security"]) != route.public
    headers = {parameter["name"] for parameter in told.get("parameters", []) if parameter["in"] == "header"}
    assert ("Idempotency-Key" in headers) == route.keyed
    codes = {
        code
        for answer in told["responses"].values()
        if PROBLEM_TYPE in answer.get("content", {})
        for code in answer["content"][PROBLEM_TYPE]["schema"]["allOf"][1]["properties"]["code"]["enum"]
    }
    assert codes == {refusal.code for refusal in refusals_of(route)}


def test_whoever_asks_a_table_may_be_told_to_try_again() -> None:
    """Reads meet busy and silent tables as writes do; only pages that stand in the code never do."""
    silent = [route for route in DECLARED if Unavailable not in refusals_of(route)]
    assert all(route.public and route.method == "GET" and route.answers is None for route in silent)


def test_a_code_has_one_status_wherever_it_is_answered() -> None:
    statuses: dict[str, set[int]] = {}
    for route in DECLARED:
        for refusal in refusals_of(route):
            statuses.setdefault(refusal.code, set()).add(refusal.status)
    assert {code: found for code, found in statuses.items() if len(found) != 1} == {}


def test_no_address_names_what_is_hidden_elsewhere() -> None:
    """A field that no line shows (`repr=False`) travels in a body."""
    bodies = [route.body for route in DECLARED if route.body]
    hidden = {name for body in bodies for name, field in body.model_fields.items() if not field.repr}
    assert {"device", "password", "code", "phone"} <= hidden
    named = {
        (route.path_text, name)
        for route in DECLARED
        for model in (route.path, route.query)
        if model
        for name, field in model.model_fields.items()
        if name in hidden or not field.repr
    }
    assert named == set()


def test_no_fraction_ever_leaves(description: dict[str, Any]) -> None:
    assert '"type": "number"' not in json.dumps(description["components"]["schemas"])


def test_what_answers_leave_out_is_not_required_of_them(description: dict[str, Any]) -> None:
    """A field that is null is left out (tests/handlers/random_requests.py found ten that were required)."""
    wrong = [
        f"{name}.{field}"
        for name, schema in description["components"]["schemas"].items()
        for field in schema.get("required", ())
        if {"type": "null"} in schema["properties"][field].get("anyOf", ())
    ]
    assert wrong == []
    assert "revealed_at" in description["components"]["schemas"]["CardView"]["properties"]


def test_the_page_is_one_file_that_loads_nothing_from_elsewhere(api: Api) -> None:
    answer = api.call("GET", "/v1/docs")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "//" not in answer.text.replace("/** ", "").replace("// ", "")


def test_the_description_does_not_depend_on_the_process() -> None:
    again = document([route for noun in NOUNS for route in noun.declared])
    assert json.dumps(again) == json.dumps(document(DECLARED))
