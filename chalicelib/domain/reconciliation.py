"""Reconciliation: does a channel's bill of a day say the same as our books of the channel?

Each line of the bill is looked for in our books, and each line of our books of that day
in the bill. Both tell their own time, so what one booked before midnight the other may
have after it: the days beside are looked through as well.

    MATCHED          both say the same
    ONLY_CHANNEL     the channel has it, we do not: it is asked about before it is a difference
    AWAITED          we have it, and the bill of the next day is not there yet
    ONLY_OURS        we have it, and no bill that could list it does
    AMOUNT_DIFFERS   both have it, with different amounts
    STATE_DIFFERS    one says that it succeeded, the other that it did not

Two identities hold for every day, whatever is wrong in it (`adds_up`):

    the bill     = matched + what differences say of the channel's side
    our books    = matched here − booked on another day + listed on another day
                   + awaited + what differences say of our side
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.channel_bill import Bill, BillLine, Key, Kind
from chalicelib.domain.order import refund_reference
from chalicelib.domain.platform_books import PlatformLine, next_day
from chalicelib.domain.record import digest_of

# No payer's money: no line of a bill names them.
OWN_ACTIONS = frozenset({"CHANNEL_SETTLED", "CHANNEL_COLLECTED", "CHANNEL_FEE_RAISED", "CHANNEL_FEE_LOWERED"})


class Result(StrEnum):
    MATCHED = "MATCHED"
    ONLY_CHANNEL = "ONLY_CHANNEL"
    ONLY_OURS = "ONLY_OURS"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    STATE_DIFFERS = "STATE_DIFFERS"
    AWAITED = "AWAITED"


@dataclass(frozen=True, slots=True)
class BookLine:
    """One booking on the channel's account, in fen, debit positive; `day`: when it was booked."""

    key: Key
    order_id: str
    amount_fen: int
    day: str
    action: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not the same on both sides. A side that knows nothing of it has 0 fen.

    `cause`: what asking about it brought, where it was asked about.
    """

    result: Result
    key: Key
    order_id: str
    channel_fen: int
    ours_fen: int
    booked_day: str = ""
    cause: str = ""

    @property
    def open_fen(self) -> int:
        """By how much the two sides are apart, never negative."""
        return abs(self.channel_fen - self.ours_fen)


@dataclass(frozen=True, slots=True)
class Totals:
    """The day in numbers; all in fen from our side."""

    bill_count: int
    bill_fen: int
    fee_fen: int
    matched_count: int
    matched_fen: int
    books_count: int
    books_fen: int
    booked_elsewhere_fen: int
    listed_elsewhere_fen: int
    awaited_count: int
    awaited_fen: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One day, compared."""

    day: str
    totals: Totals
    matched: tuple[tuple[BillLine, BookLine], ...]
    differences: tuple[Difference, ...]

    @property
    def adds_up(self) -> bool:
        """Whether both identities of the day hold; if not, the comparison itself is wrong."""
        totals = self.totals
        channel_fen = sum(each.channel_fen for each in self.differences)
        ours_fen = sum(each.ours_fen for each in self.differences if each.booked_day == self.day)
        here_fen = totals.matched_fen - totals.booked_elsewhere_fen + totals.listed_elsewhere_fen
        return (
            totals.bill_fen == totals.matched_fen + channel_fen
            and totals.books_fen == here_fen + totals.awaited_fen + ours_fen
        )


def book_line(line: PlatformLine) -> BookLine | None:
    """What a line of the channel's account says; None for our own postings on it.

    A payment's record is named by the channel's payment id, a refund's by order and refund.
    """
    if line.action in OWN_ACTIONS:
        return None
    partition, _, entry_id = line.record_id.partition("/")
    if partition.startswith("pay_"):
        channel = line.account.rpartition(":")[2]
        key = Key(Kind.PAYMENT.value, partition.removeprefix(f"pay_{channel}_"))
        return BookLine(key, "", line.amount_fen, line.day, line.action)
    order_id, _, rest = entry_id.partition("#r")
    reference = refund_reference(order_id, rest.removesuffix("#paid"))
    return BookLine(Key(Kind.REFUND.value, reference), order_id, line.amount_fen, line.day, line.action)


def compare(
    day: str,
    bills: Mapping[str, Bill],
    books: Mapping[Key, BookLine],
    listed_far: Collection[Key] = (),
    awaits: bool = False,
) -> Comparison:
    """The day's bill against our books.

    `bills`: those of the day and of the days beside it that are there. `books`: our lines
    of these three days, and those of other days that were looked up for a line of this
    bill. `listed_far`: lines of ours that a bill further away lists. `awaits`: a bill
    that could still list a line of ours is not there yet.
    """
    bill = bills[day]
    pairs = [(line, books.get(line.key)) for line in bill.lines]
    matched = [(line, ours) for line, ours in pairs if ours is not None and _is_same(line, ours)]
    differences = [_difference(line, ours) for line, ours in pairs if _is_apart(line, ours)]
    ours_today = [ours for ours in books.values() if ours.day == day]
    here = {line.key for line in bill.lines}
    beside = {line.key for each in bills.values() for line in each.lines} | set(listed_far)
    elsewhere = [ours for ours in ours_today if ours.key in beside - here]
    missing = [ours for ours in ours_today if ours.key not in here | beside]
    if not awaits:
        differences += [_only_ours(ours) for ours in missing]
    awaited = missing if awaits else []
    totals = Totals(
        bill_count=bill.count,
        bill_fen=bill.amount_fen,
        fee_fen=bill.fee_fen,
        matched_count=len(matched),
        matched_fen=sum(line.amount_fen for line, _ in matched),
        books_count=len(ours_today),
        books_fen=sum(ours.amount_fen for ours in ours_today),
        booked_elsewhere_fen=sum(ours.amount_fen for _, ours in matched if ours.day != day),
        listed_elsewhere_fen=sum(ours.amount_fen for ours in elsewhere),
        awaited_count=len(awaited),
        awaited_fen=sum(ours.amount_fen for ours in awaited),
    )
    return Comparison(day, totals, tuple(matched), tuple(differences))


def unknown_lines(bill: Bill, books: Mapping[Key, BookLine]) -> list[BillLine]:
    """The money of the bill that our books of these days do not have."""
    return [line for line in bill.lines if line.is_money and line.key not in books]


def is_beside(day: str, other: str) -> bool:
    """Whether the two days are the same or follow each other."""
    return day == other or next_day(day) == other or next_day(other) == day


def with_cause(difference: Difference, cause: str) -> Difference:
    """The difference with what asking about it brought, and with the name that belongs to it then."""
    named = {"PAYMENT_AMOUNT_DIFFERS": Result.AMOUNT_DIFFERS, "REFUND_NOT_DONE": Result.STATE_DIFFERS}
    return replace(difference, cause=cause, result=named.get(cause, difference.result))


def difference_id(channel: str, day: str, key: Key) -> str:
    """The same difference has the same id, however often the day is compared."""
    return f"dif_{digest_of([channel, day, *key])[:26]}"


def _is_same(line: BillLine, ours: BookLine) -> bool:
    return line.is_money and line.amount_fen == ours.amount_fen


def _is_apart(line: BillLine, ours: BookLine | None) -> bool:
    """A line that is no money and that we did not book either is nothing."""
    return line.is_money if ours is None else not _is_same(line, ours)


def _difference(line: BillLine, ours: BookLine | None) -> Difference:
    if ours is None:
        return Difference(Result.ONLY_CHANNEL, line.key, line.order_id, line.moved_fen, 0)
    result = Result.AMOUNT_DIFFERS if line.is_money else Result.STATE_DIFFERS
    return Difference(result, line.key, line.order_id, line.moved_fen, ours.amount_fen, ours.day)


def _only_ours(ours: BookLine) -> Difference:
    return Difference(Result.ONLY_OURS, ours.key, ours.order_id, 0, ours.amount_fen, ours.day)


def by_key(lines: Sequence[BookLine]) -> dict[Key, BookLine]:
    """Our lines by what they are matched by."""
    return {line.key: line for line in lines}
