"""The tally: what do all records come to, by type of account, and what was traded on each business day?

It is made by following the archive, which numbers every record once: nothing is written for it when
something is sold. In the table `views`:

    pk tally       sk mark         sequence, object_key: counted up to here; at: the newest time of a counted
                                   record; totals: by type of account, in fen, debit positive
    pk tally#days  sk <YYYYMMDD>   what was traded, by the time that its records tell

Both change in one transaction that asks for the mark as it was read: each record counts once, whoever
runs beside, dies, or comes again. Deleted, the tally counts itself anew from the first record on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import business_date, day_text, from_ms, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.commission_check import PURCHASES
from chalicelib.domain.ledger import RISK_POT, account_type
from chalicelib.domain.platform_books import MARGIN_FIELDS
from chalicelib.domain.reconciling import Mark
from chalicelib.domain.record import Record

TABLE = "views"
MARK = ("tally", "mark")
DAYS = "tally#days"
DAYS_AT_ONCE = 50  # in one transaction, which takes a hundred items

FROZEN, HELD = "L:COMM_FROZEN", "L:COMM_FROZEN:risk"
REFUNDS = frozenset({"REFUND", "REFUND_TO_CARD", "REFUND_AGENT"})
PAYERS = frozenset({"A:CHANNEL", "L:PREPAID"})
PAID_BACK = frozenset({"L:REFUND_PAYABLE", "L:PREPAID"})


@dataclass(frozen=True, slots=True)
class Traded:
    """What was traded on a day, in fen. `turnover_fen`: what buyers paid; refunds are not taken off it.

    The other amounts are those of a margin (platform_books.py), refunds and reversals taken off.
    """

    day: str
    order_count: int = 0
    turnover_fen: int = 0
    refund_count: int = 0
    refunded_fen: int = 0
    spread_fen: int = 0
    fee_fen: int = 0
    promotion_fen: int = 0
    commission_fen: int = 0
    channel_fee_fen: int = 0

    @property
    def margin_fen(self) -> int:
        costs_fen = self.promotion_fen + self.commission_fen + self.channel_fee_fen
        return self.spread_fen + self.fee_fen - costs_fen


@dataclass(slots=True)
class Count:
    """What some records come to, between two marks."""

    mark: Mark
    at: int = 0
    records: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    days: dict[str, dict[str, int]] = field(default_factory=dict)

    def take(self, record: Record, mark: Mark) -> None:
        self.mark, self.records = mark, self.records + 1
        self.at = max(self.at, to_ms(record.at))
        for line in record.lines:
            kind = total_of(line.account)
            self.totals[kind] = self.totals.get(kind, 0) + line.amount_fen
        day = day_text(business_date(record.at))
        for name, number in traded_by(record).items():
            sums = self.days.setdefault(day, {})
            sums[name] = sums.get(name, 0) + number

    @property
    def is_full(self) -> bool:
        return len(self.days) >= DAYS_AT_ONCE


def total_of(account: str) -> str:
    """Among which total an account counts: by its type, but what is held by a suspicion by itself."""
    kind = account_type(account)
    return HELD if kind == FROZEN and account.endswith(f":{RISK_POT}") else kind


def traded_by(record: Record) -> dict[str, int]:
    """What a record adds to its day, zeros left out."""
    found: dict[str, int] = {}
    if record.action in PURCHASES:
        found |= {"order_count": 1, "turnover_fen": _sum(record, PAYERS, 1)}
    if record.action in REFUNDS:
        found |= {"refund_count": 1, "refunded_fen": _sum(record, PAID_BACK, -1)}
    for line in record.lines:
        name, sign = MARGIN_FIELDS.get(account_type(line.account), ("", 0))
        if name:
            found[name] = found.get(name, 0) + sign * line.amount_fen
    return {name: number for name, number in found.items() if number}


def _sum(record: Record, kinds: frozenset[str], sign: int) -> int:
    """Of the debits (1) or credits (-1) on accounts of these types."""
    amounts = (sign * line.amount_fen for line in record.lines if account_type(line.account) in kinds)
    return sum(amount for amount in amounts if amount > 0)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far the tally has come, and what everything comes to. `at`: None before the first record."""

    mark: Mark
    at: datetime | None
    totals: Mapping[str, int]


def tally_of(item: Mapping[str, Any] | None) -> Tally:
    if item is None:
        return Tally(Mark(), None, {})
    return Tally(Mark(item["sequence"], item["object_key"]), from_ms(item["at"]), item["totals"])


def after(before: Tally, count: Count) -> Tally:
    """The tally with a count added, which begins where it ends."""
    kinds = {*before.totals, *count.totals}
    totals = {kind: before.totals.get(kind, 0) + count.totals.get(kind, 0) for kind in sorted(kinds)}
    at = from_ms(count.at)
    return Tally(count.mark, max(before.at, at) if before.at else at, totals)


def changes_of(before: Tally, count: Count) -> list[DocumentChange]:
    """What writes the tally with a count added, while it is still as it was read."""
    new = after(before, count)
    assert new.at is not None
    values = {**new.mark.values(), "at": to_ms(new.at), "totals": new.totals}
    expected = {"sequence": before.mark.sequence or None}
    days = [DocumentChange(TABLE, DAYS, day, {}, {}, add=sums) for day, sums in sorted(count.days.items())]
    return [DocumentChange(TABLE, *MARK, values, expected), *days]


def last_days(now: datetime, count: int) -> list[date]:
    """So many business days, the newest first."""
    today = business_date(now)
    return [today - timedelta(days=back) for back in range(count)]


def traded_of(items: Iterable[Mapping[str, Any]], days: Iterable[date]) -> list[Traded]:
    """These days, those on which nothing was traded too."""
    known = {item["sk"]: item for item in items}
    return [_traded(day_text(day), known.get(day_text(day), {})) for day in days]


def _traded(day: str, item: Mapping[str, Any]) -> Traded:
    return Traded(day, **{name: item[name] for name in Traded.__slots__ if name in item})
