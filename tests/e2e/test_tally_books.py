"""The tally: what all records come to, counted once each, by the archive alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain import catalog_items
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.ledger import RISK_POT, account_type
from chalicelib.domain.tally import HELD, MARK, TABLE, Traded
from chalicelib.usecases.follow_archive import FollowArchive
from chalicelib.usecases.tally_books import TallyBooks
from local.testing import World
from tests.e2e.shop import NAMED, VIRTUAL, Shop
from tests.e2e.vector_world import VectorWorld


@pytest.fixture
def vectors(world: World) -> Iterator[VectorWorld]:
    forget_everything()
    for item in (VIRTUAL, NAMED):
        bootstrap.books().commit(None, catalog_items.product_changes(item, None))
    yield VectorWorld(world)
    forget_everything()


def archived(vectors: VectorWorld) -> None:
    vectors.world.drain(only={"archive_journal"})


def totals_of(vectors: VectorWorld) -> dict[str, int]:
    """The journal folded by type of account, without zeros."""
    sums: dict[str, int] = {}
    for account, balance in vectors.tree.fold().items():
        kind = HELD if account.endswith(f":{RISK_POT}") else account_type(account)
        sums[kind] = sums.get(kind, 0) + balance
    return {kind: fen for kind, fen in sums.items() if fen}


def tallied(vectors: VectorWorld) -> dict[str, int]:
    return {kind: fen for kind, fen in bootstrap.read_tally()().tally.totals.items() if fen}


def traded(vectors: VectorWorld) -> Traded:
    (today,) = bootstrap.read_tally().days(vectors.tree.now, 1)
    return today


def test_the_totals_are_those_of_the_journal_and_count_each_record_once(vectors: VectorWorld) -> None:
    vectors.plan()
    order = vectors.sold(vectors.card(100_000), vectors.chain())
    vectors.follow()
    vectors.shop.refund(order, vectors.shop.command(person_id=order.customer_id))
    archived(vectors)
    counted = bootstrap.tally_books()()
    assert counted == len(list(vectors.world.items("journal")))
    assert tallied(vectors) == totals_of(vectors) != {}
    assert bootstrap.tally_books()() == 0
    vectors.follow()
    archived(vectors)
    assert bootstrap.read_tally()().uncounted > 0
    bootstrap.tally_books()()
    assert bootstrap.read_tally()().uncounted == 0
    assert tallied(vectors) == totals_of(vectors)


def test_what_a_day_brought_is_what_the_margins_of_its_products_say(vectors: VectorWorld) -> None:
    shop = vectors.shop
    vectors.plan()
    vectors.sold(vectors.card(100_000), vectors.chain())
    vectors.follow()
    order = shop.bought(VIRTUAL)
    shop.bought(NAMED)
    shop.refund(order)
    vectors.world.drain(only={"archive_journal", "project_journal"})
    bootstrap.tally_books()()
    found = traded(vectors)
    margins = bootstrap.query_platform().margins(day_text(business_date(vectors.tree.now)))
    assert found.margin_fen == sum(margin.margin_fen for margin in margins) != 0
    assert found.commission_fen == 1_100
    assert (found.order_count, found.turnover_fen) == (3, 100_000 + 10_000 + 98_500)
    assert (found.refund_count, found.refunded_fen) == (1, 10_000)


def test_of_two_runs_at_once_each_record_is_counted_by_one(vectors: VectorWorld) -> None:
    for _ in range(5):
        vectors.shop.bought(VIRTUAL)
    archived(vectors)
    others = iter(
        [0, 2, 0, 0, 0, 0, 0, 0, 0]
    )  # while the first run writes its second batch another one has counted
    faster = bootstrap.tally_books()
    archive = FollowArchive(bootstrap.archive_index(), bootstrap.archive_objects())

    def between_batches() -> int:
        return faster() if next(others) else 0

    slower = TallyBooks(bootstrap.books(), bootstrap.documents(), archive, between_batches, at_once=2)
    assert slower() == 2
    assert tallied(vectors) == totals_of(vectors)
    assert traded(vectors).order_count == 5


def test_a_run_goes_on_where_its_term_ended(vectors: VectorWorld) -> None:
    for _ in range(5):
        vectors.shop.bought(VIRTUAL)
    archived(vectors)
    clock = iter([0, 0, 100_000, 0, 0, 0, 0])
    archive = FollowArchive(bootstrap.archive_index(), bootstrap.archive_objects())
    tally = TallyBooks(bootstrap.books(), bootstrap.documents(), archive, lambda: next(clock), at_once=2)
    assert [tally(), tally()] == [4, 1]
    assert tallied(vectors) == totals_of(vectors)


def test_a_run_without_news_reads_two_items_and_one_with_news_writes_once(vectors: VectorWorld) -> None:
    for _ in range(30):
        vectors.shop.bought(VIRTUAL)
    archived(vectors)
    with vectors.world.metered() as reading:
        bootstrap.tally_books()()
    assert reading().calls["dynamodb.TransactWriteItems"] == 1
    assert reading().write_units_sum == 4  # the mark and the day
    with vectors.world.metered() as reading:
        assert bootstrap.tally_books()() == 0
    assert reading().calls == {"dynamodb.GetItem": 2}


def test_a_tally_that_is_gone_counts_itself_anew(vectors: VectorWorld) -> None:
    vectors.shop.bought(VIRTUAL)
    archived(vectors)
    bootstrap.tally_books()()
    before = tallied(vectors), traded(vectors)
    bootstrap.documents().delete(TABLE, *MARK)
    for item in bootstrap.documents().query(TABLE, "tally#days"):
        bootstrap.documents().delete(TABLE, "tally#days", item["sk"])
    assert traded(vectors) == Traded(day_text(business_date(vectors.tree.now)))
    bootstrap.tally_books()()
    assert (tallied(vectors), traded(vectors)) == before


def test_a_day_on_which_nothing_was_traded_is_told_too(vectors: VectorWorld) -> None:
    vectors.shop.bought(VIRTUAL)
    archived(vectors)
    bootstrap.tally_books()()
    days = bootstrap.read_tally().days(vectors.tree.now + timedelta(days=1), 3)
    assert [day.order_count for day in days] == [0, 1, 0]


def test_before_the_first_record_there_is_nothing(world: World) -> None:
    Shop()
    assert bootstrap.tally_books()() == 0
    told = bootstrap.read_tally()()
    assert (told.tally.at, told.tally.totals, told.uncounted) == (None, {}, 0)


@pytest.mark.usefixtures("rights")
def test_the_schedule_has_the_rights_that_it_needs(vectors: VectorWorld) -> None:
    vectors.shop.bought(VIRTUAL)
    archived(vectors)
    vectors.world.tick("tally_books")
    assert tallied(vectors) == totals_of(vectors) != {}
