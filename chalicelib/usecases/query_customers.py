"""Query customers: whom has a distributor brought, and do they still buy?"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain import brought
from chalicelib.domain.brought import Brought, Lately, lately
from chalicelib.usecases.ports import Documents, Orders

PAGE_MAX = 20  # each row asks for the customer's orders
ORDERS_LOOKED_AT = 10  # the newest; unpaid ones close within the hour


class Customer(NamedTuple):
    """One customer, as the distributor may see them."""

    brought: Brought
    last_purchase: Lately


@dataclass(frozen=True)
class QueryCustomers:
    documents: Documents
    orders: Orders

    def page(self, distributor_id: str, before: str, limit: int, now: datetime) -> list[Customer]:
        """The newest first, those behind the place `before`; at most PAGE_MAX."""
        assert limit <= PAGE_MAX
        partition = brought.partition(distributor_id)
        items = self.documents.query(brought.TABLE, partition, "", before, limit, newest=True)
        found = [brought.brought_of(item) for item in items]
        return [Customer(one, lately(self._paid_at(one.customer_id), now)) for one in found]

    def _paid_at(self, customer_id: str) -> datetime | None:
        """When the newest of the last orders that was paid was paid."""
        orders = self.orders.page(customer_id, "", ORDERS_LOOKED_AT)
        return next((order.paid_at for order in orders if order.paid_at is not None), None)
