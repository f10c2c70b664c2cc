"""Privacy: what is done with a person's data, and what do they say to it?

No consent is given by default, each is given alone, and taken back by the same call. A person
may have everything that is held about them, to read (JSON) or for a table (CSV).
"""

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path as FilePath
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.consent import NOTICES, Consent, NoticeReplaced, Purpose, ServiceNecessary
from chalicelib.handlers.answers import Raw
from chalicelib.handlers.fields import Body, Listing, Page, PageQuery, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of
from chalicelib.usecases.ports import Actor, Command

routes = Routes(__name__)

FILE = FilePath(__file__).parents[1] / "notices.json"
Version = Annotated[str, Field(max_length=20, examples=["2026-11"], description="Of a notice")]


class NoticeView(View):
    """What is done with which data, in the language of Accept-Language."""

    purpose: Purpose
    version: Version
    is_necessary: bool = Field(description="Without it there is no service; all others are as you like")
    title: str
    text: str


class NoticesView(View):
    """The notices in force."""

    notices: list[NoticeView]


class DecisionView(View):
    purpose: Purpose
    version: Version
    given: bool
    at: datetime


class ConsentView(View):
    """How one purpose stands: `given` only for the version in force."""

    purpose: Purpose
    version: Version
    is_necessary: bool
    given: bool
    decision: DecisionView | None = Field(default=None, description="The last one; none: never asked")


class ConsentsView(View):
    """Every purpose."""

    consents: list[ConsentView]


class Decide(Body):
    """Give a consent, or take it back. Giving names the version of the notice that was read."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"purpose": "MARKETING", "given": True, "version": "2026-11"}]}
    )

    purpose: Purpose
    given: Annotated[bool, Field(strict=True)]
    version: Version = ""


@routes.get("/v1/notices", public=True, answers=NoticesView, summary="What is done with personal data")
def notices(incoming: Incoming) -> dict[str, list[dict[str, Any]]]:
    language = language_of(incoming.headers.get("accept-language", ""))
    return {"notices": [_notice(purpose, version, language) for purpose, version in NOTICES.items()]}


@routes.get("/v1/me/consents", roles=("customer",), answers=ConsentsView, summary="What I agreed to")
def my_consents(actor: Actor) -> dict[str, list[Consent]]:
    return {"consents": bootstrap.consents().listed(actor.person_id)}


@routes.put(
    "/v1/me/consents",
    roles=("customer",),
    body=Decide,
    answers=ConsentsView,
    records=("person.consent",),
    refusals=(NoticeReplaced, ServiceNecessary),
    summary="Agree to one purpose, or not any more",
)
def decide_consent(command: Command, body: Decide) -> dict[str, list[Consent]]:
    return {"consents": bootstrap.consents().decide(command, body.purpose, body.given, body.version)}


@routes.get(
    "/v1/me/consents/history",
    roles=("customer",),
    query=PageQuery,
    answers=Page[DecisionView],
    summary="What I decided, the newest first",
)
def my_decisions(actor: Actor, query: PageQuery) -> Listing:
    keys, found = bootstrap.consents().history(actor, query.cursor, query.limit)
    return Listing(found, keys[-1] if len(found) == query.limit else None)


class MyDataView(View):
    """Everything that is held about a person, in sections of rows; the newest 2,000 rows of each."""

    profile: list[dict[str, Any]]
    corrections: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    preferences: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    devices: list[dict[str, Any]]
    cities: list[dict[str, Any]]
    last_place: list[dict[str, Any]] = Field(description="Of the last sign-in, in whole degrees")
    orders: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    applications: list[dict[str, Any]]
    distribution: list[dict[str, Any]]
    withdrawals: list[dict[str, Any]]
    records: list[dict[str, Any]] = Field(description="What was done, and from which address and client")


@routes.get("/v1/me/data", roles=("customer",), answers=MyDataView, summary="Everything held about me")
def my_data(actor: Actor) -> dict[str, list[dict[str, Any]]]:
    return bootstrap.copy_my_data()(actor.person_id)


@routes.get(
    "/v1/me/data/csv",
    roles=("customer",),
    media_type="text/csv; charset=utf-8",
    summary="Everything held about me, as a table",
)
def my_data_csv(actor: Actor) -> Raw:
    view = MyDataView.model_validate(bootstrap.copy_my_data()(actor.person_id))
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(("section", "row", "field", "value"))
    for section, found in view.model_dump(mode="json").items():
        for number, row in enumerate(found, start=1):
            rows.writerows((section, number, field, _cell(told)) for field, told in row.items())
    name = 'attachment; filename="my-data.csv"'
    return Raw("\ufeff" + file.getvalue(), {"Content-Disposition": name})


def _cell(told: Any) -> str:
    """A value as a table shows it: a text that a spreadsheet would calculate stays a text."""
    text = "" if told is None else str(told)
    return f"'{text}" if isinstance(told, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _notice(purpose: Purpose, version: str, language: str) -> dict[str, Any]:
    title, text = texts()[purpose][version][language]
    told = {"purpose": purpose, "version": version, "title": title, "text": text}
    return told | {"is_necessary": purpose is Purpose.SERVICE}


@cache
def texts() -> Mapping[str, Mapping[str, Mapping[str, tuple[str, str]]]]:
    """By purpose, version and language: title and text. What was ever in force stays."""
    found: dict[str, dict[str, dict[str, tuple[str, str]]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
