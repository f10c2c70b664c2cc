"""Preferences: how does somebody want to see the product, on whichever device they sign in?

    people   pk cus_… | stf_…   sk preferences   the fields of Preferences; version: how often they were set

What one device has otherwise (a larger text on a small screen) is that client's own and not kept here.
They go with the person, and stand in the copy of the own data.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Conflict

TABLE = "people"
SORT_KEY = "preferences"
STAGE_MAX = 20


class Language(StrEnum):
    """SYSTEM: as the client's own system says."""

    SYSTEM = "SYSTEM"
    CHINESE = "zh-CN"
    ENGLISH = "en"


class Theme(StrEnum):
    SYSTEM = "SYSTEM"
    LIGHT = "LIGHT"
    DARK = "DARK"


class TextSize(StrEnum):
    NORMAL = "NORMAL"
    LARGE = "LARGE"
    LARGEST = "LARGEST"


class PreferencesMoved(Conflict):
    """Another device has set them since they were read."""

    code = "PREFERENCES_MOVED"
    advice = "Read them again, and set what you want on top of version `version`."


class Preferences(NamedTuple):
    """What is remembered. `elder_mode`: 关怀模式, fewer and larger things. `suggestions`: amounts that
    follow the own history. `onboarding_stage`: how far the introduction was seen."""

    language: Language = Language.SYSTEM
    theme: Theme = Theme.SYSTEM
    text_size: TextSize = TextSize.NORMAL
    elder_mode: bool = False
    suggestions: bool = True
    onboarding_stage: int = 0


DEFAULTS = Preferences()


class Kept(NamedTuple):
    """Preferences with their version: 0 where nobody has ever set any."""

    preferences: Preferences
    version: int = 0


def kept_from(item: Mapping[str, Any] | None) -> Kept:
    if item is None:
        return Kept(DEFAULTS)
    found = Preferences(
        language=Language(item["language"]),
        theme=Theme(item["theme"]),
        text_size=TextSize(item["text_size"]),
        elder_mode=item["elder_mode"],
        suggestions=item["suggestions"],
        onboarding_stage=item["onboarding_stage"],
    )
    return Kept(found, item["version"])


def spoken(item: Mapping[str, Any] | None) -> Language:
    """In which language the person is told of something: the one that they chose, else Chinese."""
    chosen = kept_from(item).preferences.language
    return Language.CHINESE if chosen is Language.SYSTEM else chosen


def change_of(person_id: str, preferences: Preferences, version: int) -> DocumentChange:
    """The next version, if the last one is still this."""
    values = {name: getattr(told, "value", told) for name, told in preferences._asdict().items()}
    expected = {"version": version or None}
    return DocumentChange(TABLE, person_id, SORT_KEY, values, expected, {"version": 1})
