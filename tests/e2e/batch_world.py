"""A world of card batches: the real use cases and store on the embedded engine, keys and bucket in memory."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chalicelib import bootstrap
from chalicelib.domain.card import CardState
from chalicelib.domain.card_batch import CardBatch, ControlTotals
from chalicelib.domain.catalog import CardKind, Form, Mode, Product
from chalicelib.usecases.import_batch import ImportBatch
from chalicelib.usecases.ports import Actor, Books, Command
from chalicelib.usecases.register_batch import RegisterBatch
from local.testing import World
from tests.fakes.catalog import FixedCatalog
from tests.fakes.keys import FakeKeys
from tests.fakes.objects import FakeObjects
from tests.fakes.queue import FakeQueue

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SKU = "sku_petro_500"
FACE_FEN = 50_000
OPS = Actor("stf_OOOOPPPPSSSS", frozenset({"ops"}))

PRODUCT = Product(
    sku_id=SKU,
    title="Petro 500",
    use="CARD_SALE",
    issuer="petro",
    mode=Mode.AGENT,
    kind=CardKind.BEARER,
    form=Form.PHYSICAL,
    face_fen=FACE_FEN,
    price_fen=49_250,
    cost_fen=48_500,
)


def file_of(count: int, first: int = 0) -> bytes:
    """A good file of so many cards."""
    numbers = range(first, first + count)
    rows = [f"{100_011_112_222_000_000 + number},Secret{number:06}" for number in numbers]
    return "\n".join(["card_number,secret", *rows, ""]).encode()


def totals_of(content: bytes) -> ControlTotals:
    rows = content.decode().count("\n") - 1
    return ControlTotals(rows, rows * FACE_FEN, hashlib.sha256(content).hexdigest())


def key(number: int) -> str:
    return f"01JD3Q8Z6N5W4V3T2S1R{number:06}"


@dataclass
class BatchWorld:
    """One office that registers, uploads and commits batches, and the worker of the imports queue."""

    world: World
    rows_per_message: int = 5_000
    keys: FakeKeys = field(default_factory=FakeKeys)
    uploads: FakeObjects = field(default_factory=FakeObjects)
    queue: FakeQueue = field(default_factory=FakeQueue)
    commands: int = 0

    @property
    def office(self) -> RegisterBatch:
        catalog = FixedCatalog({SKU: PRODUCT})
        return RegisterBatch(bootstrap.books(), bootstrap.documents(), catalog, self.uploads, self.queue)

    def worker(self, books: Books | None = None) -> ImportBatch:
        return ImportBatch(
            books=books or bootstrap.books(),
            documents=bootstrap.documents(),
            cards=bootstrap.cards(),
            catalog=FixedCatalog({SKU: PRODUCT}),
            keys=self.keys,
            uploads=self.uploads,
            queue=self.queue,
            rows_per_message=self.rows_per_message,
        )

    def command(self) -> Command:
        self.commands += 1
        return Command(OPS, key(self.commands), NOW, request_hash=f"request {self.commands}")

    def registered(self, content: bytes, totals: ControlTotals | None = None) -> CardBatch:
        """A batch whose file is uploaded."""
        batch = self.office(self.command(), SKU, totals or totals_of(content)).batch
        self.uploads.contents[batch.file_key] = content
        return batch

    def committed(self, content: bytes) -> CardBatch:
        """A batch whose commit was asked for and whose job has run to its end."""
        batch = self.registered(content)
        self.office.commit(self.command(), batch.batch_id)
        self.work()
        return self.office.batch(batch.batch_id)

    def work(self) -> None:
        """Deliver messages until none is left."""
        while self.queue.sent:
            message, _ = self.queue.sent.pop(0)
            self.worker()(message["batch_id"], NOW)

    def cards(self, *states: CardState) -> int:
        """How many cards are in one of these states."""
        wanted = {state.value for state in states}
        return sum(item["state"]["S"] in wanted for item in self.world.items("cards"))
