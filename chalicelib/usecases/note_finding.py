"""Note a finding: what is wrong stands where the office sees it, once, with how often it was seen."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import finding as layout
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.finding import Finding, Kind
from chalicelib.usecases.ports import Documents


@dataclass(frozen=True)
class NoteFinding:
    documents: Documents

    def __call__(self, kind: Kind, about: str, detail: str, now: datetime) -> Finding:
        """The finding as it stands now."""
        key = (layout.TABLE, layout.partition_of(kind), about)
        if self.documents.put_new(*key, layout.first_values(detail, now)):
            return Finding(kind, about, detail, now, now)
        again = DocumentChange(*key, layout.seen_values(detail, now), {}, add={"times": 1})
        item = self.documents.change(again)
        assert item is not None, "a change without a condition is always made"
        return layout.finding_of(item)
