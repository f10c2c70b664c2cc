"""The small ground: the fewest people, products and cards on which every operation of the trade can be done.

A root distributor, one below it, and a customer below both; two levels are paid,
after a day. Everybody has a card account with money on it and an oil company's card.
"""

from datetime import datetime, timedelta
from random import Random

from chalicelib import bootstrap
from chalicelib.domain import catalog_items, release_due, unpaid
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.parameters import Setting
from chalicelib.domain.plan import Event, HoldDays, Plan, Rule, RuleKind
from chalicelib.domain.record import Plain
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.set_payee import Payee
from local.people import at_their_word
from tests.simulation.ground import (
    AGREEMENT,
    PRODUCTS,
    STAFF,
    STOCKED,
    Ground,
    account_card,
    agent_card,
    stock,
)

ROOT, BRANCH, TWIG = "cus_RRRRRRRRRRRR", "cus_BBBBBBBBBBBB", "cus_TTTTTTTTTTTT"
BUYER, STRANGER = "cus_CCCCCCCCCCCC", "cus_SSSSSSSSSSSS"
PARENTS = {BRANCH: ROOT, TWIG: BRANCH, BUYER: BRANCH}
CARDS_IN_STOCK = 3
CUSTOMER = frozenset({"customer"})


def laid(now: datetime) -> Ground:
    """A new ground, written."""
    ground = Ground(Random(1), now)
    _catalog(now)
    command = ground.command(STAFF["office"])
    bootstrap.found_tree()(command, ROOT, AGREEMENT)
    root = distributor_id_of(ROOT)
    for person_id in (ROOT, BRANCH, TWIG):
        ground.actors[person_id] = Actor(person_id, CUSTOMER, chain_above(person_id), root, real_name=True)
        ground.distributors.append(person_id)
        if person_id in PARENTS:
            joining = ground.command(ground.actors[person_id])
            bootstrap.join_distribution()(joining, PARENTS[person_id][4:], AGREEMENT)
        early = ground.command(ground.actors[person_id], now=now - timedelta(days=3))
        at_their_word(bootstrap.set_payee())(early, Payee("王小明", "工商银行", "6222021234567890"))
    for person_id in (BUYER, STRANGER):
        ground.actors[person_id] = Actor(person_id, CUSTOMER, chain_above(person_id), real_name=True)
        ground.customers.append(person_id)
    for person_id in ground.actors:
        account_card(ground, person_id)
        agent_card(ground, person_id)
    for item in STOCKED:
        stock(item.sku_id, item, CARDS_IN_STOCK)
    bootstrap.catalog().forget()
    return ground


def chain_above(person_id: str) -> tuple[str, ...]:
    """The two distributors above somebody, the nearest first."""
    chain: list[str] = []
    while person_id in PARENTS:
        person_id = PARENTS[person_id]
        chain.append(distributor_id_of(person_id))
    return tuple(chain[:2])


def a_plan(now: datetime, plan_id: str = "p1") -> Plan:
    rules = tuple(
        Rule(f"r{level}", RuleKind.PERCENT, rate_bps, level=level) for level, rate_bps in ((1, 80), (2, 30))
    )
    return Plan(
        plan_id,
        1,
        now - timedelta(days=100),
        rules,
        paid_levels=2,
        events=(Event.CARD_SALE, Event.TOPUP),
        hold_days=HoldDays(1, 1, 1, 1),
        wallet_purchase_pays=False,
    )


def _catalog(now: datetime) -> None:
    books, documents = bootstrap.books(), bootstrap.documents()
    for item in PRODUCTS:
        books.commit(None, catalog_items.product_changes(item, None))
    books.commit(None, catalog_items.plan_changes(a_plan(now)))
    early = now - timedelta(days=100)
    parameters: dict[str, Plain] = {
        "withdrawal.amount_fen_min": 1,
        "withdrawal.approval_tiers": [[200, 1], [None, 2]],
    }
    for name, value in parameters.items():
        books.commit(None, catalog_items.setting_changes(Setting(name, "", early, value)))
    bootstrap.catalog().forget()
    yesterday = day_text(business_date(now) - timedelta(days=1))
    for key in (release_due.PROGRESS, release_due.SWEPT):
        documents.put(release_due.TABLE, *key, {"day": yesterday})
    documents.put(unpaid.TABLE, *unpaid.CURSOR, {"minute": unpaid.minute_of(now - unpaid.GRACE)})
