"""The sandbox issuer: how does the oil company behind AGENT cards load and close them?"""

from dataclasses import dataclass

from chalicelib.domain.outside import Outcome
from chalicelib.gateways.counterparty import Counterparty, outcome


@dataclass(frozen=True)
class SandboxIssuer:
    """Issuer over HTTP."""

    party: Counterparty

    def submit(self, operation_id: str, card_number: str, amount_fen: int) -> Outcome:
        """Load a card; under the same operation id never twice.

        SUCCEEDED_PENDING_LOAD: the money waits at the issuer until the card is held to a reader.
        """
        asked = {"operation_id": operation_id, "card_number": card_number, "amount_fen": amount_fen}
        return outcome(self.party.post("/issuer/topups", asked))

    def query(self, operation_id: str) -> Outcome:
        """What became of a top-up or a closure; UNKNOWN with reason NOT_RECEIVED when it never arrived."""
        return outcome(self.party.get("/issuer/operations", operation_id))

    def close_unused(self, operation_id: str, card_number: str) -> Outcome:
        """SUCCEEDED only when the card was never used and can be used no more."""
        asked = {"operation_id": operation_id, "card_number": card_number}
        return outcome(self.party.post("/issuer/closures", asked))
