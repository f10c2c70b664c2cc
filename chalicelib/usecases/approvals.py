"""Approvals: who asks, who agrees, who refuses, and what happens with the last word?

Each decision is one transaction: its record and the request, under the condition that nobody
decided since it was read; so two at once are both counted, each once, and of two last ones one
stands. What was asked is carried out in the transaction of the last approval, by the use case
of its kind: there is no moment between the two in which a crash could lose it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from chalicelib.domain import approval
from chalicelib.domain.approval import Decision, Kind, Request, RequestUnknown, State
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.errors import KeyReused, Refusal, Unavailable
from chalicelib.domain.ids import check_fresh
from chalicelib.domain.record import Plain, Record
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents

TRIES_MAX = 8


class Subject(Protocol):
    """The use case whose doing needs other people."""

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """Do what was asked and approved, in one transaction with `closing`.

        Raises: a Refusal when it cannot be done any more, Replayed, Stale.
        """
        ...

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        """The record of its refusal, and what goes with it. Raises: a Refusal, Stale."""
        ...


@dataclass(frozen=True)
class Approvals:
    books: Books
    documents: Documents
    subjects: Mapping[Kind, Callable[[], Subject]]

    def ask(
        self, command: Command, request: Request, record: Record, changes: Sequence[Change] = ()
    ) -> Request:
        """The request, waiting; the same command sent again gets it as it is now.

        Raises: IdempotencyKeyInvalid when the key is more than a day old, KeyReused, Stale, Unavailable.
        """
        if known := self.find(request.request_id):
            self._check_asked(command, known)
            return known
        check_fresh(command.key, command.now)
        try:
            self.books.commit(record, [approval.opened(request), *changes])
        except Replayed as replayed:
            check_same(replayed, command)
            return self.read(request.request_id)
        return request

    def asked_before(self, command: Command, kind: Kind) -> Request | None:
        """What this very command asked for, before anything is looked at anew. Raises: KeyReused."""
        known = self.find(approval.DESKS[kind].prefix + command.key)
        if known is not None:
            self._check_asked(command, known)
        return known

    def _check_asked(self, command: Command, known: Request) -> None:
        """It was asked by this very command. Raises: KeyReused."""
        first = self.books.record(command.actor.person_id, command.key)
        if first is None or known.requested_by != command.actor.person_id:
            raise KeyReused()
        check_same(Replayed(first.request_hash), command)

    def read(self, request_id: str) -> Request:
        """The request as it is now. Raises: RequestUnknown."""
        found = self.find(request_id)
        if found is None:
            raise RequestUnknown(id=request_id[:64])
        return found

    def find(self, request_id: str) -> Request | None:
        """Among what waits first: it moves from there, and never back."""
        for partition in (approval.WAITING, approval.DECIDED):
            item = self.documents.get(approval.TABLE, partition, request_id, consistent=True)
            if item is not None:
                return approval.from_item(item)
        return None

    def decide(self, command: Command, request_id: str, agrees: bool) -> Request:
        """The request after this person's decision.

        Raises: RequestUnknown, RequestDecided, RequestExpired, RoleRequired, FourEyes, KeyReused,
        what the subject raises when it cannot be carried out any more, Unavailable.
        """
        person_id = command.actor.person_id
        decision = Decision(person_id, agrees, command.now, command.reason, command.key)
        for _ in range(TRIES_MAX):
            request = self.read(request_id)
            if self._is_repeated(command, request):
                return request
            after = approval.decided(request, decision, command.actor.roles)
            try:
                self._write(command, request, after)
            except Replayed as replayed:
                check_same(replayed, command)
                if replayed.body.get("about", {}).get("request") != request_id:
                    raise KeyReused() from None
            except Stale:
                continue  # somebody decided meanwhile, or what it is about has moved: look again
            except Refusal:
                if self.read(request_id) == request:
                    raise
            else:
                return after
        raise Unavailable()

    def _is_repeated(self, command: Command, request: Request) -> bool:
        """Whether this very command decided before. Raises: KeyReused when its key said something else."""
        own = (command.actor.person_id, command.key)
        if own not in {(one.person_id, one.key) for one in request.decisions}:
            return False
        first = self.books.record(*own)
        if first is None or first.request_hash != command.request_hash:
            raise KeyReused()
        return True

    def _write(self, command: Command, request: Request, after: Request) -> None:
        closing = approval.moved(request, after)
        subject = self.subjects[request.kind]
        if after.outcome is State.APPROVED:
            subject().carry_out(command, after, closing)
            return
        about: dict[str, Plain] = {"request": request.request_id, "kind": request.kind.value}
        if after.outcome is State.WAITING:
            self.books.commit(audit_record(command, "approval.agree", **about), closing)
            return
        record = audit_record(command, "approval.refuse", **about)
        record, more = subject().turned_down(record, after)
        self.books.commit(record, [*closing, *more])


class Agreed(NamedTuple):
    """What the last approval adds to a record and its transaction, where a deed is also done without one."""

    marks: Mapping[str, Plain] = {}
    closing: Sequence[Change] = ()


NOBODY = Agreed()


def approved_marks(request: Request) -> dict[str, Plain]:
    """What the record of the last approval says of the request: who asked, and who agreed before."""
    earlier: list[Plain] = list(request.approved_by[:-1])
    marks: dict[str, Plain] = {"request": request.request_id, "requested_by": request.requested_by}
    return marks | ({"approved_by": earlier} if earlier else {})
