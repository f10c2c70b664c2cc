"""Cards: my cards and their statements; activate, freeze, report lost, replace, reveal, bind."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.card import (
    BearerHasNoLoss,
    Card,
    CardStateConflict,
    CardUnknown,
    Freezer,
    FrozenByOther,
    LossTermOver,
)
from chalicelib.domain.card_secret import ProofLocked, ProofWrong
from chalicelib.domain.statement import StatementLine, line_from
from chalicelib.handlers.fields import (
    BalancesAtView,
    Body,
    CardId,
    Listing,
    MomentQuery,
    Page,
    PageQuery,
    Path,
    Reason,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.bind_card import NamedNeedsRealName, NamedToAnother
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.project_cards import HOLDING
from chalicelib.usecases.replace_card import HoldOpen, IssuerReplaces
from chalicelib.usecases.reveal_secret import AlreadyRevealed, CardHasNoSecret, Revealed
from chalicelib.usecases.write_statement import TABLE

routes = Routes(__name__)

OFFICE = ("support", "finance", "risk", "auditor")

Secret = Annotated[str, Field(min_length=1, max_length=20, pattern="^[0-9A-Za-z]+$", repr=False)]


class CardPath(Path):
    card_id: CardId


class CardView(View):
    """A card. Its number is shown by its last four digits, its secret never. Amounts in fen."""

    card_id: str
    sku_id: str
    issuer: str
    mode: str
    kind: str
    form: str
    state: str
    last4: str
    holder_id: str
    order_id: str
    available_fen: int
    held_fen: int
    cap_fen: int
    frozen_by: str = Field(description="HOLDER, SUPPORT or RISK while it is frozen")
    revealed_at: datetime | None = Field(description="since when its secret counts as known")
    lost_at: datetime | None
    replaced_by: str
    version: int


class HoldingView(View):
    """A card in its holder's list: as the stream saw it last, a moment behind the card itself."""

    card_id: str
    sku_id: str
    issuer: str
    mode: str
    kind: str
    form: str
    state: str
    last4: str
    available_fen: int
    held_fen: int
    version: int


class LineView(View):
    """One change of a card: what moved, what stood there afterwards, and the hash that chains it."""

    version: int
    at: datetime
    record: str
    state: str
    deltas: dict[str, int]
    balances: dict[str, int]
    previous_hash: str
    hash: str


class SecretView(View):
    """Shown once, and never again."""

    card: CardView
    card_number: str
    secret: str


class ActivateBody(Body):
    """The secret under the scratch field."""

    secret: Secret


class BindBody(Body):
    """What stands on the card that one holds in the hand."""

    card_number: Annotated[str, Field(pattern="^[0-9]{12,20}$", repr=False, examples=["100011112222000001"])]
    secret: Secret


class ReasonBody(Body):
    """Why the office does it."""

    reason: Reason


@routes.get("/v1/cards", roles=("customer",), query=PageQuery, answers=Page[HoldingView], summary="My cards")
def my_cards(actor: Actor, query: PageQuery) -> Listing:
    found = bootstrap.documents().query(TABLE, actor.person_id, HOLDING, query.cursor, query.limit)
    return Listing([_holding(row) for row in found], found[-1]["sk"] if len(found) == query.limit else None)


def _holding(row: dict[str, Any]) -> HoldingView:
    shown = {name: row.get(name, 0) for name in HoldingView.model_fields if name != "card_id"}
    return HoldingView(card_id=row["sk"].removeprefix(HOLDING), **shown)


@routes.get(
    "/v1/cards/{card_id}",
    roles=("customer", *OFFICE),
    path=CardPath,
    answers=CardView,
    shows=Shows("customer", "a holder is helped with a card"),
    refusals=(CardUnknown,),
    summary="One card as it is now",
)
def one_card(actor: Actor, path: CardPath) -> Card:
    card = bootstrap.cards().get(path.card_id)
    if card is None or not (card.holder_id == actor.person_id or actor.roles & set(OFFICE)):
        raise CardUnknown(card_id=path.card_id)
    return card


@routes.get(
    "/v1/cards/{card_id}/statement",
    roles=("customer", *OFFICE),
    path=CardPath,
    query=PageQuery,
    answers=Page[LineView],
    shows=Shows("customer", "a holder is told why a balance is what it is"),
    refusals=(CardUnknown,),
    summary="Every change of a card, the newest first",
)
def card_statement(actor: Actor, path: CardPath, query: PageQuery) -> Listing:
    card = one_card(actor, path)
    found = bootstrap.documents().query(TABLE, card.card_id, "", query.cursor, query.limit, newest=True)
    lines: list[StatementLine] = [line_from(item) for item in found]
    return Listing(lines, found[-1]["sk"] if len(found) == query.limit else None)


@routes.get(
    "/v1/cards/{card_id}/balance-at",
    roles=("customer", *OFFICE),
    path=CardPath,
    query=MomentQuery,
    answers=BalancesAtView,
    shows=Shows("customer", "a holder is told what a card held"),
    refusals=(CardUnknown,),
    summary="What stood on a card at a moment",
)
def card_balance_at(actor: Actor, path: CardPath, query: MomentQuery) -> BalancesAtView:
    card = one_card(actor, path)
    balances = bootstrap.query_statement().balances_at(card.card_id, query.at)
    return BalancesAtView(at=query.at, balances=dict(balances))


@routes.post(
    "/v1/cards/{card_id}/activation",
    roles=("customer",),
    path=CardPath,
    body=ActivateBody,
    answers=CardView,
    records=("card.activate",),
    refusals=(CardUnknown, CardStateConflict, ProofWrong, ProofLocked),
    summary="Activate a card that has arrived",
)
def activate_card(command: Command, path: CardPath, body: ActivateBody) -> Card:
    return bootstrap.activate_card()(command, path.card_id, body.secret)


@routes.post(
    "/v1/cards/{card_id}/freeze",
    roles=("customer",),
    path=CardPath,
    answers=CardView,
    records=("card.freeze",),
    refusals=(CardUnknown, CardStateConflict, FrozenByOther),
    summary="Freeze my card",
)
def freeze_card(command: Command, path: CardPath) -> Card:
    return bootstrap.freeze_card().freeze(command, path.card_id, Freezer.HOLDER)


@routes.post(
    "/v1/cards/{card_id}/unfreeze",
    roles=("customer",),
    path=CardPath,
    answers=CardView,
    records=("card.unfreeze",),
    refusals=(CardUnknown, CardStateConflict, FrozenByOther),
    summary="Lift my freeze",
)
def unfreeze_card(command: Command, path: CardPath) -> Card:
    return bootstrap.freeze_card().lift(command, path.card_id, Freezer.HOLDER)


@routes.post(
    "/v1/cards/{card_id}/loss",
    roles=("customer",),
    path=CardPath,
    answers=CardView,
    records=("card.loss",),
    refusals=(CardUnknown, CardStateConflict, BearerHasNoLoss),
    summary="Report my card lost",
)
def report_loss(command: Command, path: CardPath) -> Card:
    return bootstrap.report_loss()(command, path.card_id)


@routes.post(
    "/v1/cards/{card_id}/loss-withdrawal",
    roles=("customer",),
    path=CardPath,
    answers=CardView,
    records=("card.loss_withdrawn",),
    refusals=(CardUnknown, CardStateConflict, LossTermOver, FrozenByOther),
    summary="Withdraw a report of loss, within a day",
)
def withdraw_loss(command: Command, path: CardPath) -> Card:
    return bootstrap.report_loss().withdraw(command, path.card_id)


@routes.post(
    "/v1/cards/{card_id}/replacement",
    roles=("customer",),
    path=CardPath,
    answers=CardView,
    status=201,
    records=("REPLACE_CARD",),
    refusals=(CardUnknown, CardStateConflict, IssuerReplaces, HoldOpen, FrozenByOther),
    summary="Replace a lost card; its balance moves to the new one",
)
def replace_card(command: Command, path: CardPath) -> Card:
    return bootstrap.replace_card()(command, path.card_id)


@routes.post(
    "/v1/cards/{card_id}/secret",
    roles=("customer",),
    path=CardPath,
    answers=SecretView,
    records=("card.reveal",),
    refusals=(CardUnknown, CardStateConflict, CardHasNoSecret, AlreadyRevealed),
    summary="Reveal number and secret of my card, once",
)
def reveal_secret(command: Command, path: CardPath) -> Revealed:
    return bootstrap.reveal_secret()(command, path.card_id)


@routes.post(
    "/v1/card-bindings",
    roles=("customer",),
    body=BindBody,
    answers=CardView,
    status=201,
    records=("card.bind",),
    refusals=(
        ProofWrong,
        ProofLocked,
        CardUnknown,
        CardStateConflict,
        NamedToAnother,
        NamedNeedsRealName,
    ),
    under_notice=True,
    summary="Take a card that I hold in my hand into my list",
)
def bind_card(command: Command, body: BindBody) -> Card:
    return bootstrap.bind_card()(command, body.card_number, body.secret)


@routes.post(
    "/v1/office/cards/{card_id}/freeze",
    roles=("support", "risk"),
    path=CardPath,
    body=ReasonBody,
    answers=CardView,
    records=("card.freeze",),
    refusals=(CardUnknown, CardStateConflict, FrozenByOther),
    summary="Freeze a customer's card",
)
def office_freeze_card(command: Command, path: CardPath, body: ReasonBody) -> Card:
    return bootstrap.freeze_card().freeze(command, path.card_id, _office(command.actor))


@routes.post(
    "/v1/office/cards/{card_id}/unfreeze",
    roles=("support", "risk"),
    path=CardPath,
    body=ReasonBody,
    answers=CardView,
    records=("card.unfreeze",),
    refusals=(CardUnknown, CardStateConflict, FrozenByOther),
    summary="Lift a freeze of the office",
)
def office_unfreeze_card(command: Command, path: CardPath, body: ReasonBody) -> Card:
    return bootstrap.freeze_card().lift(command, path.card_id, _office(command.actor))


def _office(actor: Actor) -> Freezer:
    return Freezer.RISK if "risk" in actor.roles else Freezer.SUPPORT
