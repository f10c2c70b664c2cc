"""Rotation on the engine: the shipped function, asked as Secrets Manager asks it, signs nobody out.

The engine's own RotateSecret calls no function: the test asks in its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from ulid import ULID

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.bootstrap.signing_keys import signing_versions
from chalicelib.domain.function_call import Called
from chalicelib.domain.signing_keys import keys_in
from local.testing import World
from tests.e2e.by_hand import Operator
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import DEVICE, code_sent

pytestmark = pytest.mark.usefixtures("rights")

PHONE, PASSWORD = "13800138000", "vier rote ampeln"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
MINUTE = timedelta(minutes=1)


@dataclass
class Shop:
    """A customer at a virtual moment, and who rotates."""

    operator: Operator
    api: Api
    now: datetime = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    runs: str = field(default_factory=lambda: str(uuid4()))  # the engine keeps what other tests asked for

    def register(self) -> None:
        body = {"phone": PHONE, "code": code_sent(self.api, PHONE), "password": PASSWORD, "device": DEVICE}
        assert self.api.call("POST", "/v1/people", body, key=str(ULID.from_datetime(self.now))).status == 201

    def sign_in(self) -> dict[str, Any]:
        session: dict[str, Any] = self.api.call(
            "POST", "/v1/sessions", {"phone": PHONE, "password": PASSWORD, "device": DEVICE}
        ).body
        return session

    def me(self, token: str) -> int:
        return self.api.call("GET", "/v1/me", token=token).status

    def refresh(self, token: str) -> Reply:
        return self.api.call("POST", "/v1/sessions/refresh", {"refresh_token": token})

    def asks(self, step: str, run: int, secret_id: str = "") -> Called:
        event = {
            "Step": step,
            "SecretId": secret_id or bootstrap.settings().secret_token_signing,
            "ClientRequestToken": f"{self.runs}-{run}",
        }
        return self.operator.functions.call("rotate_signing_keys", event)

    def rotate(self, run: int) -> None:
        for step in STEPS:
            assert not (called := self.asks(step, run)).raised, called.raised

    @property
    def keys(self) -> tuple[str, ...]:
        return keys_in(signing_versions().current().text)


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    shop = Shop(Operator(world), Api(app))
    with replaced({**shop.operator.parts, bootstrap.now: lambda: shop.now}):
        before = signing_versions().current().text
        shop.register()
        try:
            yield shop
        finally:
            signing_versions().put_current(before)


def test_sessions_go_on_through_rotations_by_the_shipped_function(shop: Shop) -> None:
    given = shop.keys[0]
    signing = []
    for number in range(4):
        session = shop.sign_in()
        before = shop.keys
        shop.rotate(number)
        signing.append(shop.keys[0])
        assert keys_in(previous()) == before
        for later in (0, 4, 5):  # known from before, to the end, and read anew
            shop.now += later * MINUTE
            assert shop.me(session["access_token"]) == 200, later
        shop.now += 20 * MINUTE
        again = shop.refresh(session["refresh_token"])
        assert (again.status, shop.me(again.body["access_token"])) == (201, 200)
        shop.now += timedelta(days=5)
    assert (signing[0], len(set(signing)), len(shop.keys)) == (given, 4, 3)


def previous() -> str:
    versions = signing_versions()
    found = versions.client.get_secret_value(SecretId=versions.secret_id, VersionStage="AWSPREVIOUS")
    return str(found["SecretString"])


def test_a_rotation_that_comes_at_once_again_changes_no_key(shop: Shop) -> None:
    shop.rotate(1)
    keys = shop.keys
    shop.rotate(2)
    shop.rotate(2)
    assert shop.keys == keys and len(keys) == 2


def test_a_failed_step_is_counted_and_a_wrong_secret_or_step_is_refused(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    blind_index = bootstrap.settings().secret_blind_index
    assert "no other secret" in shop.asks("createSecret", 1, blind_index).raised
    assert "no step of a rotation" in shop.asks("dropSecret", 1).raised
    assert capsys.readouterr().out.count('"RotationFailed":[1.0]') == 2
    assert signing_versions().pending() is None


def test_after_a_leak_everybody_is_signed_out_and_signs_in_again(shop: Shop) -> None:
    shop.rotate(1)
    session, leaked = shop.sign_in(), shop.keys
    shown = shop.operator.looks("drop_signing_keys")
    assert ([key["role"] for key in shown["keys"]], shop.keys) == (["signing", "next"], leaked)
    assert not any(key in str(shown) for key in leaked)
    dropped = shop.operator.does("drop_signing_keys")["dropped"]
    assert [key["id"] for key in dropped] == [key["id"] for key in shown["keys"]]
    assert [run.action for run in shop.operator.runs()][-2:] == [
        "DROP_SIGNING_KEYS_BEGUN",
        "DROP_SIGNING_KEYS_ENDED",
    ]
    shop.now += 10 * MINUTE - timedelta(seconds=1)
    assert shop.me(session["access_token"]) == 401
    assert shop.refresh(session["refresh_token"]).code == "TOKEN_INVALID"
    assert shop.me(shop.sign_in()["access_token"]) == 200
    assert not set(shop.keys) & set(leaked)
