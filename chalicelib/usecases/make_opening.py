"""Make of a row from another system what it becomes here: one record, and the changes it goes with."""

from dataclasses import dataclass, replace

from chalicelib.domain import opening, people_items, tree_items
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.card import Card, CardState
from chalicelib.domain.card_secret import sealed_text
from chalicelib.domain.change import AccountChange, Change, NewCard, NewDocument, PotChange
from chalicelib.domain.distributor import Distributor, DistributorState
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.opening import Origin
from chalicelib.domain.opening_file import OpeningKind, OpeningRow, OpeningState, release_pot
from chalicelib.domain.person import Person, Role, checked_phone, masked_phone
from chalicelib.domain.record import Record
from chalicelib.domain.tree_items import Place
from chalicelib.usecases.check_opening import CheckOpening
from chalicelib.usecases.ports import Accounts, Documents, Keys

Entry = tuple[Record, list[Change]]


@dataclass(frozen=True)
class MakeOpening:
    documents: Documents
    accounts: Accounts
    keys: Keys
    check: CheckOpening

    def __call__(self, origin: Origin, row: OpeningRow) -> Entry:
        """The record of a row of a file that was checked, and what is written with it."""
        match origin.kind:
            case OpeningKind.DISTRIBUTORS:
                return self._distributor(origin, row)
            case OpeningKind.CUSTOMERS:
                referrer = self.check.distributor_id(origin.source, row.told("referrer"))
                person_id = self.check.person_id(origin.source, row.source_id)
                record = opening.person_record(origin, row, person_id, referrer)
                return record, list(self._person(origin, row, person_id, referrer))
            case OpeningKind.CARDS:
                card = self._card(origin, row)
                return opening.card_record(origin, row, card.card_id), [NewCard(card)]
            case OpeningKind.COMMISSION:
                return self._commission(origin, row)
            case OpeningKind.BANK:
                return opening.bank_record(origin, row), []

    def _person(self, origin: Origin, row: OpeningRow, person_id: str, referrer: str) -> list[NewDocument]:
        """A customer without a password: who proves to be this person sets one with a one-time code."""
        phone = checked_phone(row.told("phone"))
        sealed = self.keys.seal(phone, people_items.phone_context(person_id))
        person = Person(person_id, (Role.CUSTOMER,), masked_phone(phone), False, referrer, origin.at)
        return people_items.new_person(person, self.check.phone_index(row), sealed, "")

    def _distributor(self, origin: Origin, row: OpeningRow) -> Entry:
        """The person, the place, and the edge from the parent, which is there before."""
        person_id = self.check.person_id(origin.source, row.source_id)
        own_id, parent_id = (
            distributor_id_of(person_id),
            self.check.distributor_id(origin.source, row.told("parent")),
        )
        distributor = Distributor(own_id, own_id, DistributorState.ACTIVE, tier=row.told("tier"))
        changes: list[Change] = list(self._person(origin, row, person_id, ""))
        place = Place(distributor, origin.at, row.told("agreement"), origin.run_key)
        if not parent_id:
            changes += tree_items.founding_changes(place)
        else:
            parent = self.documents.get(tree_items.TABLE, parent_id, tree_items.SELF, consistent=True)
            assert parent is not None, "the file was checked, and places are never removed"
            root_id = tree_items.place_of(parent).distributor.root_id
            distributor = replace(distributor, root_id=root_id, parent_id=parent_id)
            edge = opening.edge_values(origin.at)
            changes.append(NewDocument(tree_items.TABLE, parent_id, tree_items.CHILD + own_id, edge))
            values = tree_items.place_values(replace(place, distributor=distributor))
            changes.append(NewDocument(tree_items.TABLE, own_id, tree_items.SELF, values))
        return opening.place_record(origin, row, own_id, parent_id, distributor.root_id), changes

    def _card(self, origin: Origin, row: OpeningRow) -> Card:
        product = self.check.product(row)
        assert product is not None, "the file was checked, and products are never removed"
        card_id, number, holder = self.check.card_id(row), row.told("card_number"), row.told("holder")
        return Card(
            card_id=card_id,
            sku_id=product.sku_id,
            issuer=product.issuer,
            mode=product.mode,
            kind=product.kind,
            form=product.form,
            state=CardState.FROZEN if row.told("frozen_by") else CardState.ACTIVE,
            cap_fen=product.balance_cap_fen,
            last4=number[-4:],
            sealed=self.keys.seal(sealed_text(number, row.told("secret")), card_id),
            holder_id=self.check.person_id(origin.source, holder) if holder else "",
            revealed_at=origin.at,  # whoever had it before knows its secret
            frozen_by=row.told("frozen_by"),
        )

    def _commission(self, origin: Origin, row: OpeningRow) -> Entry:
        distributor_id = self.check.distributor_id(origin.source, row.told("distributor"))
        record = opening.commission_record(origin, row, distributor_id)
        match OpeningState(row.told("state")):
            case OpeningState.AVAILABLE:
                return record, [AccountChange(distributor_id)]
            case OpeningState.FROZEN:
                return record, [PotChange(distributor_id, release_pot(row))]
            case OpeningState.OWED:
                account = self.accounts.balances(distributor_id, with_pots=False)
                since = {} if account.owed_fen else {"debt_since": to_ms(origin.at)}
                change = AccountChange(
                    distributor_id, set_values=since, expected={"version": account.version}
                )
                return record, [change]
