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
import gzip
import json
import os
import sqlite3
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.archive import RECORDS, ROOTS, Link, from_lines
from chalicelib.domain.archive_check import ArchiveCheck, Finding, Stored, added, compare, missing
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.record import digest_of
from local.state import ENVIRONMENT_NAME, directory_of

# A record is archived within seconds; until then it is no finding that it is not there yet.
GRACE_SECONDS = 60
NEEDED = ("BUCKET_ARCHIVE", "TABLE_JOURNAL", "TABLE_EDGES")


class NothingToVerify(Exception):
    """There is no system to look at; the text is one sentence for whoever started us."""


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
    seals: dict[str, dict[str, Any]] = {}
    yield from _seals(places, seals)
    check = ArchiveCheck(seals)
    for key, is_there, alteration in _versions(places, RECORDS):
        if alteration:
            yield Finding(f"archive object {key}", alteration)
        if not is_there:
            continue
        summary.objects += 1
        yield from _object(places, key, check, known)
    yield from check.end()
    summary.records = check.sequence
    summary.sealed_days, summary.unsealed_days = check.sealed_days, check.unsealed_days
    summary.newest_root = check.newest_root


def _object(places: Places, key: str, check: ArchiveCheck, known: Known) -> Iterator[Finding]:
    try:
        links = list(from_lines(gzip.decompress(_body(places, key))))
    except (OSError, EOFError, ValueError, zlib.error):
        yield Finding(f"archive object {key}", "cannot be read as records", check.sequence + 1)
        return
    for link in links:
        yield from check.take(key, link)
        if not known.add(link):
            yield Finding(
                f"archive sequence {link.sequence}", f"record {link.record_id} a second time", link.sequence
            )


def _seals(places: Places, seals: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for key, is_there, alteration in _versions(places, ROOTS):
        day = key.removeprefix(ROOTS).removesuffix(".json")
        if alteration:
            yield Finding(f"root {day}", alteration)
        if not is_there:
            continue
        try:
            seals[day] = dict(json.loads(_body(places, key)))
        except (ValueError, TypeError):
            yield Finding(f"root {day}", "cannot be read")


def _versions(places: Places, prefix: str) -> Iterator[tuple[str, bool, str]]:
    """Each key in order, whether it can still be read, and what was done to it since it was written."""
    for key, found in groupby(_entries(places, prefix), key=lambda entry: str(entry["Key"])):
        versions = list(found)
        newest = next((one for one in versions if one["IsLatest"]), versions[0])
        if "Size" not in newest:  # a delete marker
            yield key, False, "removed"
        else:
            yield key, True, "overwritten" if len(versions) > 1 else ""


def _entries(places: Places, prefix: str) -> Iterator[dict[str, Any]]:
    """Versions and delete markers in the order of their keys."""
    pages = places.s3.get_paginator("list_object_versions").paginate(Bucket=places.bucket, Prefix=prefix)
    for page in pages:
        both = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        yield from sorted(both, key=lambda entry: str(entry["Key"]))


def _body(places: Places, key: str) -> bytes:
    content: bytes = places.s3.get_object(Bucket=places.bucket, Key=key)["Body"].read()
    return content


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

    Raises: NothingToVerify.
    """
    if not all(environment.get(name) for name in NEEDED):
        environment = {**environment, **_local_run(directory_of(dict(environment)))}
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


def _local_run(directory: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((directory / ENVIRONMENT_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NothingToVerify(
            f"no run of Forecourt was found at {directory}: start it with `make run`"
        ) from None
    return found


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
    except (NothingToVerify, BotoCoreError, ClientError) as error:
        print(f"nothing was verified: {error}", file=sys.stderr)
        return 2
    print("\n".join(told(summary, count, min(broken, default=0))))
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
