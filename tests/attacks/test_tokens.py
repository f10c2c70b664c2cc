"""Tokens that nobody gave: without a signature, with another algorithm, under a key of one's own choice."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from chalicelib import bootstrap
from tests.attacks.scene import Scene

OWN_KEY = "k" * 64


def key_of_ours() -> str:
    return bootstrap.secret_texts().text(bootstrap.settings().secret_token_signing).splitlines()[0]


def head_of(token: str) -> dict[str, Any]:
    return dict(jwt.get_unverified_header(token))


def claims_of(token: str, **changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims | {"roles": ["admin", "finance", "ops", "risk"]} | changes


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def with_head(token: str, **head: Any) -> str:
    """The signature fits its first head; then the head was changed."""
    signature = token.split(".")[2]
    return f"{encoded(head_of(token) | head)}.{encoded(claims_of(token))}.{signature}"


def signed(token: str, key: str, algorithm: str = "HS256", **head: Any) -> str:
    return jwt.encode(claims_of(token), key, algorithm, headers=head_of(token) | head | {"alg": algorithm})


def signed_by_nothing(token: str, name: str) -> str:
    """As if the name led to an empty file."""
    told = f"{encoded(head_of(token) | {'kid': name})}.{encoded(claims_of(token))}"
    signature = hmac.digest(b"", told.encode(), "sha256")
    return f"{told}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


FORGED: dict[str, Callable[[str], str]] = {
    "no algorithm": lambda token: with_head(token, alg="none").rsplit(".", 1)[0] + ".",
    "no algorithm, written oddly": lambda token: with_head(token, alg="nOnE"),
    "no head at all": lambda token: f".{encoded(claims_of(token))}.",
    "another algorithm with the right key": lambda token: signed(token, key_of_ours(), "HS512"),
    "HS384 with the right key": lambda token: signed(token, key_of_ours(), "HS384"),
    "an own key under the right name": lambda token: signed(token, OWN_KEY),
    "an own key under an own name": lambda token: signed(token, OWN_KEY, kid="mine"),
    "a key that is a file": lambda token: signed_by_nothing(token, "../../../dev/null"),
    "a key that is a question": lambda token: signed_by_nothing(token, "' OR 1=1 --"),
    "a name that is a list": lambda token: with_head(token, kid=["a"]),
    "a name that is nothing": lambda token: with_head(token, kid=None),
    "a key fetched elsewhere": lambda token: signed(token, OWN_KEY, jku="http://127.0.0.1:9/keys"),
    "a key brought along": lambda token: signed(token, OWN_KEY, jwk={"kty": "oct", "k": "a2tr"}),
    "the signature alone is right": lambda token: with_head(token, crit=["roles"]),
    "five parts": lambda token: f"{token}.x.y",
}


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_no_token_of_ones_own_making_is_believed(scene: Scene, forge: Callable[[str], str]) -> None:
    forged = forge(scene.attacker.token)
    read = scene.everybody.api.call
    answer = scene.fails(lambda: read("GET", "/v1/me", token=forged), 401, "TOKEN_INVALID")
    assert forged not in answer.text
    scene.fails(lambda: read("GET", "/v1/office/products", token=forged), 401, "TOKEN_INVALID")


@pytest.mark.capability("S-107")
def test_no_kind_of_token_is_taken_for_the_other(scene: Scene) -> None:
    """An access token goes on with no session, and a refresh token opens no route."""
    now, call = bootstrap.now(), scene.everybody.api.call
    body = {"refresh_token": scene.attacker.token}
    scene.fails(lambda: call("POST", "/v1/sessions/refresh", body), 401, "TOKEN_INVALID")
    refresh = scene.everybody.again(scene.attacker).refresh_token
    scene.fails(lambda: call("GET", "/v1/me", token=refresh), 401, "TOKEN_INVALID")
    assert bootstrap.tokens().read_refresh(refresh, now).person_id == scene.attacker.person_id


@pytest.mark.capability("S-107", "S-013")
def test_a_token_signed_by_us_gives_no_role_that_the_profile_does_not_know(scene: Scene) -> None:
    """Not even the right key makes an admin: roles are read, not believed."""
    now = bootstrap.now()
    claims = bootstrap.tokens().read_access(scene.attacker.token, now)
    token = bootstrap.tokens().access(
        replace(claims, roles=frozenset({"admin"})), now, now + timedelta(minutes=5)
    )
    bootstrap.authority.forget()
    scene.fails(lambda: scene.everybody.api.call("GET", "/v1/office/plans", token=token), 403, "ROLE_MISSING")
