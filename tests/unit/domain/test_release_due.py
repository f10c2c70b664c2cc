"""Release rows: on which day is a pot looked at, and which days are over for good?"""

from datetime import date

import pytest

from chalicelib.domain.release_due import (
    DAYS_BACK_AT_FIRST,
    SHARDS,
    days_to_look_at,
    from_item,
    partitions,
    progress_after,
    row_of,
)

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("pot_day", "look_on"),
    [("20261129", "20261129"), ("20261122", "20261122"), ("20261101", "20261122")],
)
def test_a_pot_is_looked_at_on_its_day_or_today_when_that_is_over(pot_day: str, look_on: str) -> None:
    row = row_of("dst_7K3M9PQRS2TV", pot_day, 3, TODAY)
    assert row.look_on == look_on
    assert row.key[0] in [f"release#{look_on}#{shard}" for shard in range(SHARDS)]
    assert from_item({"pk": row.key[0], "sk": row.key[1], "pot_version": 3}) == row


def test_the_first_run_looks_far_back_and_the_next_ones_from_where_something_is_left() -> None:
    assert len(list(days_to_look_at("", TODAY))) == DAYS_BACK_AT_FIRST + 1
    assert list(days_to_look_at("20261121", TODAY)) == [date(2026, 11, 21), TODAY]
    assert list(days_to_look_at("20261123", TODAY)) == []
    assert len(partitions(TODAY)) == SHARDS


def test_a_day_is_over_for_good_when_it_is_empty_and_no_stream_can_still_fill_it() -> None:
    days = [date(2026, 11, day) for day in range(15, 23)]
    assert progress_after(days, TODAY) == "20261120"
    assert progress_after(days[:2], TODAY) == "20261117"
    assert progress_after([], TODAY) == ""
    assert progress_after([date(2026, 11, 21)], TODAY) == ""
