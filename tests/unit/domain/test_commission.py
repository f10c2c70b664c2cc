"""Commission: which rule pays which member of the chain, in the worked numbers?"""

from dataclasses import replace
from datetime import datetime

import pytest

from chalicelib.domain.commission import OrderFacts, Share, budget_demands, calculate, facts_of
from chalicelib.domain.distributor import Distributor, DistributorState, chain_of, reparented
from chalicelib.domain.explanation import Line, Reason
from chalicelib.domain.order import ChainLink, Order, OrderState
from chalicelib.domain.plan import Base, Campaign, CapOrder, Event, Plan, Rule, RuleKind, Scope
from tests.unit.domain.samples import (
    KUNMING,
    PAID_AT,
    PLAIN,
    SHANGHAI,
    SICHUAN,
    TWO_ACTIVE,
    chain_of_tiers,
    differential,
    order_of,
    per_order,
    per_unit,
    percent,
    plan_of,
    yunnan_plan,
)


def amounts(shares: tuple[Share, ...]) -> list[int]:
    return [share.amount_fen for share in shares]


def earned(order: OrderFacts, plan: Plan = PLAIN) -> list[int]:
    return amounts(calculate(order, plan, PAID_AT))


@pytest.mark.capability("S-040")
def test_v1_two_levels_earn_their_rates() -> None:
    assert earned(order_of(100_000)) == [800, 300]


@pytest.mark.capability("S-040")
@pytest.mark.parametrize(
    "paid_fen, expected",
    [(33_333, [266, 99]), (12_345, [98, 37]), (124, [0, 0]), (125, [1, 0]), (1, [0, 0]), (0, [0, 0])],
)
def test_v2_shares_are_rounded_down_and_a_zero_says_why(paid_fen: int, expected: list[int]) -> None:
    shares = calculate(order_of(paid_fen), PLAIN, PAID_AT)
    assert amounts(shares) == expected
    assert all((share.reason is Reason.BELOW_ONE_FEN) == (share.amount_fen == 0) for share in shares)


@pytest.mark.capability("S-040")
def test_v3_a_fixed_amount_per_unit_is_paid_for_each_unit() -> None:
    assert earned(order_of(90_000, quantity=3), plan_of(per_unit(1, 500), per_unit(2, 200))) == [1_500, 600]


@pytest.mark.capability("S-040")
def test_a_fixed_amount_per_order_is_paid_once_on_the_first_line() -> None:
    lines = (Line("sku_a", 2, 5_000, 5_000, 0), Line("sku_b", 1, 7_000, 7_000, 0))
    order = OrderFacts(Event.TOPUP, lines, TWO_ACTIVE)
    assert earned(order, plan_of(per_order(1, 500), per_order(2, 100))) == [500, 100]


@pytest.mark.parametrize("paid_fen, taken_fen", [((0,), 0), ((0, 0), 0), ((1,), 500), ((0, 1, 1), 500)])
def test_a_fixed_amount_per_order_is_taken_from_a_purse_once_and_wants_a_payment(
    paid_fen: tuple[int, ...], taken_fen: int
) -> None:
    lines = tuple(Line("sku", 1, fen, fen, 0) for fen in paid_fen)
    rule = replace(per_order(1, 500), scope=Scope(campaign_id="cam"))
    plan = plan_of(rule, campaigns=(Campaign("cam", 500),))
    shares = calculate(OrderFacts(Event.TOPUP, lines, TWO_ACTIVE), plan, PAID_AT)
    assert amounts(shares) == [taken_fen, 0]
    assert budget_demands(shares) == {"cam": taken_fen}


def test_a_line_too_small_to_earn_takes_nothing_from_a_purse() -> None:
    october = datetime(2026, 10, 2, tzinfo=SHANGHAI)
    small, large = (Line("sku", 1, fen, fen, 0, region=KUNMING) for fen in (1, 1_000))
    for lines, taken_fen in (((small,), 0), ((small, large), 4), ((small, small, large), 4)):
        shares = calculate(OrderFacts(Event.TOPUP, lines, TWO_ACTIVE), yunnan_plan(budget_fen=4), october)
        assert budget_demands(shares) == {"cam_yunnan": taken_fen}


@pytest.mark.capability("S-040")
def test_litres_pay_by_volume() -> None:
    order = order_of(35_506)
    order = replace(order, lines=(replace(order.lines[0], volume_ml=45_230),))
    rule = Rule("litres", RuleKind.LITRES, 5, level=1, base=Base.VOLUME)
    assert earned(order, plan_of(rule)) == [226, 0]


@pytest.mark.capability("S-040")
@pytest.mark.parametrize(
    "margin_share_bps, cap_order, expected",
    [
        (None, CapOrder.NEAREST_FIRST, [1_455, 776]),
        (5_000, CapOrder.NEAREST_FIRST, [1_000, 0]),
        (10_000, CapOrder.NEAREST_FIRST, [1_455, 545]),
        (5_000, CapOrder.PRO_RATA, [652, 348]),
        (10_000, CapOrder.PRO_RATA, [1_304, 696]),
    ],
)
def test_v4_a_share_of_the_margin_caps_all_levels_together(
    margin_share_bps: int | None, cap_order: CapOrder, expected: list[int]
) -> None:
    plan = plan_of(percent(1, 150), percent(2, 80), margin_share_bps=margin_share_bps, cap_order=cap_order)
    shares = calculate(order_of(97_000, margin_fen=2_000), plan, PAID_AT)
    assert amounts(shares) == expected
    assert [share.reason for share in shares if not share.amount_fen] == [
        Reason.CAP_USED_UP for fen in expected if not fen
    ]


def test_the_smaller_of_two_caps_holds_and_a_loss_caps_at_nothing() -> None:
    plan = plan_of(percent(1, 150), line_cap_bps=50, margin_share_bps=5_000)
    assert earned(order_of(97_000, margin_fen=2_000), plan) == [485, 0]
    whole_margin = plan_of(percent(1, 150), margin_share_bps=10_000)
    assert earned(order_of(97_000, margin_fen=-2_000), whole_margin) == [0, 0]


@pytest.mark.capability("S-040")
@pytest.mark.parametrize(
    "moment, region, expected",
    [
        ("2026-10-07T23:59:59+08:00", KUNMING, [1_182, 295]),
        ("2026-10-08T00:00:00+08:00", KUNMING, [788, 295]),
        ("2026-09-30T23:59:59+08:00", KUNMING, [788, 295]),
        ("2026-10-01T00:00:00+08:00", KUNMING, [1_182, 295]),
        ("2026-10-07T23:59:59+08:00", SICHUAN, [788, 295]),
        ("2026-10-07T23:59:59+08:00", None, [788, 295]),
    ],
)
def test_v5_a_campaign_pays_in_its_province_and_its_days(
    moment: str, region: str | None, expected: list[int]
) -> None:
    shares = calculate(order_of(98_500, region=region), yunnan_plan(), datetime.fromisoformat(moment))
    assert amounts(shares) == expected


@pytest.mark.capability("S-040")
@pytest.mark.parametrize(
    "left_fen, expected, demanded",
    [(300, [788, 295], {}), (393, [788, 295], {}), (394, [1_182, 295], {"cam_yunnan": 394})],
)
def test_v6_a_purse_that_cannot_pay_the_extra_falls_back_whole(
    left_fen: int, expected: list[int], demanded: dict[str, int]
) -> None:
    in_window = datetime(2026, 10, 2, tzinfo=SHANGHAI)
    order = order_of(98_500, region=KUNMING)
    for plan, budgets in ((yunnan_plan(left_fen), None), (yunnan_plan(10_000), {"cam_yunnan": left_fen})):
        shares = calculate(order, plan, in_window, budgets)
        assert amounts(shares) == expected
        assert budget_demands(shares) == demanded
        assert shares[0].explanation.lines[0].budget_refused == (() if demanded else ("cam_yunnan",))


def test_a_campaign_can_be_refused_by_the_writer_whatever_its_purse() -> None:
    in_window = datetime(2026, 10, 2, tzinfo=SHANGHAI)
    shares = calculate(order_of(98_500, region=KUNMING), yunnan_plan(None), in_window, {"cam_yunnan": 0})
    assert amounts(shares) == [788, 295]


def test_a_purse_pays_only_what_its_rule_adds_to_the_ordinary_one() -> None:
    of_the_campaign = Scope(campaign_id="cam")
    fixed = (per_order(1, 300), replace(per_order(1, 500), rule_id="more", scope=of_the_campaign))
    shares = calculate(order_of(100_000), plan_of(*fixed, campaigns=(Campaign("cam", 200),)), PAID_AT)
    assert (amounts(shares), budget_demands(shares)) == ([500, 0], {"cam": 200})
    # Above the 60 bps of the staff, 150 instead of 100: the city earns 90, of which 40 are ordinary.
    (city,) = differential(city=150)
    more = replace(city, rule_id="more", scope=replace(of_the_campaign, tier="city"))
    plan = plan_of(*differential(staff=60, city=100), more, campaigns=(Campaign("cam", 500),))
    shares = calculate(order_of(100_000, chain=chain_of_tiers("staff", "city")), plan, PAID_AT)
    assert (amounts(shares), budget_demands(shares)) == ([600, 900], {"cam": 500})
    assert [place.tier for place in shares[0].explanation.places] == ["staff", "city"]


def test_the_rate_of_a_suspended_member_does_not_hang_on_a_purse_that_he_takes_nothing_from() -> None:
    """Of 150 bps his superior earns what is above the 120 of the campaign, however full its purse is."""
    of_the_campaign = percent(1, 120, scope=Scope(campaign_id="cam"))
    rules = (percent(1, 80), of_the_campaign, *differential(city=150))
    plan = plan_of(*rules, tiers=("city",), campaigns=(Campaign("cam", 10_000),))
    suspended, superior = ChainLink("dst_1", "", False), ChainLink("dst_2", "city", True)
    for left_fen in (10_000, 0):
        shares = calculate(order_of(100_000, chain=(suspended, superior)), plan, PAID_AT, {"cam": left_fen})
        assert amounts(shares) == [0, 300]


def test_one_purse_serves_all_lines_in_their_order_until_it_is_too_small() -> None:
    line = order_of(98_500, region=KUNMING).lines[0]
    order = OrderFacts(Event.TOPUP, (line, line, line), TWO_ACTIVE)
    shares = calculate(order, yunnan_plan(800), datetime(2026, 10, 2, tzinfo=SHANGHAI))
    assert shares[0].amount_fen == 1_182 + 1_182 + 788
    assert budget_demands(shares) == {"cam_yunnan": 788}


@pytest.mark.capability("S-040")
@pytest.mark.parametrize(
    "tiers, paid_fen, expected",
    [
        (("staff", "city", "province"), 1_000_000, [6_000, 4_000]),
        (("staff", "city", "province"), 33_333, [199, 134]),
        (("staff", "province"), 1_000_000, [6_000, 9_000]),
        (("staff", "province"), 33_333, [199, 300]),
    ],
)
def test_v9_the_differential_pays_each_tier_what_lies_above_the_one_nearer_the_buyer(
    tiers: tuple[str, ...], paid_fen: int, expected: list[int]
) -> None:
    plan = plan_of(
        *differential(staff=60, city=100, province=150), tiers=("staff", "city", "province"), paid_levels=2
    )
    assert earned(order_of(paid_fen, chain=chain_of_tiers(*tiers)), plan) == expected


def test_a_suspended_members_rate_still_counts_below_the_next_differential() -> None:
    plan = plan_of(*differential(staff=60, city=100), tiers=("staff", "city"))
    staff, city = chain_of_tiers("staff", "city")
    chain = (staff._replace(active=False), city)
    assert earned(order_of(1_000_000, chain=chain), plan) == [0, 4_000]


def test_a_higher_tier_nearer_the_buyer_leaves_nothing_and_never_less() -> None:
    plan = plan_of(*differential(staff=60, city=100), tiers=("staff", "city"))
    assert earned(order_of(1_000_000, chain=chain_of_tiers("city", "staff")), plan) == [10_000, 0]


def test_v15_a_move_in_the_tree_pays_the_frozen_chain_for_old_orders_and_the_new_one_for_new() -> None:
    old, new = (
        Distributor(key, "dst_root", DistributorState.ACTIVE, "dst_root", ("dst_root",))
        for key in ("dst_old", "dst_new")
    )
    seller = Distributor("dst_seller", "dst_root", DistributorState.ACTIVE, "dst_old", ("dst_old",))
    before = order_of(100_000, chain=chain_of(seller, (old,)))
    moved = reparented(seller, new, ("dst_root",))
    after = order_of(100_000, chain=chain_of(moved, (new,)))
    paid = {name: calculate(order, PLAIN, PAID_AT) for name, order in (("old", before), ("new", after))}
    assert moved.parent_id == "dst_new"
    assert [share.distributor_id for share in paid["old"]] == ["dst_seller", "dst_old"]
    assert [share.distributor_id for share in paid["new"]] == ["dst_seller", "dst_new"]
    assert amounts(paid["old"]) == amounts(paid["new"]) == [800, 300]


def test_v16_whoever_buys_from_himself_earns_for_nobody() -> None:
    shares = calculate(order_of(100_000, self_purchase=True), PLAIN, PAID_AT)
    assert [(share.amount_fen, share.reason) for share in shares] == [(0, Reason.SELF_PURCHASE)] * 2


def test_v17_a_suspended_place_is_skipped_and_not_filled_from_above() -> None:
    first, second = TWO_ACTIVE
    shares = calculate(order_of(100_000, chain=(first._replace(active=False), second)), PLAIN, PAID_AT)
    assert [(share.amount_fen, share.reason) for share in shares] == [(0, Reason.SUSPENDED), (300, None)]


def test_v18_a_recruit_who_buys_nothing_earns_nobody_anything() -> None:
    assert calculate(OrderFacts(Event.TOPUP, (), TWO_ACTIVE), PLAIN, PAID_AT)[0].amount_fen == 0
    assert {event.value for event in Event} == {"CARD_SALE", "TOPUP", "CONSUMPTION", "ADDON"}


def test_only_the_paid_levels_of_a_deep_chain_are_paid_even_if_a_plan_says_more() -> None:
    deep = order_of(100_000, chain=chain_of_tiers(*[""] * 9))
    rules = (percent(None, 80),)
    assert earned(deep, plan_of(*rules, paid_levels=1)) == [800]
    assert earned(deep, plan_of(*rules, paid_levels=9)) == [800, 800]


def test_an_event_that_the_plan_does_not_pay_earns_nothing() -> None:
    order = replace(order_of(100_000), event=Event.ADDON)
    assert {share.reason for share in calculate(order, PLAIN, PAID_AT)} == {Reason.EVENT_PAYS_NOTHING}


@pytest.mark.parametrize(
    "events, wallet_pays, event, expected",
    [
        ((Event.TOPUP, Event.CARD_SALE), False, Event.CARD_SALE, [0, 0]),
        ((Event.CARD_SALE,), True, Event.CARD_SALE, [800, 300]),
        ((Event.CARD_SALE,), False, Event.CARD_SALE, [0, 0]),
    ],
)
def test_money_from_a_balance_earns_only_where_topping_up_earned_nothing(
    events: tuple[Event, ...], wallet_pays: bool, event: Event, expected: list[int]
) -> None:
    plan = replace(PLAIN, events=events, wallet_purchase_pays=wallet_pays)
    order = replace(order_of(100_000, paid_from_balance=True), event=event)
    assert earned(order, plan) == expected


def test_consumption_always_spends_a_balance() -> None:
    plan = replace(PLAIN, events=(Event.TOPUP, Event.CONSUMPTION))
    assert earned(replace(order_of(100_000), event=Event.CONSUMPTION), plan) == [0, 0]


def test_nobody_sold_it_nobody_earns() -> None:
    assert calculate(order_of(100_000, chain=()), PLAIN, PAID_AT) == ()


@pytest.mark.parametrize(
    "scope, higher",
    [
        (Scope(tier="city"), False),
        (Scope(region="53"), True),
        (Scope(region="5301"), True),
        (Scope(category="FUEL"), True),
        (Scope(sku_id="sku_card"), True),
        (Scope(distributor_id="dst_1"), True),
    ],
)
def test_the_narrowest_rule_wins(scope: Scope, higher: bool) -> None:
    line = replace(order_of(100_000, region=KUNMING).lines[0], category="FUEL")
    order = OrderFacts(Event.TOPUP, (line,), chain_of_tiers("city"))
    wide = Rule("a_wide", RuleKind.PERCENT, 10, scope=Scope(tier="city"))
    narrow = Rule("b_narrow", RuleKind.PERCENT, 20, scope=scope)
    assert earned(order, plan_of(wide, narrow, tiers=("city",))) == [200 if higher else 100]


def test_among_equal_scopes_priority_decides_and_then_the_lower_id() -> None:
    low, high = Rule("a", RuleKind.PERCENT, 10), Rule("b", RuleKind.PERCENT, 20, priority=1)
    assert earned(order_of(100_000), plan_of(low, high)) == [200, 200]
    assert earned(order_of(100_000), plan_of(low, replace(high, priority=0))) == [100, 100]


def test_a_rule_may_cap_its_own_line() -> None:
    assert earned(order_of(100_000), plan_of(replace(percent(1, 80), line_fen_max=700))) == [700, 0]


def test_a_place_without_a_rule_says_so() -> None:
    shares = calculate(order_of(100_000), plan_of(percent(1, 80)), PAID_AT)
    assert [share.reason for share in shares] == [None, Reason.NO_RULE]


def test_the_facts_of_an_order_are_read_from_what_was_frozen_in_it() -> None:
    order = Order(
        order_id="ord_1",
        customer_id="cus_1",
        use="CARD_SALE",
        state=OrderState.PAID,
        sku_id="sku_card",
        issuer="sinopec",
        mode="AGENT",
        category="",
        region=KUNMING,
        quantity=2,
        face_fen=200_000,
        payable_fen=197_000,
        cost_fen=194_000,
        price_version=1,
        payer="card:crd_1",
        card_ids=(),
        created_at=PAID_AT,
        request_hash="",
        chain=(ChainLink("dst_1", "", True),),
    )
    assert not facts_of(order).self_purchase
    fuel = facts_of(replace(order, category="FUEL", region="", self_purchase=True))
    assert fuel.lines == (Line("sku_card", 2, 197_000, 200_000, 3_000, category="FUEL"),)
    assert fuel.self_purchase
    facts = facts_of(order)
    assert facts.lines == (Line("sku_card", 2, 197_000, 200_000, 3_000, region=KUNMING),)
    assert facts.event is Event.CARD_SALE
    assert facts.paid_from_balance
    assert not facts_of(replace(order, payer="channel:sandbox")).paid_from_balance
