"""The archive's readers: which attribute of a written item is the record that goes into the archive?

Records that must not be archived are reported as failed and end at the failure
destination, where somebody must look at them. The others are archived all the
same; when they come again with the failed ones, they are known already.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from chalicelib import bootstrap
from chalicelib.handlers.stream_batch import ItemChange, trace_of
from chalicelib.observability import logger
from chalicelib.usecases.archive_records import Stored


def archive_journal(changes: Sequence[ItemChange]) -> list[ItemChange]:
    """Archive journal items; those that could not be are given back."""
    return _archived(changes, _of_journal)


def archive_edges(changes: Sequence[ItemChange]) -> list[ItemChange]:
    """Archive the edges that are audit records (joins and moves); those that could not be are given back."""
    return _archived([change for change in changes if "record" in (change.after or {})], _of_edge)


def _archived(changes: Sequence[ItemChange], stored: Callable[[ItemChange], Stored]) -> list[ItemChange]:
    refused = bootstrap.archive_records()([stored(change) for change in changes], bootstrap.now())
    for one in refused:
        change = changes[one.position]
        logger.error(
            "record not archived", pk=change.pk, sk=change.sk, reason=one.reason, trace=trace_of(change)
        )
    return [changes[one.position] for one in refused]


def _of_journal(change: ItemChange) -> Stored:
    item = change.after or {}
    return Stored(str(item.get("body", "")), str(item.get("digest", "")))


def _of_edge(change: ItemChange) -> Stored:
    body = str((change.after or {})["record"])
    return Stored(body, hashlib.sha256(body.encode()).hexdigest())


def verify(now: datetime) -> None:
    """Go on with a check that was asked for; what is wrong is an error in the log, too."""
    after = bootstrap.verify_archive()(now)
    if after is None:
        return
    tell = logger.error if after.finding_count else logger.info
    tell(
        "the archive was verified",
        is_done=after.ended_at is not None,
        records=after.records,
        finding_count=after.finding_count,
    )
