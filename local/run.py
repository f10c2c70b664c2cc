"""The run: Forecourt on one machine, from one command.

    python -m local.run        (make run)

Starts the engine, the counterparties, the API and the worker, each a process of
its own on 127.0.0.1; seeds a new world once; ends when told to, or when one of
them ends. PORT (8080) is the API's; ENGINE_PORT and COUNTERPARTIES_PORT may be
given; FORECOURT_STATE is the directory that keeps everything; SANDBOX_RETRY_SECONDS
says how soon an unanswered callback comes again (local/counterparties).
"""

import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ClientError

from infra.build import transformed_template
from local.children import Child, ChildFailed, size_of, tail_of
from local.counterparties.process import CounterpartiesFailed, CounterpartiesProcess
from local.engine_environment import HOST
from local.engine_process import EngineProcess
from local.resources import Resources
from local.seed import seed
from local.state import ENVIRONMENT_NAME, State, StateRefused, directory_of

PORT_DEFAULT = 8080
LOCK_PROOF_KEY = ".lock-proof"  # the only object of the archive bucket that is not the archive's


class RunRefused(Exception):
    """The run cannot start; the text is one sentence."""


class ToldToStop(BaseException):
    """SIGTERM or Ctrl-C."""


@dataclass(slots=True)
class Run:
    """The processes of one machine, in the order of their start."""

    state: State
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    engine: EngineProcess | None = None
    resources: Resources | None = None

    def start(self) -> None:
        """Start everything. Raises RunRefused or ChildFailed with one sentence, or a child's own words."""
        self.children.append(self._engine(_port("ENGINE_PORT", 0)))
        template = transformed_template("local")
        parameters = {"PublicUrl": f"http://localhost:{self.port}"}
        resources = self.resources = Resources(template, f"http://{HOST}:{self._engine_port}", parameters)
        resources.create()
        self.environment = {**resources.environment(), "PYTHONUNBUFFERED": "1"}
        prove_lock(resources, self.environment["BUCKET_ARCHIVE"])
        self.children.append(self._counterparties())
        self.state.keep(ENVIRONMENT_NAME, self.environment)
        self.children += [self._worker(), self._server()]

    def restart(self, child: Child) -> None:
        """Start one part again that has ended, on its port and with what it had kept, as `start` does."""
        starters = {
            "engine": lambda: self._engine(self._engine_port),
            "counterparties": self._counterparties,
            "worker": self._worker,
            "server": self._server,
        }
        child.process.wait()
        self.children[self.children.index(child)] = starters[child.name]()

    def _engine(self, port: int) -> Child:
        self.engine = EngineProcess.start(self.state.directory / "engine", port, self.state.log("engine"))
        return self.engine.child

    @property
    def _engine_port(self) -> int:
        assert self.engine is not None, "everything needs the engine, which is started first"
        return self.engine.port

    def _worker(self) -> Child:
        where = ["--state", str(self.state.directory), "--engine-port", str(self._engine_port)]
        return Child.start("local.worker", where, self.environment, self.state.log("worker"))

    def _server(self) -> Child:
        where = ["--port", str(self.port)]
        return Child.start("local.server", where, self.environment, self.state.log("server"))

    def _counterparties(self) -> Child:
        assert self.resources is not None, "their key is a secret of the engine"
        secret = self.environment["SECRET_SANDBOX_CHANNEL"]
        key = self.resources.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        # The port is kept over restarts, since pay pages that customers hold lead to it.
        port = _port("COUNTERPARTIES_PORT", self.port + 1)
        path = self.state.log("counterparties")
        memory = self.state.directory / "counterparties"
        retry_seconds = os.environ.get("SANDBOX_RETRY_SECONDS", "")
        begin = size_of(path)
        with path.open("a") as log:
            try:
                process = CounterpartiesProcess.start(port, memory, key, retry_seconds, log=log)
            except CounterpartiesFailed as failure:
                raise RunRefused(tail_of(path, begin) or str(failure)) from None
        self.environment["COUNTERPARTIES_URL"] = process.url
        return Child("counterparties", process.process, str(process.port), path, begin)

    def seed(self) -> list[str]:
        """Seed a new world, or finish an earlier seeding; the lines to show, then and later."""
        if self.state.document["seeded"] is None:
            os.environ.update(self.environment)
            lines = seed(f"http://{HOST}:{self.port}", self.environment)
            self.state.document["seeded"] = lines
            self.state.write()
        return list(self.state.document["seeded"])

    def watch(self) -> Child:
        """Wait until a child ends by itself, which none should; that child."""
        while True:
            for child in self.children:
                if child.process.poll() is not None:
                    return child
            time.sleep(0.2)

    def stop(self) -> None:
        """End everything, the API first and the engine last."""
        for child in reversed(self.children):
            child.stop()


def prove_lock(resources: Resources, bucket: str) -> None:
    """Raise RunRefused unless the archive really refuses to delete what it holds."""
    s3 = resources.client("s3")
    try:
        version = s3.head_object(Bucket=bucket, Key=LOCK_PROOF_KEY)["VersionId"]
    except ClientError:
        version = s3.put_object(Bucket=bucket, Key=LOCK_PROOF_KEY, Body=b"")["VersionId"]
    try:
        s3.delete_object(Bucket=bucket, Key=LOCK_PROOF_KEY, VersionId=version)
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "AccessDenied":
            return
        raise
    raise RunRefused(f"the archive bucket {bucket} deleted a locked object: records would not be safe in it")


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit() or int(text) > 65535:
        raise RunRefused(f"{name}={text} is not a port")
    return int(text)


def check_free(port: int, name: str) -> None:
    """Raise RunRefused when somebody listens on a port already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise RunRefused(f"port {port} is busy: choose another with {name}") from None


def announce(port: int, lines: list[str], directory: Path) -> None:
    """Tell a newcomer where everything is."""
    print(f"\nForecourt runs at http://localhost:{port}", flush=True)
    for line in lines:
        print(f"  {line}")
    print(f"State and logs: {directory}. Ctrl-C stops; `make reset` forgets.\n", flush=True)


def _told(*_: object) -> None:
    raise ToldToStop


def main() -> int:
    """Run until told to stop. Exit code 0: told to; 1: it could not start, or a part of it ended."""
    try:
        port = _port("PORT", PORT_DEFAULT)
        state = State.held(directory_of(dict(os.environ)))
        check_free(port, "PORT")
        check_free(_port("COUNTERPARTIES_PORT", port + 1), "COUNTERPARTIES_PORT")
    except (RunRefused, StateRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    run = Run(state, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _told)
    try:
        run.start()
        announce(port, run.seed(), state.directory)
        ended = run.watch()
        print(f"{ended.name} ended by itself; its log's last lines:\n{ended.tail()}", file=sys.stderr)
    except (RunRefused, ChildFailed) as refusal:
        print(refusal, file=sys.stderr)
    except ToldToStop:
        print("stopping …", flush=True)
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        run.stop()
    return 1


if __name__ == "__main__":
    sys.exit(main())
