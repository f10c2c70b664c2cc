"""Look at a person: what does the office see of a customer, and which customer has this phone number?

Phone and name are masked, unless the one who looks was granted them a moment ago. The identity number is
shown to nobody.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import people_items, tree_items, unmasking
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.order import Order
from chalicelib.domain.person import Person, checked_phone
from chalicelib.domain.tree_items import Place
from chalicelib.domain.unmasking import PersonUnknown
from chalicelib.usecases.ports import Documents, Keys, Orders
from chalicelib.usecases.project_cards import HOLDING
from chalicelib.usecases.write_statement import TABLE

SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A customer as one member of staff sees them now: the newest orders and the cards, twenty of each."""

    person: Person
    orders: Sequence[Order]
    cards: Sequence[Mapping[str, Any]]
    place: Place | None
    unmasked_until: datetime | None = None
    phone: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class LookAtPerson:
    documents: Documents
    orders: Orders
    keys: Keys

    def by_phone(self, phone: str, now: datetime) -> Person | None:
        """The customer who has exactly this number. Raises: PhoneInvalid."""
        key = people_items.phone_key(self.keys.blind_index(checked_phone(phone)))
        login = self.documents.get(people_items.TABLE, key, people_items.LOGIN)
        if login is None or not login["person_id"].startswith("cus_"):
            return None
        return people_items.person_of(self._profile(login["person_id"]), now)

    def __call__(self, staff_id: str, person_id: str, now: datetime) -> LookedAt:
        """Raises: PersonUnknown."""
        profile = self._profile(person_id)
        place = self.documents.get(tree_items.TABLE, distributor_id_of(person_id), tree_items.SELF)
        grant = self.documents.get(unmasking.TABLE, *unmasking.key_of(staff_id, person_id), consistent=True)
        until = unmasking.until_of(grant, now)
        return LookedAt(
            person=people_items.person_of(profile, now),
            orders=self.orders.page(person_id, "", SHOWN_MAX),
            cards=self.documents.query(TABLE, person_id, HOLDING, limit=SHOWN_MAX),
            place=tree_items.place_of(place) if place else None,
            unmasked_until=until,
            phone=self._phone(profile) if until else None,
            name=self._name(profile) if until else None,
        )

    def _profile(self, person_id: str) -> dict[str, Any]:
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE)
        if item is None:
            raise PersonUnknown(person_id=person_id)
        return item

    def _phone(self, profile: Mapping[str, Any]) -> str:
        return self.keys.open(profile["phone_sealed"], people_items.phone_context(profile["pk"]))

    def _name(self, profile: Mapping[str, Any]) -> str | None:
        if "identity_sealed" not in profile:
            return None
        opened = self.keys.open(profile["identity_sealed"], people_items.identity_context(profile["pk"]))
        return str(json.loads(opened)["name"])
