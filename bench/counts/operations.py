"""The operations: what is counted, what is made ready before, and what does each write buy?

An operation is a function of the stand. It makes ready what it needs and gives back
the call that is counted. Operations of streams and schedules come after a sale:
they are counted for one order alone, the dearest case; a batch shares its reads.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bench.counts.stand import Stand
from chalicelib import bootstrap
from chalicelib.domain.card import CardChange, CardState, Freezer
from chalicelib.domain.catalog_items import CACHE_SECONDS
from chalicelib.domain.ids import customer_id_of
from chalicelib.handlers.api.distributors import my_balance
from chalicelib.store.catalog import DynamoCatalog
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.place_order import Purchase
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.refund_order import RefundWish
from local.people import at_their_word
from tests.e2e.shop import AGENT_STOCK, STOCK, VIRTUAL
from tests.e2e.tree import AGREEMENT, a_plan

Call = Callable[[], Any]
FINANCE = Actor("stf_FFFFFFFFFFFF", frozenset({"finance"}))
PAYER = Actor("stf_PPPPPPPPPPPP", frozenset({"finance"}))


@dataclass(frozen=True)
class Operation:
    """`part`: request, follow-up (streams and schedules that move money), projection, or read.

    `is_compared`: a second one, of somebody else, is traced, and what both wrote is counted.
    """

    name: str
    part: str
    begin: Callable[[Stand], Call]
    reason: str = ""  # why it is worth its units, where that is not plain
    is_compared: bool = False


def _virtual_card(stand: Stand) -> Call:
    command = stand.command(stand.actor())
    card_id = stand.account(command.actor.person_id)
    return partial(stand.buy, VIRTUAL, command=command, card_id=card_id)


def _virtual_card_after_five_seconds(stand: Stand) -> Call:
    """The process looked at the catalogue so long ago that it asks for its version again."""
    clock = itertools.chain([0], itertools.repeat(CACHE_SECONDS * 1000))
    catalog = DynamoCatalog(bootstrap.dynamo(), lambda: next(clock))
    catalog.products()
    command = stand.command(stand.actor())
    card_id = stand.account(command.actor.person_id)
    wish = Purchase(VIRTUAL.use, VIRTUAL.sku_id, VIRTUAL.price_fen, pay_card_id=card_id)
    return partial(replace(stand.place_order, catalog=catalog), command, wish)


def _virtual_card_replayed(stand: Stand) -> Call:
    call = _virtual_card(stand)
    call()
    return call


def _virtual_card_lost_race(stand: Stand) -> Call:
    """The balance went to another order."""
    actor = stand.actor()
    card_id = stand.account(actor.person_id, 100_000)
    for _ in range(10):
        stand.buy(VIRTUAL, command=stand.command(actor), card_id=card_id)
    return partial(refused, partial(stand.buy, VIRTUAL, command=stand.command(actor), card_id=card_id))


def refused(call: Call) -> None:
    """The call, which must not succeed."""
    from chalicelib.domain.errors import Refusal

    try:
        call()
    except Refusal:
        return
    raise AssertionError("it was not refused")


def _order_for_channel(stand: Stand) -> Call:
    return partial(stand.buy, VIRTUAL, command=stand.command(stand.actor()))


def _order_of_somebody_unknown(stand: Stand) -> Call:
    unknown = replace(stand.actor(), real_name=False)
    stand.buy(VIRTUAL, command=stand.command(unknown))
    return partial(stand.buy, VIRTUAL, command=stand.command(unknown))


def _payment_heard(stand: Stand) -> Call:
    return partial(stand.paid, stand.buy(VIRTUAL).order)


def _payment_heard_again(stand: Stand) -> Call:
    order = stand.buy(VIRTUAL).order
    stand.paid(order)
    return partial(stand.paid, order)


def _payment_from_card(stand: Stand) -> Call:
    actor = stand.actor()
    order = stand.buy(VIRTUAL, command=stand.command(actor)).order
    card_id = stand.account(actor.person_id)
    return partial(bootstrap.pay_order(), stand.command(actor), order.order_id, card_id)


def _top_up(stand: Stand) -> Call:
    command = stand.command(stand.actor())
    return partial(stand.top_up, command, stand.account(command.actor.person_id))


def _top_up_paid(stand: Stand) -> Call:
    return partial(stand.paid, _top_up(stand)().order)


def _stock_from_card(stand: Stand) -> Call:
    command = stand.command(stand.actor())
    return partial(stand.buy, STOCK, command=command, card_id=stand.account(command.actor.person_id))


def _stock_reserved(stand: Stand) -> Call:
    return partial(stand.buy, AGENT_STOCK, command=stand.command(stand.actor()))


def _stock_paid(stand: Stand) -> Call:
    return partial(stand.paid, stand.buy(AGENT_STOCK).order)


def _order_closed(stand: Stand) -> Call:
    actor = stand.actor()
    order = stand.buy(VIRTUAL, command=stand.command(actor)).order
    close = bootstrap.close_order()
    asking = replace(close.check_payment, channels=lambda name: stand.channel)
    return partial(replace(close, check_payment=asking).cancelled, stand.command(actor), order.order_id)


def _refund(stand: Stand) -> Call:
    actor = stand.actor()
    order = stand.paid(stand.buy(VIRTUAL, command=stand.command(actor)).order)
    return partial(bootstrap.refund_order(), stand.command(actor), RefundWish(order.order_id))


def _refund_onto_card(stand: Stand) -> Call:
    actor = stand.actor()
    order = stand.buy(VIRTUAL, payer=True, command=stand.command(actor)).order
    return partial(bootstrap.refund_order(), stand.command(actor), RefundWish(order.order_id))


def _refund_of_a_seen_card(stand: Stand) -> Call:
    """The oil company is asked in between, and closes the card."""
    actor = stand.actor()
    order = stand.paid(stand.buy(AGENT_STOCK, command=stand.command(actor)).order)
    (card_id,) = order.card_ids
    bootstrap.books().commit(None, [CardChange(card_id, (CardState.SOLD,), revealed_at=stand.now)])
    closing = replace(bootstrap.close_cards(), issuers=stand.shop.issuer, keys=stand.shop.vault)
    refund = replace(bootstrap.refund_order(), closing=closing)
    return partial(refund, stand.command(actor), RefundWish(order.order_id))


def _refund_sent(stand: Stand) -> Call:
    actor = stand.actor()
    order = stand.buy(VIRTUAL, command=stand.command(actor)).order
    told = stand.channel.verify(*stand.channel.pay(order.order_id))
    bootstrap.settle_payment()(told, stand.now)
    bootstrap.refund_order()(stand.command(actor), RefundWish(order.order_id))
    send = replace(bootstrap.send_refund(), channels=lambda name: stand.channel)
    return partial(send, order.order_id, stand.now)


def _freeze(stand: Stand) -> Call:
    actor = stand.actor()
    card_id = stand.account(actor.person_id)
    return partial(bootstrap.freeze_card().freeze, stand.command(actor), card_id, Freezer.HOLDER)


def _join(stand: Stand) -> Call:
    command = stand.command(replace(stand.actor(), referrers=()))
    return partial(bootstrap.join_distribution(), command, stand.upline[0][4:], AGREEMENT)


def _with_available(stand: Stand) -> Actor:
    person_id = stand.tree.with_available(50_000)
    return Actor(person_id, frozenset({"customer"}), real_name=True)


def _withdrawal(stand: Stand) -> Call:
    command = stand.command(_with_available(stand))
    return partial(at_their_word(bootstrap.request_withdrawal()), command, 50_000)


def _withdrawal_replayed(stand: Stand) -> Call:
    call = _withdrawal(stand)
    call()
    return call


def _approval(stand: Stand) -> Call:
    filed = _withdrawal(stand)()
    decide = bootstrap.decide_withdrawal()
    return partial(decide, stand.command(FINANCE), filed.withdrawal.withdrawal_id, Verdict.APPROVE)


def _payout(stand: Stand) -> Call:
    filed = _approval(stand)()
    pay = replace(bootstrap.pay_withdrawal(), payout=stand.tree.bank, keys=stand.tree.vault)
    return partial(pay, stand.command(PAYER), filed.withdrawal.withdrawal_id)


def _commission(stand: Stand) -> Call:
    order = stand.buy(VIRTUAL, payer=True).order
    return partial(bootstrap.pay_commission(), order, stand.now)


def _commission_again(stand: Stand) -> Call:
    call = _commission(stand)
    call()
    return call


def _reversal(stand: Stand) -> Call:
    actor = stand.actor()
    order = stand.buy(VIRTUAL, payer=True, command=stand.command(actor)).order
    bootstrap.pay_commission()(order, stand.now)
    refunded = bootstrap.refund_order()(stand.command(actor), RefundWish(order.order_id))
    return partial(bootstrap.pay_commission(), refunded, stand.now)


def _release(stand: Stand) -> Call:
    """One pot, however many entries lie in it."""
    return _release_of(stand, stand.tree.root())


def _release_of(stand: Stand, distributor_id: str) -> Call:
    if bootstrap.catalog().plan("p0") is None:
        stand.tree.publish(a_plan("p0", 0))
    stand.tree.drain()
    stand.tree.release()
    for _ in range(2):
        bootstrap.pay_commission()(stand.tree.order(distributor_id, plan_id="p0"), stand.now)
    stand.tree.drain()
    return stand.tree.release


def _after_purchase(function: str) -> Callable[[Stand], Call]:
    """What one reader does for one P, its two commission entries included."""

    def begin(stand: Stand) -> Call:
        command = stand.command_apart(stand.actor())
        card_id = stand.account(command.actor.person_id)
        stand.world.drain()
        stand.buy(VIRTUAL, command=command, card_id=card_id)
        stand.world.drain(only={"pay_commission"})
        return partial(stand.world.drain, only={function})

    return begin


def _waiting_order_watched(stand: Stand) -> Call:
    stand.world.drain()
    stand.buy(VIRTUAL)
    return partial(stand.world.drain, only={"watch_orders"})


def _balance_of_promoter(stand: Stand) -> Call:
    return partial(bootstrap.accounts().balances, stand.upline[0], with_pots=False)


def _balance_as_the_api_reads_it(stand: Stand) -> Call:
    """Of somebody with many release days behind, who had commission released today."""
    promoter = stand.upline[0]
    _release_of(stand, promoter)()
    actor = Actor(customer_id_of(promoter), frozenset({"customer"}), real_name=True)
    return partial(my_balance, actor)


def _balance_of_card(stand: Stand) -> Call:
    return partial(bootstrap.cards().get, stand.account(stand.actor().person_id))


def _orders_page(stand: Stand) -> Call:
    actor = stand.actor()
    for _ in range(3):
        stand.buy(VIRTUAL, command=stand.command(actor))
    return partial(bootstrap.orders().page, actor.person_id, "", 3)


OPERATIONS: tuple[Operation, ...] = (
    Operation("virtual card from a card account (P)", "request", _virtual_card, is_compared=True),
    Operation(
        "P after the catalogue's five seconds",
        "request",
        _virtual_card_after_five_seconds,
        "prices are held by the process, and every five seconds the first purchase asks once, consistently, "
        "whether they still hold; at 100 purchases a second in a process that is one in 500, and a purchase "
        "in a process that was idle always pays it, so it is reported and is no gate",
    ),
    Operation("P replayed", "request", _virtual_card_replayed),
    Operation("P refused: balance gone", "request", _virtual_card_lost_race),
    Operation("virtual card for a channel: order", "request", _order_for_channel),
    Operation(
        "virtual bearer card for a channel: order of somebody not known by name",
        "request",
        _order_of_somebody_unknown,
        "what one payer buys within 24 hours without a name is summed up in an item of the payer's, exactly, "
        "under its version; a named buyer has none",
    ),
    Operation("virtual card for a channel: payment heard", "request", _payment_heard),
    Operation("virtual card for a channel: payment heard again", "request", _payment_heard_again),
    Operation("waiting order paid from a card account", "request", _payment_from_card),
    Operation("top-up: order", "request", _top_up),
    Operation("top-up: payment heard", "request", _top_up_paid),
    Operation("stock card from a card account", "request", _stock_from_card),
    Operation("stock card for a channel: order", "request", _stock_reserved),
    Operation("stock card for a channel: payment heard", "request", _stock_paid),
    Operation("waiting order cancelled", "request", _order_closed),
    Operation("refund of a channel's payment", "request", _refund),
    Operation("refund onto the paying card", "request", _refund_onto_card),
    Operation("refund of an oil company's card whose secret is known", "request", _refund_of_a_seen_card),
    Operation("card frozen by its holder", "request", _freeze),
    Operation("joining a tree", "request", _join),
    Operation("withdrawal: request", "request", _withdrawal),
    Operation("withdrawal: request replayed", "request", _withdrawal_replayed),
    Operation("withdrawal: approval", "request", _approval),
    Operation("withdrawal: payout, asked and answered", "request", _payout),
    Operation("commission of two levels", "follow-up", _commission),
    Operation("commission of two levels again", "follow-up", _commission_again),
    Operation("reversal of two levels", "follow-up", _reversal),
    Operation("release of a pot", "follow-up", _release),
    Operation("refund sent back through its channel", "follow-up", _refund_sent),
    Operation(
        "waiting order: its timer",
        "projection",
        _waiting_order_watched,
        "it is closed after its time to pay, also if the queue loses the timer; ten timers a message call",
    ),
    Operation(
        "P: watched for fraud",
        "projection",
        _after_purchase("watch_orders"),
        "the buyer's recent orders and whether the buyer is a promoter: velocity and self-purchase rules",
    ),
    Operation(
        "P: statements of two cards",
        "projection",
        _after_purchase("project_cards"),
        "a line for each change with the hash of the one before (balance as of a moment), and "
        "the holder's list of cards without an index",
    ),
    Operation(
        "P: statements of two promoters",
        "projection",
        _after_purchase("project_accounts"),
        "a line for each change of a pot, and once for each pot the row by which its day releases it",
    ),
    Operation(
        "P: books of the platform, allocation",
        "projection",
        _after_purchase("project_journal"),
        "the platform's own accounts, which no request may write, and which sales a withdrawal is for",
    ),
    Operation(
        "P: archive",
        "projection",
        _after_purchase("archive_journal"),
        "three records in the locked archive, each once, chained; one object for all of a batch",
    ),
    Operation("balance of a promoter", "read", _balance_of_promoter),
    Operation(
        "balance of a promoter, as the API reads it",
        "read",
        _balance_as_the_api_reads_it,
        "whether somebody is a promoter is one read; the account and its frozen days are one query, the "
        "newest first, and the account says from which day on there may be money",
    ),
    Operation("balance of a card", "read", _balance_of_card),
    Operation("page of three orders", "read", _orders_page),
)
