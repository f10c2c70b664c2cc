"""Transactions: do all the writes happen, or none, and why not?

A member whose key has the wrong shape, whose condition fails or whose update does
not fit its item cancels the transaction with a reason at its position; what is
wrong with the request itself is a ValidationException before anything is looked at.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.key_expressions import projection
from tests.simulation.refusals import Refused, cancelled
from tests.simulation.table import Key, KeyMismatch, Table
from tests.simulation.typed_values import Invalid, Item
from tests.simulation.writes import Write, check_placeholders, placeholders

Arguments = Mapping[str, Any]
Apply = Callable[[Table, Key, Item | None, Item | None], None]
Reason = dict[str, Any]

MEMBERS_MAX = 100
TOKEN_LETTERS_MAX = 36
TOKEN_KEPT_MS = 10 * 60 * 1000
KINDS = ("ConditionCheck", "Put", "Delete", "Update")
_FINE: Reason = {"Code": "None"}


class Tokens:
    """The client's tokens of the last ten minutes: was this very request answered already?"""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._answered: dict[str, tuple[int, Arguments]] = {}

    def knows(self, token: str, arguments: Arguments) -> bool:
        """Raises: Refused when the token came with other parameters; Invalid when it is too long."""
        if not 0 < len(token) <= TOKEN_LETTERS_MAX:
            raise Invalid("1 validation error detected: Value at 'ClientRequestToken' has a wrong length")
        at_ms, answered = self._answered.get(token, (-TOKEN_KEPT_MS, {}))
        if self._clock_ms() - at_ms >= TOKEN_KEPT_MS:
            return False
        if answered != arguments:
            raise Refused(
                "IdempotentParameterMismatchException",
                "Request token already in use for another request with a different payload",
            )
        return True

    def remember(self, token: str, arguments: Arguments) -> None:
        now_ms = self._clock_ms()
        self._answered.pop(token, None)
        self._answered[token] = (now_ms, arguments)
        while now_ms - self._answered[oldest := next(iter(self._answered))][0] >= TOKEN_KEPT_MS:
            del self._answered[oldest]


def transact_write(
    table_of: Callable[[str], Table], apply: Apply, tokens: Tokens, arguments: Arguments
) -> dict[str, Any]:
    """All members or none. Raises: Invalid, Refused."""
    members = _members(arguments)
    token = arguments.get("ClientRequestToken")
    if token is not None and tokens.knows(token, arguments):
        return {}
    writes, reasons = _read(table_of, members)
    if not any(reasons):
        planned = [_planned(write, reasons, position) for position, write in enumerate(writes)]
    if any(reasons):
        raise cancelled([reason or _FINE for reason in reasons])
    for write, (old, new) in zip(writes, planned, strict=True):
        if write.kind != "ConditionCheck":
            apply(write.table, write.key, old, new)
    if token is not None:
        tokens.remember(token, arguments)
    return {}


def _members(arguments: Arguments) -> list[Mapping[str, Any]]:
    members: list[Mapping[str, Any]] = arguments["TransactItems"]
    if not 1 <= len(members) <= MEMBERS_MAX:
        raise Invalid(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            f"Member must have length between 1 and {MEMBERS_MAX}"
        )
    return members


def _read(
    table_of: Callable[[str], Table], members: list[Mapping[str, Any]]
) -> tuple[list[Write], list[Reason | None]]:
    """Every member that can be read, and the reasons against the others."""
    writes: list[Write] = []
    reasons: list[Reason | None] = [None] * len(members)
    for position, member in enumerate(members):
        ((kind, arguments),) = member.items()
        if kind not in KINDS:
            raise Invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        if kind == "ConditionCheck" and "ConditionExpression" not in arguments:
            raise Invalid("1 validation error detected: A ConditionCheck needs a ConditionExpression")
        try:
            writes.append(Write.of(kind, table_of(arguments["TableName"]), arguments))
        except KeyMismatch as mismatch:
            reasons[position] = {"Code": "ValidationError", "Message": str(mismatch)}
    if len({(write.table.name, write.key) for write in writes}) < len(writes):
        raise Invalid("Transaction request cannot include multiple operations on one item")
    return writes, reasons


def _planned(write: Write, reasons: list[Reason | None], position: int) -> tuple[Item | None, Item | None]:
    """The item before and after; notes the reason if the member cannot be done."""
    old = write.table.get(write.key)
    if not write.holds(old):
        reason: Reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
        if write.returns_old and old is not None:
            reason["Item"] = old
        reasons[position] = reason
        return old, old
    try:
        return old, write.result(old)
    except Invalid as invalid:
        reasons[position] = {"Code": "ValidationError", "Message": str(invalid)}
        return old, old


def transact_get(table_of: Callable[[str], Table], arguments: Arguments) -> dict[str, Any]:
    """Several items as they are at one moment. Raises: Invalid, Refused."""
    seen: set[tuple[str, Key]] = set()
    responses: list[dict[str, Any]] = []
    for member in _members(arguments):
        get = member["Get"]
        table = table_of(get["TableName"])
        key = table.key_of(get["Key"])
        if (table.name, key) in seen:
            raise Invalid("Transaction request cannot include multiple operations on one item")
        seen.add((table.name, key))
        names, values = placeholders(get)
        text = get.get("ProjectionExpression")
        shown = projection(text) if text is not None else None
        check_placeholders(names, values, shown)
        item = table.get(key)
        if item is not None and shown is not None:
            item = shown.of(item, names) or None
        responses.append({} if item is None else {"Item": item})
    return {"Responses": responses}
