"""Views: what the streams derive from accounts and the journal, and who reads it."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents, orders
from chalicelib.bootstrap.distribution import withdrawal_file
from chalicelib.bootstrap.part import part

if TYPE_CHECKING:
    from chalicelib.usecases.allocated_sales import AllocatedSales
    from chalicelib.usecases.close_books import CloseBooks
    from chalicelib.usecases.find_entry import FindEntry
    from chalicelib.usecases.project_accounts import ProjectAccounts
    from chalicelib.usecases.project_journal import ProjectJournal
    from chalicelib.usecases.query_commission import QueryCommission
    from chalicelib.usecases.query_customers import QueryCustomers
    from chalicelib.usecases.query_statement import QueryPlatform, QueryStatement
    from chalicelib.usecases.query_tree import QueryTree
    from chalicelib.usecases.queue_reviews import QueueReviews
    from chalicelib.usecases.trace_money import TraceMoney


@part
def project_accounts() -> "ProjectAccounts":
    from chalicelib.usecases.project_accounts import ProjectAccounts

    return ProjectAccounts(documents())


@part
def project_journal() -> "ProjectJournal":
    from chalicelib.usecases.allocate_withdrawal import AllocateWithdrawal
    from chalicelib.usecases.project_journal import ProjectJournal

    allocate = AllocateWithdrawal(books(), documents())
    # The queue of reviews is built for the first withdrawal; most batches have none.
    return ProjectJournal(documents(), close_books(), lambda records: queue_reviews()(records), allocate)


@part
def queue_reviews() -> "QueueReviews":
    from chalicelib.usecases.queue_reviews import QueueReviews

    return QueueReviews(documents(), withdrawal_file())


@part
def query_commission() -> "QueryCommission":
    from chalicelib.usecases.query_commission import QueryCommission

    return QueryCommission(books(), documents())


@part
def query_customers() -> "QueryCustomers":
    from chalicelib.usecases.query_customers import QueryCustomers

    return QueryCustomers(documents(), orders())


@part
def query_tree() -> "QueryTree":
    from chalicelib.usecases.query_tree import QueryTree

    return QueryTree(documents())


@part
def close_books() -> "CloseBooks":
    from chalicelib.usecases.close_books import CloseBooks

    return CloseBooks(documents())


@part
def query_statement() -> "QueryStatement":
    from chalicelib.usecases.query_statement import QueryStatement

    return QueryStatement(documents())


@part
def query_platform() -> "QueryPlatform":
    from chalicelib.usecases.query_statement import QueryPlatform

    return QueryPlatform(documents())


@part
def find_entry() -> "FindEntry":
    from chalicelib.usecases.find_entry import FindEntry

    return FindEntry(books(), orders(), documents())


@part
def trace_money() -> "TraceMoney":
    from chalicelib.usecases.follow_statement import FollowStatement
    from chalicelib.usecases.trace_money import TraceMoney

    return TraceMoney(books(), find_entry(), FollowStatement(documents()))


@part
def allocated_sales() -> "AllocatedSales":
    from chalicelib.usecases.allocated_sales import AllocatedSales

    return AllocatedSales(documents())
