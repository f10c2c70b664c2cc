"""Correct a person: what is kept about a customer is wrong, or is so no more (个人信息保护法 art. 46).

A phone is changed by who shows once more to be the owner of the account, and has the new phone in
hand. A name is changed by the register of identities: the same number, called otherwise. What stood
there before is kept with what stands there now, sealed; the record proves both, and tells neither.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain.catalog import RealNameRequired
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.closing import closes_at
from chalicelib.domain.correction import Correction, context_of, new_row, sort_key
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.person import (
    AccountClosing,
    IdentityRefused,
    Person,
    PhoneTaken,
    checked_phone,
)
from chalicelib.domain.person_history import line_of
from chalicelib.domain.record import Record, canonical
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.one_time_codes import OneTimeCodes
from chalicelib.usecases.ports import Books, Command, Documents, Identities, Keys
from chalicelib.usecases.ports_of_the_door import TextMessages
from chalicelib.usecases.prove_again import Proof, ProveAgain
from chalicelib.usecases.second_factors import SecondFactors


@dataclass(frozen=True, slots=True)
class CorrectPerson:
    """`new_salt()` gives a text that nobody guesses."""

    books: Books
    documents: Documents
    keys: Keys
    identities: Identities
    codes: OneTimeCodes
    prove_again: ProveAgain
    factors: SecondFactors
    texts: TextMessages
    new_salt: Callable[[], str]

    def phone(self, command: Command, phone: str, code: str, proof: Proof, language: str) -> Person:
        """The person, who signs in with this number from now on; the old one is told, and is free.

        `code` was sent to the new number, asked for on the device of `proof`.

        Raises: PhoneInvalid, AccountClosing, SignInRefused, CodeWrong, TooManyTries, SecondFactorRequired,
        SecondFactorOff, SecondFactorWrong, SecondFactorUsed, PasskeyRefused, PasskeyCloned, PhoneTaken,
        KeyReused, Unavailable.
        """
        phone = checked_phone(phone)
        if self._was_done(command):
            return self._person(command)
        profile = self._open_profile(command)
        person_id = command.actor.person_id
        old = self.keys.open(profile["phone_sealed"], people_items.phone_context(person_id))
        if old == phone:
            raise PhoneTaken()
        login, proved = self.prove_again(command.actor, proof, command.now)
        phone_index = self.keys.blind_index(phone)
        device = people_items.device_index(self.keys.blind_index, proof.device)
        in_hand = self.codes.spent(phone_index, device, Purpose.ACCOUNT, code, command.now)
        self.factors.check(person_id, proof.second_factor, command.actor.client, command.now)
        sealed = self.keys.seal(phone, people_items.phone_context(person_id))
        changes = people_items.phone_changes(profile, login, phone, phone_index, sealed)
        try:
            self._write(command, "person.phone", ("phone", old, phone), [*changes, *proved, in_hand])
        except Stale:
            if self._has_login(phone_index):
                raise PhoneTaken() from None
            raise Unavailable() from None
        with suppress(Unavailable):  # the history shows it all the same
            self.texts.send_notice(old, "phone_changed", language)
        return self._person(command)

    def name(self, command: Command, name: str) -> Person:
        """The person, known by this name from now on.

        Raises: AccountClosing, RealNameRequired, IdentityRefused, KeyReused, Unavailable.
        """
        if self._was_done(command):
            return self._person(command)
        profile = self._open_profile(command)
        if not profile["real_name"]:
            raise RealNameRequired()
        context = people_items.identity_context(command.actor.person_id)
        known = json.loads(self.keys.open(profile["identity_sealed"], context))
        outcome = self.identities.confirm(name, known["id_number"])
        if outcome.state == "FAILED":
            raise IdentityRefused()
        if outcome.state != "SUCCEEDED":
            raise Unavailable()
        sealed = self.keys.seal(canonical(known | {"name": name}).decode(), context)
        change = people_items.identity_change(profile, sealed)
        try:
            self._write(command, "person.name", ("name", known["name"], name), [change])
        except Stale:
            raise Unavailable() from None
        return self._person(command)

    def _write(
        self, command: Command, action: str, corrected: tuple[str, str, str], changes: list[Change]
    ) -> None:
        correction = Correction(*corrected, self.new_salt())
        record = audit_record(command, action, **correction.about(command.actor.person_id))
        try:
            self.books.commit(record, [*changes, line_of(record), self._sealed(record, correction)])
        except Replayed as replayed:
            check_same(replayed, command)

    def _sealed(self, record: Record, correction: Correction) -> Change:
        context = context_of(record.partition, sort_key(record))
        return new_row(record, self.keys.seal(correction.plain(), context))

    def _was_done(self, command: Command) -> bool:
        """Whether this very command was carried out: its codes are spent. Raises: KeyReused."""
        record = self.books.record(command.actor.person_id, command.key)
        if record is not None:
            check_same(Replayed(record.request_hash), command)
        return record is not None

    def _has_login(self, phone_index: str) -> bool:
        key = people_items.phone_key(phone_index)
        return self.documents.get(people_items.TABLE, key, people_items.LOGIN, consistent=True) is not None

    def _person(self, command: Command) -> Person:
        return people_items.person_of(self._profile(command), command.now)

    def _open_profile(self, command: Command) -> dict[str, Any]:
        profile = self._profile(command)
        if closes_at(profile) is not None:
            raise AccountClosing()
        return profile

    def _profile(self, command: Command) -> dict[str, Any]:
        person_id = command.actor.person_id
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise NotFound(id=person_id)
        return item
