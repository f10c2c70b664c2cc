"""The sides: who sells the orders? Each is a process below this one, or this one itself."""

import os
import shutil
import socket
import subprocess
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench.counts.stand import Size, Stand
from bench.paired.floor_sqlite import Sqlite
from local.testing import Engine, World
from tests.e2e.shop import VIRTUAL

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / "build" / "paired" / "environment"
PACKAGES = ("django-hordak==2.0.0", "psycopg[binary]>=3.1,<4")
POSTGRES_PLACES = ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")
ORDERS_OF_A_CARD = 10


Purchase = TypeVar("Purchase")


class PeerMissing(RuntimeError):
    """It cannot be compared here; the text says what to install."""


@dataclass(frozen=True)
class Side:
    """`sell(n)` posts n orders and returns when all of it is done."""

    name: str
    sell: Callable[[int], None]


class SoldOut(RuntimeError):
    """More orders were asked for than were prepared: who sells fewer looks cheap."""


def taken(prepared: Iterator[Purchase], orders: int) -> list[Purchase]:
    """So many of what was prepared. Raises: SoldOut."""
    found = list(islice(prepared, orders))
    if len(found) < orders:
        raise SoldOut(f"{orders} orders were asked for, {len(found)} were prepared")
    return found


@contextmanager
def ours(orders_max: int) -> Iterator[Side]:
    """The use case and the reader that pays the commission, on the embedded engine with its meter.

    `orders_max`: so many are prepared.
    """
    with Engine.running() as engine, engine.environment_set():
        world = World(engine)
        stand = Stand(world, Size())
        buyers = [stand.actor() for _ in range(-(-orders_max // ORDERS_OF_A_CARD))]
        paid_by = [(buyer, stand.account(buyer.person_id)) for buyer in buyers]
        purchases = chain.from_iterable(repeat(one, ORDERS_OF_A_CARD) for one in paid_by)
        world.drain()

        def sell(orders: int) -> None:
            for buyer, card_id in taken(purchases, orders):
                stand.buy(VIRTUAL, command=stand.command(buyer), card_id=card_id)
            world.drain(only={"pay_commission"})

        yield Side("ours on the embedded engine", sell)


@contextmanager
def sqlite() -> Iterator[Side]:
    """The least: no HTTP, no proof, no history but three entries."""
    with TemporaryDirectory(prefix="forecourt-paired-") as folder:
        database = Sqlite(Path(folder) / "floor.db")
        yield Side("SQLite, one transaction", database.sell)


@contextmanager
def hordak() -> Iterator[Side]:
    """django-hordak on a PostgreSQL of its own. Raises: PeerMissing."""
    with _postgres() as port:
        peer = subprocess.Popen(
            [_python(), str(Path(__file__).with_name("peer_hordak.py")), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert peer.stdin is not None
        assert peer.stdout is not None
        asked, answers = peer.stdin, peer.stdout
        if answers.readline() != "ready\n":
            raise PeerMissing(f"django-hordak did not start: code {peer.wait()}")

        def sell(orders: int) -> None:
            print(orders, file=asked, flush=True)
            if answers.readline() != "done\n":
                raise RuntimeError("django-hordak ended while it sold")

        try:
            yield Side("django-hordak 2.0 on PostgreSQL", sell)
        finally:
            asked.close()
            peer.wait()


def _python() -> str:
    """The peer's own environment, made once: nothing of it comes into the project's."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python)


@contextmanager
def _postgres() -> Iterator[int]:
    """A fresh server: its port."""
    place = next((Path(one) for one in POSTGRES_PLACES if Path(one, "initdb").exists()), None)
    if place is None:
        raise PeerMissing("PostgreSQL is not installed here; Debian: apt-get install postgresql")
    with TemporaryDirectory(prefix="forecourt-paired-") as folder:
        as_whom = _not_root(folder)
        where = str(Path(folder) / "data")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        initdb = [str(place / "initdb"), "-D", where, "-A", "trust", "-U", "postgres"]
        subprocess.run([*as_whom, *initdb], check=True, **quiet)
        port = _free_port()
        settings = ["-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"]
        server = subprocess.Popen([*as_whom, str(place / "postgres"), "-D", where, *settings], **quiet)
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait()


def _not_root(folder: str) -> list[str]:
    """PostgreSQL refuses to run as root; the package has made a user for it."""
    if os.getuid():
        return []
    shutil.chown(folder, "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise PeerMissing("PostgreSQL did not start within a minute")
