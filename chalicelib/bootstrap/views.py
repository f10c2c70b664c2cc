"""Views: what the streams derive from accounts and the journal, and who reads it."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents
from chalicelib.bootstrap.distribution import withdrawal_file

if TYPE_CHECKING:
    from chalicelib.usecases.close_books import CloseBooks
    from chalicelib.usecases.project_accounts import ProjectAccounts
    from chalicelib.usecases.project_journal import ProjectJournal
    from chalicelib.usecases.query_statement import QueryPlatform, QueryStatement


@cache
def project_accounts() -> "ProjectAccounts":
    from chalicelib.usecases.project_accounts import ProjectAccounts

    return ProjectAccounts(documents())


@cache
def project_journal() -> "ProjectJournal":
    from chalicelib.usecases.allocate_withdrawal import AllocateWithdrawal
    from chalicelib.usecases.project_journal import ProjectJournal
    from chalicelib.usecases.queue_reviews import QueueReviews

    reviews = QueueReviews(documents(), withdrawal_file())
    return ProjectJournal(documents(), close_books(), reviews, AllocateWithdrawal(books(), documents()))


@cache
def close_books() -> "CloseBooks":
    from chalicelib.usecases.close_books import CloseBooks

    return CloseBooks(documents())


@cache
def query_statement() -> "QueryStatement":
    from chalicelib.usecases.query_statement import QueryStatement

    return QueryStatement(documents())


@cache
def query_platform() -> "QueryPlatform":
    from chalicelib.usecases.query_statement import QueryPlatform

    return QueryPlatform(documents())
