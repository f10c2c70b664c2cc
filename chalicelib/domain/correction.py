"""Corrections: what was kept about somebody, what stands there instead, and who may read either?

    people   pk cus_…   sk corrected#<ms>#<entry>   sealed: field, salt, before, after

The record and the line of the history (person_history.py) say of either text a salted hash: it proves
the text to whoever has the salt, and tells nothing. Salt and texts stand here alone, sealed, and go
with the person: what the archive holds is a hash of nothing then.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import NewDocument
from chalicelib.domain.person_history import told
from chalicelib.domain.record import Plain, Record, canonical

TABLE = "people"
PREFIX = "corrected#"


class Correction(NamedTuple):
    """One field. `before`: "" where there was nothing."""

    field: str
    before: str
    after: str
    salt: str

    def about(self, person_id: str) -> dict[str, Plain]:
        """What the record says: whose field, and of both texts what proves them."""
        before: dict[str, Plain] = {self.field: proof_of(self.before, self.salt)} if self.before else {}
        return told(person_id, before, {self.field: proof_of(self.after, self.salt)})

    def plain(self) -> str:
        """What is sealed."""
        return canonical(self._asdict()).decode()


class Corrected(NamedTuple):
    """A correction with when it was made, and its record."""

    correction: Correction
    at: datetime
    record_id: str


def proof_of(text: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}|{text}".encode()).hexdigest()[:32]


def sort_key(record: Record) -> str:
    return f"{PREFIX}{to_ms(record.at):013d}#{record.entry_id}"


def context_of(person_id: str, sk: str) -> str:
    """What the sealed texts are bound to."""
    return f"{person_id}|{sk}"


def new_row(record: Record, sealed: str) -> NewDocument:
    return NewDocument(TABLE, record.partition, sort_key(record), {"sealed": sealed})


def corrected_from(item: Mapping[str, Any], opened: str) -> Corrected:
    """What a row shows whose text was opened."""
    _, at_ms, entry_id = item["sk"].split("#")
    return Corrected(Correction(**json.loads(opened)), from_ms(int(at_ms)), f"{item['pk']}/{entry_id}")
