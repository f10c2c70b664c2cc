"""Applications: which step leads where, and when does one lapse?"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.application import (
    TRANSITIONS,
    Application,
    ApplicationState,
    Step,
    decided,
    from_item,
    next_state,
    submitted,
)
from chalicelib.domain.approval import EXPIRES_AFTER
from chalicelib.domain.errors import IllegalState

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
S = ApplicationState
WAITING = submitted(None, "dst_BBBBBBBBBBBB", "apl_1", "dst_AAAAAAAAAAAA", "2026-11", NOW)


@pytest.mark.parametrize("state", [None, *S])
@pytest.mark.parametrize("step", Step)
def test_only_the_steps_of_the_table_are_taken(state: ApplicationState | None, step: Step) -> None:
    if (state, step) in TRANSITIONS:
        assert next_state(state, step) is TRANSITIONS[state, step]
        return
    with pytest.raises(IllegalState):
        next_state(state, step)


def test_what_waits_is_decided_once_and_what_is_over_may_be_asked_anew() -> None:
    refused = decided(WAITING, Step.REFUSE, NOW, "the name differs")
    assert (refused.state(NOW), refused.reason) == (S.REFUSED, "the name differs")
    for step in (Step.APPROVE, Step.REFUSE, Step.WITHDRAW):
        with pytest.raises(IllegalState):
            decided(refused, step, NOW)
    again = submitted(refused, "dst_BBBBBBBBBBBB", "apl_2", "dst_AAAAAAAAAAAA", "2026-11", NOW)
    assert (again.state(NOW), again.reason, again.decided_at) == (S.SUBMITTED, "", None)
    approved = decided(again, Step.APPROVE, NOW)
    with pytest.raises(IllegalState):
        submitted(approved, "dst_BBBBBBBBBBBB", "apl_3", "dst_AAAAAAAAAAAA", "2026-11", NOW)
    with pytest.raises(IllegalState):
        submitted(again, "dst_BBBBBBBBBBBB", "apl_3", "dst_AAAAAAAAAAAA", "2026-11", NOW)


def test_what_nobody_decided_in_time_lapses_and_is_decided_no_more() -> None:
    last = NOW + EXPIRES_AFTER
    assert WAITING.state(last - timedelta(milliseconds=1)) is S.SUBMITTED
    assert WAITING.state(last) is S.LAPSED
    with pytest.raises(IllegalState):
        decided(WAITING, Step.APPROVE, last)
    assert submitted(WAITING, "dst_BBBBBBBBBBBB", "apl_2", "x", "2026-11", last).state(last) is S.SUBMITTED


def test_an_item_says_what_was_written() -> None:
    item = {
        "pk": "dst_BBBBBBBBBBBB",
        "state": "REFUSED",
        "request": "apl_1",
        "parent_id": "dst_AAAAAAAAAAAA",
        "agreement": "2026-11",
        "since": 1796025600000,
        "decided_at": 1796025600000,
        "reason": "the name differs",
        "version": 2,
    }
    assert from_item(item) == Application(
        "dst_BBBBBBBBBBBB", "apl_1", "dst_AAAAAAAAAAAA", "2026-11", NOW, S.REFUSED, NOW, "the name differs", 2
    )
