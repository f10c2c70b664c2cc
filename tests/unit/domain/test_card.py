"""Cards: which steps does a card take, and which refusal is told when one of its conditions failed?"""

from dataclasses import replace

import pytest

from chalicelib.domain.card import (
    CREDITABLE,
    TRANSITIONS,
    Card,
    CardBalanceCap,
    CardChange,
    CardNotSpendable,
    CardState,
    CardStateConflict,
    CardUnknown,
    InsufficientBalance,
    IssuerDiffers,
    reachable,
    why_refused,
)
from chalicelib.domain.errors import Refusal

PICTURE = [
    ("PRODUCED", "IN_STOCK SOLD"),
    ("IN_STOCK", "RESERVED DAMAGED VOID"),
    ("RESERVED", "SOLD IN_STOCK"),
    ("SOLD", "ACTIVE REFUND_PENDING"),
    ("ACTIVE", "FROZEN LOST EXPIRED REFUND_PENDING"),
    ("FROZEN", "ACTIVE LOST EXPIRED REFUND_PENDING"),
    ("LOST", "REPLACED ACTIVE REFUND_PENDING"),
    ("EXPIRED", "ACTIVE REPLACED REFUND_PENDING"),
    ("REFUND_PENDING", "CLOSED SOLD ACTIVE FROZEN LOST EXPIRED"),
    ("REPLACED", ""),
    ("CLOSED", ""),
    ("DAMAGED", ""),
    ("VOID", ""),
]


def a_card(**fields: object) -> Card:
    card = Card(
        card_id="crd_A",
        sku_id="sku_named",
        issuer="ours",
        mode="ISSUER",
        kind="NAMED",
        form="VIRTUAL",
        state=CardState.ACTIVE,
        cap_fen=500_000,
        last4="0001",
        holder_id="cus_BBBBBBBBBBBB",
        available_fen=440_000,
        held_fen=10_000,
        balance_fen=450_000,
    )
    return replace(card, **fields)  # type: ignore[arg-type]


def a_change(*states: CardState, **fields: object) -> CardChange:
    change = CardChange("crd_A", states or (CardState.ACTIVE,), cap_fen=500_000)
    return replace(change, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("state, wanted", PICTURE)
def test_a_card_goes_where_the_picture_says_and_nowhere_else(state: str, wanted: str) -> None:
    assert TRANSITIONS[CardState(state)] == set(wanted.split())


def test_the_picture_holds_every_state() -> None:
    assert {state for state, _ in PICTURE} == set(CardState) == set(TRANSITIONS)


@pytest.mark.parametrize(
    "state, at_once", [("IN_STOCK", "SOLD"), ("ACTIVE", "CLOSED"), ("LOST", "CLOSED"), ("SOLD", "CLOSED")]
)
def test_one_command_may_take_two_steps_where_a_sale_or_a_refund_does(state: str, at_once: str) -> None:
    assert reachable(CardState(state)) - TRANSITIONS[CardState(state)] == {state, at_once}


@pytest.mark.parametrize("state, wanted", [("CLOSED", "ACTIVE"), ("LOST", "FROZEN"), ("PRODUCED", "ACTIVE")])
def test_a_step_that_is_not_in_the_picture_is_a_bug_of_ours(state: str, wanted: str) -> None:
    with pytest.raises(AssertionError):
        a_change(CardState(state), move_to=CardState(wanted))


REFUSALS: list[tuple[Card | None, CardChange, int, type[Refusal]]] = [
    (None, a_change(), 100, CardUnknown),
    (a_card(), a_change(holder_id="cus_CCCCCCCCCCCC"), -100, CardUnknown),
    (a_card(), a_change(issuer="another"), -100, IssuerDiffers),
    (a_card(state=CardState.FROZEN), a_change(), -100, CardNotSpendable),
    (a_card(state=CardState.LOST), a_change(*CREDITABLE), 100, CardStateConflict),
    (a_card(), a_change(), -440_001, InsufficientBalance),
    (a_card(), a_change(), 50_001, CardBalanceCap),
    (a_card(), a_change(frozen_by="RISK"), 0, CardStateConflict),
    (a_card(state=CardState.FROZEN), a_change(), 0, CardStateConflict),  # nothing was to be spent
    (a_card(state=CardState.FROZEN), a_change(move_to=CardState.FROZEN), -100, CardStateConflict),
    (a_card(), a_change(untouched_fen=1), 50_000, CardStateConflict),  # exactly up to the cap
    (a_card(), a_change(untouched_fen=1, cap_fen=None), 10**9, CardStateConflict),  # no cap is looked at
    (a_card(), a_change(frozen_by="RISK"), -440_000, CardStateConflict),  # exactly what is there
]


@pytest.mark.parametrize("card, change, delta_fen, refusal", REFUSALS)
def test_a_failed_condition_is_told_by_its_own_name(
    card: Card | None, change: CardChange, delta_fen: int, refusal: type[Refusal]
) -> None:
    assert type(why_refused(card, change, delta_fen)) is refusal


FACTS: list[tuple[Card | None, CardChange, int, dict[str, object]]] = [
    (None, a_change(), 100, {"card_id": "crd_A"}),
    (a_card(), a_change(issuer="another"), -100, {"card_issuer": "ours", "needed": "another"}),
    (a_card(state=CardState.FROZEN), a_change(), -100, {"state": "FROZEN"}),
    (
        a_card(state=CardState.LOST),
        a_change(*CREDITABLE),
        100,
        {"card_id": "crd_A", "state": "LOST", "needed": CREDITABLE},
    ),
    (a_card(), a_change(), -440_001, {"available_fen": 440_000, "needed_fen": 440_001}),
    (a_card(), a_change(frozen_by="RISK"), 0, {"card_id": "crd_A", "state": "ACTIVE"}),
]


@pytest.mark.parametrize("card, change, delta_fen, facts", FACTS)
def test_a_refusal_tells_what_stood_in_the_way(
    card: Card | None, change: CardChange, delta_fen: int, facts: dict[str, object]
) -> None:
    assert why_refused(card, change, delta_fen).facts == facts


def test_v20_the_cap_counts_what_waits_at_a_pump_and_tells_what_is_left() -> None:
    told = why_refused(a_card(), a_change(), 60_000)
    assert told.code == "CARD_BALANCE_CAP"
    assert told.facts == {"cap_fen": 500_000, "allowed_fen": 50_000}
    full = a_card(available_fen=500_001, balance_fen=510_001)
    assert why_refused(full, a_change(), 1).facts["allowed_fen"] == 0
