"""The ground: what does every simulated world begin with?

Products, plans, a small tree, customers with money on a card, cards in stock; all
written by the product's own use cases and store before anything goes wrong.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from chalicelib import bootstrap
from chalicelib.domain import catalog_items, release_due, unpaid
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.card import Card, CardState
from chalicelib.domain.change import NewCard, NewDocument
from chalicelib.domain.ids import KEY_ALPHABET, distributor_id_of
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.parameters import Setting
from chalicelib.domain.plan import Base, Campaign, CapOrder, Event, HoldDays, Plan, Rule, RuleKind, Scope
from chalicelib.domain.record import Plain, Record
from chalicelib.domain.stock import SKUS, Shelf, magazine_rows, shelf_row
from chalicelib.domain.tax import TaxMethod
from chalicelib.usecases.grant_campaigns import TABLE, purse_key, purses_of
from chalicelib.usecases.place_order import Purchase
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.set_payee import Payee
from local.people import at_their_word
from tests.e2e.shop import AGENT_STOCK, BONUS, NAMED, STOCK, TOPUP, VIRTUAL, product
from tests.fakes.payment import FakePaymentChannel
from tests.fakes.ulids import ulid_of_number

AGREEMENT = "2026-11"
AGENT_TOPUP = product(
    "sku_agent_topup", use="TOPUP", face_fen=0, price_fen=0, cost_fen=0, mode="AGENT", cost_bps=9_850
)
CHEAP = replace(VIRTUAL, sku_id="sku_cheap", face_fen=1_000, price_fen=990, cost_fen=985)
STOCKED = (STOCK, AGENT_STOCK)
SALES = (VIRTUAL, NAMED, BONUS, CHEAP, STOCK, AGENT_STOCK)
PRODUCTS = (*SALES, TOPUP, AGENT_TOPUP)

STAFF = {
    "office": Actor("stf_FFFFFFFFFFFF", frozenset({"ops"})),
    "finance": Actor("stf_NNNNNNNNNNNN", frozenset({"finance"})),
    "cashier": Actor("stf_CCCCCCCCCCCC", frozenset({"finance"})),
    "risk": Actor("stf_RRRRRRRRRRRR", frozenset({"risk"})),
    "admin": Actor("stf_AAAAAAAAAAAA", frozenset({"admin"})),
    "second": Actor("stf_SSSSSSSSSSSS", frozenset({"ops", "finance", "risk", "admin"})),
}


@dataclass
class Ground:
    """Who there is. Everything here is drawn from the seed before the story begins."""

    chance: Random
    now: datetime
    customers: list[str] = field(default_factory=list)
    distributors: list[str] = field(default_factory=list)  # by the person's id, the roots first
    actors: dict[str, Actor] = field(default_factory=dict)
    cards: dict[str, list[str]] = field(default_factory=dict)  # those that the story begins with
    agent_cards: dict[str, str] = field(default_factory=dict)
    orders: list[str] = field(default_factory=list)  # sold before, their commission long free
    numbers: int = 0

    def command(self, actor: Actor, **fields: object) -> Command:
        self.numbers += 1
        values: dict[str, object] = {"now": self.now, "request_hash": "ground", "reason": "ground"} | fields
        return Command(actor, ulid_of_number(self.now, 10**15 + self.numbers), **values)  # type: ignore[arg-type]

    def name(self) -> str:
        return "".join(self.chance.choice(KEY_ALPHABET) for _ in range(12))


def laid(chance: Random, now: datetime) -> Ground:
    """A new ground, written."""
    ground = Ground(chance, now)
    _catalog(ground)
    _tree(ground)
    _customers(ground)
    for item in STOCKED:
        stock(item.sku_id, item, 8 + chance.randrange(40))
    bootstrap.catalog().forget()
    return ground


def a_plan(chance: Random, plan_id: str, effective_at: datetime) -> Plan:
    """A plan of the kinds that the model of commissions knows."""
    days = chance.choice((0, 0, 1, 2))
    rules = [_rule(chance, level) for level in (1, 2)]
    if chance.random() < 0.3:
        rules.append(replace(_rule(chance, 1), rule_id="narrow", scope=Scope(sku_id="sku_virtual")))
    wallet = chance.random() < 0.5
    campaigns: tuple[Campaign, ...] = ()
    if chance.random() < 0.35:
        campaigns = (Campaign(f"season-{plan_id}", chance.choice((0, 800, 3_000, 20_000, None))),)
        season = Scope(campaign_id=campaigns[0].campaign_id)
        rules += [replace(_rule(chance, level), rule_id=f"s{level}", scope=season) for level in (1, 2)]
    return Plan(
        plan_id=plan_id,
        version=1,
        effective_at=effective_at,
        rules=tuple(rules),
        paid_levels=chance.choice((1, 2, 2)),
        events=(Event.CARD_SALE,) if wallet else (Event.CARD_SALE, Event.TOPUP),
        wallet_purchase_pays=wallet,
        hold_days=HoldDays(days, days, days, days),
        cap_order=CapOrder.NEAREST_FIRST,
        campaigns=campaigns,
        line_cap_bps=chance.choice((None, None, 100, 300)),
        margin_share_bps=chance.choice((None, None, 5_000)),
    )


def _rule(chance: Random, level: int) -> Rule:
    kind = chance.choice(
        (RuleKind.PERCENT, RuleKind.PERCENT, RuleKind.FIXED_PER_ORDER, RuleKind.FIXED_PER_UNIT)
    )
    if kind is RuleKind.PERCENT:
        base = chance.choice((Base.PAID, Base.PAID, Base.LIST, Base.MARGIN))
        return Rule(f"r{level}", kind, chance.choice((30, 80, 333)), level=level, base=base)
    most = chance.choice((None, 500))
    return Rule(f"r{level}", kind, chance.choice((50, 999)), level=level, line_fen_max=most)


def _catalog(ground: Ground) -> None:
    books = bootstrap.books()
    for item in PRODUCTS:
        books.commit(None, catalog_items.product_changes(item, None))
    early = ground.now - timedelta(days=100)
    first = Rule("first", RuleKind.FIXED_PER_ORDER, 20_000, level=1)
    before = Plan("p0", 1, early, (first,), hold_days=HoldDays(0, 0, 0, 0))
    lately = ground.now - timedelta(minutes=1)
    for plan in (before, a_plan(ground.chance, "p1", lately)):
        books.commit(None, catalog_items.plan_changes(plan))
        for campaign_id, budget_fen in purses_of(plan).items():
            bootstrap.documents().put(TABLE, *purse_key(campaign_id), {"left_fen": budget_fen})
    for name, value in _parameters(ground.chance).items():
        books.commit(None, catalog_items.setting_changes(Setting(name, "", early, value)))
    bootstrap.catalog().forget()
    yesterday = day_text(business_date(ground.now) - timedelta(days=1))
    for key in (release_due.PROGRESS, release_due.SWEPT):  # a system that has run for a while
        bootstrap.documents().put(release_due.TABLE, *key, {"day": yesterday})
    swept = {"minute": unpaid.minute_of(ground.now - unpaid.GRACE)}
    bootstrap.documents().put(unpaid.TABLE, *unpaid.CURSOR, swept)


def _parameters(chance: Random) -> dict[str, Plain]:
    """Small amounts may be withdrawn, and need one approval, two or three."""
    return {
        "withdrawal.amount_fen_min": 1,
        "withdrawal.approval_tiers": chance.choice(([[None, 1]], [[200, 1], [2_000, 2], [None, 3]])),
        "commission.netting_bps": chance.choice((10_000, 10_000, 5_000)),
        "withdrawal.tax_method": chance.choice(list(TaxMethod)).value,
    }


def _tree(ground: Ground) -> None:
    """One root or two, and a few below each other."""
    parents: dict[str, str] = {}
    for _ in range(ground.chance.choice((1, 1, 2))):
        person_id = f"cus_{ground.name()}"
        bootstrap.found_tree()(ground.command(STAFF["office"]), person_id, AGREEMENT)
        _known(ground, person_id, (), distributor_id_of(person_id))
    for _ in range(ground.chance.randrange(1, 5)):
        person_id, parent = f"cus_{ground.name()}", ground.chance.choice(ground.distributors)
        above = ground.actors[parent]
        referrers = (distributor_id_of(parent), *above.referrers)[:2]
        _known(ground, person_id, referrers, above.root)
        command = ground.command(ground.actors[person_id])
        bootstrap.join_distribution()(command, parent[4:], AGREEMENT)
        parents[person_id] = parent
    for person_id in ground.distributors:
        if ground.chance.random() < 0.9:
            early = ground.now - timedelta(days=3)
            payee = Payee("王小明", "工商银行", "6222021234567890")
            at_their_word(bootstrap.set_payee())(ground.command(ground.actors[person_id], now=early), payee)


def earn(ground: Ground, channel: FakePaymentChannel) -> None:
    """Some distributors have sold a card an hour ago, by the plan of then, and wait for their commission."""
    for person_id in ground.distributors:
        if ground.chance.random() < 0.3:
            continue
        buyer = Actor(
            f"cus_{ground.name()}", frozenset({"customer"}), (distributor_id_of(person_id),), real_name=True
        )
        purchase = Purchase("CARD_SALE", NAMED.sku_id, NAMED.price_fen, channel="sandbox")
        order = bootstrap.place_order()(ground.command(buyer), purchase).order
        channel.pay(order.order_id)
        paid_at = ground.now - timedelta(hours=1)
        payment_id = channel.payments[order.order_id].payment_id
        notice = PaymentNotice("sandbox", order.order_id, payment_id, NAMED.price_fen, "SUCCEEDED", paid_at)
        bootstrap.settle_payment()(notice, ground.now)
        ground.orders.append(order.order_id)


def _known(ground: Ground, person_id: str, referrers: tuple[str, ...], root: str) -> None:
    ground.actors[person_id] = Actor(person_id, frozenset({"customer"}), referrers, root, real_name=True)
    ground.distributors.append(person_id)
    account_card(ground, person_id)
    agent_card(ground, person_id)


def _customers(ground: Ground) -> None:
    for _ in range(ground.chance.randrange(1, 5)):
        person_id = f"cus_{ground.name()}"
        referrers: tuple[str, ...] = ()
        if ground.chance.random() < 0.85:
            by = ground.chance.choice(ground.distributors)
            referrers = (distributor_id_of(by), *ground.actors[by].referrers)[:2]
        ground.actors[person_id] = Actor(person_id, frozenset({"customer"}), referrers, real_name=True)
        ground.customers.append(person_id)
        account_card(ground, person_id)
        agent_card(ground, person_id)


def account_card(ground: Ground, person_id: str) -> None:
    """A card account of ours with some money on it."""
    amount_fen = ground.chance.choice((100_000, 250_000, 480_000))
    card_id = f"crd_A{person_id[4:]}"
    card = Card(
        card_id, "sku_named", "ours", "ISSUER", "NAMED", "VIRTUAL", CardState.ACTIVE, 500_000, "0000",
        holder_id=person_id, sealed=bootstrap.keys().seal(f"8{person_id[4:]}", card_id),
    )  # fmt: skip
    lines = checked_lines(
        "OPENING", [debit("Q:OPENING", amount_fen), credit(f"L:PREPAID:{card_id}", amount_fen)]
    )
    record = Record("opening", card_id, "OPENING", ground.now, "ground", lines=lines)
    bootstrap.books().commit(record, [NewCard(card)])
    ground.cards[person_id] = [card_id]


def agent_card(ground: Ground, person_id: str) -> None:
    """An oil company's card that can be topped up."""
    card_id = f"crd_P{person_id[4:]}"
    sealed = bootstrap.keys().seal(f"9{person_id[4:]}|Scratch{person_id[4:]}", card_id)
    card = Card(
        card_id, "sku_agent_topup", AGENT_TOPUP.issuer, "AGENT", AGENT_TOPUP.kind, "PHYSICAL",
        CardState.ACTIVE, 500_000, "0000", holder_id=person_id, sealed=sealed,
    )  # fmt: skip
    bootstrap.books().commit(None, [NewCard(card)])
    ground.agent_cards[person_id] = card_id


def stock(sku_id: str, item: object, count: int) -> None:
    """So many cards of the product in magazines, as a committed batch lies there."""
    thing = next(one for one in SALES if one.sku_id == sku_id)
    ids = [f"crd_{sku_id[4:].upper()}{number:04d}" for number in range(count)]
    keys = bootstrap.keys()
    cards = [
        Card(
            card_id,
            sku_id,
            thing.issuer,
            thing.mode,
            thing.kind,
            thing.form,
            CardState.IN_STOCK,
            thing.balance_cap_fen,
            "0000",
            sealed=keys.seal(f"9{card_id[4:]}|Scratch{card_id[4:]}", card_id),
        )
        for card_id in ids
    ]
    bootstrap.books().commit(None, [NewCard(card) for card in cards])
    batch_id = f"bat_{sku_id[4:]}"
    shelf = shelf_row(Shelf(sku_id, batch_id, count))
    rows = (*magazine_rows(sku_id, batch_id, ids), shelf, NewDocument("stock", SKUS, sku_id, {}))
    for row in rows:
        bootstrap.documents().put(row.table, row.pk, row.sk, row.values)
