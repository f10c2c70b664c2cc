"""Refunds: the formulas of the law, whole and in parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.refund import (
    Cause,
    NothingToRefund,
    Prepayment,
    RefundExceeds,
    RefundParts,
    interest_fen,
    partial,
    refundable_fen,
    used_of,
    whole,
)


def after(prepayment: Prepayment, parts: RefundParts) -> Prepayment:
    return Prepayment(
        prepayment.paid_fen,
        prepayment.credited_fen,
        prepayment.used_fen,
        prepayment.withdrawn_fen + parts.withdrawn_fen,
        prepayment.refunded_fen + parts.refund_fen,
    )


@pytest.mark.parametrize(
    "used_fen, cause, expected",
    [
        pytest.param(60_000, Cause.ISSUER, RefundParts(50_000, 10_000, 60_000, 50_000), id="V21 issuer"),
        pytest.param(60_000, Cause.CUSTOMER, RefundParts(40_000, 20_000, 60_000, 60_000), id="V21 consumer"),
        pytest.param(110_000, Cause.ISSUER, RefundParts(8_333, 1_667, 10_000, 91_667), id="V22 issuer"),
        pytest.param(110_000, Cause.CUSTOMER, RefundParts(0, 10_000, 10_000, 100_000), id="V22 consumer"),
        pytest.param(0, Cause.ISSUER, RefundParts(100_000, 20_000, 120_000, 0), id="unused, issuer"),
        pytest.param(0, Cause.CUSTOMER, RefundParts(100_000, 20_000, 120_000, 0), id="unused, consumer"),
    ],
)
def test_v21_v22_a_whole_refund_of_a_card_with_a_bonus(
    used_fen: int, cause: Cause, expected: RefundParts
) -> None:
    assert whole(Prepayment(100_000, 120_000, used_fen), cause) == expected


def test_a_card_that_holds_nothing_of_the_payment_has_nothing_to_refund() -> None:
    with pytest.raises(NothingToRefund):
        whole(Prepayment(100_000, 120_000, used_fen=120_000), Cause.ISSUER)


def test_without_a_bonus_a_partial_refund_withdraws_what_it_gives_back() -> None:
    prepayment = Prepayment(123_456, 123_456)
    for refund_fen, base_fen in ((30_000, 93_456), (50_000, 43_456), (43_456, 0)):
        parts = partial(prepayment, Cause.CUSTOMER, refund_fen)
        assert parts == RefundParts(refund_fen, 0, refund_fen, base_fen)
        prepayment = after(prepayment, parts)
    assert prepayment.on_card_fen == 0


@pytest.mark.parametrize(
    "cause, expected",
    [
        (Cause.ISSUER, RefundParts(10_000, 2_000, 12_000, 90_000)),
        # What stays is priced without the discount, so the bonus goes first.
        (Cause.CUSTOMER, RefundParts(10_000, 20_000, 30_000, 90_000)),
    ],
)
def test_a_partial_refund_withdraws_the_discount_as_its_cause_says(
    cause: Cause, expected: RefundParts
) -> None:
    parts = partial(Prepayment(100_000, 120_000), cause, 10_000)
    assert (parts.refund_fen, parts.commission_base_fen) == (10_000, 90_000)
    assert abs(parts.withdrawn_fen - expected.withdrawn_fen) <= 1
    assert parts.promo_rest_fen == parts.withdrawn_fen - 10_000


@pytest.mark.parametrize("refund_fen", [-1, 0, 40_001, 10**12])
def test_more_than_is_refundable_is_never_given(refund_fen: int) -> None:
    with pytest.raises(RefundExceeds) as refusal:
        partial(Prepayment(100_000, 120_000, used_fen=60_000), Cause.CUSTOMER, refund_fen)
    assert refusal.value.facts == {"refundable_fen": 40_000}


prepayments = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10_000)).map(
    lambda drawn: Prepayment(
        drawn[0], drawn[0] + drawn[1] + 1, (drawn[0] + drawn[1] + 1) * drawn[2] // 10_000
    )
)
causes = st.sampled_from(list(Cause))


@given(prepayment=prepayments, cause=causes)
def test_a_refund_is_never_negative_never_more_than_paid_and_never_more_than_leaves_the_card(
    prepayment: Prepayment, cause: Cause
) -> None:
    limit_fen = refundable_fen(prepayment, cause)
    assert 0 <= limit_fen <= min(prepayment.paid_fen, prepayment.on_card_fen)
    assert refundable_fen(prepayment, Cause.CUSTOMER) <= refundable_fen(prepayment, Cause.ISSUER)


@given(prepayment=prepayments, cause=causes, wishes=st.lists(st.integers(1, 10**6), max_size=6))
def test_in_how_many_parts_the_money_goes_back_changes_no_fen(
    prepayment: Prepayment, cause: Cause, wishes: list[int]
) -> None:
    at_once_fen = refundable_fen(prepayment, cause)
    for wish_fen in wishes:
        if wish_fen <= refundable_fen(prepayment, cause):
            parts = partial(prepayment, cause, wish_fen)
            assert parts.refund_fen == wish_fen
            assert parts.withdrawn_fen == parts.refund_fen + parts.promo_rest_fen
            assert parts.promo_rest_fen >= 0
            prepayment = after(prepayment, parts)
    assert prepayment.refunded_fen + refundable_fen(prepayment, cause) == at_once_fen
    if prepayment.on_card_fen:
        assert after(prepayment, whole(prepayment, cause)).on_card_fen == 0


@given(prepayment=prepayments, steps=st.lists(st.tuples(causes, st.integers(1, 10**6)), max_size=6))
def test_even_when_the_causes_change_no_more_than_was_paid_goes_back(
    prepayment: Prepayment, steps: list[tuple[Cause, int]]
) -> None:
    for cause, wish_fen in steps:
        refund_fen = min(wish_fen, refundable_fen(prepayment, cause))
        if refund_fen:
            prepayment = after(prepayment, partial(prepayment, cause, refund_fen))
    assert prepayment.refunded_fen <= prepayment.paid_fen
    assert prepayment.refunded_fen <= prepayment.withdrawn_fen
    assert prepayment.on_card_fen >= 0


def test_asking_for_all_that_is_refundable_empties_the_card() -> None:
    prepayment = Prepayment(100_000, 300_000, used_fen=60_000)
    assert partial(prepayment, Cause.ISSUER, 80_000) == whole(prepayment, Cause.ISSUER)
    assert whole(prepayment, Cause.ISSUER).withdrawn_fen == 240_000


def test_after_a_refund_by_the_other_cause_no_less_leaves_the_card_than_goes_back() -> None:
    prepayment = Prepayment(100_000, 120_000)
    prepayment = after(prepayment, partial(prepayment, Cause.CUSTOMER, 10_000))
    assert partial(prepayment, Cause.ISSUER, 5_000) == RefundParts(5_000, 0, 5_000, 85_000)


def test_a_partial_issuer_refund_withdraws_as_little_as_it_is_worth() -> None:
    prepayment = Prepayment(100_000, 120_000)
    for refund_fen in (1, 7, 333, 99_999):
        withdrawn_fen = partial(prepayment, Cause.ISSUER, refund_fen).withdrawn_fen
        less = Prepayment(100_000, 120_000, used_fen=120_000 - (withdrawn_fen - 1))
        assert 100_000 - refundable_fen(less, Cause.ISSUER) > 0
        assert _worth_of(withdrawn_fen) == refund_fen > _worth_of(withdrawn_fen - 1)


def _worth_of(withdrawn_fen: int) -> int:
    kept_fen = 120_000 - withdrawn_fen
    return 100_000 - (kept_fen * 100_000 * 2 + 120_000) // 240_000


@pytest.mark.parametrize(
    "credited_fen, withdrawn_fen, available_fen, expected_fen",
    [(120_000, 0, 60_000, 60_000), (120_000, 0, 200_000, 0), (120_000, 20_000, 60_000, 40_000)],
)
def test_what_stands_on_a_card_is_this_payments_own_money_first(
    credited_fen: int, withdrawn_fen: int, available_fen: int, expected_fen: int
) -> None:
    assert used_of(credited_fen, withdrawn_fen, available_fen) == expected_fen


@pytest.mark.parametrize(
    "principal_fen, rate_bps, days, expected_fen",
    [
        (100_000, 150, 365, 1_500),
        (100_000, 150, 30, 123),
        (50_000, 310, 1, 4),
        (100_000, 150, 0, 0),
        (10**8, 10_000, 365, 10**8),
    ],
)
def test_interest_runs_by_the_day(principal_fen: int, rate_bps: int, days: int, expected_fen: int) -> None:
    assert interest_fen(principal_fen, rate_bps, days) == expected_fen


@pytest.mark.parametrize("paid_fen, credited_fen", [(7, 7), (7, 10), (5, 12), (11, 13), (10_001, 10_010)])
def test_a_part_leaves_the_most_on_the_card_that_the_rest_of_the_payment_buys(
    paid_fen: int, credited_fen: int
) -> None:
    def price_fen(kept_fen: int) -> int:  # a half rounded up
        return (2 * kept_fen * paid_fen + credited_fen) // (2 * credited_fen)

    for refund_fen in range(1, min(paid_fen, 40)):
        kept = [k for k in range(credited_fen + 1) if price_fen(k) <= paid_fen - refund_fen]
        parts = partial(Prepayment(paid_fen, credited_fen, used_fen=0), Cause.ISSUER, refund_fen)
        assert type(parts.withdrawn_fen) is int
        assert parts.withdrawn_fen == max(refund_fen, credited_fen - kept[-1])
