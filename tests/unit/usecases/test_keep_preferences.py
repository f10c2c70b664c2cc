"""Preferences: who sets them last knows what stood there, and a lost answer may be asked for again."""

import pytest

from chalicelib.domain.preferences import DEFAULTS, Kept, Language, Preferences, PreferencesMoved, Theme
from chalicelib.usecases.keep_preferences import KeepPreferences
from tests.fakes.documents import FakeDocuments

ME, OTHER = "cus_BBBBBBBBBBBB", "stf_CCCCCCCCCCCC"
DARK = Preferences(Language.ENGLISH, Theme.DARK, elder_mode=True, suggestions=False, onboarding_stage=3)


@pytest.fixture
def keep() -> KeepPreferences:
    return KeepPreferences(FakeDocuments())


def test_nobody_has_any_at_first_and_each_keeps_their_own(keep: KeepPreferences) -> None:
    assert keep.read(ME) == Kept(DEFAULTS, 0)
    assert keep.set(ME, DARK, 0) == keep.read(ME) == Kept(DARK, 1)
    assert keep.read(OTHER) == Kept(DEFAULTS, 0)


def test_of_two_devices_the_second_one_reads_again(keep: KeepPreferences) -> None:
    keep.set(ME, DARK, 0)
    light = DARK._replace(theme=Theme.LIGHT)
    with pytest.raises(PreferencesMoved) as refused:
        keep.set(ME, light, 0)
    assert (refused.value.status, refused.value.facts) == (409, {"version": 1})
    assert keep.read(ME) == Kept(DARK, 1)
    assert keep.set(ME, light, 1) == Kept(light, 2)


def test_the_same_again_is_answered_alike(keep: KeepPreferences) -> None:
    assert keep.set(ME, DARK, 0) == keep.set(ME, DARK, 0) == keep.read(ME)


def test_a_reset_gives_the_first_ones_and_is_one_version_more(keep: KeepPreferences) -> None:
    keep.set(ME, DARK, 0)
    assert keep.reset(ME) == keep.reset(ME) == Kept(DEFAULTS, 2)
