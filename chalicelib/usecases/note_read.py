"""Note a read: who saw whose data is written before it is shown, or it is not shown."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain import read_audit
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.read_audit import BULK_TERM, TABLE, Read
from chalicelib.usecases.ports import Documents


@dataclass(frozen=True, slots=True)
class NoteRead:
    documents: Documents
    random_text: Callable[[], str]

    def __call__(self, read: Read) -> int:
        """Written; how many different people this reader has seen within ten minutes, these among them.

        One write. The count is one query of the reader's own rows: whoever turns a day's corner in between is
        counted anew.

        Raises: Unavailable.
        """
        key = read_audit.key_of(read, self.random_text())
        self.documents.put(TABLE, *key, read_audit.values_of(read))
        since = read.at - BULK_TERM
        rows = self.documents.query(
            TABLE, key[0], f"{read.reader}#", after=f"{read.reader}#{to_ms(since):013d}", consistent=True
        )
        return read_audit.subject_count(map(read_audit.read_of, rows), since)
