"""The sandbox channel's bill: how is its file of a day read?

CSV in UTF-8, times of Asia/Shanghai without an offset, as the big channels write them:

    at,kind,reference,id,amount_fen,fee_fen,state
    2026-11-22 09:30:00.125,PAYMENT,ord_…,PY…,10000,60,SUCCEEDED
    2026-11-22 10:00:00.000,REFUND,ord_…,rfd_…,-1000,0,SUCCEEDED
    ,TOTAL_PAYMENT,,1,10000,60,
    ,TOTAL_REFUND,,1,-1000,0,
    ,SETTLED,,,8940,,
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from chalicelib.domain.business_time import SHANGHAI
from chalicelib.domain.channel_bill import Bill, BillLine, BillMalformed, Kind, Total, checked

COLUMNS = ["at", "kind", "reference", "id", "amount_fen", "fee_fen", "state"]
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})")

Row = Mapping[str, str]


def read_bill(day: str, raw: bytes) -> Bill:
    """The bill in a file of the day YYYYMMDD. Raises: BillMalformed."""
    try:
        table = csv.DictReader(io.StringIO(raw.decode(), newline=""), strict=True)
        if table.fieldnames != COLUMNS:
            raise BillMalformed(f"the columns are {table.fieldnames}")
        rows = list(table)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BillMalformed(f"it is no CSV: {error}") from None
    if any(None in row or None in row.values() for row in rows):
        raise BillMalformed("a row has too many columns, or too few")
    return checked(_bill(day, rows))


def _bill(day: str, rows: Iterable[Row]) -> Bill:
    lines: list[BillLine] = []
    totals: dict[str, Total] = {}
    settled_fen: int | None = None
    for row in rows:
        if row["kind"] in tuple(Kind):
            lines.append(_line(row))
        elif row["kind"] == "SETTLED":
            settled_fen = _whole(row["amount_fen"])
        else:
            total = Total(_whole(row["id"]), _whole(row["amount_fen"]), _whole(row["fee_fen"]))
            totals[row["kind"]] = total
    if set(totals) != {"TOTAL_PAYMENT", "TOTAL_REFUND"}:
        raise BillMalformed(f"the totals are {sorted(totals)}: the file was cut off, or has unknown lines")
    return Bill(day, tuple(lines), totals["TOTAL_PAYMENT"], totals["TOTAL_REFUND"], settled_fen)


def _line(row: Row) -> BillLine:
    if not row["reference"] or not row["id"] or not row["state"]:
        raise BillMalformed(f"a {row['kind']} without reference, id or state")
    amounts = _whole(row["amount_fen"]), _whole(row["fee_fen"])
    return BillLine(
        Kind(row["kind"]), row["reference"], row["id"], *amounts, _moment(row["at"]), row["state"]
    )


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise BillMalformed(f"{text[:40]!r} is no whole number")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise BillMalformed(f"{text[:40]!r} is no time") from None
    if told.tzinfo is not None:
        raise BillMalformed(f"{text[:40]!r} has an offset of its own")
    return told.replace(tzinfo=SHANGHAI).astimezone(UTC)
