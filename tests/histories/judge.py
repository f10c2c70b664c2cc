"""The judge: is a history explained by the model, and if not, what is left over?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.histories import model
from tests.histories.history import Call, Wish, parts_of
from tests.histories.linearizability import Search, Undecided

SHOWN_MAX = 25


@dataclass(frozen=True, slots=True)
class Verdict:
    """`unexplained`: one text for each part of the history that no order explains."""

    calls: int
    unknown: int
    tried: int
    unexplained: tuple[str, ...]


def judged(
    calls: Sequence[Call],
    start: model.State,
    places: Mapping[str, int] | None = None,
    claims_lost: int = 0,
) -> Verdict:
    """Look for an order of each part of a history.

    `places`: where in the journal an operation stands, by its key, as far as it is known; it only says
    what to try first. `claims_lost`: claims of stock whose answers were lost, which lay a card aside.
    """
    placed = places or {}
    with_rivals = _with_rivals(list(calls), claims_lost)
    tried, unexplained = 0, []
    for part in parts_of(with_rivals):
        search = Search(part, _outcomes, lambda call: (_place(call, placed), call.ends_ns))
        try:
            order = search.order(start)
        except Undecided as undecided:
            order = None
            unexplained.append(str(undecided))
        tried += len(search.tried)
        if order is None:
            unexplained.append(_left_over(search))
    unknown = sum(not call.is_known for call in calls)
    return Verdict(len(calls), unknown, tried, tuple(unexplained))


def _outcomes(state: model.State, call: Call) -> list[model.Outcome]:
    return list(model.outcomes(state, call.wish, call.rivals))


def _place(call: Call, places: Mapping[str, int]) -> int:
    wish: Wish = call.wish
    name = str(wish.arguments[1]) if wish.kind == "settle" else wish.key
    return places.get(name, 1 << 30)


def _with_rivals(calls: list[Call], claims_lost: int) -> list[Call]:
    """Each purchase from stock with the number of cards that may have been in others' hands."""
    stock = [call for call in calls if call.wish.kind == "stock"]
    return [
        replace(call, rivals=claims_lost + sum(_met(call, other) for other in stock if other is not call))
        if call.wish.kind == "stock"
        else call
        for call in calls
    ]


def _met(call: Call, other: Call) -> bool:
    """Whether the other one may have held a card at a moment of this call."""
    return other.asked_ns <= call.answered_ns and call.asked_ns <= other.ends_ns


def _left_over(search: Search) -> str:
    explained = {id(call) for call in search.longest}
    open_calls = (call for call in search.calls if call.is_known and id(call) not in explained)
    left = sorted(open_calls, key=lambda call: call.asked_ns)
    lines = [f"{len(search.longest)} of {len(search.calls)} calls are explained; then:"]
    return "\n  ".join([*lines, *map(str, left[:SHOWN_MAX])])
