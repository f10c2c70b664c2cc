"""Sent twice: a second sending gets the first answer, also where the first takes effect in between."""

import pytest

from chalicelib import bootstrap
from chalicelib.domain.order import Order, OrderState
from tests.simulation import try_every_fault  # noqa: F401  its operations
from tests.simulation.ground import STOCK
from tests.simulation.one_run import Scene
from tests.simulation.operation import OPERATIONS, Operation, Steps, doing, ordering, paying, purchase_of
from tests.simulation.sent_twice import Act, met, sent_twice
from tests.simulation.small_ground import BUYER

# What is shown once is not shown to the second sending; a payout under way is told as far as it is.
ANSWERED_OTHERWISE = ("reveal of a secret", "payout that the bank does later")
SENT_TWICE = sorted(set(OPERATIONS) - set(ANSWERED_OTHERWISE))


@pytest.mark.parametrize("name", SENT_TWICE)
def test_a_command_whose_first_sending_takes_effect_while_it_is_sent_again_gets_the_first_answer(
    name: str,
) -> None:
    wrong: list[str] = []
    for found in sent_twice(OPERATIONS[name], wrong):
        assert found.answer == found.other, f"{found.step.name}, before call {found.call}"
    assert wrong == []


def test_of_two_sendings_of_a_reveal_exactly_one_shows_the_secret() -> None:
    for found in sent_twice(OPERATIONS["reveal of a secret"], []):
        assert [found.answer, found.other].count("SECRET_ALREADY_REVEALED") == 1


def test_a_payout_that_is_sent_twice_is_paid_once() -> None:
    wrong: list[str] = []
    for found in sent_twice(OPERATIONS["payout that the bank does later"], wrong):
        assert found.answer.withdrawal.withdrawal_id == found.other.withdrawal.withdrawal_id
    assert wrong == []


def test_a_draft_that_is_sent_again_after_somebody_let_it_into_force_gets_its_first_answer() -> None:
    with OPERATIONS["plan from its draft into force"].staged() as scene:
        draft, simulation, approval = scene.steps
        first = draft.do(scene)
        simulation.do(scene)
        approval.do(scene)
        assert draft.do(scene) == first


# ---------------------------------------------------------------- a cancelling meets others


def cancelling(scene: Scene, minutes: int) -> Steps:
    order_id, order = ordering(scene, purchase_of(STOCK))
    order.do(scene)
    scene.pass_time(minutes=minutes)
    command = scene.command(BUYER)
    return (doing("the end", command, lambda c: bootstrap.close_order().cancelled(c, order_id)),)


def answers_of_a_cancelling(other: Act, minutes: int) -> set[str]:
    """Everything that a buyer who cancels after so many minutes is told when this happens meanwhile."""
    told: set[str] = set()
    wrong: list[str] = []
    with Operation("cancelling", lambda scene: cancelling(scene, minutes)).staged() as scene:
        for found in met(scene, scene.steps[0], other, wrong):
            told.add(found.answer.state if isinstance(found.answer, Order) else found.answer)
    assert [one for one in wrong if "is answered ILLEGAL_STATE" not in one] == []
    return told


def the_order(scene: Scene) -> str:
    (order_id,) = scene.payment.payments
    return order_id


def test_whoever_cancels_what_its_timer_closes_meanwhile_has_what_was_wanted() -> None:
    def timer(scene: Scene) -> bool:
        return bootstrap.close_order().when_overdue(the_order(scene), scene.now())

    assert answers_of_a_cancelling(timer, minutes=16) == {OrderState.CLOSED}


def test_whoever_cancels_what_is_paid_meanwhile_is_told_that_it_is_too_late_or_gets_the_money_back() -> None:
    def pay(scene: Scene) -> object:
        return paying(the_order(scene)).do(scene)

    assert answers_of_a_cancelling(pay, minutes=1) == {OrderState.CLOSED, "ILLEGAL_STATE"}
