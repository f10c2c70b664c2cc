"""The invariants: what must hold of the tables after anything that may ever have happened?

Each function looks at the tables alone, with no word of what was done, and gives
one sentence for each thing that is wrong. `broken` asks them all; `broken_views`
those that hold once the streams have been read to their ends. Those of the platform's
own books: platform_invariants.py.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import ledger
from chalicelib.domain.card import Card, CardState
from chalicelib.domain.commission_entry import history_of
from chalicelib.domain.ledger import Guard, checked_lines, fold, movements
from chalicelib.domain.order import EARNING, SURPLUS, Order, OrderState, Refund, RefundState, payment_behind
from chalicelib.domain.plan import MAX_PAID_LEVELS
from chalicelib.domain.posting import purchase_action, purchase_lines
from chalicelib.domain.record import Record, digest_of, from_body
from chalicelib.domain.statement import broken_versions
from chalicelib.domain.stock import BACK, MAGAZINE, SHELF
from chalicelib.store import cards, orders
from chalicelib.store.values import from_item

Items = list[dict[str, Any]]
SALES = frozenset({"SALE_ISSUER", "SALE_AGENT", "SALE_FROM_CARD", "TOPUP_ISSUER", "TOPUP_AGENT"})
PAYABLE = "L:REFUND_PAYABLE"
SETTLED = "REFUND_SETTLED"
COLUMNS = ("available_fen", "held_fen", "owed_fen", "frozen_fen")


@dataclass(frozen=True)
class Tables:
    """The tables at one moment, as plain items."""

    journal: Items
    orders: Items
    cards: Items
    accounts: Items
    views: Items
    stock: Items

    @classmethod
    def read(cls, items: Callable[[str], list[dict[str, Any]]]) -> "Tables":
        """`items`: gives a whole table in DynamoDB's own form, as World.items does."""
        names = ("journal", "orders", "cards", "accounts", "views", "stock")
        return cls(*([from_item(item) for item in items(name)] for name in names))

    @property
    def records(self) -> list[Record]:
        return [from_body(json.loads(item["body"])) for item in self.journal]

    @property
    def all_orders(self) -> list[Order]:
        return [orders.from_values(item) for item in self.orders]

    @property
    def all_cards(self) -> list[Card]:
        return [cards.from_values(item) for item in self.cards]

    def stock_cards(self, sku_id: str) -> list[Card]:
        """The cards of a product, in whatever state."""
        return [card for card in self.all_cards if card.sku_id == sku_id]


def broken(tables: Tables) -> list[str]:
    """Everything that is wrong; nothing, if all is well."""
    return [sentence for law in LAWS for sentence in law(tables)]


def broken_views(tables: Tables) -> list[str]:
    """What is wrong with the statements after the streams have been read."""
    return [*statements_lead_to_the_balances(tables), *statements_have_no_gap(tables)]


def records_balance_and_are_what_they_say(tables: Tables) -> Iterator[str]:
    """I1, I5: debits equal credits by a template of the table, and every record is as it was written."""
    for item in tables.journal:
        body = json.loads(item["body"])
        record = from_body(body)
        if record.record_id != f"{item['pk']}/{item['sk']}":
            yield f"{item['pk']}/{item['sk']} holds the record {record.record_id}"
        if digest_of(body) != item["digest"]:
            yield f"{record.record_id} is not what its digest says"
        if not record.lines:
            continue
        try:
            checked_lines(record.action, record.lines)
        except (AssertionError, KeyError) as wrong:
            yield f"{record.record_id}: {wrong!r}"


def balances_are_the_fold_of_the_journal(tables: Tables) -> Iterator[str]:
    """I2, I3, I11: replaying the journal from nothing gives every guarded balance."""
    expected: dict[Guard, Counter[str]] = {}
    for record in tables.records:
        for guard, deltas in movements(record).items():
            expected.setdefault(guard, Counter()).update(deltas)
    for guard, item in _guarded(tables):
        folded = expected.pop(guard, Counter())
        for column in COLUMNS:
            if item.get(column, 0) != folded[column]:
                yield f"{guard} {column} is {item.get(column, 0)}, its journal says {folded[column]}"
    for guard, folded in expected.items():
        if any(folded.values()):
            yield f"the journal moves {guard}, which does not exist"


def _guarded(tables: Tables) -> Iterator[tuple[Guard, Mapping[str, Any]]]:
    for item in tables.cards:
        yield Guard("card", item["pk"]), item
    for item in tables.accounts:
        kind, _, day = item["sk"].partition("#")
        yield (
            (Guard("pot", f"{item['pk']}:{day}") if kind == "frozen" else Guard("account", item["pk"])),
            item,
        )


def nothing_is_negative_or_above_its_cap(tables: Tables) -> Iterator[str]:
    """I6: no balance below zero, none above the legal cap, and the capped sum is the sum."""
    for guard, item in _guarded(tables):
        for column in COLUMNS:
            if item.get(column, 0) < 0:
                yield f"{guard} {column} is {item[column]}"
    for card in tables.all_cards:
        if card.balance_fen != card.available_fen + card.held_fen:
            yield f"{card.card_id}: {card.balance_fen} is not {card.available_fen} + {card.held_fen}"
        if card.balance_fen > card.cap_fen:
            yield f"{card.card_id} holds {card.balance_fen} above its cap of {card.cap_fen}"


def what_is_owed_to_card_holders_is_on_their_cards(tables: Tables) -> Iterator[str]:
    """I3: Σ (L:PREPAID + L:AUTH_HOLD) is Σ of the ISSUER cards; an AGENT card carries nothing."""
    books = fold(tables.records)
    owed_fen = -sum(fen for name, fen in books.items() if name.startswith(("L:PREPAID:", "L:AUTH_HOLD:")))
    issued = [card for card in tables.all_cards if card.mode == "ISSUER"]
    on_cards_fen = sum(card.available_fen + card.held_fen for card in issued)
    if owed_fen != on_cards_fen:
        yield f"{owed_fen} fen are owed to card holders, their cards hold {on_cards_fen}"
    for card in tables.all_cards:
        if card.mode != "ISSUER" and card.balance_fen:
            yield f"{card.card_id} is another's card and holds {card.balance_fen}"


def a_paid_order_has_one_posting(tables: Tables) -> Iterator[str]:
    """I12: a paid order has one sale in the journal, the one its item explains; an unpaid one has none."""
    posted: dict[str, list[Record]] = {}
    for record in tables.records:
        if record.action in SALES:
            posted.setdefault(str(record.about["order"]), []).append(record)
    for order in tables.all_orders:
        sales = posted.pop(order.order_id, [])
        if len(sales) != int(_was_delivered(order)):
            yield f"{order.order_id} is {order.state} and has {len(sales)} postings"
        for sale in sales:
            expected = (purchase_action(order), purchase_lines(order))
            if (sale.action, sale.lines) != expected:
                yield f"{sale.record_id} posts {sale.lines}, the order says {expected}"
    for order_id in posted:
        yield f"a sale of {order_id} is posted, which does not exist"


def _was_delivered(order: Order) -> bool:
    returned = any(refund.cause == "PAYMENT" for refund in order.refunds)
    return order.state in EARNING | {OrderState.RISK_HOLD} and not returned


def channels_and_payers_are_even(tables: Tables) -> Iterator[str]:
    """I5: each channel holds what was paid less what went back and was settled; the way back is owed."""
    expected: Counter[str] = Counter()
    by_hand = {(r.about["order"], r.about["refund"]) for r in tables.records if r.action == SETTLED}
    for order in tables.all_orders:
        if order.payment_id:
            expected[f"A:CHANNEL:{order.channel}"] += order.payable_fen
        if order.refunded_fen > order.payable_fen:
            yield f"{order.order_id}: {order.refunded_fen} of {order.payable_fen} fen were refunded"
        for refund in _through_channels(order, by_hand):
            account = f"A:CHANNEL:{payment_behind(order, refund)[0]}"
            if refund.cause == SURPLUS:
                expected[account] += refund.amount_fen
            owed_still = refund.state is not RefundState.SUCCEEDED
            expected[PAYABLE if owed_still else account] -= refund.amount_fen
    expected[PAYABLE] -= sum(_owed_beside_card(order) for order in tables.all_orders)
    books = fold(tables.records)
    for record in tables.records:
        if record.action in ("CHANNEL_SETTLED", "CHANNEL_COLLECTED"):
            cleared = {line.account: line.amount_fen for line in record.lines if "CHANNEL:" in line.account}
            expected.update(cleared)
    for account in sorted({*expected, *(a for a in books if a.startswith(("A:CHANNEL", PAYABLE)))}):
        if books.get(account, 0) != expected[account]:
            yield f"{account} is {books.get(account, 0)}, the orders say {expected[account]}"


def _through_channels(order: Order, by_hand: set[tuple[Any, Any]]) -> list[Refund]:
    """Of those that a person sent from the bank the channel still has the money."""
    return [
        refund
        for refund in order.refunds
        if refund.state not in (RefundState.REQUESTED, RefundState.REJECTED)
        and payment_behind(order, refund)[0]
        and (order.order_id, refund.refund_id) not in by_hand
    ]


def _owed_beside_card(order: Order) -> int:
    """What the paying card could not take back, and nobody has brought its payer yet."""
    return sum(refund.open_fen for refund in order.refunds if not payment_behind(order, refund)[0])


def cards_and_orders_agree(tables: Tables) -> Iterator[str]:
    """No card is sold twice; a reserved card waits for an unpaid order; what is sold is its buyer's."""
    all_orders = {order.order_id: order for order in tables.all_orders}
    sold = Counter(
        card_id
        for order in all_orders.values()
        if order.use == "CARD_SALE" and order.state is not OrderState.CLOSED
        for card_id in order.card_ids
    )
    by_id = {card.card_id: card for card in tables.all_cards}
    for card_id, times in sold.items():
        if times > 1 and by_id[card_id].state is not CardState.IN_STOCK:
            yield f"{card_id} is in {times} orders"
    for card in by_id.values():
        order = all_orders.get(card.order_id)
        if card.state is CardState.RESERVED and (order is None or order.state is not OrderState.PENDING_PAY):
            yield f"{card.card_id} is reserved for {card.order_id}, which is {order.state if order else None}"
        if card.state is CardState.IN_STOCK and card.card_id in sold:
            yield f"{card.card_id} is in stock and in an order"
        if card.state is CardState.SOLD and (order is None or card.card_id not in order.card_ids):
            yield f"{card.card_id} is sold, and its order {card.order_id} knows nothing of it"


def what_can_be_taken_is_in_stock(tables: Tables) -> Iterator[str]:
    """Each card that the stock counts is one, once, and IN_STOCK: it never offers more than there is."""
    states = {card.card_id: card.state for card in tables.all_cards}
    for card_id, times in Counter(_takeable(tables.stock)).items():
        if times > 1 or states.get(card_id) is not CardState.IN_STOCK:
            yield f"{card_id} is {states.get(card_id)} and can be taken {times} times"


def _takeable(stock: Items) -> Iterator[str]:
    """Those that came back and are not taken again, and what is left in the magazines of open shelves."""
    on_sale = {(item["pk"], item["batch_id"]) for item in stock if item["sk"].startswith(SHELF)}
    for item in stock:
        if item["sk"].startswith(BACK) and not item["claims"]:
            yield item["sk"].removeprefix(BACK)
        if item["sk"].startswith(MAGAZINE) and (item["pk"], item["sk"].split("#")[1]) in on_sale:
            yield from item["card_ids"][item["next"] :]


def commission_is_what_its_entries_say(tables: Tables) -> Iterator[str]:
    """I4, I7, I8: two levels at most, no reversal beyond its entry; payable is Σ of the open entries."""
    by_distributor: dict[str, list[Record]] = {}
    for record in tables.records:
        if record.partition.startswith("dst_"):
            by_distributor.setdefault(record.partition, []).append(record)
    levels: Counter[str] = Counter()
    for distributor_id, records in by_distributor.items():
        net_fen = 0
        for entry_id in [record.entry_id for record in records if record.action == "COMMISSION"]:
            levels[entry_id.rpartition("_")[0]] += 1
            history = history_of(records, entry_id)
            assert history is not None
            net_fen += history.net_fen
            if history.net_fen < 0:
                yield f"{distributor_id}/{entry_id} has {history.net_fen} fen left"
        payable_fen, paid_fen = _payable_fen(distributor_id, records), _paid_out_fen(records)
        brought_fen = _payable_fen(distributor_id, [r for r in records if r.action == "OPENING"])
        if payable_fen != net_fen + brought_fen - paid_fen:
            said = f"{net_fen} + {brought_fen} brought - {paid_fen}"
            yield f"{distributor_id} is owed {payable_fen}, the open entries say {said}"
    for order, count in levels.items():
        if count > MAX_PAID_LEVELS:
            yield f"{order} pays {count} levels"


def every_pot_holds_its_entries(tables: Tables) -> Iterator[str]:
    """I4: what is frozen in a pot is Σ net of the entries of its present filling, and what was brought."""
    expected: Counter[tuple[str, str]] = Counter()
    fillings = {
        (item["pk"], item["sk"].partition("#")[2]): item.get("filling", 0) for item in tables.accounts
    }
    records = [record for record in tables.records if record.partition.startswith("dst_")]
    for record in records:
        if record.action == "OPENING" and (pot := (record.partition, str(record.about.get("release", "")))):
            expected[pot] += 0 if fillings.get(pot, 0) else _frozen_fen(record)
        if record.action != "COMMISSION":
            continue
        history = history_of([r for r in records if r.partition == record.partition], record.entry_id)
        assert history is not None
        pot = (record.partition, history.pot)
        if history.filling == fillings.get(pot, 0):
            expected[pot] += history.net_fen
    for item in tables.accounts:
        pot = (item["pk"], item["sk"].partition("#")[2])
        if pot[1] and item["frozen_fen"] != expected[pot]:
            yield f"the pot {pot} holds {item['frozen_fen']}, its entries {expected[pot]}"


def _frozen_fen(record: Record) -> int:
    return -sum(fen for name, fen in record.lines if ledger.account_type(name) == "L:COMM_FROZEN")


def no_open_pot_is_overlooked(tables: Tables) -> Iterator[str]:
    """The pots of days before the first that may be open are empty: no balance reads them."""
    since = {item["pk"]: item.get("open_since", "") for item in tables.accounts if item["sk"] == "main"}
    for item in tables.accounts:
        day = item["sk"].partition("#")[2]
        if day and day < since.get(item["pk"], "") and item["frozen_fen"]:
            yield f"{item['pk']} has {item['frozen_fen']} fen in the pot {day}, before {since[item['pk']]}"


def _payable_fen(distributor_id: str, records: Iterable[Record]) -> int:
    """Frozen, available and held, less what the distributor owes."""
    types = {"L:COMM_FROZEN", "L:COMM_AVAIL", "L:WD_HOLD", "A:CLAWBACK"}
    folded = fold(records).items()
    return -sum(fen for account, fen in folded if ledger.account_type(account) in types)


def _paid_out_fen(records: Iterable[Record]) -> int:
    """Gross of the withdrawals that were paid and not sent back."""
    types = {"A:BANK_OPER", "L:TAX_IIT", "I:FEE"}
    lines = [line for record in records for line in record.lines]
    return -sum(line.amount_fen for line in lines if ledger.account_type(line.account) in types)


def statements_lead_to_the_balances(tables: Tables) -> Iterator[str]:
    """The last line of each statement has the version and the balances of its item."""
    lines = _lines(tables)
    for guard, item in _guarded(tables):
        if not item.get("version"):
            continue  # imported, and nothing has happened to it
        own = lines.get(guard.owner, [])
        if not own or own[-1]["version"] != item["version"]:
            yield f"{guard} is at version {item['version']}, its statement has {len(own)} lines"
        elif any(own[-1]["balances"][name] != item.get(name, 0) for name in own[-1]["balances"]):
            yield f"{guard} differs from its last line {own[-1]['balances']}"


def statements_have_no_gap(tables: Tables) -> Iterator[str]:
    """I10: versions count without a gap, and every line follows from the one before."""
    for owner, lines in _lines(tables).items():
        wrong = broken_versions(lines)
        if wrong:
            yield f"the statement of {owner} is broken at {wrong}"


def _lines(tables: Tables) -> dict[str, Items]:
    lines: dict[str, Items] = {}
    for item in sorted(tables.views, key=lambda item: item.get("version", 0)):
        if "previous_hash" in item:
            lines.setdefault(item["owner"], []).append(item)
    return lines


LAWS: tuple[Callable[[Tables], Iterator[str]], ...] = (
    records_balance_and_are_what_they_say,
    balances_are_the_fold_of_the_journal,
    nothing_is_negative_or_above_its_cap,
    what_is_owed_to_card_holders_is_on_their_cards,
    a_paid_order_has_one_posting,
    channels_and_payers_are_even,
    cards_and_orders_agree,
    what_can_be_taken_is_in_stock,
    commission_is_what_its_entries_say,
    every_pot_holds_its_entries,
    no_open_pot_is_overlooked,
)
