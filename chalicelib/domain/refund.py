"""Refunds: how much of a prepaid card's money goes back, and what becomes of the discount?

法释〔2025〕4号. The refund is what was paid less what was consumed (art. 15). If the
issuer is the cause, what was consumed is priced at the discount (art. 18); if the
consumer is, at the price before it (art. 19), and never is more demanded than was
paid (art. 20). What distributors earned is not the consumer's cost (art. 15 ¶3).

Every refund is computed as "refunded in all after it" less "refunded before it":
in how many parts the money is given back makes no difference to the sum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import Unprocessable
from chalicelib.domain.money import share_half_up

DAYS_OF_YEAR = 365


class Cause(StrEnum):
    CUSTOMER = "CUSTOMER"
    ISSUER = "ISSUER"


class RefundExceeds(Unprocessable):
    code = "REFUND_EXCEEDS"
    advice = "Ask for at most `refundable_fen`."


class ApprovalNeeded(Unprocessable):
    code = "APPROVAL_NEEDED"
    advice = "Ask for it by a refund request: people of the office agree first."


class NothingToRefund(Unprocessable):
    code = "NOTHING_TO_REFUND"
    advice = "All that was paid is used or was refunded before."


@dataclass(frozen=True, slots=True)
class Prepayment:
    """One payment onto a card and what became of it, in fen.

    `paid_fen` is the price of the credit alone, at most the credit; a fee beside it
    is no part of this. `used_fen` of the credited money is consumed, `withdrawn_fen` left the card by
    earlier refunds, which gave back `refunded_fen` of the payment.
    """

    paid_fen: int
    credited_fen: int
    used_fen: int = 0
    withdrawn_fen: int = 0
    refunded_fen: int = 0

    def __post_init__(self) -> None:
        assert 0 <= self.refunded_fen <= self.paid_fen <= self.credited_fen > 0
        assert min(self.used_fen, self.withdrawn_fen) >= 0 and self.on_card_fen >= 0

    @property
    def on_card_fen(self) -> int:
        return self.credited_fen - self.used_fen - self.withdrawn_fen


@dataclass(frozen=True, slots=True)
class RefundParts:
    """withdrawn = refund + promo rest; `commission_base_fen` is the payment that still earns."""

    refund_fen: int
    promo_rest_fen: int
    withdrawn_fen: int
    commission_base_fen: int


def used_of(credited_fen: int, withdrawn_fen: int, available_fen: int) -> int:
    """What of a credit counts as used when the card holds other money too.

    The card's balance is taken to be this credit's own money first, which is the
    reading that gives the consumer most; over all refunds of a card nothing is given twice.
    """
    return max(0, credited_fen - withdrawn_fen - available_fen)


def refundable_fen(prepayment: Prepayment, cause: Cause) -> int:
    """The most that can go back now: never more than still stands on the card."""
    worth_fen = _REFUNDED[cause](prepayment, prepayment.used_fen) - prepayment.refunded_fen
    return max(0, min(worth_fen, prepayment.on_card_fen))


def whole(prepayment: Prepayment, cause: Cause) -> RefundParts:
    """All that is left on the card is withdrawn and its worth given back, be that nothing.

    Raises: NothingToRefund when the card holds nothing of this payment.
    """
    if prepayment.on_card_fen == 0:
        raise NothingToRefund()
    return _parts(prepayment, refundable_fen(prepayment, cause), prepayment.on_card_fen)


def partial(prepayment: Prepayment, cause: Cause, refund_fen: int) -> RefundParts:
    """A refund of `refund_fen` > 0: as little is withdrawn from the card as that is worth.

    Asking for all that is refundable is a whole refund. If the consumer is the cause,
    the discount goes first, since what stays is priced without it.

    Raises: RefundExceeds.
    """
    limit_fen = refundable_fen(prepayment, cause)
    if not 0 < refund_fen <= limit_fen:
        raise RefundExceeds(refundable_fen=limit_fen)
    if refund_fen == limit_fen:
        return whole(prepayment, cause)
    kept_fen = _KEPT_MOST[cause](prepayment, prepayment.refunded_fen + refund_fen)
    withdrawn_fen = prepayment.credited_fen - prepayment.withdrawn_fen - kept_fen
    # After a refund by the other cause the formula may ask for less than leaves the card.
    return _parts(prepayment, refund_fen, max(refund_fen, withdrawn_fen))


def interest_fen(principal_fen: int, rate_bps: int, days: int) -> int:
    """Simple interest for the days since the contract ended (arts. 16, 17), rounded half up."""
    return share_half_up(principal_fen, rate_bps * days, 10_000 * DAYS_OF_YEAR)


def _parts(prepayment: Prepayment, refund_fen: int, withdrawn_fen: int) -> RefundParts:
    return RefundParts(
        refund_fen=refund_fen,
        promo_rest_fen=withdrawn_fen - refund_fen,
        withdrawn_fen=withdrawn_fen,
        commission_base_fen=prepayment.paid_fen - prepayment.refunded_fen - refund_fen,
    )


def _refunded_by_issuer(prepayment: Prepayment, kept_fen: int) -> int:
    """What is refunded in all when `kept_fen` of the credit is kept or used, at the discount price."""
    return prepayment.paid_fen - share_half_up(kept_fen, prepayment.paid_fen, prepayment.credited_fen)


def _refunded_by_consumer(prepayment: Prepayment, kept_fen: int) -> int:
    return max(0, prepayment.paid_fen - kept_fen)


def _kept_most_by_issuer(prepayment: Prepayment, refunded_fen: int) -> int:
    """The most that may be kept when `refunded_fen` goes back: the inverse of the half-up price."""
    price_fen = prepayment.paid_fen - refunded_fen
    return ((2 * price_fen + 1) * prepayment.credited_fen - 1) // (2 * prepayment.paid_fen)


def _kept_most_by_consumer(prepayment: Prepayment, refunded_fen: int) -> int:
    return prepayment.paid_fen - refunded_fen


_REFUNDED: dict[Cause, Callable[[Prepayment, int], int]] = {
    Cause.ISSUER: _refunded_by_issuer,
    Cause.CUSTOMER: _refunded_by_consumer,
}
_KEPT_MOST: dict[Cause, Callable[[Prepayment, int], int]] = {
    Cause.ISSUER: _kept_most_by_issuer,
    Cause.CUSTOMER: _kept_most_by_consumer,
}
