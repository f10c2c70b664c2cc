"""The fraud rules for orders: what strikes, from which number on, how badly, and what it holds."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.risk.facts import Facts, Purchase, Thresholds, earlier_than
from chalicelib.risk.order_rules import (
    RULES,
    Decision,
    Held,
    RulesChanged,
    Severity,
    decide,
    decided_from,
    evidence,
)

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVERYTHING_BUT_CARDS = frozenset({Held.GOODS, Held.COMMISSION})


def bought(
    number: int, at: datetime = NOON, amount_fen: int = 10_000, use: str = "TOPUP", card: str = "A"
) -> Purchase:
    return Purchase(f"ord_{number:04d}", use, at, amount_fen, tuple(f"crd_{name}" for name in card))


def facts(purchase: Purchase, *earlier: Purchase) -> Facts:
    return Facts(purchase, earlier_than(purchase, earlier))


def struck(some: Facts) -> tuple[str, ...]:
    return decide(some, Thresholds()).rule_ids


def topups(*minutes_before: int, amount_fen: int = 10_000) -> list[Purchase]:
    return [bought(n, NOON - m * MINUTE, amount_fen) for n, m in enumerate(minutes_before, start=1)]


THIS = bought(9_999)


@pytest.mark.parametrize(
    "earlier, strikes",
    [
        (topups(), False),
        (topups(9, 8, 7, 6), False),
        (topups(9, 8, 7, 6, 5), True),  # five earlier ones: this is the sixth
        (topups(9, 9, 9, 9, 9, 9, 9), True),
        (topups(10, 9, 8, 7, 6), False),  # ten whole minutes ago is over
        (topups(60, 9, 8, 7, 6), False),
        ([replace(one, use="CARD_SALE") for one in topups(9, 8, 7, 6, 5)], False),
    ],
)
def test_five_topups_within_ten_minutes_make_the_next_one_suspicious(
    earlier: list[Purchase], strikes: bool
) -> None:
    assert ("VELOCITY_COUNT" in struck(facts(THIS, *earlier))) is strikes
    assert "VELOCITY_COUNT" not in struck(facts(replace(THIS, use="CARD_SALE"), *earlier))


@pytest.mark.parametrize(
    "this_fen, earlier_fen, strikes",
    [
        (1_000_000, (), True),
        (999_999, (), False),
        (400_000, (300_000, 300_000), True),
        (400_000, (300_000, 299_999), False),
        (1, (333_333, 333_333, 333_333), True),
    ],
)
def test_topups_of_ten_thousand_yuan_in_a_day_are_suspicious(
    this_fen: int, earlier_fen: tuple[int, ...], strikes: bool
) -> None:
    earlier = [bought(n, NOON - n * 60 * MINUTE, fen) for n, fen in enumerate(earlier_fen, start=1)]
    this = replace(THIS, amount_fen=this_fen)
    assert ("VELOCITY_SUM" in struck(facts(this, *earlier))) is strikes


def test_what_was_paid_a_whole_day_before_counts_no_more() -> None:
    almost = bought(1, NOON - timedelta(hours=24) + timedelta(milliseconds=1), 999_999)
    over = replace(almost, paid_at=NOON - timedelta(hours=24))
    this = replace(THIS, amount_fen=1)
    assert struck(facts(this, almost)) == ("VELOCITY_SUM",)
    assert struck(facts(this, over)) == ()


@pytest.mark.parametrize(
    "this, earlier, strikes",
    [
        ("A", ("B", "C", "D", "E"), False),
        ("A", ("B", "C", "D", "E", "F"), True),
        ("A", ("A", "A", "A", "A", "A", "A", "B"), False),
        ("ABCDE", (), False),
        ("ABCDEF", (), True),
        ("ABC", ("CDE",), False),
        ("ABC", ("CDEF",), True),
    ],
)
def test_more_than_five_cards_of_one_buyer_in_a_day_are_suspicious(
    this: str, earlier: tuple[str, ...], strikes: bool
) -> None:
    before = [
        bought(n, NOON - n * 60 * MINUTE, use="CARD_SALE", card=cards) for n, cards in enumerate(earlier, 1)
    ]
    purchase = replace(bought(99, card=this), use="CARD_SALE")
    assert ("MANY_CARDS" in struck(facts(purchase, *before))) is strikes


@pytest.mark.parametrize(
    "known, strikes",
    [
        ({}, False),
        ({"chain": ("dst_P", "dst_Q"), "chain_root": "dst_R"}, False),
        (
            {"chain": ("dst_P",), "chain_root": "dst_R", "buyer_distributor": "dst_B", "buyer_root": "dst_S"},
            False,
        ),
        (
            {"chain": ("dst_P",), "chain_root": "dst_R", "buyer_distributor": "dst_B", "buyer_root": "dst_R"},
            True,
        ),
        ({"chain": ("dst_P", "dst_B"), "buyer_distributor": "dst_B", "buyer_root": "dst_S"}, True),
        ({"chain": ("dst_P",), "earns_nobody": True}, True),
    ],
)
def test_buying_within_ones_own_tree_is_a_self_purchase(known: dict[str, object], strikes: bool) -> None:
    assert ("SELF_PURCHASE" in struck(Facts(THIS, **known))) is strikes  # type: ignore[arg-type]


def test_a_self_purchase_holds_commission_that_would_be_paid_and_nothing_else() -> None:
    unknown_at_the_sale = Facts(THIS, chain=("dst_B",), buyer_distributor="dst_B")
    decision = decide(unknown_at_the_sale, Thresholds())
    assert (decision.holds, decision.severity) == (frozenset({Held.COMMISSION}), Severity.MEDIUM)
    known_at_the_sale = Facts(THIS, chain=("dst_B",), earns_nobody=True)
    decision = decide(known_at_the_sale, Thresholds())
    assert (decision.holds, decision.severity) == (frozenset(), Severity.LOW)


@pytest.mark.parametrize(
    "count, severity, holds",
    [
        (5, Severity.MEDIUM, EVERYTHING_BUT_CARDS),
        (9, Severity.MEDIUM, EVERYTHING_BUT_CARDS),
        (10, Severity.HIGH, frozenset(Held)),
    ],
)
def test_twice_the_threshold_is_severe_and_freezes_cards(
    count: int, severity: Severity, holds: frozenset[Held]
) -> None:
    decision = decide(facts(THIS, *topups(*[5] * count, amount_fen=1)), Thresholds())
    (hit,) = decision.hits
    assert (hit.measured, hit.threshold, hit.rule_version) == (count, 5, 1)
    assert (decision.severity, decision.holds) == (severity, holds)


def test_an_ordinary_purchase_passes() -> None:
    assert decide(facts(THIS, *topups(300, 60)), Thresholds()) == Decision()


def test_the_office_may_set_other_numbers() -> None:
    strict = Thresholds(topup_count=2, topup_minutes=60)
    assert decide(facts(THIS, *topups(50, 40)), strict).rule_ids == ("VELOCITY_COUNT",)


def test_a_later_payment_changes_nothing_of_the_check() -> None:
    later = [bought(n, NOON + n * MINUTE) for n in range(1, 10)]
    assert facts(THIS, *topups(5), *later) == facts(THIS, *topups(5))


def test_of_payments_of_one_moment_each_is_earlier_than_those_with_higher_ids() -> None:
    first, second = bought(1), bought(2)
    assert earlier_than(second, (first, second)) == (first,)
    assert earlier_than(first, (first, second)) == ()


PURCHASES = st.builds(
    bought,
    st.integers(1, 9_999),
    st.integers(0, 30 * 60 * 60).map(lambda seconds: NOON - timedelta(seconds=seconds)),
    st.integers(1, 600_000),
    st.sampled_from(["TOPUP", "CARD_SALE"]),
    st.text("ABCDEFGH", min_size=1, max_size=4),
)
IDS = st.sampled_from([None, "dst_A", "dst_B"])
FACTS = st.builds(
    lambda earlier, own, root, chain, chain_root, earns_nobody: Facts(
        THIS, earlier_than(THIS, tuple(earlier)), own, root, chain, chain_root, earns_nobody
    ),
    st.lists(PURCHASES, max_size=20),
    IDS,
    IDS,
    st.sampled_from([(), ("dst_A",), ("dst_C", "dst_B")]),
    IDS,
    st.booleans(),
)
THRESHOLDS = st.builds(
    Thresholds, st.integers(1, 8), st.integers(1, 90), st.integers(1, 2_000_000), st.integers(1, 8)
)


@pytest.mark.parametrize(
    "refused, amount_fen, strikes", [(True, 100_000, True), (True, 99_999, False), (False, 100_000, False)]
)
def test_parts_that_reach_what_asks_for_a_name_strike_when_the_last_is_refused(
    refused: bool, amount_fen: int, strikes: bool
) -> None:
    parts = [bought(n, NOON - n * MINUTE, 100_000, "CARD_SALE", "") for n in range(1, 10)]
    last = bought(10, NOON, amount_fen, "CARD_SALE", "")
    decision = decide(replace(facts(last, *parts), refused=refused), Thresholds())
    assert decision.rule_ids == (("STRUCTURING",) if strikes else ())
    assert decision.holds == frozenset()


@given(FACTS, THRESHOLDS)
def test_a_decision_made_again_from_its_evidence_is_the_same(some: Facts, thresholds: Thresholds) -> None:
    stored = json.loads(json.dumps(evidence(some, thresholds)))
    assert decided_from(stored) == decide(some, thresholds)


@given(FACTS, THRESHOLDS, PURCHASES)
def test_one_more_purchase_never_makes_an_order_less_suspicious(
    some: Facts, thresholds: Thresholds, one_more: Purchase
) -> None:
    before = set(decide(some, thresholds).rule_ids)
    more = replace(some, earlier=earlier_than(THIS, (*some.earlier, one_more)))
    assert before <= set(decide(more, thresholds).rule_ids)


def test_evidence_of_other_rules_is_not_decided_by_these() -> None:
    stored = evidence(facts(THIS), Thresholds())
    stored["rules"] = {rule.rule_id: rule.version + 1 for rule in RULES}
    with pytest.raises(RulesChanged):
        decided_from(stored)
