"""A part: how is one thing of this process built once and kept, and how is another put in its place?

Whatever a process takes from outside, and whatever it builds, is a part. A world
that simulates the outside replaces the few parts that reach it (the clock, chance,
the connection to DynamoDB, objects, queues, counterparties); all that is built on
them is built anew, by the wiring that ships.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Thing = TypeVar("Thing")

_parts: "list[Part[Any, Any]]" = []


class Part(Generic[Arguments, Thing]):
    """Called, it gives its thing: built at the first call and kept, where it is kept at all."""

    def __init__(self, build: Callable[Arguments, Thing], is_kept: bool) -> None:
        update_wrapper(self, build)
        self.build, self.is_kept = build, is_kept
        self.kept: dict[Any, Thing] = {}
        self.instead: Callable[Arguments, Thing] | None = None
        _parts.append(self)

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Thing:
        if self.instead is not None:
            return self.instead(*args, **kwargs)
        if not self.is_kept:
            return self.build(*args, **kwargs)
        asked = (args, *kwargs.items())
        if asked not in self.kept:
            self.kept[asked] = self.build(*args, **kwargs)
        return self.kept[asked]

    def forget(self) -> None:
        """Build it anew when it is asked for next."""
        self.kept.clear()


def part(build: Callable[Arguments, Thing]) -> Part[Arguments, Thing]:
    """Something that a process builds once."""
    return Part(build, is_kept=True)


def source(build: Callable[Arguments, Thing]) -> Part[Arguments, Thing]:
    """Something that is different at each call: the time, chance."""
    return Part(build, is_kept=False)


def forget_everything() -> None:
    """As if the process had just been started."""
    for one in _parts:
        one.forget()


@contextmanager
def replaced(parts: Mapping[Part[..., Any], Callable[..., Any]]) -> Iterator[None]:
    """Put other builders in the place of these parts for a while: a test's, never the product's."""
    before = {one: one.instead for one in parts}
    forget_everything()
    for one, instead in parts.items():
        one.instead = instead
    try:
        yield
    finally:
        for one, earlier in before.items():
            one.instead = earlier
        forget_everything()
