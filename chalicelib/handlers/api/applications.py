"""Applications: become a distributor where the office looks at who does. It costs nothing.

The short test of the rules is shown in the reader's language; its answers are checked here and never sent.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path as FilePath
from typing import Annotated, Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain import joining_questions
from chalicelib.domain.application import Application, ApplicationUnknown, NoReviewNeeded
from chalicelib.domain.distributor import InviteCodeUnknown, ParentNotActive
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.joining_questions import QUESTIONS, RulesNotKnown
from chalicelib.domain.withdrawal import KycRequired
from chalicelib.handlers.fields import Body, InviteCode, Name, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of
from chalicelib.usecases.join_distribution import AgreementOutdated, DistributorAlready
from chalicelib.usecases.ports import Actor, Command

routes = Routes(__name__)

FILE = FilePath(__file__).parents[1] / "joining_questions.json"
Word = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,24}$")]


class ChoiceView(View):
    choice: str
    text: str


class QuestionView(View):
    """One question, and what may be answered."""

    question: str
    text: str
    choices: list[ChoiceView]


class QuestionsView(View):
    """A few questions about the rules that nobody may break."""

    version: str
    questions: list[QuestionView]


@routes.get(
    "/v1/distributors/joining-test",
    roles=("customer",),
    answers=QuestionsView,
    summary="The short test that goes along with an application",
)
def joining_test(incoming: Incoming) -> QuestionsView:
    language = language_of(incoming.headers.get("accept-language", ""))
    return QuestionsView(
        version=joining_questions.VERSION, questions=[_question(name, language) for name in QUESTIONS]
    )


def _question(name: str, language: str) -> QuestionView:
    text, choices = texts()[name][language]
    shown = [ChoiceView(choice=one, text=choices[one]) for one in QUESTIONS[name].choices]
    return QuestionView(question=name, text=text, choices=shown)


class Apply(Body):
    """`agreement`: the version that was shown and accepted. `answers`: the choice by question."""

    invite_code: InviteCode
    agreement: Name
    answers: Annotated[
        dict[Word, Word],
        Field(max_length=10, examples=[{name: question.right for name, question in QUESTIONS.items()}]),
    ]


class ApplicationView(View):
    """What became of it. `decline_reason`: what the office says, when it was refused."""

    state: str
    parent_id: str
    agreement: str
    submitted_at: datetime
    lapses_at: datetime = Field(description="If nobody decides before; then apply again")
    application_decided_at: datetime | None = None
    decline_reason: str


def _view(found: Application, now: datetime) -> ApplicationView:
    return ApplicationView(
        state=str(found.state(now)),
        parent_id=found.parent_id,
        agreement=found.agreement,
        submitted_at=found.submitted_at,
        lapses_at=found.lapses_at,
        application_decided_at=found.decided_at,
        decline_reason=found.reason,
    )


@routes.post(
    "/v1/distributors/application",
    roles=("customer",),
    body=Apply,
    answers=ApplicationView,
    status=201,
    records=("application.submit",),
    refusals=(
        KycRequired,
        AgreementOutdated,
        InviteCodeUnknown,
        ParentNotActive,
        NoReviewNeeded,
        RulesNotKnown,
        DistributorAlready,
        IllegalState,
    ),
    under_notice=True,
    summary="Apply for a place below the one whose code was given",
)
def apply_for_place(command: Command, body: Apply) -> ApplicationView:
    found = bootstrap.apply_for_place().ask(command, body.invite_code, body.agreement, body.answers)
    return _view(found, command.now)


@routes.get(
    "/v1/distributors/application",
    roles=("customer",),
    answers=ApplicationView,
    refusals=(ApplicationUnknown,),
    summary="What became of my application",
)
def my_application(actor: Actor, now: datetime) -> ApplicationView:
    return _view(bootstrap.apply_for_place().read(actor), now)


@routes.delete(
    "/v1/distributors/application",
    roles=("customer",),
    answers=ApplicationView,
    records=("application.withdraw",),
    refusals=(ApplicationUnknown, IllegalState),
    summary="Take my application back",
)
def withdraw_application(command: Command) -> ApplicationView:
    return _view(bootstrap.apply_for_place().withdraw(command), command.now)


@cache
def texts() -> Mapping[str, Mapping[str, tuple[str, Mapping[str, str]]]]:
    """By question and language: the question, and each choice."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
