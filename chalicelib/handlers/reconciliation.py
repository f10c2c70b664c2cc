"""The reconciliation job: which days of which channels are looked at, and what is told about them?"""

from datetime import datetime

from chalicelib import bootstrap
from chalicelib.domain.reconciliation_items import DayState, ReconciledDay
from chalicelib.observability import Metric, count, logger


def reconcile_channels(now: datetime) -> None:
    """Look at every day that is not done; a day that cannot be looked at does not keep the others."""
    looked: list[ReconciledDay] = []
    stuck = 0
    for channel in bootstrap.channel_names():
        for day in bootstrap.reconcile_channel().days(channel, now):
            try:
                looked.append(bootstrap.reconcile_channel()(channel, day, now))
            except Exception:
                logger.exception("a day could not be reconciled", extra={"channel": channel, "day": day})
                stuck += 1
    _tell(looked, stuck)


def _tell(looked: list[ReconciledDay], stuck: int) -> None:
    late = [day for day in looked if day.state is DayState.AWAITED and day.is_late]
    count(Metric.BILL_LATE, len(late))
    count(Metric.BILL_REFUSED, sum(bool(day.refused) for day in looked))
    count(Metric.RECONCILIATION_STUCK, stuck)
    count(Metric.DIFFERENCES_OPEN, sum(day.open_count for day in looked))
    count(Metric.UNRECONCILED_FEN, sum(day.open_fen for day in looked))
    for day in looked:
        if day.open_count or day.refused or day in late:
            logger.warning(
                "a day of a channel is not reconciled",
                channel=day.channel,
                day=day.day,
                late=day in late,
                refused=day.refused,
                open_count=day.open_count,
                open_fen=day.open_fen,
            )
