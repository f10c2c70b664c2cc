"""People over HTTP on the embedded engine: the whole way from registration to a confirmed name."""

import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import chalice.local
import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.one_time_code import sent_key
from local.people import Phones
from local.testing import World
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import DEVICE, code_sent

pytestmark = pytest.mark.usefixtures("rights")

PASSWORD = "vier rote ampeln"


def keys() -> Iterator[str]:
    return (f"01KAMX7Q00{number:016d}" for number in itertools.count())


@pytest.fixture
def api(world: World) -> Api:
    return Api(app)


KEYS = keys()


def register(api: Api, phone: str = "13800138000", **more: Any) -> Reply:
    body = {"phone": phone, "code": "000000", "password": PASSWORD, "device": DEVICE, **more}
    if "code" not in more:
        body["code"] = code_sent(api, phone)
    return api.call("POST", "/v1/people", body, key=next(KEYS))


def sign_in(api: Api, phone: str = "13800138000", password: str = PASSWORD, **more: Any) -> Reply:
    body = {"phone": phone, "password": password, "device": DEVICE, **more}
    return api.call("POST", "/v1/sessions", body)


def a_minute_later(phone: str = "13800138000") -> None:
    """Another code may be asked for."""
    bootstrap.documents().delete("work", *sent_key(bootstrap.keys().blind_index(f"+86{phone}")))


def captcha(api: Api) -> dict[str, str]:
    """A captcha that somebody has read."""
    drawn = api.call("POST", "/v1/captchas", {"device": DEVICE}).body
    assert drawn["picture"].startswith("data:image/png;base64,iVBOR")
    return Phones(os.environ["AWS_ENDPOINT_URL"], bootstrap.keys().blind_index).captcha(
        drawn["captcha_id"], DEVICE
    )


def everything(world: World) -> list[object]:
    return [sorted(map(repr, world.items(table))) for table in ("people", "journal", "edges")]


def test_from_a_phone_number_to_a_confirmed_name(world: World, api: Api) -> None:
    registered = register(api)
    assert registered.status == 201
    session = sign_in(api)
    assert session.status == 201
    token = session.body["access_token"]
    assert api.call("GET", "/v1/me", token=token).body == registered.body
    name = {"name": "张三", "id_number": "11010519491231002X"}
    confirmed = api.call("POST", "/v1/me/real-name", name, token=token, key=next(KEYS))
    assert (confirmed.status, confirmed.body["real_name"]) == (200, True)
    refresh = {"refresh_token": session.body["refresh_token"]}
    refreshed = api.call("POST", "/v1/sessions/refresh", refresh)
    assert refreshed.body["person"]["real_name"]
    stored = repr(everything(world))
    for secret in ("13800138000", PASSWORD, "11010519491231002X", "张三"):
        assert secret not in stored


def test_the_same_registration_sent_again_is_the_same_answer(world: World, api: Api) -> None:
    body = {"phone": "13800138000", "code": code_sent(api, "13800138000"), "password": PASSWORD}
    body["device"] = DEVICE
    key = next(KEYS)
    first = api.call("POST", "/v1/people", body, key=key)
    before = everything(world)
    assert api.call("POST", "/v1/people", body, key=key).body == first.body
    altered = api.call("POST", "/v1/people", {**body, "password": "another password"}, key=key)
    assert (altered.status, altered.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert everything(world) == before


REFUSED = {
    "a number that is taken": ({}, 409, "PHONE_TAKEN"),
    "a wrong code": ({"phone": "13900139000", "code": "000000"}, 401, "CODE_WRONG"),
    "no number": ({"phone": "12345678901", "code": "000000"}, 400, "PHONE_INVALID"),
    "a weak password": ({"password": "short"}, 422, "PASSWORD_WEAK"),
    "an unknown code": ({"phone": "13900139000", "invite_code": "AAAAAAAAAAAA"}, 404, "INVITE_CODE_UNKNOWN"),
    "a role of one's own choice": ({"phone": "13900139000", "roles": ["admin"]}, 400, "REQUEST_INVALID"),
}


@pytest.mark.parametrize("change, status, code", REFUSED.values(), ids=REFUSED)
def test_a_registration_that_is_refused_changes_nothing(
    world: World, api: Api, change: dict[str, object], status: int, code: str
) -> None:
    register(api)
    a_minute_later()
    before = everything(world)
    answer = register(api, **change)  # type: ignore[arg-type]
    assert (answer.status, answer.code) == (status, code)
    assert everything(world) == before


def test_wrong_password_and_unknown_number_are_told_alike_and_slowed_down(api: Api) -> None:
    register(api)
    for phone in ("13800138000", "13900139000"):
        answers = [sign_in(api, phone, "a wrong password") for _ in range(6)]
        assert [answer.code for answer in answers] == ["SIGN_IN_REFUSED"] * 3 + ["CAPTCHA_REQUIRED"] * 3
        answers = [sign_in(api, phone, "a wrong password", captcha=captcha(api)) for _ in range(3)]
        assert [answer.code for answer in answers] == ["SIGN_IN_REFUSED"] * 2 + ["TOO_MANY_TRIES"]
        assert answers[-1].status == 429
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    assert sign_in(api).code == "TOO_MANY_TRIES"


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(api: Api) -> None:
    register(api)
    session = sign_in(api).body
    assert api.call("GET", "/v1/me", token=session["refresh_token"]).code == "TOKEN_INVALID"
    swapped = api.call("POST", "/v1/sessions/refresh", {"refresh_token": session["access_token"]})
    assert swapped.code == "TOKEN_INVALID"


def test_an_altered_token_is_not_believed(api: Api) -> None:
    register(api)
    token = sign_in(api).body["access_token"]
    for forged in (token[:-3] + "abc", token.replace(".", ".e30.", 1), "eyJhbGciOiJub25lIn0.e30."):
        assert api.call("GET", "/v1/me", token=forged).code == "TOKEN_INVALID"


def test_a_refusal_speaks_the_language_of_its_reader(api: Api) -> None:
    body = {"phone": "13800138000", "password": "wrong"}
    chinese = api.call("POST", "/v1/sessions", body)
    english = api.call("POST", "/v1/sessions", body, headers={"Accept-Language": "en-GB"})
    assert (chinese.body["title"], english.body["title"]) == (
        "手机号或密码错误。",
        "Number or password is wrong.",
    )
    assert chinese.code == english.code


def as_cookie(reply: Reply) -> str:
    """What a browser sends back to the path of sessions."""
    kept = reply.headers["Set-Cookie"].split("; ")
    assert kept[2:] == ["Path=/v1/sessions", "HttpOnly", "Secure", "SameSite=Strict"]
    assert kept[0].startswith("__Secure-") and kept[1].startswith("Expires=")
    return kept[0]


def test_a_cookie_comes_back_where_the_path_begins_with_the_stage(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(api)
    monkeypatch.setenv("PUBLIC_URL", "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/dev/")
    forget_everything()
    try:
        session = sign_in(api, keep="cookie")
        mine = f"/v1/me/sessions/{session.body['session_id']}"
        ended = api.call("DELETE", mine, key=next(KEYS), token=session.body["access_token"])
    finally:
        forget_everything()
    for reply in (session, ended):
        assert "Path=/dev/v1/sessions" in reply.headers["Set-Cookie"].split("; ")


def test_a_browser_keeps_its_refresh_token_where_no_script_reads_it(api: Api) -> None:
    register(api)
    session = sign_in(api, keep="cookie")
    assert "refresh_token" not in session.body
    first = as_cookie(session)
    second = as_cookie(api.call("POST", "/v1/sessions/refresh", {}, headers={"Cookie": f"a=b; {first}"}))
    assert first != second
    refreshed = api.call("POST", "/v1/sessions/refresh", {}, headers={"Cookie": second})
    assert refreshed.status == 201
    own = f"/v1/me/sessions/{refreshed.body['session_id']}"
    ended = api.call("DELETE", own, token=refreshed.body["access_token"], key=next(KEYS))
    assert (ended.status, ended.headers["Set-Cookie"].split("; ")[:2]) == (
        204,
        ["__Secure-forecourt_refresh=", "Max-Age=0"],
    )
    over = api.call("POST", "/v1/sessions/refresh", {}, headers={"Cookie": as_cookie(refreshed)})
    assert (over.status, over.code) == (401, "SESSION_ENDED")


def test_without_a_token_or_a_cookie_no_session_goes_on(api: Api) -> None:
    assert api.call("POST", "/v1/sessions/refresh", {}).code == "TOKEN_INVALID"


def test_another_password_signs_every_other_device_out(api: Api) -> None:
    register(api)
    other, this = sign_in(api).body, sign_in(api).body
    body = {"password": PASSWORD, "new_password": "fuenf gelbe ampeln"}
    changed = api.call("PUT", "/v1/me/password", body, token=this["access_token"])
    assert changed.status == 200, changed.text
    for session in (other, this):
        refresh = {"refresh_token": session["refresh_token"]}
        assert api.call("POST", "/v1/sessions/refresh", refresh).code == "SESSION_ENDED"
    listed = api.call("GET", "/v1/me/sessions", token=changed.body["access_token"]).body["sessions"]
    assert [device["is_this"] for device in listed] == [True]
    assert sign_in(api).code == "SIGN_IN_REFUSED"
    assert sign_in(api, password="fuenf gelbe ampeln").status == 201


def test_on_a_new_device_a_password_is_not_enough_and_its_owner_hears_of_it(api: Api) -> None:
    register(api)
    a_minute_later()
    assert sign_in(api, device="another-device-1").code == "CODE_REQUIRED"
    code = code_sent(api, "13800138000", device="another-device-1")
    by_code = {"phone": "13800138000", "code": code, "device": DEVICE}
    assert api.call("POST", "/v1/sessions", by_code).code == "CODE_WRONG", "it is the other device's"
    assert sign_in(api, device="another-device-1", code=code).status == 201
    phones = Phones(os.environ["AWS_ENDPOINT_URL"], bootstrap.keys().blind_index)
    assert "新设备" in phones.messages("13800138000")[-1]


@contextmanager
def seen_from(address: str) -> Iterator[None]:
    """Requests come from this address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chalice.local.LambdaEventConverter, "LOCAL_SOURCE_IP", address)
        yield


@pytest.mark.capability("S-083")
def test_a_sign_in_from_a_new_city_asks_for_a_code_and_its_owner_reads_of_it(api: Api) -> None:
    with seen_from("203.0.113.7"):
        register(api)
        assert sign_in(api).status == 201
    with seen_from("198.51.100.7"):
        assert sign_in(api).code == "CODE_REQUIRED"
        session = sign_in(api, code=code_sent(api, "13800138000"))
        assert (session.status, sign_in(api).status) == (201, 201)
    phones = Phones(os.environ["AWS_ENDPOINT_URL"], bootstrap.keys().blind_index)
    assert "距离很远" in phones.messages("13800138000")[-1]
    history = api.call("GET", "/v1/me/history", token=session.body["access_token"]).body["items"]
    assert [line["after"] for line in history] == [{"strange": ["impossible_travel", "new_city"]}]


@pytest.mark.capability("S-083")
def test_a_place_that_a_client_claims_itself_is_none(api: Api) -> None:
    with seen_from("203.0.113.7"):
        register(api)
        assert sign_in(api).status == 201
    claimed = {
        "CloudFront-Viewer-City": "Guangzhou",
        "CloudFront-Viewer-Country": "CN",
        "CloudFront-Viewer-Latitude": "23.1",
        "CloudFront-Viewer-Longitude": "113.3",
    }
    body = {"phone": "13800138000", "password": PASSWORD, "device": DEVICE}
    with seen_from("198.51.100.7"):
        for headers in (claimed, claimed | {"X-Origin-Secret": "sandbox"}):
            assert api.call("POST", "/v1/sessions", body, headers=headers).code == "CODE_REQUIRED"


def test_our_cloudfront_says_where_somebody_is_and_by_which_address(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(api)
    monkeypatch.setenv("VIEWER_PLACES", hashlib.sha256(b"of our own").hexdigest())
    forget_everything()
    body = {"phone": "13800138000", "password": PASSWORD, "device": DEVICE}
    told = {
        "CloudFront-Viewer-City": "Guangzhou",
        "CloudFront-Viewer-Country": "CN",
        "CloudFront-Viewer-Latitude": "23.1",
        "CloudFront-Viewer-Longitude": "113.3",
        "X-Viewer-Address": "203.0.113.9",
        "X-Origin-Secret": "of our own",
    }
    try:
        session = api.call("POST", "/v1/sessions", body, headers=told)
        assert session.status == 201, "the first place that anybody knows of"
        copy = api.call("GET", "/v1/me/data", token=session.body["access_token"]).body
        elsewhere = told | {"CloudFront-Viewer-City": "Shanghai", "CloudFront-Viewer-Latitude": "31.2"}
        assert api.call("POST", "/v1/sessions", body, headers=elsewhere).code == "CODE_REQUIRED"
        refresh = {"refresh_token": session.body["refresh_token"]}
        refused = api.call("POST", "/v1/sessions/refresh", refresh, headers=elsewhere)
        assert (refused.status, refused.code) == (401, "SESSION_ELSEWHERE")
        assert api.call("POST", "/v1/sessions/refresh", refresh, headers=told).code == "SESSION_ENDED"
        assert api.call("POST", "/v1/sessions", body, headers=claimed_by_another(told)).status == 201
    finally:
        forget_everything()
    assert len(copy["cities"]) == 1
    assert (copy["sessions"][0]["latitude"], copy["sessions"][0]["longitude"]) == (23, 113)
    assert (copy["last_place"][0]["latitude"], copy["last_place"][0]["longitude"]) == (23, 113)
    private = [json.loads(item["private"]["S"]) for item in world.items("journal") if "private" in item]
    seen = {bootstrap.keys().unveil(address, salt) for address, _, salt in private}
    assert seen == {"127.0.0.1", "203.0.113.9"}


def claimed_by_another(told: dict[str, str]) -> dict[str, str]:
    """The same headers from who does not know the secret: of an unknown place."""
    return told | {"CloudFront-Viewer-City": "Berlin", "X-Origin-Secret": "guessed"}


@pytest.mark.capability("S-082")
def test_a_captcha_is_read_out_for_who_cannot_see_it(api: Api) -> None:
    drawn = api.call("POST", "/v1/captchas", {"device": DEVICE}).body
    path = f"/v1/captchas/{drawn['captcha_id']}/sound"
    heard = api.call("POST", path, {"device": DEVICE})
    assert heard.body["sound"].startswith("data:audio/wav;base64,UklGR")
    assert api.call("POST", path.replace("-", "-0", 1), {"device": DEVICE}).code == "NOT_FOUND"
    assert api.call("GET", f"{path}?device={DEVICE}").status == 405  # a device is told in no address


def test_a_forgotten_password_is_replaced_with_a_code(api: Api) -> None:
    register(api)
    a_minute_later()
    code = code_sent(api, "13800138000", "password")
    body = {"phone": "13800138000", "code": code, "new_password": "fuenf gelbe ampeln"}
    body["device"] = DEVICE
    assert api.call("POST", "/v1/sessions/by-new-password", body).status == 201
    assert sign_in(api, password="fuenf gelbe ampeln").status == 201
