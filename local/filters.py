"""Filters: does an event match the pattern of an event source mapping?

The rules are Lambda's: a pattern is an object of the event's shape whose leaves
are lists of alternatives; every named member must match, and an event's list
matches when one of its members does.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_MISSING = object()


def matches_any(patterns: Sequence[Mapping[str, Any]], event: Any) -> bool:
    """True when there are no patterns, or one of them matches."""
    return not patterns or any(matches(pattern, event) for pattern in patterns)


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """True when every member of the pattern matches the event's.

    Raises:
        ValueError: a rule that Lambda does not know.
    """
    return all(_member_matches(name, rule, event) for name, rule in pattern.items())


def _member_matches(name: str, rule: Any, event: Any) -> bool:
    if name == "$or":
        return any(matches(alternative, event) for alternative in rule)
    value = event.get(name, _MISSING) if isinstance(event, Mapping) else _MISSING
    if isinstance(rule, Mapping):
        return matches(rule, value)
    values = value if isinstance(value, list) else [value]
    return any(_leaf_matches(alternative, one) for alternative in rule for one in values or [_MISSING])


def _leaf_matches(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return _equal(rule, value)
    ((name, argument),) = rule.items()
    if name == "exists":
        return (value is not _MISSING and not isinstance(value, Mapping)) is bool(argument)
    if name not in _RULES:
        raise ValueError(f"the filter rule {name} is not one of {sorted([*_RULES, 'exists'])}")
    return value is not _MISSING and _RULES[name](argument, value)


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    return (type(wanted) is type(value) and bool(wanted == value)) or _both_numbers_equal(wanted, value)


def _both_numbers_equal(wanted: Any, value: Any) -> bool:
    return isinstance(wanted, int | float) and isinstance(value, int | float) and wanted == value


def _anything_but(argument: Any, value: Any) -> bool:
    refused = argument if isinstance(argument, list) else [argument]
    return not any(_leaf_matches(rule, value) for rule in refused)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def _numeric(argument: Sequence[Any], value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return all(_COMPARISONS[comparison](value, bound) for comparison, bound in pairs)


_RULES: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": lambda argument, value: isinstance(value, str) and value.startswith(argument),
    "suffix": lambda argument, value: isinstance(value, str) and value.endswith(argument),
    "equals-ignore-case": lambda argument, value: (
        isinstance(value, str) and value.lower() == argument.lower()
    ),
    "anything-but": _anything_but,
    "numeric": _numeric,
}
