"""Passwords: which ones does somebody who wants in try first?

Those that most people choose, whatever digits and signs stand around them, and the words of this trade.
What is asked for is length alone, never a mixture: a sentence of small letters is a good password.
"""

import re
from collections.abc import Callable

# Of the product, its trade and its roles, in English and in pinyin. A password of these alone, with whatever
# digits and signs beside them, is guessed by whoever knows where it is for.
OWN_WORDS = (
    *("forecourt", "jiayouka", "jiayouzhan", "jiayou", "youka", "qiyou", "chaiyou", "shiyou", "shihua"),
    *("zhongguo", "sinopec", "petrochina", "petrol", "diesel", "fuel", "gas", "oil", "card", "station"),
    *("password", "mima", "admin", "auditor", "customer", "distributor", "finance", "office", "operator"),
    *("support", "risk", "test", "加油卡", "加油站", "加油", "油卡", "汽油", "柴油", "石油", "石化"),
    *("中国", "密码", "管理员"),
)

_BESIDE = re.compile(r"[\W\d_]+")


def is_guessed_first(password: str, is_common: Callable[[str], bool]) -> bool:
    """Whether it is common, or but digits and signs around what is common or our own words.

    `is_common(text)` knows what most people choose, in small letters.
    """
    text = password.casefold()
    letters = _BESIDE.sub("", text)
    return not letters or is_common(text) or is_common(letters) or not _without_own_words(letters)


def _without_own_words(letters: str) -> str:
    for word in sorted(OWN_WORDS, key=len, reverse=True):
        letters = letters.replace(word, "")
    return letters
