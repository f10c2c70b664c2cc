"""The model: what would one careful clerk answer, who does one thing at a time?

Plain Python, which knows nothing of the product's own code. A state is a mapping
that is never changed; `outcomes` gives every answer that is possible in a state,
and the state after it (the very same one when nothing changes). Whatever changes
nothing once, changes nothing ever after: keys are remembered for good, and a last
state is the last. The checker relies on that.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.histories.history import Answer, Wish

State = Mapping[str, Any]
Outcome = tuple[Answer, State]

CAP_FEN = 500_000
PENDING, COMPLETED, CLOSED = "PENDING_PAY", "COMPLETED", "CLOSED"


def start(
    cards: Mapping[str, int],
    orders: Mapping[str, int] | None = None,
    stock: int = 0,
    account: tuple[int, int] = (0, 0),
) -> State:
    """Cards with their balances, waiting orders with their prices, cards in stock.

    `account`: what a distributor has available, and the version of that account.
    """
    state: dict[str, Any] = {f"card {name}": (fen, 1) for name, fen in cards.items()}
    state |= {f"order {name}": (PENDING, 1, 0, fen) for name, fen in (orders or {}).items()}
    available_fen, version = account
    return {**state, "stock": (stock, 0), "account": (available_fen, 0, version)}


def outcomes(state: State, wish: Wish, rivals: int = 0) -> Iterator[Outcome]:
    """Every answer that the clerk could give now, each with the state after it."""
    if wish.kind == "stock":
        yield from _buy_from_stock(state, wish, rivals)
    else:
        yield _KINDS[wish.kind](state, wish)


def _changed(state: State, changes: Mapping[str, Any]) -> State:
    return {**state, **changes}


def _repeated(state: State, name: str, wish: Wish, first: Answer) -> Outcome | None:
    """The answer to a wish whose key has done its work before."""
    request = state.get(name)
    if request is None:
        return None
    return (first if request == wish.request else "IDEMPOTENCY_KEY_REUSED"), state


def _moved(state: State, card: str, by_fen: int) -> dict[str, Any]:
    fen, version = state[f"card {card}"]
    return {f"card {card}": (fen + by_fen, version + 1)}


# reads


def _balance(state: State, wish: Wish) -> Outcome:
    return state[f"card {wish.arguments[0]}"], state


def _order(state: State, wish: Wish) -> Outcome:
    return state[f"order {wish.arguments[0]}"][:3], state


def _account(state: State, wish: Wish) -> Outcome:
    return state["account"], state


def _sold(state: State, wish: Wish) -> Outcome:
    return (state["stock"][1],), state


# purchases


def _buy(state: State, wish: Wish) -> Outcome:
    payer, price_fen = wish.arguments
    return _bought(state, wish, str(payer), int(price_fen), {f"bought {wish.key}": (price_fen, 0, payer)})


def _bought(state: State, wish: Wish, payer: str, price_fen: int, more: Mapping[str, Any]) -> Outcome:
    done = f"key {wish.key}"
    known = _repeated(state, done, wish, "PAID")
    if known:
        return known
    if state[f"card {payer}"][0] < price_fen:
        return "INSUFFICIENT_BALANCE", state
    return "PAID", _changed(state, {done: wish.request, **_moved(state, payer, -price_fen), **more})


def _transfer(state: State, wish: Wish) -> Outcome:
    payer, target, amount_fen = wish.arguments
    is_covered = state[f"card {payer}"][0] >= int(amount_fen)
    is_above_cap = state[f"card {target}"][0] + int(amount_fen) > CAP_FEN
    if f"key {wish.key}" not in state and is_covered and is_above_cap:
        return "CARD_BALANCE_CAP", state
    return _bought(state, wish, str(payer), int(amount_fen), _moved(state, str(target), int(amount_fen)))


def _buy_from_stock(state: State, wish: Wish, rivals: int) -> Iterator[Outcome]:
    """A card in somebody's hands is not in stock: while others buy, there may seem to be none."""
    payer, price_fen = wish.arguments
    size, sold = state["stock"]
    is_known = f"key {wish.key}" in state
    if is_known or sold < size:
        yield _bought(state, wish, str(payer), int(price_fen), {"stock": (size, sold + 1)})
    if not is_known and sold + rivals >= size:
        yield "OUT_OF_STOCK", state


def _refund(state: State, wish: Wish) -> Outcome:
    """A part of a purchase from a card goes back onto it; all that is left for an amount of 0."""
    order, amount_fen = str(wish.arguments[0]), int(wish.arguments[1])
    purchase = f"bought {order[16:]}"
    if purchase not in state:
        return "ORDER_UNKNOWN", state
    done = f"refund {order} {wish.key}"
    known = _repeated(state, done, wish, "REFUNDED")
    if known:
        return known
    price_fen, refunded_fen, payer = state[purchase]
    left_fen = price_fen - refunded_fen
    if left_fen == 0:
        return "ILLEGAL_STATE", state
    if amount_fen > left_fen:
        return "REFUND_EXCEEDS", state
    back_fen = amount_fen or left_fen
    refunded = {purchase: (price_fen, refunded_fen + back_fen, payer), done: wish.request}
    return "REFUNDED", _changed(state, {**refunded, **_moved(state, payer, back_fen)})


# a waiting order


def _pay(state: State, wish: Wish) -> Outcome:
    order, payer = (str(argument) for argument in wish.arguments)
    done = f"paid {order} {wish.key}"
    now, version, surplus, price_fen = state[f"order {order}"]
    known = _repeated(state, done, wish, "PAID")
    if known:
        return known
    if now != PENDING:
        return "ILLEGAL_STATE", state
    if state[f"card {payer}"][0] < price_fen:
        return "INSUFFICIENT_BALANCE", state
    paid = {f"order {order}": (COMPLETED, version + 1, surplus, price_fen), done: wish.request}
    return "PAID", _changed(state, {**paid, **_moved(state, payer, -price_fen)})


def _cancel(state: State, wish: Wish) -> Outcome:
    name = f"order {wish.arguments[0]}"
    now, version, surplus, price_fen = state[name]
    if now == CLOSED:
        return "CLOSED", state
    if now != PENDING:
        return "ILLEGAL_STATE", state
    return "CLOSED", _changed(state, {name: (CLOSED, version + 1, surplus, price_fen)})


def _settle(state: State, wish: Wish) -> Outcome:
    """A channel's word: the first pays the order, any other is kept to be returned."""
    order, payment = (str(argument) for argument in wish.arguments)
    name, done = f"order {order}", f"payment {payment}"
    now, version, surplus, price_fen = state[name]
    if done in state:
        return "BOOKED", state
    after = (COMPLETED, surplus) if now == PENDING else (now, surplus + 1)
    return "BOOKED", _changed(state, {name: (after[0], version + 1, after[1], price_fen), done: True})


# a distributor's money


def _withdraw(state: State, wish: Wish) -> Outcome:
    withdrawal, amount_fen = str(wish.arguments[1]), int(wish.arguments[2])
    known = _repeated(state, f"key {wish.key}", wish, "FILED")
    if known:
        return known
    available_fen, held_fen, version = state["account"]
    if available_fen < amount_fen:
        return "INSUFFICIENT_AVAILABLE", state
    filed = {f"key {wish.key}": wish.request, f"withdrawal {withdrawal}": ("REVIEW", amount_fen)}
    account = (available_fen - amount_fen, held_fen + amount_fen, version + 1)
    return "FILED", _changed(state, {**filed, "account": account})


def _decide(end: str) -> Callable[[State, Wish], Outcome]:
    """Who decides first, decides; what was not approved is available again."""

    def decide(state: State, wish: Wish) -> Outcome:
        withdrawal = f"withdrawal {wish.arguments[1]}"
        if withdrawal not in state:
            return "WITHDRAWAL_UNKNOWN", state
        done = f"decided {withdrawal} {end} {wish.key}"
        known = _repeated(state, done, wish, "DECIDED")
        if known:
            return known
        now, amount_fen = state[withdrawal]
        if now != "REVIEW":
            return "ILLEGAL_STATE", state
        decided = {withdrawal: (end, amount_fen), done: wish.request}
        if end != "APPROVED":
            available_fen, held_fen, version = state["account"]
            decided["account"] = (available_fen + amount_fen, held_fen - amount_fen, version + 1)
        return "DECIDED", _changed(state, decided)

    return decide


_KINDS: dict[str, Callable[[State, Wish], Outcome]] = {
    "balance": _balance,
    "order": _order,
    "account": _account,
    "sold": _sold,
    "buy": _buy,
    "transfer": _transfer,
    "refund": _refund,
    "pay": _pay,
    "cancel": _cancel,
    "settle": _settle,
    "withdraw": _withdraw,
    "take_back": _decide("CANCELLED"),
    "reject": _decide("REJECTED"),
    "approve": _decide("APPROVED"),
}
