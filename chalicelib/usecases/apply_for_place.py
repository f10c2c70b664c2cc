"""Apply for a place: a customer asks to become a distributor, and one of the office decides.

Only where joining needs a review; elsewhere one joins at once (join_distribution.py), by the same checks.
The last word and the place are one transaction; so are a refusal or a withdrawal and the end of the request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import application, approval, joining_questions, people_items, tree_items
from chalicelib.domain.application import Application, ApplicationUnknown, NoReviewNeeded, Step
from chalicelib.domain.approval import Decision, Kind, Request
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.closing import closes_at
from chalicelib.domain.distributor import below
from chalicelib.domain.errors import IllegalState, Unavailable
from chalicelib.domain.ids import customer_id_of, distributor_id_of
from chalicelib.domain.record import Plain, Record
from chalicelib.domain.tree_items import Place
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.join_distribution import DistributorAlready, JoinDistribution, settled
from chalicelib.usecases.ports import Actor, Books, Command, Documents

TRIES_MAX = 8


@dataclass(frozen=True)
class ApplyForPlace:
    books: Books
    documents: Documents
    joining: JoinDistribution
    approvals: Approvals

    def ask(
        self, command: Command, invite_code: str, agreement: str, answers: Mapping[str, str]
    ) -> Application:
        """The application, waiting; nobody has a place by it.

        Raises: KycRequired, AgreementOutdated, InviteCodeUnknown, ParentNotActive, NoReviewNeeded,
        RulesNotKnown, DistributorAlready, IllegalState while another one waits, IdempotencyKeyInvalid,
        KeyReused, Unavailable.
        """
        if self.approvals.asked_before(command, Kind.APPLICATION):
            return self.read(command.actor)
        parent = self.joining.checked_parent(command, invite_code, agreement)
        if not self.joining.is_reviewed(parent, command.now):
            raise NoReviewNeeded()
        joining_questions.check(answers)
        distributor_id = distributor_id_of(command.actor.person_id)
        below(parent.distributor, distributor_id)
        self._check_placeless(distributor_id)
        return self._submitted(command, parent.distributor.distributor_id, agreement)

    def _submitted(self, command: Command, parent_id: str, agreement: str) -> Application:
        person_id = command.actor.person_id
        distributor_id = distributor_id_of(person_id)
        about: dict[str, Plain] = {"person": person_id, "distributor": distributor_id}
        about |= {"parent": parent_id, "agreement": agreement}
        request = approval.asked(Kind.APPLICATION, command.key, about, person_id, command.now)
        before = self._found(distributor_id)
        wanted = application.submitted(
            before, distributor_id, request.request_id, parent_id, agreement, command.now
        )
        tested = about | {"test": joining_questions.VERSION}
        record = audit_record(command, "application.submit", **tested)
        try:
            self.approvals.ask(command, request, record, [application.change_of(wanted)])
        except Stale:
            if not self.approvals.asked_before(command, Kind.APPLICATION):
                raise IllegalState(entity="application", state="SUBMITTED", wanted=Step.SUBMIT) from None
        return self.read(command.actor)

    def read(self, actor: Actor) -> Application:
        """The latest one of this person. Raises: ApplicationUnknown."""
        found = self._found(distributor_id_of(actor.person_id))
        if found is None:
            raise ApplicationUnknown()
        return found

    def withdraw(self, command: Command) -> Application:
        """It waits no more, by the applicant's own word.

        Raises: ApplicationUnknown, IllegalState, KeyReused, Unavailable.
        """
        person_id = command.actor.person_id
        for _ in range(TRIES_MAX):
            found = self.read(command.actor)
            record = audit_record(command, "application.withdraw", request=found.request_id)
            first = self.books.record(person_id, command.key)
            if first is not None:
                check_same(Replayed(first.request_hash), command)
                return found
            after = application.decided(found, Step.WITHDRAW, command.now)
            request = self.approvals.read(found.request_id)
            word = Decision(person_id, False, command.now, command.reason, command.key)
            closing = approval.moved(request, approval.decided_alone(request, word))
            try:
                self.books.commit(record, [application.change_of(after), *closing])
            except (Replayed, Stale):
                continue  # somebody of the office was faster, or this very command
            return self.read(command.actor)
        raise Unavailable()

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """The applicant has a place. Raises: what joining raises, IllegalState, Replayed, Stale."""
        about: Any = request.about
        found = self._waiting(request)
        self._check_open(found.distributor_id)
        self._check_placeless(found.distributor_id)
        parent = self.joining.parent(about["parent"])
        newcomer = replace(settled(below(parent.distributor, found.distributor_id)), upline=())
        place = Place(newcomer, command.now, found.agreement, found.request_id)
        told: dict[str, Plain] = {name: about[name] for name in ("distributor", "parent", "agreement")}
        record = audit_record(command, "application.approve", **told, **approved_marks(request))
        joined = replace(
            audit_record(command, "distributor.join", **told, root=newcomer.root_id),
            partition=found.distributor_id,
            entry_id=f"join_{request.request_id}",
            client=None,
        )
        after = application.decided(found, Step.APPROVE, command.now)
        changes = [*tree_items.joining_changes(place, joined), application.change_of(after)]
        self.books.commit(record, [*changes, *closing])

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        """With the reason, which the applicant reads. Raises: IllegalState."""
        after = application.decided(self._waiting(request), Step.REFUSE, record.at, record.reason)
        return record, [application.change_of(after)]

    def _waiting(self, request: Request) -> Application:
        """The application that a request is for. Raises: IllegalState when it is another one by now."""
        found = self._found(str(request.about["distributor"]))
        if found is None or found.request_id != request.request_id:
            raise IllegalState(entity="application", state="", wanted=Step.APPROVE)
        return found

    def _check_open(self, distributor_id: str) -> None:
        """Nobody gets a place whose account is gone, closing or locked. Raises: IllegalState."""
        person_id = customer_id_of(distributor_id)
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if profile is None or closes_at(profile) or profile["locked"]:
            raise IllegalState(entity=person_id, state="CLOSED", wanted=Step.APPROVE)

    def _check_placeless(self, distributor_id: str) -> None:
        """Raises: DistributorAlready."""
        if self._item(distributor_id, tree_items.SELF) is not None:
            raise DistributorAlready()

    def _found(self, distributor_id: str) -> Application | None:
        item = self._item(distributor_id, application.SORT_KEY)
        return application.from_item(item) if item else None

    def _item(self, distributor_id: str, sort_key: str) -> dict[str, Any] | None:
        return self.documents.get(tree_items.TABLE, distributor_id, sort_key, consistent=True)
