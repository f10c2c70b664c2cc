"""Versions: one number everywhere, and a route that goes says so ninety days before, in every answer."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chalice.app import Chalice

from app import app
from chalicelib import VERSION
from chalicelib.bootstrap import basics
from chalicelib.bootstrap.part import replaced
from chalicelib.domain.errors import Unprocessable
from chalicelib.handlers.http import Routes
from chalicelib.handlers.openapi import document
from chalicelib.handlers.retirement import Retirement
from chalicelib.handlers.route import declared
from tests.handlers.api_client import Api
from tests.handlers.demo import ORIGIN, Demo, Number, OrderPath
from tests.simulation.world import settings

ROOT = Path(__file__).parents[2]
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
GOES = Retirement(SINCE, datetime(2027, 2, 1, tzinfo=UTC), "/v2/numbers")
TOLD = {
    "Deprecation": "@1793491200",
    "Sunset": "Mon, 01 Feb 2027 00:00:00 GMT",
    "Link": '</v2/numbers>; rel="successor-version"',
}


class NoNumber(Unprocessable):
    code = "DEMO_NO_NUMBER"


class Old:
    """An API with a route that goes and one that stays."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.routes = Routes("demo", Demo().surroundings)

        @self.routes.get(
            "/v1/number",
            roles=("customer",),
            answers=Number,
            refusals=(NoNumber,),
            retires=GOES,
            summary="Old",
        )
        def number() -> Number:
            if self.failure:
                raise self.failure
            return Number(number=7)

        @self.routes.get("/v1/other", roles=("customer",), answers=Number, summary="New")
        def other() -> Number:
            return Number(number=8)

        app = Chalice("old")
        app.register_blueprint(self.routes)
        self.api = Api(app)


def headings() -> Iterator[str]:
    yield from re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.capability("S-076")
def test_health_description_changelog_and_project_name_one_version() -> None:
    api = Api(app)
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", VERSION)
    with replaced({basics.settings: settings}):
        health = api.call("GET", "/v1/health").body
    assert health == {"status": "ok", "version": VERSION, "stage": "simulated"}
    assert api.call("GET", "/v1/openapi.json").body["info"]["version"] == VERSION
    assert next(headings()) == VERSION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


def test_the_changelog_tells_every_version_once_the_newest_first() -> None:
    told = [tuple(map(int, heading.split("."))) for heading in headings()]
    assert told == sorted(set(told), reverse=True)


@pytest.mark.capability("S-076")
@pytest.mark.parametrize(
    "token, failure, status",
    [
        ("customer", None, 200),
        ("", None, 401),
        ("finance", None, 403),
        ("customer", NoNumber(), 422),
        ("customer", ValueError("a bug"), 500),
    ],
)
def test_a_route_that_goes_says_so_in_every_answer(
    token: str, failure: Exception | None, status: int
) -> None:
    old = Old()
    old.failure = failure
    answer = old.api.call("GET", "/v1/number", token=token, headers={"Origin": ORIGIN})
    assert answer.status == status
    assert {name: answer.headers.get(name) for name in TOLD} == TOLD
    assert set(TOLD) <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    other = old.api.call("GET", "/v1/other", token=token)
    assert not set(TOLD) & set(other.headers)


def test_the_description_calls_it_deprecated() -> None:
    paths = document(Old().routes.declared)["paths"]
    told = paths["/v1/number"]["get"]
    assert (told["deprecated"], told["x-retires"]) == (True, TOLD)
    assert all(set(TOLD) <= set(answer["headers"]) for answer in told["responses"].values())
    assert "deprecated" not in paths["/v1/other"]["get"]


@pytest.mark.capability("S-076")
@pytest.mark.parametrize(
    "retires, wrong",
    [
        (Retirement(SINCE, SINCE + timedelta(days=90, seconds=-1), "/v2/x"), "89 days of notice"),
        (Retirement(SINCE, SINCE - timedelta(days=1), "/v2/x"), "days of notice"),
        (Retirement(SINCE, SINCE + timedelta(days=90), ""), "which path follows"),
        (Retirement(SINCE.replace(tzinfo=None), SINCE, "/v2/x"), "zone"),
    ],
)
def test_a_notice_of_less_than_ninety_days_never_starts(retires: Retirement, wrong: str) -> None:
    def handler() -> None: ...

    with pytest.raises(AssertionError, match=wrong):
        declared("GET", "/v1/x", handler, public=True, summary="X", retires=retires)


def test_ninety_days_are_enough() -> None:
    def handler(path: OrderPath) -> None: ...

    retires = Retirement(SINCE, SINCE + timedelta(days=90), "/v2/x")
    words = {"public": True, "summary": "X", "status": 204, "path": OrderPath, "retires": retires}
    assert declared("GET", "/v1/x/{order_id}", handler, **words).retires == retires  # type: ignore[arg-type]
