"""Batches of cards: checked whole, written in steps, on sale all at once, and resumable wherever they die."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.card import CardState
from chalicelib.domain.card_batch import (
    BatchState,
    BatchUnknown,
    ControlTotals,
    FileChanged,
    FileNotUploaded,
    Flaw,
    ProductNotStocked,
    RowError,
)
from chalicelib.domain.change import Change, NewCard
from chalicelib.domain.errors import IllegalState, KeyReused
from chalicelib.domain.record import Record
from chalicelib.domain.stock import OutOfStock
from chalicelib.store.books import DynamoBooks
from chalicelib.usecases.query_unknown import QueryUnknown
from chalicelib.usecases.register_batch import RegisterBatch
from local.testing import World
from tests.e2e.batch_world import NOW, PRODUCT, SKU, BatchWorld, file_of, totals_of
from tests.fakes.catalog import FixedCatalog

# `make import-large` asks for as many as an upload may hold; that takes two minutes and 400 MB.
LARGE_ROWS = int(os.environ.get("IMPORT_ROWS", "5000"))


@pytest.fixture
def batches(world: World) -> BatchWorld:
    bootstrap.stock.forget()
    return BatchWorld(world)


class Killed(Exception):
    """The process is gone."""


@dataclass
class DyingBooks:
    """Books that do so many commits and then die, before the next one or right after it."""

    books: DynamoBooks
    left: int
    after: bool = False

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if self.left == 0 and not self.after:
            raise Killed
        self.books.commit(record, changes, token)
        if self.left == 0:
            raise Killed
        self.left -= 1

    def record(self, partition: str, entry_id: str) -> Record | None:
        return self.books.record(partition, entry_id)

    def records(self, partition: str, prefix: str = "") -> list[Record]:
        return self.books.records(partition, prefix)


def everything(batches: BatchWorld) -> list[str]:
    return [sorted(map(repr, batches.world.items(table))) for table in ("cards", "stock", "journal")]


def test_a_committed_batch_is_on_sale_with_every_card_sealed(batches: BatchWorld) -> None:
    batch = batches.committed(file_of(250))
    assert (batch.state, batch.errors) == (BatchState.COMMITTED, ())
    assert bootstrap.stock().count(SKU) == batches.cards(CardState.IN_STOCK) == 250
    card = bootstrap.cards().get(bootstrap.stock().claim(SKU))
    assert card is not None
    number, _, secret = batches.keys.open(card.sealed, card.card_id).partition("|")
    assert (number[-4:], secret) == (card.last4, f"Secret{number[-6:]}")


def test_a_large_batch_is_whole_and_each_message_is_a_bounded_part_of_it(world: World) -> None:
    bootstrap.stock.forget()
    batches = BatchWorld(world, keys=bootstrap.keys())
    batch = batches.registered(file_of(LARGE_ROWS))
    batches.office.commit(batches.command(), batch.batch_id)
    messages = 0
    while batches.queue.sent:
        message, _ = batches.queue.sent.pop(0)
        with world.metered() as reading:
            batches.worker()(message["batch_id"], NOW)
        assert reading().calls.get("dynamodb.TransactWriteItems", 0) <= 1 + -(-5_000 // 99)
        messages += 1
    assert batches.office.batch(batch.batch_id).state is BatchState.COMMITTED
    assert messages == 3 + -(-LARGE_ROWS // 5_000)
    assert bootstrap.stock().count(SKU) == LARGE_ROWS
    sizes = {len(repr(item)) for item in world.items("cards")[:100]}
    assert max(sizes) < 1024


def test_no_number_and_no_secret_stands_plainly_in_any_table(batches: BatchWorld) -> None:
    batches.committed(file_of(3))
    tables = ("cards", "stock", "journal", "views", "work")
    stored = repr([batches.world.items(table) for table in tables])
    assert "100011112222000001" not in stored
    assert "Secret000001" not in stored


def test_cards_are_unsellable_until_the_last_step(batches: BatchWorld) -> None:
    batches.rows_per_message = 40
    batch = batches.registered(file_of(100))
    batches.office.commit(batches.command(), batch.batch_id)
    states = []
    while batches.office.batch(batch.batch_id).state is not BatchState.COMMITTED:
        with pytest.raises(OutOfStock):
            bootstrap.stock().claim(SKU)
        message, _ = batches.queue.sent.pop(0)
        batches.worker()(message["batch_id"], NOW)
        now = batches.office.batch(batch.batch_id)
        states.append((now.state.value, now.next_row))
    assert states == [("WRITING", 0), ("WRITING", 40), ("WRITING", 80), ("SHELVING", 0), ("COMMITTED", 0)]
    assert bootstrap.stock().claim(SKU)


def test_one_bad_row_refuses_the_whole_file_and_stores_nothing(batches: BatchWorld) -> None:
    content = file_of(200) + b"100011112222000007,Secret000007\nwrong,Secret000300\n"
    batch = batches.committed(content)
    assert batch.state is BatchState.REFUSED
    assert batch.errors == (RowError(202, Flaw.NUMBER_TWICE), RowError(203, Flaw.NUMBER_INVALID))
    assert batches.world.items("cards") == []
    assert bootstrap.stock().skus() == []


def test_a_file_that_was_cut_is_refused(batches: BatchWorld) -> None:
    whole = file_of(20)
    batch = batches.registered(whole[:-30], totals_of(whole))
    batches.office.commit(batches.command(), batch.batch_id)
    batches.work()
    batch = batches.office.batch(batch.batch_id)
    assert (batch.state, batch.errors) == (BatchState.REFUSED, (RowError(0, Flaw.CHECKSUM_DIFFERS),))


def test_a_number_of_an_earlier_batch_refuses_the_later_one_before_anything_is_written(
    batches: BatchWorld,
) -> None:
    batches.committed(file_of(30))
    later = batches.committed(file_of(30, first=28))
    assert later.errors == (RowError(2, Flaw.NUMBER_KNOWN), RowError(3, Flaw.NUMBER_KNOWN))
    assert batches.cards(*CardState) == 30
    assert bootstrap.stock().count(SKU) == 30


def test_of_two_batches_under_way_with_a_common_number_one_is_void_and_the_other_whole(
    batches: BatchWorld,
) -> None:
    batches.rows_per_message = 50
    first, second = batches.registered(file_of(150)), batches.registered(file_of(150, first=149))
    for batch in (first, second):
        batches.office.commit(batches.command(), batch.batch_id)
    batches.work()
    assert batches.office.batch(first.batch_id).state is BatchState.COMMITTED or (
        batches.office.batch(second.batch_id).state is BatchState.COMMITTED
    )
    loser = next(
        b
        for b in map(batches.office.batch, (first.batch_id, second.batch_id))
        if b.state is BatchState.REFUSED
    )
    assert loser.errors[0].flaw is Flaw.NUMBER_KNOWN
    assert batches.cards(CardState.IN_STOCK) == bootstrap.stock().count(SKU) == 150
    assert batches.cards(CardState.VOID) > 0
    journal = bootstrap.books().records(loser.batch_id)
    assert [record.action for record in journal] == ["batch.refused"]


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after it"])
@pytest.mark.parametrize("commits", range(9))
def test_a_job_that_is_killed_anywhere_ends_as_if_it_had_not_been(
    batches: BatchWorld, commits: int, after: bool
) -> None:
    batches.rows_per_message = 100
    batch = batches.registered(file_of(230))
    batches.office.commit(batches.command(), batch.batch_id)
    with pytest.raises(Killed):
        work_with(batches, DyingBooks(bootstrap.books(), commits, after))
    batches.work()
    assert batches.office.batch(batch.batch_id).state is BatchState.COMMITTED
    assert bootstrap.stock().count(SKU) == batches.cards(CardState.IN_STOCK) == 230
    assert len({bootstrap.stock().claim(SKU) for _ in range(230)}) == 230
    with pytest.raises(OutOfStock):
        bootstrap.stock().claim(SKU)


def work_with(batches: BatchWorld, books: DyingBooks) -> None:
    """Deliver messages; each is deleted only when its work is done."""
    while batches.queue.sent:
        message, _ = batches.queue.sent[0]
        batches.worker(books)(message["batch_id"], NOW)
        batches.queue.sent.pop(0)


class SlowBooks:
    """Books of a worker that sleeps before its first card, until others have done everything else."""

    def __init__(self, books: DynamoBooks, meanwhile: Callable[[], None]) -> None:
        self.books, self.meanwhile = books, meanwhile

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if any(isinstance(change, NewCard) for change in changes):
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
        self.books.commit(record, changes, token)


def test_a_worker_that_wakes_after_its_batch_was_voided_puts_no_card_in_stock(batches: BatchWorld) -> None:
    """Of an older release, it cut the file otherwise: rows that the others never reached are in its hands."""
    batch, rival = batches.registered(file_of(150)), batches.registered(file_of(10, first=20))
    batches.office.commit(batches.command(), batch.batch_id)
    batches.worker()(batch.batch_id, NOW)
    batches.queue.sent.clear()

    def others_are_faster() -> None:
        batches.office.commit(batches.command(), rival.batch_id)
        batches.work()
        batches.rows_per_message = 50
        batches.queue.send([{"batch_id": batch.batch_id}])
        batches.work()
        assert batches.office.batch(batch.batch_id).state is BatchState.REFUSED

    slow = batches.worker(SlowBooks(bootstrap.books(), others_are_faster))  # type: ignore[arg-type]
    slow(batch.batch_id, NOW)
    batches.work()
    assert batches.office.batch(batch.batch_id).state is BatchState.REFUSED
    assert batches.office.batch(rival.batch_id).state is BatchState.COMMITTED
    assert batches.cards(CardState.IN_STOCK) == bootstrap.stock().count(SKU) == 10
    assert batches.cards(CardState.VOID) == 40


def test_a_message_that_comes_twice_changes_nothing(batches: BatchWorld) -> None:
    batch = batches.committed(file_of(40))
    taken = bootstrap.stock().claim(SKU)
    before = everything(batches)
    batches.worker()(batch.batch_id, NOW)
    batches.worker()("bat_unknown", NOW)
    assert everything(batches) == before
    assert batches.queue.sent == []
    assert taken not in {bootstrap.stock().claim(SKU) for _ in range(39)}


def test_a_file_that_is_replaced_under_way_stops_the_job_until_the_right_one_is_back(
    batches: BatchWorld,
) -> None:
    batches.rows_per_message = 20
    batch = batches.registered(file_of(50))
    batches.office.commit(batches.command(), batch.batch_id)
    for _ in range(2):
        batches.worker()(batch.batch_id, NOW)
    batches.queue.sent.clear()
    batches.uploads.contents[batch.file_key] = file_of(50, first=1)
    with pytest.raises(FileChanged):
        batches.worker()(batch.batch_id, NOW)
    batches.uploads.contents[batch.file_key] = file_of(50)
    assert batches.office.commit(batches.command(), batch.batch_id).state is BatchState.WRITING
    batches.work()
    assert bootstrap.stock().count(SKU) == 50


def asked_about(batches: BatchWorld) -> int:
    """A run of the schedule that asks about what is open, a minute later; how many rows it asked about."""
    ask = {due.IMPORT: batches.office.send_again}
    return QueryUnknown(bootstrap.documents(), ask)(NOW + timedelta(minutes=1)).questions


def test_a_batch_whose_message_was_never_sent_is_imported_once_by_the_schedule(batches: BatchWorld) -> None:
    batch = batches.registered(file_of(40))
    batches.queue.failure = Killed()
    with pytest.raises(Killed):
        batches.office.commit(batches.command(), batch.batch_id)
    batches.queue.failure = None
    assert batches.office.batch(batch.batch_id).state is BatchState.VALIDATING
    assert (asked_about(batches), asked_about(batches)) == (1, 0)
    batches.work()
    assert batches.office.batch(batch.batch_id).state is BatchState.COMMITTED
    assert bootstrap.stock().count(SKU) == batches.cards(CardState.IN_STOCK) == 40


def test_a_batch_that_is_woken_when_the_process_dies_is_woken_by_the_schedule(batches: BatchWorld) -> None:
    batch = batches.registered(file_of(40))
    batches.office.commit(batches.command(), batch.batch_id)
    batches.queue.sent.clear()  # given up
    batches.queue.failure = Killed()
    with pytest.raises(Killed):
        batches.office.commit(batches.command(), batch.batch_id)
    batches.queue.failure = None
    assert asked_about(batches) == 1
    batches.work()
    assert batches.office.batch(batch.batch_id).state is BatchState.COMMITTED


def test_a_row_that_outlived_its_message_wakes_no_batch_that_is_at_an_end(batches: BatchWorld) -> None:
    batch = batches.registered(file_of(40))
    batches.queue.failure = Killed()
    with pytest.raises(Killed):
        batches.office.commit(batches.command(), batch.batch_id)
    batches.queue.failure = None
    for _ in range(3):
        batches.worker()(batch.batch_id, NOW)
    batches.queue.sent.clear()
    before = everything(batches)
    assert (asked_about(batches), asked_about(batches)) == (1, 0)
    assert (everything(batches), batches.queue.sent) == (before, [])


def test_a_commit_whose_message_was_sent_leaves_nothing_to_ask_about(batches: BatchWorld) -> None:
    batches.committed(file_of(2))
    assert asked_about(batches) == 0


def test_the_same_command_registers_one_batch(batches: BatchWorld) -> None:
    command, totals = batches.command(), totals_of(file_of(1))
    first = batches.office(command, SKU, totals)
    assert batches.office(command, SKU, totals).batch == first.batch
    assert first.upload["fields"]["key"] == first.batch.file_key
    other = type(command)(command.actor, command.key, NOW, request_hash="another request")
    with pytest.raises(KeyReused):
        batches.office(other, SKU, totals)
    assert batches.office.page("", 10) == [first.batch]


def test_a_commit_is_done_once_and_only_with_a_file(batches: BatchWorld) -> None:
    totals = totals_of(file_of(1))
    batch = batches.office(batches.command(), SKU, totals).batch
    with pytest.raises(FileNotUploaded):
        batches.office.commit(batches.command(), batch.batch_id)
    with pytest.raises(BatchUnknown):
        batches.office.commit(batches.command(), "bat_unknown")
    batches.uploads.contents[batch.file_key] = file_of(1)
    command = batches.command()
    assert batches.office.commit(command, batch.batch_id).state is BatchState.VALIDATING
    batches.work()
    assert batches.office.commit(command, batch.batch_id).state is BatchState.COMMITTED
    with pytest.raises(IllegalState):
        batches.office.commit(batches.command(), batch.batch_id)


def test_a_virtual_product_has_no_batches(batches: BatchWorld) -> None:
    virtual = PRODUCT.__class__(**{f: getattr(PRODUCT, f) for f in PRODUCT.__slots__} | {"form": "VIRTUAL"})
    office = RegisterBatch(
        bootstrap.books(), bootstrap.documents(), FixedCatalog({SKU: virtual}), batches.uploads, batches.queue
    )
    with pytest.raises(ProductNotStocked):
        office(batches.command(), SKU, ControlTotals(1, 1, "0" * 64))
