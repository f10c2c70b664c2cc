"""One process of a race: a shop of its own, as a Lambda instance has one, and the purchases it is sent."""

import time
from dataclasses import dataclass
from functools import partial

from chalicelib import bootstrap
from chalicelib.domain.errors import Refusal
from tests.e2e.crowd import at_once
from tests.e2e.shop import PRODUCTS, Shop

THREADS = 4


@dataclass(frozen=True)
class Wish:
    """A purchase from a card account, as a message between processes."""

    person_id: str
    key: str
    sku_id: str
    pay_card_id: str


def wake(process: int) -> int:
    """Load and connect everything; slow enough that no process is woken twice."""
    Shop(stock=bootstrap.stock())
    time.sleep(1.0)
    return process


def buy(process: int, wishes: list[Wish]) -> list[str]:
    """What became of each wish: the order's id, or the code of the refusal."""
    shop = Shop(stock=bootstrap.stock(), first_number=1 + process * 1_000_000)
    products = {item.sku_id: item for item in PRODUCTS}
    asks = [
        partial(
            shop.buy,
            products[wish.sku_id],
            shop.command(wish.key, wish.person_id),
            pay_card_id=wish.pay_card_id,
        )
        for wish in wishes
    ]
    answers = at_once(THREADS, asks)
    return [answer.code if isinstance(answer, Refusal) else answer.order.order_id for answer in answers]
