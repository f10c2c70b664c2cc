"""Checkpoints: how far did each consumer get?

They survive kill -9: every change is on disk before it counts.
"""

import sqlite3
import threading
from pathlib import Path


class CheckpointsRefused(Exception):
    """The file cannot be read; the text is one sentence for whoever started us."""


class Checkpoints:
    """A durable map from a consumer's name to its position; shared by all pumps of one process."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises: CheckpointsRefused."""
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            raise CheckpointsRefused(f"{path} is damaged ({error}): `make reset` begins anew") from None

    def _open(self) -> None:
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS checkpoints (name TEXT PRIMARY KEY, position TEXT NOT NULL)"
        )
        (found,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)

    def position(self, name: str) -> str | None:
        """The last position kept under a name, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT position FROM checkpoints WHERE name = ?", (name,)
            ).fetchone()
        return row[0] if row else None

    def keep(self, name: str, position: str) -> None:
        """Keep a position; it is on disk when this returns."""
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?)", (name, position))

    def forget(self) -> None:
        """Begin anew: every consumer starts where a new one would."""
        with self._lock:
            self._database.execute("DELETE FROM checkpoints")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
