"""The run: one command, one state, told clearly what stands in the way, and nothing lost by kill -9."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.counterparties.storage import FILE_NAME
from local.engine_environment import HOST
from local.ports import PortRefused
from local.run import held
from local.worker import CHECKPOINTS_NAME
from tests.engine.runs import (
    Running,
    all_ended,
    free_port,
    healthy,
    posted,
    refused,
    spawn,
    who_can_sign_in,
)
from tests.engine.sockets import LOCALHOST, listening


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a run that was seeded and told to stop."""
    run = Running(tmp_path_factory.mktemp("seeded") / "state")
    run.serve()
    run.end()
    return run.state


@pytest.fixture
def running(seeded: Path, tmp_path: Path) -> Iterator[Running]:
    run = Running(tmp_path / "state")
    shutil.copytree(seeded, run.state)
    run.serve()
    yield run
    run.end()


def test_a_run_serves_on_this_machine_alone_and_refuses_a_second_start_and_a_reset(running: Running) -> None:
    assert f"http://localhost:{running.port}" in running.said
    assert healthy(running.port)
    assert len(who_can_sign_in(running.said, running.port)) >= 3
    assert len(running.children) == 4
    found = listening([running.process.pid, *running.children])
    assert {address for address, _ in found} == {LOCALHOST}
    assert {running.port, running.port + 1} <= {port for _, port in found}
    assert listening([running.process.pid, *running.children], "tcp6") == []
    assert posted(running.port, "/v1/nothing") == (404, "application/problem+json")
    assert posted(running.port, "/v1/orders", b"x" * (6 * 1024 * 1024 + 1)) == (
        413,
        "application/problem+json",
    )
    assert "already runs" in refused("local.run", running.state, free_port())
    assert "already runs" in refused("local.reset", running.state, 0)
    other = running.state.parent / "other"
    assert f"port {running.port} is busy: choose another with PORT" in refused(
        "local.run", other, running.port
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_does_and_can_be_forgotten(
    running: Running, number: signal.Signals
) -> None:
    assert healthy(running.port)
    assert running.told_to_stop(number) == (0, "")
    assert all_ended(running.children)
    assert not healthy(running.port)
    for log in (running.state / "logs").iterdir():
        assert "Traceback" not in log.read_text(), log

    process = spawn("local.reset", running.state, 0)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "forgotten" in said
    assert not running.state.exists()


def test_after_kill_9_of_everything_the_next_start_finds_everything(running: Running) -> None:
    keys = [running.document, identities(running)]
    running.kill_everything()
    running.serve()
    assert healthy(running.port)
    assert [running.document, identities(running)] == keys


def identities(running: Running) -> list[str]:
    """What must not change: the key and secrets in the server's environment."""
    for pid in running.children:
        text = Path(f"/proc/{pid}/environ").read_text()
        found = [entry for entry in text.split("\0") if entry.startswith(("KEY_", "SECRET_"))]
        if found:
            return sorted(found)
    raise AssertionError("no child has the functions' environment")


def test_when_only_the_parent_is_killed_nothing_stays_behind(running: Running) -> None:
    running.process.kill()
    running.process.communicate()
    assert all_ended(running.children)


def test_when_a_part_ends_the_run_ends_and_says_which(running: Running) -> None:
    os.kill(running.children[0], signal.SIGKILL)
    _, said = running.process.communicate(timeout=30)
    assert running.process.returncode == 1
    log = running.state / "logs" / "engine.log"
    assert said == f"engine ended by itself (SIGKILL); its log {log} says nothing of it\n"
    assert all_ended(running.children)


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("")
    for module in ("local.run", "local.reset"):
        assert "holds something else" in refused(module, tmp_path, free_port())
    assert (tmp_path / "holiday.jpg").exists()


def test_a_busy_port_of_the_counterparties_is_told(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind((HOST, port + 1))
        taken.listen()
        said = refused("local.run", tmp_path / "state", port)
    assert f"port {port + 1} is busy: choose another with COUNTERPARTIES_PORT" in said


def test_a_half_written_state_is_told_and_can_be_reset(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "state.json").write_text('{"mark": "fore')
    assert "damaged: `make reset` begins anew" in refused("local.run", state, free_port())
    assert spawn("local.reset", state, 0).wait(timeout=30) == 0
    assert not state.exists()


@pytest.mark.parametrize(
    "name, said",
    [
        ("engine/journal.db", "damaged or not a journal"),
        (CHECKPOINTS_NAME, "is damaged (file is not a database): `make reset` begins anew"),
        (f"counterparties/{FILE_NAME}", "is damaged (file is not a database): `make reset` begins anew"),
    ],
)
def test_a_damaged_file_of_the_state_is_named(tmp_path: Path, name: str, said: str) -> None:
    state = tmp_path / "state"
    (state / name).parent.mkdir(parents=True)
    (state / "state.json").write_text('{"mark": "forecourt", "format": 1, "seeded": []}')
    (state / name).write_text("half of something, " * 400)
    told = refused("local.run", state, free_port())
    assert f"{state / name} {said}" in told or (name.startswith("engine") and said in told)


@pytest.mark.parametrize(
    "given, said",
    [
        ({"PORT": "0"}, "PORT=0 is not a port: choose a number from 1 to 65535"),
        ({"PORT": "65536"}, "PORT=65536 is not a port"),
        ({"PORT": "-1"}, "PORT=-1 is not a port"),
        ({"PORT": "eighty"}, "PORT=eighty is not a port"),
        ({"PORT": "\u00b2"}, "is not a port"),
        ({"PORT": "65535"}, "PORT=65535 leaves no next port to the counterparties"),
        ({"COUNTERPARTIES_PORT": "0"}, "COUNTERPARTIES_PORT=0 is not a port"),
        ({"PORT": "8080", "COUNTERPARTIES_PORT": "8080"}, "PORT and COUNTERPARTIES_PORT are both 8080"),
        ({"ENGINE_PORT": "65536"}, "ENGINE_PORT=65536 is not a port: choose a number from 0 to 65535"),
    ],
)
def test_what_is_no_port_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    state = tmp_path / "state"
    for name, value in {"FORECOURT_STATE": str(state), **given}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PortRefused, match=said):
        held()
    assert not state.exists()


def test_the_last_port_is_told_to_be_the_last_in_one_sentence(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert "leaves no next port" in refused("local.run", state, 65_535)
    assert not state.exists()
