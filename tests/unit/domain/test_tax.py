"""Tax: the worked numbers of both methods, and the laws between payouts."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.tax import (
    CUMULATIVE_TABLE,
    PER_PAYMENT_TABLE,
    Bracket,
    TaxMethod,
    TaxPosition,
    given_back,
    withhold,
)

NOVEMBER = date(2026, 11, 22)
A, B = TaxMethod.PER_PAYMENT, TaxMethod.CUMULATIVE


def taxes(method: TaxMethod, payouts: list[tuple[int, date]]) -> list[int]:
    position: TaxPosition | None = None
    withheld = []
    for gross_fen, paid_on in payouts:
        withholding = withhold(method, position, gross_fen, paid_on)
        position = withholding.position
        withheld.append(withholding.tax_fen)
    return withheld


@pytest.mark.parametrize(
    "gross_fen, tax_fen",
    [
        pytest.param(1_000_000, 160_000, id="V11"),
        (80_000, 0),
        (300_000, 44_000),
        (400_000, 64_000),
        (400_100, 64_016),
        (5_000_000, 1_000_000),
        (8_000_000, 1_860_000),
        (1, 0),
        (80_002, 0),
        (80_003, 1),
    ],
)
def test_v11_v12_the_tax_of_one_payment_in_a_month(gross_fen: int, tax_fen: int) -> None:
    assert taxes(A, [(gross_fen, NOVEMBER)]) == [tax_fen]


def test_v13_the_cumulative_tax_of_three_consecutive_months() -> None:
    payouts = [(1_000_000, date(2026, 1, 9)), (2_000_000, date(2026, 2, 9)), (5_000_000, date(2026, 3, 9))]
    assert taxes(B, payouts) == [9_000, 33_000, 196_000]


@pytest.mark.parametrize("table", [PER_PAYMENT_TABLE, CUMULATIVE_TABLE])
def test_at_the_end_of_a_bracket_the_next_one_takes_the_same(table: tuple[Bracket, ...]) -> None:
    for bracket, above in pairwise(table):
        assert bracket.taxable_fen_max is not None
        of_both = [bracket.taxable_fen_max * b.rate_bps - b.deduction_fen * 10_000 for b in (bracket, above)]
        assert of_both[0] == of_both[1]
        assert bracket.rate_bps < above.rate_bps


def test_payments_of_one_month_are_one_payment_and_the_next_month_begins_anew() -> None:
    payouts = [(300_000, date(2026, 11, 1)), (100_000, NOVEMBER), (300_000, date(2026, 12, 1))]
    assert taxes(A, payouts) == [44_000, 20_000, 44_000]


def test_two_payouts_of_one_month_have_one_monthly_deduction() -> None:
    assert taxes(B, [(1_000_000, date(2026, 1, 9)), (1_000_000, date(2026, 1, 10))]) == [9_000, 24_000]


def test_a_new_year_begins_anew() -> None:
    assert taxes(B, [(1_000_000, date(2026, 12, 31)), (1_000_000, date(2027, 1, 1))]) == [9_000, 9_000]


def test_a_month_of_little_pay_takes_nothing_and_gives_nothing_back() -> None:
    assert taxes(B, [(1_000_000, date(2026, 1, 9)), (100, date(2026, 2, 9))]) == [9_000, 0]


def test_a_company_is_paid_in_full() -> None:
    assert taxes(TaxMethod.NONE, [(8_000_000, NOVEMBER)]) == [0]


def test_a_position_of_another_method_does_not_count() -> None:
    position = withhold(B, None, 1_000_000, NOVEMBER).position
    assert withhold(A, position, 1_000_000, NOVEMBER).tax_fen == 160_000


def test_a_payout_that_came_back_leaves_the_position_as_if_it_had_not_been() -> None:
    before = withhold(A, None, 300_000, NOVEMBER).position
    paid = withhold(A, before, 500_000, NOVEMBER)
    assert given_back(paid.position, A, 500_000, paid.tax_fen, NOVEMBER) == before
    assert given_back(paid.position, A, 500_000, paid.tax_fen, date(2026, 10, 31)) == paid.position


def test_a_month_whose_only_payout_came_back_adds_no_deduction() -> None:
    january, february = date(2026, 1, 9), date(2026, 2, 9)
    first = withhold(B, None, 1_000_000, january)
    second = withhold(B, first.position, 500_000, february)
    none_left = given_back(first.position, B, 1_000_000, first.tax_fen, january)
    one_left = given_back(second.position, B, 500_000, second.tax_fen, february)
    assert withhold(B, none_left, 1_000_000, january).tax_fen == 9_000
    assert withhold(B, none_left, 1_000_000, february).tax_fen == 9_000
    assert withhold(B, one_left, 2_000_000, february).tax_fen == 33_000


def test_of_two_months_only_the_one_whose_payout_came_back_loses_its_deduction() -> None:
    january, february, march = (date(2026, month, 9) for month in (1, 2, 3))
    first = withhold(B, None, 1_000_000, january)
    second = withhold(B, first.position, 500_000, february)
    one_left = given_back(second.position, B, 500_000, second.tax_fen, february)
    wanted = TaxPosition(B, "2026", gross_fen=1_000_000, withheld_fen=9_000, months=1)
    assert one_left == wanted
    assert withhold(B, one_left, 1_000_000, march).tax_fen == 9_000


@pytest.mark.parametrize(
    "gross_fen, tax_fen",
    [  # of 80 %: up to 25 000 yuan 20 %, up to 62 500 yuan 30 % less 2 000, above 40 % less 7 000
        (400_004, 64_001),
        (2_500_000, 400_000),
        (2_500_003, 400_001),
        (2_500_625, 400_150),
        (6_250_000, 1_300_000),
        (6_250_003, 1_300_001),
    ],
)
def test_above_a_bracket_each_fen_is_taxed_by_the_next_rate(gross_fen: int, tax_fen: int) -> None:
    assert taxes(A, [(gross_fen, NOVEMBER)]) == [tax_fen]


def test_a_payout_by_the_method_before_comes_out_of_no_position_of_the_new_one() -> None:
    by_month = withhold(A, None, 500_000, NOVEMBER)
    by_year = withhold(B, by_month.position, 300_000, NOVEMBER).position
    assert given_back(by_year, A, 500_000, by_month.tax_fen, NOVEMBER) == by_year


payouts_of_a_year = st.lists(
    st.tuples(st.integers(1, 20_000_000), st.integers(1, 12)), min_size=1, max_size=12
).map(
    lambda drawn: [(gross, date(2026, month, 5)) for gross, month in sorted(drawn, key=lambda pair: pair[1])]
)


@given(method=st.sampled_from([A, B]), payouts=payouts_of_a_year)
def test_a_tax_is_never_negative_and_never_the_whole_payout(
    method: TaxMethod, payouts: list[tuple[int, date]]
) -> None:
    for (gross_fen, _), tax_fen in zip(payouts, taxes(method, payouts), strict=True):
        assert 0 <= tax_fen <= gross_fen * 45 // 100 + 1


@given(parts=st.lists(st.integers(1, 9_000_000), min_size=1, max_size=8))
def test_splitting_a_payment_within_its_month_saves_no_tax(parts: list[int]) -> None:
    in_parts = sum(taxes(A, [(part_fen, NOVEMBER) for part_fen in parts]))
    assert [in_parts] == taxes(A, [(sum(parts), NOVEMBER)])


@given(gross_fen=st.integers(1, 20_000_000))
def test_one_fen_more_of_gross_never_leaves_less_of_net(gross_fen: int) -> None:
    for method in (A, B):
        (tax_fen,), (more_fen,) = (taxes(method, [(gross, NOVEMBER)]) for gross in (gross_fen, gross_fen + 1))
        assert tax_fen <= more_fen <= tax_fen + 1
