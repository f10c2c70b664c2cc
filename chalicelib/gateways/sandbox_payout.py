"""The sandbox payout: how does a distributor's money leave us, and how does it come back?"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.outside import Outcome
from chalicelib.gateways.counterparty import Counterparty, outcome


@dataclass(frozen=True)
class SandboxPayout:
    """Payout over HTTP."""

    party: Counterparty

    def pay(self, payout_id: str, payee: Mapping[str, str], net_fen: int) -> Outcome:
        """Pay a payee (`account` names where); under the same payout id never twice."""
        asked = {"payout_id": payout_id, "payee": dict(payee), "amount_fen": net_fen}
        return outcome(self.party.post("/payout/payments", asked))

    def query(self, payout_id: str) -> Outcome:
        """What became of a payout. RETURNED, long after SUCCEEDED, when the bank sends it back."""
        return outcome(self.party.get("/payout/payments", payout_id))
