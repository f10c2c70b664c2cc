"""The read audit: is every look of the office at somebody's data noted, and is a look at many seen?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.business_time import business_date
from chalicelib.domain.read_audit import BULK_SUBJECTS_MAX, Read
from chalicelib.handlers.answers import answered
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from infra.personal_data import inventory
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.lively import known_as, models
from tests.handlers.market import Market, Trader
from tests.handlers.test_every_route import around, request

# What tells of the office's own work, and of sums.
OF_NOBODY_ELSE = {
    "batches",
    "one_batch",
    "reconciled_days",
    "one_reconciled_day",
    "drafts",
    "plan_draft",
    "simulation",
    "overview_money",
    "archive_state",
    "verifications",
    "one_verification",
}


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def rows(world: World) -> list[dict[str, Any]]:
    found = [item for item in world.items("work") if item["pk"]["S"].startswith("reads#")]
    return sorted(found, key=lambda item: item["sk"]["S"])


def listed(market: Market, auditor: Trader, query: str) -> list[dict[str, Any]]:
    day = business_date(bootstrap.now()).isoformat()
    answer = market.call("GET", f"/v1/office/read-audit?day={day}&{query}", None, auditor)
    assert answer.status == 200, answer.text
    return list(answer.body["items"])


def shows_somebody(route: Route) -> bool:
    """Whether people of the office read personal data by a route: what their own work left is not meant."""
    others = set(route.roles) - {"customer", "distributor"}
    if route.method != "GET" or not others or route.path_text.startswith("/v1/me") or not route.answers:
        return False
    personal = set(inventory().personal())
    return any(
        known_as(model, name, personal) for model in models(route.answers) for name in model.model_fields
    )


@pytest.mark.capability("S-104")
def test_every_look_of_the_office_at_people_says_whose_data_it_shows_and_what_for() -> None:
    looks = {route.name for route in DECLARED if shows_somebody(route)}
    assert len(looks) > 15
    assert looks - OF_NOBODY_ELSE == {route.name for route in DECLARED if route.shows} - {
        "find_people",
        "find_distributors",
    }


@pytest.mark.capability("S-104")
@pytest.mark.parametrize("route", [route for route in DECLARED if route.shows], ids=lambda route: route.name)
def test_what_cannot_be_noted_is_not_shown(route: Route) -> None:
    """The frame notes every such route alike: here the note fails, and nothing of the answer gets out."""
    noted: list[Read] = []

    def fails(read: Read) -> int:
        noted.append(read)
        raise RuntimeError("the table is away")

    assert route.answers is not None
    shown = route.answers.model_construct()

    def handler() -> object:
        return shown

    handler.__name__ = route.name
    answering = route._replace(handler=handler, takes=(), query=None)
    staff = around(*route.roles)._replace(note_read=fails)
    claims = staff.read_token("", staff.now())
    somebody = replace(claims, person_id="stf_BBBBBBBBBBBB")
    staff = staff._replace(read_token=lambda token, now: somebody)
    answer = answered(answering, request(route), staff)
    assert (answer.status, len(noted)) == (500, 1), answer.body
    assert (noted[0].reader, noted[0].route) == ("stf_BBBBBBBBBBBB", route.name)
    assert route.shows is not None
    assert (noted[0].whose, noted[0].purpose) == route.shows


@pytest.mark.capability("S-104")
def test_a_look_is_noted_with_who_what_whose_and_what_for_by_one_write(market: Market) -> None:
    buyer, support, auditor = market.customer(), market.staff("support"), market.staff("auditor")
    order_id = market.ordered(buyer, by_card=True)
    market.call("GET", "/v1/me", None, support)  # who it is, is known
    with market.world.metered() as reading:
        assert market.call("GET", f"/v1/orders/{order_id}", None, support).status == 200
    units = {name.rpartition("-")[2]: count for name, count in reading().write_units.items()}
    assert units == {"work": 1}
    expected = {
        "reader": support.person_id,
        "route": "one_order",
        "whose": "customer",
        "purpose": "a buyer is helped with an order",
        "subjects": [buyer.person_id[4:]],
    }
    by_staff = listed(market, auditor, f"staff={support.person_id}")
    by_person = listed(market, auditor, f"person={buyer.person_id}")
    for found in (by_staff, by_person):
        assert [{name: look[name] for name in expected} for look in found] == [expected]
    assert listed(market, auditor, f"person={support.person_id}") == []
    (own,) = listed(market, auditor, f"staff={auditor.person_id}")[:1]  # who watches is watched
    assert own["route"] == "reads_of_day"


def test_what_customers_read_of_their_own_is_noted_nowhere_and_costs_no_write(market: Market) -> None:
    buyer = market.customer()
    order_id = market.ordered(buyer, by_card=True)
    with market.world.metered() as reading:
        assert market.call("GET", f"/v1/orders/{order_id}", None, buyer).status == 200
    assert reading().write_units_sum == 0
    assert rows(market.world) == []


def test_a_row_forgets_itself_after_three_years(market: Market) -> None:
    buyer, support = market.customer(), market.staff("support")
    market.call("GET", f"/v1/office/people/{buyer.person_id}", None, support)
    (row,) = rows(market.world)
    days = (int(row["expires_at"]["N"]) - bootstrap.now().timestamp()) / 86_400
    assert 3 * 365 < days <= 3 * 366


@pytest.mark.parametrize("query", ["", "staff=stf_BBBBBBBBBBBB&person=cus_BBBBBBBBBBBB"])
def test_the_audit_is_asked_for_one_reader_or_one_person(market: Market, query: str) -> None:
    auditor = market.staff("auditor")
    answer = market.call("GET", f"/v1/office/read-audit?day=2026-11-30&{query}", None, auditor)
    assert (answer.status, answer.code) == (400, "REQUEST_INVALID")


@pytest.mark.capability("S-104")
def test_looking_at_too_many_people_within_ten_minutes_raises_the_alarm(
    market: Market, capfd: pytest.CaptureFixture[str]
) -> None:
    """The count is of different people: one looked at again and again is one."""
    support, buyer = market.staff("support"), market.customer()
    keys = [
        f"{number:012d}".replace("0", "A").replace("1", "B") for number in range(2, 2 + BULK_SUBJECTS_MAX)
    ]
    seen = Read(support.person_id, bootstrap.now(), "one_person", "customer", "help", tuple(keys[:-1]))
    assert bootstrap.note_read()(seen) == BULK_SUBJECTS_MAX - 1
    path = f"/v1/office/people/{buyer.person_id}"
    for _ in range(3):
        assert market.call("GET", path, None, support).status == 200
    assert "BulkRead" not in capfd.readouterr().out
    other = market.customer()
    assert market.call("GET", f"/v1/office/people/{other.person_id}", None, support).status == 200
    assert "BulkRead" in capfd.readouterr().out
    colleague = market.staff("support")
    assert market.call("GET", path, None, colleague).status == 200
    assert "BulkRead" not in capfd.readouterr().out


def test_what_was_seen_more_than_ten_minutes_ago_counts_no_more(market: Market) -> None:
    note, noon = bootstrap.note_read(), datetime(2026, 11, 30, 4, tzinfo=UTC)
    first = Read("stf_BBBBBBBBBBBB", noon, "one_person", "customer", "help", ("AAAAAAAAAAAA",))
    other = first._replace(subjects=("BBBBBBBBBBBB",))
    assert note(first) == 1
    assert note(other._replace(at=noon + timedelta(minutes=10))) == 2
    assert note(other._replace(at=noon + timedelta(minutes=10, milliseconds=1))) == 1
