"""Batches: the office brings cards into stock by files, and sees how many are left."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.card_batch import (
    ROWS_MAX,
    BatchUnknown,
    CardBatch,
    ControlTotals,
    FileNotUploaded,
    ProductNotStocked,
)
from chalicelib.domain.catalog import ProductUnknown
from chalicelib.domain.errors import IllegalState
from chalicelib.handlers.fields import AmountFen, Body, Listing, Page, PageQuery, Path, SkuId, View
from chalicelib.handlers.http import Routes
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.register_batch import Registered

routes = Routes(__name__)

READERS = ("ops", "finance", "auditor")


class BatchPath(Path):
    batch_id: Annotated[
        str, Field(pattern=r"^bat_[0-7][0-9A-HJKMNP-TV-Z]{25}$", examples=["bat_01JD3Q8Z6N5W4V3T2S1R0QPAMK"])
    ]


class RegisterBatchBody(Body):
    """What the file is to be: a CSV with the columns card_number, secret and, if wanted, face_fen."""

    model_config = ConfigDict(
        title="RegisterBatch",
        json_schema_extra={
            "examples": [
                {"sku_id": "sku_petro_500", "rows": 2, "face_sum_fen": 100_000, "sha256": "0" * 63 + "1"}
            ]
        },
    )

    sku_id: SkuId
    rows: Annotated[int, Field(strict=True, ge=1, le=ROWS_MAX)]
    face_sum_fen: AmountFen
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="of the whole file")]


class RowErrorView(View):
    """Line 1 is the header, line 0 the file as a whole."""

    line: int
    flaw: str


class TotalsView(View):
    rows: int
    face_sum_fen: int
    sha256: str


class BatchView(View):
    """A batch; `next_row` of its rows are done in the present state. On sale only when COMMITTED."""

    batch_id: str
    sku_id: str
    state: str
    totals: TotalsView
    created_at: datetime
    created_by: str
    next_row: int
    errors: list[RowErrorView] = Field(description="the first hundred, when REFUSED")
    version: int


class RegisteredView(View):
    """The batch, and where to send its file: a form of `url` with `fields`, and the file last, as `file`."""

    batch: BatchView
    upload: dict[str, Any]


class StockView(View):
    """How many cards of a product can be sold now."""

    sku_id: str
    count: int


class StocksView(View):
    items: list[StockView]


@routes.post(
    "/v1/office/batches",
    roles=("ops",),
    body=RegisterBatchBody,
    answers=RegisteredView,
    status=201,
    records=("batch.register",),
    refusals=(ProductUnknown, ProductNotStocked),
    summary="Register a batch of cards and get its upload form",
)
def register_batch(command: Command, body: RegisterBatchBody) -> Registered:
    totals = ControlTotals(body.rows, body.face_sum_fen, body.sha256)
    return bootstrap.register_batch()(command, body.sku_id, totals)


@routes.post(
    "/v1/office/batches/{batch_id}/commit",
    roles=("ops",),
    path=BatchPath,
    answers=BatchView,
    status=202,
    records=("batch.commit",),
    refusals=(BatchUnknown, FileNotUploaded, IllegalState),
    summary="Check the uploaded file and bring its cards into stock",
)
def commit_batch(command: Command, path: BatchPath) -> CardBatch:
    return bootstrap.register_batch().commit(command, path.batch_id)


@routes.get(
    "/v1/office/batches",
    roles=READERS,
    query=PageQuery,
    answers=Page[BatchView],
    summary="All batches, the newest first",
)
def batches(actor: Actor, query: PageQuery) -> Listing:
    found = bootstrap.register_batch().page(query.cursor, query.limit)
    return Listing(found, found[-1].batch_id if len(found) == query.limit else None)


@routes.get(
    "/v1/office/batches/{batch_id}",
    roles=READERS,
    path=BatchPath,
    answers=BatchView,
    refusals=(BatchUnknown,),
    summary="How far a batch is, and what is wrong with it",
)
def one_batch(actor: Actor, path: BatchPath) -> CardBatch:
    return bootstrap.register_batch().batch(path.batch_id)


@routes.get("/v1/office/stock", roles=READERS, answers=StocksView, summary="How many cards are in stock")
def stock(actor: Actor) -> StocksView:
    room = bootstrap.stock()
    return StocksView(items=[StockView(sku_id=sku_id, count=room.count(sku_id)) for sku_id in room.skus()])
