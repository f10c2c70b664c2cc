"""List findings: which of a kind are there, and which of them wait for a person?"""

from dataclasses import dataclass

from chalicelib.domain.finding import TABLE, Finding, FindingState, Kind, finding_of, partition_of
from chalicelib.usecases.ports import Documents

READ_AT_ONCE = 100


@dataclass(frozen=True)
class ListFindings:
    documents: Documents

    def __call__(self, kind: Kind, state: FindingState | None, after: str, limit: int) -> list[Finding]:
        """The next findings of this kind and state, by what they are about; fewer only at the end."""
        found: list[Finding] = []
        at_once = READ_AT_ONCE if state else limit
        while len(found) < limit:
            items = self.documents.query(TABLE, partition_of(kind), after=after, limit=at_once)
            found += [one for one in map(finding_of, items) if state in (None, one.state)]
            if len(items) < at_once:
                break
            after = items[-1]["sk"]
        return found[:limit]
