"""The payment channel, fake and sandbox: each law holds for both."""

from datetime import timedelta
from itertools import count

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.outside import PaymentNotice
from chalicelib.gateways.sandbox_channel import PaymentNotStarted
from chalicelib.gateways.signatures import CallbackRefused
from tests.contract.outside import Outside, new_id, wait_until
from tests.fakes.operations import Script

AMOUNT_FEN = 98_500


def started(outside: Outside, amount_fen: int = AMOUNT_FEN) -> str:
    order_id = new_id("ord")
    outside.channel.start(order_id, amount_fen, "加油卡 1000 元", outside.clock() + timedelta(minutes=15))
    return order_id


def paid(outside: Outside) -> tuple[str, PaymentNotice]:
    order_id = started(outside)
    ((headers, body),) = outside.pay(order_id)
    return order_id, outside.channel.verify(headers, body)


def test_a_payment_that_is_started_twice_is_one_payment(outside: Outside) -> None:
    order_id, expires_at = new_id("ord"), outside.clock() + timedelta(minutes=15)
    first = outside.channel.start(order_id, AMOUNT_FEN, "card", expires_at)
    assert outside.channel.start(order_id, AMOUNT_FEN, "card", expires_at) == first
    with pytest.raises(PaymentNotStarted):
        outside.channel.start(order_id, AMOUNT_FEN + 1, "card", expires_at)


def test_a_start_whose_answer_was_lost_may_be_made_again(outside: Outside) -> None:
    order_id, expires_at = new_id("ord"), outside.clock() + timedelta(minutes=15)
    outside.lose_start(order_id)
    with pytest.raises(Unavailable):
        outside.channel.start(order_id, AMOUNT_FEN, "card", expires_at)
    assert outside.channel.query(order_id).state == "PENDING"
    assert outside.channel.start(order_id, AMOUNT_FEN, "card", expires_at).startswith("http")


def test_a_callback_tells_who_paid_how_much_and_when(outside: Outside) -> None:
    before = outside.clock()
    order_id, notice = paid(outside)
    assert (notice.channel, notice.order_id, notice.state) == ("sandbox", order_id, "SUCCEEDED")
    assert notice.amount_fen == AMOUNT_FEN
    assert notice.payment_id
    assert abs(notice.paid_at - before) < timedelta(seconds=10)


def test_a_query_tells_the_same_as_the_callback(outside: Outside) -> None:
    order_id, notice = paid(outside)
    told = outside.channel.query(order_id)
    assert (told.state, told.external_id, told.amount_fen, told.at) == (
        "SUCCEEDED",
        notice.payment_id,
        notice.amount_fen,
        told.at,
    )
    assert told.at is not None
    assert abs(told.at - notice.paid_at) < timedelta(milliseconds=1)


def test_a_lost_callback_leaves_the_truth_to_the_query(outside: Outside) -> None:
    order_id = started(outside)
    assert outside.channel.query(order_id).state == "PENDING"
    assert outside.pay(order_id, "lost") == []
    assert outside.channel.query(order_id).state == "SUCCEEDED"


@pytest.mark.parametrize("callback, times", [("twice", 2), ("parallel", 4)])
def test_a_repeated_callback_tells_the_same_payment(outside: Outside, callback: str, times: int) -> None:
    notices = [outside.channel.verify(*told) for told in outside.pay(started(outside), callback)]
    assert len(notices) == times
    assert len(set(notices)) == 1


def test_a_wrong_amount_is_told_as_it_was_signed(outside: Outside) -> None:
    order_id = started(outside)
    ((headers, body),) = outside.pay(order_id, "wrong_amount")
    assert outside.channel.verify(headers, body).amount_fen != AMOUNT_FEN
    assert outside.channel.query(order_id).amount_fen == AMOUNT_FEN


def test_a_cancelled_payment_has_failed_and_says_so(outside: Outside) -> None:
    order_id = started(outside)
    ((headers, body),) = outside.cancel(order_id)
    assert outside.channel.verify(headers, body).state == "FAILED"
    told = outside.channel.query(order_id)
    assert (told.state, told.reason) == ("FAILED", "CANCELLED")


def test_an_unpaid_payment_fails_when_its_time_is_over(outside: Outside) -> None:
    order_id = new_id("ord")
    outside.channel.start(order_id, AMOUNT_FEN, "card", outside.clock() + timedelta(milliseconds=200))
    wait_until(lambda: outside.channel.query(order_id).state == "FAILED")
    assert outside.channel.query(order_id).reason == "EXPIRED"


def test_an_order_the_channel_never_heard_of_is_not_paid(outside: Outside) -> None:
    told = outside.channel.query(new_id("ord"))
    assert (told.state, told.reason) == ("PENDING", "NOT_RECEIVED")


def test_an_altered_callback_is_refused(outside: Outside) -> None:
    ((headers, body),) = outside.pay(started(outside))
    with pytest.raises(CallbackRefused) as refused:
        outside.channel.verify(headers, body.replace(b"98500", b"98501"))
    assert refused.value.facts == {"cause": "SIGNATURE_INVALID"}


def test_a_callback_without_its_signature_is_refused(outside: Outside) -> None:
    ((headers, body),) = outside.pay(started(outside))
    unsigned = {name: value for name, value in headers.items() if "signature" not in name.lower()}
    with pytest.raises(CallbackRefused) as refused:
        outside.channel.verify(unsigned, body)
    assert refused.value.facts == {"cause": "HEADER_MISSING"}


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_callback_from_another_time_is_refused(outside: Outside, minutes: int) -> None:
    ((headers, body),) = outside.pay(started(outside))
    outside.clock.shift = timedelta(minutes=minutes)
    with pytest.raises(CallbackRefused) as refused:
        outside.channel.verify(headers, body)
    assert refused.value.facts == {"cause": "TIMESTAMP_INVALID"}


def test_the_spelling_of_header_names_does_not_matter(outside: Outside) -> None:
    ((headers, body),) = outside.pay(started(outside))
    assert outside.channel.verify({name.lower(): value for name, value in headers.items()}, body)


def test_a_refund_is_made_once_however_often_it_is_asked_for(outside: Outside) -> None:
    order_id, notice = paid(outside)
    refund_id = new_id("rfd")
    for _ in range(3):
        told = outside.channel.refund(order_id, refund_id, AMOUNT_FEN, notice.payment_id)
        assert told.state == "SUCCEEDED"
    assert outside.channel.query_refund(refund_id).state == "SUCCEEDED"


def test_refunds_never_exceed_what_was_paid(outside: Outside) -> None:
    order_id, notice = paid(outside)
    parts = [(60_000, "SUCCEEDED"), (38_501, "FAILED"), (38_500, "SUCCEEDED"), (1, "FAILED")]
    for (amount_fen, state), number in zip(parts, count()):
        told = outside.channel.refund(order_id, f"{order_id}#{number}", amount_fen, notice.payment_id)
        assert told.state == state, told
    assert told.reason == "REFUND_EXCEEDS_PAYMENT"


def test_what_was_not_paid_is_not_refunded(outside: Outside) -> None:
    order_id = started(outside)
    told = outside.channel.refund(order_id, new_id("rfd"), 100, "PY-nobody")
    assert (told.state, told.reason) == ("FAILED", "NOT_PAID")


@pytest.mark.parametrize("answer, known", [("lost", "SUCCEEDED"), ("dropped", "UNKNOWN")])
def test_a_refund_whose_answer_was_lost_is_unknown_until_asked_about(
    outside: Outside, answer: str, known: str
) -> None:
    order_id, notice = paid(outside)
    refund_id = new_id("rfd")
    outside.script("refund", Script(answer=answer))
    assert outside.channel.refund(order_id, refund_id, 500, notice.payment_id).state == "UNKNOWN"
    assert outside.channel.query_refund(refund_id).state == known
    assert outside.channel.refund(order_id, refund_id, 500, notice.payment_id).state == "SUCCEEDED"


def test_a_failed_refund_leaves_the_money_refundable(outside: Outside) -> None:
    order_id, notice = paid(outside)
    outside.script("refund", Script("FAILED", "ACCOUNT_CLOSED"))
    told = outside.channel.refund(order_id, new_id("rfd"), AMOUNT_FEN, notice.payment_id)
    assert (told.state, told.reason) == ("FAILED", "ACCOUNT_CLOSED")
    again = outside.channel.refund(order_id, new_id("rfd"), AMOUNT_FEN, notice.payment_id)
    assert again.state == "SUCCEEDED"
