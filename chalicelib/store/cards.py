"""Cards in the table `cards`: key = card id, the blind index of the card's number.

A card carries its own balance. `available_fen`, `held_fen` and `balance_fen`
(both together, capped by law) are moved by ADD under conditions; `version`
counts every change without a gap, and the stream writes one statement line each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.card import Card, CardChange, CardState, why_refused
from chalicelib.domain.change import NewCard, Stale
from chalicelib.domain.record import Record
from chalicelib.store.dynamo import Dynamo, Write, path, value

_TIMES = ("revealed_at", "lost_at")
_PLAIN = tuple(f.name for f in fields(Card) if f.name not in ("card_id", "state", *_TIMES))


def to_values(card: Card) -> dict[str, Any]:
    """The attributes of a card besides its key; empty texts are left out."""
    values = {name: getattr(card, name) for name in _PLAIN} | {"state": card.state.value}
    values |= {name: to_ms(moment) for name in _TIMES if (moment := getattr(card, name))}
    return {name: content for name, content in values.items() if content != ""}


def from_values(item: Mapping[str, Any]) -> Card:
    """The card that an item of the table or of its stream shows."""
    plain = {name: item[name] for name in _PLAIN if name in item}
    times: dict[str, Any] = {name: from_ms(item[name]) for name in _TIMES if name in item}
    return Card(card_id=item["pk"], state=CardState(item["state"]), **plain, **times)


def write_new(dynamo: Dynamo, change: NewCard, deltas: Mapping[str, int], record: Record | None) -> Write:
    """The write of a card that must not exist yet, holding what the record puts on it."""
    available_fen = deltas.get("available_fen", 0)
    assert available_fen <= change.card.cap_fen, "a product's face is checked against the cap when it is made"
    values = to_values(change.card) | {
        "available_fen": available_fen,
        "balance_fen": available_fen,
        "version": 1,
        "last_record": record.record_id if record else "",
    }
    return dynamo.put_write("cards", (change.card.card_id, ""), values, path("pk").does_not_exist())


def write_change(
    dynamo: Dynamo, change: CardChange, deltas: Mapping[str, int], record: Record | None
) -> Write:
    """The write of a change under all its conditions: state, holder, issuer, funds, cap."""
    return dynamo.update_write(
        "cards", (change.card_id, ""), _actions(change, deltas, record), _condition(change, deltas)
    )


def _condition(change: CardChange, deltas: Mapping[str, int]) -> Any:
    condition = path("state").is_in(*[value(state.value) for state in change.states])
    if change.holder_id:
        condition &= path("holder_id") == value(change.holder_id)
    for name in ("issuer", "mode", "kind"):
        if wanted := getattr(change, name):
            condition &= path(name) == value(wanted)
    if change.not_revealed:
        condition &= path("revealed_at").does_not_exist()
    if change.frozen_by:
        condition &= path("frozen_by") == value(change.frozen_by)
    if change.untouched_fen is not None:
        condition &= path("available_fen") == value(change.untouched_fen)
    for column in ("available_fen", "held_fen"):
        if deltas.get(column, 0) < 0:
            condition &= path(column) >= value(-deltas[column])
    gain_fen = sum(deltas.values())
    if change.cap_fen is not None and gain_fen > 0:
        condition &= path("balance_fen") <= value(change.cap_fen - gain_fen)
    return condition


def _actions(change: CardChange, deltas: Mapping[str, int], record: Record | None) -> list[Any]:
    actions = [path("version").add(value(1))]
    actions += [path(column).add(value(delta)) for column, delta in deltas.items() if delta]
    if sum(deltas.values()):
        actions.append(path("balance_fen").add(value(sum(deltas.values()))))
    written: dict[str, Any] = {
        "last_record": record.record_id if record else None,
        "state": change.move_to.value if change.move_to else None,
        "holder_id": change.assign_to,
        "order_id": change.order_id,
        "revealed_at": to_ms(change.revealed_at) if change.revealed_at else None,
        "lost_at": to_ms(change.lost_at) if change.lost_at else None,
        "replaced_by": change.replaced_by,
        "frozen_by": change.freeze_by,
    }
    actions += [path(name).set(value(content)) for name, content in written.items() if content is not None]
    return actions


def why_new_failed(item: Mapping[str, Any] | None) -> Exception:
    return Stale(f"the card {item['pk'] if item else ''} exists already")


def why_change_failed(
    item: Mapping[str, Any] | None, change: CardChange, deltas: Mapping[str, int]
) -> Exception:
    card = from_values(item) if item else None
    return why_refused(card, change, deltas.get("available_fen", 0))


@dataclass(frozen=True, slots=True)
class DynamoCards:
    """The port Cards."""

    dynamo: Dynamo

    def get(self, card_id: str) -> Card | None:
        item = self.dynamo.get("cards", (card_id, ""), consistent=True)
        return from_values(item) if item else None
