"""The deeds of people with a name: who registers, signs in, says who they are, and types a card's number?

Every one of them brings something that only this person may know. What it is follows
from the operation alone, so that a later one about it knows it too.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.one_time_code import CodeTooSoon, Purpose
from chalicelib.domain.record import Client
from chalicelib.domain.visitor import Visitor
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.sessions import Session
from chalicelib.usecases.sign_in import Attempt
from tests.simulation.deeds import Doing, NothingToDo
from tests.simulation.stories import Operation
from tests.simulation.world import World

NOBODY = Actor("", frozenset())
NAMES = (
    "王小明",
    "欧阳修远",
    "Zhang Weiming",
    "不符",
    "超时",
)  # the register of identities refuses the last two
CHECK_CHARACTERS = "10X98765432"  # GB 11643-1999


def phone_of(operation: Operation) -> str:
    return f"139{operation.draws[0] % 10**8:08d}"


def device_of(operation: Operation) -> str:
    return f"device-{operation.draws[0] % 10**8:012d}"


def password_of(operation: Operation) -> str:
    return f"Pass-{operation.draws[2]:x}-word"


def id_number_of(operation: Operation) -> str:
    born = f"{1950 + operation.draws[0] % 50}{1 + operation.draws[1] % 12:02d}15"
    number = f"110105{born}{operation.index % 1_000:03d}"
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number))
    return number + CHECK_CHARACTERS[weighted % 11]


def client_of(operation: Operation) -> Client:
    return Client(f"203.0.113.{operation.who % 250 + 1}", "Mozilla/5.0 (simulated)", f"salt{operation.index}")


def register(doing: Doing) -> Any:
    operation = doing.operation
    inviting = operation.one_of(("", doing.world.ground.distributors[0][4:]), 3)
    phone, device = phone_of(operation), device_of(operation)
    with suppress(CodeTooSoon):  # at another try it has one, unless its message was lost
        code_sent(doing.world, phone, device)
    code = doing.world.phones.code_of(phone) or "000000"
    return bootstrap.register_person()(
        doing.command(NOBODY), phone, code, password_of(operation), inviting, Visitor(device)
    )


def code_sent(world: World, phone: str, device: str) -> None:
    """A code for a phone, asked for by somebody who reads the captcha."""
    drawn = bootstrap.captchas().drawn(device, "203.0.113.7", world.now())
    captcha = {"captcha_id": drawn.captcha.captcha_id, "captcha_answer": drawn.content.decode()}
    visitor = Visitor(device, "203.0.113.7", **captcha)
    bootstrap.one_time_codes().send(phone, Purpose.SIGN_IN, visitor, world.now())


def sign_in(doing: Doing) -> Session:
    """Mostly with the right password."""
    operation, about = doing.operation, doing.about
    password = password_of(about) if operation.chance(85, 0) else "Guess-0-word"
    client = client_of(operation)
    doing.world.secrets.keep(client.address)
    attempt = Attempt(phone_of(about), password, visitor=Visitor(device_of(about)))
    return bootstrap.sign_in()(attempt, client, doing.world.now())


def real_name(doing: Doing) -> Any:
    session = sign_in(doing)
    name = doing.operation.one_of(NAMES, 1)
    actor = Actor(session.person.person_id, frozenset(session.roles))
    return bootstrap.confirm_real_name()(doing.command(actor), name, id_number_of(doing.operation))


def bind(doing: Doing) -> Any:
    """Somebody has a card of an earlier order in the hand, and types its number and mostly its secret."""
    order = doing.order()
    card = bootstrap.cards().get(doing.operation.one_of(order.card_ids, 0)) if order.card_ids else None
    if card is None:
        raise NothingToDo()
    number, _, secret = doing.world.keys.open(card.sealed, card.card_id).partition("|")
    typed = secret if doing.operation.chance(70, 1) else "Guess-0-word"
    return bootstrap.bind_card()(doing.command(), number, typed)


DEEDS: dict[str, Callable[[Doing], Any]] = {
    "register": register,
    "sign_in": sign_in,
    "real_name": real_name,
    "bind": bind,
}
