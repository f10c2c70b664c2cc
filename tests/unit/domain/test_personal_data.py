"""Personal data by its shape: what must never reach the archive is found, and ids are not mistaken for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import KEY_ALPHABET
from chalicelib.domain.personal_data import personal_data_in


@pytest.mark.parametrize(
    "text, kind",
    [
        ("13812345678", "phone"),
        ("called 13812345678.", "phone"),
        ("客户电话13812345678，已核实", "phone"),
        ("+86 138 1234 5678", "phone"),
        ("+8613812345678", "phone"),
        ("138-1234-5678", "phone"),
        ("11010519491231002X", "identity number"),
        ("身份证530102199003074710", "identity number"),
        ("from 192.168.1.20", "network address"),
        ("10.0.0.1:443", "network address"),
        ("2001:db8:85a3:0:0:8a2e:370:7334", "network address 6"),
        ("2001:db8::1", "network address 6"),
        ("li.wei@example.com", "mail address"),
    ],
)
def test_personal_data_is_found_wherever_it_stands(text: str, kind: str) -> None:
    values: list[Any] = [text, {"reason": text}, {"about": [{"note": text}]}, {text: 1}]
    assert all(personal_data_in(value) == (kind,) for value in values)


@pytest.mark.parametrize(
    "text",
    [
        "ord_23456789ABCD01HZ13812345678ABCDEFGHJK",
        "a1b13812345678c3",
        "1763808000000",
        "2026-11-22T18:47:00+00:00",
        "L:COMM_FROZEN:dst_23456789ABCD:20261129",
        "2026112213812345678",
        "pln_default@v3",
        "12:30:05",
    ],
)
def test_ids_accounts_and_moments_are_not_mistaken_for_it(text: str) -> None:
    assert personal_data_in({"id": text}) == ()


@given(st.text(KEY_ALPHABET, min_size=12, max_size=12), st.from_regex(r"\A[0-7][0-9A-HJKMNP-TV-Z]{25}\Z"))
def test_no_order_id_is_ever_refused(key: str, ulid: str) -> None:
    assert personal_data_in([f"ord_{key}{ulid}", f"cus_{key}", f"ord_{key}{ulid}/paid", ulid]) == ()
