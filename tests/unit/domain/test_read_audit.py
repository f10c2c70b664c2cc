"""The read audit: whom an answer is about, and how many different people were looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.read_audit import (
    Read,
    is_watched,
    key_of,
    read_of,
    subject_count,
    subject_of,
    subjects_of,
    values_of,
)

A, B = "7K3M9PQRS2TV", "BBBBBBBBBBBB"
CARD = "crd_0123456789ABCDEFGHJKMNPQRS"
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
READ = Read("stf_CCCCCCCCCCCC", NOW, "one_order", "customer", "help", (A, B))


@pytest.mark.parametrize(
    "path, answer, subjects",
    [
        ("/v1/office/alerts", "", ()),
        (f"/v1/orders/ord_{A}01JD3Q8Z6N5W4V3T2S1R0QPAMK", f'{{"customer_id":"cus_{A}"}}', (A,)),
        ("/v1/office/refunds", f'["ord_{A}01JD3Q8Z6N5W4V3T2S1R0QPAMK","dst_{B}","wdr_{B}"]', (A, B)),
        (f"/v1/cards/{CARD}/statement", "{}", (CARD,)),
        (f"/v1/cards/{CARD}", f'{{"holder_id":"cus_{A}"}}', (A, CARD)),
        ("/v1/office/withdrawals", f'{{"approved_by":"stf_{B}"}}', ()),  # a colleague at work
        (f"/v1/office/read-audit/stf_{B}", "{}", (f"stf_{B}",)),
    ],
)
def test_whom_an_answer_is_about(path: str, answer: str, subjects: tuple[str, ...]) -> None:
    assert subjects_of(path, answer) == subjects


def test_a_customer_a_place_and_their_orders_are_one_subject() -> None:
    assert {subject_of(f"cus_{A}"), subject_of(f"dst_{A}"), *subjects_of("", f"ord_{A}")} == {A}
    assert subject_of(f"stf_{A}") == f"stf_{A}"


@pytest.mark.parametrize("person_id, watched", [(f"stf_{A}", True), (f"cus_{A}", False), ("", False)])
def test_staff_and_partners_are_watched_and_customers_are_not(person_id: str, watched: bool) -> None:
    assert is_watched(person_id) is watched


def test_a_row_tells_the_look_again() -> None:
    pk, sk = key_of(READ, "random")
    assert pk == "reads#2026-11-30"
    assert read_of({"pk": pk, "sk": sk, **values_of(READ)}) == READ


def test_a_look_at_sixty_people_fits_one_write_unit() -> None:
    """A unit is 1,024 bytes; the longest route and purpose leave room for that many."""
    read = READ._replace(route="distributor_statement", purpose="p" * 64, subjects=(A,) * 60)
    pk, sk = key_of(read, "0123456789abcdef")
    item = {"pk": pk, "sk": sk, **values_of(read)}
    assert sum(len(name) + len(str(value)) for name, value in item.items()) <= 1024


def test_different_people_are_counted_and_only_of_late() -> None:
    earlier = READ._replace(at=NOW - timedelta(minutes=11), subjects=("DDDDDDDDDDDD",))
    assert subject_count([READ, READ._replace(subjects=(B,)), earlier], NOW - timedelta(minutes=10)) == 2
