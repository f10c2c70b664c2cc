"""The catalogue in the table `catalog`: products, plans and parameters, read from memory.

Everything is held by the process and looked at again when the catalogue's version
has moved, which is asked at most every five seconds. Money is never read from here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain import catalog_items as items
from chalicelib.domain.catalog import Product, ProductUnknown
from chalicelib.domain.parameters import Setting, value_at
from chalicelib.domain.plan import Plan
from chalicelib.domain.record import Plain
from chalicelib.store.dynamo import Dynamo


class Contents(NamedTuple):
    """The whole catalogue of one version."""

    version: int
    products: Mapping[str, Product]
    plans: Mapping[str, Plan]
    settings: tuple[Setting, ...]


@dataclass
class DynamoCatalog:
    """The port Catalog. `clock_ms` only ever rises; it is no time of day."""

    dynamo: Dynamo
    clock_ms: Callable[[], int]
    _contents: Contents | None = field(default=None, init=False)
    _looked_at_ms: int = field(default=0, init=False)

    def product(self, sku_id: str) -> Product:
        """One that this process has not seen yet is looked for at once. Raises: ProductUnknown."""
        product = self._current().products.get(sku_id)
        if product is None:
            self.forget()
            product = self._current().products.get(sku_id)
        if product is None:
            raise ProductUnknown(sku_id=sku_id[:64])
        return product

    def products(self) -> list[Product]:
        return list(self._current().products.values())

    def plan(self, plan_id: str) -> Plan | None:
        """An approved plan; one that this process has not seen yet is looked for at once."""
        plan = self._current().plans.get(plan_id)
        if plan is None and plan_id:
            self.forget()
            plan = self._current().plans.get(plan_id)
        return plan

    def plans(self) -> list[Plan]:
        """Every approved plan, the one in force last among the past ones."""
        return sorted(self._current().plans.values(), key=lambda plan: (plan.effective_at, plan.version))

    def plan_at(self, moment: datetime) -> Plan | None:
        """The newest plan that is in force at this moment, or None before the first."""
        return next((plan for plan in reversed(self.plans()) if plan.effective_at <= moment), None)

    def parameter(self, name: str, moment: datetime, scope: str = "") -> Plain:
        """The value in force at the moment in a region, or the default."""
        return value_at(self._current().settings, name, moment, scope)

    def forget(self) -> None:
        """Look at the table before the next answer."""
        self._contents = None

    def _current(self) -> Contents:
        now_ms = self.clock_ms()
        known = self._contents
        if known is not None and now_ms - self._looked_at_ms < items.CACHE_SECONDS * 1000:
            return known
        version = self._version()
        if known is None or known.version != version:
            known = self._read(version)
        self._contents, self._looked_at_ms = known, now_ms
        return known

    def _version(self) -> int:
        item = self.dynamo.get(items.TABLE, items.VERSION_KEY, consistent=True)
        return item["version"] if item else 0

    def _read(self, version: int) -> Contents:
        products = (items.product_of(item) for item in self._partition(items.PRODUCTS))
        plans = (items.plan_of(item) for item in self._partition(items.PLANS))
        return Contents(
            version=version,
            products={product.sku_id: product for product in products},
            plans={plan.plan_id: plan for plan in plans},
            settings=tuple(items.setting_of(item) for item in self._partition(items.PARAMETERS)),
        )

    def _partition(self, pk: str) -> list[dict[str, object]]:
        return self.dynamo.query(items.TABLE, pk, consistent=True)
