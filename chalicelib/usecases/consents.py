"""Consents: somebody gives one, or takes it back, by the same call; every decision is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.consent import (
    DECISION,
    Consent,
    Decision,
    Purpose,
    checked_decision,
    consents_of,
    decision_changes,
    history_of,
)
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Actor, Books, Command, Documents

TRIES_MAX = 4


@dataclass(frozen=True, slots=True)
class Consents:
    """`notices`: the version in force of the notice of each purpose."""

    books: Books
    documents: Documents
    notices: Mapping[Purpose, str]

    def listed(self, person_id: str) -> list[Consent]:
        """How every purpose stands."""
        return consents_of(self._profile(person_id), self.notices)

    def history(self, actor: Actor, before: str, limit: int) -> tuple[list[str], list[Decision]]:
        """What was decided, the newest first, with the places; `before`: the last place that was seen."""
        items = self.documents.query(
            people_items.TABLE, actor.person_id, DECISION, before, limit, newest=True, consistent=True
        )
        return [item["sk"] for item in items], history_of(items)

    def decide(self, command: Command, purpose: Purpose, given: bool, version: str) -> list[Consent]:
        """How every purpose stands after this decision.

        Raises: NoticeReplaced, ServiceNecessary, KeyReused, Unavailable.
        """
        person_id = command.actor.person_id
        decision = checked_decision(purpose, given, version, self.notices, command.now)
        record = audit_record(
            command, "person.consent", purpose=purpose.value, given=given, version=decision.version
        )
        for _ in range(TRIES_MAX):
            profile = self._profile(person_id)
            try:
                self.books.commit(record, decision_changes(profile, decision, command.key))
            except Replayed as replayed:
                check_same(replayed, command)
            except Stale:
                continue
            return self.listed(person_id)
        raise Unavailable()

    def _profile(self, person_id: str) -> dict[str, Any]:
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise NotFound(id=person_id)
        return item
