"""Failing: books whose first writes fail, orders that move on, a catalogue before its first plan."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.catalog import Product
from chalicelib.domain.order import Order


@dataclass
class FailingBooks:
    """Books whose first writes fail so."""

    failures: list[Exception]
    tries: int = 0

    def commit(self, record: Any, changes: Any, token: str = "") -> None:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        bootstrap.books().commit(record, changes, token)

    def __getattr__(self, name: str) -> Any:
        return getattr(bootstrap.books(), name)


@dataclass
class OvertakenOrders:
    """The orders, one of which somebody changes between the first look at it and the next."""

    change: Callable[[], object]
    looks: list[str] = field(default_factory=list)

    def get(self, order_id: str) -> Order | None:
        found = bootstrap.orders().get(order_id)
        self.looks.append(order_id)
        if len(self.looks) == 1:
            self.change()
        return found


class NoPlanYet:
    """The catalogue while no plan is in force."""

    def __getattr__(self, name: str) -> Any:
        return getattr(bootstrap.catalog(), name)

    def plan_at(self, moment: object) -> None:
        return None


@dataclass
class OtherProduct:
    """The catalogue, in which one product is as a test wants it."""

    item: Product

    def __getattr__(self, name: str) -> Any:
        return getattr(bootstrap.catalog(), name)

    def product(self, sku_id: str) -> Product:
        return self.item
