"""Saying: parties outside that say one thing, whatever they are asked; what they were told is noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.outside import NOT_RECEIVED, Outcome

NO_ANSWER = Outcome("UNKNOWN", reason="NO_ANSWER")
NEVER_ARRIVED = Outcome("UNKNOWN", reason=NOT_RECEIVED)


@dataclass
class SayingChannel:
    """A channel that says one thing of every payment and every refund."""

    outcome: Outcome
    asked: list[str] = field(default_factory=list)

    def query(self, order_id: str) -> Outcome:
        self.asked.append(order_id)
        return self.outcome

    def query_refund(self, refund_id: str) -> Outcome:
        return self.query(refund_id)


@dataclass
class SayingCompany:
    """An oil company that says `closing` when it is to close a card, `asking` when it is asked about one."""

    closing: Outcome
    asking: Outcome = NEVER_ARRIVED
    told: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def close_unused(self, operation_id: str, card_number: str) -> Outcome:
        self.told.append((operation_id, card_number))
        return self.closing

    def query(self, operation_id: str) -> Outcome:
        self.asked.append(operation_id)
        return self.asking


@dataclass
class SayingBank:
    """A bank that says one thing, whatever it is asked; what it was told to pay is noted."""

    outcome: Outcome
    told: list[tuple[str, str, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def pay(self, payout_id: str, payee: Mapping[str, str], net_fen: int) -> Outcome:
        self.told.append((payout_id, payee["account"], net_fen))
        return self.outcome

    def query(self, payout_id: str) -> Outcome:
        self.asked.append(payout_id)
        return self.outcome
