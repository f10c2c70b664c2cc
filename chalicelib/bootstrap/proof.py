"""Proof: the archive and its seals."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents, dynamo, elapsed_ms, random_below, sleep_ms
from chalicelib.bootstrap.outside import archive_objects
from chalicelib.bootstrap.part import part

if TYPE_CHECKING:
    from chalicelib.store.archive_index import DynamoArchiveIndex
    from chalicelib.usecases.archive_records import ArchiveRecords
    from chalicelib.usecases.seal_archive import SealArchive
    from chalicelib.usecases.verify_archive import AskVerification, VerifyArchive


@part
def archive_index() -> "DynamoArchiveIndex":
    from chalicelib.store.archive_index import DynamoArchiveIndex

    return DynamoArchiveIndex(dynamo())


@part
def archive_records() -> "ArchiveRecords":
    from chalicelib.usecases.archive_records import ArchiveRecords

    return ArchiveRecords(archive_index(), archive_objects(), lambda most: sleep_ms(random_below(most + 1)))


@part
def seal_archive() -> "SealArchive":
    from chalicelib.usecases.seal_archive import SealArchive

    return SealArchive(archive_index(), archive_objects())


@part
def ask_verification() -> "AskVerification":
    from chalicelib.usecases.verify_archive import AskVerification

    return AskVerification(books(), documents())


@part
def verify_archive() -> "VerifyArchive":
    from chalicelib.usecases.verify_archive import VerifyArchive

    return VerifyArchive(books(), documents(), archive_objects(), ask_verification(), elapsed_ms)
