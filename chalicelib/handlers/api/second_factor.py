"""The second factor: turn an authenticator on, renew it, turn it off."""

from datetime import datetime

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.person import TooManyTries
from chalicelib.domain.second_factor import (
    SecondFactorNotOffered,
    SecondFactorWrong,
)
from chalicelib.domain.session import FACTOR_TERM
from chalicelib.gateways.qr_code import data_url_of
from chalicelib.handlers.fields import AuthenticatorCode, Body, FactorCode, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.proofs import Proofs
from chalicelib.handlers.refusals import FACTOR_REFUSALS, PROOF_REFUSALS
from chalicelib.handlers.route import EVERY_ROLE
from chalicelib.handlers.visitors import spoken_by
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.second_factors import State

routes = Routes(__name__)


class AskSecondFactor(Proofs):
    """A new secret: with the second factor that is on, or, before the first, the password; customers may
    show a code for `account` in its place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "weiter-als-10"}]})


class ConfirmSecondFactor(Body):
    """The first code that the authenticator shows for the new secret."""

    code: AuthenticatorCode = Field(repr=False)


class EndSecondFactor(Body):
    """The second factor, of which the authenticator ends."""

    second_factor: FactorCode = Field(repr=False)


class ProveAgain(Body):
    """A code of the second factor that is on."""

    second_factor: FactorCode = Field(repr=False)


class ProofView(View):
    """An access token that opens what is sensitive to whoever may do it. The refresh token stays."""

    access_token: str
    access_expires_at: datetime
    fresh_until: datetime = Field(description="Until then; after it the second factor is shown again")


class OfferView(View):
    """A secret for an authenticator. It is in force with its first code."""

    uri: str = Field(description="What an authenticator reads: `otpauth://totp/…`")
    picture: str = Field(description="The same as a QR code, a PNG as a data URL")
    expires_at: datetime


class RecoveryView(View):
    """Shown this once. Each is good once in place of a code, for whoever lost the authenticator."""

    recovery_codes: list[str]


class SecondFactorView(View):
    """Whether a second factor is on."""

    is_on: bool
    on_since: datetime | None
    recovery_codes_left: int
    authenticator: bool = Field(description="Whether an authenticator is a part of it")
    passkeys: int = Field(description="How many passkeys are: `/v1/me/passkeys` lists them")


@routes.get(
    "/v1/me/second-factor",
    roles=EVERY_ROLE,
    answers=SecondFactorView,
    summary="Whether a second factor is on",
)
def second_factor(actor: Actor) -> State:
    return bootstrap.second_factors().state(actor.person_id)


@routes.post(
    "/v1/me/second-factor",
    roles=EVERY_ROLE,
    keyless=True,
    body=AskSecondFactor,
    answers=OfferView,
    status=201,
    unrecorded="nothing is in force before its first code, which is recorded",
    refusals=PROOF_REFUSALS,
    summary="Ask for a secret for my authenticator",
)
def ask_second_factor(actor: Actor, body: AskSecondFactor, now: datetime) -> dict[str, object]:
    offer = bootstrap.second_factors().offered(actor, body.proof(), now)
    return {"uri": offer.uri, "picture": data_url_of(offer.uri), "expires_at": offer.expires_at}


@routes.post(
    "/v1/me/second-factor/confirmation",
    roles=EVERY_ROLE,
    keyless=True,
    body=ConfirmSecondFactor,
    answers=RecoveryView,
    status=201,
    records=("second_factor.on",),
    refusals=(SecondFactorNotOffered, SecondFactorWrong, TooManyTries),
    summary="Turn the second factor on with its first code, and end my other sessions",
)
def confirm_second_factor(
    actor: Actor, body: ConfirmSecondFactor, incoming: Incoming, now: datetime
) -> dict[str, list[str]]:
    language = spoken_by(incoming)
    return {"recovery_codes": bootstrap.second_factors().confirmed(actor, body.code, now, language)}


@routes.post(
    "/v1/me/second-factor/proof",
    roles=EVERY_ROLE,
    keyless=True,
    body=ProveAgain,
    answers=ProofView,
    status=201,
    records=("session.step_up",),
    refusals=FACTOR_REFUSALS[1:],
    summary="Show the second factor again, for what is sensitive",
)
def step_up(actor: Actor, body: ProveAgain, now: datetime) -> dict[str, object]:
    session = bootstrap.sign_in().stepped_up(actor, body.second_factor, now)
    told = {"access_token": session.access_token, "access_expires_at": session.access_expires_at}
    return {**told, "fresh_until": now + FACTOR_TERM}


@routes.post(
    "/v1/me/second-factor/removal",
    roles=EVERY_ROLE,
    keyless=True,
    body=EndSecondFactor,
    status=204,
    records=("second_factor.off",),
    refusals=FACTOR_REFUSALS[1:],
    summary="Turn the authenticator off; without passkeys, the second factor",
)
def end_second_factor(actor: Actor, body: EndSecondFactor, incoming: Incoming, now: datetime) -> None:
    bootstrap.second_factors().turned_off(actor, body.second_factor, now, spoken_by(incoming))
