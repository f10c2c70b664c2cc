"""Read the archive: every record in its order, and whatever is wrong with the archive itself.

Nothing that the system derived is trusted, neither the index nor the head: the objects
are read in the order of their keys, all their versions are looked at, and each link and
seal is checked (domain/archive_check.py). It can be read on from where it ended, when
more has been archived meanwhile.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.archive import RECORDS, ROOTS, Link
from chalicelib.domain.archive_check import ArchiveCheck, Finding
from chalicelib.usecases.archive_records import unpacked
from chalicelib.usecases.ports import VersionedObjects

Take = Callable[[Link], Iterator[Finding] | None]


@dataclass
class ReadArchive:
    """One reading. `check` knows how far it came; `object_count` counts what could be read."""

    objects: VersionedObjects
    check: ArchiveCheck = field(default_factory=lambda: ArchiveCheck({}))
    object_count: int = 0
    newest_key: str = ""
    is_whole: bool = True

    def seals(self) -> Iterator[Finding]:
        """Read the roots of the finished days; first of all."""
        seals: dict[str, dict[str, Any]] = {}
        for key, is_there, alteration in self.objects.versions(ROOTS):
            day = key.removeprefix(ROOTS).removesuffix(".json")
            if alteration:
                yield Finding(f"root {day}", alteration)
            if not is_there:
                continue
            try:
                seals[day] = dict(json.loads(self.objects.get(key) or b""))
            except (ValueError, TypeError):
                yield Finding(f"root {day}", "cannot be read")
        self.check.seals = seals

    def records(self, take: Take, is_over: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        """Hand every record behind the newest known object to `take`, with what is wrong on the way.

        `is_over`: asked before each object; when it says so the reading ends, and is not whole.
        """
        for key, is_there, alteration in self.objects.versions(RECORDS):
            if key <= self.newest_key:
                continue
            if is_over():
                self.is_whole = False
                return
            yield from self._found(key, is_there, alteration, take)
            self.newest_key = key

    def _found(self, key: str, is_there: bool, alteration: str, take: Take) -> Iterator[Finding]:
        if alteration:
            yield Finding(f"archive object {key}", alteration)
        if is_there:
            self.object_count += 1
            yield from self._object(key, take)

    def _object(self, key: str, take: Take) -> Iterator[Finding]:
        try:
            links = unpacked(self.objects.get(key) or b"")
        except (OSError, EOFError, ValueError, zlib.error):
            yield Finding(f"archive object {key}", "cannot be read as records", self.check.sequence + 1)
            return
        for link in links:
            yield from self.check.take(key, link)
            yield from take(link) or ()
