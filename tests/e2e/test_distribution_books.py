"""Statements and the platform's books: written by the streams, whole, and equal to the journal."""

from datetime import datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.ledger import checked_lines, credit, debit, fold
from chalicelib.domain.platform_books import last_closable_day
from chalicelib.domain.record import Record
from local.people import at_their_word
from local.testing import World
from tests.e2e.tree import DAY, Tree, a_plan, percent


@pytest.fixture
def tree(world: World) -> Tree:
    tree = Tree(world)
    tree.publish(a_plan("at_once", days=0))
    return tree


def platform_fold(tree: Tree) -> dict[str, int]:
    guarded = ("L:COMM", "L:PREPAID", "L:WD_HOLD", "A:CLAWBACK", "L:AUTH")
    return {name: fen for name, fen in fold(tree.records()).items() if not name.startswith(guarded)}


def settled(name: str, at: datetime, amount_fen: int, sku: str = "") -> Record:
    """A record that moves only the platform's own money."""
    lines = [debit("A:BANK_CUSTODY", amount_fen), credit("A:CHANNEL:sandbox", amount_fen)]
    checked = checked_lines("CHANNEL_SETTLED", lines)
    return Record(
        "bank", name, "CHANNEL_SETTLED", at, "bank", about={"sku": sku} if sku else {}, lines=checked
    )


# statements


def test_a_statement_has_a_line_for_every_change_and_its_last_balance_is_the_account(tree: Tree) -> None:
    seller = tree.root()
    for paid_fen in (100_000, 50_000, 25_000):
        tree.order(seller, paid_fen=paid_fen, plan_id="at_once")
        tree.drain()
        tree.release()
    tree.drain()
    statement = bootstrap.query_statement()
    lines = statement.page(seller, 0, 10)
    assert [line.balances["available_fen"] for line in lines] == [1_400, 1_200, 800]
    assert lines[0].balances["available_fen"] == tree.balances(seller)[0]
    assert [line.version for line in lines] == [3, 2, 1]
    assert all(line.record.startswith(f"{seller}/rel_") for line in lines)
    day = day_text(business_date(tree.now))
    assert [line.balances["frozen_fen"] for line in statement.page(f"{seller}:{day}", 0, 2)] == [0, 200]
    assert statement.broken(seller) == statement.broken(f"{seller}:{day}") == ()
    assert [line.version for line in statement.page(seller, 3, 1)] == [2]


def test_a_line_that_is_altered_or_missing_is_named(tree: Tree) -> None:
    seller = tree.root()
    for _ in range(4):
        tree.order(seller, plan_id="at_once")
        tree.drain()
        tree.release()
    tree.drain()
    documents = bootstrap.documents()
    second = documents.get("views", seller, "000000000002")
    assert second is not None
    values = {name: content for name, content in second.items() if name not in ("pk", "sk")}
    documents.put("views", seller, "000000000002", values | {"deltas": {"available_fen": 900}})
    assert bootstrap.query_statement().broken(seller) == (2,)
    documents.delete("views", seller, "000000000002")
    assert 2 in bootstrap.query_statement().broken(seller)


def test_the_balance_of_a_moment_is_that_of_the_line_before_it(tree: Tree) -> None:
    documents = bootstrap.documents()
    for version in range(1, 34):
        line = {"version": version, "at": version * 1_000, "balances": {"available_fen": version * 10}}
        documents.put("views", "dst_OLDOLDOLDOLD", f"{version:012d}", line)
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    balances_at = bootstrap.query_statement().balances_at
    for seconds in range(1, 34):
        for offset_ms in (0, 999):
            moment = epoch + timedelta(seconds=seconds, milliseconds=offset_ms)
            assert balances_at("dst_OLDOLDOLDOLD", moment) == {"available_fen": seconds * 10}
    assert balances_at("dst_OLDOLDOLDOLD", epoch) == {}
    assert balances_at("dst_NEWNEWNEWNEW", epoch) == {}


def test_changes_that_come_again_write_the_same_lines(tree: Tree) -> None:
    root = tree.root()
    for amount_fen in (3_000, 4_000, 5_000):
        tree.earn(root, amount_fen)
    tree.payee(root)
    at_their_word(bootstrap.request_withdrawal())(tree.command(f"cus_{root[4:]}"), 4_500)
    tree.drain()

    def everything() -> list[list[str]]:
        return [sorted(map(repr, tree.world.items(table))) for table in ("views", "journal", "accounts")]

    before = everything()
    for pump in tree.world.pumps.streams:
        pump.checkpoints.forget()  # every change from the first one on comes again
    tree.drain()
    assert everything() == before


# the platform's books


def test_the_platforms_balances_are_the_fold_of_the_journal_before_and_after_closing(tree: Tree) -> None:
    root, seller = tree.line(2)
    for _ in range(3):
        tree.order(seller, root, plan_id="at_once")
    bootstrap.books().commit(settled("one", tree.now - 3 * DAY, 700), [])
    tree.drain()
    platform = bootstrap.query_platform()
    expected = platform_fold(tree)
    assert expected["E:COMMISSION"] == 3_300
    assert platform.balances_at(tree.now) == expected
    assert bootstrap.close_books()(tree.now + 2 * DAY) > 0
    assert platform.balances_at(tree.now + 3 * DAY) == expected
    assert platform.balances_at(tree.now - 2 * DAY) == {"A:BANK_CUSTODY": 700, "A:CHANNEL:sandbox": -700}
    assert bootstrap.close_books()(tree.now + 2 * DAY) == 0


def test_a_line_of_a_closed_day_is_counted_once_however_often_it_comes(tree: Tree) -> None:
    late = tree.now - 5 * DAY
    bootstrap.books().commit(settled("first", late, 100), [])
    tree.drain()
    bootstrap.close_books()(tree.now)
    record = settled("late", late, 11)
    bootstrap.books().commit(record, [])
    for _ in range(3):
        bootstrap.project_journal()([record], tree.now)
    older = settled("older than the account", late - 5 * DAY, 7)
    bootstrap.books().commit(older, [])
    tree.drain()
    assert bootstrap.query_platform().balances_at(tree.now)["A:BANK_CUSTODY"] == 118
    row = bootstrap.documents().get(
        "views", "platform#A:BANK_CUSTODY", f"day#{day_text(business_date(late))}"
    )
    assert row is not None and (row["sum_fen"], row["count"]) == (111, 2)


def test_an_account_whose_first_line_comes_second_counts_it(tree: Tree) -> None:
    first, second = (settled(name, tree.now - days * DAY, 100) for name, days in (("a", 5), ("b", 3)))
    bootstrap.project_journal()([second], tree.now)
    bootstrap.project_journal()([first], tree.now)
    platform = bootstrap.query_platform()
    assert platform.balances_at(tree.now)["A:BANK_CUSTODY"] == 200
    assert platform.balances_at(tree.now - 4 * DAY)["A:BANK_CUSTODY"] == 100
    bootstrap.close_books()(tree.now)
    assert platform.balances_at(tree.now)["A:BANK_CUSTODY"] == 200


def test_a_line_written_while_its_day_is_closed_by_another_is_counted(tree: Tree) -> None:
    closing = datetime.fromisoformat("2026-11-22T18:00:00+00:00")  # of the 22nd in Shanghai
    first, second = (settled(name, closing - timedelta(hours=9), 100) for name in ("first", "second"))
    project = bootstrap.project_journal()
    project([first], closing - timedelta(hours=3))
    bootstrap.close_books()(closing + timedelta(seconds=1))
    project([second], closing - timedelta(seconds=30))  # it looked at its clock before, and wrote after
    assert bootstrap.query_platform().balances_through("20261123")["A:BANK_CUSTODY"] == 200


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-22T17:59:59+00:00", "20261121"),
        ("2026-11-22T18:00:00+00:00", "20261122"),
        ("2026-11-23T17:59:59+00:00", "20261122"),
    ],
)
def test_a_day_closes_two_hours_after_its_end_in_shanghai(moment: str, day: str) -> None:
    assert last_closable_day(datetime.fromisoformat(moment)) == day


@pytest.mark.capability("S-050")
def test_the_margin_is_revenue_less_cost_commission_and_fee(tree: Tree) -> None:
    tree.publish(a_plan("sale", rules=(percent(1, 80), percent(2, 30))))
    root, seller = tree.line(2)
    sold = [
        debit("A:CHANNEL:sandbox", 98_500),
        credit("A:SUPPLIER_PREPAY:oil", 97_000),
        credit("I:MARGIN", 1_500),
    ]
    settled_less_fee = [
        debit("A:BANK_CUSTODY", 97_909),
        debit("E:CHANNEL_FEE", 591),
        credit("A:CHANNEL:sandbox", 98_500),
    ]
    for action, lines in (("SALE_AGENT", sold), ("CHANNEL_SETTLED", settled_less_fee)):
        about = {"sku": "sku_agent"} if action == "SALE_AGENT" else {}
        record = Record("pay", action, action, tree.now, "sandbox", about, checked_lines(action, lines))
        bootstrap.books().commit(record, [])
    tree.order(seller, root, paid_fen=98_500, plan_id="sale", sku_id="sku_agent")
    tree.drain()
    commission_fen = 788 + 295
    beside, margin = bootstrap.query_platform().margins(day_text(business_date(tree.now)))
    assert (margin.sku_id, margin.spread_fen, margin.commission_fen) == ("sku_agent", 1_500, commission_fen)
    assert (beside.sku_id, beside.channel_fee_fen) == ("", 591)
    assert margin.margin_fen + beside.margin_fen == 98_500 - 97_000 - commission_fen - 591
