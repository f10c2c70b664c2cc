"""My account: a customer corrects what is kept about them, closes the account, and takes that back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.catalog import RealNameRequired
from chalicelib.domain.closing import (
    CardsHoldMoney,
    Closing,
    CommissionUnpaid,
    NotClosing,
    Obstacle,
    OrdersOpen,
    PlaceHeld,
    WithdrawalsOpen,
)
from chalicelib.domain.one_time_code import CodeWrong
from chalicelib.domain.person import (
    AccountClosing,
    IdentityRefused,
    Person,
    PersonLocked,
    PhoneInvalid,
    PhoneTaken,
    SignInRefused,
)
from chalicelib.handlers.api.people import PersonView
from chalicelib.handlers.fields import PLAIN, Body, Phone, Reason, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of, words
from chalicelib.handlers.proofs import Code, Proofs
from chalicelib.handlers.refusals import FACTOR_REFUSALS
from chalicelib.usecases.ports import Actor, Command

routes = Routes(__name__)

OBSTACLES = (CardsHoldMoney, OrdersOpen, PlaceHeld, WithdrawalsOpen, CommissionUnpaid)
PROOF_REFUSALS = (
    SignInRefused,
    CodeWrong,
    *FACTOR_REFUSALS,
    PersonLocked,
)


class Why(Proofs):
    """What proves it, and why it is done, for the history; without personal data."""

    reason: Reason | None = None


class CorrectPhone(Why):
    """Another phone, with the code for `account` that was sent there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"phone": "13900139000", "code": "123456", "password": "weiter-als-10"}]
        }
    )

    phone: Phone
    code: Code = Field(repr=False, description="As it was sent to the new phone")


class CorrectName(Body):
    """The name as it stands on the ID card now; the number stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "张三"}]})

    name: Annotated[str, Field(min_length=2, max_length=50, pattern=PLAIN, repr=False)]
    reason: Reason | None = None


class CloseAccount(Why):
    """Close the account. Every session ends; for two weeks it may be taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "weiter-als-10"}]})


class ObstacleView(View):
    """Something that must be ended first, told in the language of Accept-Language."""

    code: str
    title: str
    advice: str
    facts: dict[str, Any] = Field(description="What it is about: ids, or amounts in fen")


class ClosingView(View):
    """How an account stands."""

    closes_at: datetime | None = Field(default=None, description="When it is deleted; absent: it is open")
    obstacles: list[ObstacleView] = Field(
        description="What keeps it from being closed, or deleted, at this moment"
    )


@routes.put(
    "/v1/me/phone",
    roles=("customer",),
    body=CorrectPhone,
    answers=PersonView,
    records=("person.phone",),
    refusals=(PhoneInvalid, PhoneTaken, AccountClosing, *PROOF_REFUSALS),
    summary="Sign in with another phone from now on",
)
def correct_phone(command: Command, body: CorrectPhone, incoming: Incoming) -> Person:
    return bootstrap.correct_person().phone(command, body.phone, body.code, body.proof(), _language(incoming))


@routes.put(
    "/v1/me/name",
    roles=("customer",),
    body=CorrectName,
    answers=PersonView,
    records=("person.name",),
    refusals=(RealNameRequired, IdentityRefused, AccountClosing),
    summary="Correct my name; the register of identities is asked",
)
def correct_name(command: Command, body: CorrectName) -> Person:
    return bootstrap.correct_person().name(command, body.name)


@routes.get(
    "/v1/me/closing",
    roles=("customer",),
    answers=ClosingView,
    summary="Whether my account is closing, and what stands in the way",
)
def my_closing(actor: Actor, incoming: Incoming) -> ClosingView:
    return _view(bootstrap.close_account().state(actor.person_id), incoming)


@routes.post(
    "/v1/me/closing",
    roles=("customer",),
    body=CloseAccount,
    answers=ClosingView,
    records=("person.close",),
    refusals=(AccountClosing, *OBSTACLES, *PROOF_REFUSALS),
    summary="Close my account: it is deleted in two weeks",
)
def close_my_account(command: Command, body: CloseAccount, incoming: Incoming) -> ClosingView:
    closing = bootstrap.close_account().close(command, body.proof(), _language(incoming))
    return _view(closing, incoming)


@routes.delete(
    "/v1/me/closing",
    roles=("customer",),
    answers=ClosingView,
    records=("person.keep",),
    refusals=(NotClosing, AccountClosing),
    summary="Keep my account after all",
)
def keep_my_account(command: Command, incoming: Incoming) -> ClosingView:
    return _view(bootstrap.close_account().keep(command), incoming)


def _view(closing: Closing, incoming: Incoming) -> ClosingView:
    language = _language(incoming)
    obstacles = [_obstacle(one, language) for one in closing.obstacles]
    return ClosingView(closes_at=closing.closes_at, obstacles=obstacles)


def _obstacle(obstacle: Obstacle, language: str) -> ObstacleView:
    title, advice = words(type(obstacle), language)
    facts: Mapping[str, Any] = obstacle.facts
    return ObstacleView(code=obstacle.code, title=title, advice=advice, facts=dict(facts))


def _language(incoming: Incoming) -> str:
    return language_of(incoming.headers.get("accept-language", ""))
