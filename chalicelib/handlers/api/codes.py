"""Codes and captchas: what somebody needs before they can sign in."""

import base64
from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.budget import BudgetSpent, TextsUsedUp
from chalicelib.domain.captcha import CaptchaRequired, CaptchaUnknown, CaptchaWrong
from chalicelib.domain.one_time_code import CodesUsedUp, CodeTooSoon, Purpose
from chalicelib.domain.person import PhoneInvalid
from chalicelib.handlers.fields import Body, CaptchaAnswer, CaptchaId, Device, Path, Phone, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.visitors import visitor_of
from chalicelib.usecases.captchas import Drawn
from chalicelib.usecases.one_time_codes import Sent

routes = Routes(__name__)


class SendCode(Body):
    """A code for a phone. What it is for stands in the message, and it is good for nothing else, and on no
    other device: send the same `device` with it. Of the ten codes a day a number gets five at most by devices
    that nobody knows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phone": "13800138000", "device": "Zm9yZWNvdXJ0LTAwMQ"}]}
    )

    phone: Phone
    purpose: Literal["sign_in", "password", "account"] = Field(
        default="sign_in",
        description="`sign_in` registers a number that nobody has, too; `account` corrects the phone, turns "
        "the first second factor on, or closes the account, of who is signed in",
    )
    device: Device | None = Field(default=None, repr=False)
    captcha: CaptchaAnswer | None = None


class SentView(View):
    """The code is on its way, or the number does not exist: this answer does not tell."""

    expires_at: datetime
    again_at: datetime = Field(description="When another one may be asked for")


class AskCaptcha(Body):
    """A captcha for a device."""

    device: Device | None = Field(default=None, repr=False)


class CaptchaView(View):
    """Six digits, drawn. `/v1/captchas/{captcha_id}/sound` reads them out."""

    captcha_id: str
    picture: str = Field(description="A PNG as a data URL")
    expires_at: datetime


class CaptchaPath(Path):
    captcha_id: CaptchaId


class SoundView(View):
    """Six digits, spoken."""

    sound: str = Field(description="A WAV as a data URL")


@routes.post(
    "/v1/codes",
    public=True,
    keyless=True,
    body=SendCode,
    answers=SentView,
    status=202,
    unrecorded="a message was sent to a phone; nobody is known to be there",
    refusals=(
        PhoneInvalid,
        BudgetSpent,
        CaptchaRequired,
        CaptchaWrong,
        CodeTooSoon,
        CodesUsedUp,
        TextsUsedUp,
    ),
    summary="Send a one-time code to a phone",
)
def send_code(body: SendCode, incoming: Incoming, now: datetime) -> Sent:
    visitor = visitor_of(incoming, body.device, body.captcha)
    return bootstrap.one_time_codes().send(body.phone, Purpose(body.purpose), visitor, now)


@routes.post(
    "/v1/captchas",
    public=True,
    keyless=True,
    body=AskCaptcha,
    answers=CaptchaView,
    status=201,
    unrecorded="nothing is kept of a captcha until it is answered",
    refusals=(BudgetSpent,),
    summary="Ask for a captcha",
)
def ask_captcha(body: AskCaptcha, incoming: Incoming, now: datetime) -> dict[str, object]:
    drawn: Drawn = bootstrap.captchas().drawn(body.device or "", incoming.address, now)
    return {
        "captcha_id": drawn.captcha.captcha_id,
        "picture": "data:image/png;base64," + base64.b64encode(drawn.content).decode(),
        "expires_at": drawn.captcha.expires_at,
    }


@routes.post(
    "/v1/captchas/{captcha_id}/sound",
    public=True,
    keyless=True,
    path=CaptchaPath,
    body=AskCaptcha,
    answers=SoundView,
    unrecorded="it is heard and changes nothing; a POST keeps the device out of the address",
    refusals=(CaptchaUnknown,),
    summary="The digits of a captcha, read out",
)
def captcha_sound(path: CaptchaPath, body: AskCaptcha, now: datetime) -> dict[str, str]:
    sound = bootstrap.captchas().spoken(path.captcha_id, body.device or "", now)
    return {"sound": "data:audio/wav;base64," + base64.b64encode(sound).decode()}
