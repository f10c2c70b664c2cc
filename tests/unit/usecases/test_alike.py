"""Alike: does anything tell a number that is registered from one that is not?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Refusal
from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.visitor import Place
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import (
    OTHER_DEVICE,
    OTHER_PHONE,
    PASSWORD,
    PHONE,
    Town,
)


@dataclass
class Heard(FakeDocuments):
    """Documents that keep each call, without whom it is about."""

    calls: list[tuple[str, ...]] = field(default_factory=list)

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, object] | None:
        self.calls.append(("get", table, kind(pk), kind(sk), str(consistent)))
        return super().get(table, pk, sk, consistent)

    def put_new(self, table: str, pk: str, sk: str, values: Mapping[str, object]) -> bool:
        self.calls.append(("put_new", table, kind(pk), kind(sk), *sorted(values)))
        return super().put_new(table, pk, sk, values)

    def change(self, change: DocumentChange) -> dict[str, object] | None:
        self.calls.append(
            ("change", change.table, kind(change.pk), kind(change.sk), *sorted(change.set_values))
        )
        return super().change(change)


def kind(key: str) -> str:
    """What a key begins with; of a window nothing."""
    return "" if key.isdigit() else key.partition("#")[0]


ASKED: dict[str, Callable[[Town, str], object]] = {
    "a wrong password": lambda town, phone: town.session(phone, "a wrong password", device=OTHER_DEVICE),
    "a wrong code": lambda town, phone: town.session(phone, "", device=OTHER_DEVICE, code="000000"),
    "a code": lambda town, phone: town.code(phone, device=OTHER_DEVICE),
    "a code for another password": lambda town, phone: town.code(phone, Purpose.PASSWORD, OTHER_DEVICE),
    "a new password": lambda town, phone: town.new_password(
        "000000", "fuenf gelbe ampeln", phone, device=OTHER_DEVICE
    ),
    "from somewhere": lambda town, phone: town.session(
        phone, "a wrong password", Place("CN/Shanghai", 31, 121), device=OTHER_DEVICE
    ),
}


def told(
    ask: Callable[[Town, str], object], phone: str, of_staff: bool = False
) -> tuple[str, int, int, list[tuple[str, ...]]]:
    """The answer where PHONE alone is registered, the runs of argon2, messages and calls that it took."""
    heard = Heard()
    town = Town(documents=heard)
    if of_staff:
        town.register.staff(town.command(), PHONE, PASSWORD, ["admin"])
    else:
        town.customer(place=Place("CN/Guangzhou", 23, 113))
    town.now += timedelta(hours=2)
    before, sent = town.passwords.checked_count, len(town.texts.sent)
    heard.calls.clear()
    try:
        ask(town, phone)
        answer = "done"
    except Refusal as refusal:
        answer = f"{refusal.code} {refusal.facts}"
    return answer, town.passwords.checked_count - before, len(town.texts.sent) - sent, heard.calls


@pytest.mark.parametrize("of_staff", [False, True], ids=["customer", "staff"])
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_known_and_unknown_numbers_get_the_same_answer_after_the_same_calls(
    ask: Callable[[Town, str], object], of_staff: bool
) -> None:
    """And after one run of argon2 where a password is shown, by far the dearest of them."""
    known, unknown = told(ask, PHONE, of_staff), told(ask, OTHER_PHONE, of_staff)
    assert known == unknown
    answer, runs, _, calls = known
    assert runs == ("SIGN_IN_REFUSED" in answer)
    assert calls
