"""Scenes: what do sixteen clients have in common, and what does each of them want from it?

A seed decides everything. No scene has more than four shared accounts: card
accounts, a waiting order, a stock of few cards, a distributor's money.
"""

import random
from dataclasses import dataclass, field

from tests.e2e.shop import BUYER, NOW
from tests.fakes.ulids import ulid_of_number
from tests.histories import model
from tests.histories.history import Wish

CLIENTS = 16
WISHES = 8
REPEATED = 0.15  # wishes that somebody has had before, under the same key
ALTERED = 0.2  # of those: with another body

A, B = "crd_A", "crd_B"
DISTRIBUTOR = f"dst_{BUYER[4:]}"
PRICES_FEN = (5_000, 7_300, 10_000)
STOCK_PRICE_FEN = 10_000


@dataclass
class Scene:
    """What there is, and every client's wishes in their order."""

    name: str
    cards: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)  # by id
    stock: int = 0
    available_fen: int = 0
    scripts: list[list[Wish]] = field(default_factory=list)

    def start(self, account_version: int) -> model.State:
        return model.start(self.cards, self.orders, self.stock, (self.available_fen, account_version))


class Writer:
    """Draws a scene."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.number = 0
        self.had: list[Wish] = []
        self.bought: list[str] = []
        self.filed: list[str] = []
        self.scene = Scene("")

    def key(self) -> str:
        self.number += 1
        return ulid_of_number(NOW, self.number)

    def drawn(self) -> Scene:
        name, deeds = self.chance.choice(list(SCENES.items()))
        self.scene.name = name
        kinds = [deed for deed, weight in deeds for _ in range(weight)]
        self._open({deed for deed, _ in deeds})
        wishes = [self._wish(self.chance.choice(kinds)) for _ in range(CLIENTS * WISHES)]
        self.scene.scripts = [wishes[number::CLIENTS] for number in range(CLIENTS)]
        return self.scene

    def _open(self, deeds: set[str]) -> None:
        chance, scene = self.chance, self.scene
        if deeds & {"buy", "transfer", "pay", "stock"}:
            scene.cards[A] = chance.choice([60_000, 120_000, 200_000])
        if "transfer" in deeds:
            scene.cards[B] = chance.choice([0, 480_000, 495_000])
        if "pay" in deeds:
            scene.orders[f"ord_{BUYER[4:]}{self.key()}"] = 10_000
        if "stock" in deeds:
            scene.stock = chance.randrange(2, 7)
        if "withdraw" in deeds:
            scene.available_fen = chance.choice([20_000, 60_000])

    def _wish(self, kind: str) -> Wish:
        repeatable = [wish for wish in self.had if wish.kind == kind and wish.key]
        if repeatable and self.chance.random() < REPEATED:
            known = self.chance.choice(repeatable[-20:])
            is_altered = known.kind != "settle" and self.chance.random() < ALTERED
            return Wish(kind, known.key, "other" if is_altered else known.request, known.arguments)
        wish: Wish = getattr(self, f"_{kind}")()
        self.had.append(wish)
        return wish

    def _balance(self) -> Wish:
        return Wish("balance", arguments=(self.chance.choice(list(self.scene.cards)),))

    def _order(self) -> Wish:
        return Wish("order", arguments=(self._waiting(),))

    def _account(self) -> Wish:
        return Wish("account", arguments=(DISTRIBUTOR,))

    def _buy(self) -> Wish:
        key = self.key()
        self.bought.append(f"ord_{BUYER[4:]}{key}")
        return Wish("buy", key, arguments=(A, self.chance.choice(PRICES_FEN)))

    def _transfer(self) -> Wish:
        """Mostly from A to B, whose cap is near; what comes back to A is far from its own."""
        if self.chance.random() < 0.7:
            return Wish("transfer", self.key(), arguments=(A, B, self.chance.randrange(1, 12_000)))
        return Wish("transfer", self.key(), arguments=(B, A, self.chance.randrange(1, 3_000)))

    def _stock(self) -> Wish:
        return Wish("stock", self.key(), arguments=(A, STOCK_PRICE_FEN))

    def _refund(self) -> Wish:
        if not self.bought:
            return self._buy()
        amount_fen = self.chance.choice([0, 1, 999, 2_500, 6_000])
        return Wish("refund", self.key(), arguments=(self.chance.choice(self.bought[-10:]), amount_fen, A))

    def _pay(self) -> Wish:
        return Wish("pay", self.key(), arguments=(self._waiting(), A))

    def _cancel(self) -> Wish:
        return Wish("cancel", arguments=(self._waiting(),))

    def _settle(self) -> Wish:
        return Wish("settle", arguments=(self._waiting(), f"PY-{self.chance.randrange(6)}"))

    def _withdraw(self) -> Wish:
        key = self.key()
        self.filed.append(f"wdr_{BUYER[4:]}{key}")
        amount_fen = self.chance.choice([1_000, 4_321, 9_000])
        return Wish("withdraw", key, arguments=(DISTRIBUTOR, self.filed[-1], amount_fen))

    def _take_back(self) -> Wish:
        return self._decision("take_back")

    def _reject(self) -> Wish:
        return self._decision("reject")

    def _approve(self) -> Wish:
        return self._decision("approve")

    def _decision(self, kind: str) -> Wish:
        if not self.filed:
            return self._withdraw()
        return Wish(kind, self.key(), arguments=(DISTRIBUTOR, self.chance.choice(self.filed[-8:])))

    def _waiting(self) -> str:
        return self.chance.choice(list(self.scene.orders))


Deeds = tuple[tuple[str, int], ...]
_MONEY: Deeds = (("withdraw", 6), ("take_back", 3), ("reject", 2), ("approve", 2), ("account", 5))
SCENES: dict[str, Deeds] = {
    "two cards": (("balance", 6), ("buy", 4), ("transfer", 6), ("refund", 4)),
    "an order": (("order", 6), ("balance", 4), ("pay", 3), ("settle", 3), ("cancel", 1), ("buy", 2)),
    "few cards": (("stock", 8), ("balance", 5), ("buy", 2), ("refund", 1)),
    "a distributor": _MONEY,
    "everything": (
        ("balance", 6), ("order", 3), ("buy", 3), ("refund", 3), ("pay", 1), ("settle", 1), ("cancel", 1),
        ("stock", 3), *_MONEY,
    ),
}  # fmt: skip


def scene_of(seed: int) -> Scene:
    """The scene that this seed draws: the same one every time."""
    return Writer(seed).drawn()
