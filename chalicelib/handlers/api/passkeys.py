"""Passkeys: add one, list mine, remove one, and ask what one may sign."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.passkey import (
    Challenge,
    LastSecondFactor,
    Passkey,
    PasskeyKnown,
    PasskeyRefused,
    PasskeysFull,
    PasskeyUnknown,
)
from chalicelib.handlers.fields import PLAIN, Body, FactorCode, PasskeyAnswer, PasskeyId, Path, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of
from chalicelib.handlers.proofs import Proofs
from chalicelib.handlers.refusals import FACTOR_REFUSALS, PROOF_REFUSALS
from chalicelib.handlers.route import EVERY_ROLE
from chalicelib.usecases.passkeys import Added, Offer
from chalicelib.usecases.ports import Actor

routes = Routes(__name__)

PasskeyName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        pattern=PLAIN,
        description="What its owner calls the device",
        examples=["desk"],
    ),
]


class AskPasskey(Proofs):
    """A new passkey: with the second factor that is on, or, before the first, the password; customers may
    show a code for `account` in its place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "weiter-als-10"}]})


class AddPasskey(Body):
    """What the device made by the options, and a name for it."""

    name: PasskeyName
    credential: PasskeyAnswer = Field(repr=False)


class RemovePasskey(Body):
    """The second factor, of which a passkey goes."""

    second_factor: FactorCode = Field(repr=False)


class PasskeyPath(Path):
    passkey_id: PasskeyId


class PasskeyOptionsView(View):
    """What a browser makes a passkey by."""

    options: dict[str, Any] = Field(
        description="For `PublicKeyCredential.parseCreationOptionsFromJSON()` (WebAuthn level 3)"
    )
    expires_at: datetime


class PasskeyView(View):
    """One passkey."""

    passkey_id: str
    name: str
    added_at: datetime
    used_at: datetime | None = Field(description="When it was shown last")
    cloned: bool = Field(description="Whether a second copy of it was seen: then it is good no more")


class AddedPasskeyView(View):
    """A new passkey."""

    passkey: PasskeyView
    recovery_codes: list[str] = Field(
        description="Where it is the first second factor: shown this once, each good once"
    )


class PasskeysView(View):
    """My passkeys, the oldest first."""

    passkeys: list[PasskeyView]


class PasskeyChallengeView(View):
    """What one of my passkeys may sign, once; its answer is a `second_factor`."""

    challenge: str = Field(description="In base64url")
    credentials: list[str] = Field(description="Of which passkeys, in base64url")
    domain: str = Field(description="The site that they were made for: `rpId`")
    expires_at: datetime


@routes.get("/v1/me/passkeys", roles=EVERY_ROLE, answers=PasskeysView, summary="My passkeys")
def my_passkeys(actor: Actor) -> dict[str, list[Passkey]]:
    return {"passkeys": bootstrap.passkeys().listed(actor.person_id)}


@routes.get(
    "/v1/me/passkeys/challenge",
    roles=EVERY_ROLE,
    answers=PasskeyChallengeView,
    summary="What a passkey of mine may sign, in place of an authenticator's digits",
)
def passkey_challenge(actor: Actor, now: datetime) -> Challenge:
    return bootstrap.passkeys().challenge(actor.person_id, now)


@routes.post(
    "/v1/me/passkeys",
    roles=EVERY_ROLE,
    keyless=True,
    body=AskPasskey,
    answers=PasskeyOptionsView,
    status=201,
    unrecorded="nothing is good before the device has signed, which is recorded",
    refusals=(*PROOF_REFUSALS, PasskeysFull),
    summary="Ask for what a new passkey is made by",
)
def ask_passkey(actor: Actor, body: AskPasskey, now: datetime) -> Offer:
    return bootstrap.passkeys().offered(actor, body.proof(), now)


@routes.post(
    "/v1/me/passkeys/confirmation",
    roles=EVERY_ROLE,
    keyless=True,
    body=AddPasskey,
    answers=AddedPasskeyView,
    status=201,
    records=("passkey.added",),
    refusals=(PasskeyRefused, PasskeyKnown, PasskeysFull),
    summary="Add the passkey that my device has made; as the first second factor, end my other sessions",
)
def add_passkey(actor: Actor, body: AddPasskey, incoming: Incoming, now: datetime) -> Added:
    return bootstrap.passkeys().added(actor, body.name, body.credential, _language(incoming), now)


@routes.post(
    "/v1/me/passkeys/{passkey_id}/removal",
    roles=EVERY_ROLE,
    keyless=True,
    path=PasskeyPath,
    body=RemovePasskey,
    status=204,
    records=("passkey.removed",),
    refusals=(PasskeyUnknown, LastSecondFactor, *FACTOR_REFUSALS[1:]),
    summary="Remove a passkey of mine; staff keep one second factor at least",
)
def remove_passkey(
    actor: Actor, path: PasskeyPath, body: RemovePasskey, incoming: Incoming, now: datetime
) -> None:
    bootstrap.passkeys().removed(actor, path.passkey_id, body.second_factor, _language(incoming), now)


def _language(incoming: Incoming) -> str:
    return language_of(incoming.headers.get("accept-language", ""))
