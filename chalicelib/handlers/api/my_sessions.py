"""My sessions: where am I signed in, and how do I sign a device out?"""

from datetime import datetime

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.session import SessionUnknown
from chalicelib.handlers.answers import WithHeaders
from chalicelib.handlers.cookies import forgotten
from chalicelib.handlers.fields import Path, SessionId, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import EVERY_ROLE
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.sessions import SignedInDevice

routes = Routes(__name__)


class SessionPath(Path):
    session_id: SessionId


class DeviceView(View):
    """One device that is signed in."""

    session_id: str
    agent: str = Field(description="What the client called itself when it signed in")
    began_at: datetime
    last_seen_at: datetime = Field(description="When its tokens were renewed last")
    ends_at: datetime = Field(
        description="When it is over, unless it is used before; never after twelve hours"
    )
    is_this: bool = Field(description="Whether it is the session that asks")


class DevicesView(View):
    """Every device that is signed in, the one used last first."""

    sessions: list[DeviceView]


@routes.get("/v1/me/sessions", roles=EVERY_ROLE, answers=DevicesView, summary="Where I am signed in")
def my_sessions(actor: Actor, now: datetime) -> dict[str, list[SignedInDevice]]:
    return {"sessions": bootstrap.sessions().listed(actor, now)}


@routes.delete(
    "/v1/me/sessions/{session_id}",
    roles=EVERY_ROLE,
    path=SessionPath,
    status=204,
    records=("session.end",),
    refusals=(SessionUnknown,),
    summary="Sign a device of mine out; this one, too",
)
def end_session(command: Command, path: SessionPath) -> WithHeaders:
    bootstrap.sessions().end(command, path.session_id)
    is_this = path.session_id == command.actor.session_id
    return WithHeaders(None, forgotten(bootstrap.settings().public_url) if is_this else {})


@routes.delete(
    "/v1/me/sessions",
    roles=EVERY_ROLE,
    status=204,
    records=("session.end",),
    summary="Sign all my other devices out",
)
def end_other_sessions(command: Command) -> None:
    bootstrap.sessions().end_others(command)
