"""Withdrawal records: what do they say together, and what does each step move?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.record import Record, from_body
from chalicelib.domain.tax import TaxMethod, TaxPosition
from chalicelib.domain.withdrawal import Happening, Split, Step, WithdrawalState
from chalicelib.domain.withdrawal_record import (
    Filed,
    Terms,
    WithdrawalUnknown,
    filed_from,
    paid_lines,
    request_record,
    return_lines,
    sent_back_lines,
    step_record,
    tax_position_of,
    tax_text,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WITHDRAWAL = "wdr_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"
REQUESTER = "cus_7K3M9PQRS2TV"
TERMS = Terms(1, 60, TaxMethod.PER_PAYMENT)


def requested(amount_fen: int = 1_000_000) -> list[Record]:
    return [request_record(WITHDRAWAL, REQUESTER, amount_fen, TERMS, NOW)]


def after(
    records: list[Record], step: Step, actor: str = "stf_FFFFFFFFFFFF", **about: object
) -> list[Record]:
    """The records with one more step."""
    filed = filed_from(records, WITHDRAWAL)
    happening = Happening(step, actor, NOW + timedelta(minutes=len(records)), "because")
    lines = {Step.SUCCEED: paid_lines}.get(step, lambda filed: ())(filed)
    record = step_record(filed, happening, lines, **about)  # type: ignore[arg-type]
    return [*records, record]


def test_the_state_is_the_fold_of_the_steps_and_survives_storage() -> None:
    records = after(requested(), Step.APPROVE_LAST, key="K")
    records = after(records, Step.PAY, "stf_GGGGGGGGGGGG", net_fen=834_000, tax_fen=160_000, fee_fen=6_000)
    records = after(records, Step.SUCCEED, "payout")
    stored = [from_body(record.body()) for record in records]
    filed = filed_from(stored, WITHDRAWAL)
    assert filed.state is WithdrawalState.PAID
    assert filed.split == Split(834_000, 160_000, 6_000)
    assert (filed.withdrawal.amount_fen, filed.terms, filed.steps_taken) == (1_000_000, TERMS, 3)
    assert [record.entry_id[-3:] for record in stored[1:]] == ["#01", "#02", "#03"]
    assert filed.operations == {("stf_FFFFFFFFFFFF", "K"): ""}


def test_records_of_others_are_left_alone_and_none_is_unknown() -> None:
    other = replace(requested()[0], entry_id=WITHDRAWAL[:-1] + "Z")
    assert filed_from([*requested(), other], WITHDRAWAL).steps_taken == 0
    with pytest.raises(WithdrawalUnknown):
        filed_from([other], WITHDRAWAL)


def test_a_payout_that_was_tried_for_months_is_still_read_in_the_order_of_its_steps() -> None:
    records = after(requested(), Step.APPROVE_LAST)
    for _ in range(51):
        records = after(records, Step.PAY, net_fen=834_000, tax_fen=160_000, fee_fen=6_000)
        records = after(records, Step.FAIL, "payout")
    as_queried = sorted(records, key=lambda record: record.entry_id)
    assert filed_from(as_queried, WITHDRAWAL) == filed_from(records, WITHDRAWAL)


def filed() -> Filed:
    records = after(requested(), Step.APPROVE_LAST)
    records = after(records, Step.PAY, net_fen=834_000, tax_fen=160_000, fee_fen=6_000)
    return filed_from(records, WITHDRAWAL)


@pytest.mark.parametrize(
    ("owed_fen", "netted_fen", "available_fen"), [(0, 0, 1_000_000), (300, 300, 999_700), (10**7, 10**6, 0)]
)
def test_what_comes_back_pays_debt_first(owed_fen: int, netted_fen: int, available_fen: int) -> None:
    for lines in (return_lines(filed(), owed_fen), sent_back_lines(filed(), owed_fen)):
        assert sum(line.amount_fen for line in lines) == 0
        given = {line.account.split(":")[1]: -line.amount_fen for line in lines if line.amount_fen <= 0}
        assert (given["CLAWBACK"], given["COMM_AVAIL"]) == (netted_fen, available_fen)


def test_a_tax_position_is_the_same_after_it_was_written() -> None:
    position = TaxPosition(TaxMethod.CUMULATIVE, "2026", 5_000_000, 196_000, 3, "2026-11")
    assert tax_position_of(tax_text(position)) == position
    assert tax_position_of("") is None
