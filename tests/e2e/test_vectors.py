"""The worked numbers through the whole system: sale, payment, stream, commission, refund.

Here: V1 to V10, V12 to V17, V23, V27. Beside them on the engine: V11, V28, V29 in
test_distribution_withdrawal.py; V18, V19 in test_distribution_tree.py and _plans.py; V20 to
V22 and V31 in test_orders.py and test_races.py; V30 in test_vectors_proof.py; V33 in
test_vectors_names.py. The pure ones are domain tests as well.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.account import InsufficientAvailable
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.distributor import DistributorState
from chalicelib.domain.explanation import Reason
from chalicelib.domain.order import Order
from chalicelib.domain.plan import TierNotMonotonic
from chalicelib.domain.refund import Cause
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.withdrawal import WithdrawalState
from chalicelib.domain.withdrawal_record import Filed
from chalicelib.usecases.decide_withdrawal import Verdict
from local.people import at_their_word
from local.testing import World
from tests.e2e.invariants import Tables, broken, broken_views
from tests.e2e.shop import VIRTUAL
from tests.e2e.vector_world import LEVELS_80_30, VectorWorld, at_home

KUNMING, CHENGDU = "530102", "510104"


@pytest.fixture
def vectors(world: World) -> VectorWorld:
    return VectorWorld(world)


@pytest.fixture(autouse=True)
def every_invariant_holds(world: World, vectors: VectorWorld) -> object:
    """Whatever a vector does: the books are exact afterwards."""
    yield
    world.drain(only={"project_cards", "project_accounts", "project_journal"})
    tables = Tables.read(world.items)
    assert broken(tables) + broken_views(tables) == []


def rule(rule_id: str, kind: str, value: int, **more: object) -> dict[str, object]:
    return {"rule_id": rule_id, "kind": kind, "value": value} | more


def percent(level: int, value: int, **more: object) -> dict[str, object]:
    return rule(f"r{level}", "PERCENT", value, level=level) | more


# ---------------------------------------------------------------- what an order earns


@pytest.mark.capability("S-039")
def test_v1_a_sale_of_100_000_earns_800_and_300_frozen(vectors: VectorWorld) -> None:
    vectors.plan()
    chain = vectors.chain()
    order = vectors.sold(vectors.card(100_000), chain)
    vectors.follow()
    assert vectors.entries(order) == [800, 300]
    assert [vectors.tree.balances(one) for one in chain] == [(0, 800, 0, 0), (0, 300, 0, 0)]
    assert vectors.tree.fold()["E:COMMISSION"] == 1_100


@pytest.mark.parametrize(
    "base_fen, earned", [(33_333, [266, 99]), (12_345, [98, 37]), (124, [0, 0]), (125, [1, 0]), (1, [0, 0])]
)
def test_v2_shares_are_floored_and_zero_is_not_written(
    vectors: VectorWorld, base_fen: int, earned: list[int]
) -> None:
    vectors.plan()
    order = vectors.sold(vectors.card(base_fen), vectors.chain())
    vectors.follow()
    assert vectors.entries(order) == earned
    written = [r for r in vectors.tree.records() if r.action == "COMMISSION"]
    assert len(written) == sum(fen > 0 for fen in earned)


def test_v3_three_units_earn_three_times_and_a_returned_one_takes_its_own_back(vectors: VectorWorld) -> None:
    per_unit = [rule(f"r{level}", "FIXED_PER_UNIT", fen, level=level) for level, fen in ((1, 500), (2, 200))]
    vectors.plan(*per_unit)
    order = vectors.sold(vectors.card(30_000), vectors.chain(), quantity=3)
    vectors.follow()
    assert vectors.entries(order) == [1_500, 600]
    vectors.refunded(order, card_ids=order.card_ids[:1])
    assert [vectors.reversals(order, level) for level in (1, 2)] == [[500], [200]]
    assert [vectors.tree.balances(link.distributor_id)[1] for link in order.chain] == [1_000, 400]


@pytest.mark.parametrize(
    "share_bps, cap_order, earned",
    [
        (None, "NEAREST_FIRST", [1_455, 776]),
        (5_000, "NEAREST_FIRST", [1_000, 0]),
        (10_000, "NEAREST_FIRST", [1_455, 545]),
        (5_000, "PRO_RATA", [652, 348]),
        (10_000, "PRO_RATA", [1_304, 696]),
    ],
)
def test_v4_a_share_of_the_margin_caps_all_levels_together(
    vectors: VectorWorld, share_bps: int | None, cap_order: str, earned: list[int]
) -> None:
    vectors.plan(percent(1, 150), percent(2, 80), margin_share_bps=share_bps, cap_order=cap_order)
    order = vectors.sold(vectors.card(97_000, cost_fen=95_000), vectors.chain())
    vectors.follow()
    assert vectors.entries(order) == earned
    if earned == [1_000, 0]:
        vectors.refunded(order, amount_fen=48_500)
        assert vectors.reversals(order) == [500]


CAMPAIGN = percent(
    1,
    120,
    rule_id="yunnan",
    scope={"campaign_id": "oct", "region": "53"},
    starts_at="2026-10-01T00:00:00+08:00",
    ends_at="2026-10-08T00:00:00+08:00",
)


@pytest.mark.parametrize(
    "paid_at, region, earned",
    [
        ("2026-10-07T23:59:59+08:00", KUNMING, [1_182, 295]),
        ("2026-10-08T00:00:00+08:00", KUNMING, [788, 295]),
        ("2026-10-07T23:59:59+08:00", CHENGDU, [788, 295]),
    ],
)
def test_v5_a_campaign_pays_in_its_province_until_its_last_second(
    vectors: VectorWorld, paid_at: str, region: str, earned: list[int]
) -> None:
    vectors.plan(*LEVELS_80_30, CAMPAIGN, campaigns=[{"campaign_id": "oct"}])
    at = datetime.fromisoformat(paid_at)
    order = vectors.sold(vectors.card(98_500), vectors.chain(), at, region=region)
    vectors.follow()
    assert vectors.entries(order) == earned


@pytest.mark.parametrize("budget_fen, earned, left_fen", [(300, [788, 295], 300), (394, [1_182, 295], 0)])
def test_v6_a_purse_pays_the_whole_extra_or_nothing(
    vectors: VectorWorld, budget_fen: int, earned: list[int], left_fen: int
) -> None:
    vectors.plan(*LEVELS_80_30, CAMPAIGN, campaigns=[{"campaign_id": "oct", "budget_fen": budget_fen}])
    at = datetime.fromisoformat("2026-10-03T12:00:00+08:00")
    order = vectors.sold(vectors.card(98_500), vectors.chain(), at, region=KUNMING)
    vectors.follow()
    assert vectors.entries(order) == earned
    purse = bootstrap.documents().get("work", "campaign#oct", "purse", consistent=True)
    assert purse is not None and purse["left_fen"] == left_fen


def test_v7_the_reversals_of_parts_sum_to_the_entry(vectors: VectorWorld) -> None:
    vectors.plan()
    order = vectors.sold(vectors.card(123_456), vectors.chain())
    vectors.follow()
    assert vectors.entries(order)[0] == 987
    for refund_fen in (30_000, 50_000, 43_456):
        vectors.shop.later(minutes=1)
        vectors.refunded(order, amount_fen=refund_fen)
    assert vectors.reversals(order) == [240, 400, 347]
    assert vectors.tree.balances(order.chain[0].distributor_id) == (0, 0, 0, 0)


TIERS = ["staff", "city", "province"]


def differential(**rates_bps: int) -> list[dict[str, object]]:
    return [rule(tier, "DIFFERENTIAL", rate, scope={"tier": tier}) for tier, rate in rates_bps.items()]


def test_v7_a_differential_reversal_is_never_negative(vectors: VectorWorld) -> None:
    vectors.plan(*differential(staff=60, city=100), tiers=TIERS[:2])
    order = vectors.sold(vectors.card(167), vectors.chain("staff", "city"))
    vectors.follow()
    assert vectors.entries(order) == [1, 0]
    vectors.refunded(order, amount_fen=1)
    assert vectors.reversals(order, 2) == []
    assert min(vectors.reversals(order, 1), default=0) >= 0


AT_ONCE = dict.fromkeys(("card_sale", "topup", "consumption", "addon"), 0)


def test_v8_what_was_paid_out_comes_from_other_money_then_is_owed_and_the_next_release_pays_it(
    vectors: VectorWorld,
) -> None:
    vectors.plan(percent(1, 800), hold_days=AT_ONCE)
    tree, seller = vectors.tree, vectors.tree.root()
    tree.payee(seller)

    def released(price_fen: int) -> Order:
        order = vectors.sold(vectors.card(price_fen), [seller])
        vectors.follow()
        tree.release()
        return order

    order = released(100_000)
    paid_out(vectors, seller, 8_000)
    released(37_500)
    assert tree.balances(seller) == (3_000, 0, 0, 0)
    vectors.refunded(order)
    (reversal,) = (one for one in tree.records() if one.action == "COMMISSION_REVERSAL")
    assert set(reversal.lines) == {
        (f"L:COMM_AVAIL:{seller}", 3_000),
        (f"A:CLAWBACK:{seller}", 5_000),
        ("E:COMMISSION", -8_000),
    }
    assert tree.balances(seller) == (0, 0, 0, 5_000)
    released(30_000)
    assert tree.balances(seller) == (0, 0, 0, 2_600)


@pytest.mark.parametrize(
    "tiers, base_fen, earned",
    [
        (("staff", "city", "province"), 1_000_000, [6_000, 4_000]),
        (("staff", "city", "province"), 33_333, [199, 134]),
        (("staff", "province"), 1_000_000, [6_000, 9_000]),
        (("staff", "province"), 33_333, [199, 300]),
    ],
)
def test_v9_each_tier_earns_what_its_rate_is_above_the_nearer_one(
    vectors: VectorWorld, tiers: tuple[str, ...], base_fen: int, earned: list[int]
) -> None:
    vectors.plan(*differential(staff=60, city=100, province=150), tiers=TIERS)
    members = vectors.chain(*tiers)
    order = vectors.sold(vectors.agent_card(base_fen), members)
    vectors.follow()
    assert vectors.entries(order) == earned
    assert all(sum(vectors.tree.balances(third)) == 0 for third in members[2:])


def test_v10_a_higher_tier_that_earns_less_is_never_drafted(vectors: VectorWorld, world: World) -> None:
    with pytest.raises(TierNotMonotonic):
        vectors.plan(*differential(staff=60, city=50), tiers=TIERS[:2])
    assert world.items("catalog") == []


# ---------------------------------------------------------------- tax at the payout


def paid_out(vectors: VectorWorld, distributor_id: str, amount_fen: int) -> Filed:
    """A withdrawal of this much, agreed to by all who must, and paid."""
    tree = vectors.tree
    filed = at_their_word(bootstrap.request_withdrawal())(tree.command(at_home(distributor_id)), amount_fen)
    withdrawal_id = filed.withdrawal.withdrawal_id
    for role in ("finance", "risk", "admin"):
        if filed.state is not WithdrawalState.APPROVED:
            command = tree.office(f"stf_{role[0].upper() * 12}", role)
            filed = bootstrap.decide_withdrawal()(command, withdrawal_id, Verdict.APPROVE)
    filed = tree.pay_withdrawal(tree.office("stf_GGGGGGGGGGGG", "finance"), withdrawal_id)
    assert filed.state is WithdrawalState.PAID
    return filed


@pytest.mark.parametrize(
    "gross_fen, tax_fen",
    [
        (80_000, 0),
        (300_000, 44_000),
        (400_000, 64_000),
        (400_100, 64_016),
        (5_000_000, 1_000_000),
        (8_000_000, 1_860_000),
    ],
)
def test_v12_the_tax_of_one_payment_by_the_table(vectors: VectorWorld, gross_fen: int, tax_fen: int) -> None:
    filed = paid_out(vectors, vectors.earned(gross_fen), gross_fen)
    assert filed.split is not None and filed.split.tax_fen == tax_fen
    assert vectors.tree.fold().get("L:TAX_IIT", 0) == -tax_fen


@pytest.mark.parametrize("said_by", ["contract", "parameter"])
def test_v13_three_consecutive_months_are_taxed_together(vectors: VectorWorld, said_by: str) -> None:
    tree = vectors.tree
    distributor_id = vectors.earned(8_000_000)
    if said_by == "contract":
        tree.agreed_terms(distributor_id, "", TaxMethod.CUMULATIVE)
    else:
        vectors.parameter("withdrawal.tax_method", "CUMULATIVE")
    tree.now = tree.now.replace(year=tree.now.year + 1, month=1, day=5)  # three months of one tax year
    withheld = []
    for gross_fen in (1_000_000, 2_000_000, 5_000_000):
        tree.now = (tree.now.replace(day=1) + timedelta(days=32)).replace(day=5)
        filed = paid_out(vectors, distributor_id, gross_fen)
        assert filed.split is not None
        withheld.append(filed.split.tax_fen)
    assert withheld == [9_000, 33_000, 196_000]


# ---------------------------------------------------------------- replays, moves, places that do not earn


def test_v14_a_webhook_that_comes_three_times_twice_at_once_pays_once(vectors: VectorWorld) -> None:
    vectors.plan()
    order = vectors.ordered(vectors.card(100_000), vectors.chain())
    told = vectors.shop.channel.verify(*vectors.shop.channel.pay(order.order_id))
    with ThreadPoolExecutor(2) as channel:
        answers = list(
            channel.map(lambda now: vectors.shop.settle_payment(told, now), [vectors.shop.now] * 2)
        )
    answers.append(vectors.shop.settle_payment(told, vectors.shop.now))
    assert [answer.state.value for answer in answers] == ["COMPLETED"] * 3
    vectors.follow()
    actions = [record.action for record in vectors.tree.records()]
    assert (actions.count("SALE_ISSUER"), actions.count("COMMISSION")) == (1, 2)


def test_v15_a_move_changes_new_orders_and_no_old_one(vectors: VectorWorld) -> None:
    vectors.plan()
    tree = vectors.tree
    root = tree.root()
    old_parent, new_parent = tree.join(root), tree.join(root)
    seller = tree.join(old_parent)
    item = vectors.card(100_000)
    before = vectors.sold(item, [seller, old_parent])
    bootstrap.move_distributor()(tree.office(reason="asked for"), seller, new_parent)
    after = vectors.sold(item, [seller, old_parent])
    vectors.follow()
    assert [link.distributor_id for link in before.chain] == [seller, old_parent]
    assert [link.distributor_id for link in after.chain] == [seller, new_parent]
    assert [tree.balances(one)[1] for one in (seller, old_parent, new_parent)] == [1_600, 300, 300]


def test_v16_who_buys_as_their_own_distributor_earns_nobody_anything(vectors: VectorWorld) -> None:
    vectors.plan()
    seller, root = vectors.chain()
    order = vectors.sold(vectors.card(100_000), [seller, root], buyer_id=at_home(seller), root=root)
    vectors.follow()
    assert vectors.entries(order) == [0, 0]
    shares = bootstrap.pay_commission()(order, vectors.shop.now)
    assert {share.reason for share in shares} == {Reason.SELF_PURCHASE}


def test_v17_a_suspended_place_is_skipped_and_nobody_moves_up(vectors: VectorWorld) -> None:
    vectors.plan()
    seller, root = vectors.chain()
    bootstrap.suspend_distributor()(
        vectors.tree.office(reason="complaint"), seller, DistributorState.SUSPENDED
    )
    order = vectors.sold(vectors.card(100_000), [seller, root])
    vectors.follow()
    assert vectors.entries(order) == [0, 300]


def test_v23_a_refund_takes_back_the_commission_of_what_was_given_back(vectors: VectorWorld) -> None:
    vectors.plan(percent(1, 80))
    order = vectors.sold(vectors.card(100_000, face_fen=120_000), vectors.chain())
    vectors.follow()
    assert vectors.entries(order) == [800, 0]
    item = vectors.card(VIRTUAL.price_fen)
    for _ in range(6):
        vectors.ordered(item, [], buyer_id=order.customer_id, pay_card_id=order.card_ids[0])
    after = vectors.refunded(order, cause=Cause.CUSTOMER)
    assert (after.refunded_fen, vectors.reversals(order)) == (40_000, [320])


# ---------------------------------------------------------------- money and proof


@pytest.mark.capability("S-050")
def test_the_margin_of_a_sale_is_its_revenue_less_cost_and_commission(vectors: VectorWorld) -> None:
    vectors.plan()
    item = vectors.agent_card(98_500, cost_fen=97_000)
    vectors.sold(item, vectors.chain())
    vectors.follow()
    (margin,) = bootstrap.query_platform().margins(day_text(business_date(vectors.shop.now)))
    assert (margin.sku_id, margin.spread_fen, margin.commission_fen) == (item.sku_id, 1_500, 788 + 295)
    assert margin.margin_fen == 98_500 - 97_000 - 788 - 295


def test_v27_money_in_a_withdrawal_is_not_there_for_a_second_one(vectors: VectorWorld) -> None:
    tree = vectors.tree
    seller = vectors.earned(600_000)
    at_their_word(bootstrap.request_withdrawal())(tree.command(at_home(seller)), 600_000)
    with pytest.raises(InsufficientAvailable):
        at_their_word(bootstrap.request_withdrawal())(tree.command(at_home(seller)), 1_000)
    assert tree.balances(seller) == (0, 0, 600_000, 0)
