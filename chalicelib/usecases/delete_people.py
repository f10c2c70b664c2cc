"""Delete people: whose grace is over, and what is left of them then?

Twice is as good as once, and whoever takes over from a run that died finds the rows that it left. What
grows with a person (corrections, decisions on consents, whatever is kept there one day) goes first, each
by itself; profile, login, second factor, identity and bank account go in one write with the record.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain import closing, consent, people_items, tree_items
from chalicelib.domain.business_time import business_date, day_text, to_ms
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.closing import ClosingRow, Obstacle
from chalicelib.domain.commission_entry import SYSTEM
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person_history import told
from chalicelib.domain.record import Record
from chalicelib.usecases.ports import Books, Documents

logger = logging.getLogger("forecourt")  # as observability.py calls it: so the line keeps its fields

DELETED = "deleted"  # the entry of its record: a person is deleted once


class Deleted(NamedTuple):
    """How many accounts a run deleted, how many wait for what stands in their way, and how many failed."""

    deleted: int = 0
    waiting: int = 0
    failed: int = 0


@dataclass(frozen=True)
class DeletePeople:
    """`obstacles(person_id)` tells what is not settled (close_account.py)."""

    books: Books
    documents: Documents
    obstacles: Callable[[str], Sequence[Obstacle]]

    def __call__(self, now: datetime) -> Deleted:
        """Delete everybody whose day has come; one who fails keeps nobody else from it."""
        progress = self.documents.get(closing.TABLE, *closing.PROGRESS, consistent=True) or {}
        total, first_left = Deleted(), ""
        for day in closing.days_to_look_at(progress.get("day", ""), now):
            rows = self.documents.query(closing.TABLE, closing.partition(day_text(day)), consistent=True)
            done = [self._done(closing.row_from(item), now) for item in rows]
            total = Deleted(*(sum(counts) for counts in zip(total, *done, strict=True)))
            is_left = any(one.failed for one in done) or day == business_date(now)
            first_left = first_left or (day.isoformat() if is_left else "")
        self.documents.put(closing.TABLE, *closing.PROGRESS, {"day": first_left})
        return total

    def _done(self, row: ClosingRow, now: datetime) -> Deleted:
        if now < row.closes_at:
            return Deleted()
        try:
            return self._one(row, now)
        except Exception:
            logger.exception("a person could not be deleted", extra={"person": row.person_id})
            return Deleted(failed=1)

    def _one(self, row: ClosingRow, now: datetime) -> Deleted:
        profile = self._get(people_items.TABLE, row.person_id, people_items.PROFILE)
        if profile is None or closing.closes_at(profile) != row.closes_at:
            self.documents.delete(closing.TABLE, *row.key)  # it is done, or was taken back
            return Deleted()
        if self.obstacles(row.person_id):
            self._look_again(row, now)
            return Deleted(waiting=1)
        self._forget_what_grows(row)
        return Deleted(deleted=self._deleted(profile, row, now))

    def _look_again(self, row: ClosingRow, now: datetime) -> None:
        """Tomorrow, until nothing stands in the way."""
        again = closing.row_of(row.person_id, row.phone_index, row.closes_at, now + closing.AGAIN_AFTER)
        self.books.commit(None, [again, row.gone()])

    def _forget_what_grows(self, row: ClosingRow) -> None:
        """Everything that stands under the person but what goes with the profile, and the history."""
        found = self.documents.query(people_items.TABLE, row.person_id, consistent=True)
        goes = [item for item in found if closing.goes_alone(item["sk"])]
        decisions = [item for item in goes if item["sk"].startswith(consent.DECISION)]
        self.documents.put_many(closing.TABLE, closing.retained_consents(decisions, row))
        for item in goes:
            self.documents.delete(people_items.TABLE, item["pk"], item["sk"])

    def _deleted(self, profile: dict[str, Any], row: ClosingRow, now: datetime) -> bool:
        """Whether it was done now; else it was taken back, or done by another run."""
        place = self._get(tree_items.TABLE, distributor_id_of(row.person_id), tree_items.SELF)
        until = {"identity_until": to_ms(closing.identity_until(row))} if profile["real_name"] else {}
        about = told(row.person_id, {"state": "closing"}, {"state": DELETED, **until})
        record = Record(row.person_id, DELETED, "person.delete", now, SYSTEM, about)
        try:
            self.books.commit(record, closing.deleted_changes(profile, place, row, record))
        except (Replayed, Stale):
            return False
        return True

    def _get(self, table: str, pk: str, sk: str) -> dict[str, Any] | None:
        return self.documents.get(table, pk, sk, consistent=True)
