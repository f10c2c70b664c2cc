"""Allocations: which sales is a withdrawal for, what of each is open still, and what is given back?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.domain.allocation import TABLE
from chalicelib.domain.change import PotChange
from chalicelib.domain.commission_entry import (
    History,
    history_of,
    hold_record,
    reversal_record,
)
from chalicelib.domain.ledger import RISK_POT
from chalicelib.domain.record import Record
from chalicelib.domain.reversal import Sources
from chalicelib.usecases.allocate_withdrawal import AllocateWithdrawal
from chalicelib.usecases.decide_withdrawal import Verdict
from tests.fakes.operations import Script
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.withdrawing import CASHIER, FINANCE, OWNER, Till, entry_of

OLD, OLDER, TODAY, TOMORROW = "20261120", "20261119", "20261122", "20261123"
NOTHING = {"parts": [], "short_fen": 0, "given_back": True}
OPEN, TAKEN = f"open#{DISTRIBUTOR}", f"alloc#{DISTRIBUTOR}"


# ---------------------------------------------------------------- what happens to entries


def earned(till: Till, name: str, fen: int, day: str = OLD) -> str:
    """Commission of a sale that is released on a day, as its reader finds it."""
    record = entry_of(name, fen, day)
    happened(till, record, day)
    return record.entry_id


def refunded(till: Till, entry_id: str, fen: int, refund_id: str = "R1") -> None:
    before = history(till, entry_id)
    happened(till, reversal_record(before, refund_id, Sources(fen, (), 0, 0), NOW), before.pot)


def held(till: Till, entry_id: str, until: str = RISK_POT) -> None:
    """It is suspected, or let go into the pot of a day."""
    before = history(till, entry_id)
    happened(till, hold_record(before, until, NOW, "suspected"), before.pot, until)


def history(till: Till, entry_id: str) -> History:
    found = history_of(till.records(entry_id), entry_id)
    assert found is not None
    return found


def happened(till: Till, record: Record, *pots: str) -> None:
    till.store.books.commit(record, [PotChange(DISTRIBUTOR, pot) for pot in pots])
    read(till, record)


# ---------------------------------------------------------------- what the reader makes of it


def read(till: Till, *records: Record, documents: Any = None) -> None:
    """The reader of the journal has read these."""
    for record in records:
        AllocateWithdrawal(till.store.books, documents or till.store.documents)(record)


def withdrawn(till: Till, fen: int) -> str:
    """A request, and its reader."""
    withdrawal_id = till.requested(fen)
    read(till, *till.records(withdrawal_id))
    return withdrawal_id


def rows(till: Till, pk: str) -> dict[str, Mapping[str, Any]]:
    items = till.store.documents.query(TABLE, pk, consistent=True)
    return {item.pop("sk"): {name: it for name, it in item.items() if name != "pk"} for item in items}


def opened(till: Till) -> dict[str, int]:
    """What is open, by release day and entry."""
    return {place: row["open_fen"] for place, row in rows(till, OPEN).items()}


def taken(till: Till) -> dict[str, int]:
    """What went where, by entry and withdrawal."""
    return {place: row["fen"] for place, row in rows(till, TAKEN).items() if "fen" in row}


def decided(till: Till, withdrawal_id: str) -> Mapping[str, Any]:
    return rows(till, TAKEN)[withdrawal_id]


def unchanged(till: Till, deed: Callable[[], object]) -> None:
    before = rows(till, OPEN), rows(till, TAKEN)
    deed()
    assert (rows(till, OPEN), rows(till, TAKEN)) == before


# ---------------------------------------------------------------- entries


def test_an_entry_is_open_with_what_it_earned_until_nothing_of_it_is_left(till: Till) -> None:
    entry_id = earned(till, "A", 800)
    assert opened(till) == {f"{OLD}#{entry_id}": 800}
    refunded(till, entry_id, 300)
    assert opened(till) == {f"{OLD}#{entry_id}": 500}
    refunded(till, entry_id, 500, "R2")
    assert opened(till) == {}


def test_an_entry_under_suspicion_is_not_open_until_it_is_let_go(till: Till) -> None:
    entry_id, other = earned(till, "A", 800), earned(till, "B", 50)
    held(till, entry_id)
    assert opened(till) == {f"{OLD}#{other}": 50}
    held(till, entry_id, TODAY)
    assert opened(till) == {f"{OLD}#{entry_id}": 800, f"{OLD}#{other}": 50}


def test_whatever_comes_again_or_is_none_of_its_business_changes_nothing(till: Till) -> None:
    entry_id = earned(till, "A", 800)
    refunded(till, entry_id, 300)
    withdrawal_id = till.paid(200)
    read(till, *till.records(withdrawal_id))
    everything = [*till.records("cme_"), *till.records("wdr_")]
    assert {record.action for record in everything} >= {"withdrawal.pay", "WITHDRAWAL_PAID"}
    unchanged(till, lambda: read(till, *everything))
    unchanged(till, lambda: read(till, *everything[::-1]))
    assert opened(till) == {f"{OLD}#{entry_id}": 300}


# ---------------------------------------------------------------- withdrawals


@pytest.mark.parametrize("fen", [1, 299])
def test_a_withdrawal_takes_a_part_of_the_oldest_entry_that_is_released(till: Till, fen: int) -> None:
    entry_id, older = earned(till, "A", 700, TODAY), earned(till, "B", 300, OLDER)
    earned(till, "C", 9_000, TOMORROW)
    withdrawal_id = withdrawn(till, fen)
    assert decided(till, withdrawal_id) == {
        "parts": [[OLDER, older, fen, 300 - fen]],
        "short_fen": 0,
        "given_back": False,
    }
    assert taken(till) == {f"{older}#{withdrawal_id}": fen}
    assert opened(till) == {
        f"{OLDER}#{older}": 300 - fen,
        f"{TODAY}#{entry_id}": 700,
        f"{TOMORROW}#cme_C": 9_000,
    }


def test_what_several_withdrawals_took_of_one_entry_is_counted_together(till: Till) -> None:
    entry_id, beside = earned(till, "A", 1_000), earned(till, "A1", 500, TODAY)
    first, second, third = (withdrawn(till, fen) for fen in (300, 600, 150))
    assert taken(till) == {
        f"{entry_id}#{first}": 300,
        f"{entry_id}#{second}": 600,
        f"{entry_id}#{third}": 100,
        f"{beside}#{third}": 50,
    }
    assert decided(till, third)["parts"] == [[OLD, entry_id, 100, 0], [TODAY, beside, 50, 450]]
    assert opened(till) == {f"{TODAY}#{beside}": 450}
    refunded(till, beside, 200)
    assert opened(till) == {f"{TODAY}#{beside}": 250}


def test_a_withdrawal_of_more_than_is_open_says_how_much_is_missing(till: Till) -> None:
    entry_id = earned(till, "A", 300)
    withdrawal_id = withdrawn(till, 1_000)
    assert decided(till, withdrawal_id) == {
        "parts": [[OLD, entry_id, 300, 0]],
        "short_fen": 700,
        "given_back": False,
    }
    assert (opened(till), taken(till)) == ({}, {f"{entry_id}#{withdrawal_id}": 300})


def test_what_a_withdrawal_took_is_decided_once_whatever_has_come_since(till: Till) -> None:
    entry_id = earned(till, "A", 300)
    withdrawal_id = withdrawn(till, 1_000)
    earned(till, "B", 900, OLDER)
    unchanged(till, lambda: read(till, *till.records(withdrawal_id)))
    assert (opened(till), taken(till)) == ({f"{OLDER}#cme_B": 900}, {f"{entry_id}#{withdrawal_id}": 300})


@dataclass
class Away:
    """Documents that fail at one kind of write, or in which somebody writes first."""

    till: Till
    at: str
    first: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        if name == self.at:
            self.first()
        return getattr(self.till.store.documents, name)


class Gone(Exception):
    """The reader ends here; another reads the record again."""


def gone() -> None:
    raise Gone


@pytest.mark.parametrize("at", ["put_many", "delete", "put"])
def test_whoever_reads_on_for_a_reader_that_is_gone_comes_to_the_same(till: Till, at: str) -> None:
    older, entry_id = earned(till, "B", 300, OLDER), earned(till, "A", 700)
    withdrawal_id = till.requested(400)

    with pytest.raises(Gone):
        read(till, *till.records(withdrawal_id), documents=Away(till, at, gone))
    earned(till, "C", 800, "20261101")
    read(till, *till.records(withdrawal_id))
    assert taken(till) == {f"{older}#{withdrawal_id}": 300, f"{entry_id}#{withdrawal_id}": 100}
    assert opened(till) == {"20261101#cme_C": 800, f"{OLD}#{entry_id}": 600}


def test_of_two_that_decide_at_once_the_first_decision_stands_for_both(till: Till) -> None:
    entry_id = earned(till, "A", 500)
    withdrawal_id = till.requested(400)
    request = till.records(withdrawal_id)

    def faster() -> None:
        earned(till, "B", 800, OLDER)
        read(till, *request)

    read(till, *request, documents=Away(till, "put_new", faster))
    assert taken(till) == {f"cme_B#{withdrawal_id}": 400}
    assert opened(till) == {f"{OLDER}#cme_B": 400, f"{OLD}#{entry_id}": 500}


# ---------------------------------------------------------------- given back


def rejected(till: Till, withdrawal_id: str) -> None:
    till.deciding(till.command(FINANCE), withdrawal_id, Verdict.REJECT)


def cancelled(till: Till, withdrawal_id: str) -> None:
    till.cancelling(till.command(OWNER), withdrawal_id)


def sent_back(till: Till, withdrawal_id: str) -> None:
    """It is paid, and the bank sends it back."""
    till.deciding(till.command(FINANCE), withdrawal_id, Verdict.APPROVE)
    till.bank.script(Script(later="RETURNED"))
    till.pay(withdrawal_id)
    till.paying().give_back(till.command(CASHIER), withdrawal_id)


ENDS = pytest.mark.parametrize("end", [rejected, cancelled, sent_back])


@ENDS
def test_what_is_given_back_opens_its_entries_again_and_no_others(
    till: Till, end: Callable[[Till, str], None]
) -> None:
    older, entry_id = earned(till, "B", 300, OLDER), earned(till, "A", 700)
    kept, withdrawal_id = withdrawn(till, 100), till.requested(500)
    read(till, *till.records(withdrawal_id))
    before = decided(till, withdrawal_id)
    assert opened(till) == {f"{OLD}#{entry_id}": 400}
    end(till, withdrawal_id)
    for _ in range(2):
        read(till, *till.records(withdrawal_id))
        assert taken(till) == {f"{older}#{kept}": 100}
        assert opened(till) == {f"{OLDER}#{older}": 200, f"{OLD}#{entry_id}": 700}
        assert decided(till, withdrawal_id) == {**before, "given_back": True}


@ENDS
def test_what_is_given_back_before_its_request_was_read_takes_nothing(
    till: Till, end: Callable[[Till, str], None]
) -> None:
    entry_id = earned(till, "A", 700)
    withdrawal_id = till.requested(500)
    end(till, withdrawal_id)
    request, *steps = till.records(withdrawal_id)
    read(till, *steps)
    assert decided(till, withdrawal_id) == NOTHING
    unchanged(till, lambda: read(till, request, *steps))
    assert (opened(till), taken(till)) == ({f"{OLD}#{entry_id}": 700}, {})


def test_whoever_is_gone_while_it_gives_back_has_said_first_that_nothing_is_to_be_taken(till: Till) -> None:
    entry_id = earned(till, "A", 700)
    withdrawal_id = till.requested(500)
    cancelled(till, withdrawal_id)
    request, *steps = till.records(withdrawal_id)
    with pytest.raises(Gone):
        read(till, *steps, documents=Away(till, "change", gone))
    assert decided(till, withdrawal_id) == NOTHING
    unchanged(till, lambda: read(till, request, *steps))
    assert (opened(till), taken(till)) == ({f"{OLD}#{entry_id}": 700}, {})


def test_a_request_that_is_read_again_hides_nothing_that_another_one_gave_back(till: Till) -> None:
    entry_id = earned(till, "A", 1_000)
    first, second = withdrawn(till, 300), withdrawn(till, 700)
    cancelled(till, first)
    read(till, *till.records(first))
    assert opened(till) == {f"{OLD}#{entry_id}": 300}
    unchanged(till, lambda: read(till, *till.records(second)))


def test_what_is_given_back_while_its_request_is_decided_is_open_again(till: Till) -> None:
    entry_id = earned(till, "A", 700)
    withdrawal_id = till.requested(500)
    cancelled(till, withdrawal_id)
    request, *steps = till.records(withdrawal_id)
    read(till, *steps, documents=Away(till, "put_new", lambda: read(till, request)))
    assert (opened(till), taken(till)) == ({f"{OLD}#{entry_id}": 700}, {})
    assert decided(till, withdrawal_id)["given_back"] is True


def test_an_allocation_reads_what_is_there_now_and_of_the_journal_its_entries_alone(till: Till) -> None:
    entry_id = earned(till, "A", 700)
    withdrawal_id = till.requested(500)
    cancelled(till, withdrawal_id)
    records = till.records(withdrawal_id)
    till.store.reads.clear()
    read(till, *records)
    assert all(call.get("ConsistentRead") for call in till.store.reads)
    of_journal = [call for call in till.store.reads if call["TableName"] == "simulated-journal"]
    assert len(of_journal) == 2
    assert all({"S": entry_id} in call["ExpressionAttributeValues"].values() for call in of_journal)
