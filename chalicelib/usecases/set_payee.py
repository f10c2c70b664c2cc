"""Set the payee: where should a distributor's money go?

Sealed at once; shown are the last digits only. It is confirmed with a second factor. From the change
on nothing is paid out for a day, so that who steals a login does not get the money with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import tree_items
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import DocumentChange, Replayed, Stale
from chalicelib.domain.confirmation import Operation, Wish
from chalicelib.domain.errors import BadRequest, Refusal, Unavailable
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.record import canonical
from chalicelib.domain.tree_items import Place
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents, Keys
from chalicelib.usecases.ports_of_the_door import Confirmed
from chalicelib.usecases.query_tree import NotADistributor

SHOWN_DIGITS = 4


class PayeeInvalid(BadRequest):
    code = "PAYEE_INVALID"
    advice = "Give an account number of 8 to 32 digits."


@dataclass(frozen=True, slots=True)
class Payee:
    """A bank account and its holder. Personal data."""

    name: str
    bank: str
    account: str


@dataclass(frozen=True)
class SetPayee:
    books: Books
    documents: Documents
    keys: Keys
    confirmed: Confirmed

    def __call__(self, command: Command, payee: Payee) -> Place:
        """The place with its new payee.

        Raises: NotADistributor, PayeeInvalid, ConfirmationRequired, ConfirmationInvalid,
        ConfirmationExpired, ConfirmationDiffers, KeyReused, Unavailable.
        """
        payee = checked_payee(payee)
        distributor_id = distributor_id_of(command.actor.person_id)
        before = self._item(distributor_id)
        wish = Wish(Operation.PAYEE, command.key, payee_mark(payee, self.keys.blind_index))
        try:
            self.confirmed.check(command, wish)
        except Refusal:
            if not self._was_set(command):  # what was done is answered again, however late
                raise
            return tree_items.place_of(before)
        values = {
            "payee": self.keys.seal(_plain(payee), distributor_id),
            "payee_index": self.keys.blind_index(payee.account),
            "payee_shown": shown_digits(payee),
            "payee_changed_at": to_ms(command.now),
        }
        earlier = {"payee_changed_at": before.get("payee_changed_at")}
        about = told(command.actor.person_id, earlier, {"payee_changed_at": to_ms(command.now)})
        record = audit_record(command, "distributor.payee", distributor=distributor_id, **about)
        expected = {"payee_changed_at": before.get("payee_changed_at"), "state": before["state"]}
        change = DocumentChange(tree_items.TABLE, distributor_id, tree_items.SELF, values, expected)
        try:
            self.books.commit(record, [change, line_of(record)])
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            raise Unavailable() from None
        return tree_items.place_of(self._item(distributor_id))

    def _was_set(self, command: Command) -> bool:
        """Whether this very command has set it. Raises: KeyReused."""
        known = self.books.record(command.actor.person_id, command.key)
        if known is not None:
            check_same(Replayed(known.request_hash), command)
        return known is not None

    def _item(self, distributor_id: str) -> dict[str, Any]:
        item = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
        if item is None:
            raise NotADistributor()
        return item


def checked_payee(payee: Payee) -> Payee:
    """The payee, its account without blanks. Raises: PayeeInvalid."""
    account = payee.account.replace(" ", "")
    if not (account.isascii() and account.isdigit() and 8 <= len(account) <= 32):
        raise PayeeInvalid()
    return replace(payee, account=account)


def payee_mark(payee: Payee, mark: Callable[[str], str]) -> str:
    """What tells a checked payee from each other one, and nothing else; `mark(text)` is a keyed hash."""
    return mark(f"payee|{_plain(payee)}")


def shown_digits(payee: Payee) -> str:
    return payee.account[-SHOWN_DIGITS:]


def _plain(payee: Payee) -> str:
    return canonical({"name": payee.name, "bank": payee.bank, "account": payee.account}).decode()
