"""The texts of the joining test: is every question and choice said in both languages?"""

import json

from chalicelib.domain.joining_questions import QUESTIONS
from chalicelib.handlers.api.applications import FILE


def test_every_question_and_choice_has_a_text_in_both_languages() -> None:
    texts = json.loads(FILE.read_text(encoding="utf-8"))
    assert list(texts) == list(QUESTIONS)
    for name, question in QUESTIONS.items():
        assert set(texts[name]) == {"zh-CN", "en"}
        for text, choices in texts[name].values():
            assert text and set(choices) == set(question.choices) and all(choices.values())
