"""Tokens: only ours are believed, only until their time, only for their use."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from chalicelib.domain.person import Claims, TokenExpired, TokenInvalid
from chalicelib.domain.session import Ticket
from chalicelib.gateways.tokens import KEYS_KEPT, SignedTokens

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
OLD, NEW = "o" * 64, "n" * 64
CLAIMS = Claims(
    "cus_BBBBBBBBBBBB",
    frozenset({"customer"}),
    ("dst_A", "dst_B"),
    "dst_R",
    True,
    "ses_BBBBBBBBBBBB",
    ports=frozenset({"customer"}),
)
TICKET = Ticket("cus_BBBBBBBBBBBB", "ses_BBBBBBBBBBBB", 3)


def tokens(secret: str = OLD) -> SignedTokens:
    return SignedTokens(lambda: secret)


def test_a_token_says_who_its_bearer_is_until_its_time() -> None:
    token = tokens().access(CLAIMS, NOW, LATER)
    assert tokens().read_access(token, LATER - timedelta(seconds=1)) == CLAIMS
    with pytest.raises(TokenExpired):
        tokens().read_access(token, LATER)


def test_a_refresh_token_continues_a_session_and_opens_nothing_else() -> None:
    refresh = tokens().refresh(TICKET, NOW, LATER)
    assert tokens().read_refresh(refresh, NOW) == TICKET
    with pytest.raises(TokenInvalid):
        tokens().read_access(refresh, NOW)
    with pytest.raises(TokenInvalid):
        tokens().read_refresh(tokens().access(CLAIMS, NOW, LATER), NOW)


def changed(token: str, part: int, **values: object) -> str:
    parts = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    parts[part] = base64.urlsafe_b64encode(json.dumps(content | values).encode()).decode().rstrip("=")
    return ".".join(parts)


def forged(**header: object) -> str:
    payload = {"use": "access", "sub": "stf_AAAAAAAAAAAA", "iss": "forecourt", "exp": 2**40}
    return jwt.encode(payload, "f" * 64, algorithm="HS256", headers=header)  # type: ignore[arg-type]


TRUE = tokens().access(CLAIMS, NOW, LATER)
KEY_ID = jwt.get_unverified_header(TRUE)["kid"]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        TRUE[:-2],
        TRUE + "x",
        changed(TRUE, 1, roles=["admin"]),
        changed(TRUE, 1, exp=2**40),
        changed(TRUE, 0, alg="none"),
        changed(TRUE, 0, alg="none").rpartition(".")[0] + ".",
        changed(TRUE, 0, alg="HS512"),
        changed(TRUE, 0, kid=["a", "list"]),
        forged(),
        forged(kid=KEY_ID),
        forged(kid="unknown"),
        tokens(NEW).access(CLAIMS, NOW, LATER),
        jwt.encode({"sub": "x", "exp": 2**40}, OLD, algorithm="HS256", headers={"kid": KEY_ID}),
        jwt.encode({"iss": "forecourt", "sub": "x"}, OLD, algorithm="HS256", headers={"kid": KEY_ID}),
    ],
)
def test_a_forged_or_altered_token_is_not_believed(token: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens().read_access(token, NOW)


def test_a_rotation_signs_with_the_new_key_and_believes_the_old_one_until_it_is_taken_away() -> None:
    old = tokens(OLD).access(CLAIMS, NOW, LATER)
    both = tokens(f"{NEW}\n{OLD}\n")
    new = both.access(CLAIMS, NOW, LATER)
    assert both.read_access(old, NOW) == both.read_access(new, NOW) == CLAIMS
    assert tokens(NEW).read_access(new, NOW) == CLAIMS
    with pytest.raises(TokenInvalid):
        tokens(NEW).read_access(old, NOW)


def test_a_rotation_is_seen_without_a_restart() -> None:
    secret = [OLD]
    running = SignedTokens(lambda: secret[0])
    running.access(CLAIMS, NOW, LATER)
    secret[0] = f"{NEW}\n{OLD}"
    new = tokens(NEW).access(CLAIMS, NOW, LATER)
    with pytest.raises(TokenInvalid):
        running.read_access(new, NOW)
    assert running.read_access(new, NOW + KEYS_KEPT) == CLAIMS


@pytest.mark.parametrize("secret", ["", "\n", "short"])
def test_a_secret_without_a_long_key_signs_nothing(secret: str) -> None:
    with pytest.raises(AssertionError):
        tokens(secret).access(CLAIMS, NOW, LATER)


def test_a_token_names_the_ports_it_is_for_and_one_of_before_has_those_of_its_bearer() -> None:
    token = tokens().access(CLAIMS, NOW, LATER)
    payload = jwt.decode(token, OLD, algorithms=["HS256"], options={"verify_exp": False, "verify_aud": False})
    assert payload.pop("aud") == ["customer"]
    for person_id, ports in (
        ("cus_BBBBBBBBBBBB", {"customer", "distributor"}),
        ("stf_BBBBBBBBBBBB", {"office"}),
    ):
        of_before = jwt.encode(payload | {"sub": person_id}, OLD, algorithm="HS256", headers={"kid": KEY_ID})
        assert tokens().read_access(of_before, NOW).ports == ports
