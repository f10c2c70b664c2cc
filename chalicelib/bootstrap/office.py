"""The office: what its screens look at, beside what people of the office do."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents, dynamo, elapsed_ms, orders
from chalicelib.bootstrap.outside import archive_objects
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.proof import archive_index
from chalicelib.bootstrap.reconciliation import channel_names
from chalicelib.bootstrap.secrecy import keys
from chalicelib.bootstrap.views import query_tree

if TYPE_CHECKING:
    from chalicelib.usecases.count_queues import CountQueues
    from chalicelib.usecases.list_waiting_orders import ListWaitingOrders
    from chalicelib.usecases.look_at_order import LookAtOrder
    from chalicelib.usecases.look_at_tree import LookAtTree
    from chalicelib.usecases.tally_books import ReadTally, TallyBooks


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


@part
def count_queues() -> "CountQueues":
    from chalicelib.usecases.count_queues import CountQueues

    return CountQueues(documents(), channel_names())


@part
def read_tally() -> "ReadTally":
    from chalicelib.usecases.tally_books import ReadTally

    return ReadTally(documents(), archive_index())


@part
def tally_books() -> "TallyBooks":
    from chalicelib.usecases.follow_archive import FollowArchive
    from chalicelib.usecases.tally_books import TallyBooks

    archive = FollowArchive(archive_index(), archive_objects())
    return TallyBooks(books(), documents(), archive, elapsed_ms)
