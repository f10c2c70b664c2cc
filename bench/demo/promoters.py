"""Promoters: how does a tree grow, what does nobody earn, and what may nobody do in it?"""

from bench.demo.cast import INVITERS
from bench.demo.day import Day, Story
from bench.demo.shop import bought, registered
from local import demo_world as goods

NUMBERS_FROM = 1
SUSPENDED = 1  # the number of the promoter whom the office suspends
DEPTH_MIN = 6  # of the chain below the demo world's lowest promoter, itself included


def parent_of(day: Day, number: int) -> str:
    """The first ones stand in one long line; the others join wherever chance sends them."""
    if number == 0:
        return INVITERS[-1]
    if number < DEPTH_MIN - 2:
        return f"promoter {number - 1}"
    chance = day.chance(f"parent of {number}")
    return chance.choice((*INVITERS, *(f"promoter {earlier}" for earlier in range(number))))


def waves(day: Day, promoters: int) -> list[list[tuple[str, Story]]]:
    """Who can join at the same time: everybody whose parent is there."""
    depths: dict[str, int] = dict.fromkeys(INVITERS, 0)
    found: list[list[tuple[str, Story]]] = []
    for number in range(promoters):
        parent = parent_of(day, number)
        depths[f"promoter {number}"] = depth = depths[parent] + 1
        if depth > len(found):
            found.append([])
        found[depth - 1].append((f"promoter {number}", joining(day, number, parent)))
    return found


def joining(day: Day, number: int, parent: str) -> Story:
    """Registered, known by name, agreed: a place in the tree. Joining costs nothing."""
    name = f"promoter {number}"

    def play() -> None:
        code = day.cast[parent].key
        person = registered(day, name, NUMBERS_FROM + number, code, real_name=True)
        terms = day.client.read(person, "/v1/distributors/terms")
        wish = {"invite_code": code, "agreement": terms["agreement"]}
        place = day.done(f"{name}: join", person, "/v1/distributors", wish)
        person.forget_token()
        if place["invite_code"] != person.key:
            day.surprise(f"{name}: the invite code is {place['invite_code']}")
        fee = {**wish, "fee_fen": 10_000}
        day.refused(f"{name}: fee", person, "/v1/distributors", fee, "REQUEST_INVALID")
        if number % 4 == 0:
            _wants_money_at_once(day, name, number)
        if number % 4 == 1:
            bought(day, f"{name}: own card", person, goods.VIRTUAL_200)

    return play


def _wants_money_at_once(day: Day, name: str, number: int) -> None:
    """A payee of today is paid tomorrow."""
    person = day.cast[name]
    payee = {"name": f"测试{number}", "bank": "Demo Bank", "account": f"62220000{number:08}"}
    path, withdrawal = "/v1/distributors/me/payee", {"amount_fen": 500}
    day.refused(f"{name}: unconfirmed payee", person, path, payee, "CONFIRMATION_REQUIRED", method="PUT")
    day.secured(person)
    day.done(f"{name}: payee", person, path, payee, method="PUT")
    day.refused(f"{name}: too soon", person, "/v1/withdrawals", withdrawal, "PAYEE_COOL_DOWN")


def regulars(day: Day, promoters: int) -> list[tuple[str, Story]]:
    """Below each promoter of the demo world somebody buys enough for the evening's withdrawals."""

    def story(name: str, number: int, inviter: str) -> Story:
        def play() -> None:
            person = registered(day, name, number, day.cast[inviter].key, real_name=True)
            bought(day, f"{name}: account", person, goods.NAMED_1000)
            bought(day, f"{name}: card", person, goods.VIRTUAL_200)

        return play

    first = NUMBERS_FROM + promoters + 1
    return [
        (f"regular of {inviter}", story(f"regular of {inviter}", first + index, inviter))
        for index, inviter in enumerate(INVITERS)
    ]


def moves_and_states(day: Day, promoters: int) -> None:
    """The office moves a branch, may not make a circle of it, and suspends somebody, who earns no more."""
    ops = day.cast["ops"]
    inviter = day.cast[f"promoter {SUSPENDED}"]
    customer = registered(day, "regular", NUMBERS_FROM + promoters, inviter.key)
    ids = [f"dst_{day.cast[f'promoter {number}'].key}" for number in range(min(promoters, DEPTH_MIN))]
    circle = {"parent_id": ids[2], "reason": "a circle"}
    day.refused("circle", ops, f"/v1/office/distributors/{ids[1]}/parent", circle, "CYCLE")
    to_root = {"parent_id": f"dst_{day.cast[INVITERS[0]].key}", "reason": "asked for by both"}
    day.done("move", ops, f"/v1/office/distributors/{ids[3]}/parent", to_root)
    suspended = {"state": "SUSPENDED", "reason": "a complaint is looked into"}
    day.done("suspend", ops, f"/v1/office/distributors/{ids[SUSPENDED]}/state", suspended)
    bought(day, "regular: card", customer, goods.VIRTUAL_200)
