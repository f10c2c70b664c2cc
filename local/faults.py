"""The faults: which calls of DynamoDB are answered as a busy AWS would answer them?

The engine serialises every request, so it never conflicts, throttles or loses an
answer by itself. Seeded chance, or a list of turns, does it here:

    conflict   refused, nothing written: TransactionConflict
    throttle   refused, nothing written: the table has no capacity left
    lost       written, then answered by status 500
    dropped    written, then the connection breaks in the middle of the answer
"""

import json
import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, dict[str, str], bytes]

KINDS = ("conflict", "throttle", "lost", "dropped")
AFTERWARDS = frozenset({"lost", "dropped"})
DROP_HEADER = "x-forecourt-drop"

SINGLE_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
TRANSACTIONS = frozenset({"TransactWriteItems", "TransactGetItems"})
BATCHES = {"BatchWriteItem": "UnprocessedItems", "BatchGetItem": "UnprocessedKeys"}
READS = frozenset({"GetItem", "Query", "Scan"})
DATA_PLANE = SINGLE_WRITES | TRANSACTIONS | READS | frozenset(BATCHES)
WRITES = SINGLE_WRITES | {"TransactWriteItems", "BatchWriteItem"}


@dataclass(slots=True)
class Faults:
    """The plan of faults that is in force, and what it did."""

    kinds: tuple[str, ...] = ()
    rate: float = 0.0
    turns: frozenset[int] = frozenset()  # exact calls to hit, counted from 1 since the plan was set
    actions: frozenset[str] = DATA_PLANE
    seen: int = 0
    done: Counter[str] = field(default_factory=Counter)
    tokens: dict[str, list[str]] = field(default_factory=dict)  # the bodies that came under each token
    _chance: random.Random = field(default_factory=random.Random)

    @classmethod
    def planned(cls, plan: Mapping[str, Any]) -> "Faults":
        """A plan as it comes over HTTP: kinds, rate, seed, turns, actions.

        Raises:
            ValueError: an unknown kind or action.
        """
        kinds, actions = plan.get("kinds", KINDS), plan.get("actions", DATA_PLANE)
        _known(kinds, KINDS)
        _known(actions, DATA_PLANE)
        return cls(
            kinds=tuple(kinds),
            rate=float(plan.get("rate", 0)),
            turns=frozenset(plan.get("turns", ())),
            actions=frozenset(actions),
            _chance=random.Random(plan.get("seed", 0)),  # noqa: S311 - chance, not secrecy
        )

    def draw(self, action: str) -> str | None:
        """The fault that hits this call, or None."""
        if not self.kinds or action not in self.actions:
            return None
        self.seen += 1
        kinds = [
            kind for kind in self.kinds if kind != "conflict" or action not in READS | frozenset(BATCHES)
        ]
        hit = self.seen in self.turns or self._chance.random() < self.rate
        if not hit or not kinds:
            return None
        kind = self._chance.choice(kinds)
        self.done[f"{action}.{kind}"] += 1
        return kind

    def note_token(self, action: str, request: Mapping[str, Any]) -> None:
        """Remember under which token a transaction came, while a plan is in force."""
        if self.kinds and action == "TransactWriteItems":
            body = json.dumps(request["TransactItems"], sort_keys=True)
            self.tokens.setdefault(request.get("ClientRequestToken", ""), []).append(body)

    def refusal(self, kind: str, action: str, request: Mapping[str, Any]) -> Answer:
        """The answer of a call that is refused before anything happens."""
        if action in BATCHES:
            empty: dict[str, Any] = {"Responses": {}} if action == "BatchGetItem" else {}
            return _answer(200, {**empty, BATCHES[action]: request["RequestItems"]})
        if action in TRANSACTIONS and (kind == "conflict" or self._chance.random() < 0.5):
            return self._cancelled(kind, len(request["TransactItems"]))
        if kind == "conflict":
            return error(400, "TransactionConflictException", "Transaction is ongoing for the item")
        name = self._chance.choice(("ThrottlingException", "ProvisionedThroughputExceededException"))
        return error(400, name, "Throughput exceeds the current capacity of your table or index")

    def _cancelled(self, kind: str, members: int) -> Answer:
        reasons = [{"Code": "None"}] * members
        code, message = _CANCELLATIONS[kind]
        reasons[self._chance.randrange(members)] = {"Code": code, "Message": message}
        codes = ", ".join(reason["Code"] for reason in reasons)
        text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        document = {
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "message": text,
            "Message": text,
            "CancellationReasons": reasons,
        }
        return _answer(400, document)

    def report(self) -> dict[str, Any]:
        """What was planned and what was done, for GET."""
        return {
            "kinds": list(self.kinds),
            "rate": self.rate,
            "turns": sorted(self.turns),
            "seen": self.seen,
            "done": dict(self.done),
            "transactions": sum(map(len, self.tokens.values())),
            "tokens": len(self.tokens),
            "tokens_of_several_bodies": sum(len(set(bodies)) > 1 for bodies in self.tokens.values()),
        }


_CANCELLATIONS = {
    "conflict": ("TransactionConflict", "Transaction is ongoing for the item"),
    "throttle": ("ThrottlingError", "Throughput exceeds the current capacity of your table or index"),
}


def lost(kind: str) -> Answer:
    """The answer of a call that took effect."""
    status, headers, body = error(500, "InternalServerError", "The request processing has failed")
    if kind == "dropped":
        headers[DROP_HEADER] = "1"
    return status, headers, body


def _known(given: Collection[str], known: Collection[str]) -> None:
    unknown = set(given) - set(known)
    if unknown:
        raise ValueError(f"unknown: {sorted(unknown)}; known: {sorted(known)}")


def error(status: int, name: str, message: str) -> Answer:
    """An error in DynamoDB's own form."""
    return _answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": message})


def _answer(status: int, document: Mapping[str, Any]) -> Answer:
    return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode()
