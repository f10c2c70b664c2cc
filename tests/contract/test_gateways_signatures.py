"""Signatures: a callback is believed only when a key of ours signed exactly it, just now."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.gateways.key_ring import KeyRing, key_ring
from chalicelib.gateways.signatures import HEADERS, CallbackRefused, check_callback
from local.counterparties.signing import SigningKeys

OLD, NEW = "o" * 32, "n" * 32
BODY = '{"reference":"ord_1","title":"加油"}'.encode()


def now() -> datetime:
    return datetime.now(UTC)


def cause_of(ring: KeyRing, headers: dict[str, str], body: bytes, moment: datetime) -> object:
    with pytest.raises(CallbackRefused) as refused:
        check_callback(ring, headers, body, moment)
    assert refused.value.status == 401
    return refused.value.facts["cause"]


@pytest.mark.parametrize(
    "theirs, ours",
    [
        (OLD, OLD),
        (OLD, f'["{NEW}", "{OLD}"]'),  # we rotated first
        (f'["{NEW}", "{OLD}"]', f'["{NEW}", "{OLD}"]'),
        (NEW, f'["{NEW}", "{OLD}"]'),  # they followed
    ],
)
def test_a_rotation_loses_no_callback(theirs: str, ours: str) -> None:
    headers = SigningKeys(theirs).callback_headers(BODY)
    check_callback(key_ring(ours), headers, BODY, now())


def test_a_key_that_was_taken_away_is_unknown() -> None:
    headers = SigningKeys(OLD).callback_headers(BODY)
    assert cause_of(key_ring(NEW), headers, BODY, now()) == "KEY_UNKNOWN"


def test_another_key_under_our_id_is_no_signature() -> None:
    headers = SigningKeys(NEW).callback_headers(BODY)
    headers["Sandbox-Key"] = key_ring(OLD).active_id
    assert cause_of(key_ring(OLD), headers, BODY, now()) == "SIGNATURE_INVALID"


@pytest.mark.parametrize("name", HEADERS)
def test_every_header_is_needed(name: str) -> None:
    headers = SigningKeys(OLD).callback_headers(BODY)
    assert cause_of(key_ring(OLD), headers | {name: ""}, BODY, now()) == "HEADER_MISSING"
    del headers[name]
    assert cause_of(key_ring(OLD), headers, BODY, now()) == "HEADER_MISSING"


@pytest.mark.parametrize(
    "name, value",
    [
        ("Sandbox-Nonce", "another"),
        ("Sandbox-Signature", "0" * 64),
        ("Sandbox-Signature", "签名"),
    ],
)
def test_every_signed_part_counts(name: str, value: str) -> None:
    headers = SigningKeys(OLD).callback_headers(BODY) | {name: value}
    assert cause_of(key_ring(OLD), headers, BODY, now()) == "SIGNATURE_INVALID"


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY[:-1]])
def test_every_byte_of_the_body_counts(body: bytes) -> None:
    headers = SigningKeys(OLD).callback_headers(BODY)
    assert cause_of(key_ring(OLD), headers, body, now()) == "SIGNATURE_INVALID"


def test_a_timestamp_that_is_moved_breaks_the_signature() -> None:
    headers = SigningKeys(OLD).callback_headers(BODY)
    headers["Sandbox-Timestamp"] = str(int(headers["Sandbox-Timestamp"]) + 1)
    assert cause_of(key_ring(OLD), headers, BODY, now()) == "SIGNATURE_INVALID"


@pytest.mark.parametrize("timestamp", ["soon", "-1", "1e9", "١٢٣", "9" * 40, "1.5"])
def test_a_timestamp_that_is_none_is_refused(timestamp: str) -> None:
    headers = SigningKeys(OLD).callback_headers(BODY) | {"Sandbox-Timestamp": timestamp}
    assert cause_of(key_ring(OLD), headers, BODY, now()) == "TIMESTAMP_INVALID"


@pytest.mark.parametrize("seconds, is_believed", [(-302, False), (-298, True), (298, True), (302, False)])
def test_a_callback_is_believed_for_five_minutes_either_way(seconds: int, is_believed: bool) -> None:
    headers = SigningKeys(OLD).callback_headers(BODY)
    moment = now() + timedelta(seconds=seconds)
    if is_believed:
        check_callback(key_ring(OLD), headers, BODY, moment)
    else:
        assert cause_of(key_ring(OLD), headers, BODY, moment) == "TIMESTAMP_INVALID"
