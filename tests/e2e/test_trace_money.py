"""Tracing money: is every fen of every record found again, where it came from and where it went?"""

from collections import Counter
from collections.abc import Callable

import pytest

from chalicelib import bootstrap
from chalicelib.domain.business_time import SHANGHAI
from chalicelib.domain.commission_entry import entry_id_of
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import account_type
from chalicelib.domain.money_trace import End, Part, moved_fen
from chalicelib.domain.record import Record
from chalicelib.usecases.allocated_sales import Sale
from chalicelib.usecases.find_entry import EntryUnknown, Link
from chalicelib.usecases.trace_money import Traced
from local.testing import World
from tests.e2e.shop import NAMED, VIRTUAL, Shop, all_records
from tests.e2e.test_refunds_by_hand import refused, sent
from tests.e2e.trading import READERS, Trading

STEPS = 50
Look = Callable[[str, str, int], Traced]


def all_parts(look: Look, any_id: str, limit: int = 3) -> list[Part]:
    """The parts of all pages, in small ones."""
    parts: list[Part] = []
    position = ""
    while True:
        traced = look(any_id, position, limit)
        parts += [part for part, _ in traced.parts]
        assert len(traced.parts) <= limit + 1
        if not traced.next:
            return parts
        position = traced.next


def ways(records: list[Record], look: Look) -> Counter[tuple[str, str, str]]:
    """By record, the record at the other end and the account between: how many fen took this way."""
    found: Counter[tuple[str, str, str]] = Counter()
    for record in records:
        parts = all_parts(look, record.record_id)
        assert sum(part.amount_fen for part in parts) == moved_fen(record), (record, parts)
        assert min(part.amount_fen for part in parts) > 0
        for part in parts:
            assert (part.end is End.RECORD) == bool(part.record_id) and part.end is not End.UNTOLD
            if part.record_id:
                found[record.record_id, part.record_id, part.account] += part.amount_fen
    return found


def check_law(records: list[Record]) -> Counter[tuple[str, str, str]]:
    """What one record says that it gave to another one, that one says that it got, to the fen."""
    trace = bootstrap.trace_money()
    moving = [record for record in records if record.lines]
    came, went = ways(moving, trace.sources), ways(moving, trace.uses)
    assert {(one, other, by): fen for (other, one, by), fen in came.items()} == dict(went)
    return went


@pytest.mark.parametrize("seed", [1, 2])
def test_every_fen_of_a_random_world_is_traced_both_ways(world: World, seed: int) -> None:
    trading = Trading(world, seed)
    trading.lives(STEPS)
    went = check_law(trading.tree.records())
    through = {account_type(account) for _, _, account in went}
    assert through >= {"L:PREPAID", "L:COMM_FROZEN", "L:COMM_AVAIL", "L:WD_HOLD", "L:REFUND_PAYABLE"}


def told(parts: list[Part]) -> list[tuple[int, str, str]]:
    """Amount, account or what it is of, and the record at the other end or what end it is."""
    return [
        (part.amount_fen, account_type(part.account), part.record_id.rpartition("/")[2] or part.end)
        for part in parts
    ]


def test_a_payment_is_followed_to_the_payout_and_back(world: World) -> None:
    """985 yuan and our discount become 1 000 on a card; 8 % of the price is withdrawn by the seller."""
    trading = Trading(world, seed=0, hold_days=1)
    tree, seller = trading.tree, trading.chain[0]
    order = trading.sold(NAMED)
    trading.day_passes()
    withdrawal_id = trading.asks(seller, 7_880)
    trading.pays_out(withdrawal_id)
    trading.drain()
    trace, entry_id = bootstrap.trace_money(), entry_id_of(order.order_id, 1)
    uses, sources = trace.uses, trace.sources

    assert told(all_parts(sources, order.order_id)) == [
        (98_500, "A:CHANNEL", End.OUTSIDE),
        (1_500, "E:PROMO", End.OWN),
    ]
    assert told(all_parts(uses, order.order_id)) == [(100_000, "L:PREPAID", End.STANDS)]
    found = bootstrap.find_entry()(order.order_id)
    earned = [(link.action, link.amount_fen) for link in found.led_to]
    assert earned == [("COMMISSION", 7_880), ("COMMISSION", 2_955)]

    release_id = f"rel_{tree.now.astimezone(SHANGHAI):%Y%m%d}_1"
    assert told(all_parts(sources, entry_id)) == [(7_880, "E:COMMISSION", End.OWN)]
    assert told(all_parts(uses, entry_id)) == [(7_880, "L:COMM_FROZEN", release_id)]
    assert told(all_parts(sources, f"{seller}/{release_id}")) == [(7_880, "L:COMM_FROZEN", entry_id)]
    assert told(all_parts(uses, f"{seller}/{release_id}")) == [(7_880, "L:COMM_AVAIL", withdrawal_id)]
    entry = bootstrap.find_entry()(entry_id)
    assert [(link.action, link.amount_fen) for link in entry.because_of] == [("SALE_ISSUER", 100_000)]
    assert entry.led_to == [Link(f"{seller}/{withdrawal_id}", "WITHDRAWAL_REQUEST", 7_880)]
    sale = Sale(entry_id, order.order_id, release_id[4:12], 7_880, 0)
    assert bootstrap.allocated_sales()(withdrawal_id, "", 20) == ([sale], "")

    paid_id = f"{withdrawal_id}#03"  # approved, begun, paid
    assert told(all_parts(sources, withdrawal_id)) == [(7_880, "L:COMM_AVAIL", release_id)]
    assert told(all_parts(uses, withdrawal_id)) == [(7_880, "L:WD_HOLD", paid_id)]
    assert told(all_parts(sources, f"{seller}/{paid_id}")) == [(7_880, "L:WD_HOLD", withdrawal_id)]
    assert told(all_parts(uses, f"{seller}/{paid_id}")) == [
        (7_833, "A:BANK_OPER", End.OUTSIDE),
        (47, "I:FEE", End.OWN),
    ]
    check_law(tree.records())


def test_a_debt_is_traced_to_the_release_that_pays_it(world: World) -> None:
    """What was withdrawn is taken back after a refund: the seller owes it, and the next sale pays."""
    trading = Trading(world, seed=0, hold_days=1)
    seller = trading.chain[0]
    order = trading.sold(NAMED)
    trading.day_passes()
    trading.pays_out(trading.asks(seller, 7_880))
    refund = trading.shop.refund(order, trading.command())
    trading.shop.send_refund(order.order_id, trading.shop.now)
    trading.drain()
    trading.sold(VIRTUAL)
    trading.day_passes()
    trading.drain()
    trace = bootstrap.trace_money()
    refund_id = refund.refunds[0].refund_id
    reversal_id = f"{entry_id_of(order.order_id, 1)}#r{refund_id}"
    parts = told(all_parts(trace.sources, f"{seller}/{reversal_id}"))
    assert [part[:2] for part in parts] == [(800, "A:CLAWBACK"), (7_080, "A:CLAWBACK")]
    assert parts[0][2].startswith("rel_") and parts[1][2] is End.STANDS
    assert told(all_parts(trace.uses, f"{seller}/{reversal_id}")) == [(7_880, "E:COMMISSION", End.OWN)]
    assert told(all_parts(trace.uses, f"{seller}/{parts[0][2]}")) == [(800, "A:CLAWBACK", reversal_id)]
    reversal = bootstrap.find_entry()(reversal_id)
    assert [link.action for link in reversal.because_of] == ["REFUND", "COMMISSION"]
    check_law(trading.tree.records())


def test_of_a_card_and_of_a_distributor_the_balance_is_traced(world: World) -> None:
    """The first 3 000 yuan are spent first: what stands on the card is the rest of them, and the top-up."""
    trading = Trading(world, seed=0, hold_days=1)
    bought = [trading.pays_by_card() for _ in range(2)]
    topped_up = trading.tops_up_by(50_000)
    trading.day_passes()
    trace = bootstrap.trace_money()
    parts = told(all_parts(trace.sources, trading.card_id, limit=1))
    assert [part[:2] for part in parts] == [(50_000, "L:PREPAID"), (280_000, "L:PREPAID")]
    assert told(all_parts(trace.uses, trading.card_id)) == [(330_000, "L:PREPAID", End.STANDS)]
    assert told(all_parts(trace.uses, "opening/crd_A", limit=1)) == [
        *[(10_000, "L:PREPAID", order.order_id) for order in bought],
        (280_000, "L:PREPAID", End.STANDS),
    ]
    assert told(all_parts(trace.uses, topped_up.order_id)) == [(50_000, "L:PREPAID", End.STANDS)]
    available = told(all_parts(trace.sources, trading.chain[0]))
    assert [part[:2] for part in available] == [(4_000, "L:COMM_AVAIL")]


@pytest.mark.parametrize(
    "any_id", ["", "ord_x", "wdr_BBBBBBBBBBBB", "cme_01_BB_1", "cus_B/x", "nonsense", "pay_a/b"]
)
def test_what_no_money_moved_under_is_unknown(world: World, any_id: str) -> None:
    trace = bootstrap.trace_money()
    for look in (
        bootstrap.find_entry(),
        lambda one: trace.sources(one, "", 5),
        lambda one: trace.uses(one, "", 5),
    ):
        with pytest.raises(EntryUnknown):
            look(any_id)  # type: ignore[operator]


def test_an_audit_event_is_no_entry(world: World) -> None:
    tree = Trading(world, seed=0).tree
    (founded, *_) = (record for record in tree.records() if record.action == "distributor.found")
    with pytest.raises(EntryUnknown):
        bootstrap.find_entry()(founded.record_id)


def test_a_record_whose_line_is_not_written_yet_is_asked_for_again(world: World) -> None:
    trading = Trading(world, seed=0)
    order = trading.pays_by_card()
    with pytest.raises(Unavailable):
        bootstrap.trace_money().sources(order.order_id, "", 5)
    trading.drain()
    (parts, _) = bootstrap.trace_money().sources(order.order_id, "", 5)
    assert [part.amount_fen for part, _ in parts] == [10_000]


def test_a_refund_that_a_person_brought_to_its_payer_is_traced_to_the_bank(world: World) -> None:
    shop = Shop()
    order = sent(shop, refused(shop, shop.bought(NAMED)))
    world.drain(only=READERS)
    (settled,) = (
        record for record in all_records(world.items("journal")) if record.action == "REFUND_SETTLED"
    )
    trace = bootstrap.trace_money()
    (refund,) = bootstrap.find_entry()(order.order_id).led_to
    assert (refund.action, refund.amount_fen) == ("REFUND", 100_000)
    assert told(all_parts(trace.uses, refund.record_id))[1] == (98_500, "L:REFUND_PAYABLE", settled.entry_id)
    (part,) = all_parts(trace.sources, settled.record_id)
    assert (part.amount_fen, part.record_id) == (98_500, refund.record_id)
    assert told(all_parts(trace.uses, settled.record_id)) == [(98_500, "A:BANK_CUSTODY", End.OUTSIDE)]
    check_law(all_records(world.items("journal")))
