"""Follow the archive: which records came into it since, in its own order, each once?

A reader of the archive cannot miss a record that is in it, however late it came: the
archive numbers records as they come. It reads what another reader of the journal's
stream wrote, and nothing of the order's stream.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.archive import RECORDS, Link
from chalicelib.domain.reconciling import Mark, hours_to_read
from chalicelib.usecases.archive_records import unpacked
from chalicelib.usecases.ports import ArchiveIndex, Objects


@dataclass(frozen=True)
class FollowArchive:
    index: ArchiveIndex
    objects: Objects

    def __call__(self, mark: Mark) -> Iterator[tuple[Mark, list[Link]]]:
        """The links behind the mark, an object at a time, each with the mark after it."""
        head = self.index.head()
        for hour in hours_to_read(mark, head):
            for key in sorted(self.objects.list(f"{RECORDS}{hour}/")):
                if key < mark.object_key:
                    continue
                links = [link for link in self._links(key) if mark.sequence < link.sequence <= head.sequence]
                if links:
                    yield Mark(links[-1].sequence, key), links

    def _links(self, key: str) -> list[Link]:
        packed_lines = self.objects.get(key)
        return unpacked(packed_lines) if packed_lines else []
