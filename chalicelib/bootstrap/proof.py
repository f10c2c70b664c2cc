"""Proof: the archive and its seals."""

import secrets
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import dynamo, sleep_ms
from chalicelib.bootstrap.outside import archive_objects

if TYPE_CHECKING:
    from chalicelib.store.archive_index import DynamoArchiveIndex
    from chalicelib.usecases.archive_records import ArchiveRecords
    from chalicelib.usecases.seal_archive import SealArchive


@cache
def archive_index() -> "DynamoArchiveIndex":
    from chalicelib.store.archive_index import DynamoArchiveIndex

    return DynamoArchiveIndex(dynamo())


@cache
def archive_records() -> "ArchiveRecords":
    from chalicelib.usecases.archive_records import ArchiveRecords

    return ArchiveRecords(
        archive_index(), archive_objects(), lambda most: sleep_ms(secrets.randbelow(most + 1))
    )


@cache
def seal_archive() -> "SealArchive":
    from chalicelib.usecases.seal_archive import SealArchive

    return SealArchive(archive_index(), archive_objects())
