"""The archive's index in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.archive import Head, Link
from chalicelib.domain.record import digest_of


@dataclass
class FakeArchiveIndex:
    """The port ArchiveIndex. `objects`: by key the second and digest of each of its records, by id."""

    current: Head = field(default_factory=Head)
    objects: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)

    def head(self) -> Head:
        return self.current

    def moved(self, head: Head, to: Head) -> Head | None:
        if head.version != self.current.version:
            return None
        self.current = replace(to, version=head.version + 1)
        return self.current

    def archived(self, at_ms: Mapping[str, int]) -> Mapping[str, str]:
        return {
            record_id: digest
            for rows in self.objects.values()
            for record_id, (second, digest) in rows.items()
            if record_id in at_ms and at_ms[record_id] // 1_000 == second
        }

    def add(self, object_key: str, links: Sequence[Link]) -> None:
        self.objects[object_key] = {
            link.record_id: (link.body["at"] // 1_000, digest_of(link.body)) for link in links
        }
