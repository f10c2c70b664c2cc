"""The reconciler: an order whose change the stream lost earns all the same; extra commission is told.

Where nobody says otherwise, the reader of the order stream never runs: its records are lost.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.business_time import day_text
from chalicelib.domain.change import PotChange
from chalicelib.domain.commission_entry import EXPENSE, entry_id_of, frozen
from chalicelib.domain.finding import (
    TABLE,
    FindingResolution,
    FindingState,
    Kind,
    finding_of,
    partition_of,
)
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.order import Order
from chalicelib.domain.record import Record
from chalicelib.domain.refund import Cause
from chalicelib.usecases.check_commission import Checked
from chalicelib.usecases.reconcile_commission import ReconcileCommission
from local.testing import World
from tests.e2e.counting_house import FINANCE
from tests.e2e.invariants import Tables, broken
from tests.e2e.tree import DAY, Tree, a_plan
from tests.e2e.vector_world import VectorWorld

LATER = timedelta(minutes=3)


@pytest.fixture
def vectors(world: World) -> Iterator[VectorWorld]:
    """Real sales; whatever a test does, the books are exact afterwards."""
    yield VectorWorld(world)
    assert broken(Tables.read(world.items)) == []


def archived(vectors: VectorWorld) -> None:
    """The reader of the journal's stream has written the archive; nobody read the orders' stream."""
    vectors.world.drain(only={"archive_journal"})


def reconciled(vectors: VectorWorld, after: timedelta = LATER) -> Checked:
    archived(vectors)
    return bootstrap.reconcile_commission()(vectors.tree.now + after)


def without_sweep(vectors: VectorWorld) -> None:
    """The sweep of this day and the next ones was done: only the archive tells of orders."""
    bootstrap.reconcile_commission()(vectors.tree.now + 2 * DAY)


def findings(kind: Kind) -> list[str]:
    return [item["sk"] for item in bootstrap.documents().query(TABLE, partition_of(kind))]


def sold(vectors: VectorWorld, chain: list[str], price_fen: int = 100_000) -> Order:
    return vectors.sold(vectors.card(price_fen), chain)


# ---------------------------------------------------------------- what is missing


def test_an_order_whose_stream_record_was_lost_earns_by_the_next_run_and_once(vectors: VectorWorld) -> None:
    vectors.plan()
    order = sold(vectors, vectors.chain())
    assert vectors.entries(order) == [0, 0]
    assert reconciled(vectors).emitted == 2
    assert vectors.entries(order) == [800, 300]
    assert [reconciled(vectors).emitted for _ in range(2)] == [0, 0]
    vectors.follow()  # the record was not lost, only late
    assert vectors.tree.fold()["E:COMMISSION"] == 1_100
    assert findings(Kind.COMMISSION_EXTRA) == findings(Kind.COMMISSION_DIFFERS) == []


def test_an_order_that_the_stream_gave_up_earns_once_its_plan_is_there(world: World) -> None:
    tree = Tree(world)
    root, seller = tree.line(2)
    order = tree.order(seller, root, plan_id="late")
    world.drain(only={"pay_commission"}, failures_allowed=True)
    letters = world.client("s3").list_objects_v2(Bucket=world.environment["BUCKET_DEAD_LETTERS"])
    assert letters["KeyCount"] == 1
    reconcile = bootstrap.reconcile_commission()
    assert reconcile(tree.now + LATER).failed == {order.order_id}
    tree.publish(a_plan("late"))
    assert reconcile(tree.now + LATER).emitted == 2
    assert (tree.balances(seller)[1], tree.balances(root)[1]) == (800, 300)


def test_the_archive_alone_tells_of_a_lost_order_without_the_sweep(vectors: VectorWorld) -> None:
    without_sweep(vectors)
    vectors.plan()
    order = sold(vectors, vectors.chain())
    assert reconciled(vectors).emitted == 2
    assert vectors.entries(order) == [800, 300]


def test_an_order_that_its_stream_still_has_two_minutes_for_is_left_alone(vectors: VectorWorld) -> None:
    without_sweep(vectors)
    vectors.plan()
    order = sold(vectors, vectors.chain())
    assert reconciled(vectors, timedelta(seconds=119)).emitted == 0
    assert vectors.entries(order) == [0, 0]
    assert reconciled(vectors, timedelta(seconds=120)).emitted == 2


def test_only_the_level_that_is_missing_is_written(vectors: VectorWorld) -> None:
    vectors.plan()
    order = sold(vectors, vectors.chain())
    first = bootstrap.pay_commission()
    plan = first.plan_of(order)
    first.enter(order, first.shares(order, plan)[1], plan, vectors.tree.now)
    assert reconciled(vectors).emitted == 1
    assert vectors.entries(order) == [800, 300]


def test_a_refund_whose_stream_record_was_lost_takes_its_commission_back(vectors: VectorWorld) -> None:
    vectors.plan()
    order = sold(vectors, vectors.chain())
    vectors.follow()
    vectors.shop.refund(order, vectors.shop.command(person_id=order.customer_id), cause=Cause.CUSTOMER)
    assert reconciled(vectors).emitted == 2
    assert (vectors.reversals(order, 1), vectors.reversals(order, 2)) == ([800], [300])
    assert reconciled(vectors).emitted == 0


def test_an_order_of_which_sale_and_refund_were_lost_earned_nothing_in_the_end(vectors: VectorWorld) -> None:
    vectors.plan()
    order = sold(vectors, vectors.chain())
    vectors.shop.refund(order, vectors.shop.command(person_id=order.customer_id))
    assert reconciled(vectors).emitted == 2
    assert vectors.tree.fold().get("E:COMMISSION", 0) == 0
    assert (vectors.entries(order), vectors.reversals(order)) == ([800, 300], [800])
    assert reconciled(vectors).emitted == 0


def test_the_records_of_25_hours_are_caught_up_with_by_the_archive(vectors: VectorWorld) -> None:
    without_sweep(vectors)
    vectors.plan()
    chain = vectors.chain()
    orders = []
    for _ in range(3):
        orders.append(sold(vectors, chain))
        vectors.tree.now += timedelta(hours=12, minutes=30)
    assert reconciled(vectors).emitted == 6
    assert [vectors.entries(order) for order in orders] == [[800, 300]] * 3


def test_reconciler_and_stream_at_the_same_moment_pay_once(vectors: VectorWorld) -> None:
    vectors.plan()
    chain = vectors.chain()
    orders = [sold(vectors, chain) for _ in range(6)]
    archived(vectors)
    now = vectors.tree.now + LATER
    pay, reconcile = bootstrap.pay_commission(), bootstrap.reconcile_commission()
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(reconcile, now) for _ in range(2)]
        work += [pool.submit(lambda: [pay(order, now) for order in orders]) for _ in range(2)]
        for one in work:
            one.result()
    assert [vectors.entries(order) for order in orders] == [[800, 300]] * 6
    assert vectors.tree.fold()["E:COMMISSION"] == 6_600
    assert findings(Kind.COMMISSION_EXTRA) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_conflicts_throttles_and_lost_answers_on_the_way_pay_nothing_twice(
    vectors: VectorWorld, seed: int
) -> None:
    vectors.plan()
    chain = vectors.chain()
    orders = [sold(vectors, chain) for _ in range(3)]
    vectors.shop.refund(orders[0], vectors.shop.command(person_id=orders[0].customer_id))
    archived(vectors)
    with vectors.world.faults(rate=0.15, seed=seed):
        for _ in range(3):
            bootstrap.reconcile_commission()(vectors.tree.now + LATER)
    assert sum(vectors.world.faults_done.values()) > 0
    assert [vectors.entries(order) for order in orders] == [[800, 300]] * 3
    assert (vectors.reversals(orders[0], 1), vectors.reversals(orders[0], 2)) == ([800], [300])
    assert findings(Kind.COMMISSION_EXTRA) == []


def test_a_purse_that_is_empty_now_is_no_reason_to_take_back_what_it_granted(vectors: VectorWorld) -> None:
    campaign = {"campaign_id": "c1", "budget_fen": 500}
    extra = {"rule_id": "x", "kind": "PERCENT", "value": 580, "level": 1, "scope": {"campaign_id": "c1"}}
    base = {"rule_id": "r1", "kind": "PERCENT", "value": 80, "level": 1}
    vectors.plan(base, extra, campaigns=[campaign])
    chain = vectors.chain()
    first, second = sold(vectors, chain, 10_000), sold(vectors, chain, 10_000)
    assert reconciled(vectors).emitted == 2
    earned = [vectors.entries(first)[0], vectors.entries(second)[0]]
    assert sorted(earned) == [80, 580]
    bootstrap.reconcile_commission().sweep_all(vectors.tree.now + LATER)
    assert [vectors.entries(first)[0], vectors.entries(second)[0]] == earned
    assert findings(Kind.COMMISSION_DIFFERS) == findings(Kind.COMMISSION_EXTRA) == []


def test_a_payment_that_no_check_ever_saw_is_checked(vectors: VectorWorld) -> None:
    vectors.plan()
    order = sold(vectors, vectors.chain())
    looked: list[str] = []
    check = replace(bootstrap.check_commission(), follow=lambda order, now: looked.append(order.order_id))
    archived(vectors)
    replace(bootstrap.reconcile_commission(), check=check)(vectors.tree.now + LATER)
    assert looked == [order.order_id]


# ---------------------------------------------------------------- the sweep


def swept(tree: Tree, now: datetime) -> Checked:
    return bootstrap.reconcile_commission()(now)


def test_what_both_streams_lost_is_found_by_the_sweep_of_the_day(world: World) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    root, seller = tree.line(2)
    orders = [tree.order(seller, root) for _ in range(3)]
    assert swept(tree, tree.now + LATER).emitted == 6
    late = tree.order(seller, root, paid_at=tree.now + timedelta(minutes=1))
    assert swept(tree, tree.now + 2 * LATER).emitted == 0, "one sweep a day"
    assert swept(tree, tree.now + DAY).emitted == 2
    assert len({order.order_id for order in (*orders, late)}) == 4
    assert tree.fold()["E:COMMISSION"] == 4_400


def test_a_sweep_looks_only_at_what_changed_since_the_last_one(world: World) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    root, seller = tree.line(2)
    tree.order(seller, root)
    assert swept(tree, tree.now + LATER).orders == 1
    assert swept(tree, tree.now + 2 * DAY).orders == 1, "sweeps overlap by a day"
    assert swept(tree, tree.now + 4 * DAY).orders == 0


def test_a_sweep_that_is_cut_off_after_every_page_goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    root, seller = tree.line(2)
    orders = [tree.order(seller, root, customer_id=next(tree.people)) for _ in range(4)]
    hurried = hurrying()
    runs = [hurried(tree.now + LATER).emitted for _ in range(6)]
    assert (sum(runs), max(runs)) == (2 * len(orders), 4), "two orders a page"
    assert hurried(tree.now + LATER).orders == 0


def hurrying() -> ReconcileCommission:
    """A reconciler whose term is always over, and whose pages hold two orders."""
    moments = iter(range(0, 10**9, 10**6))
    whole = bootstrap.check_commission()

    class SmallPages:
        get, get_many = whole.orders.get, whole.orders.get_many

        def page(self, after: tuple[str, str], limit: int) -> object:
            return whole.orders.page(after, 2)

    check = replace(whole, orders=SmallPages())
    return replace(bootstrap.reconcile_commission(), check=check, elapsed_ms=lambda: next(moments))


# ---------------------------------------------------------------- what is too many, and what is in the way


def planted(distributor_id: str, entry_id: str, at: datetime, amount_fen: int = 500) -> str:
    """An entry that nothing calls for, written as only a bug could write it."""
    pot = day_text(at.date())
    lines = [debit(EXPENSE, amount_fen), credit(frozen(distributor_id, pot), amount_fen)]
    about = {"release": pot, "sku": "sku_x", "why": []}
    record = Record(
        distributor_id, entry_id, "COMMISSION", at, "system", about, checked_lines("COMMISSION", lines)
    )
    bootstrap.books().commit(record, [PotChange(distributor_id, pot)])
    return record.record_id


def test_an_entry_that_nothing_calls_for_is_told_and_never_taken_away(vectors: VectorWorld) -> None:
    vectors.plan()
    order = sold(vectors, [vectors.tree.root()])
    vectors.follow()
    stranger = vectors.tree.root()
    extra = [
        planted(stranger, entry_id_of(order.order_id, 1), vectors.tree.now),
        planted(stranger, entry_id_of("ord_BBBBBBBBBBBB01JD3Q8Z6N5W4V3T2S1R0QPAMK", 1), vectors.tree.now),
    ]
    checked = reconciled(vectors)
    assert (sorted(checked.wrong), checked.emitted) == (sorted(extra), 0)
    assert sorted(findings(Kind.COMMISSION_EXTRA)) == sorted(extra)
    assert vectors.tree.balances(stranger)[1] == 1_000


def test_an_entry_of_other_content_than_the_rules_give_is_told(vectors: VectorWorld) -> None:
    vectors.plan()
    chain = vectors.chain()
    order = sold(vectors, chain)
    differing = planted(chain[0], entry_id_of(order.order_id, 1), vectors.tree.now)
    assert reconciled(vectors).wrong == {differing}
    assert findings(Kind.COMMISSION_DIFFERS) == [differing]


def test_a_finding_that_is_found_again_is_counted_and_keeps_its_first_moment(vectors: VectorWorld) -> None:
    note, now = bootstrap.note_finding(), vectors.tree.now
    note(Kind.COMMISSION_EXTRA, "dst_A/cme_1", "first", now)
    again = note(Kind.COMMISSION_EXTRA, "dst_A/cme_1", "again", now + DAY)
    assert (again.times, again.first_at, again.last_at, again.detail) == (2, now, now + DAY, "again")


def test_an_order_that_is_in_the_way_keeps_no_other_from_its_turn(vectors: VectorWorld) -> None:
    vectors.plan()
    chain = vectors.chain()
    poison, good = sold(vectors, chain), sold(vectors, chain)

    def follow(order: Order, now: datetime) -> None:
        if order.order_id == poison.order_id:
            raise RuntimeError("poison")

    reconcile = following(vectors, follow)
    assert reconcile(vectors.tree.now + LATER).failed == {poison.order_id}
    assert vectors.entries(good) == [800, 300]
    for _ in range(3):
        reconcile(vectors.tree.now + LATER)
    assert findings(Kind.COMMISSION_STUCK) == [poison.order_id]
    assert bootstrap.reconcile_commission()(vectors.tree.now + LATER).failed == set()
    assert vectors.entries(poison) == [800, 300]


def following(vectors: VectorWorld, follow: Callable[[Order, datetime], None]) -> ReconcileCommission:
    """The reconciler, whose paid orders are followed so."""
    archived(vectors)
    check = replace(bootstrap.check_commission(), follow=follow)
    return replace(bootstrap.reconcile_commission(), check=check)


def test_a_stuck_order_that_was_explained_stays_closed_at_the_next_try(vectors: VectorWorld) -> None:
    vectors.plan()
    sold(vectors, vectors.chain())

    def follow(order: Order, now: datetime) -> None:
        raise RuntimeError("poison")

    reconcile, now = following(vectors, follow), vectors.tree.now + LATER
    for _ in range(3):
        reconcile(now)
    (item,) = bootstrap.documents().query(TABLE, partition_of(Kind.COMMISSION_STUCK))
    resolve = bootstrap.resolve_finding()
    found = finding_of(item)
    command = vectors.tree.office(FINANCE, "finance", reason="its plan comes back tomorrow")
    resolve(command, found.finding_id, FindingResolution.EXPLAINED, found.detail)
    reconcile(now)
    again = resolve.read(found.finding_id)
    assert (again.state, again.times) == (FindingState.RESOLVED, found.times + 1)


# ---------------------------------------------------------------- what it costs


def test_an_order_that_is_in_order_costs_a_read_of_itself_and_of_its_entries(vectors: VectorWorld) -> None:
    without_sweep(vectors)
    vectors.plan()
    chain = vectors.chain()
    for _ in range(20):
        sold(vectors, chain)
    vectors.follow()
    archived(vectors)
    check = replace(bootstrap.check_commission(), follow=lambda order, now: None)
    reconcile = replace(bootstrap.reconcile_commission(), check=check)
    with vectors.world.metered() as reading:
        assert reconcile(vectors.tree.now + LATER).orders == 20
    units = reading()
    names = {name: vectors.world.table_name(name) for name in ("orders", "journal", "work")}
    assert units.read_units[names["orders"]] == 20 * 0.5
    assert units.read_units[names["journal"]] == 20 * 2 * 0.5
    assert units.write_units == {names["work"]: 1}, "how far it came, and nothing else"


def test_the_schedule_of_the_template_runs_it(world: World) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    tree.now -= timedelta(minutes=5)
    order = tree.order(*tree.line(2)[::-1])
    world.tick("reconcile_commission")
    assert tree.fold()["E:COMMISSION"] == 1_100
    assert order.chain
