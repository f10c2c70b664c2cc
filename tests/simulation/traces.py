"""Traces: what may a refusal leave behind that somebody outside decides?

Such a wish is written down before the other party is asked, so its no finds something
there. It leaves the record of the wish, and in the order's history that it was asked and
refused. Beside that, and versions, every item of worth is as it was: money, cards, stock,
commission, and what the order says of all of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.closure import REQUESTED
from chalicelib.domain.order import Order, RefundState
from chalicelib.store import cards, orders
from chalicelib.store.values import from_item
from tests.simulation.typed_values import Item

Place = tuple[str, ...]


def left_beside_traces(changed: Mapping[Place, tuple[Item | None, Item | None]]) -> Iterator[str]:
    """Of the changed items, with each as it was first and last, those that show more than a trace."""
    for place, (first, last) in changed.items():
        if not _is_trace(place[0], _plain(first), _plain(last)):
            yield "/".join(place)


def _plain(item: Item | None) -> dict[str, Any]:
    return from_item(item) if item else {}


def _is_trace(table: str, first: dict[str, Any], last: dict[str, Any]) -> bool:
    if table == "journal":
        return not first and f'"action":"{REQUESTED}"' in last["body"] and '"lines":' not in last["body"]
    if not first or not last:
        return False
    if table == "cards":
        was, now = cards.from_values(first), cards.from_values(last)
        return replace(now, version=was.version, last_record=was.last_record) == was
    return table == "orders" and _is_history(orders.from_values(first), orders.from_values(last))


def _is_history(was: Order, now: Order) -> bool:
    """Nothing is new but wishes that were refused, and the steps that say so."""
    new = now.refunds[len(was.refunds) :]
    return (
        replace(now, version=was.version, steps=was.steps, refunds=was.refunds) == was
        and now.refunds[: len(was.refunds)] == was.refunds
        and all(refund.state is RefundState.REJECTED for refund in new)
        and now.steps[: len(was.steps)] == was.steps
        and len(now.steps) == len(was.steps) + 2 * len(new)
    )
