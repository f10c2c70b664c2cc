"""The joining test: who knows the rules passes, and nobody else."""

import pytest

from chalicelib.domain.joining_questions import QUESTIONS, RulesNotKnown, check
from chalicelib.domain.plan import MAX_PAID_LEVELS

RIGHT = {name: question.right for name, question in QUESTIONS.items()}


def test_there_are_three_to_five_questions_each_with_one_right_choice_and_its_source() -> None:
    assert 3 <= len(QUESTIONS) <= 5
    for question in QUESTIONS.values():
        assert question.choices.count(question.right) == 1 and len(question.choices) >= 2
        assert len(question.source) > 10
    assert QUESTIONS["paid_levels"].right == str(MAX_PAID_LEVELS)


def test_who_answers_all_rightly_passes() -> None:
    check(RIGHT)
    check(RIGHT | {"more": "whatever"})


@pytest.mark.parametrize("name", QUESTIONS)
def test_one_wrong_or_missing_answer_is_named(name: str) -> None:
    for answers in (RIGHT | {name: "?"}, {one: right for one, right in RIGHT.items() if one != name}):
        with pytest.raises(RulesNotKnown) as refused:
            check(answers)
        assert (refused.value.status, refused.value.facts) == (422, {"wrong": (name,)})
