"""Reversals: what goes back, from which pocket, and what a release leaves."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import refund
from chalicelib.domain.commission import OrderFacts, Share, calculate, facts_of
from chalicelib.domain.explanation import Line
from chalicelib.domain.money import split_largest_remainder
from chalicelib.domain.order import Order, OrderState, Refund, RefundState
from chalicelib.domain.plan import CapOrder, Plan
from chalicelib.domain.reversal import (
    PendingWithdrawal,
    Pockets,
    Release,
    Sources,
    release,
    release_date,
    remaining,
    remaining_lines,
    reversal_fen,
    sources_of,
)
from tests.unit.domain.samples import (
    PAID_AT,
    PLAIN,
    TWO_ACTIVE,
    chain_of_tiers,
    differential,
    order_of,
    per_order,
    per_unit,
    percent,
    plan_of,
    random_order,
    random_plan,
)


def reversed_by(shares: tuple[Share, ...], rest: tuple[Line, ...]) -> list[int]:
    return [reversal_fen(share.explanation, share.amount_fen, rest) for share in shares]


@pytest.mark.parametrize(
    "paid_fen, list_fen, margin_fen, volume_ml, kept_fen, expected",
    [
        (1, 3, 2, 5, 1, (3, 2, 5)),
        (2, 3, -3, 5, 1, (1, -2, 2)),  # a loss is rounded down as well
        (3, 10, 5, 7, 2, (6, 3, 4)),
        (0, 3, 2, 5, 0, (0, 0, 0)),
    ],
)
def test_what_is_left_of_a_line_shrinks_with_its_payment_down_to_the_unit(
    paid_fen: int, list_fen: int, margin_fen: int, volume_ml: int, kept_fen: int, expected: tuple[int, ...]
) -> None:
    rest = remaining(Line("sku", 2, paid_fen, list_fen, margin_fen, volume_ml), kept_fen, 1)
    assert (rest.quantity, rest.paid_fen) == (1, kept_fen)
    assert (rest.list_fen, rest.margin_fen, rest.volume_ml) == expected


@pytest.mark.capability("S-040")
def test_v3_returning_one_of_three_units_reverses_one_units_pay() -> None:
    order = order_of(90_000, quantity=3)
    shares = calculate(order, plan_of(per_unit(1, 500), per_unit(2, 200)), PAID_AT)
    assert reversed_by(shares, (remaining(order.lines[0], 60_000, 2),)) == [500, 200]


@pytest.mark.capability("S-040")
def test_v4_half_a_refund_halves_the_cap_too() -> None:
    order = order_of(97_000, margin_fen=2_000)
    shares = calculate(order, plan_of(percent(1, 150), percent(2, 80), margin_share_bps=5_000), PAID_AT)
    assert reversed_by(shares, (remaining(order.lines[0], 48_500, 1),)) == [500, 0]


@pytest.mark.capability("S-048")
def test_v7_three_refunds_reverse_the_entry_to_the_last_fen() -> None:
    order = order_of(123_456)
    share = calculate(order, PLAIN, PAID_AT)[0]
    net_fen, paid_fen, reversals = share.amount_fen, 123_456, []
    for refund_fen in (30_000, 50_000, 43_456):
        paid_fen -= refund_fen
        reversals.append(reversal_fen(share.explanation, net_fen, (remaining(order.lines[0], paid_fen, 1),)))
        net_fen -= reversals[-1]
    assert share.amount_fen == 987
    assert reversals == [240, 400, 347]
    assert net_fen == 0


def test_v7_a_differential_that_would_rise_by_a_refund_reverses_nothing() -> None:
    order = order_of(167, chain=chain_of_tiers("staff", "city"))
    plan = plan_of(*differential(staff=60, city=100), tiers=("staff", "city"))
    shares = calculate(order, plan, PAID_AT)
    assert [share.amount_fen for share in shares] == [1, 0]
    assert reversed_by(shares, (remaining(order.lines[0], 166, 1),)) == [1, 0]


def test_pay_per_order_stays_until_the_last_fen_is_refunded_but_never_above_the_cap_of_the_rest() -> None:
    order = order_of(100_000)
    free, capped = (plan_of(per_order(1, 500), line_cap_bps=cap_bps) for cap_bps in (None, 50))
    (uncapped_share, _), (capped_share, _) = (calculate(order, plan, PAID_AT) for plan in (free, capped))
    expected = [(60_000, 0, 200), (1, 0, 500), (0, 500, 500)]
    for paid_fen, without_cap_fen, with_cap_fen in expected:
        rest = (remaining(order.lines[0], paid_fen, 1),)
        assert reversed_by((uncapped_share, capped_share), rest) == [without_cap_fen, with_cap_fen]


def test_v8_what_was_paid_out_becomes_debt_and_the_next_release_pays_it() -> None:
    sources = sources_of(8_000, Pockets(frozen_fen=0, available_fen=3_000))
    assert sources == Sources(frozen_fen=0, returned=(), available_fen=3_000, debt_fen=5_000)
    assert release(2_400, sources.debt_fen) == Release(netted_fen=2_400, available_fen=0)
    assert sources.debt_fen - 2_400 == 2_600


@pytest.mark.parametrize(
    "frozen_fen, debt_fen, netting_bps, expected",
    [
        (2_400, 5_000, 5_000, Release(1_200, 1_200)),
        (2_401, 5_000, 5_000, Release(1_200, 1_201)),
        (2_400, 700, 10_000, Release(700, 1_700)),
        (2_400, 0, 10_000, Release(0, 2_400)),
        (2_400, 5_000, 0, Release(0, 2_400)),
    ],
)
def test_a_release_nets_debt_by_its_rate(
    frozen_fen: int, debt_fen: int, netting_bps: int, expected: Release
) -> None:
    assert release(frozen_fen, debt_fen, netting_bps) == expected


NEW, OLD = PendingWithdrawal("wdr_new", 2_000), PendingWithdrawal("wdr_old", 9_000)


@pytest.mark.parametrize(
    "pockets, expected",
    [
        (Pockets(8_000, 9_999, (NEW,)), Sources(8_000, (), 0, 0)),
        (Pockets(3_000, 9_999, (NEW,)), Sources(3_000, (), 5_000, 0)),
        (Pockets(0, 8_000, (NEW,)), Sources(0, (), 8_000, 0)),
        (Pockets(0, 7_000, (NEW, OLD)), Sources(0, (NEW,), 8_000, 0)),
        (Pockets(0, 1_000, (NEW, OLD)), Sources(0, (NEW, OLD), 8_000, 0)),
        (Pockets(0, 1_000, (NEW,)), Sources(0, (NEW,), 3_000, 5_000)),
        (Pockets(0, 0), Sources(0, (), 0, 8_000)),
    ],
)
def test_a_reversal_takes_frozen_then_available_then_unapproved_withdrawals_whole_then_debt(
    pockets: Pockets, expected: Sources
) -> None:
    assert sources_of(8_000, pockets) == expected


@given(
    reverse_fen=st.integers(0, 10**6),
    frozen_fen=st.integers(0, 10**6),
    available_fen=st.integers(0, 10**6),
    pending=st.lists(st.integers(1, 10**5), max_size=5),
)
def test_the_sources_sum_to_the_reversal_and_no_pocket_goes_below_zero(
    reverse_fen: int, frozen_fen: int, available_fen: int, pending: list[int]
) -> None:
    withdrawals = tuple(PendingWithdrawal(f"wdr_{i}", amount_fen) for i, amount_fen in enumerate(pending))
    sources = sources_of(reverse_fen, Pockets(frozen_fen, available_fen, withdrawals))
    back_fen = sum(withdrawal.amount_fen for withdrawal in sources.returned)
    assert sources.frozen_fen + sources.available_fen + sources.debt_fen == reverse_fen
    assert 0 <= sources.frozen_fen <= frozen_fen
    assert 0 <= sources.available_fen <= available_fen + back_fen
    if sources.debt_fen:
        assert sources.returned == withdrawals
        assert sources.available_fen == available_fen + back_fen


def test_v23_a_refund_that_the_consumer_caused_leaves_commission_on_what_stays_paid() -> None:
    parts = refund.whole(refund.Prepayment(100_000, 120_000, used_fen=60_000), refund.Cause.CUSTOMER)
    order = order_of(100_000)
    share = calculate(order, plan_of(percent(1, 80)), PAID_AT)[0]
    rest = (remaining(order.lines[0], parts.commission_base_fen, 1),)
    assert share.amount_fen == 800
    assert reversal_fen(share.explanation, 800, rest) == 320


@pytest.mark.parametrize("cap_order", list(CapOrder))
@pytest.mark.capability("S-048")
def test_lines_sum_to_the_order_and_partial_refunds_leave_no_fen_behind(cap_order: CapOrder) -> None:
    chance = random.Random(7)
    for _ in range(1_000):
        paid_fen = chance.randint(1, 400_000)
        weights = tuple(chance.randint(0, 9) for _ in range(chance.randint(1, 4)))
        parts = split_largest_remainder(paid_fen, weights)
        lines = tuple(Line(f"sku_{i}", 3, part, part, part // 50) for i, part in enumerate(parts))
        assert sum(line.paid_fen for line in lines) == paid_fen
        order = replace(order_of(1), lines=lines)
        plan = plan_of(
            percent(1, 81), percent(2, 33), line_cap_bps=90, margin_share_bps=5_000, cap_order=cap_order
        )
        assert_refunds_take_back_exactly(order, plan, chance)


def test_refunds_in_any_steps_take_back_exactly_what_any_plan_paid() -> None:
    chance = random.Random(8)
    for _ in range(2_000):
        assert_refunds_take_back_exactly(random_order(chance), random_plan(chance), chance)


def assert_refunds_take_back_exactly(order: OrderFacts, plan: Plan, chance: random.Random) -> None:
    """Refund random parts until nothing is left: no reversal is negative, all sum to the original."""
    shares = calculate(order, plan, PAID_AT)
    net = [share.amount_fen for share in shares]
    left = [(line.paid_fen, line.quantity) for line in order.lines]
    for last in (False, False, True):
        left = [
            (0, 0) if last else (chance.randint(0, paid), chance.randint(0, units)) for paid, units in left
        ]
        rest = tuple(remaining(line, *kept) for line, kept in zip(order.lines, left, strict=True))
        for place, share in enumerate(shares):
            back_fen = reversal_fen(share.explanation, net[place], rest)
            assert 0 <= back_fen <= net[place]
            assert reversal_fen(share.explanation, net[place] - back_fen, rest) == 0
            net[place] -= back_fen
    assert net == [0] * len(shares)


def test_the_rest_of_an_order_counts_refunds_under_way_and_not_those_that_were_rejected() -> None:
    order = Order(
        order_id="ord_1",
        customer_id="cus_1",
        use="CARD_SALE",
        state=OrderState.PARTIALLY_REFUNDED,
        sku_id="sku_card",
        issuer="sinopec",
        mode="ISSUER",
        category="",
        region="53",
        quantity=3,
        face_fen=90_000,
        payable_fen=90_000,
        cost_fen=87_000,
        price_version=1,
        payer="channel:sandbox",
        card_ids=(),
        created_at=PAID_AT,
        request_hash="",
        chain=TWO_ACTIVE,
        refunds=tuple(
            Refund(f"rfd_{state}", state, "CUSTOMER", 30_000, 30_000, 1, PAID_AT)
            for state in (RefundState.SUBMITTED, RefundState.REJECTED)
        ),
    )
    plan = plan_of(per_unit(1, 500), events=(facts_of(order).event,))
    share = calculate(facts_of(order), plan, PAID_AT)[0]
    (rest,) = remaining_lines(share.explanation, order)
    assert (rest.paid_fen, rest.quantity, rest.margin_fen) == (60_000, 2, 2_000)
    assert reversal_fen(share.explanation, share.amount_fen, (rest,)) == 500


@pytest.mark.parametrize(
    "paid_at, hold_days, expected",
    [
        (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), 7, date(2026, 11, 29)),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), 7, date(2026, 11, 30)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), 0, date(2027, 1, 1)),
        (datetime(2028, 2, 27, 16, 0, tzinfo=UTC), 2, date(2028, 3, 1)),
    ],
)
def test_the_hold_is_counted_in_shanghai_dates(paid_at: datetime, hold_days: int, expected: date) -> None:
    assert release_date(paid_at, hold_days) == expected
    assert release_date(paid_at + timedelta(0), 0) == expected - timedelta(days=hold_days)
