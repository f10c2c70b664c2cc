"""Parameters: which numbers may the office change, from when on and where, and who set their defaults?

A value that is stored has a moment from which it holds and a region, as a prefix
of its code ("" is everywhere). The narrowest region wins, then the newest moment.
What nobody has stored is the default here, with the article or the reason for it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.record import Plain

TAX_METHOD = "withdrawal.tax_method"
FEE_BPS = "withdrawal.fee_bps"
REFUND_ALONE_FEN_MAX = "refund.alone_fen_max"
SIMULATION_DAYS_MAX = "plan.simulation_days_max"


class Parameter(NamedTuple):
    """A default and where it comes from."""

    default: Plain
    source: str


PARAMETERS: dict[str, Parameter] = {
    "commission.netting_bps": Parameter(10_000, "the whole of a release pays debt first"),
    "withdrawal.amount_fen_min": Parameter(1_000, "below it the bank's fee eats the payout"),
    "withdrawal.amount_fen_max": Parameter(10_000_000, "100 000 yuan at a time"),
    FEE_BPS: Parameter(60, "the payout channel's own rate"),
    "withdrawal.payee_cool_down_hours": Parameter(24, "separates a stolen login from its money"),
    "withdrawal.daily_count_max": Parameter(5, "each payout costs the bank's fee and people's time"),
    "withdrawal.monthly_count_max": Parameter(30, "once a day, on average"),
    "withdrawal.debt_days_max": Parameter(30, "older debt is settled before anything is paid out"),
    "withdrawal.arrival_days": Parameter(3, "working days: people decide in two, the bank takes one"),
    # Limits in fen and how many people approve up to them; null: every larger one.
    "withdrawal.approval_tiers": Parameter([[499_999, 1], [5_000_000, 2], [None, 3]], "four eyes by amount"),
    "approval.tiers": Parameter([[499_999, 1], [5_000_000, 2], [None, 3]], "as for withdrawals"),
    # What the refunds of one order give back without other people's word.
    REFUND_ALONE_FEN_MAX: Parameter(500_000, "单用途商业预付卡管理办法 art. 18: no card holds more"),
    SIMULATION_DAYS_MAX: Parameter(7, "as long as a request waits: trade has moved on since"),
    TAX_METHOD: Parameter("PER_PAYMENT", "个人所得税法 art. 9; a contract may name another"),
    "risk.topup_count": Parameter(5, "as many earlier top-ups within the minutes are too many"),
    "risk.topup_minutes": Parameter(10, "faster than anybody fills a tank"),
    "risk.topup_sum_fen": Parameter(
        1_000_000, "单用途商业预付卡管理办法 art. 15: buyers are identified from here"
    ),
    "risk.card_count_max": Parameter(5, "a household has fewer cards"),
    "contact.phone": Parameter("", "消费者权益保护法 art. 28: the operator's own number"),
    "contact.hours": Parameter("08:00-20:00", "when somebody answers, by the time of Shanghai"),
    "contact.weekdays": Parameter("1-7", "the first and the last day of the week on which somebody answers"),
    "distribution.review": Parameter(False, "whether the office looks at who joins, by the parent's region"),
    "distribution.agreement": Parameter("2026-11", "电子商务法 art. 49: the version a distributor signs"),
}


class Setting(NamedTuple):
    """A stored value: of which parameter, where, and from when on."""

    name: str
    scope: str
    effective_at: datetime
    value: Plain


def value_at(settings: Iterable[Setting], name: str, moment: datetime, scope: str = "") -> Plain:
    """The value in force at the moment in the region `scope`; the default when nothing stored holds."""
    holding = [
        setting
        for setting in settings
        if setting.name == name and setting.effective_at <= moment and scope.startswith(setting.scope)
    ]
    if not holding:
        return PARAMETERS[name].default
    return max(holding, key=lambda setting: (len(setting.scope), setting.effective_at)).value
