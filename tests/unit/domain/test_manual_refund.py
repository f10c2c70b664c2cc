"""Manual refunds: what waits for a person says whose money it is, how much and why."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import DocumentGone, NewDocument
from chalicelib.domain.manual_refund import Cause, ManualRefund, ended, from_item, opened
from chalicelib.domain.order import OrderState, Refund, RefundState
from tests.unit.domain.test_order import an_order

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ORDER = an_order(OrderState.REFUNDING)
REFUND = Refund("R1", RefundState.MANUAL, "CUSTOMER", 70_000, 70_000, 0, NOW)
ROW = ("work", "refunds-by-hand", f"{ORDER.order_id}#R1")


@pytest.mark.parametrize("owed_fen, waiting_fen", [(0, 70_000), (30_000, 30_000)])
def test_what_has_not_reached_the_payer_waits(owed_fen: int, waiting_fen: int) -> None:
    refund = replace(REFUND, owed_fen=owed_fen)
    row = opened(ORDER, refund, Cause.CHANNEL_REFUSES, NOW, "account closed")
    values = {
        "cause": "CHANNEL_REFUSES",
        "amount_fen": waiting_fen,
        "since": to_ms(NOW),
        "reason": "account closed",
    }
    assert row == NewDocument(*ROW, values)
    assert from_item({"pk": row.pk, "sk": row.sk, **row.values}) == ManualRefund(
        ORDER.order_id, "R1", Cause.CHANNEL_REFUSES, waiting_fen, NOW, "account closed"
    )


def test_nobody_need_say_why_a_card_cannot_take_it() -> None:
    assert opened(ORDER, REFUND, Cause.CARD_CANNOT_TAKE_IT, NOW).values["reason"] == ""


def test_what_is_done_waits_no_longer() -> None:
    assert ended(ORDER, REFUND) == DocumentGone(*ROW)


def test_a_refund_of_any_name_is_read_back() -> None:
    row = opened(ORDER, replace(REFUND, refund_id="R#2"), Cause.CHANNEL_REFUSES, NOW)
    assert from_item({"sk": row.sk, **row.values}).refund_id == "R#2"
