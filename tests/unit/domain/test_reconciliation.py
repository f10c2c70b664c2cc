"""Reconciliation: what a day's bill and our books make of each line, and that nothing falls between them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import reconciliation_items as layout
from chalicelib.domain.business_time import day_text
from chalicelib.domain.channel_bill import Bill, BillLine, BillMalformed, Key, Kind, Total, checked, total_of
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import refund_reference
from chalicelib.domain.platform_books import PlatformLine
from chalicelib.domain.reconciliation import (
    BookLine,
    Comparison,
    Difference,
    Result,
    Totals,
    book_line,
    by_key,
    compare,
    difference_id,
    is_beside,
    unknown_lines,
    with_cause,
)
from chalicelib.domain.record import Record
from chalicelib.domain.settlement import CUSTODY, OPERATING, Share, settlement_lines

AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
BEFORE, DAY, AFTER, LATER = "20261120", "20261121", "20261122", "20261124"


def line(name: str, fen: int = 100, state: str = "SUCCEEDED") -> BillLine:
    kind = Kind.PAYMENT if fen > 0 else Kind.REFUND
    return BillLine(kind, f"ord_{name}", name, fen, 1 if fen > 0 else 0, AT, state)


def bill(*lines: BillLine, day: str = DAY, settled_fen: int | None = None) -> Bill:
    totals = (total_of(lines, Kind.PAYMENT), total_of(lines, Kind.REFUND))
    return checked(Bill(day, lines, *totals, settled_fen))


def ours(name: str, fen: int = 100, day: str = DAY) -> BookLine:
    kind = Kind.PAYMENT if fen > 0 else Kind.REFUND
    return BookLine(Key(kind, name), f"ord_{name}", fen, day, "SALE_ISSUER")


def compared(
    *bills: Bill, books: tuple[BookLine, ...] = (), far: tuple[Key, ...] = (), awaits: bool = False
) -> Comparison:
    comparison = compare(DAY, {each.day: each for each in bills}, by_key(books), far, awaits)
    assert comparison.adds_up, comparison
    return comparison


NOTHING = bill()

# what the bill says, what our books say, is a later bill awaited -> results, matched, awaited
CASES = {
    "both say the same": ((line("A"),), (ours("A"),), False, [], 1, 0),
    "a refund on both sides": ((line("A", -100),), (ours("A", -100),), False, [], 1, 0),
    "booked after midnight": ((line("A"),), (ours("A", day=AFTER),), False, [], 1, 0),
    "booked before midnight": ((line("A"),), (ours("A", day=BEFORE),), False, [], 1, 0),
    "booked days later": ((line("A"),), (ours("A", day=LATER),), False, [], 1, 0),
    "not in our books": ((line("A"),), (), False, [(Result.ONLY_CHANNEL, 100, 0)], 0, 0),
    "in our books alone, and another bill comes": ((), (ours("A"),), True, [], 0, 1),
    "in our books alone": ((), (ours("A"),), False, [(Result.ONLY_OURS, 0, 100)], 0, 0),
    "another amount": ((line("A", 101),), (ours("A"),), False, [(Result.AMOUNT_DIFFERS, 101, 100)], 0, 0),
    "another amount, booked next day": (
        (line("A", 101),), (ours("A", day=AFTER),), False, [(Result.AMOUNT_DIFFERS, 101, 100)], 0, 0,
    ),
    "failed there, booked here": (
        (line("A", -9, "FAILED"),), (ours("A", -9),), False, [(Result.STATE_DIFFERS, 0, -9)], 0, 0,
    ),
    "failed there, nothing here": ((line("A", -9, "FAILED"),), (), False, [], 0, 0),
    "a refund under the id of a payment": (
        (line("A"),), (ours("A", -100),), False,
        [(Result.ONLY_CHANNEL, 100, 0), (Result.ONLY_OURS, 0, -100)], 0, 0,
    ),
    "nothing at all": ((), (), True, [], 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("listed, booked, awaits, differences, matched, awaited", CASES.values(), ids=CASES)
def test_each_line_has_one_result(
    listed: tuple[BillLine, ...],
    booked: tuple[BookLine, ...],
    awaits: bool,
    differences: list[tuple[Result, int, int]],
    matched: int,
    awaited: int,
) -> None:
    comparison = compared(bill(*listed), books=booked, awaits=awaits)
    assert [(d.result, d.channel_fen, d.ours_fen) for d in comparison.differences] == differences
    assert all(d.open_fen == abs(d.channel_fen - d.ours_fen) > 0 for d in comparison.differences)
    assert (comparison.totals.matched_count, comparison.totals.awaited_count) == (matched, awaited)


@pytest.mark.parametrize("beside", [BEFORE, AFTER])
def test_a_line_of_ours_may_stand_in_the_bill_of_the_day_beside(beside: str) -> None:
    comparison = compared(NOTHING, bill(line("A"), day=beside), books=(ours("A"),))
    assert comparison.differences == ()
    assert comparison.totals.listed_elsewhere_fen == comparison.totals.books_fen == 100


def test_a_line_of_ours_that_a_bill_days_away_lists_is_not_missed() -> None:
    assert compared(NOTHING, books=(ours("A"),), far=(Key("PAYMENT", "A"),)).differences == ()


def test_a_day_is_told_in_numbers_and_its_differences_with_their_orders() -> None:
    listed = bill(line("A"), line("B", 101), line("C", 250), line("D", -9, "FAILED"), line("E", 100))
    next_bill = bill(line("F"), day=AFTER)
    booked = (ours("A", day=BEFORE), ours("B"), ours("D", -9), ours("E"), ours("F"), ours("G", 30))
    comparison = compared(listed, next_bill, books=booked)
    assert comparison.totals == Totals(
        bill_count=4,
        bill_fen=551,
        fee_fen=4,
        matched_count=2,
        matched_fen=200,
        books_count=5,
        books_fen=321,
        booked_elsewhere_fen=100,
        listed_elsewhere_fen=100,
        awaited_count=0,
        awaited_fen=0,
    )
    assert comparison.differences == (
        Difference(Result.AMOUNT_DIFFERS, Key("PAYMENT", "B"), "ord_B", 101, 100, DAY),
        Difference(Result.ONLY_CHANNEL, Key("PAYMENT", "C"), "ord_C", 250, 0),
        Difference(Result.STATE_DIFFERS, Key("REFUND", "D"), "ord_D", 0, -9, DAY),
        Difference(Result.ONLY_OURS, Key("PAYMENT", "G"), "ord_G", 0, 30, DAY),
    )


@pytest.mark.parametrize("side", ["bill_fen", "books_fen", "matched_fen", "awaited_fen"])
def test_a_comparison_that_loses_a_fen_on_one_side_does_not_add_up(side: str) -> None:
    comparison = compared(bill(line("A")), books=(ours("A"),))
    torn = replace(comparison.totals, **{side: getattr(comparison.totals, side) + 1})
    assert not replace(comparison, totals=torn).adds_up


def test_lines_of_other_days_are_not_this_days_to_miss() -> None:
    comparison = compared(NOTHING, books=(ours("A", day=BEFORE), ours("B", day=AFTER)))
    assert comparison.differences == ()
    assert comparison.totals.books_count == 0


def test_the_channel_is_asked_about_money_that_our_books_do_not_have() -> None:
    listed = bill(line("A"), line("B"), line("C", -1, "FAILED"))
    assert unknown_lines(listed, by_key((ours("A", day=BEFORE),))) == [line("B")]


@pytest.mark.parametrize(
    "cause, result",
    [
        ("ORDER_UNKNOWN", Result.ONLY_CHANNEL),
        ("PAYMENT_AMOUNT_DIFFERS", Result.AMOUNT_DIFFERS),
        ("REFUND_NOT_DONE", Result.STATE_DIFFERS),
        ("", Result.ONLY_CHANNEL),
    ],
)
def test_what_asking_brought_names_the_difference(cause: str, result: Result) -> None:
    found = with_cause(Difference(Result.ONLY_CHANNEL, Key("PAYMENT", "A"), "ord_A", 100, 0), cause)
    assert (found.result, found.cause, found.open_fen) == (result, cause, 100)


names = st.integers(0, 12).map(lambda number: f"P{number:02}")
fens = st.sampled_from([100, 101, 250])
states = st.sampled_from(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"])
days = st.sampled_from([BEFORE, DAY, DAY, AFTER])
some_bill = st.dictionaries(names, st.tuples(fens, states), max_size=8)


@given(
    here=some_bill,
    after=some_bill,
    booked=st.dictionaries(names, st.tuples(fens, days), max_size=12),
    awaits=st.booleans(),
)
def test_nothing_falls_between_the_sides(
    here: dict[str, tuple[int, str]],
    after: dict[str, tuple[int, str]],
    booked: dict[str, tuple[int, str]],
    awaits: bool,
) -> None:
    listed = bill(*(line(name, *told) for name, told in here.items()))
    bills = [listed] if awaits else [listed, bill(*(line(n, *told) for n, told in after.items()), day=AFTER)]
    books = tuple(ours(name, fen, day) for name, (fen, day) in booked.items())
    comparison = compared(*bills, books=books, awaits=awaits)
    apart_fen = sum(each.channel_fen for each in comparison.differences)
    assert listed.amount_fen == comparison.totals.matched_fen + apart_fen
    same = {
        name
        for name, (fen, state) in here.items()
        if state == "SUCCEEDED" and booked.get(name, ("",))[0] == fen
    }
    assert {told.operation_id for told, _ in comparison.matched} == same
    keys = [each.key for each in comparison.differences]
    assert len(keys) == len(set(keys)), "a line is one difference"


# ---------------------------------------------------------------- lines of our books


def test_a_line_of_our_books_tells_what_the_channel_calls_it() -> None:
    account, order_id = "A:CHANNEL:sandbox", "ord_BBBBBBBBBBBB01KAMX7Q000000000000000000"
    receipt = PlatformLine(account, DAY, "pay_sandbox_PY1/receipt", 100, "", "SALE_ISSUER")
    assert book_line(receipt) == BookLine(Key("PAYMENT", "PY1"), "", 100, DAY, "SALE_ISSUER")
    back = PlatformLine(account, DAY, f"cus_BBBBBBBBBBBB/{order_id}#rR1#paid", -9, "", "REFUND_PAID_OUT")
    reference = refund_reference(order_id, "R1")
    assert book_line(back) == BookLine(Key("REFUND", reference), order_id, -9, DAY, "REFUND_PAID_OUT")
    for action in ("CHANNEL_SETTLED", "CHANNEL_COLLECTED"):
        assert book_line(PlatformLine(account, DAY, f"settlement_sandbox/{DAY}", -9, "", action)) is None


# ---------------------------------------------------------------- days and items


@pytest.mark.parametrize(
    "now, finished, late",
    [
        ("2026-11-21T15:59:59+00:00", BEFORE, False),  # a second before midnight in Shanghai
        ("2026-11-21T16:00:00+00:00", DAY, False),
        ("2026-11-22T01:59:59+00:00", DAY, False),
        ("2026-11-22T02:00:00+00:00", DAY, True),  # ten in the morning
    ],
)
def test_a_bill_is_asked_for_after_midnight_and_late_at_ten(now: str, finished: str, late: bool) -> None:
    moment = datetime.fromisoformat(now)
    assert layout.last_finished_day(moment) == finished
    assert layout.is_late(DAY, moment) is late


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_day_before_is_beside(day: date) -> None:
    text = day_text(day)
    before = layout.day_before(text)
    assert layout.date_of(before) == day - timedelta(days=1)
    assert is_beside(text, before)
    assert is_beside(before, text)
    assert is_beside(text, text)
    assert not is_beside(text, layout.day_before(before))


def test_a_day_and_a_ticket_read_back_as_they_were_written() -> None:
    comparison = compared(bill(line("A"), line("B", 101)), books=(ours("B", day=AFTER),))
    row = layout.ReconciledDay("sandbox", DAY, layout.DayState.COMPARED, AT, comparison.totals, 2, 101)
    keyed = {"pk": layout.days_key("sandbox"), "sk": layout.DAY + DAY, **layout.day_values(row)}
    assert layout.day_from(keyed) == row
    tickets = [layout.ticket_of("sandbox", comparison, found, AT) for found in comparison.differences]
    for ticket in tickets:
        item = {"pk": ticket.pk, "sk": ticket.difference_id, **layout.ticket_values(ticket)}
        assert layout.ticket_from(item) == ticket
    assert len({ticket.difference_id for ticket in tickets}) == 2
    assert difference_id("sandbox", DAY, Key("PAYMENT", "A")) in {ticket.difference_id for ticket in tickets}


# ---------------------------------------------------------------- the bill itself, and its settlement


@pytest.mark.parametrize(
    "wrong, told",
    [
        (Bill(DAY, (line("A"),), Total(1, 101, 1), Total(0, 0, 0)), "the lines of PAYMENT"),
        (Bill(DAY, (line("A"),), Total(2, 100, 1), Total(0, 0, 0)), "the lines of PAYMENT"),
        (Bill(DAY, (line("A"),), Total(1, 100, 2), Total(0, 0, 0)), "the lines of PAYMENT"),
        (Bill(DAY, (line("A", -1),), Total(0, 0, 0), Total(1, -2, 0)), "the lines of REFUND"),
        (
            Bill(DAY, (line("A"), line("A")), Total(2, 200, 2), Total(0, 0, 0)),
            "^an operation is listed twice$",
        ),
        (Bill(DAY, (line("A"),), Total(1, 100, 1), Total(0, 0, 0), settled_fen=100), "100 were settled"),
    ],
)
def test_a_bill_that_does_not_add_up_is_refused(wrong: Bill, told: str) -> None:
    with pytest.raises(BillMalformed, match=told):
        checked(wrong)


@pytest.mark.parametrize(
    "kind, fen, fee_fen, is_right",
    [
        (Kind.PAYMENT, 1, 0, True),
        (Kind.PAYMENT, 0, 0, False),
        (Kind.PAYMENT, -1, 0, False),
        (Kind.PAYMENT, 100, -1, False),
        (Kind.REFUND, -1, 0, True),
        (Kind.REFUND, 0, 0, False),
        (Kind.REFUND, 1, 0, False),
        (Kind.REFUND, -100, 2, True),
    ],
)
def test_a_payment_comes_in_a_refund_goes_out_and_no_fee_is_negative(
    kind: Kind, fen: int, fee_fen: int, is_right: bool
) -> None:
    lines = (BillLine(kind, "ord_A", "A", fen, fee_fen, AT),)
    listed = Bill(DAY, lines, total_of(lines, Kind.PAYMENT), total_of(lines, Kind.REFUND))
    if is_right:
        assert checked(listed) is listed
        return
    with pytest.raises(BillMalformed, match=f"{kind} A of {fen}, fee {fee_fen}"):
        checked(listed)


def test_a_bill_counts_payments_and_refunds_and_what_was_settled_is_both_less_the_fees() -> None:
    back = replace(line("C", -70), fee_fen=2)
    listed = bill(line("A"), line("B", 250), back, line("D", -9, "FAILED"), settled_fen=276)
    assert (listed.count, listed.amount_fen, listed.fee_fen) == (3, 280, 4)
    with pytest.raises(BillMalformed):
        bill(line("A"), line("B", 250), back, settled_fen=284)


def test_what_a_bank_account_gets_of_a_day_is_the_sum_of_its_lines() -> None:
    share = Share().plus(1_000, 6).plus(-300, 0).plus(50, 1)
    assert (share, share.net_fen) == (Share(750, 7), 743)


@pytest.mark.parametrize(
    "shares, action, expected",
    [
        (
            {CUSTODY: Share(1_000, 6), OPERATING: Share(500, 3)},
            "CHANNEL_SETTLED",
            {CUSTODY: 994, OPERATING: 497, "E:CHANNEL_FEE": 9, "A:CHANNEL:sandbox": -1_500},
        ),
        ({CUSTODY: Share(1_000, 0)}, "CHANNEL_SETTLED", {CUSTODY: 1_000, "A:CHANNEL:sandbox": -1_000}),
        (
            {CUSTODY: Share(1_000, 6), OPERATING: Share(-500, 0)},
            "CHANNEL_COLLECTED",
            {CUSTODY: 994, OPERATING: -500, "E:CHANNEL_FEE": 6, "A:CHANNEL:sandbox": -500},
        ),
        (
            {CUSTODY: Share(-200, 1)},
            "CHANNEL_COLLECTED",
            {CUSTODY: -201, "E:CHANNEL_FEE": 1, "A:CHANNEL:sandbox": 200},
        ),
        ({CUSTODY: Share(0, 0)}, "CHANNEL_SETTLED", {}),
    ],
)
def test_a_settlement_moves_what_the_channel_had_to_the_bank_less_its_fee(
    shares: dict[str, Share], action: str, expected: dict[str, int]
) -> None:
    found, lines = settlement_lines("sandbox", shares)
    assert found == action
    assert fold([Record("p", "e", action, AT, "test", lines=lines)]) == expected
