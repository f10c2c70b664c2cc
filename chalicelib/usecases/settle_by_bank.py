"""Settle by bank: one person says that a refund is sent from the bank, others agree before it is booked.

No machine saw this money leave: beside the statement of the bank there is only what people say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.approval import Kind, Request, asked, people_needed, tiers_of
from chalicelib.domain.change import Change
from chalicelib.domain.record import Record
from chalicelib.usecases.approvals import Agreed, Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Catalog, Command
from chalicelib.usecases.settle_refund import SettleRefund


@dataclass(frozen=True)
class SettleByBank:
    settle: SettleRefund
    catalog: Catalog
    approvals: Approvals

    def ask(self, command: Command, order_id: str, refund_id: str, bank_reference: str) -> Request:
        """The request, waiting; the money is still owed to its payer.

        Raises: RefundUnknown, IllegalState when the refund does not wait for a person or its channel does
        not say that it failed, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        if known := self.approvals.asked_before(command, Kind.BANK_REFUND):
            return known
        _, refund = self.settle.waiting(order_id, refund_id)
        tiers = tiers_of(self.catalog.parameter("approval.tiers", command.now))
        about: dict[str, Any] = {"order": order_id, "refund": refund_id, "bank": bank_reference}
        request = asked(
            Kind.BANK_REFUND,
            command.key,
            about,
            command.actor.person_id,
            command.now,
            amount_fen=refund.open_fen,
            needed=people_needed(refund.open_fen, tiers),
            reason=command.reason,
        )
        return self.approvals.ask(command, request, audit_record(command, "refund.by_bank", **about))

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """It is booked, and with its payer. Raises: RefundUnknown, IllegalState, Unavailable, Stale."""
        about: Any = request.about
        by = Agreed(approved_marks(request), closing)
        command = replace(command, reason=request.reason)
        self.settle.by_bank(command, about["order"], about["refund"], about["bank"], by)

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()
