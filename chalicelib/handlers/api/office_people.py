"""People for the office: find a customer, help one, and see no phone number or name without a reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.grant import NotOneself
from chalicelib.domain.person import Person, PhoneInvalid
from chalicelib.domain.unmasking import PersonUnknown, Unmasking
from chalicelib.handlers.fields import Body, CustomerId, Path, Phone, Reason, Ticket, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.requests import RequestView, view_of
from chalicelib.handlers.route import Shows
from chalicelib.usecases.inbox import letter_of
from chalicelib.usecases.look_at_person import LookedAt
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.project_cards import HOLDING

routes = Routes(__name__)

FRONT = ("support", "risk", "finance")


class FindPeople(Body):
    """The whole number: parts of one find nobody. In a body, for addresses stand in logs of others."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "13800138000"}]})

    phone: Phone = Field(repr=False)


class FoundPersonView(View):
    person_id: str
    phone_masked: str
    real_name: bool
    created_at: datetime


class FoundPeopleView(View):
    """One customer, or none."""

    people: list[FoundPersonView]


class HeldCardView(View):
    """A card, by its last four digits."""

    card_id: str
    kind: str
    state: str
    last4: str


class BoughtView(View):
    order_id: str
    use: str
    state: str
    payable_fen: int
    created_at: datetime


class PlaceOfPersonView(View):
    distributor_id: str
    parent_id: str | None
    state: str
    tier: str
    since: datetime


class OfficePersonView(View):
    """A customer, without phone number and name, but while they are unmasked for you."""

    person_id: str
    roles: list[str]
    phone_masked: str
    real_name: bool = Field(description="Whether the real name is confirmed")
    locked: bool
    referrer: str
    created_at: datetime
    orders: list[BoughtView] = Field(description="The newest twenty")
    cards: list[HeldCardView] = Field(description="Twenty at most")
    place: PlaceOfPersonView | None = None
    unmasked_until: datetime | None = None
    phone: str | None = Field(default=None, repr=False)
    name: str | None = Field(default=None, repr=False)


class CustomerPath(Path):
    person_id: CustomerId


class Unmask(Body):
    """Why, and for which ticket. Both are archived."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "calls the customer back", "ticket": "TCK-2026-0117"}]}
    )

    reason: Reason
    ticket: Ticket


class SignOut(Body):
    """Why; the customer reads it in their history."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "the customer called: the phone is lost"}]}
    )

    reason: Reason


class LostFactor(Body):
    """How it was seen who it is; the customer reads it in their history."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "ID card and face compared at the desk"}]}
    )

    reason: Reason


class UnmaskingView(View):
    """Until then the customer is shown to you, and to nobody else, with phone number and name."""

    person_id: str
    until: datetime


@routes.post(
    "/v1/office/people/search",
    roles=FRONT,
    keyless=True,
    body=FindPeople,
    answers=FoundPeopleView,
    unrecorded="it changes nothing; the read audit notes it",
    shows=Shows("customer", "a customer who asks for help is found"),
    refusals=(PhoneInvalid,),
    summary="Find a customer by phone number",
)
def find_people(body: FindPeople, now: datetime) -> dict[str, list[Person]]:
    found = bootstrap.look_at_person().by_phone(body.phone, now)
    return {"people": [found] if found else []}


@routes.get(
    "/v1/office/people/{person_id}",
    roles=(*FRONT, "auditor", "admin"),
    path=CustomerPath,
    answers=OfficePersonView,
    shows=Shows("customer", "a customer is helped, or looked into"),
    refusals=(PersonUnknown,),
    summary="One customer: profile, newest orders, cards and place",
)
def one_person(actor: Actor, path: CustomerPath, now: datetime) -> OfficePersonView:
    return _shown(bootstrap.look_at_person()(actor.person_id, path.person_id, now))


@routes.post(
    "/v1/office/people/{person_id}/unmasking",
    roles=FRONT,
    path=CustomerPath,
    body=Unmask,
    answers=UnmaskingView,
    records=("person.unmask",),
    refusals=(PersonUnknown,),
    summary="See a customer's phone number and name for ten minutes",
)
def unmask_person(command: Command, path: CustomerPath, body: Unmask) -> Unmasking:
    return bootstrap.unmask_person()(command, path.person_id, body.ticket)


@routes.post(
    "/v1/office/people/{person_id}/sign-out",
    roles=("support", "risk"),
    path=CustomerPath,
    body=SignOut,
    status=204,
    records=("person.sign_out",),
    refusals=(PersonUnknown,),
    summary="Sign a customer out on every device",
)
def sign_out_person(command: Command, path: CustomerPath) -> None:
    bootstrap.sign_out_person()(command, path.person_id)


@routes.post(
    "/v1/office/people/{person_id}/lost-factor",
    roles=("support", "risk"),
    path=CustomerPath,
    body=LostFactor,
    answers=RequestView,
    status=201,
    records=("factor.ask",),
    refusals=(PersonUnknown, NotOneself, IllegalState),
    summary="Ask that a second factor that a customer has lost is off; an admin agrees",
)
def customer_lost_factor(command: Command, path: CustomerPath, body: LostFactor) -> RequestView:
    return view_of(letter_of(bootstrap.lost_factor().ask(command, path.person_id), command.now))


def _shown(seen: LookedAt) -> OfficePersonView:
    person = seen.person
    return OfficePersonView(
        person_id=person.person_id,
        roles=list(person.roles),
        phone_masked=person.phone_masked,
        real_name=person.real_name,
        locked=person.locked,
        referrer=person.referrer,
        created_at=person.created_at,
        orders=[BoughtView.model_validate(order) for order in seen.orders],
        cards=list(map(_card, seen.cards)),
        place=_place(seen),
        unmasked_until=seen.unmasked_until,
        phone=seen.phone,
        name=seen.name,
    )


def _card(row: Mapping[str, Any]) -> HeldCardView:
    card_id = row["sk"].removeprefix(HOLDING)
    return HeldCardView(card_id=card_id, kind=row["kind"], state=row["state"], last4=row["last4"])


def _place(seen: LookedAt) -> PlaceOfPersonView | None:
    if seen.place is None:
        return None
    found = seen.place.distributor
    return PlaceOfPersonView(
        distributor_id=found.distributor_id,
        parent_id=found.parent_id,
        state=found.state,
        tier=found.tier,
        since=seen.place.since,
    )
