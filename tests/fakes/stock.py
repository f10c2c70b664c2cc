"""Stock as a list in memory."""

from dataclasses import dataclass, field
from threading import Lock

from chalicelib.domain.stock import OutOfStock


@dataclass
class ListedStock:
    """The port Stock: first in, first out."""

    cards: dict[str, list[str]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def claim(self, sku_id: str) -> str:
        with self.lock:
            waiting = self.cards.get(sku_id)
            if not waiting:
                raise OutOfStock(sku_id=sku_id)
            return waiting.pop(0)

    def give_back(self, sku_id: str, card_id: str) -> None:
        with self.lock:
            self.cards.setdefault(sku_id, []).append(card_id)

    def count(self, sku_id: str) -> int:
        with self.lock:
            return len(self.cards.get(sku_id, []))
