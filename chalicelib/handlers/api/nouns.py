"""The nouns: which routes are there in all? ROUTES is what app.py registers."""

from chalice.app import Blueprint

from chalicelib.handlers import unrouted
from chalicelib.handlers.api import (
    alerts,
    batches,
    cards,
    distributors,
    docs,
    findings,
    health,
    office_distributors,
    orders,
    pages,
    payments,
    people,
    plans,
    products,
    reconciliations,
    refunds,
    withdrawals,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Route

_NOUNS: tuple[Routes, ...] = (
    health.routes,
    people.routes,
    products.routes,
    cards.routes,
    batches.routes,
    orders.routes,
    refunds.routes,
    payments.routes,
    alerts.routes,
    distributors.routes,
    withdrawals.routes,
    office_distributors.routes,
    reconciliations.routes,
    findings.routes,
    plans.routes,
    pages.routes,
)

NOUNS: tuple[Routes, ...] = (*_NOUNS, docs.describing(_NOUNS))
DECLARED: tuple[Route, ...] = tuple(route for noun in NOUNS for route in noun.declared)
ROUTES: tuple[Blueprint, ...] = (*NOUNS, unrouted.answering(NOUNS))
