"""The invariants themselves: is every kind of harm to the tables noticed, and by the law that should?"""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from typing import Any

import pytest

from chalicelib.domain.record import canonical, digest_of
from local.testing import World
from tests.e2e import invariants, platform_invariants
from tests.e2e.invariants import LAWS, Tables, broken, broken_views
from tests.e2e.platform_invariants import broken_books
from tests.e2e.shop import AGENT_STOCK, NAMED, STOCK, VIRTUAL, Shop
from tests.e2e.shop_streams import ShopStreams
from tests.e2e.tree import Tree, a_plan

Item = dict[str, Any]


@pytest.fixture
def lived(world: World) -> Tables:
    """A small history: cards bought three ways, a refund, a waiting order, commission."""
    tree, shop = Tree(world), Shop()
    payer = shop.card_with(30_000, "payer")
    shop.stocked(STOCK, 2)
    shop.shelved(AGENT_STOCK, 3)
    shop.bought(NAMED)
    shop.buy(VIRTUAL, pay_card_id=payer)
    shop.bought(STOCK)
    shop.buy(STOCK)
    shop.refund(shop.bought(NAMED), amount_fen=30_000)
    shop.catalog.plans.append(tree.publish(a_plan()))
    first, second = tree.line(2)
    shop.pay(shop.buy(NAMED, shop.command(referrers=(second, first))).order.order_id)
    assert broken(Tables.read(world.items)) == []
    tree.drain()
    ShopStreams(world, shop).drain()
    tables = Tables.read(world.items)
    assert broken(tables) + broken_views(tables) + broken_books(tables) == []
    return tables


def one(items: list[Item], **wanted: Any) -> Item:
    return next(item for item in items if all(item.get(name) == value for name, value in wanted.items()))


def rewrite(item: Item, change: Callable[[Any], None]) -> None:
    """Another body for a record, with a digest that fits it."""
    body = json.loads(item["body"])
    change(body)
    item |= {"body": canonical(body).decode(), "digest": digest_of(body)}


def sale(tables: Tables) -> Item:
    return next(item for item in tables.journal if '"SALE_ISSUER"' in item["body"])


def entry(tables: Tables) -> Item:
    return next(item for item in tables.journal if '"COMMISSION"' in item["body"])


def a_fen_more(tables: Tables) -> None:
    rewrite(sale(tables), lambda body: body["lines"][0].__setitem__(1, body["lines"][0][1] + 1))


def lose_the_sale(tables: Tables) -> None:
    tables.journal.remove(sale(tables))


def post_twice(tables: Tables) -> None:
    twin = deepcopy(sale(tables))
    twin["pk"] = "pay_sandbox_again"
    rewrite(twin, lambda body: body.__setitem__("id", f"pay_sandbox_again/{twin['sk']}"))
    tables.journal.append(twin)


def third_level(tables: Tables) -> None:
    for level in (3, 4):
        twin = deepcopy(entry(tables))
        twin["sk"] = twin["sk"][:-1] + str(level)
        rewrite(twin, lambda body, name=twin["sk"]: body.__setitem__("id", f"{body['id'][:16]}/{name}"))
        tables.journal.append(twin)


def overpay(tables: Tables) -> None:
    rewrite(entry(tables), lambda body: body.__setitem__("action", "COMMISSION_HOLD"))


def make_anothers(tables: Tables) -> None:
    one(tables.cards, pk="crd_payer")["mode"] = "AGENT"


def forget_refunds(tables: Tables) -> None:
    next(order for order in tables.orders if "refunds" in order)["refunds"] = "[]"


def alter_a_line(tables: Tables) -> None:
    one(tables.views, owner="crd_payer", version=1)["balances"]["held_fen"] = 3


def fill_a_pot(tables: Tables) -> None:
    next(item for item in tables.accounts if item["sk"].startswith("frozen#"))["frozen_fen"] += 1


def overlook_a_pot(tables: Tables) -> None:
    pot = next(item for item in tables.accounts if item["sk"].startswith("frozen#"))
    tables.accounts.append({"pk": pot["pk"], "sk": "main", "open_since": "21000101"})


def sell_beside_the_stock(tables: Tables) -> None:
    one(tables.cards, pk=f"crd_1{0:025}")["state"] = "SOLD"


def offer_twice(tables: Tables) -> None:
    tables.stock.append({"pk": "sku_agent", "sk": f"back#crd_1{0:025}", "claims": 0})


def pack(tables: Tables) -> Item:
    return next(item for item in tables.views if item["pk"].startswith("platform#A:CHANNEL"))


def alter_a_copy(tables: Tables) -> None:
    copy = deepcopy(pack(tables)) | {"sk": "0000#copy"}
    (fen,) = [alike["fen"] for alike in copy["lines"][:1]]
    fen[next(iter(fen))] += 1
    tables.views.append(copy)


def close_a_day_of_nothing(tables: Tables) -> None:
    _, account, day = pack(tables)["pk"].split("#")
    one(tables.views, pk="platform", sk=account)["closed_through"] = day
    tables.views.append({"pk": f"platform#{account}", "sk": f"day#{day}", "sum_fen": 0, "count": 0})


HARMS: list[tuple[str, Callable[[Tables], Any]]] = [
    ("records_balance_and_are_what_they_say", a_fen_more),
    ("records_balance_and_are_what_they_say", lambda t: sale(t).update(digest="0" * 64)),
    ("records_balance_and_are_what_they_say", lambda t: sale(t).update(pk="pay_sandbox_other")),
    ("balances_are_the_fold_of_the_journal", lose_the_sale),
    ("balances_are_the_fold_of_the_journal", lambda t: one(t.cards, pk="crd_payer").update(available_fen=1)),
    ("balances_are_the_fold_of_the_journal", lambda t: t.cards.remove(one(t.cards, pk="crd_payer"))),
    ("balances_are_the_fold_of_the_journal", lambda t: t.accounts[0].update(frozen_fen=1)),
    ("nothing_is_negative_or_above_its_cap", lambda t: t.cards[0].update(available_fen=-1)),
    ("nothing_is_negative_or_above_its_cap", lambda t: t.cards[0].update(cap_fen=-1)),
    ("nothing_is_negative_or_above_its_cap", lambda t: t.cards[0].update(held_fen=1)),
    ("what_is_owed_to_card_holders_is_on_their_cards", make_anothers),
    ("a_paid_order_has_one_posting", post_twice),
    ("a_paid_order_has_one_posting", lose_the_sale),
    ("a_paid_order_has_one_posting", lambda t: one(t.orders, sku_id="sku_virtual").update(payable_fen=1)),
    ("a_paid_order_has_one_posting", lambda t: t.orders.remove(one(t.orders, sku_id="sku_virtual"))),
    ("channels_and_payers_are_even", lambda t: one(t.orders, sku_id="sku_named").update(payment_id="")),
    ("channels_and_payers_are_even", forget_refunds),
    ("cards_and_orders_agree", lambda t: one(t.cards, state="RESERVED").update(order_id="")),
    ("cards_and_orders_agree", lambda t: one(t.cards, state="SOLD").update(state="IN_STOCK")),
    ("cards_and_orders_agree", lambda t: one(t.cards, state="SOLD").update(order_id="ord_other")),
    ("what_can_be_taken_is_in_stock", sell_beside_the_stock),
    ("what_can_be_taken_is_in_stock", offer_twice),
    ("commission_is_what_its_entries_say", third_level),
    ("commission_is_what_its_entries_say", overpay),
    ("every_pot_holds_its_entries", fill_a_pot),
    ("no_open_pot_is_overlooked", overlook_a_pot),
    ("statements_lead_to_the_balances", lambda t: one(t.cards, pk="crd_payer").update(version=9)),
    ("statements_lead_to_the_balances", lambda t: one(t.cards, pk="crd_payer").update(held_fen=7)),
    ("statements_have_no_gap", lambda t: t.views.remove(one(t.views, owner="crd_payer", version=1))),
    ("statements_have_no_gap", alter_a_line),
    ("the_platforms_days_are_what_the_journal_says", lambda t: t.views.remove(pack(t))),
    ("the_platforms_days_are_what_the_journal_says", alter_a_copy),
    ("the_platforms_days_are_what_the_journal_says", lose_the_sale),
    ("closed_days_are_summed", close_a_day_of_nothing),
]  # fmt: skip


def test_every_harm_is_noticed_by_its_law(lived: Tables) -> None:
    unnoticed = []
    for law, harm in HARMS:
        harmed = Tables(**deepcopy(asdict(lived)))
        harm(harmed)
        laws = vars(invariants) | vars(platform_invariants)
        if not list(laws[law](harmed)):
            unnoticed.append(law)
    assert unnoticed == []


def test_every_law_has_a_harm() -> None:
    assert {law.__name__ for law in LAWS} <= {law for law, _ in HARMS}
