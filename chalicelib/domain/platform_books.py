"""The platform's own accounts: where does each of their lines stand, and when is a day summed up?

No request writes to them; the reader of the journal does, in the table `views`:

    pk platform                       sk <account>        first_day, closed_through
    pk platform#<account>#<YYYYMMDD>  sk <HHMM>#<digest>  a pack: lines, amount_fen (their sum)
                                      sk <record id>      a row: one line, as older versions wrote it
    pk platform#<account>             sk day#<YYYYMMDD>   sum_fen, count, version: one row a closed day

A pack holds the lines of a batch of records that lie in one minute of the records' own
time, and is named by which records these are. So nothing is ever written over that says
more, and a batch that comes again, cut otherwise, leaves packs that say some lines again.
Copies of a line lie in the same minute, and count once; copies that differ all count.

A balance is the sum of the closed days and of the lines of the open ones. A day
closes two hours after its end; a line that comes later has its day summed anew.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from chalicelib.domain.business_time import SHANGHAI, business_date, day_text
from chalicelib.domain.ledger import account_type, platform_lines
from chalicelib.domain.record import Record, digest_of

TABLE = "views"
ACCOUNTS = "platform"
DAY = "day#"
CLOSES_AFTER = timedelta(hours=2)
# Between a reader's look at its clock and its last line; other clocks may be ahead, too.
WRITTEN_WITHIN = timedelta(minutes=30)
# A line has about 70 bytes, and some 300 at the very most; an item may have 400 KB.
PACK_LINES_MAX = 500
DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """What one record did to one account of the platform, in fen, debit positive.

    `minute`: HHMM of the record's time in Shanghai; a line that was read from a row has none.
    """

    account: str
    day: str
    record_id: str
    amount_fen: int
    minute: str
    action: str
    sku_id: str = ""
    release: str = ""

    @property
    def row_key(self) -> tuple[str, str]:
        return lines_key(self.account, self.day), self.record_id


def lines_key(account: str, day: str) -> str:
    return f"{ACCOUNTS}#{account}#{day}"


def minute_prefix(minute: str) -> str:
    """What the sort keys of a minute's packs begin with."""
    return f"{minute}#"


def days_key(account: str) -> str:
    return f"{ACCOUNTS}#{account}"


def lines_of(record: Record) -> list[PlatformLine]:
    """The lines of a record on the platform's accounts, one an account."""
    sums: dict[str, int] = {}
    for line in platform_lines(record):
        sums[line.account] = sums.get(line.account, 0) + line.amount_fen
    day, minute = day_text(business_date(record.at)), record.at.astimezone(SHANGHAI).strftime("%H%M")
    about = [str(record.about.get(name, "")) for name in ("sku", "release")]
    return [
        PlatformLine(account, day, record.record_id, amount_fen, minute, record.action, *about)
        for account, amount_fen in sums.items()
    ]


def packs_of(lines: Iterable[PlatformLine]) -> list[tuple[str, str, dict[str, Any]]]:
    """The packs that hold these lines: pk, sk and values of each."""
    minutes: dict[tuple[str, str], dict[str, PlatformLine]] = {}
    for line in lines:
        minutes.setdefault((lines_key(line.account, line.day), line.minute), {})[line.record_id] = line
    packs = []
    for (pk, minute), by_id in minutes.items():
        record_ids = sorted(by_id)
        for start in range(0, len(record_ids), PACK_LINES_MAX):
            chunk = record_ids[start : start + PACK_LINES_MAX]
            sk = minute_prefix(minute) + digest_of(chunk)[:DIGEST_LENGTH]
            packs.append((pk, sk, _pack_values([by_id[record_id] for record_id in chunk])))
    return packs


def _pack_values(lines: Iterable[PlatformLine]) -> dict[str, Any]:
    """What lines have in common is said once. Older versions, should one come back, add up `amount_fen`."""
    alike: dict[tuple[str, str, str], dict[str, int]] = {}
    for line in lines:
        alike.setdefault((line.action, line.sku_id, line.release), {})[line.record_id] = line.amount_fen
    return {
        "amount_fen": sum(amount_fen for fen in alike.values() for amount_fen in fen.values()),
        "lines": [
            {"action": action, **_said(sku=sku_id, release=release), "fen": fen}
            for (action, sku_id, release), fen in alike.items()
        ],
    }


def _said(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def lines_in(item: Mapping[str, Any]) -> Iterator[PlatformLine]:
    """The lines of a pack, or the one of a row."""
    _, account, day = item["pk"].split("#")
    is_pack = "lines" in item
    minute = item["sk"].partition("#")[0] if is_pack else ""
    for alike in item["lines"] if is_pack else [{**item, "fen": {item["sk"]: item["amount_fen"]}}]:
        about = (minute, alike["action"], alike.get("sku", ""), alike.get("release", ""))
        for record_id, amount_fen in alike["fen"].items():
            yield PlatformLine(account, day, record_id, amount_fen, *about)


def each_once(items: Iterable[Mapping[str, Any]]) -> Iterator[PlatformLine]:
    """The lines of a day's items, each once. `items`: the newest sort keys first, so rows before all packs.

    Kept in memory is what the rows say, and one minute of the packs.
    """
    rows: set[tuple[str, int]] = set()
    packed: set[tuple[str, int]] = set()
    minute = ""
    for line in chain.from_iterable(map(lines_in, items)):
        if line.minute != minute:
            minute, packed = line.minute, set()
        copy = (line.record_id, line.amount_fen)
        if copy not in rows and copy not in packed:
            (packed if line.minute else rows).add(copy)
            yield line


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
