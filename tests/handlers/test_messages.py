"""Every refusal says what happened and what to do, in both languages."""

import importlib
import pkgutil

import pytest

import chalicelib
from chalicelib.domain.errors import Refusal, all_refusals
from chalicelib.handlers.messages import catalogue, language_of, words


def known_refusals() -> list[type[Refusal]]:
    """Every refusal of the product, whichever module it stands in; those of tests left out."""
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        importlib.import_module(module.name)
    return [refusal for refusal in all_refusals() if refusal.__module__.startswith("chalicelib.")]


KNOWN = known_refusals()


@pytest.mark.parametrize("refusal", KNOWN, ids=lambda refusal: refusal.code)
def test_every_code_has_cause_and_advice_in_chinese_and_english(refusal: type[Refusal]) -> None:
    entry = catalogue().get(refusal.code)
    assert entry is not None, f"add {refusal.code} to messages.json"
    assert set(entry) == {"zh-CN", "en"}
    for cause, advice in entry.values():
        assert cause.strip()
        assert advice.strip()
    assert any("一" <= letter <= "鿿" for letter in "".join(words(refusal, "zh-CN")))


def test_no_message_is_left_of_a_refusal_that_is_gone() -> None:
    assert set(catalogue()) - {refusal.code for refusal in KNOWN} == set()


def test_a_code_belongs_to_one_status_and_one_word_on_repeating() -> None:
    told: dict[str, set[tuple[int, bool]]] = {}
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        refusal = waiting.pop()
        waiting.extend(refusal.__subclasses__())
        told.setdefault(refusal.code, set()).add((refusal.status, refusal.retryable))
    assert {code for code, found in told.items() if len(found) > 1} == set()


@pytest.mark.parametrize(
    "header, language",
    [
        ("", "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW", "zh-CN"),
        ("fr, de;q=0.9", "zh-CN"),
        ("fr, en;q=0.4, zh;q=0.3", "en"),
        ("en;q=0.5, zh-CN;q=0.9", "zh-CN"),
        (";;;q=x,,", "zh-CN"),
        ("en;q=NaN", "en"),
    ],
)
def test_the_language_is_the_one_the_reader_prefers(header: str, language: str) -> None:
    assert language_of(header) == language
