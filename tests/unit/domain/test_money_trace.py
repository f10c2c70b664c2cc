"""The trace of money: which side is which, and whose turn is it in an account of many?"""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ledger import GUARDED, TEMPLATES
from chalicelib.domain.money_trace import AMONG_ASSETS, End, Queue, end_of, queue_of, sides_of
from chalicelib.domain.record import Line, Record

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_a_sale_takes_from_the_payer_and_from_us_and_gives_to_the_card() -> None:
    lines = (Line("A:CHANNEL:sandbox", 98_500), Line("E:PROMO", 1_500), Line("L:PREPAID:crd_A", -100_000))
    sides = sides_of(Record("cus_A", "ord_A", "SALE_ISSUER", AT, "cus_A", lines=lines))
    assert sides.sources == (("A:CHANNEL:sandbox", 98_500), ("E:PROMO", 1_500))
    assert sides.uses == (("L:PREPAID:crd_A", 100_000),)


def test_what_moves_among_our_own_assets_comes_from_what_is_credited() -> None:
    lines = (Line("A:SUPPLIER_PREPAY:oil", 500), Line("A:BANK_OPER", -500))
    sides = sides_of(Record("stf_A", "x", "SUPPLIER_PREPAY", AT, "stf_A", lines=lines))
    assert (sides.sources, sides.uses) == ((("A:BANK_OPER", 500),), (("A:SUPPLIER_PREPAY:oil", 500),))


def test_only_templates_without_anybodys_claim_run_the_other_way() -> None:
    ours = {
        name
        for name, template in TEMPLATES.items()
        if all(
            account[0] in "AE" and account not in GUARDED for account in template.debits | template.credits
        )
    }
    assert ours == AMONG_ASSETS


@pytest.mark.parametrize(
    ("account", "end"),
    [
        ("A:CHANNEL:sandbox", End.OUTSIDE),
        ("A:BANK_OPER", End.OUTSIDE),
        ("A:SUPPLIER_PREPAY:oil", End.OUTSIDE),
        ("Q:OPENING", End.OUTSIDE),
        ("I:FEE", End.OWN),
        ("E:COMMISSION", End.OWN),
        ("L:TAX_IIT", End.STANDS),
        ("L:REFUND_PAYABLE", End.STANDS),
        ("L:WD_HOLD:wdr_A", End.STANDS),
    ],
)
def test_where_a_trace_ends(account: str, end: End) -> None:
    assert end_of(Line(account, 7)) == (account, 7, end, "")


@given(changes=st.lists(st.integers(-50, 50).filter(bool), max_size=30))
def test_what_came_first_goes_first_and_both_looks_say_the_same(changes: list[int]) -> None:
    """Looked back from what went, and ahead from what came: the same fen, and the rest stands there."""
    balances, deltas = [0], list[int]()
    for change in changes:
        delta_fen = max(change, -balances[-1])
        if delta_fen:
            deltas.append(delta_fen)
            balances.append(balances[-1] + delta_fen)
    ahead: dict[tuple[int, int], int] = {}
    back: dict[tuple[int, int], int] = {}
    standing_fen = 0
    for place, delta_fen in enumerate(deltas):
        queue = queue_of(delta_fen, balances[place + 1])
        others = range(place + 1, len(deltas)) if delta_fen > 0 else range(place - 1, -1, -1)
        for other in others:
            got_fen, queue = queue.next(max(0, -deltas[other] if delta_fen > 0 else deltas[other]))
            if got_fen:
                (ahead if delta_fen > 0 else back)[min(place, other), max(place, other)] = got_fen
        standing_fen += queue.ours_fen
        assert delta_fen > 0 or queue.ours_fen == 0
    assert ahead == back
    assert standing_fen == balances[-1]


def test_a_queue_lets_the_others_pass_first() -> None:
    assert Queue(30, 50).next(20) == (0, Queue(10, 50))
    assert Queue(10, 50).next(25) == (15, Queue(0, 35))
    assert Queue(0, 35).next(99) == (35, Queue(0, 0))
