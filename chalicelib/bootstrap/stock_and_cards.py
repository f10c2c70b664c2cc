"""Stock and cards: batches, the sweep, and what the card stream writes."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, cards, catalog, documents, stock
from chalicelib.bootstrap.outside import imports_queue, uploads
from chalicelib.bootstrap.secrecy import keys

if TYPE_CHECKING:
    from chalicelib.usecases.import_batch import ImportBatch
    from chalicelib.usecases.project_cards import ProjectCards
    from chalicelib.usecases.register_batch import RegisterBatch
    from chalicelib.usecases.sweep_stock import SweepStock


@cache
def register_batch() -> "RegisterBatch":
    from chalicelib.usecases.register_batch import RegisterBatch

    return RegisterBatch(books(), documents(), catalog(), uploads(), imports_queue())


@cache
def import_batch() -> "ImportBatch":
    from chalicelib.usecases.import_batch import ImportBatch

    return ImportBatch(books(), documents(), cards(), catalog(), keys(), uploads(), imports_queue())


@cache
def sweep_stock() -> "SweepStock":
    from chalicelib.usecases.sweep_stock import SweepStock

    return SweepStock(documents(), stock())


@cache
def project_cards() -> "ProjectCards":
    from chalicelib.usecases.project_cards import ProjectCards

    return ProjectCards(documents())
