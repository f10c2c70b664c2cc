"""Operations of a fake party: what was done under which id, and what was the answer scripted to be?"""

from collections import deque
from dataclasses import dataclass, field

from chalicelib.domain.outside import Outcome


@dataclass(frozen=True, slots=True)
class Script:
    """How a party behaves once. `operation_id` empty: whatever comes next."""

    state: str = "SUCCEEDED"
    reason: str = ""
    answer: str = "normal"  # normal | lost (done, nobody hears of it) | dropped (never arrived)
    later: str = ""  # what a query says
    operation_id: str = ""


@dataclass
class Operations:
    """Operations by id, done once, told alike ever after."""

    scripts: deque[Script] = field(default_factory=deque)
    done: dict[str, tuple[tuple[object, ...], Outcome]] = field(default_factory=dict)
    later: dict[str, Outcome] = field(default_factory=dict)

    def perform(self, operation_id: str, request: tuple[object, ...], refusal: str = "") -> Outcome:
        known = self.done.get(operation_id)
        if known is not None:
            return self.query(operation_id) if known[0] == request else Outcome("UNKNOWN", reason="ID_REUSED")
        script = self._script(operation_id)
        if script.answer == "dropped":
            return Outcome("UNKNOWN", reason="NO_ANSWER")
        state, reason = ("FAILED", refusal) if refusal else (script.state, script.reason)
        told = Outcome(state, external_id=f"EX-{operation_id}", reason=reason)
        self.done[operation_id] = (request, told)
        if script.later:
            self.later[operation_id] = Outcome(script.later, external_id=told.external_id, reason=reason)
        return told if script.answer == "normal" else Outcome("UNKNOWN", reason="NO_ANSWER")

    def query(self, operation_id: str) -> Outcome:
        if operation_id not in self.done:
            return Outcome("UNKNOWN", reason="NOT_RECEIVED")
        return self.later.get(operation_id, self.done[operation_id][1])

    def _script(self, operation_id: str) -> Script:
        for script in self.scripts:
            if script.operation_id in ("", operation_id):
                self.scripts.remove(script)
                return script
        return Script()
