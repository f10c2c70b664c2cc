"""Clients: processes of their own, each with threads that ask and note what they are told.

The processes share nothing but the tables and the machine's clock. Those of one
kind have all the tries that ship; the others have one, so that a disturbed call
leaves them without knowing what became of it.
"""

import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from local.children import end_with_starter
from tests.e2e.shop import Shop
from tests.histories.deeds import a_shop, answer_to
from tests.histories.history import Call, Wish

BEGIN_AFTER_NS = 3_000_000


@dataclass(frozen=True)
class Task:
    """What one process is to do: its clients by name, each with its wishes."""

    begin_ns: int
    scripts: dict[str, list[Wish]]


class ClientProcess:
    """One process, seen from outside."""

    def __init__(self, number: int, attempts_max: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        arguments = (theirs, number, attempts_max)
        self.process = context.Process(target=serve, args=arguments, daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, task: Task) -> None:
        self.connection.send(task)

    def calls(self) -> list[Call]:
        """What its clients noted. Raises: EOFError when the process has died."""
        noted: list[Call] = self.connection.recv()
        return noted

    def stop(self) -> None:
        self.connection.close()
        self.process.join(10)


def serve(connection: Connection, number: int, attempts_max: int) -> None:
    """Do tasks until nobody sends any."""
    end_with_starter()
    backoff = replace(bootstrap.backoff(), attempts_max=attempts_max)
    with replaced({bootstrap.backoff: lambda: backoff}):
        bootstrap.catalog().forget()
        while True:
            try:
                task: Task = connection.recv()
            except EOFError:
                return
            connection.send(done(task, a_shop(1 + number * 1_000_000)))


def done(task: Task, shop: Shop) -> list[Call]:
    """All calls of the task's clients, each a thread, which begin at one moment."""
    noted: list[list[Call]] = []

    def live(name: str, wishes: Sequence[Wish]) -> None:
        own: list[Call] = []
        noted.append(own)
        time.sleep(max(0, task.begin_ns - time.monotonic_ns()) / 1e9)
        for wish in wishes:
            own.append(called(shop, name, wish))
            if not own[-1].is_known and wish.key:  # as the advice of TRY_AGAIN says
                own.append(called(shop, name, wish))

    threads = [threading.Thread(target=live, args=script) for script in task.scripts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [call for own in noted for call in own]


def called(shop: Shop, name: str, wish: Wish) -> Call:
    """The wish, asked once."""
    asked_ns = time.monotonic_ns()
    answer = answer_to(shop, wish)
    return Call(name, wish, asked_ns, time.monotonic_ns(), answer)
