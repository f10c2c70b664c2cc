"""A history: what was asked by whom, when, and what was answered?

Times are those of one clock that all processes of a machine share. A call without
an answer has an outcome that nobody told: it may have taken effect at any moment
after it was asked, or never.
"""

from collections.abc import Iterator
from dataclasses import dataclass

Arguments = tuple[str | int, ...]
Answer = str | tuple[str | int, ...]

NEVER_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a client is about to ask for. `request` stands for its body."""

    kind: str
    key: str = ""
    request: str = "same"
    arguments: Arguments = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One wish asked once. `answer` None: unknown.

    `rivals`: how many cards of the stock others may have had in their hands meanwhile.
    """

    client: str
    wish: Wish
    asked_ns: int
    answered_ns: int
    answer: Answer | None
    rivals: int = 0

    @property
    def is_known(self) -> bool:
        return self.answer is not None

    @property
    def ends_ns(self) -> int:
        """From when on everything that is asked comes after it."""
        return self.answered_ns if self.is_known else NEVER_NS

    def __str__(self) -> str:
        wish = self.wish
        told = "unknown" if self.answer is None else self.answer
        span = f"{self.asked_ns / 1e6:.3f}–{self.answered_ns / 1e6:.3f} ms"
        return f"{self.client} {wish.kind} {wish.arguments} key {wish.key} ({wish.request}): {told} [{span}]"


def objects_of(wish: Wish) -> Iterator[str]:
    """The shared things that a wish may touch: calls that share none are explained apart."""
    if wish.kind == "stock":
        yield "stock"
    yield from (str(argument) for argument in wish.arguments if _is_object(argument))


def _is_object(argument: str | int) -> bool:
    return isinstance(argument, str) and argument.startswith(("crd_", "ord_", "wdr_", "dst_", "stock"))


def parts_of(calls: list[Call]) -> list[list[Call]]:
    """The calls, by the things that they join: a history is linearizable if its parts are."""
    groups: list[tuple[set[str], list[Call]]] = []
    for call in calls:
        touched = set(objects_of(call.wish))
        apart = [group for group in groups if group[0].isdisjoint(touched)]
        together = [group for group in groups if not group[0].isdisjoint(touched)]
        for names, _ in together:
            touched |= names
        groups = [*apart, (touched, [*(one for _, members in together for one in members), call])]
    return [members for _, members in groups]
