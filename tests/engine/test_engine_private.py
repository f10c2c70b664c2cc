"""The engine's private names: is this the engine that the launcher was written for, bound to one address?"""

import pytest

from local import engine_private
from local.children import PROJECT
from local.testing import Engine
from tests.engine.sockets import LOCALHOST, listening


def test_every_private_name_is_there_in_the_pinned_version() -> None:
    engine_private.check()


def test_a_missing_private_name_is_told() -> None:
    with pytest.raises(engine_private.EngineMismatch, match=r"ministack\.services\.kms\._gone"):
        engine_private.check(wanted_names={"kms": ("handle_request", "_gone")})


def test_another_version_is_told() -> None:
    with pytest.raises(engine_private.EngineMismatch, match=r"local/ leans on private names of 0\.0\.1"):
        engine_private.check(wanted_version="0.0.1")


def test_the_requirements_pin_the_same_version() -> None:
    assert f"ministack=={engine_private.PINNED_VERSION}" in (PROJECT / "requirements-dev.txt").read_text()


def test_the_engine_listens_on_one_port_of_one_address(engine: Engine) -> None:
    pids = [engine.process.child.process.pid]
    assert listening(pids) == [(LOCALHOST, engine.process.port)]
    assert listening(pids, "tcp6") == []
