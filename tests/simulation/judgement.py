"""The judgement: is what stands in the tables at the end what must stand there?

The invariants that every end-to-end test asks for, the statements, and three truths
from elsewhere: commission calculated apart, what the parties outside really moved,
and the stock as its cards say.
"""

from collections import Counter
from collections.abc import Iterator

from bench.demo.commission import earned
from chalicelib.domain.alert import Alert, AlertState, alert_of
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.commission_entry import history_of, order_id_of
from chalicelib.domain.record import Record
from chalicelib.store.values import from_item
from tests.e2e.invariants import Tables, broken, broken_views
from tests.e2e.platform_invariants import broken_books
from tests.simulation.allocated import allocations_are_sound
from tests.simulation.campaigns import allowed, grants_of, plans_of, purses_gave_what_was_granted
from tests.simulation.decisions import decided_twice
from tests.simulation.world import World

EXPENSE = "E:COMMISSION"


def judged(world: World) -> list[str]:
    """Everything that is wrong; nothing, if all is well."""
    tables = Tables.read(world.items)
    return [
        *broken(tables),
        *broken_views(tables),
        *broken_books(tables),
        *decided_twice(tables.records),
        *commission_is_what_the_model_says(world, tables),
        *purses_gave_what_was_granted(world, tables),
        *what_is_suspected_is_held(world, tables),
        *allocations_are_sound(tables, untold_of(world)),
        *the_parties_moved_what_the_books_say(world, tables),
    ]


def untold_of(world: World) -> set[str]:
    """The partitions of which the stream forgot a record before the reader of the journal had it."""
    lost = [record for reader, record in world.streams.forgotten if reader == "project_journal"]
    return {record["dynamodb"]["Keys"]["pk"]["S"] for record in lost}


def commission_is_what_the_model_says(world: World, tables: Tables) -> Iterator[str]:
    """(7): every paid order earned what a calculation of its own says, and keeps it after its refunds."""
    known = plans_of(world)
    granted = grants_of(world)
    first: Counter[tuple[str, str]] = Counter()
    kept: Counter[tuple[str, str]] = Counter()
    for record in tables.records:
        if record.entry_id.startswith("cme_"):
            fen = sum(line.amount_fen for line in record.lines if line.account == EXPENSE)
            key = (record.partition, record.entry_id.partition("#")[0])
            kept[key] += fen
            first[key] += fen if record.action == "COMMISSION" else 0
    for order in tables.orders:
        if not order.get("plan_id") or not order.get("paid_at"):
            continue
        for one in earned(order, known[order["plan_id"]], allowed(order, known, granted)):
            key = (one.distributor_id, f"cme_{order['sk'][16:]}_{order['sk'][4:16]}_{one.level}")
            found = first.pop(key, None), kept.pop(key, None)
            if found != (one.first_fen, one.kept_fen):
                yield f"{key} of {order['state']} has {found}, the model says {one.first_fen, one.kept_fen}"
    for key in first:
        yield f"{key} was paid, and the model says nothing of it"


def what_is_suspected_is_held(world: World, tables: Tables) -> Iterator[str]:
    """Commission of an order under suspicion waits in the risk pot, unless it was free before."""
    entries: dict[str, list[Record]] = {}
    for record in tables.records:
        if record.action == "COMMISSION":
            entries.setdefault(order_id_of(record.entry_id), []).append(record)
    for item in world.items("work"):
        if item["pk"]["S"].startswith("alerts#"):
            alert = alert_of(from_item(item))
            for entry in entries.get(alert.order_id, ()):
                yield from _wrongly_held(world, tables, alert, entry)


def _wrongly_held(world: World, tables: Tables, alert: Alert, entry: Record) -> Iterator[str]:
    history = history_of([r for r in tables.records if r.partition == entry.partition], entry.entry_id)
    assert history is not None
    is_wanted = "COMMISSION" in alert.held and alert.state is not AlertState.CLEARED
    could_be = history.net_fen > 0 and str(entry.about["release"]) > day_text(business_date(world.now()))
    if history.is_held and history.net_fen > 0 and not is_wanted:
        yield f"{entry.record_id} is held, and its alert is {alert.state}"
    if is_wanted and could_be and not history.is_held:
        yield f"{entry.record_id} is not held, and its alert is {alert.state}"


def the_parties_moved_what_the_books_say(world: World, tables: Tables) -> Iterator[str]:
    """What channel, oil company and bank did, against what was booked."""
    done = world.payment.refunds.done
    refunded_fen = sum(request[1] for request, told in done.values() if told.state != "FAILED")  # type: ignore[misc]
    booked_fen = sum(
        line.amount_fen
        for record in tables.records
        if record.action == "REFUND_PAID_OUT"
        for line in record.lines
        if line.amount_fen > 0
    )
    if refunded_fen != booked_fen:
        yield f"the channel gave back {refunded_fen} fen, the books say {booked_fen}"
    paid = {
        one.payment_id: one.amount_fen for one in world.payment.payments.values() if one.state == "SUCCEEDED"
    }
    receipts = {str(r.about["payment"]): r for r in tables.records if r.partition.startswith("pay_")}
    payable = {order.order_id: order.payable_fen for order in tables.all_orders}
    wrong = {
        one.payment_id
        for one in world.payment.payments.values()
        if one.amount_fen != payable.get(one.order_id)
    }
    forgotten = [r for reader, r in world.streams.forgotten if reader == "watch_orders"]
    untold = {f"PY-{record['dynamodb']['Keys']['sk']['S']}" for record in forgotten}
    # Nobody sets the timer of an order that no reader was told of: its payment is on the daily bill.
    for payment_id in (
        (paid.keys() ^ receipts.keys()) - wrong - untold
    ):  # another amount is for the office to book
        yield f"the payment {payment_id} is known to {'the channel' if payment_id in paid else 'us'} alone"
    yield from _payouts(world, tables)


def _payouts(world: World, tables: Tables) -> Iterator[str]:
    """What the bank paid is booked once; what it sent back may be booked until somebody gives it back."""
    booked: Counter[str] = Counter()
    for record in tables.records:
        if record.action == "WITHDRAWAL_PAID":
            sent = sum(line.amount_fen for line in record.lines if line.account == "A:BANK_OPER")
            booked[record.entry_id.partition("#")[0]] -= sent
    payouts = world.bank.payouts
    for withdrawal_id, (request, _) in payouts.done.items():
        state, net_fen = payouts.query(withdrawal_id).state, request[1]
        booked_fen = booked.pop(withdrawal_id, 0)
        allowed = {"SUCCEEDED": {net_fen}, "RETURNED": {net_fen, 0}}.get(state, {0})
        if booked_fen not in allowed:
            yield f"the bank says {state} of {net_fen} fen for {withdrawal_id}, booked are {booked_fen}"
    for withdrawal_id in booked:
        yield f"{withdrawal_id} is booked as paid, and the bank knows nothing of it"
