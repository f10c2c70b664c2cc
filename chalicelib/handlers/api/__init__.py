"""The HTTP API /v1: one module a noun; ROUTES is what app.py registers."""

from chalice.app import Blueprint

from chalicelib.handlers.api import health

ROUTES: tuple[Blueprint, ...] = (health.routes,)
