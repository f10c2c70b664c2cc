"""Commission entries: what is written of a share, of its holds and of its way back, leg by leg?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from chalicelib.domain.commission import calculate, facts_of
from chalicelib.domain.commission_entry import (
    History,
    entry_id_of,
    entry_record,
    history_of,
    hold_record,
    in_filling,
    is_same_entry,
    order_id_of,
    pot_after_hold,
    release_day,
    reversal_record,
    reversing_refunds,
)
from chalicelib.domain.order import OrderState, Refund, RefundState
from chalicelib.domain.plan import HoldDays
from chalicelib.domain.record import Record
from chalicelib.domain.reversal import Sources
from tests.unit.domain.samples import TWO_ACTIVE, percent, plan_of
from tests.unit.domain.test_order import an_order

PAID_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LATER = PAID_AT + timedelta(hours=3)
PLAN = plan_of(percent(1, 100), percent(2, 50), hold_days=HoldDays(7, 7, 7, 7))
ORDER = an_order(OrderState.PAID, paid_at=PAID_AT, chain=TWO_ACTIVE, plan_id="pln_test")
SHARES = calculate(facts_of(ORDER), PLAN, PAID_AT)
ENTRY = entry_record(ORDER, SHARES[0], PLAN)
DAY = "20261129"
FROZEN, RISK = f"L:COMM_FROZEN:dst_1:{DAY}", "L:COMM_FROZEN:dst_1:risk"
AVAILABLE, DEBT, EXPENSE = "L:COMM_AVAIL:dst_1", "A:CLAWBACK:dst_1", "E:COMMISSION"


def legs(record: Record) -> dict[str, int]:
    return {line.account: line.amount_fen for line in record.lines}


def history(*records: Record) -> History:
    found = history_of([ENTRY, *records], ENTRY.entry_id)
    assert found is not None
    return found


def held(reason: str = "looked at") -> Record:
    return hold_record(history(), "risk", LATER, reason)


def taken(refund_id: str, sources: Sources, *before: Record) -> Record:
    return reversal_record(history(*before), refund_id, sources, LATER)


def test_an_entry_is_frozen_until_its_day_and_says_why_it_was_earned() -> None:
    assert release_day(ORDER, PLAN) == date(2026, 11, 29)
    assert legs(ENTRY) == {EXPENSE: 1_970, FROZEN: -1_970}
    told = (ENTRY.partition, ENTRY.action, ENTRY.at, ENTRY.actor, ENTRY.reason)
    assert told == ("dst_1", "COMMISSION", PAID_AT, "system", "")
    assert ENTRY.entry_id == entry_id_of(ORDER.order_id, 1) == "cme_01KAMX7Q000000000000000000_BBBBBBBBBBBB_1"
    assert order_id_of(ENTRY.entry_id) == ORDER.order_id
    assert (ENTRY.about["release"], ENTRY.about["sku"]) == (DAY, "sku_named")
    assert history().explanation == SHARES[0].explanation


@pytest.mark.parametrize("order", [replace(ORDER, paid_at=None), ORDER])
def test_what_is_not_paid_or_earns_nothing_is_no_entry(order: object) -> None:
    share = replace(SHARES[0], amount_fen=0) if order is ORDER else SHARES[0]
    with pytest.raises(AssertionError):
        entry_record(order, share, PLAN)  # type: ignore[arg-type]
    assert legs(entry_record(ORDER, replace(SHARES[0], amount_fen=1), PLAN)) == {EXPENSE: 1, FROZEN: -1}


def test_an_entry_of_which_nothing_has_happened_is_whole() -> None:
    assert history_of([ENTRY], "cme_other") is None
    whole = history()
    assert (whole.amount_fen, whole.reversed_fen, whole.net_fen) == (1_970, 0, 1_970)
    assert (whole.refund_ids, whole.holds, whole.is_held) == (frozenset(), 0, False)
    assert (whole.pot, whole.filling) == (DAY, 0)


def test_a_filling_is_told_only_where_it_is_not_the_first() -> None:
    assert in_filling(ENTRY, 0) is ENTRY
    third = in_filling(ENTRY, 3)
    assert third.about == {**ENTRY.about, "filling": 3}
    again = history_of([third], ENTRY.entry_id)
    assert again is not None and again.filling == 3


def test_the_same_entry_in_another_filling_is_the_same() -> None:
    for known in (ENTRY, in_filling(ENTRY, 2)):
        for record in (ENTRY, in_filling(ENTRY, 1)):
            assert is_same_entry(known.body(), record)
    other = entry_record(ORDER, replace(SHARES[0], amount_fen=1), PLAN)
    assert not is_same_entry(other.body(), ENTRY)
    assert not is_same_entry(replace(ENTRY, about={**ENTRY.about, "sku": "other"}).body(), ENTRY)


def test_a_reversal_takes_from_the_pot_then_from_what_is_available_and_owes_the_rest() -> None:
    back = taken("R1", Sources(1_000, (), 600, 370))
    assert legs(back) == {FROZEN: 1_000, AVAILABLE: 600, DEBT: 370, EXPENSE: -1_970}
    assert (back.partition, back.entry_id) == ("dst_1", f"{ENTRY.entry_id}#rR1")
    told = (back.action, back.at, back.actor, back.about, back.reason)
    assert told == ("COMMISSION_REVERSAL", LATER, "system", {"sku": "sku_named"}, "order refunded")


def test_reversals_add_up_and_are_known_by_their_refunds() -> None:
    first = taken("R1", Sources(70, (), 0, 0))
    both = history(first, taken("R2#r", Sources(0, (), 200, 0), first))
    assert (both.reversed_fen, both.net_fen) == (270, 1_700)
    assert both.refund_ids == {"R1", "R2#r"}
    assert (both.pot, both.is_held) == (DAY, False)


def test_a_hold_moves_the_net_amount_and_lifting_it_moves_it_back() -> None:
    first = taken("R1", Sources(970, (), 0, 0))
    hold = hold_record(history(first), "risk", LATER, "looked at")
    assert legs(hold) == {FROZEN: 1_000, RISK: -1_000}
    assert (hold.partition, hold.entry_id) == ("dst_1", f"{ENTRY.entry_id}#h1")
    told = (hold.action, hold.at, hold.actor, hold.about, hold.reason)
    assert told == ("COMMISSION_HOLD", LATER, "system", {"sku": "sku_named"}, "looked at")
    lifted = hold_record(history(first, hold), "20261201", LATER, "fine", filling_after=2)
    assert legs(lifted) == {RISK: 1_000, "L:COMM_FROZEN:dst_1:20261201": -1_000}
    assert lifted.entry_id == f"{ENTRY.entry_id}#h2"
    assert lifted.about == {"sku": "sku_named", "filling": 2}
    now = history(first, hold, lifted)
    assert (now.holds, now.is_held, now.pot, now.filling) == (2, False, "20261201", 2)


def test_an_entry_is_held_after_every_odd_hold() -> None:
    records: list[Record] = []
    for number in range(1, 6):
        pot = "risk" if number % 2 else DAY
        records.append(hold_record(history(*records), pot, LATER, "x"))
        assert history(*records).is_held == (number % 2 == 1)
        assert history(*reversed(records)).pot == pot


@pytest.mark.parametrize(
    "today, pot", [(date(2026, 11, 28), DAY), (date(2026, 11, 29), DAY), (date(2026, 11, 30), "20261130")]
)
def test_a_lifted_hold_goes_to_the_day_it_was_earned_for_or_to_today(today: date, pot: str) -> None:
    assert pot_after_hold(history(held()), today) == pot


def test_only_what_is_held_can_be_lifted() -> None:
    twice = hold_record(history(held()), "risk", LATER, "x")
    elsewhere = hold_record(history(), DAY, LATER, "x")
    for wrong in (history(), history(held(), twice), history(elsewhere)):
        with pytest.raises(AssertionError):
            pot_after_hold(wrong, date(2026, 11, 28))


def test_refunds_take_back_in_the_order_in_which_they_were_decided() -> None:
    def a_refund(refund_id: str, state: RefundState, minutes: int) -> Refund:
        return Refund(refund_id, state, "CUSTOMER", 1, 1, 0, PAID_AT + timedelta(minutes=minutes))

    ready = RefundState.APPROVED
    refunds = [a_refund("Z", ready, 1), a_refund("B", ready, 2), a_refund("C", ready, 2)]
    undecided = a_refund("A", RefundState.REQUESTED, 0), a_refund("D", RefundState.REJECTED, 0)
    for mixed in permutations(refunds):
        found = reversing_refunds(replace(ORDER, refunds=(*undecided, *mixed)))
        assert [refund.refund_id for refund in found] == ["Z", "B", "C"]
