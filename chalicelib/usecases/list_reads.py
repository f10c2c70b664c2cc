"""List reads: what did somebody of the office see on a day, and who saw somebody's data?"""

from dataclasses import dataclass
from datetime import date

from chalicelib.domain import read_audit
from chalicelib.domain.read_audit import TABLE, Read
from chalicelib.usecases.ports import Documents

READ_AT_ONCE = 500


@dataclass(frozen=True)
class ListReads:
    documents: Documents

    def by(self, reader: str, day: date, after: str, limit: int) -> list[tuple[str, Read]]:
        """The next looks of one reader, each behind its position."""
        rows = self.documents.query(TABLE, read_audit.partition_of_day(day), f"{reader}#", after, limit)
        return [(row["sk"], read_audit.read_of(row)) for row in rows]

    def of(self, person_id: str, day: date, after: str, limit: int) -> list[tuple[str, Read]]:
        """The next looks at one person; fewer only at the end. Goes through the rows of the day."""
        subject, partition = read_audit.subject_of(person_id), read_audit.partition_of_day(day)
        found: list[tuple[str, Read]] = []
        while len(found) < limit:
            rows = self.documents.query(TABLE, partition, after=after, limit=READ_AT_ONCE)
            reads = [(row["sk"], read_audit.read_of(row)) for row in rows]
            found += [(position, read) for position, read in reads if subject in read.subjects]
            if len(rows) < READ_AT_ONCE:
                break
            after = rows[-1]["sk"]
        return found[:limit]
