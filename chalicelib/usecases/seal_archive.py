"""Seal the archive: which root stands for each finished day?

A day is closed in the head first: from then on no object of it can be opened.
While one is open the day waits, for whoever opened it may still write. Then its
objects are read in order, every link is checked, and the root is put under its
own key, only if that is free. Doing all of it again changes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain.archive import (
    BEGINNING,
    DayRoot,
    Head,
    OpenDay,
    link_hash,
    records_prefix,
    root_from,
    root_key,
)
from chalicelib.domain.business_time import business_date
from chalicelib.domain.record import canonical, digest_of
from chalicelib.usecases.archive_records import unpacked
from chalicelib.usecases.ports import ArchiveIndex, Objects


class ArchiveBroken(Exception):
    """What is in the bucket is no continuous archive: somebody must look at it; nothing is sealed over it."""


@dataclass(frozen=True)
class SealArchive:
    index: ArchiveIndex
    objects: Objects

    def __call__(self, now: datetime) -> list[DayRoot]:
        """Seal every business day that is over, oldest first; the new roots.

        A day on which another writer was faster is left to the next run.
        Raises: ArchiveBroken.
        """
        roots: list[DayRoot] = []
        while True:
            head = self.index.head()
            day = head.next_day_to_seal()
            if day is None or day >= business_date(now):
                return roots
            closed = self._closed(head, day)
            if closed is None:
                return roots
            root = self._put(day, self._root(closed, day))
            if self.index.moved(closed, closed.sealed(root)) is None:
                return roots
            roots.append(root)

    def _closed(self, head: Head, day: date) -> Head | None:
        """The head after the day is closed, None while something of it is open."""
        if head.is_open_in(day):
            return None
        if head.closed_day >= day.isoformat():
            return head
        return self.index.moved(head, head.closed(day))

    def _root(self, head: Head, day: date) -> DayRoot:
        open_day = OpenDay(day.isoformat(), BEGINNING, 1, BEGINNING)
        if head.sealed_day:
            before = self._sealed(day - timedelta(days=1))
            if before.digest != head.sealed_digest:
                raise ArchiveBroken(f"the root of {before.day} is not the one that was written")
            open_day = OpenDay(day.isoformat(), before.digest, before.last_sequence + 1, before.last_hash)
        for key in sorted(self.objects.list(records_prefix(day))):
            open_day = self._grown(open_day, key)
        return open_day.root()

    def _grown(self, open_day: OpenDay, key: str) -> OpenDay:
        lines = self.objects.get(key)
        for link in unpacked(lines) if lines else []:
            follows = link.sequence == open_day.last_sequence + 1 and link.previous == open_day.last_hash
            if not follows or link.hash != link_hash(link.previous, digest_of(link.body)):
                raise ArchiveBroken(f"sequence {link.sequence} in {key}")
            open_day = open_day.grown(link)
        return open_day

    def _sealed(self, day: date) -> DayRoot:
        document = self.objects.get(root_key(day))
        if document is None:
            raise ArchiveBroken(f"{root_key(day)} is gone")
        return root_from(document)

    def _put(self, day: date, root: DayRoot) -> DayRoot:
        if not self.objects.put_new(root_key(day), canonical(root.document()), "application/json"):
            there = self._sealed(day)
            if there != root:
                raise ArchiveBroken(f"{root_key(day)} is another root than that of its records")
        return root
