"""Every noun: all routes of the API at once, for who describes, tests or packages it."""

from chalicelib.handlers.api import PATHS, routes_of
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Route

NOUNS: tuple[Routes, ...] = tuple(routes_of(noun) for noun in PATHS)
DECLARED: tuple[Route, ...] = tuple(route for noun in NOUNS for route in noun.declared)
