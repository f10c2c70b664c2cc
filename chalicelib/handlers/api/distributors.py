"""Distributors: join below somebody, invite others, see what is earned and why, and where it is paid to."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote as url_quote

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain import explanation as explanations
from chalicelib.domain.application import REVIEW, ReviewNeeded
from chalicelib.domain.distributor import InviteCodeUnknown, ParentNotActive, checked_invite_code, given_up
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.statement import StatementLine
from chalicelib.domain.tree_items import Edge, Place
from chalicelib.domain.withdrawal import KycRequired
from chalicelib.gateways.qr_code import svg_of
from chalicelib.handlers.answers import Raw
from chalicelib.handlers.fields import (
    AccountNumber,
    BalancesAtView,
    Body,
    InviteCode,
    Listing,
    MomentQuery,
    Name,
    Page,
    PageQuery,
    Path,
    Query,
    Text,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.usecases.join_distribution import AgreementOutdated, DistributorAlready
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.query_commission import CommissionUnknown, Earning
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.set_payee import Payee, PayeeInvalid

routes = Routes(__name__)

EntryId = Annotated[
    str,
    Field(
        pattern=r"^cme_[0-7][0-9A-HJKMNP-TV-Z]{25}_[2-9A-HJ-KM-NP-Z]{12}_[12]$",
        examples=["cme_01JD3Q8Z6N5W4V3T2S1R0QPAMK_7K3M9PQRS2TV_1"],
    ),
]


class TermsView(View):
    """What a distributor agrees to. Joining costs nothing, and nobody is paid for it."""

    agreement: str
    fee_fen: Literal[0] = 0
    is_reviewed: bool = Field(description="Then one applies; else one joins at once")


class TermsQuery(Query):
    invite_code: InviteCode | None = Field(default=None, description="Reviews differ by region")


class Join(Body):
    """`agreement`: the version that was shown and accepted."""

    invite_code: InviteCode
    agreement: Name


class PlaceView(View):
    """A place in the tree. The payee is shown by the last digits of its account."""

    distributor_id: str
    parent_id: str | None
    root_id: str
    state: str
    tier: str
    since: datetime
    agreement: str
    tax_method: str
    invite_code: str
    invite_url: str
    payee_shown: str
    payee_changed_at: datetime | None


def place_view(place: Place) -> PlaceView:
    """A place as its owner and the office see it."""
    distributor = place.distributor
    code = distributor.distributor_id[4:]
    return PlaceView(
        distributor_id=distributor.distributor_id,
        parent_id=distributor.parent_id,
        root_id=distributor.root_id,
        state=distributor.state,
        tier=distributor.tier,
        since=place.since,
        agreement=place.agreement,
        tax_method=place.tax_method,
        invite_code=code,
        invite_url=_invite_url(code),
        payee_shown=place.payee_shown,
        payee_changed_at=place.payee_changed_at,
    )


def _invite_url(code: str) -> str:
    return f"{bootstrap.settings().public_url.rstrip('/')}/join/{url_quote(code)}"


@routes.get(
    "/v1/distributors/terms",
    roles=("customer",),
    query=TermsQuery,
    answers=TermsView,
    refusals=(InviteCodeUnknown,),
    summary="What joining asks for, and what it costs: nothing",
)
def joining_terms(query: TermsQuery, now: datetime) -> TermsView:
    catalog, region = bootstrap.catalog(), ""
    if query.invite_code:
        parent = bootstrap.join_distribution().parent(f"dst_{checked_invite_code(query.invite_code)}")
        region = parent.distributor.region
    agreement = str(catalog.parameter("distribution.agreement", now))
    return TermsView(agreement=agreement, is_reviewed=bool(catalog.parameter(REVIEW, now, region)))


@routes.post(
    "/v1/distributors",
    roles=("customer",),
    body=Join,
    answers=PlaceView,
    status=201,
    records=("distributor.join",),
    refusals=(
        KycRequired,
        AgreementOutdated,
        InviteCodeUnknown,
        ReviewNeeded,
        ParentNotActive,
        DistributorAlready,
    ),
    under_notice=True,
    summary="Become a distributor below the one whose code was given",
)
def join(command: Command, body: Join) -> PlaceView:
    return place_view(bootstrap.join_distribution()(command, body.invite_code, body.agreement))


@routes.get(
    "/v1/distributors/me",
    roles=("customer",),
    answers=PlaceView,
    refusals=(NotADistributor,),
    summary="My place, my code and my link",
)
def my_place(actor: Actor) -> PlaceView:
    return place_view(bootstrap.query_tree().own_place(actor))


@routes.delete(
    "/v1/distributors/me",
    roles=("customer",),
    answers=PlaceView,
    records=("distributor.state",),
    refusals=(NotADistributor, IllegalState),
    summary="Give up my place, for ever: nothing new is earned, and what was earned is paid",
)
def give_up_place(command: Command) -> PlaceView:
    own = bootstrap.query_tree().own_place(command.actor).distributor
    state = given_up(own.state)
    return place_view(bootstrap.suspend_distributor()(command, own.distributor_id, state))


@routes.get(
    "/v1/distributors/me/invitation",
    roles=("customer",),
    media_type="image/svg+xml",
    refusals=(NotADistributor,),
    summary="The QR code of my link",
)
def my_invitation(actor: Actor) -> Raw:
    place = bootstrap.query_tree().own_place(actor)
    name = 'inline; filename="invitation.svg"'
    return Raw(svg_of(_invite_url(place.distributor.distributor_id[4:])), {"Content-Disposition": name})


class RecruitView(View):
    distributor_id: str
    since: datetime


@routes.get(
    "/v1/distributors/me/recruits",
    roles=("customer",),
    query=PageQuery,
    answers=Page[RecruitView],
    refusals=(NotADistributor,),
    summary="Those who joined with my code, and nobody below them",
)
def my_recruits(actor: Actor, query: PageQuery) -> Listing:
    place = bootstrap.query_tree().own_place(actor)
    parent_id = place.distributor.distributor_id
    found: list[Edge] = bootstrap.query_tree().recruits(parent_id, query.cursor, query.limit)
    return Listing(found, found[-1].distributor_id if len(found) == query.limit else None)


class BalanceView(View):
    """In fen: to spend, held for withdrawals, owed to us, and frozen by release day (YYYYMMDD, or "risk")."""

    available_fen: int
    held_fen: int
    owed_fen: int
    frozen_fen: dict[str, int]


@routes.get(
    "/v1/distributors/me/balance",
    roles=("customer",),
    answers=BalanceView,
    refusals=(NotADistributor,),
    summary="What I earned, and when it is free",
)
def my_balance(actor: Actor) -> BalanceView:
    place = bootstrap.query_tree().own_place(actor)
    known = bootstrap.accounts().balances(place.distributor.distributor_id)
    frozen = {day: fen for day, fen in known.frozen_fen.items() if fen}
    return BalanceView(
        available_fen=known.available_fen,
        held_fen=known.held_fen,
        owed_fen=known.owed_fen,
        frozen_fen=frozen,
    )


class LineView(View):
    """One change of an account, chained to the one before by its hash."""

    version: int
    record: str
    at: datetime
    deltas: dict[str, int]
    balances: dict[str, int]
    previous_hash: str
    hash: str


@routes.get(
    "/v1/distributors/me/statement",
    roles=("customer",),
    query=PageQuery,
    answers=Page[LineView],
    refusals=(NotADistributor,),
    summary="Every change of my account, the newest first",
)
def my_statement(actor: Actor, query: PageQuery) -> Listing:
    place = bootstrap.query_tree().own_place(actor)
    return statement_page(place.distributor.distributor_id, query)


def statement_page(owner: str, query: PageQuery) -> Listing:
    """A page of anybody's statement."""
    before = int(query.cursor) if query.cursor else 0
    lines: list[StatementLine] = bootstrap.query_statement().page(owner, before, query.limit)
    more = len(lines) == query.limit and lines[-1].version > 1
    return Listing(lines, str(lines[-1].version) if more else None)


@routes.get(
    "/v1/distributors/me/balance-at",
    roles=("customer",),
    query=MomentQuery,
    answers=BalancesAtView,
    refusals=(NotADistributor,),
    summary="What stood on my account at a moment",
)
def my_balance_at(actor: Actor, query: MomentQuery) -> BalancesAtView:
    place = bootstrap.query_tree().own_place(actor)
    balances = bootstrap.query_statement().balances_at(place.distributor.distributor_id, query.at)
    return BalancesAtView(at=query.at, balances=dict(balances))


class EarningView(View):
    """`amount_fen` below zero: taken back after a refund."""

    entry_id: str
    action: str
    amount_fen: int
    at: datetime
    release_day: str
    sku_id: str
    reason: str


@routes.get(
    "/v1/distributors/me/commissions",
    roles=("customer",),
    query=PageQuery,
    answers=Page[EarningView],
    refusals=(NotADistributor,),
    summary="Every commission entry of mine, the newest first",
)
def my_commissions(actor: Actor, query: PageQuery) -> Listing:
    bootstrap.query_tree().own_place(actor)
    distributor_id = distributor_id_of(actor.person_id)
    found: list[Earning] = bootstrap.query_commission().page(distributor_id, query.cursor, query.limit)
    return Listing(found, found[-1].entry_id if len(found) == query.limit else None)


class EntryPath(Path):
    entry_id: EntryId


class ExplainedView(View):
    """An entry, what became of it, and everything it was computed from."""

    entry_id: str
    amount_fen: int
    reversed_fen: int
    net_fen: int
    held: bool
    recomputed_fen: int = Field(description="computed anew, from the explanation alone")
    explanation: dict[str, Any]


@routes.get(
    "/v1/distributors/me/commissions/{entry_id}/explanation",
    roles=("customer",),
    path=EntryPath,
    answers=ExplainedView,
    refusals=(CommissionUnknown,),
    summary="Why an entry is what it is",
)
def explain_commission(actor: Actor, path: EntryPath) -> ExplainedView:
    return explained_view(distributor_id_of(actor.person_id), path.entry_id)


def explained_view(distributor_id: str, entry_id: str) -> ExplainedView:
    """Anybody's entry."""
    found = bootstrap.query_commission().explain(distributor_id, entry_id)
    return ExplainedView(
        entry_id=found.entry_id,
        amount_fen=found.amount_fen,
        reversed_fen=found.reversed_fen,
        net_fen=found.net_fen,
        held=found.held,
        recomputed_fen=found.recomputed_fen,
        explanation=explanations.to_document(found.history.explanation),
    )


class SetPayee(Body):
    """The bank account that withdrawals go to. From the change on nothing is paid for a day."""

    name: Text
    bank: Text
    account: AccountNumber


@routes.put(
    "/v1/distributors/me/payee",
    roles=("customer",),
    body=SetPayee,
    answers=PlaceView,
    records=("distributor.payee",),
    refusals=(NotADistributor, PayeeInvalid),
    confirmed=True,
    summary="Where my money goes",
)
def set_payee(command: Command, body: SetPayee) -> PlaceView:
    return place_view(bootstrap.set_payee()(command, Payee(body.name, body.bank, body.account)))
