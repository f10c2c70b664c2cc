"""Plans: what may be published, and how is a plan written down?"""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain import plan as plans
from chalicelib.domain.document import DocumentMalformed
from chalicelib.domain.money import AMOUNT_FEN_MAX
from chalicelib.domain.plan import (
    Base,
    Campaign,
    EntryTerms,
    Event,
    HoldDays,
    Plan,
    Rule,
    RuleKind,
    Scope,
    check,
    hold_days_of,
    in_window,
    specificity,
)
from tests.unit.domain.samples import PAID_AT, PLAIN, differential, per_unit, percent, plan_of, yunnan_plan


@pytest.mark.capability("S-036")
def test_v19_a_third_paid_level_is_refused_however_it_is_asked_for() -> None:
    for plan in (
        plan_of(percent(1, 80), paid_levels=3),
        plan_of(percent(1, 80), percent(3, 10)),
        plan_of(percent(1, 80), paid_levels=1_000_000),
    ):
        with pytest.raises(plans.PlanLevelCap) as refusal:
            check(plan)
        assert refusal.value.code == "PLAN_LEVEL_CAP"
        asked_for = max([plan.paid_levels, *(rule.level or 0 for rule in plan.rules)])
        assert refusal.value.facts == {"level": asked_for, "level_max": 2}


@pytest.mark.parametrize("event", ["JOIN", "RECRUIT", "TRAINING", "J" * 65])
def test_v19_joining_recruiting_and_training_cannot_earn(event: str) -> None:
    document = plans.to_document(PLAIN)
    document["events"] = ["TOPUP", event]
    with pytest.raises(plans.EventNotAllowed) as refusal:
        plans.from_document(document)
    assert (refusal.value.code, refusal.value.facts) == ("EVENT_NOT_ALLOWED", {"event": event[:64]})
    assert event not in {member.value for member in Event}


@pytest.mark.parametrize(
    "entry",
    [
        EntryTerms(fee_fen=1),
        EntryTerms(purchase_fen_min=10_000),
        EntryTerms(deposit_fen=10_000),
        EntryTerms(role_sku_ids=("sku_starter_kit",)),
        EntryTerms(fee_fen=-1),
    ],
)
def test_v18_any_price_of_joining_is_refused(entry: EntryTerms) -> None:
    with pytest.raises(plans.EntryFeeForbidden) as refusal:
        check(replace(PLAIN, entry=entry))
    assert refusal.value.facts == asdict(entry)


def test_v10_a_higher_tier_must_not_earn_less() -> None:
    tiers = ("staff", "city", "province")
    check(plan_of(*differential(staff=60, city=60, province=150), tiers=tiers))
    with pytest.raises(plans.TierNotMonotonic) as refusal:
        check(plan_of(*differential(staff=60, city=50), tiers=tiers))
    assert refusal.value.facts == {"lower_tier": "staff", "higher_tier": "city"}


def test_tiers_are_compared_within_one_scope_one_time_and_one_level_only() -> None:
    staff, city = differential(staff=60, city=50)
    tiers = ("staff", "city")
    apart = (
        replace(city, scope=Scope(tier="city", region="53")),
        replace(city, starts_at=PAID_AT, ends_at=PAID_AT + timedelta(days=1)),
        replace(city, level=2),
    )
    check(plan_of(staff, apart[0], tiers=tiers))
    check(plan_of(replace(staff, ends_at=PAID_AT), apart[1], tiers=tiers))
    check(plan_of(replace(staff, level=1), apart[2], tiers=tiers))


def test_a_tier_that_earns_less_is_found_among_rules_of_other_scopes() -> None:
    staff, city = differential(staff=60, city=50)
    elsewhere = replace(staff, rule_id="elsewhere", scope=Scope(tier="staff", region="53"))
    with pytest.raises(plans.TierNotMonotonic):
        check(plan_of(elsewhere, staff, city, tiers=("staff", "city")))


def test_only_differential_rules_of_tiers_are_compared() -> None:
    everybody = Rule("everybody", RuleKind.DIFFERENTIAL, 200)
    of_staff = percent(None, 200, scope=Scope(tier="staff"))
    check(plan_of(everybody, of_staff, *differential(city=50), tiers=("staff", "city")))


def test_fixed_and_percent_on_one_scope_are_ambiguous() -> None:
    with pytest.raises(plans.RulesAmbiguous) as refusal:
        check(plan_of(percent(1, 80), per_unit(1, 500)))
    assert refusal.value.facts == {"rule_ids": ("percent_1_80", "unit_1")}
    for begins_later in (per_unit(1, 500), percent(1, 80)):
        other = percent(1, 80) if begins_later.kind is RuleKind.FIXED_PER_UNIT else per_unit(1, 500)
        with pytest.raises(plans.RulesAmbiguous):  # once begun, it meets the one without an end
            check(plan_of(other, replace(begins_later, starts_at=PAID_AT)))
    with pytest.raises(plans.RulesAmbiguous):
        check(plan_of(percent(None, 80), per_unit(2, 500)))
    check(plan_of(percent(1, 80), per_unit(2, 500)))
    check(plan_of(percent(1, 80), replace(per_unit(1, 500), scope=Scope(sku_id="sku_card"))))
    before, after = replace(percent(1, 80), ends_at=PAID_AT), replace(per_unit(1, 500), starts_at=PAID_AT)
    for one_after_the_other in ((before, after), (after, before)):
        check(plan_of(*one_after_the_other))


MOST_FEN = AMOUNT_FEN_MAX


@pytest.mark.parametrize(
    "plan, name, value, value_max",
    [
        (plan_of(percent(1, -1)), "percent_1_-1", -1, 10_000),
        (plan_of(percent(1, 10_001)), "percent_1_10001", 10_001, 10_000),
        (plan_of(per_unit(1, -1)), "unit_1", -1, MOST_FEN),
        (plan_of(per_unit(1, MOST_FEN + 1)), "unit_1", MOST_FEN + 1, MOST_FEN),
        (plan_of(replace(percent(1, 80), line_fen_max=-1)), "percent_1_80", -1, MOST_FEN),
        (plan_of(line_cap_bps=10_001), "line_cap_bps", 10_001, 10_000),
        (plan_of(margin_share_bps=-1), "margin_share_bps", -1, 10_000),
        (plan_of(campaigns=(Campaign("cam_a", -1),)), "cam_a", -1, MOST_FEN),
        (plan_of(hold_days=HoldDays(topup=-1)), "hold_days", -1, 365),
        (plan_of(hold_days=HoldDays(addon=366)), "hold_days", 366, 365),
    ],
)
def test_rates_and_amounts_out_of_range_are_refused(
    plan: Plan, name: str, value: int, value_max: int
) -> None:
    with pytest.raises(plans.RateOutOfRange) as refusal:
        check(plan)
    assert refusal.value.facts == {"name": name, "value": value, "value_max": value_max}


def test_the_ends_of_the_range_are_allowed() -> None:
    check(plan_of(percent(1, 0), percent(2, 10_000), line_cap_bps=0, margin_share_bps=10_000))
    most = replace(per_unit(1, MOST_FEN), line_fen_max=MOST_FEN)
    check(plan_of(most, campaigns=(Campaign("cam_a", MOST_FEN),), hold_days=HoldDays(addon=365)))
    check(plan_of(percent(1, 80), percent(2, 30), paid_levels=1))
    check(replace(PLAIN, version=1))


def test_money_earns_once_either_at_the_top_up_or_at_the_purchase_from_the_balance() -> None:
    check(plan_of(events=(Event.CARD_SALE,), wallet_purchase_pays=True))
    with pytest.raises(plans.EarnsTwice) as refusal:
        check(plan_of(events=(Event.CARD_SALE, Event.TOPUP), wallet_purchase_pays=True))
    assert refusal.value.facts == {"plan_id": "pln_test"}


@pytest.mark.parametrize(
    "rule, about",
    [
        (replace(percent(1, 80), base=Base.VOLUME), "base"),
        (Rule("litres", RuleKind.LITRES, 5), "base"),
        (replace(per_unit(1, 5), base=Base.MARGIN), "base"),
        (replace(percent(1, 80), starts_at=PAID_AT, ends_at=PAID_AT), "window"),
        (replace(percent(1, 80), scope=Scope(region="530000")), "region"),
        (replace(percent(1, 80), scope=Scope(region="533")), "region"),
        (replace(percent(1, 80), scope=Scope(region="")), "region"),
        (replace(percent(1, 80), scope=Scope(tier="mayor")), "tier"),
        (replace(percent(1, 80), scope=Scope(campaign_id="cam_unknown")), "campaign"),
    ],
)
def test_a_rule_that_says_nothing_sensible_is_refused(rule: Rule, about: str) -> None:
    with pytest.raises(plans.RuleInvalid) as refusal:
        check(plan_of(rule))
    assert refusal.value.facts["rule_id"] == rule.rule_id
    assert about in str(refusal.value.facts["reason"]).split()


@pytest.mark.parametrize(
    "plan, about",
    [
        (plan_of(percent(1, 80), percent(1, 80)), "rule"),
        (plan_of(campaigns=(Campaign("cam_a"), Campaign("cam_a"))), "campaign"),
        (plan_of(tiers=("staff", "staff")), "tier"),
        (plan_of(events=(Event.TOPUP, Event.TOPUP)), "event"),
        (plan_of(percent(0, 80)), "levels"),
        (plan_of(paid_levels=0), "levels"),
        (replace(PLAIN, version=0), "versions"),
        (plan_of(tiers=("two words",)), "ids"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(plan: Plan, about: str) -> None:
    with pytest.raises(plans.PlanInvalid) as refusal:
        check(plan)
    assert about in str(refusal.value.facts["reason"]).split()


@pytest.mark.parametrize("name", ["", "n" * 25, "two words", "a/b", "省"])
def test_names_that_would_not_fit_beside_each_entry_are_refused(name: str) -> None:
    for plan in (
        replace(PLAIN, plan_id=name),
        plan_of(replace(percent(1, 80), rule_id=name)),
        plan_of(campaigns=(Campaign(name),)),
        plan_of(tiers=(name,)),
    ):
        with pytest.raises(plans.PlanInvalid):
            check(plan)


def test_the_narrower_scope_always_weighs_more_than_all_wider_ones_together() -> None:
    widest_to_narrowest = [
        Scope(),
        Scope(tier="city"),
        Scope(region="53"),
        Scope(region="5301"),
        Scope(region="530102"),
        Scope(category="FUEL"),
        Scope(sku_id="sku_card"),
        Scope(distributor_id="dst_1"),
        Scope(campaign_id="cam_a"),
    ]
    weights = [specificity(scope) for scope in widest_to_narrowest]
    assert weights == [0, 1, 2, 4, 6, 8, 16, 32, 64]
    everything_but_category = Scope(region="530102", tier="city")
    assert specificity(everything_but_category) < specificity(Scope(category="FUEL"))


def test_a_window_holds_from_its_start_up_to_but_not_at_its_end() -> None:
    rule = replace(percent(1, 80), starts_at=PAID_AT, ends_at=PAID_AT + timedelta(seconds=1))
    assert not in_window(rule, PAID_AT - timedelta(microseconds=1))
    assert in_window(rule, PAID_AT)
    assert not in_window(rule, PAID_AT + timedelta(seconds=1))


def test_every_event_has_its_own_hold() -> None:
    plan = plan_of(hold_days=HoldDays(card_sale=1, topup=2, consumption=3, addon=4))
    assert [hold_days_of(plan, event) for event in Event] == [1, 2, 3, 4]
    assert hold_days_of(PLAIN, Event.TOPUP) == 7
    assert hold_days_of(PLAIN, Event.CARD_SALE) == 15


@pytest.mark.parametrize(
    "plan", [PLAIN, yunnan_plan(300), plan_of(*differential(staff=60, city=100), tiers=("staff", "city"))]
)
def test_a_plan_survives_being_written_as_json(plan: Plan) -> None:
    assert plans.from_document(json.loads(json.dumps(plans.to_document(plan)))) == plan


def test_a_stored_plan_does_not_lean_on_defaults_of_the_code() -> None:
    document = plans.to_document(plan_of())
    assert document["paid_levels"] == 2
    assert document["hold_days"] == {"card_sale": 15, "topup": 7, "consumption": 7, "addon": 7}
    assert document["wallet_purchase_pays"] is False
    assert document["entry"] == {"fee_fen": 0, "purchase_fen_min": 0, "deposit_fen": 0}


@pytest.mark.parametrize(
    "change, path",
    [
        ({"paid_level": 2}, "paid_level"),
        ({"version": "3"}, "version"),
        ({"version": True}, "version"),
        ({"version": 3.0}, "version"),
        ({"version": 10**16}, "version"),
        ({"effective_at": "2026-01-01T00:00:00"}, "effective_at"),
        ({"effective_at": "tomorrow"}, "effective_at"),
        ({"effective_at": "0001-01-01T00:00:00+08:00"}, "effective_at"),
        ({"rules": {}}, "rules"),
        ({"rules": [{"rule_id": "a", "kind": "PERCENT", "value": "80"}]}, "rules.0.value"),
        ({"rules": [{"rule_id": "a", "kind": "GIFT", "value": 80}]}, "rules.0.kind"),
        ({"rules": [{"kind": "PERCENT", "value": 80}]}, "rules.0.rule_id"),
        ({"rules": [{"rule_id": "", "kind": "PERCENT", "value": 80}]}, "rules.0.rule_id"),
        ({"rules": [[]]}, "rules.0"),
        ({"cap_order": None}, "cap_order"),
        ({"events": [["TOPUP"]]}, "events.0"),
        ({"wallet_purchase_pays": 1}, "wallet_purchase_pays"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused_at_the_mistake(
    change: dict[str, object], path: str
) -> None:
    with pytest.raises(DocumentMalformed) as refusal:
        plans.from_document({**plans.to_document(PLAIN), **change})
    assert refusal.value.facts["path"] == path


def test_a_document_that_is_no_object_is_refused() -> None:
    for document in (None, [], "plan", 3):
        with pytest.raises(DocumentMalformed):
            plans.from_document(document)


def test_moments_are_kept_in_utc_whatever_offset_they_came_in() -> None:
    document = {**plans.to_document(PLAIN), "effective_at": "2026-01-01T08:00:00+08:00"}
    plan = plans.from_document(document)
    assert plan.effective_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert plans.to_document(plan)["effective_at"] == "2026-01-01T00:00:00+00:00"
