"""Secrets and key rings: a rotation reaches every process, and an outage stops none."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.domain.errors import Unavailable
from chalicelib.gateways.key_ring import KeyRingInvalid, key_ring
from chalicelib.gateways.secrets import KNOWN_SECONDS_MAX, Secrets
from tests.contract.aws import Counted, pretended_aws

OLD, NEW = "o" * 32, "n" * 32


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def manager() -> Iterator[Any]:
    with pretended_aws() as client:
        found = client("secretsmanager")
        found.create_secret(Name="signing", SecretString=OLD)
        yield Counted(found)


def test_a_secret_is_asked_for_once_in_five_minutes(manager: Any) -> None:
    secrets = Secrets(manager, Stopwatch())
    assert [secrets.text("signing") for _ in range(5)] == [OLD] * 5
    assert manager.calls == {"get_secret_value": 1}


def test_a_rotated_secret_is_known_after_five_minutes(manager: Any) -> None:
    stopwatch = Stopwatch()
    secrets = Secrets(manager, stopwatch)
    secrets.text("signing")
    manager.client.put_secret_value(SecretId="signing", SecretString=NEW)
    assert secrets.text("signing") == OLD
    stopwatch.seconds = KNOWN_SECONDS_MAX
    assert secrets.text("signing") == NEW


def test_a_known_secret_is_used_on_while_nobody_can_be_asked(manager: Any) -> None:
    stopwatch = Stopwatch()
    secrets = Secrets(manager, stopwatch)
    secrets.text("signing")
    manager.client.delete_secret(SecretId="signing", ForceDeleteWithoutRecovery=True)
    stopwatch.seconds = KNOWN_SECONDS_MAX
    assert secrets.text("signing") == OLD


class Silent:
    """A Secrets Manager that nobody reaches; it counts who tries."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        self.asked.append(asked["SecretId"])
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.invalid")


def test_while_nobody_answers_one_question_in_five_minutes_stands_for_all_secrets(manager: Any) -> None:
    manager.client.create_secret(Name="blind index", SecretString=NEW)
    stopwatch = Stopwatch()
    secrets = Secrets(manager, stopwatch)
    known = [secrets.text("signing"), secrets.text("blind index")]
    secrets.client = silent = Silent()
    for minutes in range(0, 60, 5):
        stopwatch.seconds = minutes * 60.0
        assert [secrets.text("signing"), secrets.text("blind index")] == known
    assert silent.asked == ["signing"] * 11


def test_a_secret_that_was_never_read_and_that_nobody_tells_may_be_asked_for_again() -> None:
    with pytest.raises(Unavailable):
        Secrets(Silent(), Stopwatch()).text("signing")


def test_a_secret_that_was_never_read_is_an_error(manager: Any) -> None:
    with pytest.raises(ClientError):
        Secrets(manager, Stopwatch()).text("nothing")


def test_secrets_do_not_show_themselves(manager: Any) -> None:
    secrets = Secrets(manager, Stopwatch())
    secrets.text("signing")
    assert OLD not in repr(secrets)
    assert OLD not in repr(key_ring(OLD))


def test_the_newest_key_signs_and_all_are_known() -> None:
    ring = key_ring(f'["{NEW}", "{OLD}"]')
    assert ring.active == NEW.encode()
    assert set(ring.keys.values()) == {NEW.encode(), OLD.encode()}
    assert ring.active_id == key_ring(NEW).active_id != key_ring(OLD).active_id


@pytest.mark.parametrize("text", ["", "short", "[]", '["short"]', "[1]", '["' + OLD + '"', '{"key": 1}'])
def test_a_secret_without_a_usable_key_is_not_taken(text: str) -> None:
    with pytest.raises(KeyRingInvalid) as invalid:
        key_ring(text)
    assert OLD not in str(invalid.value)
