"""The platform's own accounts: where does each of their lines stand, and when is a day summed up?

No request writes to them; the reader of the journal does, in the table `views`:

    pk platform                       sk <account>          first_day, closed_through
    pk platform#<account>#<YYYYMMDD>  sk <record id>        amount_fen (debit positive), at, action, sku,
                                                            release (the day of a commission entry)
    pk platform#<account>             sk day#<YYYYMMDD>     sum_fen, count, version: one row a closed day

A balance is the sum of the closed days and of the lines of the open ones. A day
closes two hours after its end; a line that comes later has its day summed anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import SHANGHAI, business_date, day_text, to_ms
from chalicelib.domain.ledger import account_type, platform_lines
from chalicelib.domain.record import Record

TABLE = "views"
ACCOUNTS = "platform"
DAY = "day#"
CLOSES_AFTER = timedelta(hours=2)
# Between a reader's look at its clock and its last line; other clocks may be ahead, too.
WRITTEN_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """What one record did to one account of the platform, in fen, debit positive."""

    account: str
    day: str
    record_id: str
    amount_fen: int
    at_ms: int
    action: str
    sku_id: str = ""
    release: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return lines_key(self.account, self.day), self.record_id

    def values(self) -> dict[str, Any]:
        values = {"amount_fen": self.amount_fen, "at": self.at_ms, "action": self.action}
        more = {"sku": self.sku_id, "release": self.release}
        return values | {name: text for name, text in more.items() if text}


def lines_key(account: str, day: str) -> str:
    return f"{ACCOUNTS}#{account}#{day}"


def days_key(account: str) -> str:
    return f"{ACCOUNTS}#{account}"


def lines_of(record: Record) -> list[PlatformLine]:
    """The lines of a record on the platform's accounts, one an account."""
    sums: dict[str, int] = {}
    for line in platform_lines(record):
        sums[line.account] = sums.get(line.account, 0) + line.amount_fen
    day, at_ms = day_text(business_date(record.at)), to_ms(record.at)
    about = [str(record.about.get(name, "")) for name in ("sku", "release")]
    return [
        PlatformLine(account, day, record.record_id, amount_fen, at_ms, record.action, *about)
        for account, amount_fen in sums.items()
    ]


def line_from(item: Mapping[str, Any]) -> PlatformLine:
    _, account, day = item["pk"].split("#")
    about = [item.get(name, "") for name in ("sku", "release")]
    return PlatformLine(account, day, item["sk"], item["amount_fen"], item["at"], item["action"], *about)


def last_closable_day(now: datetime) -> str:
    """The newest day that may be summed up."""
    ended = now.astimezone(SHANGHAI) - CLOSES_AFTER - timedelta(days=1)
    return day_text(ended.date())


def is_open(day: str, now: datetime) -> bool:
    """Whether nobody can have closed the day by the time that a line of now is written."""
    return day > last_closable_day(now + WRITTEN_WITHIN)


def next_day(day: str) -> str:
    return day_text(date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}") + timedelta(days=1))


def days_through(first: str, last: str) -> list[str]:
    """Every day from the first to the last one, both included."""
    days = []
    while first <= last:
        days.append(first)
        first = next_day(first)
    return days


@dataclass(frozen=True, slots=True)
class Margin:
    """What a product brought on one day, in fen.

    `spread_fen`: what buyers paid less what the supplier gets, for goods of others.
    Goods of our own are a liability until they are used: they bring fees only.
    `channel_fee_fen`: what a channel kept when it settled; it settles all products together,
    so the fee stands beside no product.
    """

    sku_id: str
    spread_fen: int = 0
    fee_fen: int = 0
    promotion_fen: int = 0
    commission_fen: int = 0
    channel_fee_fen: int = 0

    @property
    def margin_fen(self) -> int:
        costs_fen = self.promotion_fen + self.commission_fen + self.channel_fee_fen
        return self.spread_fen + self.fee_fen - costs_fen


# The accounts a margin is made of; incomes are credits, so their sign turns.
MARGIN_FIELDS = {
    "I:MARGIN": ("spread_fen", -1),
    "I:FEE": ("fee_fen", -1),
    "E:PROMO": ("promotion_fen", 1),
    "E:COMMISSION": ("commission_fen", 1),
    "E:CHANNEL_FEE": ("channel_fee_fen", 1),
}


def margins_of(lines: Iterable[PlatformLine]) -> list[Margin]:
    """The margin of every product among the lines, by product id."""
    sums: dict[str, dict[str, int]] = {}
    for line in lines:
        known = MARGIN_FIELDS.get(account_type(line.account))
        if known is None:
            continue
        name, sign = known
        of_sku = sums.setdefault(line.sku_id, {})
        of_sku[name] = of_sku.get(name, 0) + sign * line.amount_fen
    return [Margin(sku_id, **of_sku) for sku_id, of_sku in sorted(sums.items())]
