"""The compact explanation: read back it is the same, and it leaves an entry below one kilobyte."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import NoneType

import pytest

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.commission import calculate
from chalicelib.domain.commission_entry import entry_record, history_of, order_id_of
from chalicelib.domain.compact_explanation import compact, expanded
from chalicelib.domain.explanation import Explanation, Line, Place, Priced, Reason, Term, recompute
from chalicelib.domain.order import ChainLink, Order, OrderState
from chalicelib.domain.plan import Base, Campaign, CapOrder, Event, RuleKind, Scope
from chalicelib.domain.record import canonical
from tests.unit.domain.samples import (
    PAID_AT,
    differential,
    order_of,
    percent,
    plan_of,
    random_order,
    random_plan,
)

ULID = "01JD3Q8Z6N5W4V3T2S1R0QPAMK"


@pytest.mark.capability("S-049")
def test_ten_thousand_explanations_come_back_as_they_were_and_give_the_same_fen() -> None:
    chance = random.Random(49)
    for _ in range(10_000):
        for share in calculate(random_order(chance), random_plan(chance), PAID_AT):
            back = expanded(compact(share.explanation))
            assert back == share.explanation
            assert recompute(back) == share.amount_fen


A_TERM = Term("rule_1", RuleKind.PERCENT, 80, Base.LIST)
A_LINE = Line("sku_card", 2, 98_500, 100_000, 1_500)
SPARSE = Explanation(
    plan_id="pln_1",
    plan_version=3,
    event=Event.TOPUP,
    paid_at=PAID_AT,
    level=2,
    places=(Place("dst_1"), Place("dst_2", None, Reason.SUSPENDED), Place("dst_3", "city")),
    lines=(Priced(replace(A_LINE, volume_ml=40_000), (A_TERM, None)),),
    cap_order=CapOrder.PRO_RATA,
)


@pytest.mark.parametrize(
    "explanation",
    [
        SPARSE,
        replace(SPARSE, line_cap_bps=200),
        replace(SPARSE, margin_share_bps=5_000),
        replace(SPARSE, line_cap_bps=200, margin_share_bps=5_000),
        replace(SPARSE, lines=(Priced(replace(A_LINE, category="FUEL")), Priced(A_LINE, (A_TERM,)))),
        replace(SPARSE, lines=(Priced(replace(A_LINE, region="530102"), (None,), ("oct", "nov")),)),
        replace(SPARSE, lines=(Priced(A_LINE, (replace(A_TERM, lower_bps=60),)),)),
        replace(SPARSE, lines=(Priced(A_LINE, (replace(A_TERM, line_fen_max=900),)),)),
        replace(SPARSE, lines=(Priced(A_LINE, (replace(A_TERM, campaign_id="oct", extra_fen=0),)),)),
    ],
)
def test_whatever_is_left_empty_an_explanation_comes_back_as_it_was(explanation: Explanation) -> None:
    assert expanded(compact(explanation)) == explanation


def test_a_compact_explanation_holds_plain_values_and_no_empty_ends() -> None:
    assert compact(SPARSE) == [
        "pln_1", 3, "TOPUP", to_ms(PAID_AT), 2,
        [["dst_1"], ["dst_2", None, "SUSPENDED"], ["dst_3", "city"]],
        [[["sku_card", 2, 98_500, 100_000, 1_500, 40_000], [["rule_1", "PERCENT", 80, "LIST"], None]]],
        "PRO_RATA",
    ]  # fmt: skip
    assert {type(value) for value in flat(compact(SPARSE))} == {str, int, NoneType}


def flat(values: Sequence[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def test_what_was_refused_to_a_campaign_is_kept() -> None:
    rules = (percent(1, 80), percent(1, 120, scope=Scope(campaign_id="oct")))
    plan = plan_of(*rules, campaigns=(Campaign("oct", 1),))
    (share, _) = calculate(order_of(98_500), plan, PAID_AT)
    assert share.explanation.lines[0].budget_refused == ("oct",)
    assert expanded(compact(share.explanation)) == share.explanation


def an_order(**fields: object) -> Order:
    links = (ChainLink("dst_7K3M9PQRS2TV", "province", True), ChainLink("dst_8K3M9PQRS2TW", "city", True))
    order = Order(
        order_id=f"ord_7K3M9PQRS2TV{ULID}", customer_id="cus_7K3M9PQRS2TV", use="TOPUP",
        state=OrderState.COMPLETED, sku_id="sku_sinopec_yunnan_500", issuer="sinopec", mode="AGENT",
        category="fuel_card", region="530102", quantity=100, face_fen=50_000_000, payable_fen=49_250_000,
        cost_fen=48_500_000, price_version=12, payer="channel:sandbox", card_ids=(), created_at=PAID_AT,
        request_hash="", chain=links, plan_id="p2026-11-autumn", paid_at=PAID_AT,
    )  # fmt: skip
    return replace(order, **fields)  # type: ignore[arg-type]


def test_the_largest_entry_of_everyday_life_fits_into_one_kilobyte() -> None:
    rules = differential(staff=60, city=100, province=150)
    tiers = ("staff", "city", "province")
    plan = replace(
        plan_of(*rules, tiers=tiers, margin_share_bps=5_000, line_cap_bps=200), plan_id="p2026-11-autumn"
    )
    order = an_order()
    chain = order.chain
    facts = replace(order_of(49_250_000, 750_000, 100, chain, "530102"))
    for share in calculate(facts, plan, PAID_AT):
        if share.amount_fen == 0:
            continue
        record = entry_record(order, share, plan)
        body = canonical(record.body()).decode()
        attributes = {"pk": record.partition, "sk": record.entry_id, "body": body, "digest": record.digest}
        assert sum(len(name.encode()) + len(text.encode()) for name, text in attributes.items()) < 1_024
        assert order_id_of(record.entry_id) == order.order_id
        history = history_of([record], record.entry_id)
        assert history is not None
        assert (history.amount_fen, history.pot) == (share.amount_fen, str(record.about["release"]))


def test_the_same_order_gives_the_same_record_at_any_time() -> None:
    order, plan = an_order(), plan_of(percent(1, 80))
    (share, _) = calculate(order_of(100, chain=order.chain), plan, datetime(2026, 9, 1, tzinfo=UTC))
    share = replace(share, amount_fen=5)
    assert entry_record(order, share, plan) == entry_record(order, share, plan)
