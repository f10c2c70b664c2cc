"""Sweep the stock: put back what was taken and never sold, and forget what is settled."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.stock import Place, Taken, Verdict, verdict
from chalicelib.usecases.ports import Documents, StockRoom

CARDS_READ_MAX = 100


@dataclass(frozen=True)
class SweepStock:
    documents: Documents
    stock_room: StockRoom

    def __call__(self, now: datetime) -> int:
        """How many cards went back: those that two sweeps, a term apart, saw taken and unsold."""
        return sum(self._sweep(sku_id, now) for sku_id in self.stock_room.skus())

    def _sweep(self, sku_id: str, now: datetime) -> int:
        places = self.stock_room.places(sku_id)
        states = self._states([taken.card_id for place in places for taken in place.taken])
        return sum(self._sweep_place(place, states, now) for place in places)

    def _states(self, card_ids: list[str]) -> dict[str, str]:
        states: dict[str, str] = {}
        for start in range(0, len(card_ids), CARDS_READ_MAX):
            keys = [(card_id, "") for card_id in card_ids[start : start + CARDS_READ_MAX]]
            found = self.documents.get_many("cards", keys)
            states |= {card_id: item["state"] for (card_id, _), item in found.items()}
        return states

    def _sweep_place(self, place: Place, states: dict[str, str], now: datetime) -> int:
        verdicts = [(taken, verdict(taken, states.get(taken.card_id), now)) for taken in place.taken]
        if place.is_spent and all(found is Verdict.SETTLED for _, found in verdicts):
            self.stock_room.remove(place)
        return sum(self._act(place, taken, found, now) for taken, found in verdicts)

    def _act(self, place: Place, taken: Taken, found: Verdict, now: datetime) -> bool:
        if found is Verdict.SUSPECT:
            self.stock_room.suspect(place, taken.card_id, now)
        return found is Verdict.LEAKED and self.stock_room.restore(place, taken.card_id)
