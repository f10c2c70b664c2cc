"""Seed the catalogue: an empty account gets its first goods, plans and values, once and all of them or none.

Done by whoever has the rights of AWS, for nobody else is there yet. That is why it is for an
empty catalogue alone, one to which nothing was ever announced: the transaction insists on it.
From then on whatever changes goes the way of the office, where products, plans and limits take two people.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain import catalog_items
from chalicelib.domain.change import Change, NewDocument, Replayed, Stale
from chalicelib.domain.parameter_check import checked as checked_setting
from chalicelib.domain.parameters import Setting
from chalicelib.domain.plan import Plan
from chalicelib.domain.plan import check as check_plan
from chalicelib.domain.seed import Seed
from chalicelib.usecases.grant_campaigns import TABLE as PURSES
from chalicelib.usecases.grant_campaigns import purse_key, purses_of
from chalicelib.usecases.operator_run import OperatorRun
from chalicelib.usecases.ports import Books, Documents
from chalicelib.usecases.publish_product import check as check_product

ACTION = "SEED"


class CatalogueState(StrEnum):
    """How the catalogue was found, or left."""

    EMPTY = "EMPTY"  # a dry run: a real one would seed it
    SEEDED = "SEEDED"
    IN_USE = "IN_USE"  # something was announced before: it is left as it is


@dataclass(frozen=True)
class SeedCatalogue:
    books: Books
    documents: Documents

    def __call__(self, run: OperatorRun, seed: Seed) -> CatalogueState:
        """Put the seed where nothing is. A dry run checks all of it and puts nothing.

        Raises: ProductInvalid, ParameterInvalid, what `plan.check` raises, Unavailable.
        """
        changes = self._changes(run, seed)
        if self.documents.get(catalog_items.TABLE, *catalog_items.VERSION_KEY, consistent=True) is not None:
            return CatalogueState.IN_USE
        if run.is_dry:
            return CatalogueState.EMPTY
        try:
            self.books.commit(run.record(ACTION, seed.counts, run.at), changes)
        except Stale:
            return CatalogueState.IN_USE  # somebody was faster
        except Replayed:
            pass  # every run has a key of its own: this is the record, written unanswered
        return CatalogueState.SEEDED

    def _changes(self, run: OperatorRun, seed: Seed) -> list[Change]:
        for product in seed.products:
            check_product(product)
        for plan in seed.plans:
            check_plan(plan)
        at = run.at + catalog_items.EVERYWHERE_AFTER
        settings = [checked_setting(Setting(name, "", at, value)) for name, value in seed.parameters.items()]
        plans = [replace(plan, effective_at=max(plan.effective_at, at)) for plan in seed.plans]
        products = [replace(product, price_version=1) for product in seed.products]
        purses = [purse for plan in plans for purse in _purses(plan)]
        return [*catalog_items.first_contents(products, plans, settings), *purses]


def _purses(plan: Plan) -> list[Change]:
    """A purse for each campaign with a bottom."""
    return [
        NewDocument(PURSES, *purse_key(campaign_id), {"left_fen": budget_fen})
        for campaign_id, budget_fen in purses_of(plan).items()
    ]
