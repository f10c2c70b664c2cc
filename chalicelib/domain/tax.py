"""Tax: how much income tax is withheld from a payout of commission?

The payer withholds (个人所得税法 art. 9) on labour pay less 20 % (art. 6), by one of two
methods that the distributor's contract names:

    NONE         a company invoices and is paid in full
    PER_PAYMENT  all payments of one month are one payment; up to 4 000 yuan less 800
    CUMULATIVE   公告2025年第16号: the year's income less 20 % and 5 000 a month, by the
                 yearly table, less what was withheld before

Both go by what was paid before in the period, so both carry a `TaxPosition` from one
payout to the next. Gross, share and rate are multiplied as one fraction, less the
quick deduction, and rounded half up to the fen once.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.money import share_half_up

TAXED_SHARE_BPS = 8_000  # 个人所得税法 art. 6: labour pay counts less 20 %
SMALL_PAYMENT_FEN_MAX = 400_000
SMALL_PAYMENT_DEDUCTION_FEN = 80_000
MONTHLY_DEDUCTION_FEN = 500_000


class TaxMethod(StrEnum):
    NONE = "NONE"
    PER_PAYMENT = "PER_PAYMENT"
    CUMULATIVE = "CUMULATIVE"


class Bracket(NamedTuple):
    """A rate for taxable income up to a limit, None for the last; the deduction joins it to the one below."""

    taxable_fen_max: int | None
    rate_bps: int
    deduction_fen: int


PER_PAYMENT_TABLE = (
    Bracket(2_000_000, 2_000, 0),
    Bracket(5_000_000, 3_000, 200_000),
    Bracket(None, 4_000, 700_000),
)
CUMULATIVE_TABLE = (
    Bracket(3_600_000, 300, 0),
    Bracket(14_400_000, 1_000, 252_000),
    Bracket(30_000_000, 2_000, 1_692_000),
    Bracket(42_000_000, 2_500, 3_192_000),
    Bracket(66_000_000, 3_000, 5_292_000),
    Bracket(96_000_000, 3_500, 8_592_000),
    Bracket(None, 4_500, 18_192_000),
)


@dataclass(frozen=True, slots=True)
class TaxPosition:
    """What was paid and withheld in one period: a month (2026-11) or a year (2026) of business dates.

    `months` counts the months of the year in which something was paid, `month_gross_fen` what
    was paid in the last of them: when all of that comes back, the month no longer counts.
    """

    method: TaxMethod
    period: str
    gross_fen: int = 0
    withheld_fen: int = 0
    months: int = 0
    last_month: str = ""
    month_gross_fen: int = 0


@dataclass(frozen=True, slots=True)
class Withholding:
    """The tax of one payout, and the position to keep if it is paid."""

    tax_fen: int
    position: TaxPosition


def withhold(method: TaxMethod, position: TaxPosition | None, gross_fen: int, paid_on: date) -> Withholding:
    """The tax on a payout of `gross_fen` on a business date, after what `position` says was paid before.

    A position of another period or another method counts as none. What was withheld
    too much is not given back here: that is done by the yearly declaration.
    """
    assert gross_fen > 0
    month = f"{paid_on:%Y-%m}"
    period = month if method is TaxMethod.PER_PAYMENT else f"{paid_on:%Y}"
    if position is None or (position.method, position.period) != (method, period):
        position = TaxPosition(method, period)
    position = replace(
        position,
        gross_fen=position.gross_fen + gross_fen,
        months=position.months + (position.last_month != month),
        last_month=month,
        month_gross_fen=gross_fen + (position.month_gross_fen if position.last_month == month else 0),
    )
    tax_fen = max(0, _due_fen(position) - position.withheld_fen)
    return Withholding(tax_fen, replace(position, withheld_fen=position.withheld_fen + tax_fen))


def given_back(
    position: TaxPosition, method: TaxMethod, gross_fen: int, tax_fen: int, paid_on: date
) -> TaxPosition:
    """The position after the bank sent back a payout that was taxed by `method` on `paid_on`.

    A payout of an earlier period or by another method is none of this position: it is left
    to the declaration, and so is whether an earlier month than the last still counts.
    """
    month = f"{paid_on:%Y-%m}"
    if position.method is not method or not month.startswith(position.period):
        return position
    position = replace(
        position,
        gross_fen=position.gross_fen - gross_fen,
        withheld_fen=position.withheld_fen - tax_fen,
    )
    if month != position.last_month:
        return position
    if position.month_gross_fen == gross_fen:
        return replace(position, months=position.months - 1, last_month="", month_gross_fen=0)
    return replace(position, month_gross_fen=position.month_gross_fen - gross_fen)


def _due_fen(position: TaxPosition) -> int:
    """The tax on all that was paid in the period."""
    if position.method is TaxMethod.NONE:
        return 0
    if position.method is TaxMethod.CUMULATIVE:
        deduction_fen = MONTHLY_DEDUCTION_FEN * position.months
        return _by_table(CUMULATIVE_TABLE, position.gross_fen, TAXED_SHARE_BPS, deduction_fen)
    if position.gross_fen <= SMALL_PAYMENT_FEN_MAX:
        return _by_table(PER_PAYMENT_TABLE, position.gross_fen, 10_000, SMALL_PAYMENT_DEDUCTION_FEN)
    return _by_table(PER_PAYMENT_TABLE, position.gross_fen, TAXED_SHARE_BPS, 0)


def _by_table(table: tuple[Bracket, ...], gross_fen: int, share_bps: int, less_fen: int) -> int:
    """(gross × share − less) × rate − quick deduction, half up; nothing when nothing is taxable."""
    taxable = max(0, gross_fen * share_bps - less_fen * 10_000)  # in 1/10 000 fen: nothing is rounded yet
    bracket = next(
        row for row in table if row.taxable_fen_max is None or taxable <= row.taxable_fen_max * 10_000
    )
    return share_half_up(taxable, bracket.rate_bps, 10_000 * 10_000) - bracket.deduction_fen
