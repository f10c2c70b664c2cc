"""What was good once, shown again. Callbacks that come again: tests/handlers/test_records.py."""

import pytest

from chalicelib import bootstrap
from tests.attacks.scene import Scene
from tests.handlers.market import DEVICE, PASSWORD
from tests.handlers.scenarios import people


@pytest.mark.capability("S-107")
def test_a_stolen_refresh_token_ends_the_session_when_its_owner_was_faster(scene: Scene) -> None:
    call = scene.everybody.api.call
    refresh = "/v1/sessions/refresh"
    stolen = people.refresh_session(scene.everybody).body
    once = call("POST", refresh, stolen).body
    twice = call("POST", refresh, {"refresh_token": once["refresh_token"]}).body
    assert call("POST", refresh, stolen).code == "TOKEN_USED_TWICE"
    bootstrap.authority.forget()  # as if ten seconds had passed
    newest = {"refresh_token": twice["refresh_token"]}
    scene.fails(lambda: call("POST", refresh, newest), 401, "SESSION_ENDED")
    scene.fails(lambda: call("GET", "/v1/me", token=twice["access_token"]), 401, "SESSION_ENDED")


@pytest.mark.capability("S-107")
def test_a_code_that_was_read_over_a_shoulder_is_spent(scene: Scene) -> None:
    body = people.register(scene.everybody).body
    assert isinstance(body, dict)
    assert scene.everybody.call("POST", "/v1/people", body).status == 201
    people_before = scene.everybody.world.items("people")
    answer = scene.everybody.call(
        "POST", "/v1/sessions", {name: body[name] for name in ("phone", "code", "device")}
    )
    assert answer.code == "CODE_WRONG"
    assert scene.everybody.world.items("people") == people_before  # the try is counted, nobody gets in


@pytest.mark.capability("S-107")
def test_a_code_opens_no_other_number(scene: Scene) -> None:
    body = people.register(scene.everybody).body
    assert isinstance(body, dict)
    people_before = scene.everybody.world.items("people")
    answer = scene.everybody.call("POST", "/v1/people", body | {"phone": scene.everybody.phone()})
    assert answer.code == "CODE_WRONG"
    assert scene.everybody.world.items("people") == people_before


@pytest.mark.capability("S-107")
def test_a_captcha_sends_one_code_and_is_spent(scene: Scene) -> None:
    body = people.send_code(scene.everybody).body
    assert isinstance(body, dict)
    assert scene.everybody.call("POST", "/v1/codes", body).status == 202
    again = body | {"phone": scene.everybody.phone()}
    assert scene.everybody.call("POST", "/v1/codes", again).code == "CAPTCHA_WRONG"


@pytest.mark.capability("S-107")
def test_a_captcha_that_was_solved_on_one_device_is_good_on_no_other(scene: Scene) -> None:
    body = people.send_code(scene.everybody).body
    assert isinstance(body, dict)
    another = body | {"device": "the-phone-of-a-stranger"}
    assert scene.everybody.call("POST", "/v1/codes", another).code == "CAPTCHA_WRONG"


@pytest.mark.capability("S-107")
def test_an_enrolment_is_good_once(scene: Scene) -> None:
    enrolling = people.enrol(scene.everybody)
    assert enrolling.call(scene.everybody, "").status == 201
    scene.fails(lambda: enrolling.call(scene.everybody, ""), 401, "ENROLMENT_REFUSED")


@pytest.mark.capability("S-107")
def test_an_old_password_opens_nothing(scene: Scene) -> None:
    changing = people.choose_password(scene.everybody)
    assert changing.who is not None
    assert changing.call(scene.everybody, "").status == 200
    phone = scene.everybody.phones[changing.who.person_id]
    people_before = scene.everybody.world.items("people")
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    assert scene.everybody.call("POST", "/v1/sessions", body).code == "SIGN_IN_REFUSED"
    assert scene.everybody.world.items("people") == people_before
