"""People: register, sign in, stay signed in, and say who one is."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.distributor import InviteCodeUnknown
from chalicelib.domain.enrolment import AdminExists, EnrolmentRefused
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.person import (
    PASSWORD_LENGTH_MAX,
    IdentityRefused,
    IdentityTaken,
    IdNumberInvalid,
    PasswordWeak,
    Person,
    PersonLocked,
    PhoneInvalid,
    PhoneTaken,
    RealNameSettled,
    SignInRefused,
    TokenExpired,
    TokenInvalid,
    TooManyTries,
)
from chalicelib.handlers.fields import Body, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import EVERY_ROLE
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.sign_in import Session

routes = Routes(__name__)

Phone = Annotated[str, Field(min_length=11, max_length=20, examples=["13800138000"])]
Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_LENGTH_MAX, repr=False)]


class Register(Body):
    """A new customer. The password has at least ten characters."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"phone": "13800138000", "password": "weiter-als-10", "invite_code": "7K3M9PQRS2TV"}]
        }
    )

    phone: Phone
    password: Password
    invite_code: Annotated[str, Field(max_length=20)] | None = Field(
        default=None, description="Of the distributor who brought the customer"
    )


class SignInBody(Body):
    """Phone and password."""

    model_config = ConfigDict(
        title="SignIn",
        json_schema_extra={"examples": [{"phone": "13800138000", "password": "weiter-als-10"}]},
    )

    phone: Phone
    password: Password


class Refresh(Body):
    """The refresh token of the session that goes on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "eyJhbGciOi…"}]})

    refresh_token: Annotated[str, Field(min_length=1, max_length=4096, repr=False)]


class Enrol(Body):
    """The code that an operator handed out, and the password that is chosen with it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "7K3M9-PQRS2-TV4WX-5YZ6A", "password": "weiter-als-10"}]}
    )

    code: Annotated[str, Field(min_length=20, max_length=40, repr=False)]
    password: Password


class RealName(Body):
    """Name and number as they stand on the ID card."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "张三", "id_number": "11010519491231002X"}]}
    )

    name: Annotated[str, Field(min_length=2, max_length=50, pattern=r"^[^\x00-\x1f\x7f]*$", repr=False)]
    id_number: Annotated[str, Field(min_length=18, max_length=18, repr=False)]


class PersonView(View):
    """A profile, as its owner sees it."""

    person_id: str
    roles: list[str]
    phone_masked: str
    real_name: bool = Field(description="Whether the real name is confirmed")
    referrer: str = Field(description="The distributor who brought this customer, or empty")
    created_at: datetime
    version: int


class SessionView(View):
    """Two tokens. The access token goes into `Authorization: Bearer …`."""

    person: PersonView
    roles: list[str] = Field(description="Those the access token carries: also distributor, where it applies")
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


@routes.post(
    "/v1/people",
    public=True,
    body=Register,
    answers=PersonView,
    status=201,
    records=("person.register",),
    refusals=(PhoneInvalid, PasswordWeak, InviteCodeUnknown, PhoneTaken),
    summary="Register a customer",
)
def register(command: Command, body: Register) -> Person:
    return bootstrap.register_person()(command, body.phone, body.password, body.invite_code or "")


@routes.post(
    "/v1/enrolments",
    public=True,
    keyless=True,
    body=Enrol,
    answers=PersonView,
    status=201,
    records=("person.enrol",),
    refusals=(EnrolmentRefused, PasswordWeak, AdminExists, PhoneTaken),
    summary="Choose the first password with a code",
)
def enrol(actor: Actor, body: Enrol, now: datetime) -> Person:
    return bootstrap.enrol_person()(body.code, body.password, actor.client, now)


@routes.post(
    "/v1/sessions",
    public=True,
    keyless=True,
    body=SignInBody,
    answers=SessionView,
    status=201,
    records=("person.sign_in",),
    refusals=(PhoneInvalid, SignInRefused, TooManyTries, PersonLocked, Unavailable),
    summary="Sign in with phone and password",
)
def sign_in(actor: Actor, body: SignInBody, now: datetime) -> Session:
    return bootstrap.sign_in()(body.phone, body.password, actor.client, now)


@routes.post(
    "/v1/sessions/refresh",
    public=True,
    keyless=True,
    body=Refresh,
    answers=SessionView,
    status=201,
    unrecorded="it prolongs a session whose beginning is recorded",
    refusals=(TokenInvalid, TokenExpired, PersonLocked),
    summary="Go on with a session",
)
def refresh_session(body: Refresh, now: datetime) -> Session:
    return bootstrap.sign_in().refreshed(body.refresh_token, now)


@routes.get("/v1/me", roles=EVERY_ROLE, answers=PersonView, refusals=(TokenInvalid,), summary="My profile")
def me(actor: Actor) -> Person:
    return bootstrap.sign_in().person(actor.person_id)


@routes.post(
    "/v1/me/real-name",
    roles=("customer",),
    body=RealName,
    answers=PersonView,
    records=("person.real_name",),
    refusals=(IdNumberInvalid, IdentityRefused, IdentityTaken, RealNameSettled),
    summary="Confirm my real name",
)
def confirm_real_name(command: Command, body: RealName) -> Person:
    return bootstrap.confirm_real_name()(command, body.name, body.id_number)
