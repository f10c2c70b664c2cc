"""The engine's private names: is this the engine that the launcher was written for, bound to one address?"""

from pathlib import Path

import pytest

from local import engine_private
from local.children import PROJECT
from local.testing import Engine


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
    pid = engine.process.child.process.pid
    own = _sockets_of(pid)
    listening = [(address, port) for address, port, inode in _listening() if inode in own]
    assert listening == [("0100007F", engine.process.port)]  # 127.0.0.1, in the kernel's own spelling
    assert _listening("tcp6", own) == []


def _sockets_of(pid: int) -> set[str]:
    return {
        str(link.readlink()).removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:")
    }


def _listening(family: str = "tcp", own: set[str] | None = None) -> list[tuple[str, int, str]]:
    rows = [line.split() for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]]
    found = [(row[1].split(":")[0], int(row[1].split(":")[1], 16), row[9]) for row in rows if row[3] == "0A"]
    return found if own is None else [one for one in found if one[2] in own]
