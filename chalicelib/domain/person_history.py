"""The history of a person: what was changed about them, from what to what, from when on, by whom, and why?

    people   pk <person>             sk history#<ms>#<entry>   one change, as its record tells it
             pk office#<YYYY-MM>     sk <ms>#<entry>           the same line, of the people of the office

A line is written with the change and its record, in one transaction, and never again. A record of a
change says in `about` whose it is (`person`), and the fields that changed, `before` and `after`,
without personal data: of a password that there is another one, of a name that it is confirmed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from chalicelib.domain.business_time import SHANGHAI, from_ms, to_ms
from chalicelib.domain.change import NewDocument
from chalicelib.domain.record import Plain, Record

TABLE = "people"
PREFIX = "history#"
NEITHER = object()


@dataclass(frozen=True, slots=True)
class Changed:
    """One line. `effective_at`: from when on `after` holds; `record_id` is its proof in the archive."""

    position: str
    person_id: str
    action: str
    actor: str
    at: datetime
    effective_at: datetime
    before: Mapping[str, Plain]
    after: Mapping[str, Plain]
    subject: str
    reason: str
    record_id: str


def told(
    person_id: str,
    before: Mapping[str, Plain],
    after: Mapping[str, Plain],
    subject: str = "",
    effective_at: datetime | None = None,
) -> dict[str, Plain]:
    """What a record says `about` a change: the fields that are not what they were. `subject`: a grant."""
    names = sorted(before.keys() | after.keys())
    changed = [name for name in names if before.get(name, NEITHER) != after.get(name, NEITHER)]
    about: dict[str, Plain] = {
        "person": person_id,
        "before": {name: before[name] for name in changed if name in before},
        "after": {name: after[name] for name in changed if name in after},
    }
    if subject:
        about["subject"] = subject
    if effective_at is not None:
        about["effective_at"] = to_ms(effective_at)
    return about


def month_key(moment: datetime) -> str:
    """The partition of the office's lines of a month, by business date."""
    return office_key(moment.astimezone(SHANGHAI).strftime("%Y-%m"))


def office_key(month: str) -> str:
    return f"office#{month}"


def line_of(record: Record) -> NewDocument:
    """The line of a record that `told` wrote."""
    return NewDocument(TABLE, str(record.about["person"]), f"{PREFIX}{_moment(record)}", _values(record))


def office_line_of(record: Record) -> NewDocument:
    """The same line, where those of the whole office stand together."""
    return NewDocument(TABLE, month_key(record.at), _moment(record), _values(record))


def changes_of(items: Iterable[Mapping[str, Any]]) -> list[Changed]:
    """The lines that items show."""
    return [
        Changed(
            position=item["sk"],
            person_id=item["person"],
            action=item["action"],
            actor=item["actor"],
            at=from_ms(item["at"]),
            effective_at=from_ms(item["effective_at"]),
            before=item["before"],
            after=item["after"],
            subject=item["subject"],
            reason=item["reason"],
            record_id=item["record"],
        )
        for item in items
    ]


def _moment(record: Record) -> str:
    return f"{to_ms(record.at):013d}#{record.entry_id}"


def _values(record: Record) -> dict[str, Any]:
    return {
        "person": record.about["person"],
        "action": record.action,
        "actor": record.actor,
        "at": to_ms(record.at),
        "effective_at": cast(int, record.about.get("effective_at", to_ms(record.at))),
        "before": record.about["before"],
        "after": record.about["after"],
        "subject": record.about.get("subject", ""),
        "reason": record.reason,
        "record": record.record_id,
    }
