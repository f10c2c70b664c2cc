"""Repair: what the streams lost is found and made good, and what cannot be explained is reported."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents, dynamo, elapsed_ms, new_token
from chalicelib.bootstrap.distribution import pay_commission
from chalicelib.bootstrap.outside import archive_objects
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.proof import archive_index
from chalicelib.bootstrap.suspicion import check_order
from chalicelib.bootstrap.views import close_books, project_journal

if TYPE_CHECKING:
    from chalicelib.usecases.check_commission import CheckCommission
    from chalicelib.usecases.fold_balances import FoldBalances
    from chalicelib.usecases.note_finding import NoteFinding
    from chalicelib.usecases.reconcile_commission import ReconcileCommission


@part
def note_finding() -> "NoteFinding":
    from chalicelib.usecases.note_finding import NoteFinding

    return NoteFinding(documents())


@part
def check_commission() -> "CheckCommission":
    from chalicelib.store.pages import DynamoManyOrders, DynamoManyRecords
    from chalicelib.usecases.check_commission import CheckCommission

    orders, records = DynamoManyOrders(dynamo()), DynamoManyRecords(dynamo())
    return CheckCommission(orders, records, books(), pay_commission(), note_finding(), check_order())


@part
def reconcile_commission() -> "ReconcileCommission":
    from chalicelib.usecases.follow_archive import FollowArchive
    from chalicelib.usecases.reconcile_commission import ReconcileCommission

    archive = FollowArchive(archive_index(), archive_objects())
    return ReconcileCommission(documents(), archive, check_commission(), elapsed_ms)


@part
def fold_balances() -> "FoldBalances":
    from chalicelib.store.pages import DynamoPages
    from chalicelib.usecases.fold_balances import FoldBalances
    from chalicelib.usecases.keep_fold import KeepFold
    from chalicelib.usecases.look_again import LookAgain
    from chalicelib.usecases.look_at_distributor import LookAtDistributor
    from chalicelib.usecases.mend_statements import MendStatements

    pages, look = DynamoPages(dynamo()), LookAtDistributor(documents())
    return FoldBalances(
        documents(),
        pages,
        KeepFold(documents(), new_token),
        MendStatements(documents(), look, note_finding()),
        look,
        LookAgain(documents(), pages, project_journal(), close_books().sum_up),
        note_finding(),
        elapsed_ms,
    )
