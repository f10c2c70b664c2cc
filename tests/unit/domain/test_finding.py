"""Findings: is one found again open, and does its id say what it is about?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.finding import (
    DETAIL_LENGTH_MAX,
    TABLE,
    Finding,
    FindingResolution,
    FindingState,
    FindingUnknown,
    Kind,
    finding_of,
    first_values,
    key_of,
    resolved,
    seen_again,
)
from tests.fakes.documents import FakeDocuments

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ROW = {"pk": "finding#LEDGER_DIFFERENCE", "sk": "card|crd_A|available_fen"} | first_values("is 1", NOW)


def closed(how: FindingResolution) -> dict[str, Any]:
    change = resolved(finding_of(ROW), how, "stf_A", "looked into", NOW)
    return ROW | change.set_values


def state_when_found_again(row: dict[str, Any], detail: str) -> FindingState:
    return finding_of(row | seen_again(row, detail, LATER).set_values).state


def test_a_row_that_nobody_has_decided_is_open() -> None:
    assert finding_of(ROW).state is FindingState.OPEN


@pytest.mark.parametrize(
    "how, detail, state",
    [
        (FindingResolution.EXPLAINED, "is 1", FindingState.RESOLVED),
        (FindingResolution.EXPLAINED, "is 2", FindingState.OPEN),
        (FindingResolution.CORRECTED, "is 1", FindingState.OPEN),
        (FindingResolution.CORRECTED, "is 2", FindingState.OPEN),
    ],
)
def test_what_is_found_again_is_closed_only_while_it_is_just_as_it_was_explained(
    how: FindingResolution, detail: str, state: FindingState
) -> None:
    assert state_when_found_again(closed(how), detail) is state


def test_a_long_detail_that_was_explained_is_still_the_same_one() -> None:
    row = ROW | {"detail": "x" * DETAIL_LENGTH_MAX}
    change = resolved(finding_of(row), FindingResolution.EXPLAINED, "stf_A", "looked into", NOW)
    again = state_when_found_again(row | change.set_values, "x" * (DETAIL_LENGTH_MAX + 50))
    assert again is FindingState.RESOLVED


def test_one_that_was_opened_and_closed_again_meanwhile_is_not_what_was_read() -> None:
    read = closed(FindingResolution.EXPLAINED)
    change = seen_again(read, "is 1", LATER)
    meanwhile = read | {"resolution": "CORRECTED", "decided_at": read["decided_at"] + 1}
    store = FakeDocuments({(TABLE, ROW["pk"], ROW["sk"]): meanwhile})
    assert store.change(change) is None
    store.items[TABLE, ROW["pk"], ROW["sk"]] = read
    assert store.change(change) is not None


def test_one_that_is_open_again_says_what_was_decided_before() -> None:
    row = closed(FindingResolution.CORRECTED)
    found = finding_of(row | seen_again(row, "is 1", LATER).set_values)
    assert (found.state, found.resolution, found.decided_by, found.reason) == (
        FindingState.OPEN,
        "CORRECTED",
        "stf_A",
        "looked into",
    )


@given(kind=st.sampled_from(Kind), about=st.text(min_size=1, max_size=80))
def test_an_id_leads_back_to_what_it_is_about(kind: Kind, about: str) -> None:
    finding = Finding(kind, about, "", NOW, NOW)
    assert key_of(finding.finding_id) == finding.key


NOTHING = ["fnd_TEVER0VSX0RJRkZFUkVOQ0Uv", "fnd_TEVER0VSX0RJRkZFUkVOQ0U"]  # a kind, and then no word


@pytest.mark.parametrize(
    "name", ["fnd_", "fnd_x", "fnd_AAAA", "fnd_Tk9USElORy9j", "fnd_____", "other", *NOTHING]
)
def test_an_id_of_nothing_is_unknown(name: str) -> None:
    with pytest.raises(FindingUnknown):
        key_of(name)
