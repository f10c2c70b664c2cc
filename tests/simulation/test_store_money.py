"""Accounts, pots, cards: each condition of the store holds, and what it refuses changes nothing.

The expressions are those that ship, evaluated by the simulated tables.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.account import Balances, InsufficientAvailable, Pot
from chalicelib.domain.card import (
    CardBalanceCap,
    CardNotSpendable,
    CardState,
    CardStateConflict,
    CardUnknown,
    InsufficientBalance,
    IssuerDiffers,
)
from chalicelib.domain.change import (
    NewCard,
    NewDocument,
    Stale,
)
from chalicelib.domain.errors import Refusal
from chalicelib.domain.ledger import credit, debit
from tests.simulation.store_programs import CUSTOMER, DISTRIBUTOR, NOW
from tests.simulation.used_store import (
    ACCOUNT,
    DAY,
    LATER,
    ORDER_ID,
    OWED,
    POT,
    Store,
    a_card,
    card_change,
    opened,
)


@pytest.fixture
def store() -> Store:
    return Store()


# ---------------------------------------------------------------- accounts and pots


def test_a_withdrawal_takes_what_is_available_to_the_last_fen_and_not_one_more(store: Store) -> None:
    store.earn(100)
    store.release(100)
    refused = store.refuses(InsufficientAvailable, lambda: store.request(101))
    assert getattr(refused, "facts", {}) == {"available_fen": 100, "needed_fen": 101}
    store.request(100)
    assert store.accounts.balances(DISTRIBUTOR) == Balances(0, 100, 0, {DAY: 0}, {}, 2)
    store.refuses(InsufficientAvailable, lambda: store.request(1))


def test_an_account_that_was_never_written_has_nothing_to_give(store: Store) -> None:
    refused = store.refuses(InsufficientAvailable, lambda: store.request(1))
    assert getattr(refused, "facts", {}) == {"available_fen": 0, "needed_fen": 1}
    assert store.accounts.balances(DISTRIBUTOR) == Balances(0, 0, 0, {}, {}, 0)
    assert store.accounts.pot(DISTRIBUTOR, DAY) == Pot()


def test_an_account_is_read_with_its_pots_or_without(store: Store) -> None:
    store.earn(100)
    store.release(40)
    note = NewDocument("work", "d", "n", {})
    store.books.commit(None, [replace(ACCOUNT, set_values={"tax_month": "202611"}), note])
    with_pots = store.accounts.balances(DISTRIBUTOR)
    assert with_pots == Balances(40, 0, 0, {DAY: 60}, {"tax_month": "202611"}, 2)
    assert store.accounts.balances(DISTRIBUTOR, with_pots=False) == with_pots._replace(frozen_fen={})


def test_debt_is_paid_off_only_as_it_was_read(store: Store) -> None:
    store.earn(100)
    store.release(10, owed_fen=0)  # a column that was never written counts as nothing
    lines = (debit(OWED, 30), credit("E:COMMISSION", 30))
    store.refuses(Stale, lambda: store.post("COMMISSION_REVERSAL", lines, replace(ACCOUNT, owed_fen=5)))
    store.post("COMMISSION_REVERSAL", lines, replace(ACCOUNT, owed_fen=0))
    for owed_fen in (0, 29, 31):
        store.refuses(Stale, lambda owed_fen=owed_fen: store.release(40, 30, owed_fen))
    store.release(40, 30, owed_fen=30)
    store.release(1, owed_fen=0)  # and so does one that holds nothing any more
    assert store.accounts.balances(DISTRIBUTOR) == Balances(21, 0, 0, {DAY: 49}, {}, 4)


def test_a_withdrawal_that_expected_another_debt_is_stale_and_not_poor(store: Store) -> None:
    store.refuses(Stale, lambda: store.request(1, owed_fen=0))


@pytest.mark.parametrize("expected, holds", [({"n": 5}, True), ({"n": 4}, False), ({"n": None}, False)])
def test_facts_of_an_account_change_only_as_they_were_read(
    store: Store, expected: dict[str, Any], holds: bool
) -> None:
    note = NewDocument("work", "d", "n", {})
    store.books.commit(None, [replace(ACCOUNT, set_values={"n": 5}, expected={"n": None}), note])
    changed = replace(ACCOUNT, set_values={"n": 6}, expected=expected)
    deed = lambda: store.books.commit(None, [changed, replace(note, sk="m")])  # noqa: E731
    if holds:
        deed()
        assert store.accounts.balances(DISTRIBUTOR).values == {"n": 6}
    else:
        store.refuses(Stale, deed)


def test_a_pot_gives_what_it_holds_to_the_last_fen_and_not_one_more(store: Store) -> None:
    store.refuses(Stale, lambda: store.take_back(1))
    store.earn(10)
    refused = store.refuses(Stale, lambda: store.take_back(11))
    assert str(refused) == "the pot holds 10"
    store.take_back(10)
    assert store.accounts.pot(DISTRIBUTOR, DAY) == Pot(0, version=2, taken=1, filling=0)


def test_a_release_empties_the_pot_it_has_read_and_begins_another_filling(store: Store) -> None:
    store.earn(10, filling=0)
    store.refuses(Stale, lambda: store.release(9, frozen_fen=9))
    store.refuses(Stale, lambda: store.release(10, frozen_fen=10, filling=1))
    store.release(10, frozen_fen=10, filling=0)
    assert store.accounts.pot(DISTRIBUTOR, DAY) == Pot(0, version=2, taken=1, filling=1)
    store.refuses(Stale, lambda: store.earn(5, filling=0))
    store.earn(5, filling=1)


def test_money_comes_back_from_a_pot_that_nobody_took_from_meanwhile(store: Store) -> None:
    store.earn(10)
    store.take_back(4, taken=0)
    for taken in (0, 2):
        store.refuses(Stale, lambda taken=taken: store.take_back(1, taken=taken))
    store.take_back(1, taken=1)
    assert store.accounts.pot(DISTRIBUTOR, DAY) == Pot(5, version=3, taken=2)


def test_a_pot_that_no_money_moves_in_is_only_looked_at(store: Store) -> None:
    store.earn(10)
    before = store.accounts.pot(DISTRIBUTOR, DAY)
    look, note = replace(POT, taken=0), NewDocument("work", "d", "n", {})
    store.books.commit(None, [look, note])
    assert store.accounts.pot(DISTRIBUTOR, DAY) == before
    store.refuses(Stale, lambda: store.books.commit(None, [replace(look, taken=1), replace(note, sk="m")]))


def test_a_look_at_a_pot_that_was_never_written_holds(store: Store) -> None:
    store.books.commit(None, [replace(POT, taken=0), NewDocument("work", "d", "n", {})])
    assert store.accounts.pot(DISTRIBUTOR, DAY) == Pot()


def test_a_release_of_nothing_takes_nothing_and_begins_another_filling(store: Store) -> None:
    store.earn(10)
    changes = [replace(POT, frozen_fen=10), NewDocument("work", "d", "n", {})]
    store.books.commit(None, changes)
    assert store.accounts.pot(DISTRIBUTOR, DAY) == Pot(10, version=2, taken=0, filling=1)


def test_an_account_and_a_pot_name_the_record_that_moved_them(store: Store) -> None:
    def last_records() -> list[str]:
        keys = [(DISTRIBUTOR, sort) for sort in ("main", f"frozen#{DAY}")]
        return [(store.documents.get("accounts", *key) or {}).get("last_record") for key in keys]

    store.earn(10)
    store.release(4)
    assert last_records() == ["par/e1", "par/e1"]
    note = NewDocument("work", "d", "n", {})
    store.books.commit(None, [replace(ACCOUNT, set_values={"n": 1}), replace(POT, frozen_fen=6), note])
    assert last_records() == ["", ""]


def test_an_account_in_which_only_a_pot_was_ever_written_has_nothing(store: Store) -> None:
    store.earn(10)
    assert store.accounts.pot(DISTRIBUTOR, DAY) == Pot(10, version=1, taken=0, filling=0)
    assert store.accounts.balances(DISTRIBUTOR, with_pots=False) == Balances(0, 0, 0, {}, {}, 0)


def test_an_account_that_only_notes_facts_has_nothing_to_give(store: Store) -> None:
    noted = replace(ACCOUNT, set_values={"n": 1})
    store.books.commit(None, [noted, NewDocument("work", "d", "n", {})])
    refused = store.refuses(InsufficientAvailable, lambda: store.request(1))
    assert getattr(refused, "facts", {}) == {"available_fen": 0, "needed_fen": 1}


def test_a_posting_of_nothing_wants_nothing_and_a_stale_one_says_so(store: Store) -> None:
    refused = store.refuses(Stale, lambda: store.request(0, owed_fen=1))
    assert str(refused) == "the account has moved on"
    store.request(0)


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.accounts.balances(DISTRIBUTOR),
        lambda store: store.accounts.balances(DISTRIBUTOR, with_pots=False),
        lambda store: store.accounts.pot(DISTRIBUTOR, DAY),
        lambda store: store.cards.get("crd_A"),
        lambda store: store.orders.get(ORDER_ID),
        lambda store: store.books.record("par", "e0"),
        lambda store: store.books.records("par"),
    ],
)
def test_what_decides_about_money_is_read_as_it_is_now(store: Store, read: Callable[[Store], object]) -> None:
    read(store)
    assert [call["ConsistentRead"] for call in store.sent] == [True]


# ---------------------------------------------------------------- cards


def test_a_new_card_holds_what_was_posted_and_is_made_once(store: Store) -> None:
    made = {"revealed_at": LATER, "lost_at": NOW, "frozen_by": "RISK", "sealed": "s"}
    card = opened(store, **made)
    expected = a_card(available_fen=400, balance_fen=400, version=1, last_record="par/e0", **made)
    assert card == expected
    refused = store.refuses(Stale, lambda: opened(store))
    assert str(refused) == "the card crd_A exists already"
    assert store.cards.get("crd_B") is None
    store.books.commit(None, [NewCard(a_card(card_id="crd_B")), NewDocument("work", "d", "n", {})])
    assert store.cards.get("crd_B") == a_card(card_id="crd_B", version=1)


def test_a_card_may_be_opened_at_its_cap(store: Store) -> None:
    assert opened(store, 500).balance_fen == 500


def test_a_card_is_filled_to_its_cap_and_not_one_fen_more(store: Store) -> None:
    opened(store)
    refused = store.refuses(CardBalanceCap, lambda: store.fill_card(101))
    assert getattr(refused, "facts", {}) == {"cap_fen": 500, "allowed_fen": 100}
    written = store.fill_card(100)
    assert store.cards.get("crd_A") == a_card(
        available_fen=500, balance_fen=500, version=2, last_record=written
    )
    store.refuses(CardBalanceCap, lambda: store.fill_card(1))
    store.fill_card(1, cap_fen=None)  # who asks for no cap has looked elsewhere
    moved = (debit("L:PREPAID:crd_A", 5), credit("L:AUTH_HOLD:crd_A", 5))
    store.post("AUTHORIZE", moved, card_change())  # and what moves or leaves above a cap may do so
    store.empty_card(1)


def test_a_card_gives_what_it_holds_to_the_last_fen_and_not_one_more(store: Store) -> None:
    opened(store)
    store.refuses(InsufficientBalance, lambda: store.empty_card(401))
    store.empty_card(400)
    store.refuses(InsufficientBalance, lambda: store.empty_card(1))


def test_what_is_held_on_a_card_counts_to_its_balance_until_it_is_captured(store: Store) -> None:
    opened(store)
    held = "L:AUTH_HOLD:crd_A"
    store.post("AUTHORIZE", (debit("L:PREPAID:crd_A", 150), credit(held, 150)), card_change())
    card = store.cards.get("crd_A")
    assert card is not None and (card.available_fen, card.held_fen, card.balance_fen) == (250, 150, 400)
    store.refuses(CardBalanceCap, lambda: store.fill_card(101))

    def capture(fen: int) -> None:
        store.post("CAPTURE", (debit(held, fen), credit("L:STATION_PAYABLE:s", fen)), card_change())

    store.refuses(CardStateConflict, lambda: capture(151))
    capture(150)
    card = store.cards.get("crd_A")
    assert card is not None and (card.available_fen, card.held_fen, card.balance_fen) == (250, 0, 250)


REFUSED_FILLINGS: list[tuple[dict[str, Any], dict[str, Any], type[Exception]]] = [
    ({}, {"holder_id": "cus_XXXXXXXXXXXX"}, CardUnknown),
    ({}, {"issuer": "other"}, IssuerDiffers),
    ({}, {"mode": "AGENT"}, IssuerDiffers),
    ({}, {"kind": "BEARER"}, IssuerDiffers),
    ({}, {"states": (CardState.FROZEN, CardState.LOST)}, CardStateConflict),
    ({"revealed_at": NOW}, {"not_revealed": True}, CardStateConflict),
    ({"frozen_by": "HOLDER"}, {"frozen_by": "RISK"}, CardStateConflict),
    ({}, {"untouched_fen": 399}, CardStateConflict),
    ({}, {"untouched_fen": 401}, CardStateConflict),
]


@pytest.mark.parametrize("card, change, refusal", REFUSED_FILLINGS)
def test_a_card_that_is_not_as_it_should_be_is_not_touched(
    store: Store, card: dict[str, Any], change: dict[str, Any], refusal: type[Exception]
) -> None:
    opened(store, **card)
    store.refuses(refusal, lambda: store.fill_card(10, **change))


WANTED: dict[str, Any] = {
    "states": (CardState.FROZEN, CardState.ACTIVE),
    "holder_id": CUSTOMER,
    "issuer": "demo",
    "mode": "ISSUER",
    "kind": "NAMED",
    "not_revealed": True,
    "frozen_by": "RISK",
    "untouched_fen": 400,
}


def test_a_card_that_is_as_it_should_be_is_touched(store: Store) -> None:
    opened(store, frozen_by="RISK")
    store.fill_card(10, **WANTED)


@pytest.mark.parametrize(
    "card",
    [
        {"state": CardState.LOST},
        {"holder_id": "cus_XXXXXXXXXXXX"},
        {"issuer": "other"},
        {"mode": "AGENT"},
        {"kind": "BEARER"},
        {"revealed_at": NOW},
        {"frozen_by": "HOLDER"},
    ],
)
def test_one_condition_that_fails_is_enough_however_many_hold(store: Store, card: dict[str, Any]) -> None:
    opened(store, **{"frozen_by": "RISK", **card})
    before = store.everything()
    with pytest.raises(Refusal):
        store.fill_card(10, **WANTED)
    assert store.everything() == before


def test_the_sum_that_should_be_untouched_is_not_waived_by_room_below_the_cap(store: Store) -> None:
    opened(store, frozen_by="RISK")
    for untouched_fen in (399, 401):
        store.refuses(
            CardStateConflict,
            lambda fen=untouched_fen: store.fill_card(10, **{**WANTED, "untouched_fen": fen}),
        )
        store.refuses(
            CardStateConflict,
            lambda fen=untouched_fen: store.empty_card(10, **{**WANTED, "untouched_fen": fen}),
        )


def test_a_full_card_that_no_money_moves_on_is_not_refused_for_its_cap(store: Store) -> None:
    opened(store, 500, revealed_at=NOW)
    changes = [card_change(not_revealed=True), NewDocument("work", "d", "n", {})]
    store.refuses(CardStateConflict, lambda: store.books.commit(None, changes))


def test_a_card_that_may_not_be_spent_says_so(store: Store) -> None:
    opened(store, state=CardState.FROZEN)
    store.refuses(CardNotSpendable, lambda: store.empty_card(1))


def test_a_card_that_is_not_there_is_unknown(store: Store) -> None:
    store.refuses(CardUnknown, lambda: store.fill_card(1))


def test_a_change_of_a_card_writes_what_it_names_and_nothing_else(store: Store) -> None:
    opened(store, holder_id="")
    written = {"assign_to": CUSTOMER, "order_id": "ord_1", "replaced_by": "crd_B", "freeze_by": "RISK"}
    change = card_change(move_to=CardState.FROZEN, revealed_at=LATER, lost_at=NOW, **written)
    store.books.commit(None, [change, NewDocument("work", "d", "n", {})])
    facts = {"order_id": "ord_1", "replaced_by": "crd_B", "frozen_by": "RISK", "last_record": "par/e0"}
    balance = {"available_fen": 400, "balance_fen": 400, "version": 2}
    state = {"state": CardState.FROZEN, "revealed_at": LATER, "lost_at": NOW}
    assert store.cards.get("crd_A") == a_card(**facts, **balance, **state)
