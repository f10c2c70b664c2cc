"""Note a finding: what is wrong stands where the office sees it, once, with how often it was seen.

What the office has closed is open again if what it said does not hold any more.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import finding as layout
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.finding import Finding, Kind
from chalicelib.usecases.ports import Documents

TRIES_MAX = 4


@dataclass(frozen=True)
class NoteFinding:
    documents: Documents

    def __call__(self, kind: Kind, about: str, detail: str, now: datetime) -> Finding:
        """The finding as it stands now. Raises: Unavailable."""
        key = (layout.TABLE, layout.partition_of(kind), about)
        if self.documents.put_new(*key, layout.first_values(detail, now)):
            return Finding(kind, about, detail, now, now)
        for _ in range(TRIES_MAX):
            known = self.documents.get(*key, consistent=True)
            assert known is not None, "a finding stays"
            item = self.documents.change(layout.seen_again(known, detail, now))
            if item is not None:
                return layout.finding_of(item)
        raise Unavailable()
