"""Cards: which states does a card go through, and why would a change of it be refused?

    PRODUCED -> IN_STOCK -> RESERVED -> SOLD -> ACTIVE <-> FROZEN
    a virtual card: PRODUCED -> SOLD -> ACTIVE, all at the sale
    ACTIVE, FROZEN -> LOST (named only) -> REPLACED, or back to ACTIVE within a day
    SOLD, ACTIVE, FROZEN, LOST, EXPIRED -> REFUND_PENDING -> CLOSED, or back

An ISSUER card carries its own balance: `available_fen` can be spent, `held_fen`
waits at a pump, `balance_fen` is both, and the law caps it. A card is known by
the keyed hash of its number; number and secret themselves are ciphertext.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.errors import Conflict, IllegalState, NotFound, Refusal, Unprocessable

LOSS_WITHDRAWAL_TERM = timedelta(hours=24)


class CardState(StrEnum):
    PRODUCED = "PRODUCED"
    IN_STOCK = "IN_STOCK"
    RESERVED = "RESERVED"
    SOLD = "SOLD"
    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"
    LOST = "LOST"
    REPLACED = "REPLACED"
    EXPIRED = "EXPIRED"
    REFUND_PENDING = "REFUND_PENDING"
    CLOSED = "CLOSED"
    DAMAGED = "DAMAGED"
    VOID = "VOID"


_S = CardState
TRANSITIONS: dict[CardState, frozenset[CardState]] = {
    _S.PRODUCED: frozenset({_S.IN_STOCK, _S.SOLD}),
    _S.IN_STOCK: frozenset({_S.RESERVED, _S.DAMAGED, _S.VOID}),
    _S.RESERVED: frozenset({_S.SOLD, _S.IN_STOCK}),
    _S.SOLD: frozenset({_S.ACTIVE, _S.REFUND_PENDING}),
    _S.ACTIVE: frozenset({_S.FROZEN, _S.LOST, _S.EXPIRED, _S.REFUND_PENDING}),
    _S.FROZEN: frozenset({_S.ACTIVE, _S.LOST, _S.EXPIRED, _S.REFUND_PENDING}),
    _S.LOST: frozenset({_S.REPLACED, _S.ACTIVE, _S.REFUND_PENDING}),
    _S.EXPIRED: frozenset({_S.ACTIVE, _S.REPLACED, _S.REFUND_PENDING}),
    _S.REFUND_PENDING: frozenset({_S.CLOSED, _S.SOLD, _S.ACTIVE, _S.FROZEN, _S.LOST, _S.EXPIRED}),
    _S.REPLACED: frozenset(),
    _S.CLOSED: frozenset(),
    _S.DAMAGED: frozenset(),
    _S.VOID: frozenset(),
}


class Freezer(StrEnum):
    """Who froze a card. The weaker cannot lift the freeze of the stronger."""

    HOLDER = "HOLDER"
    SUPPORT = "SUPPORT"
    RISK = "RISK"


# Whose freeze each may lift ("": nobody's name stands there). A holder's own is the holder's alone to lift.
MAY_LIFT: dict[Freezer, frozenset[str]] = {
    Freezer.HOLDER: frozenset({Freezer.HOLDER}),
    Freezer.SUPPORT: frozenset({Freezer.SUPPORT}),
    Freezer.RISK: frozenset({Freezer.SUPPORT, Freezer.RISK, ""}),
}

# Over whose freeze each may set its own.
MAY_OVERRULE: dict[Freezer, frozenset[str]] = {
    Freezer.HOLDER: frozenset(),
    Freezer.SUPPORT: frozenset({Freezer.HOLDER}),
    Freezer.RISK: frozenset({Freezer.HOLDER, Freezer.SUPPORT, ""}),
}

SPENDABLE = (CardState.ACTIVE,)
CREDITABLE = (CardState.SOLD, CardState.ACTIVE, CardState.FROZEN)


class CardUnknown(NotFound):
    code = "CARD_UNKNOWN"


class CardNotSpendable(Conflict):
    code = "CARD_NOT_SPENDABLE"
    advice = "Unfreeze or activate the card, or pay another way."


class CardStateConflict(IllegalState):
    """The card has moved on since it was read."""


class InsufficientBalance(Unprocessable):
    code = "INSUFFICIENT_BALANCE"
    advice = "Top up this card or pay through a channel."


class CardBalanceCap(Unprocessable):
    """The balance would pass the legal cap of its kind (单用途预付卡管理办法 art. 18)."""

    code = "CARD_BALANCE_CAP"
    advice = "Top up by at most `allowed_fen`."


class IssuerDiffers(Unprocessable):
    """A card pays only for goods of its own issuer; else it were a payment business (条例 art. 15)."""

    code = "ISSUER_DIFFERS"
    advice = "Pay with a card of the same issuer or through a channel."


class BearerHasNoLoss(Unprocessable):
    code = "BEARER_HAS_NO_LOSS"
    advice = "A bearer card cannot be reported lost; freeze it if it is bound to you."


class FrozenByOther(Conflict):
    """The freeze is another one's to lift."""

    code = "CARD_FROZEN_BY_OTHER"
    advice = "Contact support; the card was frozen by `frozen_by`."


class LossTermOver(Conflict):
    code = "LOSS_TERM_OVER"
    advice = "A report of loss can be withdrawn for 24 hours; ask for a replacement card."


@dataclass(frozen=True, slots=True)
class Card:
    """One card. Amounts in fen."""

    card_id: str
    sku_id: str
    issuer: str
    mode: str
    kind: str
    form: str
    state: CardState
    cap_fen: int
    last4: str
    sealed: str = ""  # number, and the secret under the scratch field if there is one
    batch_id: str = ""
    holder_id: str = ""
    order_id: str = ""
    available_fen: int = 0
    held_fen: int = 0
    balance_fen: int = 0
    version: int = 0
    last_record: str = ""
    revealed_at: datetime | None = None
    lost_at: datetime | None = None
    replaced_by: str = ""
    frozen_by: str = ""  # a Freezer, while the card is frozen or was when it was lost


@dataclass(frozen=True, slots=True)
class CardChange:
    """A condition on one card, and what becomes of it besides its money.

    The money comes from the record of the same transaction and from nowhere
    else. `states`: the card must be in one of them. `move_to`, `assign_to`,
    `order_id`, `set_*`: what is written.
    """

    card_id: str
    states: tuple[CardState, ...]
    holder_id: str = ""
    issuer: str = ""
    mode: str = ""
    kind: str = ""  # with it goes the cap of the law, which is the card's and not the product's
    not_revealed: bool = False
    untouched_fen: int | None = None  # the available balance must still be exactly this
    frozen_by: str = ""  # the card must have been frozen by this one
    move_to: CardState | None = None
    assign_to: str | None = None
    order_id: str | None = None
    revealed_at: datetime | None = None
    lost_at: datetime | None = None
    replaced_by: str | None = None
    freeze_by: str | None = None  # whose freeze it is from now on; "": nobody's
    cap_fen: int | None = None  # checked when the record credits the card

    def __post_init__(self) -> None:
        if self.move_to is not None:
            for state in self.states:
                assert self.move_to in reachable(state), f"no way from {state} to {self.move_to}"


def reachable(state: CardState) -> frozenset[CardState]:
    """The states one command may reach: one step, or two where one command takes both.

    A sale takes IN_STOCK over RESERVED to SOLD, a refund at once takes a card over
    REFUND_PENDING to CLOSED.
    """
    steps = TRANSITIONS[state] | {state}
    if CardState.RESERVED in steps:
        steps |= {CardState.SOLD}
    if CardState.REFUND_PENDING in steps:
        steps |= {CardState.CLOSED}
    return steps


def why_refused(card: Card | None, change: CardChange, available_delta_fen: int) -> Refusal:
    """Which refusal explains that the condition of `change` failed on this card."""
    if card is None or (change.holder_id and card.holder_id != change.holder_id):
        return CardUnknown(card_id=change.card_id)
    wanted = ((change.issuer, card.issuer), (change.mode, card.mode), (change.kind, card.kind))
    if any(needed and needed != has for needed, has in wanted):
        return IssuerDiffers(card_issuer=card.issuer, needed=change.issuer)
    if card.state not in change.states:
        if available_delta_fen < 0 and change.move_to is None:
            return CardNotSpendable(state=card.state)
        return CardStateConflict(card_id=card.card_id, state=card.state, needed=tuple(change.states))
    if change.cap_fen is not None:
        allowed_fen = max(0, change.cap_fen - card.balance_fen)
        if available_delta_fen > allowed_fen:
            return CardBalanceCap(cap_fen=change.cap_fen, allowed_fen=allowed_fen)
    if card.available_fen < -available_delta_fen:
        return InsufficientBalance(available_fen=card.available_fen, needed_fen=-available_delta_fen)
    return CardStateConflict(card_id=card.card_id, state=card.state)
