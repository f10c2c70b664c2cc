"""Versions of a secret: the same laws on the fake, on pretended AWS and on the engine."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.secret_version import CurrentMoved, Version
from chalicelib.gateways.secret_versions import SecretVersions
from local.testing import Engine
from tests.contract.aws import pretended_aws
from tests.fakes.secret_versions import FakeSecretVersions

OLD, NEW, OTHER = "o" * 64, "n" * 64, "x" * 64
RUN, AGAIN = "rotation-one-0123456789-0123456789", "rotation-two-0123456789-0123456789"


@pytest.fixture(params=["fake", "pretended", "engine"])
def versions(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "fake":
        yield FakeSecretVersions.of(OLD)
    elif request.param == "pretended":
        with pretended_aws() as client:
            yield of_new_secret(client("secretsmanager"))
    else:
        engine: Engine = request.getfixturevalue("engine")
        yield of_new_secret(engine.resources.client("secretsmanager"))


def of_new_secret(client: Any) -> SecretVersions:
    name = f"of-a-rotation-{uuid4()}"  # the engine keeps the secrets of other tests
    return SecretVersions(client, client.create_secret(Name=name, SecretString=OLD)["ARN"])


def test_a_new_secret_has_a_current_version_and_none_that_waits(versions: Any) -> None:
    assert (versions.current().text, versions.pending()) == (OLD, None)


def test_what_waits_is_read_by_nobody_until_it_is_current(versions: Any) -> None:
    before = versions.current()
    assert versions.put_pending(RUN, NEW)
    assert (versions.current(), versions.pending()) == (before, Version(RUN, NEW))
    versions.make_current(versions.pending(), instead_of=before)
    assert (versions.current(), versions.pending()) == (Version(RUN, NEW), None)


def test_nothing_becomes_current_in_the_place_of_what_is_not_current_any_more(
    versions: Any,
) -> None:
    before = versions.current()
    versions.put_pending(RUN, NEW)
    versions.put_current(OTHER)
    with pytest.raises(CurrentMoved):
        versions.make_current(Version(RUN, NEW), instead_of=before)
    assert versions.current().text == OTHER


def test_a_version_that_was_dropped_does_not_wait_and_another_one_may(versions: Any) -> None:
    versions.put_pending(RUN, NEW)
    versions.drop_pending(Version(RUN, NEW))
    versions.drop_pending(Version(RUN, NEW))  # it was done already
    assert (versions.current().text, versions.pending()) == (OLD, None)
    assert versions.put_pending(AGAIN, OTHER)
    assert versions.pending() == Version(AGAIN, OTHER)


def test_a_text_that_is_put_is_current_at_once(versions: Any) -> None:
    versions.put_current(OTHER)
    assert (versions.current().text, versions.pending()) == (OTHER, None)


def test_the_text_of_a_used_id_stays_as_it_is() -> None:
    """Secrets Manager refuses it; the engine and what pretends to be AWS write it over while it waits."""
    fake = FakeSecretVersions.of(OLD)
    assert fake.put_pending(RUN, NEW) and fake.put_pending(RUN, NEW)
    assert not fake.put_pending(RUN, OTHER)
    assert fake.pending() == Version(RUN, NEW)
    with pretended_aws() as client:
        real = of_new_secret(client("secretsmanager"))
        real.put_pending(RUN, NEW)
        real.make_current(Version(RUN, NEW), instead_of=real.current())
        real.drop_pending(Version(RUN, NEW))
        assert not real.put_pending(RUN, OTHER)
        assert real.current().text == NEW


def test_a_secret_that_is_not_there_is_an_error() -> None:
    with pretended_aws() as client, pytest.raises(ClientError):
        SecretVersions(client("secretsmanager"), "nothing").current()
