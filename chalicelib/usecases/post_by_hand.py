"""Post by hand: one person asks for a posting of the table, others agree, and the last word books it.

There is no other way to the journal than a template: the request names it, the rules make the
lines, and the books take no others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain import manual_posting
from chalicelib.domain.approval import Kind, Request, asked, tiers_of
from chalicelib.domain.change import Change
from chalicelib.domain.manual_posting import Posting
from chalicelib.domain.record import Record
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Books, Catalog, Command


@dataclass(frozen=True)
class PostByHand:
    books: Books
    catalog: Catalog
    approvals: Approvals

    def ask(self, command: Command, posting: Posting) -> Request:
        """The request, waiting for two people or more; nothing is booked yet.

        Raises: PostingInvalid, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        manual_posting.checked(posting)
        tiers = tiers_of(self.catalog.parameter("approval.tiers", command.now))
        about = manual_posting.about(posting)
        request = asked(
            Kind.POSTING,
            command.key,
            about,
            command.actor.person_id,
            command.now,
            amount_fen=posting.amount_fen,
            needed=manual_posting.approvals_of(posting, tiers),
            reason=command.reason,
        )
        return self.approvals.ask(command, request, audit_record(command, "posting.ask", **about))

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """It is booked: the record of the last approval is the journal entry."""
        posting = manual_posting.from_about(request.about)
        record = audit_record(command, posting.template, **approved_marks(request))
        record = replace(record, lines=manual_posting.lines_of(posting), reason=request.reason)
        self.books.commit(record, closing)

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()
