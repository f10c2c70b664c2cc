"""The tree for the office: all trees, who stands below and above somebody, and finding somebody in them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from chalicelib import bootstrap
from chalicelib.domain.person import PhoneInvalid
from chalicelib.handlers.api.office_distributors import READERS, DistributorPath, check_region
from chalicelib.handlers.fields import (
    Body,
    DistributorId,
    InviteCode,
    Listing,
    Page,
    PageQuery,
    Phone,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.look_at_tree import Node
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.query_tree import DistributorUnknown

routes = Routes(__name__)

PersonOrPlaceId = Annotated[str, Field(pattern=r"^(cus|dst)_[0-9A-Z]{12}$", examples=["dst_7K3M9PQRS2TV"])]
FINDERS = ("ops", "support", "risk", "finance")


class NodeView(View):
    """A place of a tree. `phone_masked` is empty where the person was deleted."""

    distributor_id: DistributorId
    parent_id: str | None
    root_id: str
    state: str
    tier: str
    region: str
    since: datetime
    phone_masked: str


class WayView(View):
    """From the root to the distributor.

    It is not whole where the way is longer than a hundred steps, of which the nearest are told beside
    the root, or leads through regions that are not yours.
    """

    nodes: list[NodeView]
    is_whole: bool


class FindDistributors(Body):
    """One of the three. A whole phone number, in a body, for addresses stand in logs of others."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"invite_code": "7K3M9PQRS2TV"}]})

    phone: Phone | None = Field(default=None, repr=False)
    invite_code: InviteCode | None = None
    id: PersonOrPlaceId | None = Field(
        default=None, description="a distributor's, or the same person's as a customer"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.phone, self.invite_code, self.id].count(None) != 2:
            raise ValueError("Give one of phone, invite_code and id")
        return self


class FoundDistributorsView(View):
    """One distributor, or none."""

    distributors: list[NodeView]


@routes.get(
    "/v1/office/trees",
    roles=READERS,
    query=PageQuery,
    answers=Page[NodeView],
    shows=Shows("distributor", "trees are looked through"),
    by_region=True,
    summary="The roots of all trees",
)
def tree_roots(actor: Actor, query: PageQuery) -> Listing:
    return _listing(bootstrap.look_at_tree().roots(actor.reaches, query.cursor, query.limit), query)


@routes.get(
    "/v1/office/distributors/{distributor_id}/recruits",
    roles=READERS,
    path=DistributorPath,
    query=PageQuery,
    answers=Page[NodeView],
    shows=Shows("distributor", "trees are looked through"),
    refusals=(DistributorUnknown,),
    by_region=True,
    summary="Who stands directly below a distributor",
)
def recruits_of(actor: Actor, path: DistributorPath, query: PageQuery) -> Listing:
    check_region(actor, path.distributor_id)
    look = bootstrap.look_at_tree()
    look.tree.place(path.distributor_id)
    return _listing(look.recruits(path.distributor_id, actor.reaches, query.cursor, query.limit), query)


@routes.get(
    "/v1/office/distributors/{distributor_id}/path",
    roles=READERS,
    path=DistributorPath,
    answers=WayView,
    shows=Shows("distributor", "a distributor is helped, or looked into"),
    refusals=(DistributorUnknown,),
    by_region=True,
    summary="The way from the root of the tree to a distributor",
)
def tree_path(actor: Actor, path: DistributorPath) -> WayView:
    check_region(actor, path.distributor_id)
    way = bootstrap.look_at_tree().way(path.distributor_id, actor.reaches)
    return WayView(nodes=list(map(_view, way.nodes)), is_whole=way.is_whole)


@routes.post(
    "/v1/office/distributors/search",
    roles=FINDERS,
    keyless=True,
    body=FindDistributors,
    answers=FoundDistributorsView,
    unrecorded="it changes nothing; the read audit notes it",
    shows=Shows("distributor", "a distributor who asks for help is found"),
    refusals=(PhoneInvalid,),
    by_region=True,
    summary="Find a distributor by phone number, invite code or id",
)
def find_distributors(actor: Actor, body: FindDistributors) -> FoundDistributorsView:
    found = [node for node in _found(body) if actor.reaches(node.distributor.region)]
    return FoundDistributorsView(distributors=list(map(_view, found)))


def _found(body: FindDistributors) -> list[Node]:
    look = bootstrap.look_at_tree()
    if body.phone is not None:
        return look.by_phone(body.phone)
    return look.by_code(body.invite_code) if body.invite_code is not None else look.by_id(body.id or "")


def _listing(found: list[Node], query: PageQuery) -> Listing:
    last = found[-1].distributor.distributor_id if len(found) == query.limit else None
    return Listing(list(map(_view, found)), last)


def _view(node: Node) -> NodeView:
    distributor = node.distributor
    return NodeView(
        distributor_id=distributor.distributor_id,
        parent_id=distributor.parent_id,
        root_id=distributor.root_id,
        state=distributor.state,
        tier=distributor.tier,
        region=distributor.region,
        since=node.since,
        phone_masked=node.phone_masked,
    )
