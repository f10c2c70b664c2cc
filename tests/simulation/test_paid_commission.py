"""What a sale earns whom, and what a refund takes back from which pocket, on the small ground."""

from dataclasses import dataclass, field, replace

import pytest

from chalicelib import bootstrap
from chalicelib.domain.account import Balances, Pot
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import Stale
from chalicelib.domain.commission import Share
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import Order
from chalicelib.domain.reversal import PendingWithdrawal
from chalicelib.usecases.pay_commission import EntryDiffers, PayCommission, PlanMissing
from chalicelib.usecases.ports import Accounts
from tests.simulation.ground import NAMED, TOPUP
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card, bought, purchase_of, refunding
from tests.simulation.operations_of_commission import earned, withdrawing
from tests.simulation.quiet_scene import (
    ABOVE,
    NEAREST,
    balances,
    done,
    moved,
    order_of,
    posted,
)
from tests.simulation.withdrawing import OvertakenBooks

FIRST_FEN, SECOND_FEN = 788, 295  # 80 and 30 basis points of 985 yuan, rounded down
POT_DAY = "20261123"


# ---------------------------------------------------------------- paying


def test_a_sale_earns_both_levels_what_the_plan_says(scene: Scene) -> None:
    order_id = bought(scene, purchase_of(NAMED))
    assert balances(NEAREST).frozen_fen == {POT_DAY: FIRST_FEN}
    assert balances(ABOVE).frozen_fen == {POT_DAY: SECOND_FEN}
    (record,) = posted(NEAREST)
    assert moved(record) == {"E:COMMISSION": FIRST_FEN, "L:COMM_FROZEN": -FIRST_FEN}
    assert record.at == order_of(order_id).paid_at


def test_a_share_of_one_fen_is_an_entry_and_one_of_less_is_none(scene: Scene) -> None:
    bought(scene, purchase_of(TOPUP, card_id=account_card(scene), amount_fen=125))
    assert balances(NEAREST).frozen_fen == {POT_DAY: 1}
    assert (posted(ABOVE), balances(ABOVE).frozen_fen) == ([], {})


def test_an_order_that_comes_again_is_paid_once_and_answered_alike(scene: Scene) -> None:
    order = order_of(bought(scene, purchase_of(NAMED)))
    again = [bootstrap.pay_commission()(order, scene.now()) for _ in range(2)]
    assert [[share.amount_fen for share in shares] for shares in again] == [[FIRST_FEN, SECOND_FEN]] * 2
    assert len(posted(NEAREST)) == len(posted(ABOVE)) == 1


@pytest.mark.parametrize(
    "lacking", [{"plan_id": ""}, {"chain": (), "plan_id": "unknown"}, {"paid_at": None, "plan_id": "unknown"}]
)
def test_an_order_without_a_plan_a_chain_or_a_payment_earns_nothing(
    scene: Scene, lacking: dict[str, object]
) -> None:
    order = order_of(bought(scene, purchase_of(NAMED)))
    assert bootstrap.pay_commission()(replace(order, **lacking), scene.now()) == ()  # type: ignore[arg-type]


def test_nobody_guesses_the_rates_of_a_plan_that_is_not_there(scene: Scene) -> None:
    order = order_of(bought(scene, purchase_of(NAMED)))
    with pytest.raises(PlanMissing):
        bootstrap.pay_commission()(replace(order, plan_id="unknown"), scene.now())


def test_an_order_that_was_altered_since_is_not_paid_anew(scene: Scene) -> None:
    order = order_of(bought(scene, purchase_of(NAMED)))
    with pytest.raises(EntryDiffers):
        bootstrap.pay_commission()(replace(order, payable_fen=99_999), scene.now())
    assert balances(NEAREST).frozen_fen == {POT_DAY: FIRST_FEN}


@dataclass
class KnownPots:
    """Accounts of which every pot is said to be in this filling; whoever asks is noted."""

    filling: int = 0
    asked: list[str] = field(default_factory=list)

    def pot(self, distributor_id: str, day: str) -> Pot:
        self.asked.append(day)
        return Pot(filling=self.filling)


def paying_with(accounts: KnownPots) -> PayCommission:
    return replace(bootstrap.pay_commission(), accounts=accounts)  # type: ignore[arg-type]


def test_on_the_ordinary_way_no_account_is_read(scene: Scene) -> None:
    order_id = bought(scene, purchase_of(NAMED), calm=False)
    accounts = KnownPots()
    shares = paying_with(accounts)(order_of(order_id), scene.now())
    assert [share.amount_fen for share in shares] == [FIRST_FEN, SECOND_FEN]
    assert accounts.asked == []


def late_sale(scene: Scene) -> tuple[str, str]:
    """Two sales of one day, of which the second is heard of after the pot of both was released."""
    first = bought(scene, purchase_of(NAMED))
    second = bought(scene, purchase_of(NAMED), calm=False)
    unread = scene.streams.unread.pop("pay_commission")
    scene.pass_time(days=1, hours=2)
    scene.tick("release_commission")
    scene.calm_down()
    scene.streams.unread["pay_commission"] = unread
    scene.calm_down()
    return first, second


def test_what_comes_to_a_pot_that_was_released_is_released_after_it(scene: Scene) -> None:
    late_sale(scene)
    assert (balances().available_fen, balances().frozen_fen) == (FIRST_FEN, {POT_DAY: FIRST_FEN})
    scene.tick("release_commission")
    scene.calm_down()
    assert (balances().available_fen, balances().frozen_fen) == (2 * FIRST_FEN, {POT_DAY: 0})


def test_an_entry_that_finds_no_filling_of_its_pot_is_given_up_and_tried_later(scene: Scene) -> None:
    first, _ = late_sale(scene)
    order, accounts = order_of(first), KnownPots(filling=7)
    before = balances()
    another = replace(order, order_id=f"{order.order_id[:-1]}0")
    with pytest.raises(Unavailable):
        paying_with(accounts)(another, scene.now())
    assert set(accounts.asked) == {POT_DAY}
    assert (balances(), len(posted(NEAREST))) == (before, 2)


# ---------------------------------------------------------------- taking back


def reversals(distributor_id: str) -> list[dict[str, int]]:
    found = [record for record in posted(distributor_id) if record.action == "COMMISSION_REVERSAL"]
    return [moved(record) for record in sorted(found, key=lambda record: record.at)]


def test_a_refund_of_a_fen_takes_back_what_it_no_longer_earns(scene: Scene) -> None:
    """80 basis points of 984.99 yuan are a fen less; 30 are the same."""
    order_id = bought(scene, purchase_of(NAMED))
    done(scene, refunding(scene, order_id, amount_fen=1))
    assert reversals(NEAREST) == [{"L:COMM_FROZEN": 1, "E:COMMISSION": -1}]
    assert reversals(ABOVE) == []


def test_refunds_in_parts_take_back_the_same_as_one_of_all(scene: Scene) -> None:
    order_id = bought(scene, purchase_of(NAMED))
    for amount_fen, fen in ((30_000, 240), (20_000, 160), (48_500, 388)):
        scene.pass_time(minutes=1)
        done(scene, refunding(scene, order_id, amount_fen=amount_fen))
        assert reversals(NEAREST)[-1] == {"L:COMM_FROZEN": fen, "E:COMMISSION": -fen}
    assert balances(NEAREST).frozen_fen == balances(ABOVE).frozen_fen == {POT_DAY: 0}


def refunded_twice(scene: Scene) -> tuple[Order, Share]:
    """An order with two refunds of which the commission's reader has heard nothing yet."""
    order_id = bought(scene, purchase_of(NAMED))
    for amount_fen in (30_000, 20_000):
        scene.pass_time(minutes=1)
        refunding(scene, order_id, amount_fen=amount_fen).do(scene)
        scene.streams.unread.pop("pay_commission", None)
        while (stage := scene._reader(())) is not None:
            scene._do(stage)
            scene.streams.unread.pop("pay_commission", None)
    order, pay = order_of(order_id), bootstrap.pay_commission()
    return order, pay.shares(order, pay.plan_of(order))[0]


@pytest.mark.parametrize("later_first", [False, True])
def test_each_refund_takes_back_its_own_part_whichever_is_heard_of_first(
    scene: Scene, later_first: bool
) -> None:
    order, share = refunded_twice(scene)
    reverse = bootstrap.reverse_commission()
    if later_first:
        reverse(replace(order, refunds=order.refunds[1:]), share, scene.now())
    for _ in range(2):
        reverse(order, share, scene.now())
    found = {record.entry_id.partition("#r")[2]: moved(record) for record in posted(NEAREST)}
    taken = [found[refund.refund_id]["L:COMM_FROZEN"] for refund in order.refunds]
    assert taken == [240, 160]
    bootstrap.pay_commission()(order, scene.now())  # the other level hears of it too


def test_what_is_free_already_is_taken_from_what_is_available(scene: Scene) -> None:
    order_id = earned(scene)
    bought(scene, purchase_of(NAMED))
    done(scene, refunding(scene, order_id, amount_fen=30_000))
    assert reversals(NEAREST) == [{"L:COMM_AVAIL": 240, "E:COMMISSION": -240}]
    assert balances().available_fen == FIRST_FEN - 240
    assert balances().frozen_fen[POT_DAY] == 0
    assert sum(balances().frozen_fen.values()) == FIRST_FEN  # of the other sale, which nobody gives back


def test_a_pot_that_was_filled_again_holds_other_entries_money(scene: Scene) -> None:
    first, second = late_sale(scene)
    done(scene, refunding(scene, first))
    assert reversals(NEAREST) == [{"L:COMM_AVAIL": FIRST_FEN, "E:COMMISSION": -FIRST_FEN}]
    assert balances().frozen_fen == {POT_DAY: FIRST_FEN}
    scene.pass_time(minutes=1)
    done(scene, refunding(scene, second))
    assert reversals(NEAREST)[1] == {"L:COMM_FROZEN": FIRST_FEN, "E:COMMISSION": -FIRST_FEN}


def withdrawn(scene: Scene, to: str, amount_fen: int) -> None:
    done(scene, *withdrawing(scene, to, amount_fen)[1])


@pytest.mark.parametrize("left_fen", [0, 1, 587])
def test_what_was_paid_out_is_owed(scene: Scene, left_fen: int) -> None:
    order_id = earned(scene)
    withdrawn(scene, "paid", FIRST_FEN - left_fen)
    done(scene, refunding(scene, order_id))
    owed_fen = FIRST_FEN - left_fen
    taken = {"L:COMM_AVAIL": left_fen} if left_fen else {}
    assert reversals(NEAREST) == [taken | {"A:CLAWBACK": owed_fen, "E:COMMISSION": -FIRST_FEN}]
    account = balances()
    assert (account.available_fen, account.owed_fen) == (0, owed_fen)
    assert account.values["debt_since"] == to_ms(scene.now())


def test_a_debt_is_as_old_as_its_first_fen(scene: Scene) -> None:
    order_id = earned(scene)
    withdrawn(scene, "paid", FIRST_FEN)
    began = scene.now()
    done(scene, refunding(scene, order_id, amount_fen=1))
    assert (balances().owed_fen, balances().values["debt_since"]) == (1, to_ms(began))
    scene.pass_time(hours=1)
    done(scene, refunding(scene, order_id, amount_fen=30_000))
    assert (balances().owed_fen, balances().values["debt_since"]) == (241, to_ms(began))


def test_a_reversal_that_needs_no_debt_leaves_none_behind(scene: Scene) -> None:
    order_id = earned(scene)
    done(scene, refunding(scene, order_id))
    assert (balances().available_fen, balances().owed_fen) == (0, 0)
    assert "debt_since" not in balances().values


def test_an_unapproved_withdrawal_comes_back_whole_before_anything_is_owed(scene: Scene) -> None:
    order_id = earned(scene)
    withdrawn(scene, "requested", 300)
    withdrawn(scene, "requested", 400)
    done(scene, refunding(scene, order_id, amount_fen=30_000))  # 240 of which 88 are there
    assert (balances().available_fen, balances().held_fen, balances().owed_fen) == (248, 300, 0)
    (record,) = [one for one in posted(NEAREST, "wdr_") if one.action == "WITHDRAWAL_RETURN"]
    assert moved(record) == {"L:WD_HOLD": 400, "L:COMM_AVAIL": -400}


def refunded(scene: Scene, order_id: str, amount_fen: int) -> tuple[Order, Share]:
    """An order whose refund nobody has heard of yet, and its nearest share."""
    order, pay = order_of(order_id), bootstrap.pay_commission()
    share = pay.shares(order, pay.plan_of(order))[0]
    refunding(scene, order_id, amount_fen=amount_fen).do(scene)
    return order_of(order_id), share


@pytest.mark.parametrize("amount_fen, asked", [(11_000, []), (11_100, [NEAREST])])
def test_withdrawals_are_asked_for_only_where_money_is_missing(
    scene: Scene, amount_fen: int, asked: list[str]
) -> None:
    """88 fen are left beside a withdrawal of 700; a refund of 110 yuan takes back just that."""
    order_id = earned(scene)
    withdrawn(scene, "requested", 700)
    looked: list[str] = []

    def pending(distributor_id: str) -> list[PendingWithdrawal]:
        looked.append(distributor_id)
        return []

    order, share = refunded(scene, order_id, amount_fen)
    replace(bootstrap.reverse_commission(), pending=pending)(order, share, scene.now())
    assert looked == asked


def test_nobody_looks_for_withdrawals_of_whom_nothing_is_held(scene: Scene) -> None:
    order_id = earned(scene)
    withdrawn(scene, "paid", 700)
    order, share = refunded(scene, order_id, 30_000)

    def pending(distributor_id: str) -> list[PendingWithdrawal]:
        raise AssertionError("nothing is held")

    replace(bootstrap.reverse_commission(), pending=pending)(order, share, scene.now())
    assert balances().owed_fen == 240 - 88


def test_one_word_of_a_refund_is_enough_to_call_back_and_take(scene: Scene) -> None:
    order_id = earned(scene)
    withdrawn(scene, "requested", 700)
    order, share = refunded(scene, order_id, 30_000)
    bootstrap.reverse_commission()(order, share, scene.now())
    assert (balances().available_fen, balances().held_fen) == (FIRST_FEN - 240, 0)


def test_a_reversal_that_is_overtaken_counts_anew_at_once(scene: Scene) -> None:
    """Somebody asks for the money just before it is taken."""
    order_id = earned(scene)
    order, share = refunded(scene, order_id, 30_000)
    _, (request,) = withdrawing(scene, "requested", 700)
    books = OvertakenBooks(bootstrap.books(), lambda: request.do(scene))
    replace(bootstrap.reverse_commission(), books=books)(order, share, scene.now())
    assert (balances().available_fen, balances().held_fen) == (FIRST_FEN - 240, 0)


def test_a_reversal_that_is_always_overtaken_is_given_up(scene: Scene) -> None:
    order_id = earned(scene)
    order, share = refunded(scene, order_id, 30_000)

    def somebody_was_faster() -> None:
        raise Stale("the account has moved on")

    books = OvertakenBooks(bootstrap.books(), somebody_was_faster, always=True)
    with pytest.raises(Unavailable):
        replace(bootstrap.reverse_commission(), books=books)(order, share, scene.now())
    assert reversals(NEAREST) == []


@dataclass
class NotedAccounts:
    """The accounts, and whether anybody wanted every pot with them."""

    accounts: Accounts
    with_pots: list[bool] = field(default_factory=list)

    def balances(self, distributor_id: str, with_pots: bool = True) -> Balances:
        self.with_pots.append(with_pots)
        return self.accounts.balances(distributor_id, with_pots)

    def pot(self, distributor_id: str, day: str) -> Pot:
        return self.accounts.pot(distributor_id, day)

    def first_open_pot(self, distributor_id: str, since: str, until: str, but: str = "") -> str:
        return self.accounts.first_open_pot(distributor_id, since, until, but)


def test_a_reversal_reads_its_own_pot_and_no_other(scene: Scene) -> None:
    order, share = refunded(scene, bought(scene, purchase_of(NAMED)), 30_000)
    accounts = NotedAccounts(bootstrap.accounts())
    replace(bootstrap.reverse_commission(), accounts=accounts)(order, share, scene.now())
    assert accounts.with_pots == [False]
