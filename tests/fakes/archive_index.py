"""The archive's index in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.archive import Head, Link
from chalicelib.domain.record import digest_of


@dataclass
class FakeArchiveIndex:
    """The port ArchiveIndex, with what was written open to see."""

    current: Head = field(default_factory=Head)
    rows: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def head(self) -> Head:
        return self.current

    def moved(self, head: Head, to: Head) -> Head | None:
        if head.version != self.current.version:
            return None
        self.current = replace(to, version=head.version + 1)
        return self.current

    def archived(self, record_ids: Iterable[str]) -> Mapping[str, str]:
        return {record_id: self.rows[record_id][1] for record_id in record_ids if record_id in self.rows}

    def add(self, object_key: str, links: Sequence[Link]) -> None:
        for link in links:
            self.rows[link.record_id] = (link.sequence, digest_of(link.body), object_key)
