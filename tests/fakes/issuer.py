"""A fake issuer: the port of the oil company in memory."""

from dataclasses import dataclass, field

from chalicelib.domain.outside import Outcome
from tests.fakes.operations import Operations, Script


@dataclass
class FakeIssuer:
    """Issuer. `used_cards`: those that somebody fuelled with; scripts say how the next calls go."""

    topups: Operations = field(default_factory=Operations)
    closures: Operations = field(default_factory=Operations)
    used_cards: set[str] = field(default_factory=set)
    closed_cards: set[str] = field(default_factory=set)

    def submit(self, operation_id: str, card_number: str, amount_fen: int) -> Outcome:
        refusal = "CARD_CLOSED" if card_number in self.closed_cards else ""
        return self.topups.perform(operation_id, (card_number, amount_fen), refusal)

    def query(self, operation_id: str) -> Outcome:
        known = self.topups if operation_id in self.topups.done else self.closures
        return known.query(operation_id)

    def close_unused(self, operation_id: str, card_number: str) -> Outcome:
        refusal = "CARD_CLOSED" if card_number in self.closed_cards else ""
        if card_number in self.used_cards:
            refusal = "CARD_USED"
        told = self.closures.perform(operation_id, (card_number,), refusal)
        if self.closures.query(operation_id).state == "SUCCEEDED":
            self.closed_cards.add(card_number)
        return told

    def script_topup(self, script: Script) -> None:
        self.topups.scripts.append(script)

    def script_closure(self, script: Script) -> None:
        self.closures.scripts.append(script)
