"""The engine's private names: what of ministack do we touch that it never promised?

Every use of a private name goes through this module, so that a new version of
the engine fails in one place with a sentence instead of losing data quietly.
"""

from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

PINNED_VERSION = "1.5.33"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "dynamodb": (
        "handle_request", "_emit_stream_event", "_tables", "_ttl_settings", "_tags", "_stream_records",
        "_stream_trimmed", "_stream_seq_counter", "_stream_seq_lock", "_set_item", "_remove_item",
        "_items_replaced", "_item_size_bytes", "_get_item_by_key", "_normalize_table_name",
        "_extract_key_val", "_paginate_evaluated_items", "_txn_idempotency", "_INDEX_MEMBERS",
    ),
    "dynamodb_streams": ("handle_request", "_get_records"),
    "sqs": ("handle_request", "_queues", "_queue_name_to_url", "_get_q", "_rebuild_queue_name_index"),
    "kms": ("handle_request", "get_state", "load_persisted_state"),
    "secretsmanager": ("handle_request", "get_state", "load_persisted_state"),
    "cloudwatch": (
        "_evaluate_alarm", "_alarms", "_metrics", "_dims_key", "_dims_from_list", "_calc_stats",
        "_stat_value", "_record_history", "_dispatch_alarm_actions",
    ),
    "lambda_svc": ("invalidate_worker",),
    "s3": (
        "handle_request", "get_state", "load_persisted_state", "_buckets", "_object_versions",
        "_object_retention", "_object_legal_hold", "_object_tags", "_object_acl", "_multipart_uploads",
    ),
}  # fmt: skip


class EngineMismatch(Exception):
    """The installed engine is not the one this launcher was written for."""


def module(name: str) -> Any:
    """Import one service of the engine."""
    return __import__(f"ministack.services.{name}", fromlist=["handle_request"])


def check(
    wanted_version: str = PINNED_VERSION, wanted_names: Mapping[str, tuple[str, ...]] = PRIVATE_NAMES
) -> None:
    """Raise EngineMismatch, naming what is missing, unless version and private names are as expected."""
    installed = version("ministack")
    if installed != wanted_version:
        raise EngineMismatch(
            f"ministack {installed} is installed, but local/ leans on private names of {wanted_version}: "
            "pin it in requirements-dev.txt, or revisit local/engine_private.py and its tests"
        )
    missing = [
        f"ministack.services.{service}.{name}"
        for service, names in wanted_names.items()
        for name in names
        if not hasattr(module(service), name)
    ]
    if missing:
        raise EngineMismatch("the engine lacks names that local/ leans on: " + ", ".join(missing))


def forget_contents() -> None:
    """Empty every table, stream, queue and bucket; what exists stays, with its ids and keys."""
    _forget_items()
    for queue in module("sqs")._queues.all_values():
        queue["messages"] = []
        queue["dedup_cache"] = {}
    _forget_objects()


def _forget_items() -> None:
    dynamodb = module("dynamodb")
    for table in dynamodb._tables.all_values():
        table["items"].clear()
        dynamodb._items_replaced(table)
    for memory in (dynamodb._stream_records, dynamodb._stream_trimmed, dynamodb._txn_idempotency):
        memory.clear()


def _forget_objects() -> None:
    s3 = module("s3")
    for bucket in s3._buckets._data.values():
        bucket["objects"] = {}
    for name in (
        "_object_versions",
        "_object_retention",
        "_object_legal_hold",
        "_object_tags",
        "_object_acl",
    ):
        getattr(s3, name).clear()
    s3._multipart_uploads.clear()


def hasten_messages() -> int:
    """Make every delayed or hidden message visible at once; returns how many there were."""
    hidden = [
        message
        for queue in module("sqs")._queues.all_values()
        for message in queue["messages"]
        if message["visible_at"] > 0
    ]
    for message in hidden:
        message["visible_at"] = 0.0
    return len(hidden)


def stream_heads() -> dict[str, str]:
    """The newest sequence number of each stream, by table name."""
    records: Any = module("dynamodb")._stream_records
    return {key[2]: rows[-1]["dynamodb"]["SequenceNumber"] for key, rows in records.all_items() if rows}


def item_size_bytes(table_name: str, key_or_item: Mapping[str, Any]) -> int:
    """The size of the stored item with this key, as DynamoDB counts it; 0 when there is none."""
    dynamodb = module("dynamodb")
    table = dynamodb._tables.get(dynamodb._normalize_table_name(table_name))
    if not table:
        return 0
    item = dynamodb._get_item_by_key(table, key_or_item)
    return int(dynamodb._item_size_bytes(item)) if item else 0


def newest_record(table_name: str) -> Any:
    """The newest record of a table's stream, or None."""
    rows = module("dynamodb")._stream_records.get(table_name)
    return rows[-1] if rows else None


def taken_from_pool(function: str, qualifier: str | None) -> list[Any]:
    """The workers of a function, of one version or of all, which get no further call."""
    from ministack.core import lambda_runtime

    with lambda_runtime._lock:
        keys = [key for key in lambda_runtime._workers if _is_of(key, function, qualifier)]
        return [worker for key in keys for worker in lambda_runtime._workers.pop(key) or []]


def _is_of(key: str, function: str, qualifier: str | None) -> bool:
    """A pool's key is `account:region:function:qualifier`."""
    *_, its_function, its_qualifier = key.split(":")
    return its_function == function and qualifier in (None, its_qualifier)


def unzip_with(unzipping: Any) -> None:
    """Let workers unpack their code with something else than the standard library's zipfile."""
    from ministack.core import lambda_runtime

    lambda_runtime.zipfile = unzipping


def end_workers(workers: list[Any]) -> None:
    """Kill their processes, and wait for that."""
    from ministack.core import lambda_runtime

    lambda_runtime.kill_workers(workers)


def no_items() -> Any:
    """An empty table's items, of the kind the engine expects."""
    return defaultdict(dict)


def json_default() -> Any:
    """The engine's own way to write its memory as JSON."""
    from ministack.core import persistence

    return persistence._json_default


def json_object_hook() -> Any:
    """The engine's own way to read it back."""
    from ministack.core import persistence

    return persistence._json_object_hook
