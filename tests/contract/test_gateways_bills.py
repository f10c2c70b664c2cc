"""The channel's bill: its file says what the channel did, the same in memory and over HTTP, and adds up."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.business_time import business_date
from chalicelib.domain.channel_bill import Bill, BillLine, BillMalformed, Kind
from chalicelib.gateways.sandbox_bill import read_bill
from tests.contract.outside import Outside, SandboxOutside, new_id
from tests.fakes.operations import Script

AMOUNT_FEN = 12_345  # 60 basis points of it are 74.07 fen


@pytest.fixture
def today() -> date:
    """A day that does not end while a test runs."""
    local = datetime.now(UTC) + timedelta(hours=8)
    if (local.hour, local.minute) == (23, 59):
        time.sleep(61 - local.second)
    return business_date(datetime.now(UTC))


def paid(outside: Outside, amount_fen: int = AMOUNT_FEN) -> tuple[str, str]:
    """An order that was paid, and the channel's id of the payment."""
    order_id = new_id("ord")
    outside.channel.start(order_id, amount_fen, "card", datetime.now(UTC) + timedelta(minutes=15))
    ((headers, body),) = outside.pay(order_id)
    return order_id, outside.channel.verify(headers, body).payment_id


def bill_of(outside: Outside, day: date) -> Bill:
    raw = outside.channel.bill(day)
    assert raw is not None
    return outside.channel.read_bill(day, raw)


def lines_of(bill: Bill, order_id: str) -> list[BillLine]:
    return [line for line in bill.lines if line.order_id == order_id]


def test_a_bill_lists_payments_and_refunds_that_succeeded_with_fees_and_totals(
    outside: Outside, today: date
) -> None:
    order_id, payment_id = paid(outside)
    outside.channel.refund(order_id, f"{order_id}-1", 1_000, payment_id)
    outside.script("refund", Script("FAILED"))
    outside.channel.refund(order_id, f"{order_id}-2", 2_000, payment_id)
    outside.end_day(today)
    bill = bill_of(outside, today)
    told = [
        (line.kind, line.operation_id, line.amount_fen, line.fee_fen) for line in lines_of(bill, order_id)
    ]
    assert told == [
        (Kind.PAYMENT, payment_id, AMOUNT_FEN, 74),
        (Kind.REFUND, f"{order_id}-1", -1_000, 0),
    ]
    assert all(business_date(line.at) == today and line.is_money for line in bill.lines)
    assert bill.amount_fen == sum(line.amount_fen for line in bill.lines)
    assert bill.settled_fen == bill.amount_fen - bill.fee_fen


def test_a_day_that_is_not_over_has_no_bill(outside: Outside, today: date) -> None:
    assert outside.channel.bill(today + timedelta(days=30)) is None


def test_a_late_bill_is_there_when_it_is_there(sandbox: SandboxOutside, today: date) -> None:
    sandbox.end_day(today)
    sandbox.bill_fault(today, "late")
    assert sandbox.channel.bill(today) is None
    sandbox.ask("DELETE", "/control/scripts")
    sandbox.end_day(today)
    assert sandbox.channel.bill(today) is not None


def test_a_channel_that_is_away_has_no_bill_yet(sandbox: SandboxOutside, today: date) -> None:
    elsewhere = SandboxOutside(sandbox.process, sandbox.listener, sandbox.clock)
    object.__setattr__(elsewhere.channel.party, "base_url", "http://127.0.0.1:9")
    assert elsewhere.channel.bill(today) is None


def test_lines_are_missing_or_left_to_the_next_day_when_told_so(sandbox: SandboxOutside, today: date) -> None:
    (left_out, _), (left_over, _), (kept, _) = paid(sandbox), paid(sandbox), paid(sandbox)
    sandbox.bill_fault(today, "missing_line", left_out)
    sandbox.bill_fault(today, "next_day", left_over)
    tomorrow = today + timedelta(days=1)
    for day in (today, tomorrow):
        sandbox.end_day(day)
    first, second = bill_of(sandbox, today), bill_of(sandbox, tomorrow)
    found = [
        [len(lines_of(bill, order_id)) for bill in (first, second)]
        for order_id in (left_out, left_over, kept)
    ]
    assert found == [[0, 0], [0, 1], [1, 0]]


def test_lines_are_added_or_tell_something_else_when_told_so(sandbox: SandboxOutside, today: date) -> None:
    (dearer, _), (failed, _), stranger = paid(sandbox), paid(sandbox), new_id("ord")
    sandbox.bill_fault(today, "other_amount", dearer, amount_fen=AMOUNT_FEN + 1)
    sandbox.bill_fault(today, "other_state", failed)
    sandbox.bill_fault(today, "extra_line", stranger, amount_fen=77)
    sandbox.end_day(today)
    bill = bill_of(sandbox, today)
    found = [lines_of(bill, order_id)[0].moved_fen for order_id in (dearer, failed, stranger)]
    assert found == [AMOUNT_FEN + 1, 0, 77]


def test_a_file_whose_totals_are_wrong_is_not_believed(sandbox: SandboxOutside, today: date) -> None:
    paid(sandbox)
    sandbox.bill_fault(today, "wrong_totals")
    sandbox.end_day(today)
    with pytest.raises(BillMalformed, match="the lines of PAYMENT make"):
        bill_of(sandbox, today)


HEAD = "at,kind,reference,id,amount_fen,fee_fen,state\n"
TAIL = ",TOTAL_PAYMENT,,1,100,1,\n,TOTAL_REFUND,,0,0,0,\n,SETTLED,,,99,,\n"
LINE = "2026-11-22 00:00:00.000,PAYMENT,ord_A,PY1,100,1,SUCCEEDED\n"


def test_times_of_a_bill_are_those_of_shanghai() -> None:
    (line,) = read_bill("20261122", (HEAD + LINE + TAIL).encode()).lines
    assert line.at == datetime(2026, 11, 21, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        "a,b\n" + LINE + TAIL,
        HEAD + LINE + TAIL.split("\n")[0],  # cut off
        HEAD + TAIL,  # lost a line
        HEAD + LINE + LINE + TAIL.replace("1,100,1", "2,200,2").replace("99", "198"),  # listed twice
        HEAD + LINE.replace("100", "100.0") + TAIL,
        HEAD + LINE.replace("100", "-100") + TAIL.replace("100", "-100").replace("99", "-101"),
        HEAD + LINE.replace("100,1,", "100,-1,") + TAIL.replace("100,1,", "100,-1,").replace("99", "101"),
        HEAD + LINE.replace(".000,", "+08:00,") + TAIL,
        HEAD + LINE.replace("2026-11-22", "yesterday") + TAIL,
        HEAD + LINE.replace("ord_A", "") + TAIL,
        HEAD + LINE.replace("SUCCEEDED", "SUCCEEDED,more") + TAIL,
        HEAD + LINE.replace(",SUCCEEDED", "") + TAIL,
        HEAD + LINE.replace("PAYMENT", "GIFT") + TAIL,
        HEAD + LINE + TAIL.replace("99", "100"),  # settled without the fee
    ],
)
def test_what_is_no_bill_is_refused_whole(text: str) -> None:
    with pytest.raises(BillMalformed):
        read_bill("20261122", text.encode())
    with pytest.raises(BillMalformed):
        read_bill("20261122", b"\xff" + text.encode())
