"""The office: what its screens look at, beside what people of the office do."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents, dynamo, orders
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.secrecy import keys
from chalicelib.bootstrap.views import query_tree

if TYPE_CHECKING:
    from chalicelib.usecases.list_waiting_orders import ListWaitingOrders
    from chalicelib.usecases.look_at_order import LookAtOrder
    from chalicelib.usecases.look_at_tree import LookAtTree


@part
def list_waiting_orders() -> "ListWaitingOrders":
    from chalicelib.store.pages import DynamoManyOrders
    from chalicelib.usecases.list_waiting_orders import ListWaitingOrders

    return ListWaitingOrders(documents(), DynamoManyOrders(dynamo()))


@part
def look_at_order() -> "LookAtOrder":
    from chalicelib.usecases.look_at_order import LookAtOrder

    return LookAtOrder(books(), orders(), documents())


@part
def look_at_tree() -> "LookAtTree":
    from chalicelib.usecases.look_at_tree import LookAtTree

    return LookAtTree(documents(), keys(), query_tree())
