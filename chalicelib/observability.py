"""Observability: what does the system say about itself, and under which names?

One logger for every function, and the names of all metrics. Nothing secret and
nothing personal is ever a field of either: ids only.
"""

from enum import StrEnum

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

NAMESPACE = "Forecourt"

logger = Logger(service="forecourt", level="INFO")

# The template names the service of metrics after its stage (POWERTOOLS_SERVICE_NAME): stages never mix.
_service = Metrics(namespace=NAMESPACE).service or "forecourt"


class Metric(StrEnum):
    """Every metric there is."""

    REQUEST_FAILED = "RequestFailed"  # an answer 500: a bug of ours
    ANSWERED_TRY_AGAIN = "AnsweredTryAgain"  # an answer 503: every try met a busy or silent table
    SIGN_IN_FAILED = "SignInFailed"  # a wrong number, password or code, too many tries, a locked person
    TEXTS_SENT = "TextsSent"  # text messages that SNS took: codes and notices
    TEXTS_REFUSED = "TextsRefused"  # codes that were not sent, for all of today's were
    BULK_READ = "BulkRead"  # looks of somebody who had seen too many people within ten minutes
    PAYMENT_AMOUNT_DIFFERS = "PaymentAmountDiffers"  # payments of another amount than was asked for
    REFUNDS_BY_HAND = "RefundsByHand"  # money on its way back that waits for a person, at this moment
    CALLS_OVERDUE = "CallsOverdue"  # calls to the outside that have had no final answer for a day
    TOP_UPS_UNANSWERED = (
        "TopUpsUnanswered"  # top-ups of which an oil company has said nothing for ten minutes
    )
    ALERTS_OPEN = "AlertsOpen"  # suspicions of the last two weeks about which nobody has decided
    ALERTS_OVERDUE = "AlertsOverdue"  # of those, the ones that should have been decided by now
    WITHDRAWALS_WAITING = "WithdrawalsWaiting"  # withdrawals that have waited for a person for three days
    STOCK_LEAKED = "StockLeaked"  # cards that somebody had taken and never sold; they are back
    ORDERS_UNCLOSED = "OrdersUnclosed"  # unpaid orders that could not be closed in a sweep
    CUSTODY_OWED_FEN = "CustodyOwedFen"  # what customers own
    CUSTODY_COVER_FEN = "CustodyCoverFen"  # what lies in the bank and at the channels for it
    CUSTODY_COVERAGE_BPS = "CustodyCoverageBps"  # the one by the other
    REFUSAL_UNDECLARED = "RefusalUndeclared"  # a route refused with a code that its description does not list
    GIVEN_UP_WAITING = "GivenUpWaiting"  # records and messages that a redrive found, before it did anything
    REDRIVEN = "Redriven"  # of those, handed over again and done
    REDRIVE_FAILED = "RedriveFailed"  # of those, failed once more
    REPLAYED = "Replayed"  # items shown to a reader once more
    REPLAY_FAILED = "ReplayFailed"  # of those, not taken
    REBUILD_DIFFERENCES = "RebuildDifferences"  # balances that are not what the archive makes of them
    IMPORTED = "Imported"  # rows brought from another system
    IMPORT_REFUSED = "ImportRefused"  # lines for which a file was not brought, or not to its end
    IMPORT_DIFFERENCES = "ImportDifferences"  # control totals of a source that are not those of the ledger
    MIGRATED = "Migrated"  # items brought into the shape that this version wants
    ROTATION_FAILED = "RotationFailed"  # steps of a rotation of a secret that failed
    COMMISSION_EMITTED = "CommissionEmitted"  # entries and reversals that the order stream owed
    COMMISSION_EXTRA = "CommissionExtra"  # entries and reversals that nothing calls for, or of other content
    BILL_LATE = "BillLate"  # days whose file a channel should have had ready by ten in the morning
    BILL_REFUSED = "BillRefused"  # files that do not add up to their own control totals
    DIFFERENCES_OPEN = "DifferencesOpen"  # lines of channels and of our books that nobody has explained
    UNRECONCILED_FEN = "UnreconciledFen"  # by how many fen these are apart
    RECONCILIATION_STUCK = "ReconciliationStuck"  # days that could not be looked at
    COMMISSION_STUCK = "CommissionStuck"  # orders that could not be looked at
    FOLD_DONE = "FoldDone"  # a night's fold came to its end
    LEDGER_DIFFERENCE = "LedgerDifferenceFen"  # fen by which balances are away from their journal
    LEDGER_UNRESOLVED = "LedgerUnresolved"  # balances that moved at every look of a night
    STATEMENT_GAPS = "StatementGaps"  # statements that end before their item
    STATEMENT_LINES_REBUILT = "StatementLinesRebuilt"  # lost lines of statements and of the platform's days
    STATEMENT_UNEXPLAINED = "StatementUnexplained"  # statements that the journal does not explain
    AUDIT_ANSWERED = "AuditAnswered"  # an audit of what is installed had an answer for every pin
    UPDATES_DUE = "UpdatesDue"  # known weaknesses of it whose update is not overdue yet
    UPDATES_OVERDUE = "UpdatesOverdue"  # known weaknesses of it whose update is
    POTS_WITHOUT_ROW = "PotsWithoutRow"  # pots past their day that nothing would have released


def count(metric: Metric, number: int = 1) -> None:
    """Add to a metric, as one line of the log that CloudWatch understands."""
    with single_metric(name=metric, unit=MetricUnit.Count, value=number, namespace=NAMESPACE) as entry:
        entry.add_dimension(name="service", value=_service)
