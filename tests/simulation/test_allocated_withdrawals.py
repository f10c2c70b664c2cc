"""Allocations: which sales is a withdrawal for, what of each is open still, and what is given back?"""

from collections.abc import Callable

import pytest

from chalicelib.domain.change import Stale
from chalicelib.domain.errors import Unavailable
from tests.simulation.allocating import (
    NOTHING,
    OLD,
    OLDER,
    TODAY,
    TOMORROW,
    Away,
    Gone,
    Late,
    behind,
    cancelled,
    decided,
    earned,
    gone,
    held,
    opened,
    read,
    refunded,
    rejected,
    rows,
    said,
    sent_back,
    sold,
    taken,
    unchanged,
    withdrawn,
)
from tests.simulation.withdrawing import Till

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


def gone_before_its_rows(till: Till) -> Away:
    """Books of a reader that decides and is gone then."""
    return Away(till.store.books, "commit", gone, past=1)


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


def test_what_was_decided_is_not_worked_out_again(till: Till) -> None:
    earned(till, "A", 700)
    withdrawal_id = withdrawn(till, 500)
    (request,) = till.records(withdrawal_id)
    till.store.reads.clear()
    read(till, request)
    assert "simulated-journal" not in {call["TableName"] for call in till.store.reads}


@pytest.mark.parametrize("rows_stand", [False, True])
def test_whoever_reads_on_for_a_reader_that_is_gone_comes_to_the_same(till: Till, rows_stand: bool) -> None:
    older, entry_id = earned(till, "B", 300, OLDER), earned(till, "A", 700)
    withdrawal_id = till.requested(400)
    away = (
        {"documents": Away(till.store.documents, "change", gone)}
        if rows_stand
        else {"books": gone_before_its_rows(till)}
    )

    with pytest.raises(Gone):
        read(till, *till.records(withdrawal_id), **away)
    assert bool(taken(till)) is rows_stand
    earned(till, "C", 800, "20261101")
    read(till, *till.records(withdrawal_id))
    assert taken(till) == {f"{older}#{withdrawal_id}": 300, f"{entry_id}#{withdrawal_id}": 100}
    assert opened(till) == {"20261101#cme_C": 800, f"{OLD}#{entry_id}": 600}


def test_of_two_that_decide_at_once_the_first_decision_stands_for_both(till: Till) -> None:
    entry_id = earned(till, "A", 500)
    withdrawal_id = till.requested(400)
    request = till.records(withdrawal_id)

    def faster() -> None:
        if not taken(till):
            earned(till, "B", 800, OLDER)
            read(till, *request)

    read(till, *request, books=Away(till.store.books, "commit", faster))
    assert taken(till) == {f"cme_B#{withdrawal_id}": 400}
    assert opened(till) == {f"{OLDER}#cme_B": 400, f"{OLD}#{entry_id}": 500}


def test_of_two_withdrawals_at_the_same_moment_each_takes_what_the_other_left(till: Till) -> None:
    older, entry_id = earned(till, "B", 500, OLDER), earned(till, "A", 500)
    one, other = till.requested(400), till.requested(400)
    faster = Away(till.store.books, "commit", lambda: read(till, *till.records(other)))
    read(till, *till.records(one), books=faster)
    assert taken(till) == {
        f"{older}#{other}": 400,
        f"{older}#{one}": 100,
        f"{entry_id}#{one}": 300,
    }
    assert opened(till) == {f"{OLD}#{entry_id}": 200}


def test_a_withdrawal_whose_reader_is_gone_has_its_rows_before_the_next_one_takes(
    till: Till,
) -> None:
    older, entry_id = earned(till, "B", 500, OLDER), earned(till, "A", 500)
    one, other = till.requested(400), till.requested(400)
    with pytest.raises(Gone):
        read(till, *till.records(one), books=gone_before_its_rows(till))
    assert taken(till) == {}
    assert rows(till)["standing"]["unfinished"] == one
    read(till, *till.records(other))
    assert taken(till) == {
        f"{older}#{one}": 400,
        f"{older}#{other}": 100,
        f"{entry_id}#{other}": 300,
    }
    assert rows(till)["standing"]["unfinished"] == ""
    unchanged(till, lambda: read(till, *till.records(one), *till.records(other)))


# ---------------------------------------------------------------- given back


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
        read(till, *steps, documents=Away(till.store.documents, "change", gone))
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
    read(till, *steps, documents=Away(till.store.documents, "put_new", lambda: read(till, request)))
    assert (opened(till), taken(till)) == ({f"{OLD}#{entry_id}": 700}, {})
    assert decided(till, withdrawal_id)["given_back"] is True


def test_what_is_given_back_while_its_rows_are_written_is_open_again(till: Till) -> None:
    entry_id = earned(till, sold(10), 700)
    withdrawal_id = till.requested(700)
    (request,) = till.records(withdrawal_id)

    def given_back() -> None:
        cancelled(till, withdrawal_id)
        read(till, *till.records(withdrawal_id)[1:])

    read(till, request, books=Away(till.store.books, "commit", given_back, past=1))
    assert (opened(till), taken(till)) == ({f"{OLD}#{entry_id}": 700}, {})
    assert behind(till) == entry_id[:-1]
    assert rows(till)["standing"]["unfinished"] == ""


def test_rows_that_arrive_after_all_was_given_back_bring_back_nothing(till: Till) -> None:
    entry_id = earned(till, "A", 700)
    withdrawal_id = till.requested(500)
    late = Late(till.store.books)
    with pytest.raises(Gone):
        read(till, *till.records(withdrawal_id), books=late)
    cancelled(till, withdrawal_id)
    read(till, *till.records(withdrawal_id))
    with pytest.raises(Stale):
        late.arrive()
    assert (opened(till), taken(till)) == ({f"{OLD}#{entry_id}": 700}, {})


def test_rows_are_written_beside_the_decision_that_they_hang_on_as_many_as_a_transaction_holds(
    till: Till,
) -> None:
    entries = [earned(till, sold(20, number), 1) for number in range(100)]
    withdrawal_id = withdrawn(till, 100)
    assert taken(till) == {f"{entry_id}#{withdrawal_id}": 1 for entry_id in entries}
    cancelled(till, withdrawal_id)
    read(till, *till.records(withdrawal_id))
    assert taken(till) == {}


def test_an_allocation_reads_what_is_there_now_and_of_the_journal_once_its_entries(till: Till) -> None:
    earned(till, "A", 700)
    withdrawal_id = till.requested(500)
    cancelled(till, withdrawal_id)
    records = till.records(withdrawal_id)
    till.store.reads.clear()
    read(till, *records)
    assert all(call.get("ConsistentRead") for call in till.store.reads)
    (of_journal,) = [call for call in till.store.reads if call["TableName"] == "simulated-journal"]
    assert {"S": "cme_"} in of_journal["ExpressionAttributeValues"].values()


def test_of_one_release_day_the_older_order_comes_first(till: Till) -> None:
    newer, older = earned(till, sold(9, 2), 100), earned(till, sold(9, 1), 100)
    withdrawal_id = withdrawn(till, 150)
    assert decided(till, withdrawal_id)["parts"] == [[OLD, older, 100, 0], [OLD, newer, 50, 50]]


def test_more_parts_than_a_row_can_hold_go_on_in_further_rows_and_are_given_back_together(till: Till) -> None:
    entries = [earned(till, sold(20, number), 100) for number in range(7)]
    withdrawal_id = withdrawn(till, 650, parts_of_a_row=3)
    pages = {place: [part[1] for part in row["parts"]] for place, row in said(till).items() if "parts" in row}
    assert pages == {
        withdrawal_id: entries[:3],
        f"{withdrawal_id}#0001": entries[3:6],
        f"{withdrawal_id}#0002": entries[6:],
    }
    assert taken(till) == {f"{entry}#{withdrawal_id}": 100 for entry in entries[:6]} | {
        f"{entries[6]}#{withdrawal_id}": 50
    }
    unchanged(till, lambda: read(till, *till.records(withdrawal_id)))
    cancelled(till, withdrawal_id)
    read(till, *till.records(withdrawal_id))
    assert (taken(till), opened(till)) == ({}, {f"{OLD}#{entry}": 100 for entry in entries})


def test_who_is_always_overtaken_tries_again_later(till: Till) -> None:
    entry_id = earned(till, "A", 700)
    withdrawal_id = till.requested(500)

    def busy() -> None:
        held(till, entry_id)
        held(till, entry_id, TODAY)

    with pytest.raises(Unavailable):
        read(till, *till.records(withdrawal_id), books=Away(till.store.books, "commit", busy))
    assert taken(till) == {}
    read(till, *till.records(withdrawal_id))
    assert taken(till) == {f"{entry_id}#{withdrawal_id}": 500}
