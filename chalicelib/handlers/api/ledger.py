"""The ledger for the office: one entry with its legs, the lines of an account, and where any fen came from
and went."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.business_time import day_text
from chalicelib.domain.ledger import guard_of
from chalicelib.domain.money_trace import End, moved_fen
from chalicelib.domain.platform_books import PlatformLine
from chalicelib.handlers.api.distributors import LineView, statement_page
from chalicelib.handlers.fields import (
    Listing,
    Page,
    PageQuery,
    Path,
    Query,
    View,
    WithdrawalId,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.find_entry import EntryUnknown
from chalicelib.usecases.platform_lines import place_of
from chalicelib.usecases.trace_money import Traced

routes = Routes(__name__)

READERS = ("finance", "risk", "auditor")
MONEY = Shows("customer", "money is traced, explained or audited")
Id = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.:-]{1,80}([#/][A-Za-z0-9_.:#-]{1,160})?$",
        description="A journal entry by its record id, an order, a withdrawal, a commission entry",
        examples=["ord_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"],
    ),
]


class EntryQuery(Query):
    id: Id


class TraceQuery(PageQuery):
    """An id of the same kinds, or of a card or a distributor, whose balance is traced."""

    id: Id


class LegView(View):
    """One leg, debit positive, in fen."""

    ledger_account: str
    amount_fen: int


class LinkView(View):
    """An entry that this one has to do with, and how much of it, in fen."""

    record_id: str
    action: str
    amount_fen: int


class JournalEntryView(View):
    """One entry: the template, every leg, who and why; `moved_fen` is what either side sums to."""

    record_id: str
    action: str
    at: datetime
    actor: str
    reason: str
    about: dict[str, Any]
    lines: list[LegView]
    moved_fen: int
    digest: str = Field(description="What the archive proves")
    because_of: list[LinkView]
    led_to: list[LinkView]


@routes.get(
    "/v1/office/ledger/entry",
    roles=READERS,
    query=EntryQuery,
    answers=JournalEntryView,
    shows=MONEY,
    refusals=(EntryUnknown,),
    summary="One journal entry, by its record id or by what it is about",
)
def journal_entry(query: EntryQuery) -> JournalEntryView:
    found = bootstrap.find_entry()(query.id)
    record = found.record
    return JournalEntryView(
        record_id=record.record_id,
        action=record.action,
        at=record.at,
        actor=record.actor,
        reason=record.reason,
        about=dict(record.about),
        lines=[LegView(ledger_account=account, amount_fen=fen) for account, fen in record.lines],
        moved_fen=moved_fen(record),
        digest=record.digest,
        because_of=[LinkView.model_validate(link) for link in found.because_of],
        led_to=[LinkView.model_validate(link) for link in found.led_to],
    )


class PartView(View):
    """So many fen, by the account that they came or went through. `record_id` is to be traced further."""

    amount_fen: int
    ledger_account: str
    end: End = Field(
        description="RECORD: go on with `record_id`; OUTSIDE: a channel, a bank, an oil company; OWN: income "
        "and expense of the platform; STANDS: it is on this account now, or was taken from what stood there; "
        "UNTOLD: the statement does not say"
    )
    record_id: str
    action: str
    at: datetime | None = None


@routes.get(
    "/v1/office/ledger/sources",
    roles=READERS,
    query=TraceQuery,
    answers=Page[PartView],
    shows=MONEY,
    refusals=(EntryUnknown,),
    summary="Where the money of an entry came from; the parts of all pages sum to what it moved",
)
def money_sources(query: TraceQuery) -> Listing:
    return _parts(bootstrap.trace_money().sources(query.id, query.cursor, query.limit))


@routes.get(
    "/v1/office/ledger/uses",
    roles=READERS,
    query=TraceQuery,
    answers=Page[PartView],
    shows=MONEY,
    refusals=(EntryUnknown,),
    summary="Where the money of an entry went, or stands; the parts of all pages sum to what it moved",
)
def money_uses(query: TraceQuery) -> Listing:
    return _parts(bootstrap.trace_money().uses(query.id, query.cursor, query.limit))


def _parts(traced: Traced) -> Listing:
    views = [
        PartView(
            amount_fen=part.amount_fen,
            ledger_account=part.account,
            end=part.end,
            record_id=part.record_id,
            action=record.action if record else "",
            at=record.at if record else None,
        )
        for part, record in traced.parts
    ]
    return Listing(views, traced.next or None)


class WithdrawalPath(Path):
    withdrawal_id: WithdrawalId


class SaleView(View):
    """So much of a commission entry is in the withdrawal, and so much of it is still open."""

    entry_id: str = Field(description="Empty: what no commission entry was open for")
    order_id: str
    release_day: str
    amount_fen: int
    left_fen: int


@routes.get(
    "/v1/office/ledger/withdrawals/{withdrawal_id}/sales",
    roles=READERS,
    path=WithdrawalPath,
    query=PageQuery,
    answers=Page[SaleView],
    shows=MONEY,
    summary="The sales that a withdrawal is for; all pages sum to its amount until it is given back",
)
def sales_of_withdrawal(path: WithdrawalPath, query: PageQuery) -> Listing:
    sales, position = bootstrap.allocated_sales()(path.withdrawal_id, query.cursor, query.limit)
    return Listing(sales, position or None)


# accounts


class DayLinesQuery(PageQuery):
    """An account of the platform, and a business date."""

    ledger_account: Annotated[
        str,
        Field(
            pattern=r"^[AEILQ]:[A-Z_]{2,24}(:[A-Za-z0-9_.-]{1,64})?$",
            examples=["A:CHANNEL:sandbox"],
        ),
    ]
    day: date


class DayLineView(View):
    """What one record did to the account, debit positive, in fen; `minute` is HHMM in Shanghai."""

    record_id: str
    action: str
    amount_fen: int
    minute: str
    sku_id: str


@routes.get(
    "/v1/office/ledger/lines",
    roles=READERS,
    query=DayLinesQuery,
    answers=Page[DayLineView],
    shows=MONEY,
    summary="What happened on an account of the platform on a business date, the newest first",
)
def platform_lines(query: DayLinesQuery) -> Listing:
    page = bootstrap.query_platform().page
    found: Sequence[PlatformLine] = page(query.ledger_account, day_text(query.day), query.cursor, query.limit)
    more = len(found) == query.limit
    return Listing(found, place_of(found[-1]).text if more else None)


class StatementQuery(PageQuery):
    """The account of a card, a distributor, or one pot of frozen commission."""

    ledger_account: Annotated[
        str,
        Field(
            pattern=r"^((L:PREPAID|L:AUTH_HOLD):crd_[0-9A-Z]{1,26}|(L:COMM_AVAIL|A:CLAWBACK):dst_[0-9A-Z]{12}"
            r"|L:WD_HOLD:wdr_[0-9A-Z]{38}|L:COMM_FROZEN:dst_[0-9A-Z]{12}:([0-9]{8}|risk))$",
            examples=["L:PREPAID:crd_0123456789ABCDEFGHJKMNPQRS"],
        ),
    ]


@routes.get(
    "/v1/office/ledger/statement",
    roles=READERS,
    query=StatementQuery,
    answers=Page[LineView],
    shows=MONEY,
    summary="Every change of what a card, a distributor or a pot holds, the newest first",
)
def account_statement(query: StatementQuery) -> Listing:
    guard = guard_of(query.ledger_account)
    assert guard is not None, "the pattern lets nothing else in"
    return statement_page(guard.owner, query)
