"""Enrolment: an empty account gets its first admin once, and who was brought gets a password once."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain.enrolment import EnrolmentRefused
from chalicelib.domain.one_time_code import sent_key
from chalicelib.domain.opening_file import OpeningKind
from chalicelib.usecases.ports import Actor, Command
from local.testing import World
from tests.e2e.by_hand import BY, Operator
from tests.e2e.old_shop import SOURCE, file_of, sha256_of
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import code_sent

PHONE, PASSWORD = "13800138000", "vier rote ampeln"


@dataclass
class Door:
    """An operator, and the API as the one who was let in sees it."""

    operator: Operator
    api: Api
    moment: datetime | None = None
    devices: Iterator[int] = field(default_factory=itertools.count)

    def now(self) -> datetime:
        return self.moment or bootstrap.now.build()

    def hands_out(self, phone: str = PHONE) -> str:
        code: str = self.operator.does("enrol_admin", phone=phone)["code"]
        return code

    def enrol(self, code: str, password: str = PASSWORD) -> Reply:
        return self.api.call("POST", "/v1/enrolments", {"code": code, "password": password})

    def sign_in(self, phone: str = PHONE) -> Reply:
        return self.api.call("POST", "/v1/sessions", {"phone": phone, "password": PASSWORD})

    def sign_in_by_code(self, phone: str = PHONE) -> Reply:
        """On a device that nobody has seen, as often as one likes."""
        device = f"a-new-device-{next(self.devices):05d}"
        bootstrap.documents().delete("work", *sent_key(bootstrap.keys().blind_index(f"+86{phone}")))
        body = {"phone": phone, "password": PASSWORD, "code": code_sent(self.api, phone, device=device)}
        body["device"] = device
        return self.api.call("POST", "/v1/sessions", body)

    def refused(self, operation: str, **event: Any) -> str:
        called = self.operator.functions.call(operation, {"by": BY, "dry_run": False, **event})
        return str(called.raised)


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    door = Door(Operator(world), Api(app))
    with replaced({**door.operator.parts, bootstrap.now: door.now}):
        yield door


def test_an_empty_account_gets_its_first_admin_by_a_code_and_no_second_one(door: Door) -> None:
    told = door.operator.does("enrol_admin", phone=PHONE)
    assert told["post_to"].endswith("/v1/enrolments")
    assert door.sign_in().code == "SIGN_IN_REFUSED"
    enrolled = door.enrol(told["code"])
    assert (enrolled.status, enrolled.body["roles"], enrolled.body["phone_masked"]) == (
        201,
        ["admin"],
        "138****8000",
    )
    session = door.sign_in_by_code().body
    assert (session["person"]["roles"], session["roles"]) == (["admin"], ["newcomer"])
    assert "ADMIN_EXISTS" in door.refused("enrol_admin", phone="13900139000")
    assert door.enrol(told["code"], "another password").code == "ENROLMENT_REFUSED"
    assert door.sign_in_by_code().status == 201


def test_a_dry_run_hands_out_nothing(door: Door) -> None:
    before = door.operator.everything()
    told = door.operator.looks("enrol_admin", phone=PHONE)
    assert set(told) == {"dry_run", "expires_at"}
    assert (door.operator.everything(), door.operator.runs()) == (before, [])


def test_a_code_is_good_for_a_day(door: Door) -> None:
    code = door.hands_out()
    begun = bootstrap.now.build()
    door.moment = begun + timedelta(hours=24, seconds=5)
    assert door.enrol(code).code == "ENROLMENT_REFUSED"
    door.moment = begun + timedelta(hours=23)
    assert door.enrol(code.lower().replace("-", " ")).status == 201


def test_of_two_codes_the_first_that_is_used_makes_the_admin(door: Door) -> None:
    first, second = door.hands_out(), door.hands_out("13900139000")
    assert door.enrol(second).status == 201
    assert door.enrol(first).code == "ADMIN_EXISTS"
    assert door.sign_in().code == "SIGN_IN_REFUSED"


class Overtaken:
    """Documents whose look at the admins is as old as the moment before the other one was made."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def query(self, table: str, pk: str, *args: Any, **how: Any) -> list[dict[str, Any]]:
        return [] if pk == "admins" else self.real.query(table, pk, *args, **how)


def test_two_who_choose_at_the_same_moment_make_one_admin(door: Door, world: World) -> None:
    first, second = door.hands_out(), door.hands_out("13900139000")
    assert door.enrol(second).status == 201
    behind = {bootstrap.documents: lambda: Overtaken(bootstrap.documents.build())}
    with replaced(behind), pytest.raises(EnrolmentRefused):
        bootstrap.enrol_person()(first, PASSWORD, None, bootstrap.now())
    admins = [item["sk"]["S"] for item in world.items("people") if item["pk"]["S"] == "admins"]
    assert len(admins) == 2 and "first" in admins


class LostAnswer:
    """Documents of a second sending: the code is used by the first one as soon as this one has read it."""

    def __init__(self, real: Any, first: Any) -> None:
        self.real, self.first = real, first

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def get(self, table: str, *key: str, **how: Any) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.real.get(table, *key, **how)
        if self.first is not None and key[0].startswith("enrolment#"):
            first, self.first = self.first, None
            assert first().status == 201
        return found


def test_a_code_that_is_sent_again_while_it_is_used_is_told_as_used(door: Door) -> None:
    code = door.hands_out()
    behind: Any = LostAnswer(bootstrap.documents(), lambda: door.enrol(code))
    again = replace(bootstrap.enrol_person(), documents=behind)
    with pytest.raises(EnrolmentRefused):
        again(code, PASSWORD, None, bootstrap.now())
    assert door.sign_in_by_code().body["person"]["roles"] == ["admin"]


def test_staff_that_was_made_otherwise_counts_as_an_admin(door: Door) -> None:
    code = door.hands_out()
    command = Command(Actor("", frozenset()), bootstrap.new_key(bootstrap.now()), bootstrap.now())
    bootstrap.register_person().staff(command, "13900139000", PASSWORD, ("admin",))
    assert "ADMIN_EXISTS" in door.refused("enrol_admin", phone=PHONE)
    assert door.enrol(code).code == "ADMIN_EXISTS"


def test_the_code_and_the_number_stand_nowhere(door: Door, world: World) -> None:
    code = door.hands_out()
    stored = repr([world.items(table) for table in ("people", "journal", "work")])
    assert code not in stored and code.replace("-", "") not in stored and PHONE not in stored
    (record,) = door.operator.runs()
    assert (record.action, record.about["roles"]) == ("ENROL", ["admin"])


def test_a_weak_password_spends_no_code(door: Door) -> None:
    code = door.hands_out()
    assert door.enrol(code, "short").code == "PASSWORD_WEAK"
    assert door.enrol(code).status == 201


def test_who_was_brought_chooses_a_password_and_signs_in(door: Door) -> None:
    content = file_of([{"source_id": "c1", "phone": PHONE}])
    bootstrap.uploads().put_new("imports/one.csv", content)
    brought = door.operator.does(
        "import_data", source=SOURCE, kind=OpeningKind.CUSTOMERS, file="imports/one.csv", rows=1,
        sha256=sha256_of(content), approved_by="ben",
    )  # fmt: skip
    assert brought["is_done"]
    assert door.sign_in().code == "SIGN_IN_REFUSED"
    code = door.operator.does("enrol_brought", phone=PHONE)["code"]
    assert door.enrol(code).body["roles"] == ["customer"]
    assert door.sign_in().code == "CODE_REQUIRED", "nobody has seen this device"
    assert "NOBODY_TO_ENROL" in door.refused("enrol_brought", phone=PHONE)
    assert "NOBODY_TO_ENROL" in door.refused("enrol_brought", phone="13900139000")
