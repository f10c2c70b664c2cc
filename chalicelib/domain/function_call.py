"""A call of a function: which of its records did it not take, and why?

A function of ours answers with the items that failed (`batchItemFailures`), or it
raises, and then all of them did. Why stands in its log.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ERROR_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Called:
    """How a call ended. `raised`: the error's type and text, "" where the function answered.

    `log` is the end of what the function logged; `request_id` is where the rest of it is found.
    """

    answer: Any = None
    raised: str = ""
    log: str = ""
    request_id: str = ""

    def failed(self, places: Sequence[str]) -> dict[str, str]:
        """Why each place failed, by place; an answer that makes no sense fails them all."""
        if self.raised:
            return dict.fromkeys(places, self.raised[:ERROR_LENGTH_MAX])
        answer = self.answer if isinstance(self.answer, Mapping) else {}
        named = [failure.get("itemIdentifier") for failure in answer.get("batchItemFailures", ())]
        if not set(named) <= set(places):
            named = list(places)
        reasons = reasons_in(self.log)
        unknown = f"reported as failed, see the log of its call {self.request_id}"
        return {place: reasons.get(place) or reasons.get("") or unknown for place in named}


def reasons_in(log: str) -> dict[str, str]:
    """The errors of a log of JSON lines, by the sequence number that they name, else under ""."""
    reasons: dict[str, str] = {}
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if not isinstance(entry, dict) or entry.get("level") not in ("ERROR", "CRITICAL"):
            continue
        reasons[str(entry.get("sequence_number", ""))] = _reason(entry)[:ERROR_LENGTH_MAX]
    return reasons


def _reason(entry: Mapping[str, Any]) -> str:
    last_line = str(entry.get("exception", "")).strip().rpartition("\n")[2]
    reason = last_line or entry.get("reason") or entry.get("exception_name") or entry.get("message")
    return str(reason)
