"""The settling: once nothing goes wrong any more, does everything pending become final, and how soon?

The schedules run, readers read on, what was given up is handed over again, and the
office decides what waits for a person. After a bound nothing may be left.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.domain import reconciling, unpaid
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.card_batch import UNDER_WAY
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.store.orders import from_values
from chalicelib.store.values import from_item
from chalicelib.usecases.ports import Command
from tests.e2e.invariants import Tables, broken_views
from tests.e2e.platform_invariants import broken_books
from tests.fakes.ulids import ulid_of_number
from tests.simulation import archived, bills
from tests.simulation.features import HOUR_MS
from tests.simulation.ground import STAFF, STOCKED
from tests.simulation.scheduler import Task, draw
from tests.simulation.stories import Operation
from tests.simulation.world import World

SCHEDULES = ("query_unknown", "release_commission", "close_books")
# What is not final until the sweep of unpaid orders and of stock has come.
SWEPT = (" is PENDING_PAY", " is CREATED", " can be taken, ", " was missed by its timer")
RECONCILER = "reconcile_commission"
REPAIR = (RECONCILER, "fold_balances")
MINUTE_MS = 60_000
# Minutes between two looks: close together at first, then hours; two virtual days in all.
STRIDES = (1, 1, 2, 3, 5, 5, 10, 10, 15, 20, 30, 30, 45, 60, 60, 90, 120, 120, 180, 240, 240, 360, 480, 720)
NIGHTS = (480, 480, 480) * 3  # what the streams forgot is made good by the jobs of the night
OPEN_ORDERS = frozenset(
    {
        OrderState.CREATED,
        OrderState.PENDING_PAY,
        OrderState.FULFILLING,
        OrderState.REFUNDING,
        OrderState.RISK_HOLD,
    }
)
OPEN_REFUNDS = frozenset(RefundState) - {RefundState.SUCCEEDED, RefundState.REJECTED}


def settle(world: World, story: Mapping[int, Operation], without: frozenset[str] = frozenset()) -> list[str]:
    """Heal the world and let its time pass; what is still not final at the bound.

    `without`: schedules that do not run, so nothing is asked of what they alone can heal.
    """
    world.heal()
    healed_ms = world.scheduler.now_ms
    world.run_for(MINUTE_MS)
    left: list[str] = []
    for number, minutes in enumerate(STRIDES + NIGHTS):
        if number >= len(STRIDES) and not world.streams.forgotten:
            break
        world.run_for(minutes * MINUTE_MS)
        world.streams.redrive()
        _verdicts(world, number)
        _woken(world, number)
        for function in _schedules(world, left):
            if function not in without:
                _tick(world, function, number)
        _drain(world)
        if minutes > unpaid.MINUTES_AT_ONCE and "sweep_unpaid" not in without:
            _swept_up_to_now(world, number)
        left = _left(world, healed_ms, without)
        if not left:
            return []
    hours = (world.scheduler.now_ms - healed_ms) // HOUR_MS
    return [f"not final after {hours} hours: {sentence}" for sentence in left]


def _left(world: World, healed_ms: int, without: frozenset[str]) -> list[str]:
    """What is not final; what costs most to look at comes last, and only when the rest is."""
    found = [*pending(world), *archived.not_sealed(world), *bills.not_billed(world)]
    if not found and RECONCILER not in without:
        found += _not_reconciled(world, healed_ms)
    return found or list(_views_left_behind(world))


def _schedules(world: World, left: list[str]) -> tuple[str, ...]:
    """Those that have something to do in this world; `left`: what was not final at the last look.

    The sweep reads a row of every minute that has passed, which is a third of all calls of a world.
    """
    is_swept = not left or any(sign in sentence for sentence in left for sign in SWEPT)
    return (
        *SCHEDULES,
        *(("sweep_unpaid",) if is_swept else ()),
        *(REPAIR if world.streams.forgotten else ()),
        *(("seal_archive",) if archived.is_archived(world) else ()),
        *(("reconcile_channels",) if world.features.with_bills else ()),
    )


def _swept_up_to_now(world: World, number: int) -> None:
    """It runs all the time, and catches up two hours at once: only here is it behind after a stride."""
    for again in range(unpaid.ROWS_KEPT // timedelta(minutes=unpaid.MINUTES_AT_ONCE)):
        cursor = bootstrap.documents().get(unpaid.TABLE, *unpaid.CURSOR) or {"minute": 0}
        if not unpaid.minutes_to_sweep(cursor["minute"], world.now()):
            return
        _tick(world, "sweep_unpaid", number, f"/{again}")
        _drain(world)


def _drain(world: World) -> None:
    """Let tasks and readers come to their ends; delayed messages wait for their own time."""
    for _ in range(60):
        world.run_for(1_000)
        if world.streams.quiet and not _busy(world):
            return


def _busy(world: World) -> bool:
    return any(not name.startswith(("order_timers", "imports")) for name in world.scheduler.alive)


def _tick(world: World, function: str, number: int, again: str = "") -> None:
    def ended(task: Task) -> None:
        world.complaints.raised(f"schedule {function}", task.error)

    name = f"settling/{function}/{number}{again}"
    world.scheduler.spawn(name, lambda: world.tick(function), world.scheduler.now_ms + 1, ended)


def _verdicts(world: World, number: int) -> None:
    """The office looks at every open alert, at last."""
    for position, item in enumerate(world.items("work")):
        if not item["pk"]["S"].startswith("alerts#") or item["state"]["S"] != "OPEN":
            continue
        alert_id = item["alert_id"]["S"]
        is_fraud = draw(world.seed, position) % 2 == 0
        key = ulid_of_number(world.now(), 10**14 + number * 1_000 + position)
        command = Command(STAFF["risk"], key, world.now(), "verdict", "looked at")

        def decide(command: Command = command, alert_id: str = alert_id, is_fraud: bool = is_fraud) -> object:
            return bootstrap.clear_alert()(command, alert_id, is_fraud)

        def ended(task: Task, alert_id: str = alert_id) -> None:
            world.complaints.raised(f"verdict of {alert_id}", task.error)

        world.scheduler.spawn(f"verdict/{alert_id}/{number}", decide, world.scheduler.now_ms + 1, ended)


def _woken(world: World, number: int) -> None:
    """The office commits again every batch whose job stands still."""
    for position, batch in enumerate(bootstrap.register_batch().page("", 100)):
        if batch.state in UNDER_WAY:
            key = ulid_of_number(world.now(), 10**13 + number * 1_000 + position)
            command = Command(STAFF["office"], key, world.now(), "commit", "woken")
            bootstrap.register_batch().commit(command, batch.batch_id)


def pending(world: World) -> Iterator[str]:
    """What is not final yet, and should be."""
    if not world.streams.quiet:
        yield "a reader has not read everything"
    if world.timers.in_flight:
        yield "the timer of an order"
    if world.imports.in_flight:
        yield "a message of the imports queue"
    for batch in bootstrap.register_batch().page("", 100):
        if batch.state in UNDER_WAY:
            yield f"the batch {batch.batch_id} is {batch.state}"
    for item in world.items("work"):
        if item["pk"]["S"].startswith("due#"):
            yield f"the due row {item['sk']['S']}"
    for item in world.items("orders"):
        yield from _open(from_values(from_item(item)))
    yield from _not_swept(world)
    yield from _overdue_pots(world)
    yield from _not_for_sale(world)


def _not_swept(world: World) -> Iterator[str]:
    """Orders without a timer, paid otherwise or closed by now: their channel is asked by the sweep alone."""
    missed = {json.loads(body)["order"] for body in world.timers.missed}
    if not missed:
        return
    cursor = bootstrap.documents().get(unpaid.TABLE, *unpaid.CURSOR) or {"minute": 0}
    for item in world.items(unpaid.TABLE):
        kind, _, minute = item["pk"]["S"].partition("#")
        order_id = item["sk"]["S"]
        is_ahead = kind == "unpaid" and int(minute) > cursor["minute"]
        # Of another amount its channel tells for as long as the row is kept, and the office decides.
        if is_ahead and order_id in missed and not _paid_another_amount(world, order_id):
            yield f"{order_id} was missed by its timer"


def _paid_another_amount(world: World, order_id: str) -> bool:
    payment, asked_fen = world.payment.payments.get(order_id), world.payment.asked_fen.get(order_id)
    return payment is not None and payment.amount_fen != asked_fen


def _not_reconciled(world: World, healed_ms: int) -> Iterator[str]:
    """What the streams forgot is found by the next way through all orders."""
    if any(reader == "pay_commission" for reader, _ in world.streams.forgotten):
        item = bootstrap.documents().get(reconciling.TABLE, *reconciling.SWEEP)
        sweep = reconciling.sweep_of(item)
        since_ms = max(healed_ms, world.streams.forgot_ms)
        if not sweep.is_done or sweep.start_ms < since_ms + 2 * MINUTE_MS:
            yield "the reconciler has not gone through all orders since"


def _views_left_behind(world: World) -> Iterator[str]:
    """What the streams forgot of the statements and the platform's books is found by the fold of a night."""
    if any(reader.startswith("project") for reader, _ in world.streams.forgotten):
        tables = Tables.read(world.items)
        yield from broken_views(tables) + broken_books(tables)


def _not_for_sale(world: World) -> Iterator[str]:
    """Cards in stock that nobody can take."""
    in_stock = Counter(
        item["sku_id"]["S"] for item in world.items("cards") if item["state"]["S"] == "IN_STOCK"
    )
    for item in STOCKED:
        count = bootstrap.stock().count(item.sku_id)
        if count != in_stock[item.sku_id]:
            yield f"{count} cards of {item.sku_id} can be taken, {in_stock[item.sku_id]} are in stock"


def _open(order: Order) -> Iterator[str]:
    if any(refund.state == "MANUAL" for refund in order.refunds):
        return  # a person of the office brings it to its payer
    if order.state in OPEN_ORDERS:
        yield f"{order.order_id} is {order.state}"
    for refund in order.refunds:
        if refund.state in OPEN_REFUNDS:
            yield f"{order.order_id} has the refund {refund.refund_id} in {refund.state}"


def _overdue_pots(world: World) -> Iterator[str]:
    today = day_text(business_date(world.now()))
    for item in world.items("accounts"):
        day = item["sk"]["S"].partition("#")[2]
        if day.isdigit() and day <= today and item.get("frozen_fen", {"N": "0"})["N"] != "0":
            yield f"{item['pk']['S']} has {item['frozen_fen']['N']} fen frozen until {day}"
