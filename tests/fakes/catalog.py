"""A catalogue of fixed products and plans."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.catalog import Product, ProductUnknown
from chalicelib.domain.parameters import PARAMETERS
from chalicelib.domain.plan import Plan


@dataclass
class FixedCatalog:
    """The port Catalog, from what a test puts in."""

    shelf: dict[str, Product] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def product(self, sku_id: str) -> Product:
        if sku_id not in self.shelf:
            raise ProductUnknown(sku_id=sku_id)
        return self.shelf[sku_id]

    def products(self) -> list[Product]:
        return list(self.shelf.values())

    def plan(self, plan_id: str) -> Plan:
        return next(plan for plan in self.plans if plan.plan_id == plan_id)

    def plan_at(self, moment: datetime) -> Plan | None:
        begun = [plan for plan in self.plans if plan.effective_at <= moment]
        return max(begun, key=lambda plan: plan.effective_at, default=None)

    def parameter(self, name: str, moment: datetime, scope: str = "") -> Any:
        return self.parameters.get(name, PARAMETERS[name].default)
