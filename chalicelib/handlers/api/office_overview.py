"""The overview of the office: how much money is whose, what is traded, what is suspicious, and what waits?"""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain import tally as tallies
from chalicelib.domain.custody import custody_of
from chalicelib.domain.tally import Traded
from chalicelib.handlers.fields import View
from chalicelib.handlers.http import Routes

routes = Routes(__name__)

DAYS_SHOWN = 30
STAFF = ("support", "finance", "risk", "auditor", "ops", "admin")


class CommissionTotalsView(View):
    """What distributors have earned and not yet been paid, in fen."""

    available_fen: int = Field(description="they may withdraw it")
    frozen_fen: int = Field(description="it is released on its day")
    held_by_risk_fen: int = Field(description="a suspicion holds it")
    in_withdrawals_fen: int = Field(description="a withdrawal was asked for, and is not paid or returned yet")
    clawback_fen: int = Field(description="what distributors owe of commission that was paid and taken back")


class MoneyView(View):
    """How much money is whose, in fen, after all records up to `as_of`.

    Those that came into the archive since are `uncounted_records`.
    """

    as_of: datetime | None = Field(description="the newest record that is counted; none before the first")
    uncounted_records: int
    prepaid_fen: int = Field(description="on cards, free to be spent")
    authorized_fen: int = Field(description="on cards, held for a payment at a station")
    refunds_payable_fen: int = Field(description="on its way back to payers")
    customers_fen: int = Field(description="the three together: what customers own")
    in_custody_fen: int = Field(description="in the bank's custody account")
    at_channels_fen: int = Field(description="paid at channels, and not settled by them yet")
    cover_fen: int = Field(description="the two together: what is there for customers")
    coverage_bps: int = Field(
        description="of what customers own, rounded down; the whole where it is nothing"
    )
    operating_fen: int = Field(description="in the operator's own bank account")
    suppliers_fen: int = Field(description="paid ahead to oil companies")
    tax_fen: int = Field(description="withheld from distributors, and not remitted yet")
    commission: CommissionTotalsView


class TradedView(View):
    """What was traded on a business day (Asia/Shanghai), in fen."""

    day: date
    order_count: int = Field(description="paid on the day")
    turnover_fen: int = Field(description="what their buyers paid; refunds are not taken off")
    refund_count: int = Field(description="decided on the day, of whichever order")
    refunded_fen: int = Field(description="what goes back by them")
    spread_fen: int = Field(description="what buyers paid less what suppliers get, of goods of others")
    fee_fen: int
    promotion_fen: int
    commission_fen: int = Field(description="entered on the day, less what was taken back")
    channel_fee_fen: int
    margin_fen: int = Field(description="spread and fees less promotion, commission and the channels' fees")


class TradeView(View):
    """The last thirty business days, the newest first; today's so far."""

    as_of: datetime | None = Field(description="the newest record that is counted; none before the first")
    uncounted_records: int
    days: list[TradedView]


class AlertDayView(View):
    """Open suspicions of one business day, by rule."""

    day: date
    by_rule: dict[str, int] = Field(description="how many each rule raised; one of several counts for each")


class RiskView(View):
    """The suspicions that nobody has decided on, as they are now."""

    as_of: datetime
    open_count: int
    is_whole: bool = Field(description="false: there are more, and only so many were looked at")
    oldest_since: datetime | None
    by_severity: dict[str, int]
    days: list[AlertDayView]


class QueueView(View):
    """How much waits in a queue, and since when the oldest of it."""

    queue: Literal[
        "WITHDRAWALS",
        "APPROVALS",
        "REFUNDS_BY_HAND",
        "ORDERS_TOPUP",
        "ORDERS_REFUND",
        "ORDERS_CLOSURE",
        "ORDERS_PAYMENT",
        "ORDERS_HELD",
        "ALERTS",
        "FINDINGS",
        "DIFFERENCES",
    ]
    count: int
    is_whole: bool = Field(description="false: there are more, and only so many were looked at")
    oldest_since: datetime | None


class QueuesView(View):
    as_of: datetime
    queues: list[QueueView]


@routes.get(
    "/v1/office/overview/money",
    roles=("finance", "auditor", "admin"),
    answers=MoneyView,
    summary="How much money is whose",
)
def overview_money() -> MoneyView:
    """The sums of all records of the ledger, by account.

    What customers own is what stands on their cards, is held there, or is on its way back to them; it is
    covered by what lies in custody and at the channels. What promotions gave is owed too, and nobody paid it
    in, so that less than the whole may be covered. Made once a minute from the archive, never by a sale.
    """
    told = bootstrap.read_tally()()
    totals, custody = told.tally.totals, custody_of(told.tally.totals)
    return MoneyView(
        as_of=told.tally.at,
        uncounted_records=told.uncounted,
        prepaid_fen=-totals.get("L:PREPAID", 0),
        authorized_fen=-totals.get("L:AUTH_HOLD", 0),
        refunds_payable_fen=-totals.get("L:REFUND_PAYABLE", 0),
        customers_fen=custody.owed_fen,
        in_custody_fen=totals.get("A:BANK_CUSTODY", 0),
        at_channels_fen=totals.get("A:CHANNEL", 0),
        cover_fen=custody.cover_fen,
        coverage_bps=custody.coverage_bps,
        operating_fen=totals.get("A:BANK_OPER", 0),
        suppliers_fen=totals.get("A:SUPPLIER_PREPAY", 0),
        tax_fen=-totals.get("L:TAX_IIT", 0),
        commission=CommissionTotalsView(
            available_fen=-totals.get("L:COMM_AVAIL", 0),
            frozen_fen=-totals.get(tallies.FROZEN, 0),
            held_by_risk_fen=-totals.get(tallies.HELD, 0),
            in_withdrawals_fen=-totals.get("L:WD_HOLD", 0),
            clawback_fen=totals.get("A:CLAWBACK", 0),
        ),
    )


@routes.get(
    "/v1/office/overview/trade",
    roles=("finance", "auditor", "admin", "ops"),
    answers=TradeView,
    summary="Orders, turnover and margin of the last thirty business days",
)
def overview_trade(now: datetime) -> TradeView:
    """By the business day that a record tells, in Asia/Shanghai.

    An order counts on the day it is paid, through a channel or from a card account; a refund on the day it is
    decided. The margin of a day is what `/v1/office/margins` tells, of all products together.
    """
    read = bootstrap.read_tally()
    told = read()
    days = [_traded(day) for day in read.days(now, DAYS_SHOWN)]
    return TradeView(as_of=told.tally.at, uncounted_records=told.uncounted, days=days)


@routes.get(
    "/v1/office/overview/risk",
    roles=("risk", "auditor", "admin"),
    answers=RiskView,
    summary="The open suspicions by day and rule",
)
def overview_risk(now: datetime) -> RiskView:
    """Those that nobody has decided on, as they stand this moment; at most a thousand are looked at."""
    found = bootstrap.count_queues().alerts()
    days = [AlertDayView(day=_date(day), by_rule=dict(rules)) for day, rules in sorted(found.by_day.items())]
    return RiskView(
        as_of=now,
        open_count=found.waiting.count,
        is_whole=found.waiting.is_whole,
        oldest_since=found.waiting.oldest_since,
        by_severity=dict(found.by_severity),
        days=days,
    )


@routes.get(
    "/v1/office/overview/queues",
    roles=STAFF,
    answers=QueuesView,
    summary="How much waits for somebody of the office, and since when",
)
def overview_queues(now: datetime) -> QueuesView:
    """As it stands this moment; of each queue at most a thousand are looked at.

    WITHDRAWALS: in review, held, approved or failed.
    APPROVALS: asked within a week, and waiting; withdrawals are not among them.
    REFUNDS_BY_HAND: no machine can bring them to their payer.
    ORDERS_…: the lists of `/v1/office/orders`.
    ALERTS: without a verdict.
    FINDINGS: open, since they were found first.
    DIFFERENCES: open ones of the last 92 days of each channel, since their day was compared last.
    """
    queues = [QueueView.model_validate(one) for one in bootstrap.count_queues()(now)]
    return QueuesView(as_of=now, queues=queues)


def _traded(traded: Traded) -> TradedView:
    names = set(TradedView.model_fields) - {"day"}
    return TradedView(day=_date(traded.day), **{name: getattr(traded, name) for name in names})


def _date(day: str) -> date:
    return date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")
