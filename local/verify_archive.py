"""Verify the archive: which record was changed, is missing, or was added, in the archive or in the store?

    make verify-archive
    python -m local.verify_archive --grace-seconds 0

Walks the archive object by object (chain, digests, day roots), then the journal
and the edges, and compares them. What it has to remember lies in a file, so that
an archive of any size fits. Reads the places of tables and bucket from the
environment of the functions, on AWS as on one machine; without one, it asks the
local run. Trusts nothing that the system derived: not the index, not the head.

Exit code 0: intact. 1: something is wrong, each thing named. 2: nothing to verify.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.archive import Link
from chalicelib.domain.archive_check import Finding, Stored, added, compare, missing
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.record import digest_of
from chalicelib.gateways.objects import S3Objects
from chalicelib.usecases.read_archive import ReadArchive
from local.running import NothingRuns, environment_of_run

# A record is archived within seconds; until then it is no finding that it is not there yet.
GRACE_SECONDS = 60


@dataclass(frozen=True)
class Places:
    """Where the archive and the store are."""

    s3: Any
    dynamodb: Any
    bucket: str
    journal_table: str
    edges_table: str


@dataclass
class Summary:
    """What was seen."""

    records: int = 0
    objects: int = 0
    waiting: int = 0
    sealed_days: list[str] = field(default_factory=list)
    unsealed_days: list[str] = field(default_factory=list)
    newest_root: str = ""


class Known:
    """The archived records by id, on disk; those that the store has too are crossed off."""

    def __init__(self, path: str) -> None:
        self._rows = sqlite3.connect(path)
        self._rows.execute(
            "CREATE TABLE archived (id TEXT PRIMARY KEY, sequence INT, digest TEXT, seen INT DEFAULT 0)"
        )

    def add(self, link: Link) -> bool:
        """Whether the id is new."""
        row = (link.record_id, link.sequence, digest_of(link.body))
        put = "INSERT OR IGNORE INTO archived (id, sequence, digest) VALUES (?, ?, ?)"
        return self._rows.execute(put, row).rowcount == 1

    def seen(self, record_id: str) -> tuple[int, str] | None:
        """Sequence and digest of a record, which is crossed off."""
        crossed = "UPDATE archived SET seen = 1 WHERE id = ? RETURNING sequence, digest"
        row = self._rows.execute(crossed, (record_id,)).fetchone()
        return (int(row[0]), str(row[1])) if row else None

    def unseen(self) -> Iterator[tuple[str, int]]:
        yield from self._rows.execute("SELECT id, sequence FROM archived WHERE seen = 0 ORDER BY sequence")


def verify(places: Places, now: datetime, summary: Summary, grace_seconds: int) -> Iterator[Finding]:
    """Everything that is wrong; the summary is complete when the last finding is out."""
    with tempfile.TemporaryDirectory(prefix="forecourt-archive-") as directory:
        known = Known(f"{directory}/records.db")
        yield from _archive(places, known, summary)
        yield from _store(places, known, summary, now - timedelta(seconds=grace_seconds))


def _archive(places: Places, known: Known, summary: Summary) -> Iterator[Finding]:
    archive = ReadArchive(S3Objects(places.s3, places.bucket))
    yield from archive.seals()

    def take(link: Link) -> Iterator[Finding]:
        if not known.add(link):
            yield Finding(
                f"archive sequence {link.sequence}", f"record {link.record_id} a second time", link.sequence
            )

    yield from archive.records(take)
    yield from archive.check.end()
    summary.records, summary.objects = archive.check.sequence, archive.object_count
    summary.sealed_days, summary.unsealed_days = archive.check.sealed_days, archive.check.unsealed_days
    summary.newest_root = archive.check.newest_root


def _store(places: Places, known: Known, summary: Summary, settled_before: datetime) -> Iterator[Finding]:
    for stored in chain(_journal(places), _edges(places)):
        archived = known.seen(stored.record_id)
        if archived:
            yield from compare(stored, *archived)
        elif _written_at_ms(stored.body) < to_ms(settled_before):
            yield added(stored.record_id)
        else:
            summary.waiting += 1
    for record_id, sequence in known.unseen():
        yield missing(record_id, sequence)


def _journal(places: Places) -> Iterator[Stored]:
    for item in _items(places, places.journal_table):
        body, digest, private = (_text(item, name) for name in ("body", "digest", "private"))
        yield Stored(f"{_text(item, 'pk')}/{_text(item, 'sk')}", body, digest, private)


def _edges(places: Places) -> Iterator[Stored]:
    """Edges that are audit records; they carry no digest of their own."""
    for item in _items(
        places,
        places.edges_table,
        FilterExpression="attribute_exists(#r)",
        ExpressionAttributeNames={"#r": "record"},
    ):
        body = _text(item, "record")
        record_id = str(_parsed(body).get("id", _text(item, "pk")))
        digest = sha256(body.encode()).hexdigest()
        yield Stored(record_id, body, digest, _text(item, "private"))


def _items(places: Places, table: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    scan = places.dynamodb.get_paginator("scan")
    for page in scan.paginate(TableName=table, ConsistentRead=True, **arguments):
        yield from page["Items"]


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _written_at_ms(body: str) -> int:
    moment = _parsed(body).get("at", 0)
    return moment if type(moment) is int else 0


def places_of(environment: Mapping[str, str]) -> Places:
    """The places named by the environment of the functions, or by that of the local run.

    Raises: NothingRuns.
    """
    environment = environment_of_run(environment)
    session = boto3.Session(
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        region_name=environment.get("AWS_DEFAULT_REGION") or environment.get("AWS_REGION"),
    )
    endpoint_url = environment.get("AWS_ENDPOINT_URL")
    path_style = Config(s3={"addressing_style": "path"}) if endpoint_url else None
    return Places(
        s3=session.client("s3", endpoint_url=endpoint_url, config=path_style),
        dynamodb=session.client("dynamodb", endpoint_url=endpoint_url),
        bucket=environment["BUCKET_ARCHIVE"],
        journal_table=environment["TABLE_JOURNAL"],
        edges_table=environment["TABLE_EDGES"],
    )


def told(summary: Summary, findings: int, first_broken: int) -> list[str]:
    """What to say at the end."""
    lines = [
        f"{summary.records} records in {summary.objects} objects, {len(summary.sealed_days)} days sealed"
        + (f" to {summary.sealed_days[-1]}, newest root {summary.newest_root}" if summary.sealed_days else "")
    ]
    if summary.unsealed_days:
        lines.append(f"not sealed yet: {', '.join(summary.unsealed_days[-7:])}")
    if summary.waiting:
        lines.append(f"not archived yet, written just now: {summary.waiting}")
    if first_broken:
        lines.append(f"first broken link: archive sequence {first_broken}")
    lines.append(
        f"{findings} things are wrong" if findings else "the archive is intact, and the store agrees with it"
    )
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Verify and print. The exit code is told at the top of this module."""
    parser = argparse.ArgumentParser(prog="local.verify_archive", description="Verify the archive.")
    parser.add_argument("--grace-seconds", type=int, default=GRACE_SECONDS)
    options = parser.parse_args(arguments)
    summary = Summary()
    count, broken = 0, set[int]()
    try:
        for finding in verify(places_of(os.environ), datetime.now(UTC), summary, options.grace_seconds):
            print(finding, flush=True)
            count += 1
            broken |= {finding.sequence} - {0}
    except (NothingRuns, BotoCoreError, ClientError) as error:
        print(f"nothing was verified: {error}", file=sys.stderr)
        return 2
    print("\n".join(told(summary, count, min(broken, default=0))))
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
