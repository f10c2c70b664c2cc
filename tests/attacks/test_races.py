"""Races for what is good once, at the door. Those for money: tests/e2e/test_races.py and beside it."""

import json
from collections.abc import Sequence

import pytest

from chalicelib import bootstrap
from chalicelib.domain.errors import Refusal
from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.record import Client
from chalicelib.domain.visitor import Visitor
from chalicelib.usecases.sign_in import Attempt
from tests.attacks.scene import Scene
from tests.e2e.crowd import at_once
from tests.handlers.market import DEVICE, PASSWORD
from tests.handlers.scenarios import people

CROWD = 8
TWO = 2  # of more, most are asked for a captcha
CLIENT = Client("127.0.0.1", "attacker", "salt", "trace")


def let_in(answers: Sequence[object]) -> int:
    return len([answer for answer in answers if not isinstance(answer, Refusal)])


def enrolled(scene: Scene) -> int:
    """How often somebody chose a first password."""
    bodies = [item["body"]["S"] for item in scene.everybody.world.items("journal")]
    return len([body for body in bodies if json.loads(body)["action"] == "person.enrol"])


@pytest.mark.capability("S-107")
def test_a_code_shown_by_many_at_once_lets_one_in(scene: Scene) -> None:
    phone = scene.everybody.phone()
    registered = scene.everybody.call("POST", "/v1/people", scene.everybody.newcomer(phone))
    assert registered.status == 201
    bootstrap.documents().delete("work", *people.sent_key(bootstrap.keys().blind_index(f"+86{phone}")))
    code, now = scene.everybody.code(phone), bootstrap.now()
    attempt = Attempt(phone=phone, code=code, visitor=Visitor(DEVICE))
    answers = at_once(CROWD, [lambda: bootstrap.sign_in()(attempt, CLIENT, now)] * CROWD)
    assert let_in(answers) == 1
    (profile,) = [
        item
        for item in scene.everybody.world.items("people")
        if item["pk"]["S"] == registered.body["person_id"] and item["sk"]["S"] == "profile"
    ]
    assert len(profile["sessions"]["M"]) == 1


@pytest.mark.capability("S-107")
def test_an_enrolment_shown_by_many_at_once_lets_one_choose_a_password(scene: Scene) -> None:
    enrolling = people.enrol(scene.everybody).body
    assert isinstance(enrolling, dict)
    before, enrol = enrolled(scene), bootstrap.enrol_person()
    answers = at_once(CROWD, [lambda: enrol(enrolling["code"], PASSWORD, CLIENT, bootstrap.now())] * CROWD)
    assert let_in(answers) == 1
    assert enrolled(scene) == before + 1


@pytest.mark.capability("S-107")
def test_a_captcha_answered_by_many_at_once_sends_one_code(scene: Scene) -> None:
    body = people.send_code(scene.everybody).body
    assert isinstance(body, dict)
    captcha = body["captcha"]

    visitor = Visitor(DEVICE, captcha_id=captcha["captcha_id"], captcha_answer=captcha["answer"])
    send, phones = bootstrap.one_time_codes().send, [scene.everybody.phone() for _ in range(CROWD)]
    asks = [lambda one=one: send(one, Purpose.SIGN_IN, visitor, bootstrap.now()) for one in phones]
    answers = at_once(CROWD, asks)
    assert let_in(answers) == 1


@pytest.mark.capability("S-107")
def test_the_digits_of_one_step_shown_by_many_at_once_let_one_in(scene: Scene) -> None:
    member = scene.everybody.enrolled("finance")
    digits = scene.everybody.authenticators[member.person_id].digits()
    phone, now = scene.everybody.phones[member.person_id], bootstrap.now()
    attempts = [
        Attempt(phone, PASSWORD, second_factor=digits, visitor=Visitor(f"a-device-of-{number:04d}"))
        for number in range(TWO)
    ]
    signs = [lambda one=one: bootstrap.sign_in()(one, CLIENT, now) for one in attempts]
    assert let_in(at_once(TWO, signs)) == 1


@pytest.mark.capability("S-107")
def test_a_refresh_token_used_by_many_at_once_makes_no_second_family(scene: Scene) -> None:
    token = people.refresh_session(scene.everybody).body
    assert isinstance(token, dict)
    goes_on = bootstrap.sessions().goes_on
    answers = at_once(CROWD, [lambda: goes_on(token["refresh_token"], CLIENT, bootstrap.now())] * CROWD)
    assert let_in(answers) == CROWD
    now = bootstrap.now()
    tickets = {bootstrap.tokens().read_refresh(str(one.refresh_token), now) for one in answers}  # type: ignore[union-attr]
    assert len(tickets) == 1
