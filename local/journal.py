"""The journal: what must be on disk before an answer leaves the engine?

The engine keeps everything in memory. Each request's changes - new images, stream
records, messages, keys - go to one SQLite file (WAL, synchronous=FULL) before the
reply. One thread writes; requests that wait at the same moment share one commit.
A volatile engine has the same journal without a file.
"""

import asyncio
import json
import os
import queue
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from local import engine_memory
from local.changes import Changes

APPLICATION_ID = 0x46434F54  # marks an SQLite file as this journal
FORMAT = 1

Row = tuple[str, tuple[Any, ...]]

_SCHEMA = f"""
BEGIN;
CREATE TABLE items (table_name TEXT, key TEXT, document TEXT, PRIMARY KEY (table_name, key)) WITHOUT ROWID;
CREATE TABLE records (place INTEGER PRIMARY KEY, table_name TEXT, created INTEGER, document TEXT);
CREATE TABLE messages (place INTEGER PRIMARY KEY, queue TEXT, id TEXT, document TEXT, UNIQUE (queue, id));
CREATE TABLE locks (object TEXT PRIMARY KEY, document TEXT);
CREATE TABLE states (service TEXT PRIMARY KEY, document TEXT);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
COMMIT;
"""

_PUT_ITEM = "INSERT OR REPLACE INTO items VALUES (?, ?, ?)"
_REMOVE_ITEM = "DELETE FROM items WHERE table_name = ? AND key = ?"
_REMOVE_TABLE = "DELETE FROM items WHERE table_name = ?"
_ADD_RECORD = "INSERT INTO records (table_name, created, document) VALUES (?, ?, ?)"
_PUT_STATE = "INSERT OR REPLACE INTO states VALUES (?, ?)"
_PUT_LOCK = "INSERT OR REPLACE INTO locks VALUES (?, ?)"
_PUT_MESSAGE = (
    "INSERT INTO messages (queue, id, document) VALUES (?, ?, ?) "
    "ON CONFLICT (queue, id) DO UPDATE SET document = excluded.document"
)
_REMOVE_MESSAGE = "DELETE FROM messages WHERE queue = ? AND id = ?"

_READ_ONLY = (
    "Describe",
    "List",
    "Get",
    "Encrypt",
    "Decrypt",
    "Generate",
    "Batch",
    "Sign",
    "Verify",
    "HEAD",
    "GET",
)


class Journal:
    """What the engine must not forget; `path` None keeps nothing."""

    def __init__(self, path: Path | None, changes: Changes) -> None:
        self._changes = changes
        self._durable = path is not None
        self._rows: list[Row] = []
        self._grown = False
        self._last: asyncio.Future[None] | None = None
        self._tickets: queue.SimpleQueue[Ticket] = queue.SimpleQueue()
        self._messages: dict[tuple[str, str], tuple[Any, ...]] = {}
        if path is None:
            return
        self._database = open_database(path)
        engine_memory.load(self._database)
        self._messages = {place: mark for place, mark, _ in engine_memory.messages()}
        threading.Thread(target=self._write, name="journal", daemon=True).start()

    def note_change(self, table_name: str, old: Any, new: Any, record: Any) -> None:
        """An item changed from old to new (None: absent); the record is its stream's, or None."""
        self._grown = self._grown or record is not None
        if not self._durable:
            return
        key = engine_memory.key_text(table_name, new or old)
        if new:
            self._rows.append((_PUT_ITEM, (table_name, key, json.dumps(new))))
        else:
            self._rows.append((_REMOVE_ITEM, (table_name, key)))
        if record is not None:
            created = record["dynamodb"]["ApproximateCreationDateTime"]
            self._rows.append((_ADD_RECORD, (table_name, created, json.dumps(record))))

    def note_table(self, table_name: str) -> None:
        """A whole table came to be, as it is now."""
        for item in engine_memory.items_of(table_name):
            self.note_change(table_name, None, item, None)

    def note_table_gone(self, table_name: str) -> None:
        """A table is gone, and all that was in it."""
        if self._durable:
            self._rows.append((_REMOVE_TABLE, (table_name,)))

    async def keep_state(self, service: str, action: str, path: str = "") -> None:
        """Whatever a call of another service changed."""
        if self._durable:
            self._note_state(service, action, path)
        await self.settled()

    async def settled(self) -> None:
        """Return when everything noted so far, by anybody, is on disk."""
        if self._rows:
            ticket = Ticket(self._rows, asyncio.get_running_loop())
            self._rows = []
            self._last = ticket.future
            self._tickets.put(ticket)
        grown, self._grown = self._grown, False
        if self._last is not None and not self._last.done():
            await asyncio.shield(self._last)
        if grown:
            self._changes.announce()

    def close(self) -> None:
        """Let the file be whole and small."""
        if self._durable:
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _note_state(self, service: str, action: str, path: str) -> None:
        if service == "sqs":
            self._note_messages()
        if action.startswith(_READ_ONLY) or (service == "sqs" and "Message" in action):
            return
        if service == "s3" and " object" in action:
            name = engine_memory.object_name(path)
            self._rows.append((_PUT_LOCK, (name, engine_memory.lock_document(name))))
        else:
            self._rows.append((_PUT_STATE, (service, engine_memory.state_document(service))))

    def _note_messages(self) -> None:
        """The messages that came, went or changed since the last look."""
        seen: dict[tuple[str, str], tuple[Any, ...]] = {}
        for place, mark, message in engine_memory.messages():
            seen[place] = mark
            if self._messages.get(place) != mark:
                self._rows.append((_PUT_MESSAGE, (*place, json.dumps(message))))
        self._rows += [(_REMOVE_MESSAGE, place) for place in self._messages.keys() - seen.keys()]
        self._messages = seen

    def _write(self) -> None:
        while True:
            tickets = [self._tickets.get()]
            while not self._tickets.empty():
                tickets.append(self._tickets.get())
            try:
                self._commit(tickets)
            except sqlite3.Error as error:
                # Memory is ahead of the disk: nothing may be answered any more.
                print(f"engine: the journal cannot be written: {error}", file=sys.stderr, flush=True)
                os._exit(4)
            tickets[0].loop.call_soon_threadsafe(_resolve, tickets)

    def _commit(self, tickets: list["Ticket"]) -> None:
        self._database.execute("BEGIN")
        for ticket in tickets:
            for statement, values in ticket.rows:
                self._database.execute(statement, values)
        self._database.execute("COMMIT")


class Ticket:
    """One request's rows, and the future that is done when they are on disk."""

    def __init__(self, rows: list[Row], loop: asyncio.AbstractEventLoop) -> None:
        self.rows = rows
        self.loop = loop
        self.future: asyncio.Future[None] = loop.create_future()


def _resolve(tickets: list[Ticket]) -> None:
    for ticket in tickets:
        if not ticket.future.done():
            ticket.future.set_result(None)


def open_database(path: Path) -> sqlite3.Connection:
    """Open or create a journal.

    Raises:
        ValueError: the file is another program's, another version's, or damaged.
    """
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        found = database.execute("PRAGMA application_id").fetchone()[0]
        if not found and not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            database.executescript(_SCHEMA)
            return database
        form = database.execute("PRAGMA user_version").fetchone()[0]
        damage = database.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{path} is damaged or not a journal ({error}): `make reset` begins anew") from None
    if found != APPLICATION_ID or form != FORMAT:
        raise ValueError(f"{path} is not a journal of this version: `make reset` begins anew")
    if damage != "ok":
        raise ValueError(f"{path} is damaged ({damage}): `make reset` begins anew")
    return database
