"""A market for the worked numbers: plans as documents, real sales, commission from the stream."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.catalog import CardKind, Form, Mode, Product
from chalicelib.domain.commission_entry import entry_id_of
from chalicelib.domain.order import Order
from chalicelib.domain.parameters import Setting
from chalicelib.domain.plan import Plan, from_document
from chalicelib.domain.record import Plain
from chalicelib.domain.tax import TaxMethod
from local.testing import World
from tests.e2e.shop import Shop, product
from tests.e2e.tree import Tree

LEVELS_80_30 = [
    {"rule_id": "r1", "kind": "PERCENT", "value": 80, "level": 1},
    {"rule_id": "r2", "kind": "PERCENT", "value": 30, "level": 2},
]
OFFICE = ("stf_PPPPPPPPPPPP", "stf_QQQQQQQQQQQQ")


@dataclass
class VectorWorld:
    """Distributors from the tree, sales from the shop, both on one engine with one catalogue."""

    world: World
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.tree = Tree(self.world)
        self.shop = Shop(now=self.tree.now, catalog=bootstrap.catalog())
        self.shop.keys = self.tree.keys

    # what is given

    def plan(self, *rules: dict[str, Any], **terms: Any) -> Plan:
        """A plan from its document, drafted by one and approved by another person, long in force."""
        number = next(self.numbers) + 1
        document = {
            "plan_id": f"plan{number}",
            "version": number,
            "effective_at": terms.pop("effective_at", "2026-01-01T00:00:00+08:00"),
            "rules": list(rules or LEVELS_80_30),
            "paid_levels": 2,
        }
        plan = from_document(json.loads(json.dumps(document | terms)))
        drafted_at = datetime.fromisoformat("2025-12-01T00:00:00+08:00") + timedelta(days=number)
        draft, approve = (self.tree.office(one, "risk", now=drafted_at) for one in OFFICE)
        drafted = bootstrap.publish_plan().draft(draft, plan)
        bootstrap.simulate_plan()(self.tree.office(OFFICE[0], now=drafted_at), plan.plan_id)
        published = bootstrap.publish_plan().approve(approve, plan.plan_id, drafted.request_id)
        bootstrap.catalog().forget()
        return published

    def parameter(self, name: str, value: Plain) -> None:
        """A value from now on, proposed by one and approved by another person."""
        propose, approve = (self.tree.office(one, "admin") for one in OFFICE)
        setting = Setting(name, "", self.tree.now, value)
        proposal = bootstrap.set_parameter().propose(propose, setting)
        bootstrap.set_parameter().approve(approve, proposal.proposal_id)
        bootstrap.catalog().forget()

    def card(self, price_fen: int, face_fen: int = 0, cost_fen: int = 0, **fields: Any) -> Product:
        """An electronic named card of ours at this price, made for this test."""
        item = product(
            f"sku_{next(self.numbers)}",
            kind=CardKind.NAMED,
            face_fen=face_fen or price_fen,
            price_fen=price_fen,
            cost_fen=cost_fen,
            **fields,
        )
        bootstrap.books().commit(None, catalog_items.product_changes(item, None))
        return item

    def agent_card(self, price_fen: int, cost_fen: int = 0) -> Product:
        """An oil company's card, one in stock; its price may be what no card of ours could hold."""
        item = self.card(price_fen, cost_fen=cost_fen, mode=Mode.AGENT, form=Form.PHYSICAL)
        self.shop.stocked(item, 1, f"S{item.sku_id[4:]}")
        return item

    def chain(self, *tiers: str) -> list[str]:
        """Distributors below each other, the nearest to the buyer first, with these tiers."""
        members = self.tree.line(len(tiers) or 2)[::-1]
        for member, tier in zip(members, tiers, strict=False):
            self.tree.agreed_terms(member, tier, TaxMethod.PER_PAYMENT)
        return members

    # what happens

    def sold(self, item: Product, chain: list[str], at: datetime | None = None, **wish: Any) -> Order:
        """A purchase through the channel by a customer of the chain, paid at this moment."""
        order = self.ordered(item, chain, at, **wish)
        return self.shop.pay(order.order_id)

    def earned(self, amount_fen: int) -> str:
        """A distributor with a payee, who has this much available from one sale."""
        at_once = dict.fromkeys(("card_sale", "topup", "consumption", "addon"), 0)
        self.plan(
            {"rule_id": "r", "kind": "FIXED_PER_ORDER", "value": amount_fen, "level": 1}, hold_days=at_once
        )
        seller = self.tree.root()
        self.tree.payee(seller)
        self.sold(self.card(100_000), [seller])
        self.follow()
        self.tree.release()
        return seller

    def ordered(self, item: Product, chain: list[str], at: datetime | None = None, **wish: Any) -> Order:
        self.shop.now = at or self.tree.now
        buyer_id = wish.pop("buyer_id", "") or next(self.tree.people)
        command = self.shop.command(person_id=buyer_id, referrers=tuple(chain[:2]), root=wish.pop("root", ""))
        expected_fen = item.price_fen * wish.get("quantity", 1)
        return self.shop.buy(item, command, expected_fen=expected_fen, **wish).order

    def refunded(self, order: Order, **wish: Any) -> Order:
        """The refund that the buyer asks for, sent back through the channel, and what follows."""
        self.shop.refund(order, self.shop.command(person_id=order.customer_id), **wish)
        self.shop.send_refund(order.order_id, self.shop.now)
        self.follow()
        after = bootstrap.orders().get(order.order_id)
        assert after is not None
        return after

    def follow(self) -> None:
        """Everything that the streams tell of is done."""
        self.tree.drain()

    # what is expected

    def entries(self, order: Order) -> list[int]:
        """What each level of the order's chain earned, 0 where nothing was written."""
        return [self._expense_fen(order, level, "COMMISSION")[0] for level in self._levels(order)]

    def reversals(self, order: Order, level: int = 1) -> list[int]:
        """What refunds took back of one level, in the order in which they were decided."""
        found = self._expense_fen(order, level, "COMMISSION_REVERSAL")
        return [-fen for fen in found if fen]

    def _levels(self, order: Order) -> range:
        return range(1, len(order.chain) + 1)

    def _expense_fen(self, order: Order, level: int, action: str) -> list[int]:
        partition = order.chain[level - 1].distributor_id
        records = bootstrap.books().records(partition, entry_id_of(order.order_id, level))
        mine = sorted(
            (r for r in records if r.action == action), key=lambda record: (record.at, record.entry_id)
        )
        legs = [sum(line.amount_fen for line in r.lines if line.account == "E:COMMISSION") for r in mine]
        return legs or [0]


def at_home(distributor_id: str) -> str:
    """The customer that a distributor is."""
    return f"cus_{distributor_id[4:]}"
