"""Reconciling: which hours of the archive come next, and when is which order swept?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.archive import Head
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.order import OrderState, Refund, RefundState, Step
from chalicelib.domain.reconciling import (
    YOUNGEST,
    Mark,
    Sweep,
    hours_to_read,
    is_looked_at,
    is_old_enough,
    sweep_of,
)
from tests.unit.domain.test_commission_check import ORDER

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def head(hour: str, sequence: int = 9) -> Head:
    return Head(sequence=sequence, object_key=f"records/{hour}/000000000009.jsonl.gz", first_day="2026-11-21")


def test_hours_are_read_from_the_mark_to_the_head_over_midnight() -> None:
    mark = Mark(4, "records/2026/11/21/22/000000000004.jsonl.gz")
    assert hours_to_read(mark, head("2026/11/22/01")) == [
        "2026/11/21/22",
        "2026/11/21/23",
        "2026/11/22/00",
        "2026/11/22/01",
    ]


def test_the_first_run_begins_with_the_first_hour_of_the_archive() -> None:
    hours = hours_to_read(Mark(), head("2026/11/21/02"))
    assert hours == ["2026/11/21/00", "2026/11/21/01", "2026/11/21/02"]


@pytest.mark.parametrize("sequence", [0, 9, 10])
def test_nothing_is_read_when_the_mark_is_at_the_head(sequence: int) -> None:
    assert hours_to_read(Mark(sequence), head("2026/11/22/01", sequence)) == []


def test_an_hour_after_the_other_is_read_once() -> None:
    hours = hours_to_read(Mark(1, "records/2026/11/21/01/000000000001.jsonl.gz"), head("2026/11/21/01"))
    assert hours == ["2026/11/21/01"]


def test_what_is_younger_than_two_minutes_is_left_to_the_stream() -> None:
    assert is_old_enough(NOW - YOUNGEST, NOW)
    assert not is_old_enough(NOW - YOUNGEST + timedelta(milliseconds=1), NOW)


def test_one_sweep_a_business_day_from_two_in_the_morning() -> None:
    done = replace(Sweep().begun(NOW), is_done=True)
    before_two = datetime(2026, 11, 22, 17, 59, tzinfo=UTC)
    assert not done.is_due(before_two)
    assert done.is_due(before_two + timedelta(minutes=1))
    assert replace(done, is_done=False).is_due(NOW)


def test_the_first_sweep_looks_at_everything_and_the_next_at_what_changed_since_less_a_day() -> None:
    first = Sweep().begun(NOW)
    second = replace(first, is_done=True).begun(NOW + 5 * DAY)
    order = replace(ORDER, paid_at=NOW - DAY)
    assert is_looked_at(order, first, NOW)
    assert is_looked_at(order, second, NOW + 5 * DAY)
    assert not is_looked_at(replace(order, paid_at=NOW - 2 * DAY), second, NOW + 5 * DAY)


def test_a_sweep_leaves_a_young_payment_and_a_young_refund_to_the_stream_but_no_young_delivery() -> None:
    young, old = NOW - timedelta(seconds=1), NOW - YOUNGEST
    sweep = Sweep().begun(NOW)
    delivered = (Step(OrderState.COMPLETED, young, "system"),)
    order = replace(ORDER, created_at=old, paid_at=old, refunds=(), steps=delivered)
    assert is_looked_at(order, sweep, NOW)
    assert not is_looked_at(replace(order, paid_at=young), sweep, NOW)
    refund = Refund("01J", RefundState.APPROVED, "CUSTOMER", 100, 100, 1, young)
    assert not is_looked_at(replace(order, refunds=(refund,)), sweep, NOW)
    since_the_delivery = replace(sweep, changed_since_ms=to_ms(young))
    assert is_looked_at(order, since_the_delivery, NOW)
    assert not is_looked_at(replace(order, steps=()), since_the_delivery, NOW)


def test_a_sweep_reads_back_as_it_was_kept() -> None:
    sweep = Sweep().begun(NOW).moved(("cus_A", "ord_A"))
    assert sweep_of(sweep.values()) == sweep
    assert not sweep.is_done
    assert sweep.moved(None).is_done
    assert sweep_of(None) == Sweep()
