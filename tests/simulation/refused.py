"""Refused: did an operation that was answered with a refusal leave everything as it was?

Each write is put down to the task in whose turn it was made. When the task ends in a
refusal, what its own writes came to is added up: numbers by what was added and taken,
everything else by what was there first and last. So what others did to the same item
meanwhile does not count, and what was taken and given back is nothing.

Not put down to the operation is what is true whatever it is answered:

    a payment that it found out about    the channel has the money: booking it is an effect of its own
    a sign-in                            it happened, though what was asked for after it did not
    where in the stock a card lies       that it can be taken again is what counts; and a card whose taking
                                         was not answered is found by the sweep, which the settling waits for
    a late request                       it takes effect after its caller had given up on it
    a wish that somebody outside refused it was written down before, and says that it was refused (traces.py);
                                         where an earlier try wrote it down, `make faults` compares the items
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.closure import REQUESTED
from tests.simulation.table import Change
from tests.simulation.typed_values import Item

OF_WORTH = frozenset({"accounts", "orders", "cards", "journal", "stock"})
COUNTED_UP = frozenset({"version"})  # of a change that was taken back it counts both ways
RECEIPTS = "pay_"
SIGN_IN = '"action":"person.sign_in"'
ASKED_OUTSIDE = f'"action":"{REQUESTED}"'
TRACES = {"orders": frozenset({"refunds", "steps"}), "cards": frozenset({"last_record"})}
MAGAZINE, BACK = "magazine#", "back#"


@dataclass
class Writes:
    """What each task wrote of worth until it ends, if somebody wants to know."""

    by_task: dict[str, list[Change]] = field(default_factory=dict)

    def begin(self, name: str) -> None:
        """From now on what this task writes is noted."""
        self.by_task[name] = []

    def see(self, name: str, together: Sequence[Change]) -> None:
        """One call of a task wrote these together."""
        noted = self.by_task.get(name)
        if noted is not None and not any(map(_is_true_anyhow, together)):
            noted += [change for change in together if change.table in OF_WORTH]

    def end(self, name: str) -> list[Change]:
        """Everything that it wrote."""
        return self.by_task.pop(name, [])


def left_behind(
    changes: Sequence[Change], is_answer_lost: bool = False, is_outside: bool = False
) -> Iterator[str]:
    """Each item that is not as it was before these changes, made by one task.

    `is_answer_lost`: the task was not told of something that it had done.
    `is_outside`: somebody outside refused.
    """
    by_item: dict[str, list[Change]] = {}
    for change in changes:
        if change.table != "stock":
            by_item.setdefault("/".join((change.table, *_key(change))), []).append(change)
    for place, own in by_item.items():
        columns = list(_net(own))
        if is_outside and _is_trace(own[0], columns):
            continue
        if columns:
            yield f"{place}: {', '.join(columns)}"
    if not is_answer_lost:
        yield from _cards_taken([change for change in changes if change.table == "stock"])


def _is_true_anyhow(change: Change) -> bool:
    if change.table != "journal" or change.new_image is None:
        return False
    return change.keys["pk"]["S"].startswith(RECEIPTS) or SIGN_IN in change.new_image["body"]["S"]


def _is_trace(change: Change, columns: Sequence[str]) -> bool:
    if change.table == "journal":
        return change.new_image is not None and ASKED_OUTSIDE in change.new_image["body"]["S"]
    return set(columns) <= TRACES.get(change.table, frozenset())


def _key(change: Change) -> tuple[str, ...]:
    return tuple(key["S"] for key in change.keys.values())


def _net(changes: Sequence[Change]) -> Iterator[str]:
    """The columns of one item that these changes did not bring back."""
    numbers: Counter[str] = Counter()
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for change in changes:
        old, new = change.old_image or {}, change.new_image or {}
        for name in sorted(old.keys() | new.keys()):
            before, after = old.get(name), new.get(name)
            if before == after or name in COUNTED_UP:
                continue
            if _is_number(before) and _is_number(after):
                numbers[name] += _whole(after) - _whole(before)
            else:
                first.setdefault(name, before)
                last[name] = after
    yield from (f"{name} {number:+}" for name, number in numbers.items() if number)
    yield from (name for name in first if first[name] != last[name])


def _is_number(value: Any) -> bool:
    return value is None or "N" in value


def _whole(value: Any) -> int:
    return int(value["N"]) if value else 0


def _cards_taken(changes: Sequence[Change]) -> Iterator[str]:
    """Cards that could be taken before, and now cannot; or the other way."""
    free: Counter[str] = Counter()
    for change in changes:
        free.update(_cards_in(change, change.new_image))
        free.subtract(_cards_in(change, change.old_image))
    yield from (f"{card_id} can be taken {number:+} times" for card_id, number in free.items() if number)


def _cards_in(change: Change, item: Item | None) -> list[str]:
    """The cards that can be taken from a place of the stock."""
    place = change.keys["sk"]["S"] if "sk" in change.keys else ""
    if item is None:
        return []
    if place.startswith(MAGAZINE):
        return [card["S"] for card in item["card_ids"]["L"][_whole(item["next"]) :]]
    return [place.removeprefix(BACK)] if place.startswith(BACK) and not _whole(item.get("claims")) else []
