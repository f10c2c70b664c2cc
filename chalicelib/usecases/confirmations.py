"""Confirmations: a distributor sees whereto and how much, and agrees with the second factor.

The operation itself asks whether just that was confirmed, with the payee that it has read:
no way to it leads past the question.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import confirmation, tree_items
from chalicelib.domain.confirmation import TERM, Operation, SecondFactorMissing, Use, Wish, masked_name
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.withdrawal import PayeeMissing
from chalicelib.usecases.ports import Actor, Command, Documents, Keys
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.second_factors import SecondFactors
from chalicelib.usecases.set_payee import Payee, checked_payee, payee_mark, shown_digits


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is shown before somebody agrees. `amount_fen`: 0 where no amount leaves."""

    challenge: str
    operation: str
    payee_name_masked: str
    bank: str
    payee_shown: str
    amount_fen: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What goes along with the operation."""

    confirmation: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmations:
    """The port Confirmed, and how one comes by a confirmation."""

    documents: Documents
    keys: Keys
    factors: SecondFactors

    def of_withdrawal(self, actor: Actor, key: str, amount_fen: int, now: datetime) -> Challenge:
        """A challenge for a withdrawal to the payee of this moment.

        Raises: NotADistributor, PayeeMissing, SecondFactorMissing.
        """
        item = self._item(actor)
        if not item.get("payee"):
            raise PayeeMissing()
        payee = Payee(**json.loads(self.keys.open(item["payee"], item["pk"])))
        mark = tree_items.place_of(item).payee_version
        return self._challenge(actor, Wish(Operation.WITHDRAWAL, key, mark, amount_fen), payee, now)

    def of_payee(self, actor: Actor, key: str, payee: Payee, now: datetime) -> Challenge:
        """A challenge for a new payee. Raises: NotADistributor, PayeeInvalid, SecondFactorMissing."""
        self._item(actor)
        payee = checked_payee(payee)
        wish = Wish(Operation.PAYEE, key, payee_mark(payee, self.keys.blind_index))
        return self._challenge(actor, wish, payee, now)

    def answered(self, actor: Actor, challenge: str, shown: str, now: datetime) -> Confirmation:
        """The confirmation of what the challenge shows, for whoever shows the second factor.

        Raises: ConfirmationInvalid, ConfirmationExpired, SecondFactorRequired, SecondFactorOff,
        SecondFactorWrong, SecondFactorUsed, TooManyTries, Unavailable.
        """
        mark, person_id = self.keys.blind_index, actor.person_id
        wish, expires_at = confirmation.opened(Use.CHALLENGE, challenge, person_id, now, mark)
        self.factors.check(person_id, shown, actor.client, now)
        return Confirmation(
            confirmation.signed(Use.CONFIRMATION, person_id, wish, expires_at, mark), expires_at
        )

    def check(self, command: Command, wish: Wish) -> None:
        """Let a wish pass that this person has confirmed, to the letter.

        Raises: ConfirmationRequired, ConfirmationInvalid, ConfirmationExpired, ConfirmationDiffers.
        """
        person_id = command.actor.person_id
        confirmation.check(command.confirmation, person_id, wish, command.now, self.keys.blind_index)

    def _challenge(self, actor: Actor, wish: Wish, payee: Payee, now: datetime) -> Challenge:
        if not self.factors.state(actor.person_id).is_on:
            raise SecondFactorMissing()
        expires_at = now + TERM
        return Challenge(
            challenge=confirmation.signed(
                Use.CHALLENGE, actor.person_id, wish, expires_at, self.keys.blind_index
            ),
            operation=wish.operation.value,
            payee_name_masked=masked_name(payee.name),
            bank=payee.bank,
            payee_shown=shown_digits(payee),
            amount_fen=wish.amount_fen,
            expires_at=expires_at,
        )

    def _item(self, actor: Actor) -> dict[str, Any]:
        place = (tree_items.TABLE, distributor_id_of(actor.person_id), tree_items.SELF)
        item = self.documents.get(*place, consistent=True)
        if item is None:
            raise NotADistributor()
        return item
