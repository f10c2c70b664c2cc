"""The fold of the night: every balance against its journal, and what the streams lost made good.

A difference is planted as only a bug, or somebody with rights on the table, could make it.
Stream records are lost by never being read.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import ledger_fold
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.finding import Finding, FindingClosed, FindingResolution, FindingState, Kind
from chalicelib.domain.ledger import account_type, fold
from chalicelib.domain.order import Order
from chalicelib.domain.platform_books import lines_in
from chalicelib.domain.record import Record
from local.testing import World
from tests.e2e.counting_house import FINANCE
from tests.e2e.night import NIGHT, everything, findings, folded, read_streams, set_number, sold
from tests.e2e.shop import all_records
from tests.e2e.tree import DAY
from tests.e2e.vector_world import VectorWorld

pytestmark = pytest.mark.usefixtures("rights")


@pytest.fixture
def vectors(world: World) -> VectorWorld:
    made = VectorWorld(world)
    made.plan()
    return made


def totals_of(records: list[Record]) -> Counter[str]:
    """The balances of a fold of these records, by type of account."""
    totals: Counter[str] = Counter()
    for account, balance_fen in fold(records).items():
        totals[account_type(account)] += balance_fen
    return totals


def balances_and_orders(vectors: VectorWorld) -> list[str]:
    return [repr(sorted(map(repr, vectors.world.items(name)))) for name in ("accounts", "cards", "orders")]


# ---------------------------------------------------------------- differences


def test_a_world_in_order_has_no_difference_and_is_left_as_it_is(vectors: VectorWorld) -> None:
    sold(vectors)
    sold(vectors, 33_333)
    read_streams(vectors)
    before = everything(vectors.world)
    found = folded(vectors)
    assert (found.differences, found.unresolved, found.mended.gaps) == ({}, set(), set())
    records = all_records(vectors.world.items("journal"))
    assert found.records == len(records)
    assert +Counter(found.totals) == +totals_of(records) and sum(found.totals.values()) == 0
    assert everything(vectors.world) == before


def test_it_is_done_once_a_night(vectors: VectorWorld) -> None:
    sold(vectors)
    read_streams(vectors)
    fold = bootstrap.fold_balances()
    assert [fold(vectors.tree.now + after).has_run for after in (DAY, DAY, DAY, 2 * DAY)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_fen_too_many_on_a_card_an_account_and_a_pot_is_told_each_and_none_is_put_right(
    vectors: VectorWorld,
) -> None:
    chain = vectors.chain()
    (card_id,) = sold(vectors, chain=chain).card_ids
    read_streams(vectors)
    (pot,) = bootstrap.accounts().balances(chain[0]).frozen_fen
    set_number(vectors.world, "cards", {"pk": card_id}, "available_fen", 100_001)
    set_number(vectors.world, "accounts", {"pk": chain[0], "sk": "main"}, "available_fen", 7)
    set_number(vectors.world, "accounts", {"pk": chain[1], "sk": f"frozen#{pot}"}, "frozen_fen", 299)
    before = everything(vectors.world)
    assert folded(vectors).differences == {
        f"card|{card_id}|available_fen": 1,
        f"account|{chain[0]}|available_fen": 7,
        f"pot|{chain[1]}:{pot}|frozen_fen": 1,
    }
    assert everything(vectors.world) == before
    assert findings(Kind.LEDGER_DIFFERENCE)[f"card|{card_id}|available_fen"].endswith(
        "is +1 fen away from its journal"
    )


@pytest.mark.parametrize(
    "how, fen, state",
    [
        (FindingResolution.EXPLAINED, 100_001, FindingState.RESOLVED),
        (FindingResolution.EXPLAINED, 100_002, FindingState.OPEN),
        (FindingResolution.CORRECTED, 100_001, FindingState.OPEN),
    ],
)
def test_a_difference_that_somebody_closed_is_open_again_unless_it_is_just_what_was_explained(
    vectors: VectorWorld, how: FindingResolution, fen: int, state: FindingState
) -> None:
    (card_id,) = sold(vectors, chain=vectors.chain()).card_ids
    read_streams(vectors)
    set_number(vectors.world, "cards", {"pk": card_id}, "available_fen", 100_001)
    folded(vectors)
    about = f"card|{card_id}|available_fen"
    moment = vectors.tree.now
    finding_id = Finding(Kind.LEDGER_DIFFERENCE, about, "", moment, moment).finding_id
    resolve, command = bootstrap.resolve_finding(), vectors.tree.office(FINANCE, "finance", reason="seen")
    before = balances_and_orders(vectors)
    read = resolve.read(finding_id).detail
    resolved = resolve(command, finding_id, how, read)
    assert resolved == resolve(command, finding_id, how, read)
    assert (resolved.state, resolved.resolution) == (FindingState.RESOLVED, how)
    with pytest.raises(FindingClosed):
        resolve(vectors.tree.office(FINANCE, "finance", reason="seen"), finding_id, how, read)
    assert balances_and_orders(vectors) == before
    set_number(vectors.world, "cards", {"pk": card_id}, "available_fen", fen)
    vectors.tree.now += DAY
    assert folded(vectors).differences == {about: fen - 100_000}
    assert resolve.read(finding_id).state is state


def test_a_difference_that_was_explained_stays_closed_while_its_balance_moves_on(
    vectors: VectorWorld,
) -> None:
    chain = vectors.chain()
    sold(vectors, chain=chain)
    read_streams(vectors)
    (pot,) = bootstrap.accounts().balances(chain[0]).frozen_fen
    set_number(vectors.world, "accounts", {"pk": chain[0], "sk": f"frozen#{pot}"}, "frozen_fen", 805)
    about = f"pot|{chain[0]}:{pot}|frozen_fen"
    assert folded(vectors).differences == {about: 5}
    finding_id = Finding(Kind.LEDGER_DIFFERENCE, about, "", vectors.tree.now, vectors.tree.now).finding_id
    resolve, command = bootstrap.resolve_finding(), vectors.tree.office(FINANCE, "finance", reason="seen")
    resolve(command, finding_id, FindingResolution.EXPLAINED, resolve.read(finding_id).detail)
    sold(vectors, chain=chain)
    read_streams(vectors)
    assert bootstrap.accounts().balances(chain[0]).frozen_fen == {pot: 1_605}
    assert folded(vectors, after=NIGHT + DAY).differences == {about: 5}
    found = resolve.read(finding_id)
    assert (found.state, found.times) == (FindingState.RESOLVED, 2)


def test_a_balance_whose_item_is_gone_is_told(vectors: VectorWorld) -> None:
    chain = vectors.chain()
    (card_id,) = sold(vectors, chain=chain).card_ids
    read_streams(vectors)
    (pot,) = bootstrap.accounts().balances(chain[0]).frozen_fen
    client = vectors.world.client("dynamodb")
    client.delete_item(TableName=vectors.world.table_name("cards"), Key={"pk": {"S": card_id}})
    key = {"pk": {"S": chain[0]}, "sk": {"S": f"frozen#{pot}"}}
    client.delete_item(TableName=vectors.world.table_name("accounts"), Key=key)
    assert folded(vectors).differences == {
        f"card|{card_id}|available_fen": 100_000,
        f"pot|{chain[0]}:{pot}|frozen_fen": 800,
    }


@pytest.mark.parametrize("count", [1, 2], ids=["the count is true", "the count was altered too"])
def test_a_wrong_sum_of_a_closed_day_is_told_and_left_as_it_is(vectors: VectorWorld, count: int) -> None:
    sold(vectors)
    read_streams(vectors)
    bootstrap.close_books()(vectors.tree.now + NIGHT)
    day = day_text(business_date(vectors.tree.now))
    row = {"pk": "platform#A:CHANNEL:sandbox", "sk": f"day#{day}"}
    set_number(vectors.world, "views", row, "sum_fen", 99_999)
    set_number(vectors.world, "views", row, "count", count)
    before = everything(vectors.world)
    assert folded(vectors).differences == {f"platform|A:CHANNEL:sandbox|{day}": 1}
    assert everything(vectors.world) == before


def test_a_day_of_which_the_closed_sum_and_the_lines_are_both_wrong_tells_both(vectors: VectorWorld) -> None:
    order = sold(vectors)
    read_streams(vectors)
    bootstrap.close_books()(vectors.tree.now + NIGHT)
    account, day = "A:CHANNEL:sandbox", day_text(business_date(vectors.tree.now))
    (pack,) = bootstrap.documents().query("views", f"platform#{account}#{day}")
    alter(pack, order.order_id, 100_005)
    set_number(vectors.world, "views", {"pk": f"platform#{account}", "sk": f"day#{day}"}, "sum_fen", 99_999)
    name = f"platform|{account}|{day}"
    assert folded(vectors).differences == {name: 5}
    away = [f"{name} is {fen} fen away from its journal" for fen in ("-1", "+5")]
    assert findings(Kind.LEDGER_DIFFERENCE)[name] == "; ".join(away)


def test_a_line_of_the_platform_that_no_record_explains_is_told(vectors: VectorWorld) -> None:
    sold(vectors)
    read_streams(vectors)
    day = day_text(business_date(vectors.tree.now))
    row = {"amount_fen": 5, "at": 1, "action": "SALE_ISSUER"}
    bootstrap.documents().put("views", f"platform#A:CHANNEL:sandbox#{day}", "cus_X/ord_X", row)
    assert folded(vectors).differences == {f"platform|A:CHANNEL:sandbox|{day}": 5}


def alter(pack: dict[str, Any], order_id: str, amount_fen: int) -> None:
    """Write another amount into an order's line of a pack of the platform's lines."""
    (alike,) = [each for each in pack["lines"] if any(order_id in record_id for record_id in each["fen"])]
    (record_id,) = [record_id for record_id in alike["fen"] if order_id in record_id]
    alike["fen"][record_id] = amount_fen
    values = {name: content for name, content in pack.items() if name not in ("pk", "sk")}
    bootstrap.documents().put("views", pack["pk"], pack["sk"], values)


def test_a_line_of_which_one_copy_was_altered_is_told_and_one_that_is_lacking_is_not(
    vectors: VectorWorld,
) -> None:
    """The batch came again, cut otherwise: each line of it is there twice."""
    order, _ = sold(vectors), sold(vectors)
    read_streams(vectors)
    account, day = "A:CHANNEL:sandbox", day_text(business_date(vectors.tree.now))
    paid = [r for r in vectors.tree.records() if any(line.account == account for line in r.lines)]
    for record in paid:
        bootstrap.project_journal()([record], vectors.tree.now)
    packs = bootstrap.documents().query("views", f"platform#{account}#{day}")
    (both,) = [pack for pack in packs if len(list(lines_in(pack))) == 2]
    assert len(packs) == 3
    assert folded(vectors).differences == {}
    bootstrap.documents().delete("views", both["pk"], both["sk"])
    assert folded(vectors, after=NIGHT + DAY).differences == {}
    alter(both, order.order_id, 100_005)
    assert folded(vectors, after=NIGHT + 2 * DAY).differences == {f"platform|{account}|{day}": 100_005}


# ---------------------------------------------------------------- while the world goes on


def test_operations_in_flight_are_no_difference(vectors: VectorWorld) -> None:
    """Sales, commission and refunds go on between every two pages of the fold."""
    chain = vectors.chain()
    for _ in range(3):
        sold(vectors, chain=chain)
    fold = bootstrap.fold_balances()
    busy = replace(fold, pages=Interrupted(fold.pages, lambda: one_more(vectors, chain)))
    busy = replace(busy, again=replace(busy.again, pages=busy.pages))
    found = folded(vectors, fold=busy)
    assert (found.differences, findings(Kind.LEDGER_DIFFERENCE)) == ({}, {})
    read_streams(vectors)
    assert folded(vectors, after=NIGHT + DAY).differences == {}


def one_more(vectors: VectorWorld, chain: list[str]) -> None:
    order = sold(vectors, chain=chain)
    bootstrap.pay_commission()(order, vectors.tree.now)


class Interrupted:
    """Pages of two items; something happens before each."""

    def __init__(self, pages: Any, happens: Any = lambda: None) -> None:
        self.pages, self.happens = pages, happens

    def page(self, table: str, after: tuple[str, str] = ("", ""), limit: int = 0) -> object:
        self.happens()
        return self.pages.page(table, after, 2 if table != "journal" else 20)


def test_sales_by_many_at_once_give_no_false_alarm(vectors: VectorWorld) -> None:
    chain = vectors.chain()
    item = vectors.card(10_000)
    orders = [vectors.ordered(item, chain) for _ in range(6)]
    fold = bootstrap.fold_balances()
    slow = replace(fold, pages=Interrupted(fold.pages))
    with ThreadPoolExecutor(3) as pool:
        sales = [pool.submit(pay, vectors, some) for some in (orders[::2], orders[1::2])]
        found = [folded(vectors, after=n * DAY, fold=slow) for n in range(1, 4)]
        for one in sales:
            one.result()
    assert [one.differences for one in found] == [{}] * 3
    assert folded(vectors, after=6 * DAY).differences == {}


def pay(vectors: VectorWorld, orders: list[Order]) -> None:
    for order in orders:
        bootstrap.pay_commission()(vectors.shop.pay(order.order_id), vectors.tree.now)


def test_a_disturbed_store_gives_no_false_alarm_and_hides_no_difference(vectors: VectorWorld) -> None:
    (card_id,) = sold(vectors).card_ids
    sold(vectors)
    read_streams(vectors)
    with vectors.world.faults(rate=0.15, seed=4):
        assert folded(vectors).differences == {}
    set_number(vectors.world, "cards", {"pk": card_id}, "available_fen", 99_999)
    with vectors.world.faults(rate=0.15, seed=5):
        assert folded(vectors, after=NIGHT + DAY).differences == {f"card|{card_id}|available_fen": 1}


def test_a_difference_on_a_card_that_never_rests_is_left_to_another_night(vectors: VectorWorld) -> None:
    order = sold(vectors)
    (card_id,) = order.card_ids
    read_streams(vectors)
    set_number(vectors.world, "cards", {"pk": card_id}, "available_fen", 100_001)
    versions = iter(range(100, 10_000))

    def touch() -> None:
        set_number(vectors.world, "cards", {"pk": card_id}, "version", next(versions))

    fold = bootstrap.fold_balances()
    restless = replace(fold, again=replace(fold.again, pages=Interrupted(fold.pages, touch)))
    found = folded(vectors, fold=restless)
    assert (found.differences, found.unresolved) == ({}, {card_id})
    assert folded(vectors, after=NIGHT + DAY).differences == {f"card|{card_id}|available_fen": 1}


# ---------------------------------------------------------------- longer than one run


def test_a_fold_that_is_cut_off_after_every_page_ends_as_one_in_a_piece(vectors: VectorWorld) -> None:
    chain = vectors.chain()
    cards = [sold(vectors, chain=chain).card_ids[0] for _ in range(4)]
    read_streams(vectors)
    set_number(vectors.world, "cards", {"pk": cards[2]}, "available_fen", 100_010)
    fold = bootstrap.fold_balances()
    moments = iter(range(0, 10**12, 10**6))
    small = Interrupted(fold.pages)
    hurried = replace(
        fold, pages=small, again=replace(fold.again, pages=small), elapsed_ms=lambda: next(moments)
    )
    runs = []
    while not runs or not runs[-1].is_done:
        runs.append(hurried(vectors.tree.now + NIGHT))
        assert runs[-1].has_run
        assert len(runs) < 200
    assert len(runs) > 6
    assert {name: fen for run in runs for name, fen in run.differences.items()} == {
        f"card|{cards[2]}|available_fen": 10
    }


def test_a_run_that_died_is_taken_up_when_its_time_is_over_and_by_one_only(vectors: VectorWorld) -> None:
    sold(vectors)
    read_streams(vectors)
    now = vectors.tree.now + NIGHT
    fold = bootstrap.fold_balances()

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(fold, pages=Interrupted(fold.pages, die))(now)
    assert not fold(now + timedelta(minutes=15)).has_run
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(fold, [now + timedelta(minutes=17)] * 4))
    assert [run.has_run for run in runs].count(True) == 1
    assert not fold(now + timedelta(minutes=18)).has_run


def test_progress_of_any_size_reads_back_as_it_was_laid_down(vectors: VectorWorld) -> None:
    keep, now = bootstrap.fold_balances().keep, vectors.tree.now
    taken = keep.taken(now)
    assert taken is not None
    progress, held = taken
    progress.sums = {f"card|crd_{number * 7919:026d}|available_fen": number for number in range(1, 60_000)}
    keep.laid_down(progress, held, now)
    again = keep.taken(now)
    assert again is not None
    assert again[0] == progress


def test_the_schedule_of_the_template_runs_it(vectors: VectorWorld) -> None:
    sold(vectors)
    read_streams(vectors)
    vectors.world.tick("fold_balances")
    job = bootstrap.documents().get(ledger_fold.TABLE, *ledger_fold.JOB)
    assert job is not None
    assert job["is_done"]
