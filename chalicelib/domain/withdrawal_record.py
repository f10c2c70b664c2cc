"""Withdrawal records: how does each step of a withdrawal stand in the journal, and what do all of them say?

    wdr_<key><ULID>        WITHDRAWAL_REQUEST   the request, and the terms that it was made under
    wdr_<key><ULID>#<nn>   one record a step, numbered without a gap

Whoever takes a step takes its number: of an approval, a rejection and a
cancellation at once the first to be written stands, and the others read anew.
Nothing else says what state a withdrawal is in.

    APPROVE, APPROVE_LAST, PAY, FAIL, LOSE_ANSWER   withdrawal.<step>      no money moves
    REJECT, CANCEL, RETURN of an unpaid one         WITHDRAWAL_RETURN      back to what is available
    SUCCEED                                         WITHDRAWAL_PAID        net, tax and fee leave
    RETURN of a paid one                            WITHDRAWAL_SENT_BACK   and come back
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.domain.commission_entry import available, clawback
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Client, Line, Plain, Record, canonical
from chalicelib.domain.reversal import release
from chalicelib.domain.tax import TaxMethod, TaxPosition, withhold
from chalicelib.domain.withdrawal import (
    Happening,
    Split,
    Step,
    Withdrawal,
    WithdrawalState,
    split,
    state_of,
)

BANK = "A:BANK_OPER"
TAX = "L:TAX_IIT"
FEE = "I:FEE"
TAX_POSITION = "tax"  # the account's attribute: what was paid and withheld in its period
# Steps after which the money is the distributor's again.
GIVING_BACK = frozenset({Step.REJECT, Step.CANCEL, Step.RETURN})


class WithdrawalUnknown(NotFound):
    code = "WITHDRAWAL_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Terms:
    """What was in force when the withdrawal was asked for."""

    approvals_needed: int
    fee_bps: int
    tax_method: TaxMethod


@dataclass(frozen=True, slots=True)
class Filed:
    """A withdrawal as its records say. `split` is fixed when it is first paid out."""

    withdrawal: Withdrawal
    terms: Terms
    requested_at: datetime
    split: Split | None
    paid_on: datetime | None
    payee_version: str  # of the payee that was confirmed with the amount
    operations: Mapping[tuple[str, str], str]  # (actor, operation key) of each step -> hash of its request

    @property
    def state(self) -> WithdrawalState:
        return state_of(self.withdrawal.history)

    @property
    def steps_taken(self) -> int:
        """How many numbered records there are."""
        return len(self.withdrawal.history) - 2

    @property
    def next_step_id(self) -> str:
        """The entry id that its next step takes."""
        return f"{self.withdrawal.withdrawal_id}#{self.steps_taken + 1:02d}"

    @property
    def payouts_begun(self) -> int:
        """How often the bank was told to pay, under the one id."""
        return sum(happening.step is Step.PAY for happening in self.withdrawal.history)

    @property
    def distributor_id(self) -> str:
        return distributor_id_of(self.withdrawal.withdrawal_id)


def held(withdrawal_id: str) -> str:
    return f"L:WD_HOLD:{withdrawal_id}"


def request_record(
    withdrawal_id: str, requester_id: str, amount_fen: int, terms: Terms, payee_version: str, now: datetime
) -> Record:
    """The request, for the payee that was confirmed: from here on the money is no longer available."""
    distributor_id = distributor_id_of(withdrawal_id)
    lines = [debit(available(distributor_id), amount_fen), credit(held(withdrawal_id), amount_fen)]
    return Record(
        partition=distributor_id,
        entry_id=withdrawal_id,
        action="WITHDRAWAL_REQUEST",
        at=now,
        actor=requester_id,
        about={
            "approvals": terms.approvals_needed,
            "fee_bps": terms.fee_bps,
            "tax_method": terms.tax_method.value,
            "payee": payee_version,
        },
        lines=checked_lines("WITHDRAWAL_REQUEST", lines),
    )


def step_record(
    filed: Filed,
    happening: Happening,
    lines: Sequence[Line] = (),
    client: Client | None = None,
    request_hash: str = "",
    **about: Plain,
) -> Record:
    """The record of the next step. Its number is the next one: whoever writes it first has taken the step."""
    action = _action(filed, happening.step)
    known: dict[str, Plain] = {"step": happening.step.value, **about}
    return Record(
        partition=filed.distributor_id,
        entry_id=filed.next_step_id,
        action=action,
        at=happening.at,
        actor=happening.actor,
        about={name: content for name, content in known.items() if content != ""},
        lines=checked_lines(action, lines) if lines else (),
        reason=happening.reason,
        request_hash=request_hash,
        client=client,
    )


def _action(filed: Filed, step: Step) -> str:
    if step is Step.SUCCEED:
        return "WITHDRAWAL_PAID"
    if step not in GIVING_BACK:
        return f"withdrawal.{step.value.lower()}"
    return "WITHDRAWAL_SENT_BACK" if filed.state is WithdrawalState.PAID else "WITHDRAWAL_RETURN"


def filed_from(records: Iterable[Record], withdrawal_id: str) -> Filed:
    """What the records of a withdrawal say. Raises: WithdrawalUnknown."""
    mine = [r for r in records if r.entry_id.partition("#")[0] == withdrawal_id]
    mine.sort(key=lambda r: (len(r.entry_id), r.entry_id))  # as text, step 100 would come before step 11
    if not mine or mine[0].entry_id != withdrawal_id:
        raise WithdrawalUnknown(withdrawal_id=withdrawal_id)
    request, steps = mine[0], mine[1:]
    about: Any = request.about
    submitted = [
        Happening(Step.SUBMIT, request.actor, request.at),
        Happening(Step.OPEN_REVIEW, "", request.at),
    ]
    payouts = [step for step in steps if step.about["step"] == Step.PAY]
    return Filed(
        withdrawal=Withdrawal(
            withdrawal_id=withdrawal_id,
            requester_id=request.actor,
            amount_fen=-sum(line.amount_fen for line in request.lines if line.account == held(withdrawal_id)),
            approvals_needed=about["approvals"],
            history=(*submitted, *(_happening(step) for step in steps)),
        ),
        terms=Terms(about["approvals"], about["fee_bps"], TaxMethod(about["tax_method"])),
        requested_at=request.at,
        split=_split(payouts[0]) if payouts else None,
        paid_on=payouts[0].at if payouts else None,
        payee_version=str(about.get("payee", "")),
        operations={(r.actor, str(r.about["key"])): r.request_hash for r in steps if "key" in r.about},
    )


def _happening(record: Record) -> Happening:
    return Happening(Step(str(record.about["step"])), record.actor, record.at, record.reason)


def _split(payout: Record) -> Split:
    about: Any = payout.about
    return Split(about["net_fen"], about["tax_fen"], about["fee_fen"])


def return_lines(filed: Filed, owed_fen: int) -> tuple[Line, ...]:
    """The whole amount back to what is available; what is owed is paid from it first."""
    amount_fen = filed.withdrawal.amount_fen
    return (debit(held(filed.withdrawal.withdrawal_id), amount_fen), *_given_back(filed, owed_fen))


def paid_lines(filed: Filed) -> tuple[Line, ...]:
    """gross = net + tax + fee."""
    assert filed.split is not None
    split = filed.split
    return (
        debit(held(filed.withdrawal.withdrawal_id), filed.withdrawal.amount_fen),
        credit(BANK, split.net_fen),
        credit(TAX, split.tax_fen),
        credit(FEE, split.fee_fen),
    )


def sent_back_lines(filed: Filed, owed_fen: int) -> tuple[Line, ...]:
    """The bank sent the net back: tax and fee are undone with it."""
    assert filed.split is not None
    split = filed.split
    undone = (debit(BANK, split.net_fen), debit(TAX, split.tax_fen), debit(FEE, split.fee_fen))
    return (*undone, *_given_back(filed, owed_fen))


def _given_back(filed: Filed, owed_fen: int) -> tuple[Line, ...]:
    parts = release(filed.withdrawal.amount_fen, owed_fen)
    distributor_id = filed.distributor_id
    return (
        credit(clawback(distributor_id), parts.netted_fen),
        credit(available(distributor_id), parts.available_fen),
    )


def worked_split(
    gross_fen: int, terms: Terms, before: TaxPosition | None, paid_on: date
) -> tuple[Split, TaxPosition]:
    """What would be paid out, withheld and kept on a business date, and the tax position behind it.

    Raises: FeeTooHigh.
    """
    withholding = withhold(terms.tax_method, before, gross_fen, paid_on)
    return split(gross_fen, withholding.tax_fen, terms.fee_bps), withholding.position


def tax_text(position: TaxPosition) -> str:
    """The tax position as one text: it is compared as a whole when it changes."""
    return canonical([position.method.value, *astuple(position)[1:]]).decode()


def tax_position_of(text: str) -> TaxPosition | None:
    """The position that a text holds, None for none."""
    if not text:
        return None
    method, *numbers = json.loads(text)
    return TaxPosition(TaxMethod(method), *numbers)
