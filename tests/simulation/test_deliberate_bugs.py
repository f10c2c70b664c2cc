"""Deliberate bugs: each can still be made, and the simulation finds the quickest of them at once.

All of them take some minutes: `make deliberate-bugs`.
"""

import pytest

from tests.simulation.deliberate_bugs import BUGS, ROOT, Bug, worlds_until_found

SEED = 20261122


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_rule_that_a_bug_breaks_stands_where_it_stood(bug: Bug) -> None:
    text = (ROOT / bug.path).read_text(encoding="utf-8")
    assert text.count(bug.right) == 1


def test_a_delta_that_is_added_twice_is_found_in_a_few_worlds() -> None:
    (bug,) = (bug for bug in BUGS if bug.name == "a delta added twice")
    assert 1 <= worlds_until_found(bug, SEED) <= 10
