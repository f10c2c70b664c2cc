"""Reconciliation: each channel's bill of a day against our books, and what the office says to it."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents, orders, settings
from chalicelib.bootstrap.outside import archive_objects, channel
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.purchases import check_payment, send_refund, settle_payment

if TYPE_CHECKING:
    from chalicelib.usecases.list_findings import ListFindings
    from chalicelib.usecases.reconcile_channel import ReconcileChannel
    from chalicelib.usecases.resolve_difference import ResolveDifference
    from chalicelib.usecases.resolve_finding import ResolveFinding


@part
def channel_names() -> tuple[str, ...]:
    """The payment channels whose bills are reconciled."""
    return ("sandbox",) if settings().counterparties_url else ()


@part
def reconcile_channel() -> "ReconcileChannel":
    from chalicelib.usecases.fetch_bill import FetchBill
    from chalicelib.usecases.file_differences import FileDifferences
    from chalicelib.usecases.reconcile_channel import ReconcileChannel
    from chalicelib.usecases.settle_channel import SettleChannel
    from chalicelib.usecases.trace_bill_line import TraceBillLine

    return ReconcileChannel(
        documents(),
        FetchBill(archive_objects(), channel),
        TraceBillLine(books(), orders(), check_payment(), send_refund()),
        SettleChannel(books(), orders()),
        FileDifferences(documents()),
    )


@part
def resolve_difference() -> "ResolveDifference":
    from chalicelib.usecases.resolve_difference import ResolveDifference

    return ResolveDifference(books(), documents(), channel, settle_payment())


@part
def list_findings() -> "ListFindings":
    from chalicelib.usecases.list_findings import ListFindings

    return ListFindings(documents())


@part
def resolve_finding() -> "ResolveFinding":
    from chalicelib.usecases.resolve_finding import ResolveFinding

    return ResolveFinding(books(), documents())
