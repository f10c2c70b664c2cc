"""The deeds of the office and of channels: who decides, and whose word comes when?"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.alert import alert_id_of
from chalicelib.domain.card_batch import ControlTotals
from chalicelib.domain.distributor import DistributorState
from chalicelib.domain.errors import Refusal
from chalicelib.domain.ids import distributor_id_of, owned_id
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.withdrawal import REVIEW_ROLES
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.refund_order import RefundWish
from tests.e2e.batch_world import file_of
from tests.e2e.shop import AGENT_STOCK
from tests.fakes.ulids import ulid_of_number
from tests.simulation.deeds import Doing, NothingToDo, key_of, person_of, wish_of
from tests.simulation.ground import STAFF, a_plan
from tests.simulation.scheduler import Task, draw
from tests.simulation.world import BEGIN, World

BY_ROLE = {"finance": STAFF["finance"], "risk": STAFF["risk"], "admin": STAFF["admin"]}
TOLD_MAX = 4  # a channel tells a payment so often, until somebody thanks it


def pay(doing: Doing) -> Any:
    """The buyer pays on the channel's page; its word comes once, twice, late, wrong or never."""
    world, operation = doing.world, doing.operation
    payment = world.payment.payments.get(doing.order_id)
    if payment is None or payment.state != "PENDING" or world.now() >= payment.expires_at:
        raise NothingToDo()
    if operation.chance(4, 1):
        world.payment.cancel(doing.order_id)
        return "left"
    if operation.chance(4, 2):  # the payer sends another amount, and the channel takes it
        wrong = replace(payment, amount_fen=max(1, payment.amount_fen + operation.one_of((-1, 1), 2)))
        world.payment.payments[doing.order_id] = wrong
    world.payment.pay(doing.order_id)
    paid = world.payment.payments[doing.order_id]
    assert paid.at is not None
    notice = PaymentNotice("sandbox", paid.order_id, paid.payment_id, paid.amount_fen, "SUCCEEDED", paid.at)
    copies = operation.one_of((1, 1, 1, 1, 2, 3, 0), 3)
    for copy in range(copies):
        late = operation.chance(15, 4)
        delay_ms = draw(operation.draws[5], copy) % (1_800_000 if late else 3_000)
        tell(world, f"word{operation.index}.{copy}", notice, world.scheduler.now_ms + delay_ms, 1)
    return "paid"


def tell(world: World, name: str, notice: PaymentNotice, at_ms: int, times: int) -> None:
    """The channel's signed word; it is repeated until it is thanked for."""

    def ended(task: Task) -> None:
        world.complaints.raised(name, task.error)
        said = task.error.code if isinstance(task.error, Refusal) else type(task.error).__name__
        world.answers[f"callback {said if task.error else 'done'}"] += 1
        if task.error is not None and times < TOLD_MAX:
            tell(world, name, notice, world.scheduler.now_ms + 15_000 * times, times + 1)

    world.scheduler.spawn(
        f"{name}/{times}", lambda: bootstrap.settle_payment()(notice, world.now()), at_ms, ended
    )


def withdrawal_id_of(doing: Doing) -> str:
    about = doing.about
    return owned_id("wdr", person_of(doing.world, about), key_of(about))


def _reviewer(doing: Doing, withdrawal_id: str) -> Actor:
    """Mostly the one whose turn it is."""
    if doing.operation.chance(10, 0):
        return doing.operation.one_of(list(STAFF.values()), 1)
    filed = bootstrap.withdrawal_file().read(withdrawal_id)
    return BY_ROLE.get(REVIEW_ROLES.get(filed.state, "risk"), STAFF["risk"])


def approve(doing: Doing) -> Any:
    withdrawal_id = withdrawal_id_of(doing)
    command = doing.command(_reviewer(doing, withdrawal_id))
    return bootstrap.decide_withdrawal()(command, withdrawal_id, Verdict.APPROVE)


def reject(doing: Doing) -> Any:
    withdrawal_id = withdrawal_id_of(doing)
    command = doing.command(_reviewer(doing, withdrawal_id))
    return bootstrap.decide_withdrawal()(command, withdrawal_id, Verdict.REJECT)


def pay_out(doing: Doing) -> Any:
    return bootstrap.pay_withdrawal()(doing.command(STAFF["cashier"]), withdrawal_id_of(doing))


def give_back(doing: Doing) -> Any:
    return bootstrap.pay_withdrawal().give_back(doing.command(STAFF["cashier"]), withdrawal_id_of(doing))


def verdict(doing: Doing) -> Any:
    order = doing.order()
    if order.paid_at is None:
        raise NothingToDo()
    is_fraud = doing.operation.chance(50, 0)
    alert_id = alert_id_of(order.order_id, order.paid_at)
    return bootstrap.clear_alert()(doing.command(STAFF["risk"]), alert_id, is_fraud)


def office_refund(doing: Doing) -> Any:
    return bootstrap.refund_order()(doing.command(STAFF["office"]), wish_of(doing), own=False)


def refund_earlier(doing: Doing) -> Any:
    """One of the orders from before comes back, whose commission is free, and perhaps paid out."""
    if not doing.world.ground.orders:
        raise NothingToDo()
    order_id = doing.operation.one_of(doing.world.ground.orders, 0)
    wish = RefundWish(order_id, amount_fen=doing.operation.one_of((0, 0, 10_000), 1))
    return bootstrap.refund_order()(doing.command(STAFF["office"]), wish, own=False)


def suspend(doing: Doing) -> Any:
    distributor_id = distributor_id_of(doing.operation.one_of(doing.world.ground.distributors, 0))
    states = (DistributorState.SUSPENDED, DistributorState.ACTIVE)
    state = doing.operation.one_of(states, 1)
    return bootstrap.suspend_distributor()(doing.command(STAFF["office"]), distributor_id, state)


def move(doing: Doing) -> Any:
    distributors = doing.world.ground.distributors
    mover, parent = (distributor_id_of(doing.operation.one_of(distributors, i)) for i in (0, 1))
    return bootstrap.move_distributor()(doing.command(STAFF["office"]), mover, parent)


def plan(doing: Doing) -> Any:
    """One drafts it, another one lets it into force."""
    chance = Random(doing.operation.draws[0])
    effective_at = BEGIN + timedelta(milliseconds=doing.operation.at_ms)
    drafted = a_plan(chance, f"plan{doing.operation.index}", effective_at)
    draft, simulate = doing.command(STAFF["office"]), doing.command(STAFF["finance"])
    try:
        bootstrap.publish_plan().draft(draft, drafted)
        bootstrap.simulate_plan()(simulate, drafted.plan_id)
    except Refusal as refusal:  # it was approved before the answer to it was lost
        if refusal.code not in ("PLAN_EXISTS", "PLAN_UNKNOWN"):
            raise
    approve = doing.command(STAFF["second"])
    return bootstrap.publish_plan().approve(approve, drafted.plan_id, f"pln_{draft.key}")


def import_batch(doing: Doing) -> Any:
    """A batch of cards is registered, uploaded and committed; now and then with a number that is known."""
    draws = doing.operation.draws
    content = file_of(3 + draws[0] % 10, first=40 * (draws[1] % 20))
    command = doing.command(STAFF["office"])
    totals = ControlTotals(
        content.count(b"\n") - 1, (content.count(b"\n") - 1) * AGENT_STOCK.face_fen, digest(content)
    )
    batch = bootstrap.register_batch()(command, AGENT_STOCK.sku_id, totals).batch
    doing.world.objects.contents[batch.file_key] = content
    again = replace(command, key=ulid_of_number(BEGIN, 10**6 + doing.operation.index))
    return bootstrap.register_batch().commit(again, batch.batch_id)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def ticking(function: str) -> Callable[[Doing], Any]:
    return lambda doing: doing.world.tick(function)


DEEDS: dict[str, Callable[[Doing], Any]] = {
    "pay": pay,
    "approve": approve,
    "reject": reject,
    "pay_out": pay_out,
    "give_back": give_back,
    "verdict": verdict,
    "office_refund": office_refund,
    "refund_earlier": refund_earlier,
    "suspend": suspend,
    "move": move,
    "plan": plan,
    "import_batch": import_batch,
    "release_commission": ticking("release_commission"),
    "query_unknown": ticking("query_unknown"),
    "sweep_unpaid": ticking("sweep_unpaid"),
    "close_books": ticking("close_books"),
    "reconcile_commission": ticking("reconcile_commission"),
    "reconcile_channels": ticking("reconcile_channels"),
    "seal_archive": ticking("seal_archive"),
}
