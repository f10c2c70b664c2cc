"""Decide a withdrawal: who agrees, who refuses, who takes it back?

A person decides, always: no amount and no policy skips the review. Nobody decides
on their own request and nobody twice. Approval, rejection and cancellation of one
step share its number, so the first stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.change import Change
from chalicelib.domain.errors import BadRequest
from chalicelib.domain.record import Record
from chalicelib.domain.withdrawal import Happening, Step, approval_step, taken
from chalicelib.domain.withdrawal_record import Filed, WithdrawalUnknown, step_record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.withdrawal_file import WithdrawalFile, is_repeated, marks_of


class Verdict(StrEnum):
    APPROVE = "APPROVE"
    REJECT = "REJECT"


class ReasonMissing(BadRequest):
    code = "REASON_MISSING"
    advice = "Say why: the applicant reads it."


@dataclass(frozen=True)
class DecideWithdrawal:
    file: WithdrawalFile

    def __call__(self, command: Command, withdrawal_id: str, verdict: Verdict) -> Filed:
        """The withdrawal after this person's decision.

        Raises: WithdrawalUnknown, ReasonMissing, IllegalState, RoleRequired, FourEyes,
        KeyReused, Unavailable.
        """
        if verdict is Verdict.REJECT and not command.reason:
            raise ReasonMissing()
        assert command.actor.person_id.startswith("stf_"), "a person of the office decides"

        def write(filed: Filed) -> tuple[Record, Sequence[Change]] | None:
            if is_repeated(filed, command):
                return None
            step = Step.REJECT if verdict is Verdict.REJECT else approval_step(filed.withdrawal)
            happening = Happening(step, command.actor.person_id, command.now, command.reason)
            taken(filed.withdrawal, happening, command.actor.roles)
            if verdict is Verdict.REJECT:
                return self.file.returning(filed, happening, **marks_of(command))
            return step_record(filed, happening, **marks_of(command)), ()

        return self.file.step(withdrawal_id, write)


@dataclass(frozen=True)
class CancelWithdrawal:
    file: WithdrawalFile

    def __call__(self, command: Command, withdrawal_id: str) -> Filed:
        """The withdrawal, taken back by its applicant before the last approval.

        Raises: WithdrawalUnknown, IllegalState, KeyReused, Unavailable.
        """

        def write(filed: Filed) -> tuple[Record, Sequence[Change]] | None:
            if filed.withdrawal.requester_id != command.actor.person_id:
                raise WithdrawalUnknown(withdrawal_id=withdrawal_id)
            if is_repeated(filed, command):
                return None
            happening = Happening(Step.CANCEL, command.actor.person_id, command.now, command.reason)
            taken(filed.withdrawal, happening)
            return self.file.returning(filed, happening, **marks_of(command))

        return self.file.step(withdrawal_id, write)
