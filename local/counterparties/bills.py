"""The channel's bills: which file does the merchant get in the morning, and what can be wrong with it?

The file of a business day (Asia/Shanghai) is ready at nine the next morning: every
payment and refund in order of time, a fee of 60 basis points on payments that refunds
do not bring back, control totals, and what was settled to the merchant's bank. It tells
times of Shanghai without an offset. Faults, by `POST /control/bills`:

    early         the file of this day is ready now, also while the day is not over
    late          the file is not there, until the scripts are forgotten
    missing_line  `reference` is left out
    next_day      `reference` is left out, and listed on the day after
    extra_line    a payment of `amount_fen` for `reference` that nobody made
    other_amount  `reference` is listed with `amount_fen` (negative for a refund)
    other_state   `reference` is listed as FAILED
    wrong_totals  the control totals are a fen too high

`kind` (PAYMENT, unless told otherwise) says which line of the reference is meant. Totals
and settlement are those of what the file lists: a wrong file is wrong in itself only by
wrong_totals.
"""

import csv
import io
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from local.counterparties import operations
from local.counterparties.answers import Refused, text_of
from local.counterparties.storage import Storage, now_ms

BUSINESS_ZONE = timezone(timedelta(hours=8))
READY_AFTER = timedelta(hours=9)
FEE_BPS = 60
FAULTS = "early late missing_line next_day extra_line other_amount other_state wrong_totals".split()


@dataclass(frozen=True)
class Line:
    at_ms: int
    kind: str
    reference: str
    operation_id: str
    amount_fen: int
    state: str = "SUCCEEDED"

    @property
    def fee_fen(self) -> int:
        """Rounded half up; the channel keeps it when the payment is given back."""
        return (self.amount_fen * FEE_BPS + 5_000) // 10_000 if self.kind == "PAYMENT" else 0

    @property
    def local_time(self) -> str:
        local = datetime.fromtimestamp(self.at_ms / 1000, UTC).astimezone(BUSINESS_ZONE)
        return local.replace(tzinfo=None).isoformat(" ", timespec="milliseconds")


def add_fault(storage: Storage, day: date, document: Mapping[str, Any]) -> None:
    """Remember what is to be wrong with the file of a day. Raises: Refused."""
    fault, kind = text_of(document, "fault"), text_of(document, "kind", "PAYMENT")
    amount_fen = document.get("amount_fen", 0)
    if fault not in FAULTS or kind not in ("PAYMENT", "REFUND") or type(amount_fen) is not int:
        raise Refused(400, "FAULT_INVALID")
    values = (day.isoformat(), fault, text_of(document, "reference", ""), kind, amount_fen)
    with storage.transaction() as connection:
        connection.execute("INSERT INTO bill_faults VALUES (NULL, ?, ?, ?, ?, ?)", values)


def bill(storage: Storage, day: date) -> str:
    """The file of a day. Raises: Refused 404 while it is not there."""
    faults = _faults(storage, day)
    named = {fault["fault"] for fault in faults}
    ready_at = datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE) + timedelta(days=1) + READY_AFTER
    is_ready = "early" in named or now_ms() >= ready_at.timestamp() * 1000
    if "late" in named or not is_ready:
        raise Refused(404, "BILL_NOT_READY")
    lines = _with_faults(movements_of(storage, day), faults)
    lines += _left_to(storage, day)
    return _written(lines, off_by=1 if "wrong_totals" in named else 0)


def movements(storage: Storage, day: date) -> str:
    """Every payment and refund of a day so far, in order of time."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(("at", "kind", "reference", "id", "amount_fen"))
    for line in movements_of(storage, day):
        at = datetime.fromtimestamp(line.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        table.writerow((at, line.kind, line.reference, line.operation_id, line.amount_fen))
    return written.getvalue()


def movements_of(storage: Storage, day: date) -> list[Line]:
    """The money that moved on a day, in order of time; what was given back is negative."""
    start = datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE)
    first, last = (int(moment.timestamp() * 1000) for moment in (start, start + timedelta(days=1)))
    lines = [
        Line(paid["settled_at"], "PAYMENT", paid["reference"], paid["payment_id"], paid["amount_fen"])
        for paid in storage.rows(
            "SELECT * FROM payments WHERE state = 'SUCCEEDED' AND settled_at >= ? AND settled_at < ?",
            first,
            last,
        )
    ]
    lines += [
        Line(
            operations.settled_at(back), "REFUND", back["subject"], back["operation_id"], -back["amount_fen"]
        )
        for back in storage.rows("SELECT * FROM operations WHERE party = 'refund'")
        if operations.current_state(back) == "SUCCEEDED" and first <= operations.settled_at(back) < last
    ]
    return sorted(lines, key=lambda line: (line.at_ms, line.kind, line.operation_id))


def _faults(storage: Storage, day: date) -> list[sqlite3.Row]:
    return storage.rows("SELECT * FROM bill_faults WHERE day = ? ORDER BY id", day.isoformat())


def _left_to(storage: Storage, day: date) -> list[Line]:
    """The lines that the day before left to this day."""
    before = day - timedelta(days=1)
    wanted = {
        (fault["kind"], fault["reference"])
        for fault in _faults(storage, before)
        if fault["fault"] == "next_day"
    }
    return [line for line in movements_of(storage, before) if (line.kind, line.reference) in wanted]


def _with_faults(lines: list[Line], faults: Iterable[sqlite3.Row]) -> list[Line]:
    for fault in faults:
        meant = (fault["kind"], fault["reference"])
        if fault["fault"] in ("missing_line", "next_day"):
            lines = [line for line in lines if (line.kind, line.reference) != meant]
        elif fault["fault"] in ("other_amount", "other_state"):
            lines = [
                _changed(line, fault) if (line.kind, line.reference) == meant else line for line in lines
            ]
        elif fault["fault"] == "extra_line":
            name = f"PYextra{fault['id']}"
            lines = [*lines, Line(now_ms(), "PAYMENT", fault["reference"], name, fault["amount_fen"])]
    return lines


def _changed(line: Line, fault: sqlite3.Row) -> Line:
    if fault["fault"] == "other_state":
        return replace(line, state="FAILED")
    return replace(line, amount_fen=fault["amount_fen"])


def _written(lines: Iterable[Line], off_by: int) -> str:
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(("at", "kind", "reference", "id", "amount_fen", "fee_fen", "state"))
    settled_fen = 0
    sums = {"PAYMENT": [0, off_by, 0], "REFUND": [0, 0, 0]}
    for line in lines:
        told = (line.kind, line.reference, line.operation_id, line.amount_fen, line.fee_fen, line.state)
        table.writerow((line.local_time, *told))
        if line.state == "SUCCEEDED":
            settled_fen += line.amount_fen - line.fee_fen
            sums[line.kind] = [
                known + more
                for known, more in zip(sums[line.kind], (1, line.amount_fen, line.fee_fen), strict=True)
            ]
    for kind, (count, amount_fen, fee_fen) in sums.items():
        table.writerow(("", f"TOTAL_{kind}", "", count, amount_fen, fee_fen, ""))
    table.writerow(("", "SETTLED", "", "", settled_fen, "", ""))
    return written.getvalue()
