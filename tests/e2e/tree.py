"""A tree of distributors for tests: real use cases and the real store on the embedded engine."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain import catalog_items, tree_items
from chalicelib.domain.allocation import ENTRIES, Opened, allocations_key, opened
from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import OrderMoved, Replayed
from chalicelib.domain.ids import KEY_ALPHABET, distributor_id_of, owned_id
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import ChainLink, Order, OrderState, Refund, RefundState
from chalicelib.domain.plan import HoldDays, Plan, Rule, RuleKind
from chalicelib.domain.record import Record
from chalicelib.domain.tax import TaxMethod
from chalicelib.usecases.pay_withdrawal import PayWithdrawal
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.set_payee import Payee, SetPayee
from local.people import AtTheirWord
from local.testing import World
from tests.e2e.shop import all_records
from tests.fakes.keys import FakeKeys
from tests.fakes.payout import FakePayout
from tests.fakes.ulids import Ulids

BUYER = "cus_BUYERBUYERBY"
AGREEMENT = "2026-11"
DAY = timedelta(days=1)


def percent(level: int, rate_bps: int) -> Rule:
    return Rule(rule_id=f"r{level}", kind=RuleKind.PERCENT, value=rate_bps, level=level)


V1_RULES = (percent(1, 80), percent(2, 30))


def a_plan(plan_id: str = "p1", days: int = 7, **fields: Any) -> Plan:
    """Two paid levels of 80 and 30 bps, in force since long ago."""
    values: dict[str, Any] = {
        "version": 1,
        "effective_at": bootstrap.now() - 100 * DAY,
        "rules": V1_RULES,
        "paid_levels": 2,
        "hold_days": HoldDays(days, days, days, days),
    }
    return Plan(plan_id=plan_id, **(values | fields))


def open_entries(distributor_id: str) -> list[Opened]:
    """The entries of which no withdrawal has taken all, in the order of their sales."""
    taken_fen: Counter[str] = Counter()
    rows = bootstrap.documents().query("views", allocations_key(distributor_id), ENTRIES, consistent=True)
    for row in rows:
        taken_fen[row["sk"].partition("#")[0]] += row["fen"]
    return list(opened(bootstrap.books().records(distributor_id, ENTRIES), taken_fen))


def names() -> Iterator[str]:
    """Customers, each once."""
    for number in itertools.count():
        text = ""
        for _ in range(12):
            number, digit = divmod(number, len(KEY_ALPHABET))
            text += KEY_ALPHABET[digit]
        yield f"cus_{text}"


@dataclass
class Tree:
    """What a test drives. `now` may be moved by the test; the streams run on the real clock."""

    world: World
    now: datetime = field(default_factory=lambda: from_ms(to_ms(bootstrap.now())))
    people: Iterator[str] = field(default_factory=names)
    vault: FakeKeys = field(default_factory=FakeKeys)
    bank: FakePayout = field(default_factory=FakePayout)

    def __post_init__(self) -> None:
        self.keys = Ulids(lambda: self.now)
        bootstrap.catalog().forget()
        books, documents = bootstrap.books(), bootstrap.documents()
        self.set_payee = SetPayee(books, documents, self.vault, AtTheirWord())
        self.pay_withdrawal = PayWithdrawal(bootstrap.withdrawal_file(), documents, self.vault, self.bank)

    def command(self, person_id: str, *roles: str, key: str = "", reason: str = "", **fields: Any) -> Command:
        """A command of somebody under a new key."""
        actor = Actor(person_id, frozenset(roles or ("customer",)), real_name=fields.pop("real_name", True))
        values: dict[str, Any] = {"now": self.now, "request_hash": "same", "reason": reason} | fields
        return Command(actor, key or next(self.keys), **values)

    def office(self, person_id: str = "stf_PPSPPSPPSPPS", *roles: str, **fields: Any) -> Command:
        return self.command(person_id, *(roles or ("ops",)), **fields)

    # the tree

    def publish(self, plan: Plan) -> Plan:
        """A plan in force, as if it had been approved before."""
        bootstrap.books().commit(None, catalog_items.plan_changes(plan))
        bootstrap.catalog().forget()
        return plan

    def root(self) -> str:
        person_id = next(self.people)
        bootstrap.found_tree()(self.office(), person_id, AGREEMENT)
        return distributor_id_of(person_id)

    def agreed_terms(self, distributor_id: str, tier: str, tax_method: TaxMethod) -> None:
        """One of the office asks for these terms, another agrees."""
        asked = bootstrap.change_terms().ask(self.office(), distributor_id, tier, tax_method)
        bootstrap.inbox().decide(self.office("stf_QPSQPSQPSQPS", "risk"), asked.request_id, True)

    def join(self, parent_id: str, person_id: str = "") -> str:
        person_id = person_id or next(self.people)
        place = bootstrap.join_distribution()(self.command(person_id), parent_id[4:], AGREEMENT)
        return place.distributor.distributor_id

    def line(self, depth: int) -> list[str]:
        """Distributors below each other, the root first."""
        members = [self.root()]
        while len(members) < depth:
            members.append(self.join(members[-1]))
        return members

    def parent_of(self, distributor_id: str) -> str | None:
        item = bootstrap.documents().get("edges", distributor_id, tree_items.SELF, consistent=True)
        assert item is not None
        return tree_items.place_of(item).distributor.parent_id

    # orders

    def order(self, *chain: str, paid_fen: int = 100_000, plan_id: str = "p1", **fields: Any) -> Order:
        """A paid top-up in the table of orders, sold by the first of the chain."""
        links = tuple(ChainLink(member, "", True) for member in chain)
        values: dict[str, Any] = {
            "use": "TOPUP",
            "state": OrderState.COMPLETED,
            "sku_id": "sku_topup",
            "issuer": "ours",
            "mode": "ISSUER",
            "category": "",
            "region": "",
            "quantity": 1,
            "face_fen": paid_fen,
            "payable_fen": paid_fen,
            "cost_fen": 0,
            "price_version": 1,
            "payer": "channel:sandbox",
            "card_ids": (),
            "created_at": self.now,
            "request_hash": "",
            "paid_at": self.now,
            "payment_id": "p",
        }
        customer_id = fields.pop("customer_id", BUYER)
        order = Order(
            order_id=owned_id("ord", customer_id, next(self.keys)),
            customer_id=customer_id,
            chain=links,
            plan_id=plan_id,
            **(values | fields),
        )
        with suppress(Replayed):  # on a busy table: the answer to our own first try was lost
            bootstrap.orders().put_new(order)
        return replace(order, version=1)

    def refund(self, order: Order, refund_fen: int, **fields: Any) -> Order:
        """The order with a refund that was agreed to, written as a refund writes it."""
        number = len(order.refunds) + 1
        values: dict[str, Any] = {"units": 0, "at": self.now + timedelta(seconds=number)} | fields
        refund = Refund(f"r{number}", RefundState.APPROVED, "CUSTOMER", refund_fen, refund_fen, **values)
        whole = order.refunded_fen + refund_fen >= order.payable_fen
        state = OrderState.REFUNDED if whole else OrderState.PARTIALLY_REFUNDED
        after = replace(order, refunds=(*order.refunds, refund), state=state)
        bootstrap.books().commit(None, [OrderMoved(after)])
        return replace(after, version=order.version + 1)

    def drain(self) -> None:
        """What the streams of orders, accounts and the journal hand on, until nothing is left to do."""
        self.world.drain(only={"pay_commission", "project_accounts", "project_journal"})

    def release(self) -> int:
        return bootstrap.release_commission()(self.now)

    # what stands there

    def balances(self, distributor_id: str) -> tuple[int, int, int, int]:
        """available, frozen, held for withdrawals, owed."""
        known = bootstrap.accounts().balances(distributor_id)
        return known.available_fen, sum(known.frozen_fen.values()), known.held_fen, known.owed_fen

    def records(self) -> list[Record]:
        return all_records(self.world.items("journal"))

    def fold(self) -> dict[str, int]:
        return fold(self.records())

    def check_books(self) -> None:
        """Every record sums to zero, and every guarded balance is the fold of its lines."""
        records = self.records()
        assert all(sum(line.amount_fen for line in record.lines) == 0 for record in records)
        sums: dict[tuple[str, str], int] = {}
        for account, balance in fold(records).items():
            kind, owner = ":".join(account.split(":", 2)[:2]), account.split(":")[2:]
            if kind in ("L:COMM_AVAIL", "L:COMM_FROZEN", "L:WD_HOLD", "A:CLAWBACK"):
                distributor_id = f"dst_{owner[0][4:16]}"
                sums[distributor_id, kind] = sums.get((distributor_id, kind), 0) + balance
        for distributor_id in {key[0] for key in sums}:
            available, frozen, held, owed = self.balances(distributor_id)
            of_lines = [
                -sums.get((distributor_id, kind), 0)
                for kind in ("L:COMM_AVAIL", "L:COMM_FROZEN", "L:WD_HOLD")
            ]
            assert (available, frozen, held) == tuple(of_lines)
            assert owed == sums.get((distributor_id, "A:CLAWBACK"), 0)
            assert min(available, frozen, held, owed) >= 0

    # withdrawals

    def with_available(self, amount_fen: int) -> str:
        """The customer behind a root that has this much to withdraw and a payee of long ago."""
        root = self.root()
        self.earn(root, amount_fen)
        self.payee(root)
        return f"cus_{root[4:]}"

    def earn(self, distributor_id: str, amount_fen: int) -> None:
        """Let somebody earn this much, released at once."""
        rule = Rule("all", RuleKind.FIXED_PER_ORDER, amount_fen, level=1)
        plan_id = f"earn{amount_fen}"
        if bootstrap.catalog().plan(plan_id) is None:
            self.publish(a_plan(plan_id, 0, rules=(rule,), paid_levels=1))
        order = self.order(distributor_id, paid_fen=amount_fen, plan_id=plan_id)
        bootstrap.pay_commission()(order, self.now)
        self.drain()
        assert self.release() == 1

    def payee(self, distributor_id: str, age: timedelta = 2 * DAY) -> None:
        command = self.command(f"cus_{distributor_id[4:]}", now=self.now - age)
        self.set_payee(command, Payee("王小明", "工商银行", "6222 0212 3456 7890"))
