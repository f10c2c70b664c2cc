"""Raised limits: who asks, what is written when people agree, and how much and how often is it then?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain import tree_items
from chalicelib.domain.approval import Kind, Request
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.raised_limit import TERM_MAX, Raised
from chalicelib.domain.record import Client
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.raise_limit import RaiseLimit
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.test_withdrawals import DatedCatalog
from tests.simulation.withdrawing import FINANCE, OWNER, PERSON, RISK, OvertakenBooks, Till, refuses

DAY = timedelta(days=1)
OFFICE = replace(FINANCE, client=Client("192.0.2.7", "browser", "salt"))
MORE = Raised(NOW + 30 * DAY, amount_fen_max=20_000_000)


class Desk:
    """The till, and the office that raises limits."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.raising = self.with_books(till.store.books)

    def with_books(self, books: Any) -> RaiseLimit:
        till, subjects = self.till, {Kind.LIMIT: lambda: self.raising}
        approvals = Approvals(books, till.store.documents, subjects)
        return RaiseLimit(books, till.store.documents, till.catalog, approvals)

    def ask(self, raised: Raised, command: Command | None = None, whose: str = DISTRIBUTOR) -> Request:
        return self.raising.ask(command or self.till.command(OFFICE, "a big fleet"), whose, raised)

    def agree(self, request: Request, actor: Actor = RISK, **fields: Any) -> Command:
        command = self.till.command(actor, "fine", **fields)
        self.raising.approvals.decide(command, request.request_id, True)
        return command

    def raised(self, raised: Raised) -> None:
        """It holds, whoever agreed."""
        self.till.place(raised=[to_ms(raised.until), *raised[1:]])

    @property
    def place(self) -> dict[str, Any]:
        item = self.till.store.documents.get(tree_items.TABLE, DISTRIBUTOR, tree_items.SELF)
        assert item is not None
        return item


@pytest.fixture
def desk(till: Till) -> Desk:
    return Desk(till)


# ---------------------------------------------------------------- asking


def test_a_raise_is_asked_for_whom_it_is_for_what_and_until_when(desk: Desk) -> None:
    command = desk.till.command(OFFICE, "a big fleet")
    request = desk.ask(MORE, command)
    about = {
        "person": PERSON,
        "distributor": DISTRIBUTOR,
        "until": "2026-12-22T08:00:00+00:00",
        "amount_fen_max": 20_000_000,
    }
    assert request == Request(
        f"lmt_{command.key}", about, FINANCE.person_id, NOW, 20_000_000, 3, "a big fleet"
    )
    record = desk.till.store.books.record(FINANCE.person_id, command.key)
    written = audit_record(command, "limit.ask", **about)
    assert record == replace(written, client=None, client_commitment=OFFICE.client.commitment)  # type: ignore[union-attr]
    assert desk.ask(MORE, command) == desk.raising.approvals.read(request.request_id) == request
    assert "raised" not in desk.place


def test_only_what_is_raised_is_named(desk: Desk) -> None:
    request = desk.ask(Raised(MORE.until, daily_count_max=1_001, monthly_count_max=1_002))
    limits = {name: limit for name, limit in request.about.items() if name.endswith("_max")}
    assert limits == {"daily_count_max": 1_001, "monthly_count_max": 1_002}
    assert (request.amount_fen, request.needed) == (0, 1)


@pytest.mark.parametrize("fen, people", [(20_000_000, 1), (20_000_001, 2), (30_000_001, 3)])
def test_the_more_it_is_the_more_people_agree(desk: Desk, fen: int, people: int) -> None:
    desk.till.catalog.parameters["approval.tiers"] = [[20_000_000, 1], [30_000_000, 2], [None, 3]]
    assert desk.ask(Raised(MORE.until, fen)).needed == people


@pytest.mark.parametrize(
    "raised",
    [
        Raised(MORE.until, 10_000_000, 1_000, 1_000),
        Raised(MORE.until, 1, 1, 1),
        Raised(MORE.until),
        Raised(NOW, 20_000_000),
        Raised(NOW + TERM_MAX + timedelta(seconds=1), 20_000_000),
    ],
)
def test_what_raises_nothing_above_the_parameters_or_has_no_end_is_not_asked(
    desk: Desk, raised: Raised
) -> None:
    assert refuses(desk.till, "LIMIT_INVALID", lambda: desk.ask(raised)) == {"days_max": 92}


@pytest.mark.parametrize(
    "raised", [Raised(MORE.until, 10_000_001), Raised(MORE.until, 0, 1_001), Raised(MORE.until, 0, 0, 1_001)]
)
def test_one_limit_above_the_parameters_is_enough(desk: Desk, raised: Raised) -> None:
    assert desk.ask(raised).amount_fen == raised.amount_fen_max


def test_the_limits_are_those_of_the_region_and_of_the_moment(desk: Desk) -> None:
    desk.till.place(region="44")
    catalog = DatedCatalog(parameters=desk.till.catalog.parameters)
    desk.raising = replace(desk.raising, catalog=catalog)
    desk.till.now = NOW + timedelta(minutes=5)
    desk.ask(MORE)
    assert {moment for _, moment, _ in catalog.asked} == {desk.till.now}
    assert {name for name, _, scope in catalog.asked if not scope} == {"approval.tiers"}
    assert ("amount_fen_max", desk.till.now, "44") in catalog.asked


def test_of_somebody_who_has_no_place_nothing_is_raised(desk: Desk) -> None:
    nobody = "dst_NNNNNNNNNNNN"
    facts = refuses(desk.till, "DISTRIBUTOR_UNKNOWN", lambda: desk.ask(MORE, whose=nobody))
    assert facts == {"distributor_id": nobody}


def test_a_command_is_one_request_whatever_has_changed_since(desk: Desk) -> None:
    command = desk.till.command(OFFICE, "a big fleet")
    request = desk.ask(MORE, command)
    desk.till.catalog.parameters["withdrawal.amount_fen_max"] = 20_000_000
    assert desk.ask(MORE, command) == request
    refuses(desk.till, KeyReused.code, lambda: desk.ask(MORE, replace(command, request_hash="other")))


# ---------------------------------------------------------------- agreeing


def test_the_last_word_writes_the_raise_its_record_and_a_line_of_the_history(desk: Desk) -> None:
    desk.till.catalog.parameters["approval.tiers"] = [[None, 1]]
    before = Raised(NOW + DAY, 15_000_000, 2_000)
    desk.raised(before)
    request = desk.ask(MORE)
    desk.till.now = NOW + timedelta(minutes=5)
    command = desk.agree(request)
    was, now = [to_ms(before.until), 15_000_000, 2_000, 0], [to_ms(MORE.until), 20_000_000, 0, 0]
    assert desk.place["raised"] == now
    changed = {"before": {"raised": was}, "after": {"raised": now}}
    about = {
        "distributor": DISTRIBUTOR,
        "person": PERSON,
        **changed,
        **approved_marks(desk.raising.approvals.read(request.request_id)),
    }
    record = desk.till.store.books.record(RISK.person_id, command.key)
    assert record == audit_record(command, "distributor.limit", **about)
    (line, *_) = desk.till.store.documents.query("people", PERSON, "history#", newest=True)
    assert {name: line[name] for name in changed} == changed
    assert (line["action"], line["actor"]) == ("distributor.limit", RISK.person_id)


def test_a_first_raise_takes_the_place_of_none(desk: Desk) -> None:
    desk.till.catalog.parameters["approval.tiers"] = [[None, 1]]
    command = desk.agree(desk.ask(MORE))
    record = desk.till.store.books.record(RISK.person_id, command.key)
    assert record is not None
    now = [to_ms(MORE.until), 20_000_000, 0, 0]
    assert (record.about["before"], record.about["after"]) == ({"raised": []}, {"raised": now})
    assert desk.place["raised"] == now


def test_a_raise_whose_end_has_come_before_all_agreed_is_none(desk: Desk) -> None:
    desk.till.catalog.parameters["approval.tiers"] = [[None, 1]]
    request = desk.ask(MORE._replace(until=NOW + DAY))
    desk.till.now = NOW + DAY
    assert refuses(desk.till, "LIMIT_INVALID", lambda: desk.agree(request)) == {"days_max": 92}
    desk.till.now = NOW + DAY - timedelta(seconds=1)
    desk.agree(request)
    assert desk.place["raised"][0] == to_ms(NOW + DAY)


def test_a_raise_that_another_one_replaced_meanwhile_is_looked_at_again(desk: Desk) -> None:
    """What the record says was before is what was before."""
    desk.till.catalog.parameters["approval.tiers"] = [[None, 1]]
    request = desk.ask(MORE)
    other = Raised(NOW + DAY, 15_000_000)
    overtaken = OvertakenBooks(desk.till.store.books, lambda: desk.raised(other))
    desk.raising = desk.with_books(overtaken)
    command = desk.agree(request)
    record = desk.till.store.books.record(RISK.person_id, command.key)
    assert record is not None
    assert record.about["before"] == {"raised": [to_ms(other.until), 15_000_000, 0, 0]}


def test_what_decides_about_a_raise_is_read_as_it_is_now(desk: Desk) -> None:
    desk.till.catalog.parameters["approval.tiers"] = [[None, 1]]
    desk.till.store.reads.clear()
    desk.agree(desk.ask(MORE))
    assert len(desk.till.store.reads) > 5
    assert all(call.get("ConsistentRead") for call in desk.till.store.reads)


def test_what_is_turned_down_raises_nothing(desk: Desk) -> None:
    request = desk.ask(MORE)
    command = desk.till.command(RISK, "no")
    desk.raising.approvals.decide(command, request.request_id, False)
    record = desk.till.store.books.record(RISK.person_id, command.key)
    about = {"request": request.request_id, "kind": "LIMIT"}
    assert record == audit_record(command, "approval.refuse", **about)
    assert "raised" not in desk.place


# ---------------------------------------------------------------- what holds then


def test_more_is_withdrawn_at_a_time_until_the_raise_ends(desk: Desk) -> None:
    till = desk.till
    till.earn(29_000_000)
    desk.raised(MORE._replace(until=NOW + DAY))
    till.now = NOW + DAY - timedelta(seconds=1)
    assert refuses(till, "ABOVE_MAX", lambda: till.requested(20_000_001)) == {"amount_fen_max": 20_000_000}
    assert till.requested(20_000_000)
    till.now = NOW + DAY
    assert refuses(till, "ABOVE_MAX", lambda: till.requested(10_000_001)) == {"amount_fen_max": 10_000_000}
    assert till.requested(10_000_000)


def test_so_often_is_asked_a_day_and_a_month_and_more_often_under_a_raise(desk: Desk) -> None:
    till = desk.till
    till.catalog.parameters |= {"withdrawal.daily_count_max": 2, "withdrawal.monthly_count_max": 3}
    for _ in range(2):
        till.requested(1)
    facts = refuses(till, "TOO_MANY_WITHDRAWALS", lambda: till.requested(1))
    assert facts == {"period": "day", "count_max": 2, "open_on": "2026-11-23"}
    till.now = NOW + DAY
    till.requested(1)
    facts = refuses(till, "TOO_MANY_WITHDRAWALS", lambda: till.requested(1))
    assert facts == {"period": "month", "count_max": 3, "open_on": "2026-12-01"}
    assert till.balances.values["asked"] == "20261123/1/3"
    desk.raised(Raised(NOW + 3 * DAY, 0, 4, 5))
    for _ in range(2):
        till.requested(1)
    facts = refuses(till, "TOO_MANY_WITHDRAWALS", lambda: till.requested(1))
    assert facts == {"period": "month", "count_max": 5, "open_on": "2026-12-01"}


def test_of_two_requests_at_once_each_is_counted(till: Till) -> None:
    till.requested(1)
    for number in (3, 5):
        overtaken = OvertakenBooks(till.store.books, lambda: till.requested(1))
        replace(till.requesting, books=overtaken)(till.command(OWNER), 1)
        assert till.balances.values["asked"] == f"20261122/{number}/{number}"
    assert till.balances.held_fen == 5


def test_of_the_first_two_requests_ever_each_is_counted(till: Till) -> None:
    overtaken = OvertakenBooks(till.store.books, lambda: till.requested(1))
    replace(till.requesting, books=overtaken)(till.command(OWNER), 1)
    assert till.balances.values["asked"] == "20261122/2/2"


def test_a_request_that_others_overtake_is_tried_again_and_given_up_at_last(till: Till) -> None:
    overtaken = OvertakenBooks(till.store.books, lambda: till.requested(1), always=True)
    with pytest.raises(Unavailable):
        replace(till.requesting, books=overtaken)(till.command(OWNER), 1)
    assert 1 < overtaken.done < 20
    assert till.balances.held_fen == overtaken.done
