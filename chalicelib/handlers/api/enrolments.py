"""Enrolments: somebody of the office chooses a first password with a code that was handed out."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.enrolment import AdminExists, EnrolmentRefused
from chalicelib.domain.person import PasswordWeak, Person, PhoneTaken
from chalicelib.handlers.api.people import Password, PersonView
from chalicelib.handlers.fields import Body
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.visitors import spoken_by
from chalicelib.usecases.ports import Actor

routes = Routes(__name__)


class Enrol(Body):
    """The code that an operator handed out, and the password that is chosen with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "7K3M-9PQR-S2TV-4WX5-YZ6A-BCDE-FGHJ", "password": "weiter-als-10"}]
        }
    )

    code: Annotated[str, Field(min_length=20, max_length=40, repr=False)]
    password: Password = Field(repr=False)


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
def enrol(actor: Actor, body: Enrol, incoming: Incoming, now: datetime) -> Person:
    return bootstrap.enrol_person()(body.code, body.password, actor.client, now, spoken_by(incoming))
