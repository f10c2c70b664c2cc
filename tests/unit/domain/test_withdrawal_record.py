"""Withdrawal records: what do they say together, and what does each step move?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.record import Client, Line, Record, from_body
from chalicelib.domain.tax import TaxMethod, TaxPosition
from chalicelib.domain.withdrawal import Happening, Split, Step, Withdrawal, WithdrawalState
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
    worked_split,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WITHDRAWAL = "wdr_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"
REQUESTER = "cus_7K3M9PQRS2TV"
PAYEE = "1763712000000"
TERMS = Terms(1, 60, TaxMethod.PER_PAYMENT)


def requested(amount_fen: int = 1_000_000) -> list[Record]:
    return [request_record(WITHDRAWAL, REQUESTER, amount_fen, TERMS, PAYEE, NOW)]


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


def test_a_request_alone_is_submitted_and_open_to_review() -> None:
    history = (Happening(Step.SUBMIT, REQUESTER, NOW), Happening(Step.OPEN_REVIEW, "", NOW))
    assert filed_from(requested(), WITHDRAWAL) == Filed(
        withdrawal=Withdrawal(WITHDRAWAL, REQUESTER, 1_000_000, 1, history),
        terms=TERMS,
        requested_at=NOW,
        split=None,
        paid_on=None,
        payee_version=PAYEE,
        operations={},
    )


def test_records_of_others_are_left_alone_and_none_is_unknown() -> None:
    other = replace(requested()[0], entry_id=WITHDRAWAL[:-1] + "Z")
    assert filed_from([*requested(), other], WITHDRAWAL).steps_taken == 0
    orphans = after(requested(), Step.CANCEL)[1:]
    for records in ([other], [], orphans):
        with pytest.raises(WithdrawalUnknown) as refusal:
            filed_from(records, WITHDRAWAL)
        assert refusal.value.facts == {"withdrawal_id": WITHDRAWAL}


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


def test_what_comes_back_leaves_the_hold_of_the_withdrawal_or_comes_from_the_bank() -> None:
    given_back = (Line("A:CLAWBACK:dst_7K3M9PQRS2TV", -300), Line("L:COMM_AVAIL:dst_7K3M9PQRS2TV", -999_700))
    assert return_lines(filed(), 300) == (Line(f"L:WD_HOLD:{WITHDRAWAL}", 1_000_000), *given_back)
    from_the_bank = (Line("A:BANK_OPER", 834_000), Line("L:TAX_IIT", 160_000), Line("I:FEE", 6_000))
    assert sent_back_lines(filed(), 300) == (*from_the_bank, *given_back)


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


def test_a_payout_is_taxed_after_what_was_paid_before_it_in_its_month() -> None:
    """10,000 yuan, then 30,000: 20 % of the first; then 30 % of both, less 2,000 and what was withheld."""
    november, terms = date(2026, 11, 30), Terms(2, 100, TaxMethod.PER_PAYMENT)
    first, position = worked_split(1_000_000, terms, None, november)
    assert first == Split(net_fen=830_000, tax_fen=160_000, fee_fen=10_000)
    second, behind = worked_split(3_000_000, terms, position, november)
    assert second == Split(net_fen=2_370_000, tax_fen=600_000, fee_fen=30_000)
    assert (behind.gross_fen, behind.withheld_fen) == (4_000_000, 760_000)
    alone, _ = worked_split(3_000_000, terms, position, date(2026, 12, 1))
    assert alone == Split(net_fen=2_450_000, tax_fen=520_000, fee_fen=30_000)
    untaxed, _ = worked_split(3_000_000, replace(terms, tax_method=TaxMethod.NONE), position, november)
    assert untaxed == Split(net_fen=2_970_000, tax_fen=0, fee_fen=30_000)


def test_a_request_takes_the_money_from_what_is_available_and_keeps_the_terms_of_its_day() -> None:
    assert requested(1_000_000) == [
        Record(
            partition="dst_7K3M9PQRS2TV",
            entry_id=WITHDRAWAL,
            action="WITHDRAWAL_REQUEST",
            at=NOW,
            actor=REQUESTER,
            about={"approvals": 1, "fee_bps": 60, "tax_method": "PER_PAYMENT", "payee": PAYEE},
            lines=(
                Line("L:COMM_AVAIL:dst_7K3M9PQRS2TV", 1_000_000),
                Line(f"L:WD_HOLD:{WITHDRAWAL}", -1_000_000),
            ),
        )
    ]


def test_a_step_is_recorded_with_all_that_is_known_of_it() -> None:
    """A company is taxed nothing: a line of nothing is none."""
    records = after(requested(), Step.APPROVE_LAST)
    records = after(records, Step.PAY, net_fen=994_000, tax_fen=0, fee_fen=6_000)
    paid = filed_from(records, WITHDRAWAL)
    client = Client("203.0.113.7", "bank", "salt")
    happening = Happening(Step.SUCCEED, "payout", NOW, "the bank said so")
    about = {"key": "K", "bank_id": "B7", "note": ""}
    record = step_record(paid, happening, paid_lines(paid), client, "hash", **about)
    assert record == Record(
        partition="dst_7K3M9PQRS2TV",
        entry_id=f"{WITHDRAWAL}#03",
        action="WITHDRAWAL_PAID",
        at=NOW,
        actor="payout",
        about={"step": "SUCCEED", "key": "K", "bank_id": "B7"},
        lines=(
            Line(f"L:WD_HOLD:{WITHDRAWAL}", 1_000_000),
            Line("A:BANK_OPER", -994_000),
            Line("I:FEE", -6_000),
        ),
        reason="the bank said so",
        request_hash="hash",
        client=client,
    )
    again = filed_from([*records, record], WITHDRAWAL)
    assert again.operations == {("payout", "K"): "hash"}
    assert again.withdrawal.history[-1] == happening


PAID_OUT = (Step.APPROVE_LAST, Step.PAY)


@pytest.mark.parametrize(
    "before, step, action",
    [
        ((), Step.APPROVE, "withdrawal.approve"),
        ((), Step.APPROVE_LAST, "withdrawal.approve_last"),
        ((), Step.HOLD, "withdrawal.hold"),
        ((), Step.REJECT, "WITHDRAWAL_RETURN"),
        ((), Step.CANCEL, "WITHDRAWAL_RETURN"),
        ((Step.APPROVE_LAST,), Step.PAY, "withdrawal.pay"),
        (PAID_OUT, Step.FAIL, "withdrawal.fail"),
        (PAID_OUT, Step.LOSE_ANSWER, "withdrawal.lose_answer"),
        (PAID_OUT, Step.SUCCEED, "WITHDRAWAL_PAID"),
        ((*PAID_OUT, Step.FAIL), Step.RETURN, "WITHDRAWAL_RETURN"),
        ((*PAID_OUT, Step.SUCCEED), Step.RETURN, "WITHDRAWAL_SENT_BACK"),
    ],
)
def test_each_step_has_its_name_in_the_journal(before: tuple[Step, ...], step: Step, action: str) -> None:
    records = requested()
    for earlier in before:
        split = {"net_fen": 834_000, "tax_fen": 160_000, "fee_fen": 6_000} if earlier is Step.PAY else {}
        records = after(records, earlier, **split)
    record = step_record(filed_from(records, WITHDRAWAL), Happening(step, "stf_FFFFFFFFFFFF", NOW))
    assert (record.action, record.lines) == (action, ())


def test_a_payout_that_is_tried_again_keeps_the_split_and_the_day_of_the_first() -> None:
    records = after(requested(), Step.APPROVE_LAST)
    assert (filed_from(records, WITHDRAWAL).split, filed_from(records, WITHDRAWAL).paid_on) == (None, None)
    records = after(records, Step.PAY, net_fen=834_000, tax_fen=160_000, fee_fen=6_000)
    records = after(after(records, Step.FAIL), Step.PAY, net_fen=1, tax_fen=2, fee_fen=3)
    twice = filed_from(records, WITHDRAWAL)
    assert (twice.payouts_begun, twice.requested_at) == (2, NOW)
    assert (twice.split, twice.paid_on) == (Split(834_000, 160_000, 6_000), NOW + timedelta(minutes=2))
