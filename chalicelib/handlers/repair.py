"""The repair jobs: what does each run tell about what it found?"""

from datetime import datetime

from chalicelib import bootstrap
from chalicelib.observability import Metric, count, logger


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
