"""The issuer and the payout, fake and sandbox: each law holds for both."""

import pytest

from tests.contract.outside import Outside, new_id, wait_until
from tests.fakes.operations import Script

PAYEE = {"name": "王小明", "account": "6222020000001234"}


def card() -> str:
    return new_id("9001")


def test_a_topup_is_made_once_however_often_it_is_submitted(outside: Outside) -> None:
    operation_id, number = new_id("ord"), card()
    first = outside.issuer.submit(operation_id, number, 10_000)
    assert first.state == "SUCCEEDED"
    assert first.external_id
    assert outside.issuer.submit(operation_id, number, 10_000).external_id == first.external_id
    assert outside.issuer.query(operation_id).external_id == first.external_id


def test_an_operation_id_never_stands_for_two_topups(outside: Outside) -> None:
    operation_id, number = new_id("ord"), card()
    outside.issuer.submit(operation_id, number, 10_000)
    told = outside.issuer.submit(operation_id, number, 20_000)
    assert (told.state, told.reason) == ("UNKNOWN", "ID_REUSED")


@pytest.mark.parametrize("state", ["SUCCEEDED", "SUCCEEDED_PENDING_LOAD", "FAILED"])
def test_an_issuer_may_answer_in_three_final_ways(outside: Outside, state: str) -> None:
    operation_id = new_id("ord")
    outside.script(
        "issuer", Script(state, "CARD_BLOCKED" if state == "FAILED" else "", operation_id=operation_id)
    )
    told = outside.issuer.submit(operation_id, card(), 10_000)
    assert told.state == state
    assert told.reason == ("CARD_BLOCKED" if state == "FAILED" else "")
    assert outside.issuer.query(operation_id).state == state


@pytest.mark.parametrize("state", ["SUCCEEDED", "SUCCEEDED_PENDING_LOAD", "FAILED"])
def test_a_topup_that_timed_out_is_unknown_until_asked_about(outside: Outside, state: str) -> None:
    operation_id = new_id("ord")
    outside.script("issuer", Script(state, answer="lost", operation_id=operation_id))
    assert outside.issuer.submit(operation_id, card(), 10_000).state == "UNKNOWN"
    assert outside.issuer.query(operation_id).state == state


def test_a_topup_that_never_arrived_may_be_submitted_again_under_its_id(outside: Outside) -> None:
    operation_id, number = new_id("ord"), card()
    outside.script("issuer", Script(answer="dropped", operation_id=operation_id))
    assert outside.issuer.submit(operation_id, number, 10_000).state == "UNKNOWN"
    told = outside.issuer.query(operation_id)
    assert (told.state, told.reason) == ("UNKNOWN", "NOT_RECEIVED")
    assert outside.issuer.submit(operation_id, number, 10_000).state == "SUCCEEDED"


def test_a_slow_topup_becomes_final_later(outside: Outside) -> None:
    operation_id = new_id("ord")
    outside.script("issuer", Script("PENDING", later="SUCCEEDED", operation_id=operation_id))
    assert outside.issuer.submit(operation_id, card(), 10_000).state == "PENDING"
    wait_until(lambda: outside.issuer.query(operation_id).state == "SUCCEEDED")


def test_an_unused_card_is_closed_and_takes_no_more_money(outside: Outside) -> None:
    operation_id, number = new_id("ord"), card()
    assert outside.issuer.close_unused(operation_id, number).state == "SUCCEEDED"
    assert outside.issuer.close_unused(operation_id, number).state == "SUCCEEDED"
    assert outside.issuer.query(operation_id).state == "SUCCEEDED"
    told = outside.issuer.submit(new_id("ord"), number, 10_000)
    assert (told.state, told.reason) == ("FAILED", "CARD_CLOSED")


def test_a_used_card_is_not_closed(outside: Outside) -> None:
    number = card()
    outside.use_card(number)
    told = outside.issuer.close_unused(new_id("ord"), number)
    assert (told.state, told.reason) == ("FAILED", "CARD_USED")
    assert outside.issuer.submit(new_id("ord"), number, 10_000).state == "SUCCEEDED"


def test_a_card_is_closed_for_one_operation_only(outside: Outside) -> None:
    number = card()
    outside.issuer.close_unused(new_id("ord"), number)
    told = outside.issuer.close_unused(new_id("ord"), number)
    assert (told.state, told.reason) == ("FAILED", "CARD_CLOSED")


def test_a_refused_closure_leaves_the_card_open(outside: Outside) -> None:
    number = card()
    outside.script("closure", Script("FAILED", "TOO_LATE"))
    assert outside.issuer.close_unused(new_id("ord"), number).state == "FAILED"
    assert outside.issuer.submit(new_id("ord"), number, 10_000).state == "SUCCEEDED"


def test_a_closure_whose_answer_was_lost_is_asked_about(outside: Outside) -> None:
    operation_id, number = new_id("ord"), card()
    outside.script("closure", Script(answer="lost"))
    assert outside.issuer.close_unused(operation_id, number).state == "UNKNOWN"
    assert outside.issuer.query(operation_id).state == "SUCCEEDED"


def test_a_payout_is_paid_once_however_often_it_is_asked_for(outside: Outside) -> None:
    payout_id = new_id("wdr")
    first = outside.payout.pay(payout_id, PAYEE, 88_000)
    assert first.state == "SUCCEEDED"
    assert outside.payout.pay(payout_id, PAYEE, 88_000).external_id == first.external_id
    assert outside.payout.query(payout_id).state == "SUCCEEDED"


def test_a_payout_id_never_stands_for_two_amounts(outside: Outside) -> None:
    payout_id = new_id("wdr")
    outside.payout.pay(payout_id, PAYEE, 88_000)
    assert outside.payout.pay(payout_id, PAYEE, 88_001).state == "UNKNOWN"
    assert outside.payout.pay(payout_id, PAYEE | {"account": "6222020000009999"}, 88_000).state == "UNKNOWN"


def test_a_payout_may_fail_by_name(outside: Outside) -> None:
    outside.script("payout", Script("FAILED", "ACCOUNT_NAME_DIFFERS"))
    told = outside.payout.pay(new_id("wdr"), PAYEE, 88_000)
    assert (told.state, told.reason) == ("FAILED", "ACCOUNT_NAME_DIFFERS")


@pytest.mark.parametrize("truth", ["SUCCEEDED", "FAILED"])
def test_an_unknown_payout_is_asked_about(outside: Outside, truth: str) -> None:
    payout_id = new_id("wdr")
    outside.script("payout", Script(truth, answer="lost", operation_id=payout_id))
    assert outside.payout.pay(payout_id, PAYEE, 88_000).state == "UNKNOWN"
    assert outside.payout.query(payout_id).state == truth


def test_a_bank_may_send_a_payout_back_later(outside: Outside) -> None:
    payout_id = new_id("wdr")
    outside.script("payout", Script("SUCCEEDED", later="RETURNED", operation_id=payout_id))
    assert outside.payout.pay(payout_id, PAYEE, 88_000).state == "SUCCEEDED"
    wait_until(lambda: outside.payout.query(payout_id).state == "RETURNED")
