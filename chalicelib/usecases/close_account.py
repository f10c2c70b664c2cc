"""Close an account: what stands in the way, and who may take it back until when?

Whoever closes it shows once more to be its owner, for a session left open deletes nobody. Every session
ends. Within the grace its owner signs in as before, sees and copies all, and takes it back; nothing new
is begun meanwhile. Then it is deleted (delete_people.py).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import closing, people_items, tree_items
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.closing import Closing, NotClosing, Obstacle
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.order import Order
from chalicelib.domain.person import AccountClosing
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.record import Plain
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Accounts, Books, Cards, Command, Documents, Keys, Orders
from chalicelib.usecases.ports_of_the_door import TextMessages
from chalicelib.usecases.project_cards import HOLDING
from chalicelib.usecases.prove_again import Proof, ProveAgain
from chalicelib.usecases.second_factors import SecondFactors
from chalicelib.usecases.withdrawal_file import WithdrawalFile

PAGE = 100
IDS_TOLD_MAX = 20
TRIES_MAX = 4
ALL = 1_000_000  # withdrawals: a person makes a few a month


@dataclass(frozen=True, slots=True)
class LookForObstacles:
    """What of a person is not settled. Cards are found by the list that the streams keep: of one that was
    bought a moment ago the order tells; on the day of the deletion everything is looked at again."""

    documents: Documents
    orders: Orders
    cards: Cards
    accounts: Accounts
    withdrawals: WithdrawalFile

    def __call__(self, person_id: str) -> tuple[Obstacle, ...]:
        """Each kind once, in the order in which it is best ended."""
        found = (
            self._cards(person_id),
            self._orders(person_id),
            self._place(person_id),
            self._withdrawals(person_id),
            closing.unpaid(self.accounts.balances(distributor_id_of(person_id))),
        )
        return tuple(obstacle for obstacle in found if obstacle is not None)

    def _cards(self, person_id: str) -> Obstacle | None:
        listed = self.documents.query("views", person_id, HOLDING, consistent=True)
        cards = [self.cards.get(item["sk"].removeprefix(HOLDING)) for item in listed]
        full = [card.card_id for card in cards if card and card.holder_id == person_id and card.balance_fen]
        return closing.CardsHoldMoney(ids=_told(full)) if full else None

    def _orders(self, person_id: str) -> Obstacle | None:
        found: list[Order] = []
        before = ""
        while page := self.orders.page(person_id, before, PAGE):
            found += [order for order in page if closing.is_open_order(order)]
            before = page[-1].order_id
        return closing.OrdersOpen(ids=_told([order.order_id for order in found])) if found else None

    def _place(self, person_id: str) -> Obstacle | None:
        key = (distributor_id_of(person_id), tree_items.SELF)
        item = self.documents.get(tree_items.TABLE, *key, consistent=True)
        is_held = item and closing.is_held_place(tree_items.place_of(item).distributor.state)
        return closing.PlaceHeld() if is_held else None

    def _withdrawals(self, person_id: str) -> Obstacle | None:
        filed = self.withdrawals.page(distributor_id_of(person_id), "", ALL)
        found = [one.withdrawal.withdrawal_id for one in filed if closing.is_open_withdrawal(one.state)]
        return closing.WithdrawalsOpen(ids=_told(found)) if found else None


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """`obstacles(person_id)` tells what is not settled."""

    books: Books
    documents: Documents
    keys: Keys
    obstacles: Callable[[str], Sequence[Obstacle]]
    prove_again: ProveAgain
    factors: SecondFactors
    texts: TextMessages

    def state(self, person_id: str) -> Closing:
        """How the account stands, and what is in its way now. Raises: NotFound, Unavailable."""
        profile = self._profile(person_id)
        return Closing(closing.closes_at(profile), tuple(self.obstacles(person_id)))

    def close(self, command: Command, proof: Proof, language: str) -> Closing:
        """The account, closing from now on; nobody is signed in any more.

        Raises: AccountClosing, the first obstacle, SignInRefused, CodeWrong, TooManyTries,
        SecondFactorRequired, SecondFactorOff, SecondFactorWrong, SecondFactorUsed, KeyReused, Unavailable.
        """
        person_id = command.actor.person_id
        if self._was_done(command):
            return self.state(person_id)
        if closing.closes_at(self._profile(person_id)) is not None:
            raise AccountClosing()
        for obstacle in self.obstacles(person_id):
            raise obstacle
        login, proved = self.prove_again(command.actor, proof, command.now)
        self.factors.check(person_id, proof.second_factor, command.actor.client, command.now)
        phone_index = login["pk"].removeprefix(people_items.phone_key(""))
        for _ in range(TRIES_MAX):
            profile = self._profile(person_id)
            changes = closing.closed_changes(profile, phone_index, command.now)
            if self._written(command, "person.close", "open", "closing", [*changes, *proved]):
                break
        else:
            raise Unavailable()
        self._tell(profile, language)
        return self.state(person_id)

    def keep(self, command: Command) -> Closing:
        """The account, open again. Its day may be over only where something stands in the way.

        Raises: NotClosing, AccountClosing, KeyReused, Unavailable.
        """
        person_id = command.actor.person_id
        if self._was_done(command):
            return self.state(person_id)
        profile = self._profile(person_id)
        closes_at = closing.closes_at(profile)
        if closes_at is None:
            raise NotClosing()
        if command.now >= closes_at and not self.obstacles(person_id):
            raise AccountClosing()
        change = closing.kept_change(profile)
        if not self._written(command, "person.keep", "closing", "open", [change]):
            raise Unavailable()
        return self.state(person_id)

    def _written(self, command: Command, action: str, before: str, after: str, changes: list[Change]) -> bool:
        """Whether nobody else wrote meanwhile."""
        states: tuple[dict[str, Plain], dict[str, Plain]] = ({"state": before}, {"state": after})
        record = audit_record(command, action, **told(command.actor.person_id, *states))
        try:
            self.books.commit(record, [*changes, line_of(record)])
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            return False
        return True

    def _tell(self, profile: dict[str, Any], language: str) -> None:
        """Whoever has the phone may not be who closed the account."""
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(profile["pk"]))
        with suppress(Unavailable):
            self.texts.send_notice(phone, "closing", language)

    def _was_done(self, command: Command) -> bool:
        record = self.books.record(command.actor.person_id, command.key)
        if record is not None:
            check_same(Replayed(record.request_hash), command)
        return record is not None

    def _profile(self, person_id: str) -> dict[str, Any]:
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise NotFound(id=person_id)
        return item


def _told(ids: list[str]) -> tuple[str, ...]:
    return tuple(ids[:IDS_TOLD_MAX])
