"""The engine's memory: how does it become rows, and how do rows become memory again?

Keys, ids, stream labels and sequence numbers come back as they were, so that
positions in streams and everything encrypted by a key stay good.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from local import engine_private
from local.engine_environment import ACCOUNT_ID, REGION

_STREAM_SECONDS = 24 * 3600
_TABLE_CONTENTS = ("items", "ItemCount", "TableSizeBytes")
_STATEFUL = ("kms", "secretsmanager", "s3")


def load(database: sqlite3.Connection) -> None:
    """Compact the journal, then put everything it holds into the engine's memory."""
    database.execute("DELETE FROM records WHERE created < ?", (int(time.time()) - _STREAM_SECONDS,))
    states = dict(database.execute("SELECT service, document FROM states"))
    for service in _STATEFUL:
        if service in states:
            engine_private.module(service).load_persisted_state(_decoded(states[service]))
    _load_tables(_decoded(states["dynamodb"]) if "dynamodb" in states else {})
    _load_items(database)
    _load_records(database)
    _load_queues(database, _decoded(states["sqs"]) if "sqs" in states else {})
    _load_locks(database)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def state_document(service: str) -> str:
    """A service's whole state but its contents, which have rows of their own."""
    if service == "dynamodb":
        return _encoded(_tables_state())
    if service == "sqs":
        queues = engine_private.module("sqs")._queues
        return _encoded({url: {**q, "messages": []} for (_, _, url), q in queues.all_items()})
    return _encoded(engine_private.module(service).get_state())


def _tables_state() -> dict[str, Any]:
    dynamodb = engine_private.module("dynamodb")
    skipped = {*_TABLE_CONTENTS, dynamodb._INDEX_MEMBERS}
    tables = {
        name: {member: value for member, value in table.items() if member not in skipped}
        for (_, _, name), table in dynamodb._tables.all_items()
    }
    ttl = {name: setting for (_, _, name), setting in dynamodb._ttl_settings.all_items()}
    return {"tables": tables, "ttl": ttl}


def _load_tables(state: dict[str, Any]) -> None:
    dynamodb = engine_private.module("dynamodb")
    for name, table in state.get("tables", {}).items():
        whole = {**table, "items": engine_private.no_items(), "ItemCount": 0, "TableSizeBytes": 0}
        dynamodb._tables.set_scoped(ACCOUNT_ID, REGION, name, whole)
    for name, setting in state.get("ttl", {}).items():
        dynamodb._ttl_settings.set_scoped(ACCOUNT_ID, REGION, name, setting)


def _load_items(database: sqlite3.Connection) -> None:
    dynamodb = engine_private.module("dynamodb")
    for name, key, document in database.execute("SELECT table_name, key, document FROM items"):
        table = dynamodb._tables.get_scoped(ACCOUNT_ID, REGION, name)
        if table is not None:
            dynamodb._set_item(table, *json.loads(key), json.loads(document))


def _load_records(database: sqlite3.Connection) -> None:
    dynamodb = engine_private.module("dynamodb")
    records: dict[str, list[Any]] = {}
    newest = 0
    for name, document in database.execute("SELECT table_name, document FROM records ORDER BY place"):
        record = json.loads(document)
        records.setdefault(name, []).append(record)
        newest = max(newest, int(record["dynamodb"]["SequenceNumber"][-10:]))
    for name, rows in records.items():
        dynamodb._stream_records.set_scoped(ACCOUNT_ID, REGION, name, rows)
    dynamodb._stream_seq_counter = max(dynamodb._stream_seq_counter, newest)


def _load_queues(database: sqlite3.Connection, queues: dict[str, Any]) -> None:
    sqs = engine_private.module("sqs")
    for url, queue in queues.items():
        sqs._queues.set_scoped(ACCOUNT_ID, REGION, url, {**queue, "messages": []})
    sqs._rebuild_queue_name_index()
    by_name = {queue["name"]: queue for queue in sqs._queues.all_values()}
    for name, document in database.execute("SELECT queue, document FROM messages ORDER BY place"):
        message = json.loads(document)
        if message["receive_count"] > 0:
            message["visible_at"] = 0.0  # whoever had received it died with us
        if name in by_name:
            by_name[name]["messages"].append(message)


def _load_locks(database: sqlite3.Connection) -> None:
    s3 = engine_private.module("s3")
    for name, document in database.execute("SELECT object, document FROM locks"):
        bucket, key = name.split("/", 1)
        for store, found in json.loads(document).items():
            for version, value in found:
                getattr(s3, store)._data[(ACCOUNT_ID, (bucket, key, version))] = value


def messages() -> Iterator[tuple[tuple[str, str], tuple[Any, ...], dict[str, Any]]]:
    """Every message: its place (queue, id), a mark that changes with it, and itself."""
    for queue in engine_private.module("sqs")._queues.all_values():
        for message in queue["messages"]:
            mark = (message["visible_at"], message["receive_count"], message["receipt_handle"])
            yield (queue["name"], message["id"]), mark, message


def items_of(table_name: str) -> list[dict[str, Any]]:
    """Every item of a table, in DynamoDB's own form."""
    table = engine_private.module("dynamodb")._tables.get(table_name)
    return [item for sorted_items in table["items"].values() for item in sorted_items.values()]


def key_text(table_name: str, item: dict[str, Any]) -> str:
    """An item's key as the engine's own pair of key values, in JSON."""
    dynamodb = engine_private.module("dynamodb")
    table = dynamodb._tables.get(table_name)
    partition = dynamodb._extract_key_val(item[table["pk_name"]])
    sort = dynamodb._extract_key_val(item[table["sk_name"]]) if table["sk_name"] else "__no_sort__"
    return json.dumps([partition, sort])


def object_name(path: str) -> str:
    """bucket/key of a request's path."""
    return unquote(path.lstrip("/"))


def lock_document(name: str) -> str:
    """Retention and legal hold of every version of one object."""
    s3 = engine_private.module("s3")
    bucket, key = name.split("/", 1)
    versions = [None, *(version["version_id"] for version in s3._object_versions.get((bucket, key)) or [])]
    return json.dumps(
        {
            store: [
                [version, getattr(s3, store)[(bucket, key, version)]]
                for version in versions
                if (bucket, key, version) in getattr(s3, store)
            ]
            for store in ("_object_retention", "_object_legal_hold")
        }
    )


def _encoded(state: Any) -> str:
    return json.dumps(state, default=engine_private.json_default())


def _decoded(document: str) -> Any:
    return json.loads(document, object_hook=engine_private.json_object_hook())
