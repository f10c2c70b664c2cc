"""The file of a withdrawal: what do its records say, and how is the next step written?

One query of a handful of records. The next step takes the next number; whoever
comes second at a number reads again and decides on what is there now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.account import Balances
from chalicelib.domain.change import AccountChange, Change, Replayed, Stale
from chalicelib.domain.commission_entry import SYSTEM
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.ids import checked_owned_id, distributor_id_of
from chalicelib.domain.record import Record
from chalicelib.domain.reversal import PendingWithdrawal
from chalicelib.domain.withdrawal import NOT_APPROVED, Happening, Step, taken
from chalicelib.domain.withdrawal_record import Filed, filed_from, return_lines, step_record
from chalicelib.usecases.ports import Accounts, Books, Command

TRIES_MAX = 8


@dataclass(frozen=True)
class WithdrawalFile:
    books: Books
    accounts: Accounts

    def read(self, withdrawal_id: str) -> Filed:
        """Raises: NotFound, WithdrawalUnknown."""
        checked_owned_id("wdr", withdrawal_id)
        records = self.books.records(distributor_id_of(withdrawal_id), withdrawal_id)
        return filed_from(records, withdrawal_id)

    def page(self, distributor_id: str, before: str, limit: int) -> list[Filed]:
        """A distributor's withdrawals older than `before`, the newest first."""
        records = self.books.records(distributor_id, "wdr_")
        ids = {record.entry_id.partition("#")[0] for record in records}
        wanted = sorted((one for one in ids if not before or one < before), reverse=True)[:limit]
        return [filed_from(records, withdrawal_id) for withdrawal_id in wanted]

    def step(
        self, withdrawal_id: str, write: Callable[[Filed], tuple[Record, Sequence[Change]] | None]
    ) -> Filed:
        """The file after the step that `write` makes of it; None: there is nothing left to do.

        Raises: what `write` raises, Unavailable.
        """
        for _ in range(TRIES_MAX):
            filed = self.read(withdrawal_id)
            wanted = write(filed)
            if wanted is None:
                return filed
            try:
                self.books.commit(*wanted)
            except (Replayed, Stale):
                continue
            return self.read(withdrawal_id)
        raise Unavailable()

    def account(self, filed: Filed) -> Balances:
        return self.accounts.balances(filed.distributor_id, with_pots=False)

    def returning(self, filed: Filed, happening: Happening, **more: Any) -> tuple[Record, Sequence[Change]]:
        """The step that gives an unpaid withdrawal's money back, debts paid first."""
        account = self.account(filed)
        record = step_record(filed, happening, return_lines(filed, account.owed_fen), **more)
        return record, [AccountChange(filed.distributor_id, owed_fen=account.owed_fen)]


@dataclass(frozen=True)
class CallBackWithdrawal:
    """A refund needs money that an unapproved withdrawal holds: the whole of it is given back."""

    file: WithdrawalFile

    def __call__(self, withdrawal_id: str, now: datetime) -> None:
        """It is cancelled, or was decided by somebody in the meantime. Raises: Unavailable."""

        def write(filed: Filed) -> tuple[Record, Sequence[Change]] | None:
            if filed.state not in NOT_APPROVED:
                return None
            happening = Happening(Step.CANCEL, SYSTEM, now, "commission reversed")
            taken(filed.withdrawal, happening)
            return self.file.returning(filed, happening)

        self.file.step(withdrawal_id, write)


@dataclass(frozen=True)
class PendingWithdrawals:
    """A distributor's withdrawals that nobody has approved."""

    books: Books

    def __call__(self, distributor_id: str) -> list[PendingWithdrawal]:
        """Newest first."""
        records = self.books.records(distributor_id, "wdr_")
        ids = sorted({record.entry_id.partition("#")[0] for record in records}, reverse=True)
        files = [filed_from(records, withdrawal_id) for withdrawal_id in ids]
        return [
            PendingWithdrawal(filed.withdrawal.withdrawal_id, filed.withdrawal.amount_fen)
            for filed in files
            if filed.state in NOT_APPROVED
        ]


def is_repeated(filed: Filed, command: Command) -> bool:
    """Whether this very command has taken its step. Raises: KeyReused when its key did something else."""
    known = filed.operations.get((command.actor.person_id, command.key))
    if known is not None and known != command.request_hash:
        raise KeyReused()
    return known is not None


def marks_of(command: Command) -> dict[str, Any]:
    """What tells a repeated command from a new one, and where it came from."""
    return {"key": command.key, "request_hash": command.request_hash, "client": command.actor.client}
