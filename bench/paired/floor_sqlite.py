"""SQLite doing the same work in one transaction: the least that three transfers cost on one machine."""

import sqlite3
from pathlib import Path

# From, to, fen: the sale, and commission of two levels.
TRANSFERS = (("buyer", "sales", 10_000), ("promotion", "first", 80), ("promotion", "second", 30))
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE account (name TEXT PRIMARY KEY, fen INTEGER NOT NULL, least INTEGER, CHECK (fen >= least));
CREATE TABLE entry (id INTEGER PRIMARY KEY, source TEXT, target TEXT, fen INTEGER NOT NULL, operation TEXT);
CREATE UNIQUE INDEX once ON entry (operation, target);
"""
NAMES = ("buyer", "sales", "promotion", "first", "second")


class Sqlite:
    """A database of its own."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.executescript(SCHEMA)
        self.sold = 0
        for name in NAMES:
            self.connection.execute("INSERT INTO account VALUES (?, 0, -1000000000000)", (name,))

    def sell(self, orders: int) -> None:
        for _ in range(orders):
            self.sold += 1
            self.connection.execute("BEGIN IMMEDIATE")
            for source, target, fen in TRANSFERS:
                self.connection.execute("UPDATE account SET fen = fen - ? WHERE name = ?", (fen, source))
                self.connection.execute("UPDATE account SET fen = fen + ? WHERE name = ?", (fen, target))
                self.connection.execute(
                    "INSERT INTO entry (source, target, fen, operation) VALUES (?, ?, ?, ?)",
                    (source, target, fen, f"order-{self.sold}"),
                )
            self.connection.execute("COMMIT")
