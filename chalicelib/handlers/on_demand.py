"""On demand: how does a route come into Chalice's table when it is first asked for, and not before?

Whoever asks for one path gets the noun that declares it; whoever goes through the table
(packaging, a local server, a test) gets all of them.
"""

from collections.abc import Iterator
from threading import RLock
from typing import Any

from chalice.app import Chalice

from chalicelib.handlers import unrouted
from chalicelib.handlers.api import PATHS, noun_of, routes_of


class RoutesOnDemand(dict[str, dict[str, Any]]):
    """Chalice's table: what serves a path, by method."""

    def __init__(self, app: Chalice) -> None:
        super().__init__()
        self._app = app
        self._brought: set[str] = set()
        self._bringing = RLock()  # a local server asks from several threads

    def __missing__(self, path_text: str) -> dict[str, Any]:
        self._bring(noun_of(path_text))
        return self.setdefault(path_text, {})

    def _bring(self, noun: str) -> None:
        with self._bringing:
            if noun in self._brought:
                return
            routes = routes_of(noun)  # where its import fails, the next request tries again
            self._brought.add(noun)
            self._app.register_blueprint(routes)
            self._app.register_blueprint(unrouted.preflights([routes]))

    def _bring_all(self) -> None:
        for noun in PATHS:
            self._bring(noun)

    def __contains__(self, path_text: object) -> bool:
        self._bring_all()
        return super().__contains__(path_text)

    def __iter__(self) -> Iterator[str]:
        self._bring_all()
        return super().__iter__()

    def __len__(self) -> int:
        self._bring_all()
        return super().__len__()

    def keys(self) -> Any:
        self._bring_all()
        return super().keys()

    def values(self) -> Any:
        self._bring_all()
        return super().values()

    def items(self) -> Any:
        self._bring_all()
        return super().items()


def serve(app: Chalice) -> None:
    """Let this app serve every noun, each from its first request on."""
    app.routes = RoutesOnDemand(app)
    app.register_blueprint(unrouted.own_words())
