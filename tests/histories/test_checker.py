"""The checker itself: is a wrong history found, and a right one never called wrong?

Hand-made histories of a few calls, each wrong in one way that real systems are wrong
in; and a sound history of a crowd, made by the model, into which one harm is planted.
"""

import random
from dataclasses import replace

import pytest

from tests.histories import model
from tests.histories.history import Answer, Call, Wish, parts_of
from tests.histories.judge import judged
from tests.histories.linearizability import Search, Undecided
from tests.histories.scenes import scene_of

A = "crd_A"
START = model.start({A: 10_000, "crd_B": 499_000}, {"ord_W": 10_000}, stock=1, account=(5_000, 1))


def call(begin: int, end: int, kind: str, *arguments: str | int, answer: Answer | None, **more: str) -> Call:
    """One call between two moments."""
    return Call(f"client {begin}", Wish(kind, arguments=arguments, **more), begin, end, answer)


def buy(begin: int, end: int, key: str, answer: Answer | None = "PAID", fen: int = 5_000) -> Call:
    return call(begin, end, "buy", A, fen, answer=answer, key=key)


def balance(begin: int, end: int, fen: int, version: int, card: str = A) -> Call:
    return call(begin, end, "balance", card, answer=(fen, version))


def is_explained(*calls: Call) -> bool:
    return not judged(calls, START).unexplained


SOUND = {
    "nothing happened": [],
    "a purchase, then its balance": [buy(1, 2, "k1"), balance(3, 4, 5_000, 2)],
    "a read beside a purchase may see either": [buy(1, 9, "k1"), balance(2, 3, 10_000, 1)],
    "and the other": [buy(1, 9, "k1"), balance(2, 3, 5_000, 2)],
    "an unknown purchase that happened": [buy(1, 2, "k1", None), balance(3, 4, 5_000, 2)],
    "an unknown purchase that did not": [buy(1, 2, "k1", None), balance(3, 4, 10_000, 1)],
    "one that happened after its client had given up": [
        buy(1, 2, "k1", None), balance(3, 4, 10_000, 1), balance(5, 6, 5_000, 2),
    ],
    "a key sent again is the same purchase": [buy(1, 2, "k1"), buy(3, 4, "k1"), balance(5, 6, 5_000, 2)],
    "of three only two are paid": [
        buy(1, 9, "k1"), buy(1, 9, "k2", "INSUFFICIENT_BALANCE"), buy(1, 9, "k3"), balance(10, 11, 0, 3),
    ],
    "two parts that know nothing of each other": [
        buy(1, 2, "k1"), call(1, 2, "withdraw", "dst_D", "wdr_1", 5_000, answer="FILED", key="k2"),
    ],
    "the last card may be in somebody's hands": [
        call(1, 9, "stock", A, 5_000, answer=None, key="k1"),
        call(2, 3, "stock", A, 5_000, answer="OUT_OF_STOCK", key="k2"),
    ],
}  # fmt: skip

WRONG = {
    "a lost update: both were paid, one is on the card": [
        buy(1, 9, "k1"), buy(1, 9, "k2"), balance(10, 11, 5_000, 2),
    ],
    "a lost update that the version betrays": [buy(1, 2, "k1"), balance(3, 4, 5_000, 3)],
    "a stale read: the purchase was answered before": [buy(1, 2, "k1"), balance(3, 4, 10_000, 1)],
    "reads that go back in time": [
        buy(1, 9, "k1"), balance(2, 3, 5_000, 2), balance(4, 5, 10_000, 1),
    ],
    "a doubled debit of one key": [buy(1, 2, "k1"), buy(3, 4, "k1"), balance(5, 6, 0, 3)],
    "a debit that nobody asked for": [balance(1, 2, 9_999, 2)],
    "an overspent card": [buy(1, 9, "k1"), buy(1, 9, "k2"), buy(1, 9, "k3")],
    "a refusal without a reason": [buy(1, 2, "k1", "INSUFFICIENT_BALANCE")],
    "a refused purchase that took money": [
        buy(1, 2, "k1", "INSUFFICIENT_BALANCE", 11_000), balance(3, 4, -1_000, 2),
    ],
    "an unknown purchase that happened before it was asked for": [
        balance(1, 2, 5_000, 2), buy(3, 4, "k1", None),
    ],
    "an unknown purchase that happened twice": [buy(1, 2, "k1", None), balance(3, 4, 0, 3)],
    "a key that did something else, and nobody minded": [
        buy(1, 2, "k1"), call(3, 4, "buy", A, 5_000, answer="PAID", key="k1", request="other"),
    ],
    "a transfer that made money": [
        call(1, 2, "transfer", A, "crd_B", 500, answer="PAID", key="k1"), balance(3, 4, 10_000, 1),
    ],
    "a transfer above the cap": [call(1, 2, "transfer", A, "crd_B", 1_001, answer="PAID", key="k1")],
    "an order paid twice": [
        call(1, 9, "pay", "ord_W", A, answer="PAID", key="k1"),
        call(1, 9, "pay", "ord_W", A, answer="PAID", key="k2"),
    ],
    "an order that was paid and is cancelled": [
        call(1, 2, "pay", "ord_W", A, answer="PAID", key="k1"),
        call(3, 4, "cancel", "ord_W", answer="CLOSED"),
    ],
    "a payment whose word came twice and was booked twice": [
        call(1, 2, "settle", "ord_W", "PY-1", answer="BOOKED"),
        call(3, 4, "settle", "ord_W", "PY-1", answer="BOOKED"),
        call(5, 6, "order", "ord_W", answer=("COMPLETED", 3, 1)),
    ],
    "more refunded than was paid": [
        buy(1, 2, "k1"),
        call(3, 4, "refund", f"ord_{'B' * 12}k1", 3_000, A, answer="REFUNDED", key="r1"),
        call(5, 6, "refund", f"ord_{'B' * 12}k1", 3_000, A, answer="REFUNDED", key="r2"),
    ],
    "the last card sold to two": [
        call(1, 9, "stock", A, 5_000, answer="PAID", key="k1"),
        call(1, 9, "stock", A, 5_000, answer="PAID", key="k2"),
    ],
    "no card left, though nobody bought any": [
        call(1, 2, "stock", A, 5_000, answer="OUT_OF_STOCK", key="k1"),
    ],
    "money withdrawn twice": [
        call(1, 9, "withdraw", "dst_D", "wdr_1", 3_000, answer="FILED", key="k1"),
        call(1, 9, "withdraw", "dst_D", "wdr_2", 3_000, answer="FILED", key="k2"),
    ],
    "approved and taken back": [
        call(1, 2, "withdraw", "dst_D", "wdr_1", 3_000, answer="FILED", key="k1"),
        call(3, 9, "approve", "dst_D", "wdr_1", answer="DECIDED", key="k2"),
        call(3, 9, "take_back", "dst_D", "wdr_1", answer="DECIDED", key="k3"),
    ],
    "a bug for an answer": [call(1, 2, "balance", A, answer=("BUG", "KeyError"))],
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_history_is_explained(name: str) -> None:
    assert is_explained(*SOUND[name])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_history_is_found(name: str) -> None:
    assert not is_explained(*WRONG[name])


def a_crowd(seed: int, forgets: bool = False, unknown_rate: float = 0.1) -> tuple[model.State, list[Call]]:
    """The history of a scene that the model itself played: each answer is of one moment of its call.

    `forgets`: once money is taken under a key that nobody sends again, the answer is given, and the
    state stays as it was before.
    """
    chance = random.Random(seed)
    scene = scene_of(seed)
    state = start = scene.start(1)
    wishes = [wish for script in scene.scripts for wish in script]
    chance.shuffle(wishes)
    calls: list[Call] = []
    for number, wish in enumerate(wishes):
        moment = 1_000 * number
        answer, after = next(model.outcomes(state, wish), ("OUT_OF_STOCK", state))
        told = None if chance.random() < unknown_rate else answer
        comes_again = wish.key in [later.key for later in wishes[number + 1 :]]
        if forgets and after is not state and wish.kind in TAKING_MONEY and not comes_again:
            forgets, after, told = False, state, answer
        state = after
        asked, answered = moment - chance.randrange(6_000), moment + chance.randrange(6_000)
        calls.append(Call(f"client {number}", wish, asked, answered, told))
    assert not forgets, "nobody took any money in this scene"
    return start, [*calls, *looks_at(state, 1_000 * len(wishes) + 6_000)]


TAKING_MONEY = ("buy", "transfer", "pay", "stock", "withdraw")


def looks_at(state: model.State, moment: int) -> list[Call]:
    """What an auditor sees in the end."""
    looks = [call(moment, moment, "account", "dst_BBBBBBBBBBBB", answer=state["account"])]
    for name in state:
        kind, _, thing = name.partition(" ")
        if kind == "card":
            looks.append(call(moment, moment, "balance", thing, answer=state[name]))
        if kind == "order":
            looks.append(call(moment, moment, "order", thing, answer=state[name][:3]))
    return looks


@pytest.mark.parametrize("seed", range(20))
def test_what_the_model_played_is_explained_without_any_hint(seed: int) -> None:
    start, calls = a_crowd(seed)
    verdict = judged(calls, start)
    assert not verdict.unexplained
    assert verdict.calls == len(calls)


@pytest.mark.parametrize("seed", range(20))
def test_a_wrong_hint_forbids_nothing(seed: int) -> None:
    start, calls = a_crowd(seed)
    backwards = {call.wish.key: -number for number, call in enumerate(calls)}
    assert not judged(calls, start, backwards).unexplained


@pytest.mark.parametrize("seed", range(20))
def test_one_read_that_shows_what_never_was_is_found_in_a_crowd(seed: int) -> None:
    start, calls = a_crowd(seed)
    kinds = ("balance", "order", "account")
    reads = [number for number, one in enumerate(calls) if one.wish.kind in kinds and one.is_known]
    harmed = random.Random(seed).choice(reads)
    first, *rest = calls[harmed].answer or ()
    other = first + 3 if isinstance(first, int) else "REFUNDED"
    calls[harmed] = replace(calls[harmed], answer=(other, *rest))
    assert judged(calls, start).unexplained


@pytest.mark.parametrize("seed", range(20))
def test_one_debit_that_was_answered_and_forgotten_is_found_in_a_crowd(seed: int) -> None:
    start, calls = a_crowd(seed, forgets=True, unknown_rate=0)  # an unknown one might stand for it
    assert judged(calls, start).unexplained


def test_calls_that_share_nothing_are_explained_apart() -> None:
    calls = [buy(1, 2, "k1"), call(1, 2, "account", "dst_D", answer=(5_000, 0, 1)), balance(3, 4, 5_000, 2)]
    assert sorted(len(part) for part in parts_of(calls)) == [1, 2]


def test_a_search_that_is_given_up_excludes_nothing_and_finds_nothing() -> None:
    wrong = [buy(1, 9, f"k{number}", None, fen=1) for number in range(8)] + [balance(1, 9, 9_000, 9)]
    search = Search(wrong, lambda state, one: list(model.outcomes(state, one.wish)), tried_max=20)
    with pytest.raises(Undecided):
        search.order(START)


def test_the_search_agrees_with_trying_every_order() -> None:
    """On a thousand small histories of chance, sound and wrong: all orders that time allows, one by one."""
    wrong = 0
    for seed in range(1_000):
        calls = _small(random.Random(seed))
        by_force = _some_order_explains(START, calls)
        search = Search(calls, lambda state, one: list(model.outcomes(state, one.wish)))
        assert (search.order(START) is not None) == by_force, calls
        wrong += not by_force
    assert 200 < wrong < 900


def _small(chance: random.Random) -> list[Call]:
    calls = []
    for number in range(5):
        begin = chance.randrange(20)
        end = begin + 1 + chance.randrange(12)
        if chance.random() < 0.4:
            fen = chance.choice([10_000, 5_000, 0])
            calls.append(balance(begin, end, fen, 3 - fen // 5_000))
        else:
            answer = chance.choice(["PAID", "PAID", "INSUFFICIENT_BALANCE", None])
            calls.append(buy(begin, end, f"k{chance.randrange(number + 1)}", answer))
    return calls


def _some_order_explains(state: model.State, calls: list[Call]) -> bool:
    """Plain recursion over everything that may come next, without a memory."""
    if not any(one.is_known for one in calls):
        return True
    first_end = min(one.ends_ns for one in calls)
    for one in calls:
        if one.asked_ns > first_end:
            continue
        rest = [other for other in calls if other is not one]
        for answer, after in model.outcomes(state, one.wish):
            if one.answer in (None, answer) and _some_order_explains(after, rest):
                return True
        if not one.is_known and _some_order_explains(state, rest):
            return True
    return False
