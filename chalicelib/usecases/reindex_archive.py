"""Reindex the archive: index and head anew from what lies in the bucket.

A table that was restored to an earlier moment has an index and a head of that moment,
while the archive went on: the next batch would be chained to a link that is no longer
the last, and what was archived since would be archived once more. Nobody may archive
meanwhile. The whole archive is checked first; over a broken one nothing is written.
Doing it again changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.domain.archive import RECORDS, Head, Link, day_of
from chalicelib.domain.archive_check import Finding
from chalicelib.domain.record import digest_of
from chalicelib.usecases.archive_records import unpacked
from chalicelib.usecases.ports import ArchiveIndex, VersionedObjects
from chalicelib.usecases.read_archive import ReadArchive


@dataclass
class Reindexed:
    """What one run saw. `is_done`: index and head are what the archive says, by this run or before it."""

    records: int = 0
    objects: int = 0
    head_before: int = 0
    findings: list[str] = field(default_factory=list)
    is_done: bool = False


@dataclass(frozen=True)
class ReindexArchive:
    index: ArchiveIndex
    objects: VersionedObjects

    def __call__(self, is_dry: bool = True) -> Reindexed:
        """Check the archive; unless it is a dry run, write the index of every object and then the head."""
        head = self.index.head()
        reading = ReadArchive(self.objects)
        found = [*reading.seals(), *reading.records(_nothing), *reading.check.end()]
        archive = reading.check
        if archive.sequence < head.sequence:
            lost = f"missing: the head is at {head.sequence}"
            found.append(Finding(f"archive sequence {archive.sequence + 1}", lost))
        result = Reindexed(archive.sequence, reading.object_count, head.sequence, [str(one) for one in found])
        if found or is_dry:
            return result
        keys = [key for key, is_there, _ in self.objects.versions(RECORDS) if is_there]
        for key in keys:
            self.index.add(key, unpacked(self.objects.get(key) or b""))
        result.is_done = self._moved(head, _head_after(head, reading, keys))
        return result

    def _moved(self, head: Head, to: Head) -> bool:
        return to == head or self.index.moved(head, to) is not None


def _nothing(link: Link) -> Iterator[Finding] | None:
    return None


def _head_after(head: Head, reading: ReadArchive, keys: list[str]) -> Head:
    """The head that fits to a sound archive. A key that is open at its very end stays open."""
    archive = reading.check
    if archive.sequence > head.sequence:
        head = replace(head, sequence=archive.sequence, hash=archive.hash, object_key=keys[-1], open_key="")
    if keys:
        head = replace(head, first_day=day_of(keys[0]).isoformat())
    sealed_day = max(archive.seals, default="")
    if sealed_day > head.sealed_day:
        head = replace(head, sealed_day=sealed_day, sealed_digest=digest_of(archive.seals[sealed_day]))
    return replace(head, closed_day=max(head.closed_day, sealed_day))
