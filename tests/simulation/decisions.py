"""Decisions: was every request decided once, by people who may, and not again the other way?

a withdrawal   each step has its own number; the last approval, a rejection or a cancellation
               ends it, and only one of them; whoever approves has not approved or asked before
a suspicion    an order is held once, and has one verdict
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from chalicelib.domain.ids import person_key
from chalicelib.domain.record import Record

FINAL = frozenset({"APPROVE_LAST", "REJECT", "CANCEL"})
APPROVALS = frozenset({"APPROVE", "APPROVE_LAST"})
VERDICT = "verdict"


def decided_twice(records: Iterable[Record]) -> Iterator[str]:
    """(8): each request with more than one decision, or with one by the wrong people."""
    withdrawals: dict[str, list[Record]] = {}
    judged: Counter[tuple[str, str]] = Counter()
    for record in records:
        if record.entry_id.startswith("wdr_"):
            withdrawals.setdefault(record.entry_id.partition("#")[0], []).append(record)
        if record.action == "RISK_ALERT":
            judged[str(record.about["order"]), "held"] += 1
        if VERDICT in record.about:
            judged[str(record.about["order"]), "decided"] += 1
    for withdrawal_id, steps in withdrawals.items():
        yield from _wrong_with(withdrawal_id, steps)
    for (order_id, what), count in judged.items():
        if count > 1:
            yield f"{order_id} was {what} {count} times by risk"
        if what == "decided" and not judged[order_id, "held"]:
            yield f"{order_id} was decided by risk, and never held"


def _wrong_with(withdrawal_id: str, steps: list[Record]) -> Iterator[str]:
    numbers = sorted(int(step.entry_id.partition("#")[2] or 0) for step in steps)
    if numbers != list(range(len(steps))):
        yield f"{withdrawal_id} has the steps {numbers}"
    taken = Counter(str(step.about["step"]) for step in steps if "step" in step.about)
    if sum(taken[step] for step in FINAL) > 1:
        yield f"{withdrawal_id} was decided more than once: {dict(taken)}"
    if taken["SUCCEED"] > 1 or (taken["SUCCEED"] and not taken["APPROVE_LAST"]):
        yield f"{withdrawal_id} was paid by these steps: {dict(taken)}"
    who = [step.actor for step in steps if step.about.get("step") in APPROVALS]
    if len(set(who)) < len(who) or withdrawal_id[4:16] in {person_key(actor) for actor in who}:
        yield f"{withdrawal_id} was approved by {who}"
