"""List staff: who is of the office, who has which role by whose consent, and what was changed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain import people_items, person_history
from chalicelib.domain.grant import Grant
from chalicelib.domain.person_history import Changed, changes_of
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.staff_file import Member, member_of


class Given(NamedTuple):
    """One grant of the review list, and whose it is."""

    person_id: str
    phone_masked: str
    locked: bool
    grant: Grant
    review_due: bool


@dataclass(frozen=True)
class ListStaff:
    documents: Documents

    def page(self, after: str, limit: int, now: datetime) -> list[Member]:
        """Everybody of the office by id, behind the id `after`."""
        items = self.documents.query(people_items.TABLE, people_items.STAFF, after=after, limit=limit)
        ids = [item["sk"] for item in items]
        keys = [(person_id, people_items.PROFILE) for person_id in ids]
        found = self.documents.get_many(people_items.TABLE, keys, consistent=True)
        return [member_of(found[key], now) for key in keys if key in found]

    def grants(self, members: Sequence[Member], due_only: bool, now: datetime) -> list[Given]:
        """What these people have or were asked for; `due_only`: what nobody looked at for a quarter."""
        given = [
            Given(
                member.person_id,
                member.person.phone_masked,
                member.person.locked,
                grant,
                grant.needs_review(now),
            )
            for member in members
            for grant in member.grants
        ]
        return [one for one in given if one.review_due or not due_only]

    def history(self, person_id: str, before: str, limit: int) -> list[Changed]:
        """What was changed about one person, the newest first."""
        items = self.documents.query(
            people_items.TABLE, person_id, person_history.PREFIX, after=before, limit=limit, newest=True
        )
        return changes_of(items)

    def log(self, month: str, before: str, limit: int) -> list[Changed]:
        """What was changed about the people of the office in a month, the newest first."""
        key = person_history.office_key(month)
        items = self.documents.query(people_items.TABLE, key, after=before, limit=limit, newest=True)
        return changes_of(items)
