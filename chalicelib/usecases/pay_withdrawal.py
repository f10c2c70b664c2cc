"""Pay a withdrawal: how does approved money leave, exactly once, with the tax withheld?

pay      a person who approved nothing begins it. One transaction: the step, the
         tax position (so that two payouts at once are taxed one after the other),
         and a due row; only then is the bank asked, under the withdrawal's id.
settle   the bank's word, whoever brings it: paid, failed, or unknown for now.
query    the due row's question. Nothing is sent anew, unless the bank never heard of it.
give back  a failed payout returns to what is available; so does one that the bank sent back, and
           an approved one whose payee is no longer the one that was confirmed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import due, tree_items
from chalicelib.domain.business_time import business_date
from chalicelib.domain.change import AccountChange, Change
from chalicelib.domain.errors import IllegalState, Unavailable
from chalicelib.domain.outside import Outcome
from chalicelib.domain.record import Record
from chalicelib.domain.tax import TaxPosition, given_back
from chalicelib.domain.withdrawal import (
    Happening,
    PayeeChanged,
    PayeeMissing,
    Split,
    Step,
    WithdrawalState,
    taken,
)
from chalicelib.domain.withdrawal_record import (
    TAX_POSITION,
    Filed,
    paid_lines,
    sent_back_lines,
    step_record,
    tax_position_of,
    tax_text,
    worked_split,
)
from chalicelib.usecases.ports import Command, Documents, Keys, Payout
from chalicelib.usecases.withdrawal_file import WithdrawalFile, is_repeated, marks_of

BANK = "payout"
SENT_BACK = "RETURNED"  # the bank's word for it
PAID_OUT = (WithdrawalState.PAYING, WithdrawalState.UNKNOWN)


@dataclass(frozen=True)
class PayWithdrawal:
    file: WithdrawalFile
    documents: Documents
    keys: Keys
    payout: Payout

    def __call__(self, command: Command, withdrawal_id: str) -> Filed:
        """The withdrawal after the bank was asked, now or by this command before.

        Raises: WithdrawalUnknown, IllegalState, RoleRequired, FourEyes, PayeeMissing,
        PayeeChanged, FeeTooHigh, KeyReused, Unavailable.
        """
        if is_repeated(self.file.read(withdrawal_id), command):
            return self.query(withdrawal_id, command.now)

        def write(filed: Filed) -> tuple[Record, Sequence[Change]]:
            if is_repeated(filed, command):
                raise Unavailable()  # the very same command is asking the bank at this moment
            return self._begin(command, filed)

        filed = self.file.step(withdrawal_id, write)
        return self.settle(filed, self._ask(filed), command.now)

    def _begin(self, command: Command, filed: Filed) -> tuple[Record, Sequence[Change]]:
        happening = Happening(Step.PAY, command.actor.person_id, command.now, command.reason)
        taken(filed.withdrawal, happening, command.actor.roles)
        payee = self._checked_payee(filed)
        opened = due.opened(due.PAYOUT, filed.withdrawal.withdrawal_id, command.now, payee=payee)
        if filed.split is not None:  # asked again after a failure: the same net under the same id
            return step_record(filed, happening, **marks_of(command), **_amounts(filed.split)), [opened]
        position = self._position(filed)
        gross_fen = filed.withdrawal.amount_fen
        parts, after = worked_split(gross_fen, filed.terms, position, business_date(command.now))
        record = step_record(filed, happening, **marks_of(command), **_amounts(parts))
        return record, [_position_change(filed, position, after), opened]

    def _checked_payee(self, filed: Filed) -> str:
        """The payee, sealed, if it is still the one that was confirmed together with the amount."""
        item = self.documents.get(tree_items.TABLE, filed.distributor_id, tree_items.SELF, consistent=True)
        place = tree_items.place_of(item) if item else None
        if place is None or not place.payee_version:
            raise PayeeMissing()
        if place.payee_version != filed.payee_version:
            raise PayeeChanged()
        return place.payee_sealed

    def _position(self, filed: Filed) -> TaxPosition | None:
        return tax_position_of(self.file.account(filed).values.get(TAX_POSITION, ""))

    def _ask(self, filed: Filed) -> Outcome:
        """Send it, to the payee that was checked when it was begun: a later one has not waited its day."""
        assert filed.split is not None
        withdrawal_id = filed.withdrawal.withdrawal_id
        item = self.documents.get(due.TABLE, *due.key_of(due.PAYOUT, withdrawal_id), consistent=True)
        if item is None:
            return Outcome("PENDING")  # somebody else has brought the bank's last word meanwhile
        payee = json.loads(self.keys.open(due.from_item(item).about["payee"], filed.distributor_id))
        return self.payout.pay(withdrawal_id, payee, filed.split.net_fen)

    def query(self, withdrawal_id: str, now: datetime) -> Filed:
        """Ask the bank what became of a payout, and settle what it says."""
        filed = self.file.read(withdrawal_id)
        if filed.state not in PAID_OUT:
            return filed
        outcome = self.payout.query(withdrawal_id)
        if outcome.state == "UNKNOWN" and outcome.reason == "NOT_RECEIVED":
            outcome = self._ask(filed)  # it never arrived: the same id cannot be paid twice
        return self.settle(filed, outcome, now)

    def settle(self, asked: Filed, outcome: Outcome, now: datetime) -> Filed:
        """The withdrawal after the bank's word; PENDING and a second equal word change nothing.

        `asked`: as it was when the bank was asked. That a try before this one failed ends nothing.
        """
        withdrawal_id = asked.withdrawal.withdrawal_id

        def write(filed: Filed) -> tuple[Record, Sequence[Change]] | None:
            if filed.state not in PAID_OUT:
                return None
            if outcome.state == "SUCCEEDED":
                happening = Happening(Step.SUCCEED, BANK, now)
                record = step_record(filed, happening, paid_lines(filed), bank=outcome.external_id)
                return record, [AccountChange(filed.distributor_id), due.ended(due.PAYOUT, withdrawal_id)]
            if filed.payouts_begun > asked.payouts_begun:
                return None
            if outcome.state in ("FAILED", SENT_BACK):  # sent back before we heard that it was paid
                happening = Happening(Step.FAIL, BANK, now, outcome.reason or outcome.state)
                return step_record(filed, happening), [due.ended(due.PAYOUT, withdrawal_id)]
            if outcome.state == "UNKNOWN" and filed.state is WithdrawalState.PAYING:
                return step_record(filed, Happening(Step.LOSE_ANSWER, BANK, now, outcome.reason)), []
            return None

        return self.file.step(withdrawal_id, write)

    def give_back(self, command: Command, withdrawal_id: str) -> Filed:
        """What was never paid, failed for good, or the bank says it sent back returns to the distributor.

        Raises: WithdrawalUnknown, IllegalState, RoleRequired, KeyReused, Unavailable.
        """

        def write(filed: Filed) -> tuple[Record, Sequence[Change]] | None:
            if is_repeated(filed, command):
                return None
            happening = Happening(Step.RETURN, command.actor.person_id, command.now, command.reason)
            taken(filed.withdrawal, happening, command.actor.roles)
            self._check_not_paid(filed)
            return self._returned(command, filed, happening)

        return self.file.step(withdrawal_id, write)

    def _check_not_paid(self, filed: Filed) -> None:
        """Nobody makes money available that left the bank, be it by saying so or on an old word of failure.

        Raises: IllegalState; Unavailable when the bank says nothing.
        """
        withdrawal_id = filed.withdrawal.withdrawal_id
        outcome = self.payout.query(withdrawal_id)
        if outcome.state == "UNKNOWN" and not outcome.never_arrived:
            raise Unavailable(reason=outcome.reason)
        never_left = {
            WithdrawalState.APPROVED: outcome.never_arrived,
            WithdrawalState.FAILED: outcome.never_arrived or outcome.state in ("FAILED", SENT_BACK),
        }
        if not never_left.get(filed.state, outcome.state == SENT_BACK):
            raise IllegalState(entity=withdrawal_id, state=outcome.state, wanted=WithdrawalState.RETURNED)

    def _returned(
        self, command: Command, filed: Filed, happening: Happening
    ) -> tuple[Record, Sequence[Change]]:
        """The money, and the tax that is no longer due."""
        if filed.split is None:  # no payout was begun
            return self.file.returning(filed, happening, **marks_of(command))
        assert filed.paid_on is not None
        account = self.file.account(filed)
        before = tax_position_of(account.values.get(TAX_POSITION, ""))
        assert before is not None
        after = given_back(
            before,
            filed.terms.tax_method,
            filed.withdrawal.amount_fen,
            filed.split.tax_fen,
            business_date(filed.paid_on),
        )
        tax = _position_change(filed, before, after)
        change = AccountChange(filed.distributor_id, account.owed_fen, tax.set_values, tax.expected)
        if filed.state is WithdrawalState.PAID:
            lines = sent_back_lines(filed, account.owed_fen)
            return step_record(filed, happening, lines, **marks_of(command)), [change]
        record, _ = self.file.returning(filed, happening, **marks_of(command))
        return record, [change]


def _amounts(parts: Split) -> dict[str, Any]:
    return {"net_fen": parts.net_fen, "tax_fen": parts.tax_fen, "fee_fen": parts.fee_fen}


def _position_change(filed: Filed, before: TaxPosition | None, after: TaxPosition) -> AccountChange:
    expected = tax_text(before) if before else None
    return AccountChange(
        filed.distributor_id, set_values={TAX_POSITION: tax_text(after)}, expected={TAX_POSITION: expected}
    )
