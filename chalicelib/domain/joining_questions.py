"""The joining test: does an applicant know the rules that nobody may break?

A few questions with one right answer each. The answers are checked here and never sent; the texts
stand in handlers/joining_questions.json, in both languages.
"""

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.domain.errors import Unprocessable
from chalicelib.domain.plan import MAX_PAID_LEVELS

VERSION = "2026-11"


class Question(NamedTuple):
    """`right`: one of `choices`. `source`: where the rule comes from."""

    choices: tuple[str, ...]
    right: str
    source: str


QUESTIONS: Mapping[str, Question] = {
    "joining_costs": Question(
        ("nothing", "a_fee", "a_first_purchase"),
        "nothing",
        "禁止传销条例 art. 7(2): no fee and no purchase to join",
    ),
    "paid_for": Question(
        ("sales_to_customers", "people_who_join"),
        "sales_to_customers",
        "禁止传销条例 art. 7(1): nobody is paid for recruiting",
    ),
    "paid_levels": Question(
        ("1", "2", "any"), str(MAX_PAID_LEVELS), "禁止传销条例 art. 7(3), 刑法 art. 224-1: MAX_PAID_LEVELS"
    ),
    "own_purchase": Question(("yes", "no"), "no", "a distributor's own purchase earns nobody anything"),
    "promises": Question(
        ("yes", "no"), "no", "广告法 art. 28: no promise that misleads, of income least of all"
    ),
}


class RulesNotKnown(Unprocessable):
    """`wrong` names the questions."""

    code = "RULES_NOT_KNOWN"
    advice = "Read the rules once more and answer the questions in `wrong` again; as often as you like."


def check(answers: Mapping[str, str]) -> None:
    """Let pass who answered every question rightly. Raises: RulesNotKnown."""
    wrong = tuple(name for name, question in QUESTIONS.items() if answers.get(name) != question.right)
    if wrong:
        raise RulesNotKnown(wrong=wrong)
