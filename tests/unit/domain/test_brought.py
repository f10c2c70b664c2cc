"""Brought customers: which records bind one, and which bucket is a purchase in?"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.brought import Brought, Lately, brought_of, lately, rows_of
from chalicelib.domain.record import Record

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def record(partition: str, action: str, **about: str) -> Record:
    return Record(partition, "one", action, NOW, partition, dict(about))


def test_each_record_that_binds_a_customer_makes_a_row_and_no_other_does() -> None:
    rows = rows_of(
        [
            record("cus_BBBBBBBBBBBB", "person.register", referrer="dst_AAAAAAAAAAAA"),
            record("cus_CCCCCCCCCCCC", "person.register", referrer=""),
            record("cus_DDDDDDDDDDDD", "person.bind", referrer="dst_AAAAAAAAAAAA"),
            record("cus_EEEEEEEEEEEE", "person.sign_in"),
            record("dst_FFFFFFFFFFFF", "distributor.join", referrer="dst_AAAAAAAAAAAA"),
        ]
    )
    assert [(pk, brought_of({"sk": sk}), values) for pk, sk, values in rows] == [
        ("brought#dst_AAAAAAAAAAAA", Brought(customer_id, NOW), {})
        for customer_id in ("cus_BBBBBBBBBBBB", "cus_DDDDDDDDDDDD")
    ]


def test_of_a_customer_the_end_of_the_id_is_shown_and_rows_stand_in_the_order_of_time() -> None:
    early, late = Brought("cus_ZZZZZZZZZZZZ", NOW - DAY), Brought("cus_22222222ABCD", NOW)
    assert early.place < late.place
    assert late.shown == "ABCD"


@pytest.mark.parametrize(
    ("age", "bucket"),
    [
        (timedelta(0), Lately.WEEK),
        (7 * DAY - timedelta(milliseconds=1), Lately.WEEK),
        (7 * DAY, Lately.MONTH),
        (30 * DAY, Lately.QUARTER),
        (90 * DAY, Lately.LONGER),
    ],
)
def test_a_purchase_is_in_the_bucket_of_its_age(age: timedelta, bucket: Lately) -> None:
    assert lately(NOW - age, NOW) is bucket


def test_who_never_bought_is_told_so() -> None:
    assert lately(None, NOW) is Lately.NEVER
