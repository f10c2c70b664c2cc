"""Sample worlds: the plans, chains and orders that the worked numbers speak of, and random ones."""

import random
from datetime import UTC, datetime, timedelta, timezone

from chalicelib.domain.commission import OrderFacts
from chalicelib.domain.explanation import Line
from chalicelib.domain.order import ChainLink
from chalicelib.domain.plan import Base, Campaign, CapOrder, Event, Plan, Rule, RuleKind, Scope

SHANGHAI = timezone(timedelta(hours=8))
PAID_AT = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
YUNNAN, KUNMING, SICHUAN = "53", "530102", "510104"


def percent(level: int | None, rate_bps: int, **more: object) -> Rule:
    return Rule(
        rule_id=f"percent_{level}_{rate_bps}", kind=RuleKind.PERCENT, value=rate_bps, level=level, **more
    )  # type: ignore[arg-type]


def per_unit(level: int, unit_fen: int) -> Rule:
    return Rule(rule_id=f"unit_{level}", kind=RuleKind.FIXED_PER_UNIT, value=unit_fen, level=level)


def per_order(level: int, order_fen: int) -> Rule:
    return Rule(rule_id=f"order_{level}", kind=RuleKind.FIXED_PER_ORDER, value=order_fen, level=level)


def differential(**rates_bps: int) -> tuple[Rule, ...]:
    return tuple(
        Rule(f"tier_{tier}", RuleKind.DIFFERENTIAL, rate_bps, scope=Scope(tier=tier))
        for tier, rate_bps in rates_bps.items()
    )


def plan_of(*rules: Rule, **more: object) -> Plan:
    settings: dict[str, object] = {"paid_levels": 2, **more}
    return Plan("pln_test", 3, datetime(2026, 1, 1, tzinfo=UTC), rules, **settings)  # type: ignore[arg-type]


def chain_of_tiers(*tiers: str) -> tuple[ChainLink, ...]:
    return tuple(ChainLink(f"dst_{number}", tier, True) for number, tier in enumerate(tiers, start=1))


TWO_ACTIVE = chain_of_tiers("", "")


def order_of(
    paid_fen: int,
    margin_fen: int = 0,
    quantity: int = 1,
    chain: tuple[ChainLink, ...] = TWO_ACTIVE,
    region: str | None = None,
    **more: object,
) -> OrderFacts:
    line = Line("sku_card", quantity, paid_fen, paid_fen, margin_fen, region=region)
    return OrderFacts(Event.TOPUP, (line,), chain, **more)  # type: ignore[arg-type]


PLAIN = plan_of(percent(1, 80), percent(2, 30))
YUNNAN_CAMPAIGN = percent(
    1,
    120,
    scope=Scope(campaign_id="cam_yunnan", region=YUNNAN),
    starts_at=datetime(2026, 10, 1, tzinfo=SHANGHAI),
    ends_at=datetime(2026, 10, 8, tzinfo=SHANGHAI),
)


def yunnan_plan(budget_fen: int | None = None) -> Plan:
    return plan_of(
        percent(1, 80), percent(2, 30), YUNNAN_CAMPAIGN, campaigns=(Campaign("cam_yunnan", budget_fen),)
    )


def random_rule(chance: random.Random, rule_id: str) -> Rule:
    kind = chance.choice(list(RuleKind))
    is_rate = kind in (RuleKind.PERCENT, RuleKind.DIFFERENTIAL)
    base = chance.choice([Base.PAID, Base.MARGIN, Base.LIST]) if is_rate else Base.PAID
    return Rule(
        rule_id=rule_id,
        kind=kind,
        value=chance.randint(0, 300) if is_rate else chance.randint(0, 900),
        level=chance.choice([None, 1, 2]),
        base=Base.VOLUME if kind is RuleKind.LITRES else base,
        scope=random_scope(chance),
        starts_at=chance.choice([None, None, PAID_AT, PAID_AT + timedelta(seconds=1)]),
        ends_at=chance.choice([None, None, None, PAID_AT, PAID_AT + timedelta(seconds=2)]),
        priority=chance.randint(0, 2),
        line_fen_max=chance.choice([None, None, chance.randint(0, 2_000)]),
    )


def random_scope(chance: random.Random) -> Scope:
    """Mostly wide, so that most rules hold somewhere."""
    return Scope(
        campaign_id=chance.choice([None, None, "cam_a", "cam_b"]),
        distributor_id=chance.choice([None] * 9 + ["dst_1"]),
        sku_id=chance.choice([None] * 6 + ["sku_0", "sku_1"]),
        category=chance.choice([None] * 4 + ["FUEL"]),
        region=chance.choice([None] * 6 + ["53", "5301", "530102"]),
        tier=chance.choice([None, None, None, "staff", "city"]),
    )


def random_plan(chance: random.Random) -> Plan:
    return plan_of(
        *(random_rule(chance, f"rule_{number}") for number in range(chance.randint(1, 14))),
        paid_levels=chance.choice([1, 2, 2, 2]),
        line_cap_bps=chance.choice([None, None, chance.randint(0, 200)]),
        margin_share_bps=chance.choice([None, None, chance.randint(0, 10_000)]),
        cap_order=chance.choice(list(CapOrder)),
        tiers=("staff", "city"),
        campaigns=(
            Campaign("cam_a", chance.choice([None, chance.randint(0, 2_000)])),
            Campaign("cam_b", 500),
        ),
    )


def random_line(chance: random.Random, sku_id: str) -> Line:
    paid_fen = chance.choice([0, chance.randint(1, 999), *[chance.randint(0, 500_000)] * 4])
    return Line(
        sku_id=sku_id,
        quantity=chance.randint(1, 5),
        paid_fen=paid_fen,
        list_fen=paid_fen + chance.randint(0, 5_000),
        margin_fen=chance.randint(-500, 5_000),
        volume_ml=chance.randint(0, 60_000),
        category=chance.choice([None, "FUEL", "WASH"]),
        region=chance.choice([None, "530102", "530103", "510104"]),
    )


def random_order(chance: random.Random) -> OrderFacts:
    tiers = ["staff", "city", ""]
    return OrderFacts(
        event=chance.choice([Event.TOPUP, Event.CARD_SALE] * 5 + [Event.ADDON]),
        lines=tuple(random_line(chance, f"sku_{number}") for number in range(chance.randint(1, 3))),
        chain=tuple(
            ChainLink(f"dst_{number}", chance.choice(tiers), chance.random() < 0.85)
            for number in range(1, chance.choice([1, 2, 3, 3, 4, 4]))
        ),
        self_purchase=chance.random() < 0.03,
        paid_from_balance=chance.random() < 0.03,
    )
