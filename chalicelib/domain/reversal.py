"""Reversals: what of a commission goes back after a refund, from which pocket, and when is the rest free?

A reversal is the difference between what an entry still holds and what its own
terms come to on the rest of the order; never a share of a share, so that the
reversals of an order refunded whole sum to the entry exactly. An entry is never
edited, a reversal never negative.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from chalicelib.domain.business_time import business_date
from chalicelib.domain.explanation import Explanation, Line, amounts_of
from chalicelib.domain.money import bps_floor, share_floor
from chalicelib.domain.order import Order

NETTING_BPS_DEFAULT = 10_000  # the whole of a release pays debt first


class PendingWithdrawal(NamedTuple):
    """A withdrawal that nobody has approved yet: its money can still come back, as a whole."""

    withdrawal_id: str
    amount_fen: int


class Pockets(NamedTuple):
    """What a distributor has, in fen, as a reversal of one entry sees it.

    `frozen_fen` is the pot of this entry's own release day, 0 once that is released;
    `pending` goes from the newest to the oldest.
    """

    frozen_fen: int
    available_fen: int
    pending: tuple[PendingWithdrawal, ...] = ()


class Sources(NamedTuple):
    """Where a reversal is taken from. First `returned` go back whole to what is available."""

    frozen_fen: int
    returned: tuple[PendingWithdrawal, ...]
    available_fen: int
    debt_fen: int


class Release(NamedTuple):
    """How a released amount is divided."""

    netted_fen: int
    available_fen: int


def remaining(line: Line, paid_fen: int, quantity: int) -> Line:
    """The line after refunds: what is still paid for and how many units are still kept.

    List price, margin and volume shrink as the payment does, each down to the unit.
    Computed from the original line, so that the way of several refunds does not matter.
    """
    assert 0 <= paid_fen <= line.paid_fen and 0 <= quantity <= line.quantity
    paid_before_fen = max(1, line.paid_fen)
    return replace(
        line,
        quantity=quantity,
        paid_fen=paid_fen,
        list_fen=share_floor(line.list_fen, paid_fen, paid_before_fen),
        margin_fen=line.margin_fen * paid_fen // paid_before_fen,
        volume_ml=share_floor(line.volume_ml, paid_fen, paid_before_fen),
    )


def remaining_lines(explanation: Explanation, order: Order) -> tuple[Line, ...]:
    """What is left of the explained lines after all refunds of the order, those under way included."""
    (priced,) = explanation.lines
    paid_fen = order.payable_fen - order.refunded_fen
    return (remaining(priced.line, paid_fen, order.quantity - order.refunded_units),)


def reversal_fen(explanation: Explanation, net_before_fen: int, rest: tuple[Line, ...]) -> int:
    """What must be reversed, in fen ≥ 0. `net_before_fen`: the entry less its earlier reversals."""
    target_fen = min(net_before_fen, amounts_of(explanation, rest)[explanation.level - 1])
    return net_before_fen - target_fen


def sources_of(reverse_fen: int, pockets: Pockets) -> Sources:
    """Where the money of a reversal is taken: frozen, available, unapproved withdrawals, then debt.

    Other days' pots are left alone: they belong to other entries, and a release nets debt anyway.
    """
    assert reverse_fen >= 0
    frozen_fen = min(reverse_fen, pockets.frozen_fen)
    rest_fen = reverse_fen - frozen_fen
    available_fen = pockets.available_fen
    returned: list[PendingWithdrawal] = []
    for withdrawal in pockets.pending:
        if available_fen >= rest_fen:
            break
        returned.append(withdrawal)
        available_fen += withdrawal.amount_fen
    taken_fen = min(rest_fen, available_fen)
    return Sources(frozen_fen, tuple(returned), taken_fen, rest_fen - taken_fen)


def release(frozen_fen: int, debt_fen: int, netting_bps: int = NETTING_BPS_DEFAULT) -> Release:
    """A pot at the end of its hold: debt is paid first, from at most `netting_bps` of it, rounded down."""
    netted_fen = min(debt_fen, bps_floor(frozen_fen, netting_bps))
    return Release(netted_fen, frozen_fen - netted_fen)


def release_date(paid_at: datetime, hold_days: int) -> date:
    """The business date on which commission is released: days are counted in Asia/Shanghai dates."""
    return business_date(paid_at) + timedelta(days=hold_days)
