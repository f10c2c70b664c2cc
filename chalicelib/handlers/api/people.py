"""People: register, sign in, stay signed in, and say who one is.

A browser asks for its refresh token as a cookie that no script can read and that goes to
the path of sessions alone; any other client keeps the token itself.
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.captcha import CaptchaRequired, CaptchaWrong
from chalicelib.domain.distributor import InviteCodeUnknown
from chalicelib.domain.one_time_code import CodeWrong
from chalicelib.domain.person import (
    PASSWORD_LENGTH_MAX,
    CodeRequired,
    IdentityRefused,
    IdentityTaken,
    IdNumberInvalid,
    NotRegistered,
    PasswordNeeded,
    PasswordWeak,
    Person,
    PersonLocked,
    PhoneInvalid,
    PhoneTaken,
    Port,
    PortWrong,
    RealNameSettled,
    ResetByAdmin,
    SignInRefused,
    TokenExpired,
    TokenInvalid,
    TooManyTries,
)
from chalicelib.domain.session import SessionElsewhere, SessionEnded, TokenUsedTwice
from chalicelib.handlers import fields
from chalicelib.handlers.answers import WithHeaders
from chalicelib.handlers.cookies import COOKIE, kept
from chalicelib.handlers.fields import Body, CaptchaAnswer, Device, FactorCode, Phone, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.refusals import FACTOR_REFUSALS
from chalicelib.handlers.route import EVERY_ROLE
from chalicelib.handlers.visitors import spoken_by, visitor_of
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.sessions import Session
from chalicelib.usecases.sign_in import Attempt

routes = Routes(__name__)

Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_LENGTH_MAX)]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="As it was sent", examples=["123456"])]


class Register(Body):
    """A new customer, who has this phone in hand: the code was sent there. A password has ten characters
    at least; without one, each sign-in takes a code."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "phone": "13800138000",
                    "code": "123456",
                    "password": "weiter-als-10",
                    "invite_code": "7K3M9PQRS2TV",
                    "device": "Zm9yZWNvdXJ0LTAwMQ",
                }
            ]
        }
    )

    phone: Phone
    code: Code = Field(repr=False)
    password: Password | None = Field(default=None, repr=False)
    device: Device | None = Field(default=None, repr=False)
    invite_code: Annotated[str, Field(max_length=20)] | None = Field(
        default=None, description="Of the distributor who brought the customer"
    )


Keep = Annotated[
    Literal["token", "cookie"],
    Field(description="`cookie`: for a browser, which gets the refresh token as a cookie of its own"),
]


class SignInBody(Body):
    """Phone, and a password, or a code that was sent there, or both: on a new device, or in a strange place,
    both are asked for. Whoever has a second factor on shows it as well; for staff, and in a strange place, it
    stands in place of the code."""

    model_config = ConfigDict(
        title="SignIn",
        json_schema_extra={"examples": [{"phone": "13800138000", "password": "weiter-als-10"}]},
    )

    phone: Phone
    password: Password | None = Field(default=None, repr=False)
    code: Code | None = Field(default=None, repr=False)
    second_factor: FactorCode | None = Field(default=None, repr=False)
    device: Device | None = Field(default=None, repr=False)
    captcha: CaptchaAnswer | None = None
    port: Port | None = Field(default=None, description="The client; the session is good there alone")
    keep: Keep = "token"


class ResetPassword(Body):
    """A new password, by a code that was sent to the phone for this, on the device that asked for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"phone": "13800138000", "code": "123456", "new_password": "noch-weiter-als-10"}]
        }
    )

    phone: Phone
    code: Code = Field(repr=False)
    second_factor: FactorCode | None = Field(default=None, repr=False)
    new_password: Password = Field(repr=False)
    device: Device | None = Field(default=None, repr=False)
    keep: Keep = "token"


class Refresh(Body):
    """The refresh token of the session that goes on; none where it is kept as a cookie."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "eyJhbGciOi…"}]})

    refresh_token: str | None = Field(default=None, min_length=1, max_length=4096, repr=False)


class NewPassword(Body):
    """The password as it is, and as it shall be. All sessions end; this answer begins a new one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"password": "weiter-als-10", "new_password": "noch-weiter-als-10"}]}
    )

    password: Password = Field(repr=False)
    new_password: Password = Field(repr=False)
    keep: Keep = "token"


class RealName(Body):
    """Name and number as they stand on the ID card."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "张三", "id_number": "11010519491231002X"}]}
    )

    name: Annotated[str, Field(min_length=2, max_length=50, pattern=fields.PLAIN, repr=False)]
    id_number: Annotated[str, Field(min_length=18, max_length=18, repr=False)]


class PersonView(View):
    """A profile, as its owner sees it."""

    person_id: str
    roles: list[str]
    phone_masked: str
    real_name: bool = Field(description="Whether the real name is confirmed")
    referrer: str = Field(description="The distributor who brought this customer, or empty")
    created_at: datetime
    second_factor: bool = Field(description="Whether one is on; staff without are newcomers")
    closes_at: datetime | None = Field(default=None, description="When it is deleted, while it is closing")
    version: int


class SessionView(View):
    """Two tokens. The access token goes into `Authorization: Bearer …`."""

    person: PersonView
    session_id: str
    roles: list[str] = Field(description="Those the access token carries: also distributor, where it applies")
    access_token: str
    access_expires_at: datetime
    refresh_token: str | None = Field(
        default=None, description="Good once: each use gives the next one. Absent where a cookie keeps it"
    )
    refresh_expires_at: datetime = Field(description="Use it before; a good client does at half of the time")
    notice_due: bool = Field(
        description="Whether the notice of SERVICE has a new version, to be accepted before the next purchase"
    )


@routes.post(
    "/v1/people",
    public=True,
    body=Register,
    answers=PersonView,
    status=201,
    records=("person.register",),
    refusals=(PhoneInvalid, PasswordWeak, InviteCodeUnknown, CodeWrong, PhoneTaken),
    summary="Register a customer",
)
def register(command: Command, body: Register, incoming: Incoming) -> Person:
    visitor = visitor_of(incoming, body.device)
    return bootstrap.register_person()(
        command, body.phone, body.code, body.password or "", body.invite_code or "", visitor
    )


@routes.post(
    "/v1/sessions",
    public=True,
    keyless=True,
    body=SignInBody,
    answers=SessionView,
    status=201,
    records=("person.sign_in",),
    refusals=(
        PhoneInvalid,
        SignInRefused,
        CaptchaRequired,
        CaptchaWrong,
        CodeRequired,
        CodeWrong,
        NotRegistered,
        *FACTOR_REFUSALS,
        PasswordNeeded,
        PersonLocked,
        PortWrong,
    ),
    summary="Sign in",
)
def sign_in(actor: Actor, body: SignInBody, incoming: Incoming, now: datetime) -> Session | WithHeaders:
    attempt = Attempt(
        phone=body.phone,
        password=body.password or "",
        code=body.code or "",
        second_factor=body.second_factor or "",
        visitor=visitor_of(incoming, body.device, body.captcha),
        port=body.port or "",
    )
    return _handed(bootstrap.sign_in()(attempt, actor.client, now), body.keep)


@routes.post(
    "/v1/sessions/by-new-password",
    public=True,
    keyless=True,
    body=ResetPassword,
    answers=SessionView,
    status=201,
    records=("person.new_password",),
    refusals=(
        PhoneInvalid,
        CodeWrong,
        NotRegistered,
        PasswordWeak,
        ResetByAdmin,
        PersonLocked,
        *FACTOR_REFUSALS,
    ),
    summary="Choose another password with a code, and end every session",
)
def reset_password(
    actor: Actor, body: ResetPassword, incoming: Incoming, now: datetime
) -> Session | WithHeaders:
    factor, visitor = body.second_factor or "", visitor_of(incoming, body.device)
    attempt = Attempt(body.phone, code=body.code, second_factor=factor, visitor=visitor)
    session = bootstrap.sign_in().with_code(attempt, body.new_password, actor.client, now)
    return _handed(session, body.keep)


@routes.post(
    "/v1/sessions/refresh",
    public=True,
    keyless=True,
    body=Refresh,
    answers=SessionView,
    status=201,
    unrecorded="it prolongs a session whose beginning is recorded",
    refusals=(TokenInvalid, TokenExpired, TokenUsedTwice, SessionElsewhere, SessionEnded, PersonLocked),
    summary="Go on with a session",
)
def refresh_session(actor: Actor, body: Refresh, incoming: Incoming, now: datetime) -> Session | WithHeaders:
    token = body.refresh_token or incoming.cookie(COOKIE)
    keep = "token" if body.refresh_token else "cookie"
    visitor = visitor_of(incoming, None)
    return _handed(bootstrap.sign_in().goes_on(token, visitor, actor.client, now), keep)


def _handed(session: Session, keep: str) -> Session | WithHeaders:
    if keep == "token":
        return session
    cookie = kept(session.refresh_token, session.refresh_expires_at, bootstrap.settings().public_url)
    return WithHeaders(replace(session, refresh_token=None), cookie)


@routes.put(
    "/v1/me/password",
    roles=EVERY_ROLE,
    keyless=True,
    body=NewPassword,
    answers=SessionView,
    records=("person.new_password",),
    refusals=(SignInRefused, TooManyTries, PasswordWeak),
    summary="Choose another password and end every session",
)
def choose_password(
    actor: Actor, body: NewPassword, incoming: Incoming, now: datetime
) -> Session | WithHeaders:
    old, new, language = body.password, body.new_password, spoken_by(incoming)
    return _handed(bootstrap.sign_in().with_new_password(actor, old, new, now, language), body.keep)


@routes.get("/v1/me", roles=EVERY_ROLE, answers=PersonView, refusals=(TokenInvalid,), summary="My profile")
def me(actor: Actor, now: datetime) -> Person:
    return bootstrap.sessions().person(actor.person_id, now)


@routes.post(
    "/v1/me/real-name",
    roles=("customer",),
    body=RealName,
    answers=PersonView,
    records=("person.real_name",),
    refusals=(IdNumberInvalid, IdentityRefused, IdentityTaken, RealNameSettled),
    under_notice=True,
    summary="Confirm my real name",
)
def confirm_real_name(command: Command, body: RealName) -> Person:
    return bootstrap.confirm_real_name()(command, body.name, body.id_number)
