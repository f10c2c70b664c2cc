"""Signing keys: the next one is known before it signs, and the last one is believed after it did."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.signing_keys import (
    CUT_OFF_MAX,
    FINISHED_WITHIN,
    TOKEN_TERM_MAX,
    keys_in,
    made_at,
    made_key,
    may_follow,
    next_key,
    rotated,
    settled_after,
    text_of,
)
from chalicelib.gateways.tokens import keys_of

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
SETTLED = settled_after(timedelta(minutes=10))
GIVEN = "g" * 64  # by the template, or by a person: it does not say when


def key(chance: str, ago: timedelta = timedelta()) -> str:
    return made_key(chance * 64, NOW - ago)


def after(*keys: str) -> tuple[str, ...]:
    return rotated(keys, NOW, SETTLED, lambda: key("n"))


def test_a_key_says_when_it_was_made_and_is_kept_as_old_code_reads_it() -> None:
    made = key("a")
    assert made == "20261130T080000Z-" + "a" * 64
    assert (made_at(made), made_at(GIVEN)) == (NOW, None)
    assert keys_in(text_of((made, GIVEN)) + "\n\n") == (made, GIVEN)
    read = keys_of(text_of((made, GIVEN)), NOW)
    assert (read.by_id[read.signing_id], list(read.by_id.values())) == (made, [made, GIVEN])


def test_a_next_key_settles_when_all_know_it_and_the_last_token_of_the_one_before_has_expired() -> None:
    read_within = timedelta(minutes=10)
    assert settled_after(read_within) == FINISHED_WITHIN + read_within + CUT_OFF_MAX + TOKEN_TERM_MAX
    assert settled_after(read_within) == timedelta(hours=1 + 4, minutes=10 + 30)


@pytest.mark.parametrize(
    "keys",
    [
        (GIVEN,),
        (GIVEN, "h" * 64),  # a person's older key, or one that was meant to be the next: nobody can tell
        (key("a"), GIVEN),
        (key("b"), key("a", timedelta(days=5))),
        (key("a"),),
    ],
)
def test_without_a_next_key_one_is_added_and_nothing_goes(keys: tuple[str, ...]) -> None:
    assert next_key(keys) is None
    assert after(*keys) == (*keys, key("n"))


@pytest.mark.parametrize("older", [(), (key("o", timedelta(days=10)),), (GIVEN, "h" * 64)])
def test_a_settled_next_key_signs_the_one_before_is_believed_and_older_ones_go(
    older: tuple[str, ...],
) -> None:
    signing, successor = key("s", timedelta(days=5)), key("x", SETTLED)
    assert after(signing, *older, successor) == (successor, signing, key("n"))


def test_a_next_key_that_has_not_settled_changes_nothing() -> None:
    keys = (GIVEN, key("x", SETTLED - timedelta(seconds=1)))
    assert after(*keys) == keys


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "pending, current, follows",
    [
        ((key("s", HOUR * 9), key("x")), (key("s", HOUR * 9),), True),
        ((key("x", HOUR * 9), GIVEN, key("n")), (GIVEN, key("x", HOUR * 9)), True),
        ((key("x", HOUR * 9), GIVEN, key("n", HOUR)), (GIVEN, key("x", HOUR * 9)), False),  # too old
        ((key("x", HOUR * 9), GIVEN, key("n")), (key("d"),), False),  # all keys were dropped meanwhile
        ((GIVEN, key("n")), (key("x"), key("n"), GIVEN), False),  # the one that signs would be gone
        ((key("n"),), (GIVEN,), False),  # the one that would sign is known to nobody
        ((GIVEN, "h" * 64), (GIVEN, "i" * 64), False),  # nobody knows how old it is
        ((GIVEN, key("x", HOUR * 3)), (GIVEN, key("x", HOUR * 3)), True),  # nothing changes
    ],
)
def test_only_fresh_keys_may_follow_which_the_current_ones_know_and_which_know_them(
    pending: tuple[str, ...], current: tuple[str, ...], follows: bool
) -> None:
    assert may_follow(pending, current, NOW) is follows


@given(hours=st.lists(st.integers(0, 240), min_size=1, max_size=30))
def test_law_whoever_signs_was_known_for_long_and_whoever_signed_is_believed_for_long(
    hours: list[int],
) -> None:
    """Runs as often and as seldom as it may be: each text follows the one before, and stood long enough."""
    keys: tuple[str, ...] = (GIVEN,)
    now = since = NOW
    for number, waited in enumerate(hours):
        now += timedelta(hours=waited)
        made = made_key(f"{number:064}", now)
        after = rotated(keys, now, SETTLED, lambda made=made: made)  # type: ignore[misc]
        assert may_follow(after, keys, now)
        if after != keys:
            assert after[0] == keys[0] or now - since >= SETTLED
            assert len(after) <= 3 and after[-1] == made
            keys, since = after, now
