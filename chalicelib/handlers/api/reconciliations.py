"""Reconciliations: do the channels' bills say what our books say, and what is apart?"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.order import OrderUnknown
from chalicelib.domain.payment import ChannelUnknown
from chalicelib.domain.reconciliation_items import (
    DAY,
    TABLE,
    DayUnknown,
    DifferenceClosed,
    DifferenceUnknown,
    ReconciledDay,
    Ticket,
    date_of,
    day_from,
    days_key,
    differences_key,
    ticket_from,
)
from chalicelib.handlers.fields import Body, Listing, Page, PageQuery, Path, Reason, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.resolve_difference import NotReturnable, Resolution

routes = Routes(__name__)

READERS = ("finance", "auditor")

ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$", examples=["sandbox"])]
DayText = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-11-21"])]
DifferenceId = Annotated[
    str, Field(pattern=r"^dif_[0-9a-f]{26}$", examples=["dif_0123456789abcdef0123456789"])
]


class DaysQuery(PageQuery):
    """The business days of one channel, the newest first."""

    channel: ChannelName = "sandbox"


class DayPath(Path):
    channel: ChannelName
    day: DayText

    @property
    def day_key(self) -> str:
        return self.day.replace("-", "")


class DifferencePath(DayPath):
    difference_id: DifferenceId


class TotalsView(View):
    """The day in numbers, money in (+) and back (−) in fen.

    bill = matched + the channel's side of all differences. books = matched − booked elsewhere
    + listed elsewhere + awaited + our side of the differences booked this day.
    """

    bill_count: int
    bill_fen: int
    fee_fen: int
    matched_count: int
    matched_fen: int
    books_count: int
    books_fen: int
    booked_elsewhere_fen: int = Field(description="matched here, booked on another day")
    listed_elsewhere_fen: int = Field(description="booked this day, listed in another day's bill")
    awaited_count: int
    awaited_fen: int = Field(description="booked this day; the next bill may list it")


class ReconciledDayView(View):
    """One day: AWAITED until its file is there, DONE when every line of both sides is explained."""

    channel: str
    day: date
    state: Literal["AWAITED", "COMPARED", "DONE"]
    is_late: bool
    compared_at: datetime | None
    open_count: int
    open_fen: int = Field(description="by how much open differences are apart")
    totals: TotalsView | None


class DifferenceView(View):
    """One difference: what each side says, what asking the channel brought, and what was decided."""

    difference_id: str
    channel: str
    day: date
    result: Literal["ONLY_CHANNEL", "ONLY_OURS", "AMOUNT_DIFFERS", "STATE_DIFFERS"]
    kind: Literal["PAYMENT", "REFUND"]
    operation_id: str
    order_id: str
    channel_fen: int
    ours_fen: int
    booked_day: date | None
    cause: str
    found_at: datetime
    state: Literal["OPEN", "HEALED", "RESOLVED"]
    resolution: str
    decided_by: str
    reason: str


class ResolveDifference(Body):
    """EXPLAINED: nothing is posted. RETURNED: money that no order takes goes back to its payer."""

    resolution: Literal["EXPLAINED", "RETURNED"]
    reason: Reason


def day_view(row: ReconciledDay) -> ReconciledDayView:
    return ReconciledDayView(
        channel=row.channel,
        day=date_of(row.day),
        state=row.state.value,
        is_late=row.is_late,
        compared_at=row.compared_at,
        open_count=row.open_count,
        open_fen=row.open_fen,
        totals=TotalsView.model_validate(row.totals) if row.totals else None,
    )


def difference_view(ticket: Ticket) -> DifferenceView:
    found = ticket.found
    return DifferenceView.model_validate(
        {
            "difference_id": ticket.difference_id,
            "channel": ticket.channel,
            "day": date_of(ticket.day),
            "result": found.result.value,
            "kind": found.key.kind,
            "operation_id": found.key.operation_id,
            "order_id": found.order_id,
            "channel_fen": found.channel_fen,
            "ours_fen": found.ours_fen,
            "booked_day": date_of(found.booked_day) if found.booked_day else None,
            "cause": found.cause,
            "found_at": ticket.found_at,
            "state": ticket.state.value,
            "resolution": ticket.resolution,
            "decided_by": ticket.decided_by,
            "reason": ticket.reason,
        }
    )


@routes.get(
    "/v1/office/reconciliations",
    roles=READERS,
    query=DaysQuery,
    answers=Page[ReconciledDayView],
    summary="The days of a payment channel against our books, the newest first",
)
def reconciled_days(actor: Actor, query: DaysQuery) -> Listing:
    items = bootstrap.documents().query(
        TABLE, days_key(query.channel), DAY, after=query.cursor, limit=query.limit, newest=True
    )
    more = items[-1]["sk"] if len(items) == query.limit else None
    return Listing([day_view(day_from(item)) for item in items], more)


@routes.get(
    "/v1/office/reconciliations/{channel}/{day}",
    roles=READERS,
    path=DayPath,
    answers=ReconciledDayView,
    refusals=(DayUnknown,),
    summary="One day of a payment channel with its totals",
)
def one_reconciled_day(actor: Actor, path: DayPath) -> ReconciledDayView:
    item = bootstrap.documents().get(TABLE, days_key(path.channel), DAY + path.day_key)
    if item is None:
        raise DayUnknown(channel=path.channel, day=path.day)
    return day_view(day_from(item))


@routes.get(
    "/v1/office/reconciliations/{channel}/{day}/differences",
    roles=READERS,
    path=DayPath,
    query=PageQuery,
    answers=Page[DifferenceView],
    shows=Shows("customer", "what a channel and the books say differently is cleared up"),
    summary="The differences of a day, also those that healed or were resolved",
)
def differences_of_day(actor: Actor, path: DayPath, query: PageQuery) -> Listing:
    partition = differences_key(path.channel, path.day_key)
    items = bootstrap.documents().query(TABLE, partition, after=query.cursor, limit=query.limit)
    more = items[-1]["sk"] if len(items) == query.limit else None
    return Listing([difference_view(ticket_from(item)) for item in items], more)


@routes.post(
    "/v1/office/reconciliations/{channel}/{day}/differences/{difference_id}/resolution",
    roles=("finance",),
    path=DifferencePath,
    body=ResolveDifference,
    answers=DifferenceView,
    records=("DIFFERENCE_RESOLVED", "PAYMENT_TO_RETURN"),
    refusals=(DifferenceUnknown, DifferenceClosed, NotReturnable, OrderUnknown, ChannelUnknown),
    summary="Say what a difference was, or send its money back to its payer",
)
def resolve_difference(command: Command, path: DifferencePath, body: ResolveDifference) -> DifferenceView:
    how = Resolution(body.resolution)
    ticket = bootstrap.resolve_difference()(command, path.channel, path.day_key, path.difference_id, how)
    return difference_view(ticket)
