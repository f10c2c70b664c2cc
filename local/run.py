"""The run: Forecourt on one machine, from one command.

    python -m local.run        (make run)

Starts the engine, the counterparties, the API and the worker, each a process of
its own on 127.0.0.1; seeds a new world once; ends when told to, or when one of
them ends. PORT (8080) is the API's; ENGINE_PORT and COUNTERPARTIES_PORT may be
given; FORECOURT_STATE is the directory that keeps everything; SANDBOX_RETRY_SECONDS
says how soon an unanswered callback comes again (local/counterparties).
"""

import io
import os
import signal
import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.build import transformed_template
from local import ports
from local.children import Child, ChildFailed, size_of, tail_of
from local.counterparties.process import CounterpartiesFailed, CounterpartiesProcess
from local.engine_environment import HOST
from local.engine_process import EngineProcess
from local.ports import PortRefused
from local.resources import Resources
from local.seed import SeedingFailed, seed
from local.state import ENVIRONMENT_NAME, State, StateRefused, directory_of
from local.web import Web

LOCK_PROOF_KEY = ".lock-proof"  # the only object of the archive bucket that is not the archive's
WATCH_SECONDS = 0.2


class RunRefused(Exception):
    """The run cannot start; the text is one sentence."""


class PartEnded(Exception):
    """A part ended by itself, which none should; the text says which and what it wrote last."""

    def __init__(self, child: Child) -> None:
        last = child.tail()
        said = f"ends with:\n{last}" if last else "says nothing of it"
        super().__init__(f"{child.name} ended by itself ({child.ending()}); its log {child.log} {said}")


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
        self.children.append(self._engine(ports.of_engine()))
        template = transformed_template("local")
        parameters = {"PublicUrl": f"http://localhost:{self.port}"}
        resources = self.resources = Resources(template, f"http://{HOST}:{self._engine_port}", parameters)
        resources.create()
        self.environment = {**resources.environment(), "PYTHONUNBUFFERED": "1"}
        prove_lock(resources, self.environment["BUCKET_ARCHIVE"])
        self.children.append(self._counterparties())
        self.state.keep(ENVIRONMENT_NAME, self.environment)
        self.children.append(self._worker())
        self.children.append(self._server())

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
        port = ports.of_counterparties(self.port)
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
        """Seed a new world, or finish an earlier seeding; the lines to show, then and later.

        Raises: PartEnded, SeedingFailed; what the seed itself stumbled over, when every part lives.
        """
        if self.state.document["seeded"] is None:
            os.environ.update(self.environment)
            self.state.document["seeded"] = self._seeded()
            self.state.write()
        return list(self.state.document["seeded"])

    def _seeded(self) -> list[str]:
        """Seed while the parts are watched: the seed would wait for a dead one until its patience ends."""
        lines: list[str] = []
        failures: list[Exception] = []

        def work() -> None:
            try:
                with redirect_stdout(io.StringIO()):  # metrics, which are lines of a log
                    told = seed(f"http://{HOST}:{self.port}", self.environment)
                lines.extend(told)
            except Exception as failure:
                failures.append(failure)

        seeding = Thread(target=work, name="seed", daemon=True)  # it goes with us when we are told to stop
        seeding.start()
        while seeding.is_alive():
            self.check_alive()
            seeding.join(WATCH_SECONDS)
        for failure in failures:
            raise failure
        return lines

    def watch(self) -> None:
        """Wait until a child ends by itself. Raises: PartEnded."""
        while True:
            self.check_alive()
            time.sleep(WATCH_SECONDS)

    def check_alive(self) -> None:
        """Raise PartEnded when a child has ended."""
        for child in self.children:
            if child.process.poll() is not None:
                raise PartEnded(child)

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


def announce(port: int, lines: list[str], directory: Path) -> None:
    """Tell a newcomer where everything is."""
    print(f"\nForecourt runs at http://localhost:{port}", flush=True)
    if Web("").is_built:
        print("  The app: customers at /, distributors at /distributor, staff at /office")
    for line in lines:
        print(f"  {line}")
    print(f"State and logs: {directory}. Ctrl-C stops; `make reset` forgets.\n", flush=True)


def _told(*_: object) -> None:
    raise ToldToStop


def _deaf() -> None:
    """From here on the run is ending anyway."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def explained(run: Run, failure: Exception) -> str | None:
    """What to tell of a failed run: a dead part before whatever failed for want of it; None: our own bug."""
    _deaf()
    try:
        time.sleep(WATCH_SECONDS)  # whoever lost a connection to a part hears of it before we do
        run.check_alive()
    except PartEnded as ended:
        return str(ended)
    if isinstance(failure, RunRefused | PortRefused | ChildFailed):
        return str(failure)
    if isinstance(failure, SeedingFailed | httpx.HTTPError | BotoCoreError | ClientError):
        logs = run.state.directory / "logs"
        return f"the start failed ({failure}): the logs are in {logs}; the next start goes on from here"
    return None


def held() -> Run:
    """A run that may start: its ports are ports and free, and its state directory is held.

    Raises: PortRefused before anything is made, StateRefused.
    """
    port = ports.of_api()
    counterparties_port = ports.of_counterparties(port)
    ports.of_engine()
    state = State.held(directory_of(dict(os.environ)))
    ports.check_free(port, "PORT")
    ports.check_free(counterparties_port, "COUNTERPARTIES_PORT")
    return Run(state, port)


def main() -> int:
    """Run until told to stop. Exit code 0: told to; 1: it could not start, or a part of it ended."""
    try:
        run = held()
    except (PortRefused, StateRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _told)
    try:
        run.start()
        announce(run.port, run.seed(), run.state.directory)
        run.watch()
    except ToldToStop:
        print("stopping …", flush=True)
        return 0
    except Exception as failure:
        told = explained(run, failure)
        if told is None:
            raise
        print(told, file=sys.stderr)
    finally:
        _deaf()
        run.stop()
    return 1


if __name__ == "__main__":
    sys.exit(main())
