"""Findings over HTTP: the office reads what the system found wrong with its own books."""

from datetime import UTC, datetime, timedelta

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain.finding import Kind
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def market(world: World) -> Market:
    return Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside


def test_the_office_reads_what_was_found_by_kind_and_page(market: Market) -> None:
    for name, after in (("card|crd_B", 0), ("card|crd_A", 0), ("card|crd_A", 1)):
        note = bootstrap.note_finding()
        note(Kind.LEDGER_DIFFERENCE, name, f"{name} differs", NOW + timedelta(days=after))
    auditor = market.staff("auditor")
    path = "/v1/office/findings?kind=LEDGER_DIFFERENCE&limit=1"
    first = market.call("GET", path, who=auditor).body
    assert first["items"] == [
        {
            "kind": "LEDGER_DIFFERENCE",
            "about": "card|crd_A",
            "detail": "card|crd_A differs",
            "first_at": "2026-11-22T08:00:00Z",
            "last_at": "2026-11-23T08:00:00Z",
            "times": 2,
        }
    ]
    second = market.call("GET", f"{path}&cursor={first['next']}", who=auditor).body
    assert [item["about"] for item in second["items"]] == ["card|crd_B"]
    others = market.call("GET", "/v1/office/findings?kind=COMMISSION_EXTRA", who=auditor).body
    assert others["items"] == []


def test_every_kind_of_finding_can_be_asked_for(market: Market) -> None:
    auditor = market.staff("auditor")
    answers = [market.call("GET", f"/v1/office/findings?kind={kind}", who=auditor) for kind in Kind]
    assert [answer.status for answer in answers] == [200] * len(Kind)
