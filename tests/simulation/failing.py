"""Failing: books whose first writes fail, a catalogue before its first plan, or with another product."""

from dataclasses import dataclass
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.catalog import Product


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
