"""The difference of two plans: which rules, campaigns and terms does the next one add, drop or change?"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain.plan import Plan, to_document

# What two plans differ in anyway: their names, and since when they hold.
_NAMES = ("plan_id", "version", "effective_at")
_LISTS = {"rules": "rule_id", "campaigns": "campaign_id"}


class How(StrEnum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"


class Difference(NamedTuple):
    """One thing that is not as it was: a rule, a campaign, or a term of the plan, as its document says it."""

    what: str  # rules | campaigns | the name of a term
    name: str  # the id of the rule or the campaign, "" for a term
    how: How
    old: Any
    new: Any


def differences(before: Plan | None, after: Plan) -> tuple[Difference, ...]:
    """What `after` has otherwise than the plan before it; against none all of it is added."""
    old = to_document(before) if before else {}
    new = to_document(after)
    found = [
        _difference(term, "", old.get(term), new.get(term))
        for term in sorted({*old, *new} - {*_NAMES, *_LISTS})
        if old.get(term) != new.get(term)
    ]
    for what, id_name in _LISTS.items():
        found += _of_lists(what, _by_id(old.get(what, ()), id_name), _by_id(new.get(what, ()), id_name))
    return tuple(found)


def _of_lists(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    names = dict.fromkeys((*old, *new))
    return [
        _difference(what, name, old.get(name), new.get(name))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _by_id(items: Iterable[Mapping[str, Any]], id_name: str) -> dict[str, Any]:
    return {item[id_name]: item for item in items}


def _difference(what: str, name: str, before: Any, after: Any) -> Difference:
    how = How.ADDED if before is None else How.REMOVED if after is None else How.CHANGED
    return Difference(what, name, how, before, after)
