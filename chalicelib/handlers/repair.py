"""The repair jobs: what does each run tell about what it found?"""

from datetime import datetime

from chalicelib import bootstrap
from chalicelib.domain import manual_refund
from chalicelib.domain.custody import custody_of
from chalicelib.observability import Metric, count, logger

CALLS_TOLD_MAX = 100  # of those without an answer, in one line of the log
WAITING_SEEN_MAX = 1_000  # more than these is an alarm all the same


def reconcile_commission(now: datetime) -> None:
    """Emit commission that the order stream owes; count what was missing, and what nothing calls for."""
    checked = bootstrap.reconcile_commission()(now)
    count(Metric.COMMISSION_EMITTED, checked.emitted)
    count(Metric.COMMISSION_EXTRA, len(checked.wrong))
    count(Metric.COMMISSION_STUCK, len(checked.failed))
    if checked.emitted or checked.wrong or checked.failed:
        logger.warning(
            "commission was reconciled",
            orders=checked.orders,
            emitted=checked.emitted,
            wrong=sorted(checked.wrong),
            failed=sorted(checked.failed),
        )


def fold_balances(now: datetime) -> None:
    """Go on with the fold of the night; tell each difference, and what of the views was made anew."""
    folded = bootstrap.fold_balances()(now)
    if not folded.has_run:
        return
    count(Metric.LEDGER_DIFFERENCE, sum(folded.differences.values()))
    count(Metric.LEDGER_UNRESOLVED, len(folded.unresolved))
    count(Metric.STATEMENT_GAPS, len(folded.mended.gaps))
    count(Metric.STATEMENT_LINES_REBUILT, folded.mended.lines + folded.platform_lines)
    count(Metric.STATEMENT_UNEXPLAINED, len(folded.mended.unexplained))
    count(Metric.POTS_WITHOUT_ROW, folded.pots)
    if folded.is_done:
        count(Metric.FOLD_DONE)
        custody = custody_of(folded.totals)
        count(Metric.CUSTODY_OWED_FEN, custody.owed_fen)
        count(Metric.CUSTODY_COVER_FEN, custody.cover_fen)
        count(Metric.CUSTODY_COVERAGE_BPS, custody.coverage_bps)
    tell = logger.error if folded.differences or folded.mended.unexplained else logger.info
    tell(
        "balances were folded",
        records=folded.records,
        differences=folded.differences,
        unresolved=sorted(folded.unresolved),
        gaps=sorted(folded.mended.gaps),
        unexplained=sorted(folded.mended.unexplained),
        is_done=folded.is_done,
    )


def sweep(now: datetime) -> None:
    """Close what is unpaid and put back what is unsold; tell what leaked, and what could not be closed."""
    count(Metric.ORDERS_UNCLOSED, bootstrap.sweep_unpaid()(now).left)
    count(Metric.STOCK_LEAKED, bootstrap.sweep_stock()(now))


def query_unknown(now: datetime) -> None:
    """Ask about every open call whose time has come; tell which have had no answer for a day."""
    asked = bootstrap.query_unknown()(now)
    count(Metric.CALLS_OVERDUE, len(asked.overdue))
    count(Metric.TOP_UPS_UNANSWERED, asked.late_topups)
    if asked.overdue:
        calls = sorted(f"{row.kind} {row.call_id}" for row in asked.overdue)
        logger.warning("calls have had no answer for a day", calls=calls[:CALLS_TOLD_MAX])


def count_refunds_by_hand() -> None:
    """How much money on its way back waits for a person now: an alarm that lasts until somebody has come."""
    place = (manual_refund.TABLE, manual_refund.PARTITION)
    waiting = bootstrap.documents().query(*place, limit=WAITING_SEEN_MAX)
    count(Metric.REFUNDS_BY_HAND, len(waiting))
