"""The books on the embedded engine: conditions, refusals, replays, and what stays untouched."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib import bootstrap
from chalicelib.domain.account import InsufficientAvailable
from chalicelib.domain.card import (
    Card,
    CardBalanceCap,
    CardChange,
    CardNotSpendable,
    CardState,
    CardUnknown,
    InsufficientBalance,
    IssuerDiffers,
)
from chalicelib.domain.change import AccountChange, NewCard, PotChange, Replayed, Stale
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Record
from local.testing import World

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def a_card(number: str, **fields: object) -> Card:
    card = Card(
        card_id=f"crd_{number}",
        sku_id="sku_demo",
        issuer="demo",
        mode="ISSUER",
        kind="NAMED",
        form="VIRTUAL",
        state=CardState.ACTIVE,
        cap_fen=500_000,
        last4="0001",
        holder_id="cus_HHHHHHHHHHHH",
    )
    return replace(card, **fields)


def a_top_up(name: str, amount_fen: int, card_id: str = "crd_A") -> Record:
    lines = [debit("A:CHANNEL:sandbox", amount_fen), credit(f"L:PREPAID:{card_id}", amount_fen)]
    return Record(
        "pay_sandbox", name, "TOPUP_ISSUER", NOW, "sandbox", lines=checked_lines("TOPUP_ISSUER", lines)
    )


def a_change(**fields: object) -> CardChange:
    return replace(CardChange("crd_A", (CardState.ACTIVE,), cap_fen=500_000), **fields)


def everything(world: World) -> list[object]:
    return [sorted(map(repr, world.items(t))) for t in ("cards", "accounts", "journal", "orders")]


@pytest.fixture
def with_450_000(world: World) -> World:
    bootstrap.books().commit(a_top_up("opening", 450_000), [NewCard(a_card("A"))])
    return world


def test_a_top_up_moves_the_balance_and_numbers_the_change(with_450_000: World) -> None:
    bootstrap.books().commit(a_top_up("second", 50_000), [a_change()])
    card = bootstrap.cards().get("crd_A")
    assert card is not None
    assert (card.available_fen, card.balance_fen, card.version) == (500_000, 500_000, 2)
    assert card.last_record == "pay_sandbox/second"


@pytest.mark.parametrize(
    ("change", "amount_fen", "refusal"),
    [
        (a_change(), 60_000, CardBalanceCap),
        (a_change(holder_id="cus_BBBBBBBBBBBB"), 100, CardUnknown),
        (a_change(issuer="other"), 100, IssuerDiffers),
        (a_change(states=(CardState.FROZEN,)), 100, Exception),
        (CardChange("crd_MISSING", (CardState.ACTIVE,)), 100, CardUnknown),
    ],
)
def test_a_refused_posting_leaves_every_item_as_it_was(
    with_450_000: World, change: CardChange, amount_fen: int, refusal: type[Exception]
) -> None:
    before = everything(with_450_000)
    with pytest.raises(refusal):
        bootstrap.books().commit(a_top_up("refused", amount_fen, change.card_id), [change])
    assert everything(with_450_000) == before


def test_the_cap_refusal_says_how_much_is_allowed(with_450_000: World) -> None:
    with pytest.raises(CardBalanceCap) as refused:
        bootstrap.books().commit(a_top_up("V20", 60_000), [a_change()])
    assert refused.value.facts["allowed_fen"] == 50_000


def test_the_same_record_is_written_once(with_450_000: World) -> None:
    bootstrap.books().commit(a_top_up("twice", 1), [a_change()])
    before = everything(with_450_000)
    with pytest.raises(Replayed):
        bootstrap.books().commit(a_top_up("twice", 1), [a_change()])
    assert everything(with_450_000) == before


@pytest.mark.parametrize(
    ("state", "amount_fen", "refusal"),
    [(CardState.ACTIVE, 450_001, InsufficientBalance), (CardState.FROZEN, 1, CardNotSpendable)],
)
def test_a_card_pays_only_what_it_has_and_only_while_active(
    world: World, state: CardState, amount_fen: int, refusal: type[Exception]
) -> None:
    bootstrap.books().commit(a_top_up("opening", 450_000), [NewCard(a_card("A", state=state))])
    lines = [debit("L:PREPAID:crd_A", amount_fen), credit("L:PREPAID:crd_B", amount_fen)]
    record = Record("cus_HHHHHHHHHHHH", "sale", "SALE_FROM_CARD", NOW, "cus_HHHHHHHHHHHH", lines=tuple(lines))
    with pytest.raises(refusal):
        bootstrap.books().commit(record, [a_change(), NewCard(a_card("B"))])
    assert bootstrap.cards().get("crd_B") is None


def test_commission_frozen_in_pots_is_released_and_spent_under_conditions(world: World) -> None:
    books, dst = bootstrap.books(), "dst_DDDDDDDDDDDD"
    frozen = f"L:COMM_FROZEN:{dst}:20261129"
    earn = Record(
        dst, "cme_1", "COMMISSION", NOW, "system", lines=(debit("E:COMMISSION", 800), credit(frozen, 800))
    )
    books.commit(earn, [PotChange(dst, "20261129")])
    available = f"L:COMM_AVAIL:{dst}"
    release = Record(
        dst, "rel_1", "COMMISSION_RELEASE", NOW, "system", lines=(debit(frozen, 800), credit(available, 800))
    )
    with pytest.raises(Stale):
        books.commit(release, [PotChange(dst, "20261129", frozen_fen=799), AccountChange(dst)])
    books.commit(release, [PotChange(dst, "20261129", frozen_fen=800), AccountChange(dst, owed_fen=0)])
    balances = bootstrap.accounts().balances(dst)
    assert (balances.available_fen, balances.frozen_fen["20261129"]) == (800, 0)
    wdr = f"L:WD_HOLD:wdr_DDDDDDDDDDDD{'0' * 26}"
    too_much = Record(
        dst, "wdr_1", "WITHDRAWAL_REQUEST", NOW, dst, lines=(debit(available, 801), credit(wdr, 801))
    )
    with pytest.raises(InsufficientAvailable):
        books.commit(too_much, [AccountChange(dst)])


def test_a_record_alone_is_a_single_write(world: World) -> None:
    audit = Record("stf_1", "note", "audit.note", NOW, "stf_1", about={"subject": "x"})
    bootstrap.books().commit(audit, [])
    with pytest.raises(Replayed):
        bootstrap.books().commit(audit, [])
    assert bootstrap.books().record("stf_1", "note") == audit


def test_a_posting_no_change_allows_is_a_bug(world: World) -> None:
    with pytest.raises(AssertionError):
        bootstrap.books().commit(a_top_up("bug", 1), [])
