"""The archive's index in the table `views`: where the chain ends, and which records are in it.

pk = archive             sk = head        the end of the chain, guarded by its version
pk = archived#<record partition>  sk = <entry id>  the place of one record in the archive
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice

from chalicelib.domain.archive import Head, Link
from chalicelib.domain.record import digest_of
from chalicelib.store.dynamo import BATCH_GET_MAX, Dynamo, Key, path, value

TABLE = "views"
HEAD_KEY = ("archive", "head")
_KEY_NAMES = ("pk", "sk")


@dataclass(frozen=True, slots=True)
class DynamoArchiveIndex:
    """The port ArchiveIndex."""

    dynamo: Dynamo

    def head(self) -> Head:
        item = self.dynamo.get(TABLE, HEAD_KEY, consistent=True) or {}
        return Head(**{name: content for name, content in item.items() if name not in _KEY_NAMES})

    def moved(self, head: Head, to: Head) -> Head | None:
        """The first head has version 1; a head that was never written is the empty one."""
        moved = replace(to, version=head.version + 1)
        unmoved = path("version") == value(head.version) if head.version else path("pk").does_not_exist()
        return moved if self.dynamo.put(TABLE, HEAD_KEY, asdict(moved), unmoved) else None

    def archived(self, record_ids: Iterable[str]) -> Mapping[str, str]:
        keys = {_key(record_id): record_id for record_id in record_ids}
        waiting = iter(keys)
        found: dict[str, str] = {}
        while chunk := list(islice(waiting, BATCH_GET_MAX)):
            rows = self.dynamo.get_many(TABLE, chunk, consistent=True)
            found |= {keys[key]: row["digest"] for key, row in rows.items()}
        return found

    def add(self, object_key: str, links: Sequence[Link]) -> None:
        self.dynamo.put_many(
            TABLE,
            [
                (
                    _key(link.record_id),
                    {"sequence": link.sequence, "digest": digest_of(link.body), "object_key": object_key},
                )
                for link in links
            ],
        )


def _key(record_id: str) -> Key:
    partition, _, entry_id = record_id.partition("/")
    return f"archived#{partition}", entry_id
