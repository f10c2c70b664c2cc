"""Operations of cards and of the office: what happens to one card, batches, the archive, and the audits."""

import hashlib
from dataclasses import replace

from chalicelib import bootstrap
from chalicelib.domain.card import Card, CardState, Freezer
from chalicelib.domain.card_batch import ControlTotals
from chalicelib.domain.change import NewCard
from chalicelib.usecases.ports import Command
from tests.simulation.ground import AGENT_STOCK, NAMED, STOCK, VIRTUAL
from tests.simulation.one_run import SCHEDULES, Scene
from tests.simulation.operation import (
    Steps,
    account_card,
    bought,
    doing,
    number_and_secret,
    operation,
    operation_with,
    ordering,
    purchase_of,
    refunding,
)
from tests.simulation.small_ground import BUYER, STRANGER

ROWS = 2


def card_of(order_id: str) -> str:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order.card_ids[0]


def bearer_card(scene: Scene) -> tuple[str, str]:
    """Number and secret of a card that somebody holds in the hand, and nobody in an account."""
    number, secret, item = "1000111122223333", "Secret", STOCK
    card_id = f"crd_{bootstrap.keys().blind_index(number)}"
    card = Card(
        card_id, item.sku_id, item.issuer, item.mode, item.kind, item.form, CardState.ACTIVE,
        item.balance_cap_fen, "3333", sealed=bootstrap.keys().seal(f"{number}|{secret}", card_id),
    )  # fmt: skip
    bootstrap.books().commit(None, [NewCard(card)])
    scene.calm_down()
    return number, secret


@operation
def binding_of_a_card(scene: Scene) -> Steps:
    number, secret = bearer_card(scene)
    command = scene.command(STRANGER)
    return (doing("the binding", command, lambda c: bootstrap.bind_card()(c, number, secret)),)


@operation
def refused_binding_with_a_wrong_secret(scene: Scene) -> Steps:
    number, _ = bearer_card(scene)
    command = scene.command(STRANGER)
    bind = doing(
        "the binding", command, lambda c: bootstrap.bind_card()(c, number, "wrong"), "CARD_PROOF_WRONG"
    )
    return (bind,)


@operation
def freezing_of_a_card(scene: Scene) -> Steps:
    card_id, command = account_card(scene), scene.command(BUYER)
    return (
        doing("the freeze", command, lambda c: bootstrap.freeze_card().freeze(c, card_id, Freezer.HOLDER)),
    )


@operation
def lifting_of_a_freeze(scene: Scene) -> Steps:
    card_id = account_card(scene)
    bootstrap.freeze_card().freeze(scene.command(BUYER), card_id, Freezer.HOLDER)
    scene.calm_down()
    command = scene.command(BUYER)
    return (doing("the lift", command, lambda c: bootstrap.freeze_card().lift(c, card_id, Freezer.HOLDER)),)


@operation
def report_of_a_loss(scene: Scene) -> Steps:
    card_id, command = account_card(scene), scene.command(BUYER)
    return (doing("the report", command, lambda c: bootstrap.report_loss()(c, card_id)),)


@operation
def replacement_of_a_lost_card(scene: Scene) -> Steps:
    card_id = account_card(scene)
    bootstrap.report_loss()(scene.command(BUYER), card_id)
    scene.calm_down()
    command = scene.command(BUYER)
    return (doing("the replacement", command, lambda c: bootstrap.replace_card()(c, card_id)),)


@operation
def activation_of_a_card(scene: Scene) -> Steps:
    card_id = card_of(bought(scene, purchase_of(STOCK)))
    _, secret = number_and_secret(card_id)
    command = scene.command(BUYER)
    return (doing("the activation", command, lambda c: bootstrap.activate_card()(c, card_id, secret)),)


@operation
def reveal_of_a_secret(scene: Scene) -> Steps:
    card_id = card_of(bought(scene, purchase_of(AGENT_STOCK)))
    command = scene.command(BUYER)
    reveal = doing("the reveal", command, lambda c: bootstrap.reveal_secret()(c, card_id))
    return (replace(reveal, afterwards="SECRET_ALREADY_REVEALED"),)  # it is shown once, heard or not


# ---------------------------------------------------------------- batches

FILE = "\n".join(
    ["card_number,secret", *(f"{100_011_112_222_000_000 + n},Secret{n:06}" for n in range(ROWS)), ""]
).encode()
TOTALS = ControlTotals(ROWS, ROWS * AGENT_STOCK.face_fen, hashlib.sha256(FILE).hexdigest())


@operation
def registration_of_a_batch(scene: Scene) -> Steps:
    return (doing("the registration", scene.command("office"), _register),)


@operation
def import_of_a_batch(scene: Scene) -> Steps:
    batch = bootstrap.register_batch()(scene.command("office"), AGENT_STOCK.sku_id, TOTALS).batch
    scene.objects.contents[batch.file_key] = FILE
    command = scene.command("office")
    return (doing("the commit", command, lambda c: bootstrap.register_batch().commit(c, batch.batch_id)),)


def _register(command: Command) -> object:
    return bootstrap.register_batch()(command, AGENT_STOCK.sku_id, TOTALS)


# ---------------------------------------------------------------- the archive and the audits


@operation_with(silent=frozenset())
def archiving_of_a_sale(scene: Scene) -> Steps:
    bought(scene, purchase_of(NAMED), calm=False)
    return ()


@operation_with(silent=frozenset(), schedules=("release_commission", "seal_archive"))
def sealing_of_a_day(scene: Scene) -> Steps:
    bought(scene, purchase_of(NAMED))
    scene.pass_time(days=1)
    return ()


@operation_with(schedules=("release_commission", "fold_balances"), rounds_min=2)
def fold_of_the_night(scene: Scene) -> Steps:
    bought(scene, purchase_of(NAMED))
    scene.pass_time(days=1, hours=11)
    return ()


@operation_with(schedules=(*SCHEDULES, "reconcile_channels"), rounds_min=2)
def reconciling_of_a_channel(scene: Scene) -> Steps:
    """One payment that we heard of, one that we did not, and a refund."""
    refunding(scene, bought(scene, purchase_of(VIRTUAL)), amount_fen=1_000).do(scene)
    scene.calm_down()
    order_id, order = ordering(scene, purchase_of(VIRTUAL))
    order.do(scene)
    scene.calm_down()
    scene.payment.pay(order_id)
    scene.pass_time(days=1)
    return ()
