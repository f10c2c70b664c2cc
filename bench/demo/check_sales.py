"""The sales check: did every order earn what it should, move what it says, and hand over real cards?"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.demo.checks import Check, check, unequal
from bench.demo.commission import Earned, RuleUnknown, earned
from bench.demo.reading import SHANGHAI, Item, Reading, Record, business_date

EXPENSE = "E:COMMISSION"
SALES = ("SALE_ISSUER", "SALE_AGENT", "SALE_FROM_CARD", "TOPUP_ISSUER", "TOPUP_AGENT")
NOT_SOLD = ("IN_STOCK", "RESERVED", "VOID", "DAMAGED", "PRODUCED")
SETTLED = ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "CLOSED", "RISK_HOLD", "PENDING_PAY", "CREATED")

Entries = dict[tuple[str, str], list[Record]]  # by distributor and entry: the entry and what followed


def sales_checks(reading: Reading, in_stock: dict[str, int]) -> list[Check]:
    """`in_stock`: the cards of each product that can be taken, as the API tells the office."""
    entries = _entries(reading)
    paid = [order for order in reading.orders if order.get("paid_at")]
    stocked = [card for card in reading.cards if card.get("batch_id")]
    return [
        check("every paid order was posted once", f"{len(paid)} paid orders", _orders(reading)),
        check(
            "commissions are those of a calculation of our own",
            f"{len(entries)} entries",
            _commissions(reading, entries),
        ),
        check(
            "commission earned = frozen + available + held + paid out − owed",
            f"{_earned_fen(reading)} fen",
            _whereabouts(reading),
        ),
        check("what is due is released, and nothing else", _released(reading), _releases(reading)),
        check(
            "stock is what the states of the cards say", f"{len(stocked)} cards", _stock(reading, in_stock)
        ),
    ]


def _orders(reading: Reading) -> Iterator[str]:
    sales: Counter[str] = Counter()
    paid_fen: dict[str, int] = defaultdict(int)
    for record in reading.records:
        if record.action in SALES:
            order_id = str(record.about["order"])
            sales[order_id] += 1
            paid_fen[order_id] += sum(
                fen
                for account, fen in record.lines
                if fen > 0 and account.startswith(("A:CHANNEL", "L:PREPAID"))
            )
    for order in reading.orders:
        order_id = order["sk"]
        returned = any(refund[2] == "PAYMENT" for refund in json.loads(order.get("refunds", "[]")))
        wanted = 1 if order.get("paid_at") and not returned else 0
        yield from unequal(f"the number of sales of {order_id}", sales[order_id], wanted)
        if wanted:
            yield from unequal(f"the payment of {order_id}", paid_fen[order_id], order["payable_fen"])
        if order["state"] not in SETTLED:
            yield f"{order_id} stands at {order['state']}"


def _entries(reading: Reading) -> Entries:
    found: Entries = defaultdict(list)
    for record in reading.records:
        if record.entry_id.startswith("cme_"):
            found[record.partition, record.entry_id.partition("#")[0]].append(record)
    return found


def _commissions(reading: Reading, entries: Entries) -> Iterator[str]:
    plans = {item["sk"]: json.loads(item["document"]) for item in reading.partition("catalog", "plans")}
    left = dict(entries)
    for order in reading.orders:
        if not order.get("plan_id"):
            continue
        plan = plans[order["plan_id"]]
        try:
            wanted = earned(order, plan)
        except RuleUnknown as unknown:
            yield f"{order['sk']}: {unknown}"
            continue
        for one in wanted:
            key = (one.distributor_id, f"cme_{order['sk'][16:]}_{order['sk'][4:16]}_{one.level}")
            yield from _entry(order, plan["hold_days"], one, key[1], left.pop(key, []))
    for owner, entry_id in left:
        yield f"{owner}/{entry_id} was paid, and nothing was earned"


def _entry(
    order: Item, hold_days: dict[str, int], one: Earned, entry_id: str, records: list[Record]
) -> Iterator[str]:
    first_fen = sum(record.moved_fen(EXPENSE) for record in records if record.action == "COMMISSION")
    kept_fen = sum(record.moved_fen(EXPENSE) for record in records)
    if order["state"] == "RISK_HOLD" and not records:
        return  # nothing is earned before somebody has looked
    yield from unequal(f"{one.distributor_id}/{entry_id}", first_fen, one.first_fen)
    yield from unequal(f"{one.distributor_id}/{entry_id} after refunds", kept_fen, one.kept_fen)
    release = business_date(order["paid_at"]) + timedelta(days=hold_days[order["use"].lower()])
    for record in records:
        if record.action == "COMMISSION":
            yield from unequal(f"the release of {entry_id}", record.about["release"], f"{release:%Y%m%d}")


def _earned_fen(reading: Reading) -> int:
    return reading.fold.get(EXPENSE, 0)


def _sum(reading: Reading, prefix: str) -> int:
    return sum(fen for account, fen in reading.fold.items() if account.startswith(prefix))


def _whereabouts(reading: Reading) -> Iterator[str]:
    paid_fen = 0
    for record in reading.records:
        if record.action in ("WITHDRAWAL_PAID", "WITHDRAWAL_SENT_BACK"):
            paid_fen -= sum(
                fen
                for account, fen in record.lines
                if account.split(":")[1] in ("BANK_OPER", "TAX_IIT", "FEE")
            )
    held_fen = -_sum(reading, "L:COMM_FROZEN:") - _sum(reading, "L:COMM_AVAIL:") - _sum(reading, "L:WD_HOLD:")
    found_fen = held_fen + paid_fen - _sum(reading, "A:CLAWBACK:")
    yield from unequal("where the earned commission is", found_fen, _earned_fen(reading))


def _pots(reading: Reading) -> Iterator[tuple[str, str, int]]:
    for item in reading.tables["accounts"]:
        if item["sk"].startswith("frozen#"):
            yield item["pk"], item["sk"].removeprefix("frozen#"), item["frozen_fen"]


def _released(reading: Reading) -> str:
    released = sum(record.action == "COMMISSION_RELEASE" for record in reading.records)
    waiting_fen = sum(fen for _, _, fen in _pots(reading))
    return f"{released} releases, {waiting_fen} fen wait"


def _releases(reading: Reading) -> Iterator[str]:
    today = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y%m%d}"
    for owner, day, fen in _pots(reading):
        if day <= today and fen:
            yield f"{owner} has {fen} fen frozen until {day}, which is over"
    for record in reading.records:
        if record.action == "COMMISSION_RELEASE":
            day = record.entry_id.split("_")[1]
            if day > f"{business_date(int(record.body['at'])):%Y%m%d}":
                yield f"{record.record_id} was released too early"


def _on_their_way_back(reading: Reading) -> set[str]:
    """Cards taken from the stock by a process that died before it sold them: a sweep puts them back."""
    returned = {item["sk"].removeprefix("back#"): item for item in reading.partition("stock", "sku_")}
    taken = {
        card_id
        for item in returned.values()
        for card_id in item.get("card_ids", ())[: item.get("next", 0)]
        if card_id not in returned
    }
    return taken | {card_id for card_id, item in returned.items() if item.get("claims", 0) > 0}


def _stock(reading: Reading, in_stock: dict[str, int]) -> Iterator[str]:
    missing = _on_their_way_back(reading)
    free = (card for card in reading.cards if card["state"] == "IN_STOCK" and card["pk"] not in missing)
    counted = Counter(card["sku_id"] for card in free)
    for sku_id in sorted(counted.keys() | in_stock.keys()):
        yield from unequal(f"{sku_id} in stock", in_stock.get(sku_id, 0), counted[sku_id])
    orders = {order["sk"]: order for order in reading.orders}
    for card in reading.cards:
        order = orders.get(card.get("order_id", ""))
        is_sold = card["state"] not in NOT_SOLD
        if is_sold and not card.get("holder_id"):
            yield f"{card['pk']} is {card['state']} and nobody holds it"
        if is_sold and card.get("batch_id") and (order is None or card["pk"] not in order["card_ids"]):
            yield f"{card['pk']} is {card['state']} and no order says so"
    handed_over = Counter(
        card_id
        for order in reading.orders
        if order["use"] == "CARD_SALE" and order["state"] != "CLOSED"
        for card_id in order.get("card_ids", ())
    )
    yield from (f"{card_id} was sold {times} times" for card_id, times in handed_over.items() if times > 1)
