"""Preferences: how I want to see the product, on every device that I sign in on."""

from typing import Annotated, Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.preferences import (
    STAGE_MAX,
    Kept,
    Language,
    Preferences,
    PreferencesMoved,
    TextSize,
    Theme,
)
from chalicelib.handlers.fields import Body, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import EVERY_ROLE
from chalicelib.usecases.ports import Actor

routes = Routes(__name__)

FREE = "it changes nothing but what its owner sees, and is seen by nobody else"


class SetPreferences(Body):
    """All of them, on top of the version that was read: 0 when there were none."""

    language: Language
    theme: Theme
    text_size: TextSize
    elder_mode: Annotated[bool, Field(strict=True, description="关怀模式")]
    suggestions: Annotated[bool, Field(strict=True, description="Amounts that follow the own history")]
    onboarding_stage: Annotated[int, Field(strict=True, ge=0, le=STAGE_MAX)]
    version: Annotated[int, Field(strict=True, ge=0, le=2**31)]


class PreferencesView(View):
    """As they are kept; what one device has otherwise is its own."""

    language: Language
    theme: Theme
    text_size: TextSize
    elder_mode: bool
    suggestions: bool
    onboarding_stage: int
    version: int


def _view(kept: Kept) -> dict[str, Any]:
    return kept.preferences._asdict() | {"version": kept.version}


@routes.get("/v1/me/preferences", roles=EVERY_ROLE, answers=PreferencesView, summary="My preferences")
def my_preferences(actor: Actor) -> dict[str, Any]:
    return _view(bootstrap.keep_preferences().read(actor.person_id))


@routes.put(
    "/v1/me/preferences",
    roles=EVERY_ROLE,
    keyless=True,
    body=SetPreferences,
    answers=PreferencesView,
    unrecorded=FREE,
    refusals=(PreferencesMoved,),
    summary="Set my preferences",
)
def set_preferences(actor: Actor, body: SetPreferences) -> dict[str, Any]:
    told = body.model_dump(exclude={"version"})
    return _view(bootstrap.keep_preferences().set(actor.person_id, Preferences(**told), body.version))


@routes.delete(
    "/v1/me/preferences",
    roles=EVERY_ROLE,
    keyless=True,
    answers=PreferencesView,
    unrecorded=FREE,
    summary="Reset my preferences to what they were at first",
)
def reset_preferences(actor: Actor) -> dict[str, Any]:
    return _view(bootstrap.keep_preferences().reset(actor.person_id))
