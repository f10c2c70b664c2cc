"""A fake payout: the port of the bank that pays distributors, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.outside import Outcome
from tests.fakes.operations import Operations, Script


@dataclass
class FakePayout:
    """Payout. `paid_fen` by payout id: what really left."""

    payouts: Operations = field(default_factory=Operations)
    paid_fen: dict[str, int] = field(default_factory=dict)

    def pay(self, payout_id: str, payee: Mapping[str, str], net_fen: int) -> Outcome:
        told = self.payouts.perform(payout_id, (tuple(sorted(payee.items())), net_fen))
        if self.payouts.query(payout_id).state == "SUCCEEDED":
            self.paid_fen[payout_id] = net_fen
        return told

    def query(self, payout_id: str) -> Outcome:
        return self.payouts.query(payout_id)

    def script(self, script: Script) -> None:
        self.payouts.scripts.append(script)
