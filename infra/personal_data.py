"""Personal data: which fields hold any, why, for how long, behind what? The page, made from the inventory.

python -m infra.personal_data        (make personal-data)

The inventory is `docs/personal-data.toml`. A field is written as

    api.phone  api.SetPayee.name     a field of bodies, paths, queries and answers; of one model alone
    people.phone_sealed              an attribute of a table; deeper ones by further dots
    people.pk:phone  work.sk:device  a key that begins so; `*` where it begins with a number or an id
    record.actor                     a part of a record: it goes into the archive, and can never be removed
    log.request_id                   a field of a log line

tests/handlers/test_inventory.py compares it with every model and with what a lively world writes.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent / "docs"
SOURCE = DOCS / "personal-data.toml"
PAGE = DOCS / "personal-data.md"

# How a field is protected, best first; `asked`: it comes in or goes out, and is not kept like that.
PROTECTIONS = ("asked", "sealed", "hashed", "masked", "plain")

HEAD = """\
# Personal data

Every field that holds any, why, for how long, behind what, and who sees it (个人信息保护法 art. 6, 19, 51,
55; PIPL below). Made by `make personal-data` from `docs/personal-data.toml`.
`tests/handlers/test_inventory.py` fails for a field of the API, of a table, of a record or of a log line
that is neither here nor declared free. Retention is the rule; what stands under a minute or a day forgets by
itself.

- **asked**: comes in, or goes out to whom it belongs; kept in another form, or not at all
- **sealed**: AES-256-GCM under a data key that KMS wraps; addresses AES-SIV (`chalicelib/gateways/keys.py`)
- **hashed**: a keyed hash, which finds and tells nothing; passwords argon2id
- **masked**: only its last digits, or its first three and last four
- **plain**: as it is, in tables that are encrypted at rest under a key of ours

`record.…` is archived for ten years and never changed: ids and amounts alone. A deletion request cuts the tie
between an id and a person, and leaves the record standing.
"""


@dataclass(frozen=True)
class Row:
    """One kind of personal data. `hidden`: what is asked stands in plain in no table and no log."""

    name: str
    purpose: str
    basis: str
    retention: str
    seen_by: str
    hidden: bool = False
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by protection


@dataclass(frozen=True)
class Inventory:
    rows: tuple[Row, ...]
    free: tuple[str, ...]  # fields that tell of nobody

    def personal(self) -> list[str]:
        """Every field with personal data, as often as it is named."""
        return [name for row in self.rows for names in row.fields.values() for name in names]

    def hidden(self) -> set[str]:
        """Fields of the API whose values must stand in plain nowhere."""
        return {name for row in self.rows if row.hidden for name in row.fields.get("asked", ())}


@cache
def inventory() -> Inventory:
    """What the file says."""
    told = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    free = tuple(f"{place}.{name}" for place, names in told["free"].items() for name in names)
    return Inventory(tuple(map(_row, told["row"])), free)


def _row(told: Mapping[str, Any]) -> Row:
    words = {name: value for name, value in told.items() if name not in PROTECTIONS}
    return Row(**words, fields={one: tuple(told[one]) for one in PROTECTIONS if one in told})


def page() -> str:
    """The text of the page."""
    return "\n".join([HEAD, *(line for row in inventory().rows for line in _section(row))])


def _section(row: Row) -> Iterator[str]:
    yield f"## {row.name}\n"
    yield f"- Purpose: {row.purpose}"
    yield f"- Basis: {row.basis}"
    yield f"- Retention: {row.retention}"
    yield f"- Seen by: {row.seen_by}"
    for protection, names in row.fields.items():
        yield f"- {protection}: {', '.join(f'`{name}`' for name in names)}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
