"""Raised limits: what may be raised, by how much people's word, and what holds afterwards."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.raised_limit import (
    TERM_MAX,
    LimitInvalid,
    Raised,
    checked,
    from_values,
    values_of,
)
from chalicelib.domain.withdrawal import WithdrawalTerms, with_raised

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    "raised",
    [
        Raised(NOW + DAY),
        Raised(NOW, daily_count_max=9),
        Raised(NOW + TERM_MAX + SECOND, daily_count_max=9),
        Raised(NOW + DAY, amount_fen_max=-1, daily_count_max=9),
    ],
)
def test_what_raises_nothing_or_has_no_end_within_a_quarter_is_refused(raised: Raised) -> None:
    with pytest.raises(LimitInvalid) as refused:
        checked(raised, NOW)
    assert refused.value.facts == {"days_max": 92}


@pytest.mark.parametrize(
    "raised", [Raised(NOW + DAY, 1), Raised(NOW + DAY, 0, 1), Raised(NOW + DAY, 0, 0, 1)]
)
def test_one_limit_alone_is_a_raise_and_none_beside_it_is_below_nothing(raised: Raised) -> None:
    assert checked(raised, NOW) == raised
    for name in Raised._fields[1:]:
        if not getattr(raised, name):
            with pytest.raises(LimitInvalid):
                checked(raised._replace(**{name: -1}), NOW)


def test_a_raise_holds_until_its_last_second_and_lowers_nothing() -> None:
    terms = WithdrawalTerms()
    raised = checked(Raised(NOW + TERM_MAX, amount_fen_max=20_000_000, daily_count_max=1), NOW)
    during = with_raised(terms, raised, NOW + TERM_MAX - SECOND)
    assert (during.amount_fen_max, during.daily_count_max, during.monthly_count_max) == (20_000_000, 5, 30)
    assert with_raised(terms, raised, NOW + TERM_MAX) == with_raised(terms, None, NOW) == terms
    more = with_raised(terms, Raised(NOW + DAY, monthly_count_max=60), NOW)
    assert (more.amount_fen_max, more.monthly_count_max) == (10_000_000, 60)


@pytest.mark.parametrize("raised", [None, Raised(NOW, 20_000_000, 9, 60), Raised(NOW, monthly_count_max=60)])
def test_a_raise_is_stored_and_read_back(raised: Raised | None) -> None:
    assert from_values(values_of(raised)) == raised
