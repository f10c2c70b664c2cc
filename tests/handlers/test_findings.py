"""Findings over HTTP: the office reads what the system found wrong with its own books, and closes it."""

from datetime import UTC, datetime, timedelta

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain.finding import Finding, Kind
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Attempt, Market, everything

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def market(world: World) -> Market:
    return Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside


def a_finding(about: str) -> Finding:
    return Finding(Kind.LEDGER_DIFFERENCE, about, "", NOW, NOW)


def test_the_office_reads_what_was_found_by_kind_and_page(market: Market) -> None:
    for name, after in (("card|crd_B", 0), ("card|crd_A", 0), ("card|crd_A", 1)):
        note = bootstrap.note_finding()
        note(Kind.LEDGER_DIFFERENCE, name, f"{name} differs", NOW + timedelta(days=after))
    auditor = market.staff("auditor")
    path = "/v1/office/findings?kind=LEDGER_DIFFERENCE&limit=1"
    first = market.call("GET", path, who=auditor).body
    assert first["items"] == [
        {
            "finding_id": a_finding("card|crd_A").finding_id,
            "kind": "LEDGER_DIFFERENCE",
            "about": "card|crd_A",
            "detail": "card|crd_A differs",
            "first_at": "2026-11-22T08:00:00Z",
            "last_at": "2026-11-23T08:00:00Z",
            "times": 2,
            "state": "OPEN",
            "resolution": "",
            "decided_by": "",
            "reason": "",
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


def test_those_that_wait_for_a_person_can_be_asked_for_alone(market: Market) -> None:
    finance, names = market.staff("finance"), [f"card|crd_{letter}" for letter in "ABCDE"]
    paths = [noted(name) for name in names]
    for path in paths[:3]:
        market.call("POST", f"{path}/resolution", BODY, finance)
    query = "/v1/office/findings?kind=LEDGER_DIFFERENCE&limit=1"
    first = market.call("GET", f"{query}&state=OPEN", who=finance).body
    assert [item["about"] for item in first["items"]] == names[3:4]
    second = market.call("GET", f"{query}&state=OPEN&cursor={first['next']}", who=finance).body
    assert [item["about"] for item in second["items"]] == names[4:]
    third = market.call("GET", f"{query}&state=OPEN&cursor={second['next']}", who=finance).body
    assert (third["items"], "next" in third) == ([], False)
    closed = market.call("GET", f"{query[:-1]}9&state=RESOLVED", who=finance).body
    assert [item["about"] for item in closed["items"]] == names[:3]
    assert market.call("GET", f"{query}&state=GONE", who=finance).code == "REQUEST_INVALID"


READ = "is +5 fen away from its journal"
SAID = {"resolution": "CORRECTED", "reason": "put right by a posting of two people"}
BODY = {**SAID, "detail": READ}


def noted(about: str = "card|crd_A|available_fen", detail: str = READ) -> str:
    """The path of a finding that was just noted."""
    found = bootstrap.note_finding()(Kind.LEDGER_DIFFERENCE, about, detail, NOW)
    return f"/v1/office/findings/{found.finding_id}"


def test_finance_closes_a_finding_with_a_reason_once(market: Market) -> None:
    path, finance = noted(), market.staff("finance")
    closed = market.call("POST", f"{path}/resolution", BODY, finance)
    assert closed.status == 200
    told = {name: closed.body[name] for name in ("state", "resolution", "decided_by", "reason")}
    assert told == {"state": "RESOLVED", **SAID, "decided_by": finance.person_id}
    assert market.call("GET", path, who=market.staff("auditor")).body == closed.body
    other = market.call("POST", f"{path}/resolution", BODY, market.staff("finance"))
    assert (other.status, other.code) == (409, "FINDING_CLOSED")


def test_a_finding_that_is_found_again_after_it_was_put_right_is_open_again(market: Market) -> None:
    path, finance = noted(), market.staff("finance")
    market.call("POST", f"{path}/resolution", BODY, finance)
    assert noted() == path
    again = market.call("GET", path, who=finance).body
    assert (again["state"], again["times"], again["resolution"]) == ("OPEN", 2, "CORRECTED")
    assert market.call("POST", f"{path}/resolution", BODY, finance).status == 200


def test_nobody_closes_what_they_did_not_read(market: Market) -> None:
    path, finance = noted(), market.staff("finance")
    noted(detail="is +500000 fen away from its journal")
    before = everything(market.world)
    refused = market.call("POST", f"{path}/resolution", BODY, finance)
    assert (refused.status, refused.code) == (409, "FINDING_MOVED")
    assert everything(market.world) == before
    read = market.call("GET", path, who=finance).body["detail"]
    assert market.call("POST", f"{path}/resolution", {**BODY, "detail": read}, finance).status == 200


def test_one_that_is_found_just_so_once_more_is_what_was_read(market: Market) -> None:
    path, finance = noted(), market.staff("finance")
    noted()
    assert market.call("POST", f"{path}/resolution", BODY, finance).status == 200


def test_a_word_that_is_sent_twice_is_no_new_one_though_the_finding_moved_on(market: Market) -> None:
    path, finance = noted(), market.staff("finance")
    word, key = Attempt(f"{path}/resolution", BODY, finance), market.key()
    first = word.call(market, key)
    noted(detail="is +500000 fen away from its journal")
    before = everything(market.world)
    again = word.call(market, key)
    assert (first.status, again.status, again.body["state"]) == (200, 200, "OPEN")
    assert everything(market.world) == before


@pytest.mark.parametrize("role", ["risk", "auditor", "ops", "support", "admin"])
def test_nobody_but_finance_closes_one(market: Market, role: str) -> None:
    path, who = noted(), market.staff(role)
    before = everything(market.world)
    assert market.call("POST", f"{path}/resolution", BODY, who).code == "ROLE_MISSING"
    assert everything(market.world) == before


@pytest.mark.parametrize(
    "body", [{**BODY, "reason": ""}, {**BODY, "resolution": "FORGOTTEN"}, SAID, {**BODY, "detail": ""}]
)
def test_a_finding_is_not_closed_without_saying_why_and_how(market: Market, body: dict[str, str]) -> None:
    path, finance = noted(), market.staff("finance")
    before = everything(market.world)
    assert market.call("POST", f"{path}/resolution", body, finance).code == "REQUEST_INVALID"
    assert everything(market.world) == before


@pytest.mark.parametrize(
    "finding_id",
    [
        a_finding("card|crd_NOBODY").finding_id,
        "fnd_TEVER0VSX0RJRkZFUkVOQ0Uv",  # LEDGER_DIFFERENCE/
        "fnd_TEVER0VSX0RJRkZFUkVOQ0U",  # LEDGER_DIFFERENCE
    ],
)
def test_a_finding_that_was_never_found_is_unknown(market: Market, finding_id: str) -> None:
    path = f"/v1/office/findings/{finding_id}"
    finance = market.staff("finance")
    assert market.call("GET", path, who=finance).code == "FINDING_UNKNOWN"
    assert market.call("POST", f"{path}/resolution", BODY, finance).code == "FINDING_UNKNOWN"
