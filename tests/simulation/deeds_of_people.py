"""The deeds of people with a name: who registers, signs in, says who they are, and types a card's number?

Every one of them brings something that only this person may know. What it is follows
from the operation alone, so that a later one about it knows it too.
"""

from collections.abc import Callable
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.record import Client
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.sessions import Session
from tests.simulation.deeds import Doing, NothingToDo
from tests.simulation.stories import Operation

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
    code = operation.one_of(("", doing.world.ground.distributors[0][4:]), 3)
    return bootstrap.register_person()(
        doing.command(NOBODY), phone_of(operation), password_of(operation), code
    )


def sign_in(doing: Doing) -> Session:
    """Mostly with the right password."""
    operation, about = doing.operation, doing.about
    password = password_of(about) if operation.chance(85, 0) else "Guess-0-word"
    client = client_of(operation)
    doing.world.secrets.keep(client.address)
    return bootstrap.sign_in()(phone_of(about), password, client, doing.world.now())


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
