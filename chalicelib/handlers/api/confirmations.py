"""Confirmations: see payee and amount, agree with the second factor, and get what the operation asks for."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.confirmation import ConfirmationExpired, ConfirmationInvalid, SecondFactorMissing
from chalicelib.domain.withdrawal import PayeeMissing
from chalicelib.handlers.fields import AccountNumber, AmountFen, Body, FactorCode, OperationKey, Text, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.refusals import FACTOR_REFUSALS
from chalicelib.usecases.confirmations import Challenge, Confirmation
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.set_payee import Payee, PayeeInvalid

routes = Routes(__name__)


class AskWithdrawalChallenge(Body):
    """The withdrawal to come: its Idempotency-Key and its amount."""

    operation_key: OperationKey
    amount_fen: AmountFen


class AskPayeeChallenge(Body):
    """The change of payee to come: its Idempotency-Key, and the new account."""

    operation_key: OperationKey
    name: Text
    bank: Text
    account: AccountNumber


SignedText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+[.][0-9A-Z]+$", max_length=1000)]


class AnswerChallenge(Body):
    """The challenge, as it was given, and the second factor of whoever has read payee and amount."""

    challenge: Annotated[SignedText, Field(examples=["WyJXSVRIRFJBV0FMIl0.7K3M9PQRS2TV"], repr=False)]
    second_factor: FactorCode = Field(repr=False)


class ChallengeView(View):
    """What is to be shown before the second factor is asked for. Nothing has happened yet."""

    challenge: str = Field(description="Goes, as it is, into POST /v1/me/confirmations")
    operation: Literal["WITHDRAWAL", "PAYEE"]
    payee_name_masked: str
    bank: str
    payee_shown: str = Field(description="The last digits of the account")
    amount_fen: int = Field(description="0: it is not about an amount")
    expires_at: datetime = Field(description="Until then the operation must have been asked for")


class ConfirmationView(View):
    """Goes into the header Confirmation of the operation that was shown, and of no other."""

    confirmation: str
    expires_at: datetime


@routes.post(
    "/v1/me/challenges/withdrawal",
    roles=("customer",),
    keyless=True,
    body=AskWithdrawalChallenge,
    answers=ChallengeView,
    status=201,
    unrecorded="nothing happens by it, and nothing is kept of it",
    refusals=(NotADistributor, PayeeMissing, SecondFactorMissing),
    summary="Ask for a challenge that shows payee and amount of a withdrawal",
)
def challenge_withdrawal(actor: Actor, body: AskWithdrawalChallenge, now: datetime) -> Challenge:
    return bootstrap.confirmations().of_withdrawal(actor, body.operation_key, body.amount_fen, now)


@routes.post(
    "/v1/me/challenges/payee",
    roles=("customer",),
    keyless=True,
    body=AskPayeeChallenge,
    answers=ChallengeView,
    status=201,
    unrecorded="nothing happens by it, and nothing is kept of it",
    refusals=(NotADistributor, PayeeInvalid, SecondFactorMissing),
    summary="Ask for a challenge that shows a new payee",
)
def challenge_payee(actor: Actor, body: AskPayeeChallenge, now: datetime) -> Challenge:
    payee = Payee(body.name, body.bank, body.account)
    return bootstrap.confirmations().of_payee(actor, body.operation_key, payee, now)


@routes.post(
    "/v1/me/confirmations",
    roles=("customer",),
    keyless=True,
    body=AnswerChallenge,
    answers=ConfirmationView,
    status=201,
    unrecorded="what it allows is recorded, and so is a recovery code that was used",
    refusals=(ConfirmationInvalid, ConfirmationExpired, *FACTOR_REFUSALS[1:]),
    summary="Answer a challenge with the second factor",
)
def answer_challenge(actor: Actor, body: AnswerChallenge, now: datetime) -> Confirmation:
    return bootstrap.confirmations().answered(actor, body.challenge, body.second_factor, now)
