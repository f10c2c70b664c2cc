"""Messages: what does each refusal mean, and what should be done, in zh-CN and in English?

messages.json holds for every code [cause, advice] in both languages; a test
holds the two to the refusals that exist. Without an entry the class speaks for
itself, in English.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.domain.errors import Refusal

LANGUAGES = ("zh-CN", "en")
FILE = Path(__file__).with_name("messages.json")


@cache
def catalogue() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """By code and language: cause and advice."""
    entries: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        code: {language: (told[0], told[1]) for language, told in entry.items()}
        for code, entry in entries.items()
    }


def words(refusal: type[Refusal], language: str) -> tuple[str, str]:
    """Cause and advice of a refusal in one of LANGUAGES."""
    entry = catalogue().get(refusal.code)
    if entry is None:
        return refusal.code.replace("_", " ").capitalize() + ".", refusal.advice
    return entry[language]


def language_of(accept_language: str) -> str:
    """The language an Accept-Language header prefers among ours; Chinese when it names none of them."""
    wishes: list[tuple[int, int, str]] = []
    for place, wish in enumerate(accept_language.split(",")[:10]):
        tag, _, quality = wish.strip().lower().partition(";q=")
        language = {"zh": "zh-CN", "en": "en"}.get(tag[:2])
        if language:
            wishes.append((-_thousandths(quality), place, language))
    return min(wishes)[2] if wishes else LANGUAGES[0]


def _thousandths(quality: str) -> int:
    """A quality value `0.8` as 800; what is no such value counts as 1."""
    whole, _, fraction = quality.partition(".")
    digits = (fraction + "000")[:3]
    return int(whole) * 1000 + int(digits) if whole.isdigit() and digits.isdigit() else 1000
