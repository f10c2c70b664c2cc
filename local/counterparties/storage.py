"""Storage: what do the counterparties remember, whatever happens to their process?

One SQLite file. Each change is committed before it is answered, so a killed process
forgets nothing that it said. Personal data of payees are not kept.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

FILE_NAME = "counterparties.sqlite"

SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    reference TEXT PRIMARY KEY, payment_id TEXT UNIQUE NOT NULL, amount_fen INTEGER NOT NULL,
    title TEXT NOT NULL, notify_url TEXT NOT NULL, return_url TEXT NOT NULL, expires_at INTEGER NOT NULL,
    state TEXT NOT NULL, created_at INTEGER NOT NULL, settled_at INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS payments_by_time ON payments (settled_at);
CREATE TABLE IF NOT EXISTS operations (
    party TEXT NOT NULL, operation_id TEXT NOT NULL, external_id TEXT NOT NULL, subject TEXT NOT NULL,
    amount_fen INTEGER NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
    later TEXT NOT NULL, later_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
    PRIMARY KEY (party, operation_id));
CREATE INDEX IF NOT EXISTS operations_by_subject ON operations (party, subject);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL, kind TEXT NOT NULL, attempt INTEGER NOT NULL,
    due_at INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (state, due_at);
CREATE TABLE IF NOT EXISTS scripts (
    id INTEGER PRIMARY KEY, party TEXT NOT NULL, reference TEXT NOT NULL, ends_with TEXT NOT NULL,
    amount_fen INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, answer TEXT NOT NULL,
    later TEXT NOT NULL, delay_ms INTEGER NOT NULL, silence_ms INTEGER NOT NULL, times_left INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bill_faults (
    id INTEGER PRIMARY KEY, day TEXT NOT NULL, fault TEXT NOT NULL, reference TEXT NOT NULL,
    kind TEXT NOT NULL, amount_fen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS used_cards (card_digest TEXT PRIMARY KEY);
"""


class StorageRefused(Exception):
    """The file cannot be read; the text is one sentence for whoever started us."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Storage:
    """One connection for all threads: SQLite has one writer anyway."""

    def __init__(self, data_directory: Path) -> None:
        """Raises: StorageRefused."""
        data_directory.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._connection = sqlite3.connect(
            data_directory / FILE_NAME, check_same_thread=False, isolation_level=None, timeout=5
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            path = data_directory / FILE_NAME
            raise StorageRefused(f"{path} is damaged ({error}): `make reset` begins anew") from None

    def _open(self) -> None:
        # In WAL mode NORMAL survives a killed process; only a power cut could take the last commits.
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
        (found,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, one at a time."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        found = self.rows(query, *values)
        return found[0] if found else None

    def close(self) -> None:
        with self._lock:
            self._connection.close()
