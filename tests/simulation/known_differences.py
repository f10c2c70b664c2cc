"""Known differences: where do the simulated tables and the embedded engine answer differently, and why?

Wherever AWS documents a behaviour, or a public test suite has observed it on AWS
itself, the simulated tables follow it; the engine does not in the cases of
DIFFERENCES, each with a test for the pair of outcomes that it explains. UNASKED is
what no program asks, because nothing of ours depends on it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Arguments = Mapping[str, Any]
SILENT = "None"  # the code of a member of a cancelled transaction that did not cancel it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call: an answer, or a code with its message and whatever belongs to it."""

    answer: Any = None
    code: str = ""
    message: str = ""
    reasons: tuple[tuple[str, str], ...] = ()  # of a cancelled transaction: code and message of each member

    @property
    def is_invalid(self) -> bool:
        return self.code == "ValidationException"

    @property
    def told(self) -> str:
        """Everything that was said about what is wrong."""
        return " ".join([self.message, *(message for _, message in self.reasons)])


@dataclass(frozen=True, slots=True)
class Difference:
    """`explains(arguments, ours, theirs)`: is this pair of different outcomes an instance of it?"""

    name: str
    reason: str
    explains: Callable[[Arguments, Outcome, Outcome], bool]


def _ours_says_more_often(words: str) -> Callable[[Arguments, Outcome, Outcome], bool]:
    """Each member of a transaction may say it."""
    pattern = re.compile(words)
    return lambda arguments, ours, theirs: len(pattern.findall(ours.told)) > len(pattern.findall(theirs.told))


def _updates(arguments: Any) -> str:
    """The update expressions of a request, those of a transaction's members included."""
    if isinstance(arguments, list):
        return " ; ".join(map(_updates, arguments))
    if not isinstance(arguments, Mapping):
        return ""
    return " ; ".join([arguments.get("UpdateExpression", ""), *map(_updates, arguments.values())])


_INNER_PLACE = re.compile(r"(?:ADD|REMOVE|DELETE) (?:(?!SET |ADD |REMOVE |DELETE |;).)*\w[.\[]")
_names_no_place = _ours_says_more_often("document path provided in the update expression is invalid")
_REFUSED_AS_A_WHOLE = {
    "IdempotentParameterMismatchException",
    "ResourceNotFoundException",
    "ValidationException",
}

DIFFERENCES = (
    Difference(
        "a written place whose parent is missing",
        "AWS refuses ADD, DELETE and REMOVE of a.b where a is no map, as both do for SET; the engine makes a"
        " for ADD and passes over REMOVE and DELETE",
        lambda arguments, ours, theirs: (
            bool(_INNER_PLACE.search(_updates(arguments))) and _names_no_place(arguments, ours, theirs)
        ),
    ),
    Difference(
        "an operand of the wrong type",
        "AWS refuses +, - and list_append of anything but numbers and lists, and <, <=, >, >=, BETWEEN with a"
        " value that has no order, or two bounds that have none; the engine takes the left side, an empty"
        " list, or calls it false",
        _ours_says_more_often("incorrect data type|Incorrect operand type|BETWEEN operator requires"),
    ),
    Difference(
        "a key of the wrong shape in a transaction",
        "AWS refuses a key that lacks an attribute, has one too many or an empty one; the engine looks"
        " for wrong types alone",
        _ours_says_more_often("does not match the schema|Missing the key|empty string value"),
    ),
    Difference(
        "a token sent again with numbers like 1E1",
        "The engine rewrites the numbers of the request that it remembers, and takes it for another",
        lambda arguments, ours, theirs: (
            not ours.code
            and theirs.code == "IdempotentParameterMismatchException"
            and bool(re.search(r"'N': '[^']*[.E]", str(arguments)))
        ),
    ),
    Difference(
        "UPDATED_OLD and UPDATED_NEW of a position in a list",
        "AWS answers with the written members alone, the engine with the whole list",
        lambda arguments, ours, theirs: (
            not (ours.code or theirs.code)
            and str(arguments.get("ReturnValues", "")).startswith("UPDATED")
            and "[" in arguments["UpdateExpression"]
        ),
    ),
    Difference(
        "a request with two faults",
        "Which of two refusals comes is not documented (a token used before, a table that is not there, a"
        " wrong expression or key); either way nothing is done",
        lambda arguments, ours, theirs: {ours.code, theirs.code} <= _REFUSED_AS_A_WHOLE,
    ),
    Difference(
        "a starting key of another partition",
        "AWS refuses it; the engine reads on from it where the table has no sort key",
        _ours_says_more_often("outside query boundaries"),
    ),
    Difference(
        "a second bound that is no text",
        "AWS refuses a BETWEEN of sort keys when either bound has another type than the key; the engine looks"
        " at the first alone, and finds nothing between the two",
        lambda arguments, ours, theirs: (
            "BETWEEN" in str(arguments.get("KeyConditionExpression", ""))
            and "does not match schema type" in ours.told
            and not theirs.code
        ),
    ),
    Difference(
        "begins_with of an attribute that is no text",
        "On AWS that is false; the engine refuses the request",
        lambda arguments, ours, theirs: "begins_with" in theirs.told and "begins_with" not in ours.told,
    ),
    Difference(
        "what is wrong with an expression by itself",
        "AWS tells it before it looks at the item; the engine evaluates the condition first, and in a"
        " transaction gives it as a reason of the member",
        lambda arguments, ours, theirs: (
            ours.is_invalid
            and theirs.code in ("ConditionalCheckFailedException", "TransactionCanceledException")
        ),
    ),
    Difference(
        "what is wrong with a member of a transaction by itself",
        "AWS tells it before it looks at the items of the others; the engine evaluates their conditions as"
        " well, and gives those as reasons too",
        lambda arguments, ours, theirs: (
            any(code == "ValidationError" for code, _ in ours.reasons)
            and len(ours.reasons) == len(theirs.reasons)
            and all(
                mine[0] in (SILENT, other[0])
                for mine, other in zip(ours.reasons, theirs.reasons, strict=True)
            )
        ),
    ),
    Difference(
        "what is wrong with a request by itself, and the engine reads over",
        "AWS refuses a rest behind an expression, a placeholder that is not defined, a key that a transaction"
        " would change, and a filter of nothing; the engine looks at placeholders with letters alone, and at"
        " filters when it meets an item",
        lambda arguments, ours, theirs: bool(
            ours.is_invalid
            and re.search("Syntax error|is not defined|part of the key|Invalid Filter", ours.told)
            and not re.search("Syntax error|is not defined|part of the key", theirs.told)
        ),
    ),
)

UNASKED = (
    (
        "two attributes compared by = or <>",
        "On AWS nothing equals a missing attribute, not even another one; the engine finds them equal. The"
        " programs compare two attributes by order alone, test_expressions.py has the rest.",
    ),
    (
        "several positions of one list removed at once",
        "On AWS all of them mean the list as it was (test_update_expressions.py); the engine removes one"
        " after the other.",
    ),
    (
        "a record of a set that was written again",
        "The members of a set have no order, so nothing changed: no record on AWS or in the simulated tables."
        " The engine orders the members, and tells of that: records without a change are left out.",
    ),
    (
        "the order of a scan, and of the answers to BatchGetItem",
        "AWS promises none. The simulated tables scan by a hash of the partition key, so that code which"
        " relies on an order is found out; the engine sorts. Scans are compared by what all pages hold.",
    ),
    (
        "consumed capacity, item collection metrics, the texts of messages",
        "The store reads none of them; units are counted on the engine (`make counts`).",
    ),
    ("pages of 1 MB", "Pages end by Limit, or by `page_items_max` of the simulated tables."),
    (
        "the 4 MB of a transaction",
        "Every transaction of the store is far below; botocore's 100 members are held.",
    ),
    (
        "reserved words",
        "pynamodb never writes a bare name; bare names of the programs are no reserved words.",
    ),
    ("indexes", "The product has none."),
    (
        "an image without attributes",
        "UPDATED_OLD of attributes that were not there: the engine answers with an empty map, the simulated"
        " tables with none. The store asks for ALL_NEW.",
    ),
    (
        "the ten minutes of a request token",
        "Both keep them; the simulated tables by the virtual clock, tested in test_tables.py.",
    ),
    (
        "numbers of more than 28 digits",
        "AWS and the simulated tables compute with 38, the engine with Python's 28. Money is whole fen.",
    ),
    (
        "how numbers are spelt",
        "AWS and the simulated tables give 1.50 back as 1.5, the engine not after a transaction: they are"
        " compared as numbers.",
    ),
    (
        "conflicts, throttling, lost answers, lag",
        "Neither makes them by itself: faults are put around the call.",
    ),
)


def explanation(arguments: Arguments, ours: Outcome, theirs: Outcome) -> Difference | None:
    """The known difference that these outcomes are an instance of, if any.

    Of two transactions cancelled for different reasons each member at which the
    simulated tables complain needs one. At the others they may be silent: what is
    wrong with one member by itself is told before any condition is looked at.
    """
    parts = _what_parts(arguments, ours, theirs)
    complaints = [part for part in parts if part[1].code != SILENT]
    found = [
        next((known for known in DIFFERENCES if known.explains(*part)), None)
        for part in complaints or [(arguments, ours, theirs)]
    ]
    return None if None in found else found[0]


def _what_parts(arguments: Arguments, ours: Outcome, theirs: Outcome) -> list[tuple[Any, Outcome, Outcome]]:
    """The members of a transaction that was cancelled by both for different reasons; else the whole call."""
    members = arguments.get("TransactItems", ())
    apart = [
        (member, Outcome(code=mine[0], message=mine[1]), Outcome(code=other[0], message=other[1]))
        for member, mine, other in zip(members, ours.reasons, theirs.reasons, strict=False)
        if mine[0] != other[0]
    ]
    return apart or [(arguments, ours, theirs)]


def as_text() -> str:
    """The written list."""
    lines = ["Known differences (the simulated tables do as AWS does):"]
    lines += [f"  - {known.name}: {known.reason}" for known in DIFFERENCES]
    lines += ["Not asked:"]
    lines += [f"  - {name}: {reason}" for name, reason in UNASKED]
    return "\n".join(lines)
