"""Subjects: something of each kind that waits for other people, and what shows that it was carried out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pyotp

from chalicelib import bootstrap
from chalicelib.domain import catalog_items, people_items
from chalicelib.domain.application import REVIEW
from chalicelib.domain.approval import Kind
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.joining_questions import QUESTIONS
from chalicelib.domain.manual_posting import Posting
from chalicelib.domain.order import Order, RefundState
from chalicelib.domain.parameters import Setting
from chalicelib.domain.person import Person
from chalicelib.domain.raised_limit import Raised
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.withdrawal import WithdrawalState
from chalicelib.usecases.grant_roles import Wish
from chalicelib.usecases.inbox import Letter
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.refund_order import RefundWish
from local.people import Authenticator, at_their_word, guard
from tests.e2e.shop import BUYER, NAMED, VIRTUAL, Shop
from tests.e2e.tree import AGREEMENT, DAY, Tree, a_plan

ASKER, ANN, BEN, CAT = (f"stf_{letter * 12}" for letter in "DAEC")
EVERY_ROLE = ("ops", "finance", "risk", "support", "admin")
RIGHT = {name: question.right for name, question in QUESTIONS.items()}
NAME = "withdrawal.amount_fen_max"


@dataclass(frozen=True)
class Asked:
    """A request that waits: which, and what shows that it was carried out."""

    request_id: str
    is_done: Callable[[], bool]
    asker: str = ASKER


def a_parameter(tree: Tree) -> Asked:
    setting = Setting(NAME, "", tree.now, 7_000)
    proposal = bootstrap.set_parameter().propose(tree.office(ASKER, *EVERY_ROLE), setting)
    return Asked(proposal.proposal_id, lambda: bool(tree.world.items("catalog")))


def a_plan_drafted(tree: Tree) -> Asked:
    command = tree.office(ASKER, *EVERY_ROLE)
    bootstrap.publish_plan().draft(command, a_plan("p1"))
    bootstrap.simulate_plan()(tree.office(ASKER, *EVERY_ROLE), "p1")
    plans = bootstrap.documents
    return Asked(f"pln_{command.key}", lambda: plans().get("catalog", "plans", "p1") is not None)


def a_product(tree: Tree) -> Asked:
    """A product of its own, each time."""
    command = tree.office(ASKER, *EVERY_ROLE)
    product = replace(VIRTUAL, sku_id=f"sku_{command.key[-8:]}", price_version=7)
    request = bootstrap.publish_product().ask(command, product)
    products = bootstrap.documents
    key = ("catalog", "products", product.sku_id)
    return Asked(request.request_id, lambda: products().get(*key, consistent=True) is not None)


def a_posting(tree: Tree, amount_fen: int = 160_000) -> Asked:
    command = tree.office(ASKER, *EVERY_ROLE, reason="the fee of the ninth")
    request = bootstrap.post_by_hand().ask(command, Posting("CHANNEL_FEE_RAISED", amount_fen, "sandbox"))
    return Asked(request.request_id, lambda: bool(tree.fold()))


def an_application(tree: Tree) -> Asked:
    """Somebody applies for a place below a root, where the office looks at who joins."""
    reviewing(tree)
    root, person_id = tree.root(), next(tree.people)
    person = Person(person_id, ("customer",), "139****9000", True, "", tree.now)
    bootstrap.books().commit(None, people_items.new_person(person, f"of {person_id}", "", ""))
    command = tree.command(person_id)
    bootstrap.apply_for_place().ask(command, root[4:], AGREEMENT, RIGHT)

    def has_a_place() -> bool:
        return bootstrap.documents().get("edges", f"dst_{person_id[4:]}", "self", consistent=True) is not None

    return Asked(f"apl_{command.key}", has_a_place, person_id)


def reviewing(tree: Tree) -> None:
    """From now on the office looks at who joins, everywhere."""
    if not bootstrap.catalog().parameter(REVIEW, tree.now):
        bootstrap.books().commit(None, catalog_items.setting_changes(Setting(REVIEW, "", tree.now, True)))
        bootstrap.catalog().forget()


def a_withdrawal(tree: Tree) -> Asked:
    person_id = tree.with_available(600_000)
    filed = at_their_word(bootstrap.request_withdrawal())(tree.command(person_id), 600_000)
    withdrawal_id = filed.withdrawal.withdrawal_id

    def is_approved() -> bool:
        return bootstrap.withdrawal_file().read(withdrawal_id).state is WithdrawalState.APPROVED

    return Asked(withdrawal_id, is_approved, person_id)


def shop_of(tree: Tree) -> Shop:
    """A shop in the world of a tree, whose commands and cards are none of another's."""
    shop = Shop(now=tree.now, first_number=1 + len(tree.world.items("cards")))
    shop.keys = tree.keys
    return shop


def order_now(order: Order) -> Order:
    found = bootstrap.orders().get(order.order_id)
    assert found is not None
    return found


def a_refund(tree: Tree) -> Asked:
    """Of more than the buyer gets back at once."""
    shop = shop_of(tree)
    order = shop.bought(NAMED, quantity=6, expected_fen=6 * NAMED.price_fen)
    request = bootstrap.ask_refund().ask(tree.command(BUYER), RefundWish(order.order_id))
    return Asked(request.request_id, lambda: order_now(order).refunds != (), BUYER)


def a_bank_refund(tree: Tree) -> Asked:
    """Of an order whose paying card is closed: no channel knows of it."""
    shop = shop_of(tree)
    payer = shop.card_with(VIRTUAL.price_fen)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    closed = CardChange(payer, (CardState.ACTIVE,), move_to=CardState.REFUND_PENDING)
    bootstrap.books().commit(None, [closed])
    (refund,) = shop.refund(order).refunds
    command = tree.office(ASKER, *EVERY_ROLE, reason="to the buyer's own account")
    request = bootstrap.settle_by_bank().ask(command, order.order_id, refund.refund_id, "20261122-000017")
    done = RefundState.SUCCEEDED
    return Asked(request.request_id, lambda: order_now(order).refunds[0].state is done)


def admins(tree: Tree) -> None:
    """Those who ask and decide have a profile: whoever gives roles is an admin at that very moment."""
    for person_id in (ASKER, ANN, BEN, CAT):
        if bootstrap.documents().get(people_items.TABLE, person_id, people_items.PROFILE) is not None:
            return
        person = Person(person_id, ("admin",), "139****9000", True, "", tree.now)
        bootstrap.books().commit(None, people_items.new_person(person, f"of {person_id}", "", ""))


def a_grant(tree: Tree) -> Asked:
    """A role of somebody of the office."""
    admins(tree)
    made = bootstrap.register_person().staff(
        tree.command("operator"), "13900139000", "drei rote ampeln", ["ops"]
    )
    command, whom = tree.office(ASKER, *EVERY_ROLE, reason="from January on"), made.person_id
    wish = Wish(("finance",), ends_at=tree.now + 90 * DAY)
    bootstrap.grant_roles().request(command, whom, wish)

    def is_given() -> bool:
        return "finance" in bootstrap.staff_file().member(whom, tree.now).person.roles

    return Asked(f"grn_{command.key}_finance", is_given)


def a_limit(tree: Tree) -> Asked:
    """A distributor shall withdraw more at a time than others."""
    root, until = tree.root(), tree.now + 30 * DAY
    command = tree.office(ASKER, *EVERY_ROLE, reason="a fair in December")
    request = bootstrap.raise_limit().ask(command, root, Raised(until, daily_count_max=9))
    return Asked(request.request_id, lambda: bootstrap.query_tree().place(root).raised is not None)


def some_terms(tree: Tree) -> Asked:
    """A distributor shall have another tier, and their tax another method."""
    root = tree.root()
    command = tree.office(ASKER, *EVERY_ROLE, reason="a good year")
    request = bootstrap.change_terms().ask(command, root, "gold", TaxMethod.CUMULATIVE)

    def holds() -> bool:
        place = bootstrap.query_tree().place(root)
        return (place.distributor.tier, place.tax_method) == ("gold", TaxMethod.CUMULATIVE)

    return Asked(request.request_id, holds)


def an_unlock(tree: Tree) -> Asked:
    """Somebody of the office who was shut out."""
    admins(tree)
    made = bootstrap.register_person().staff(
        tree.command("operator"), "13900139001", "drei rote ampeln", ["ops"]
    )
    whom, command = made.person_id, tree.office(ASKER, *EVERY_ROLE, reason="found again")
    bootstrap.lock_staff()(tree.office(CAT, *EVERY_ROLE), whom)
    request = bootstrap.unlock_staff().ask(command, whom)
    return Asked(request.request_id, lambda: not bootstrap.staff_file().profile(whom)["locked"])


def a_lost_factor(tree: Tree) -> Asked:
    """Somebody of the office who has lost authenticator and recovery codes."""
    admins(tree)
    made = bootstrap.register_person().staff(
        tree.command("operator"), "13900139002", "drei rote ampeln", ["ops"]
    )
    guard(made.person_id, Authenticator(pyotp.random_base32()), tree.now)
    command = tree.office(ASKER, *EVERY_ROLE, reason="seen at the desk")
    request = bootstrap.lost_factor().ask(command, made.person_id)
    factors = bootstrap.second_factors()
    return Asked(request.request_id, lambda: not factors.state(made.person_id).is_on)


KINDS: dict[Kind, Callable[[Tree], Asked]] = {
    Kind.APPLICATION: an_application,
    Kind.BANK_REFUND: a_bank_refund,
    Kind.FACTOR: a_lost_factor,
    Kind.GRANT: a_grant,
    Kind.LIMIT: a_limit,
    Kind.PLAN: a_plan_drafted,
    Kind.PRODUCT: a_product,
    Kind.PARAMETER: a_parameter,
    Kind.POSTING: a_posting,
    Kind.REFUND: a_refund,
    Kind.TERMS: some_terms,
    Kind.UNLOCK: an_unlock,
}
# Those that take two people.
BY_TWO = (a_posting, a_refund, a_withdrawal)
ALL_KINDS = KINDS | {Kind.WITHDRAWAL: a_withdrawal}


def agree(tree: Tree, asked: Asked, person_id: str, *roles: str) -> Letter:
    return bootstrap.inbox().decide(tree.office(person_id, *(roles or EVERY_ROLE)), asked.request_id, True)


def refuse(tree: Tree, asked: Asked, person_id: str) -> Letter:
    command = tree.office(person_id, *EVERY_ROLE, reason="not now")
    return bootstrap.inbox().decide(command, asked.request_id, False)


def inbox(tree: Tree, person_id: str, *roles: str, kind: Kind | None = None) -> list[str]:
    actor = Actor(person_id, frozenset(roles or EVERY_ROLE))
    return [one.request.request_id for one in bootstrap.inbox().page(actor, tree.now, kind, "", 20)]
