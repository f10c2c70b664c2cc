"""Keep the fold: who works on it now, and where does its progress lie while nobody does?

Progress is laid down in rows of a new generation, then the job's row moves to it under
the condition that nobody else did: a run that is cut off anywhere leaves the one before.
In the table `work`:

    pk fold        sk job        day, is_done, generation, parts, held_until, holder, totals, folded_at
    pk fold#<n>    sk <number>   a part of the progress, compressed
"""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import ledger_fold
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.ledger_fold import JOB, TABLE, Phase, Progress
from chalicelib.usecases.ports import Documents

PART_LENGTH = 300_000  # an item holds 400 KB
HELD_FOR = timedelta(minutes=16)  # a function has fifteen; whoever holds it longer is dead
PARTS_KEPT = timedelta(days=2)


@dataclass(frozen=True)
class KeepFold:
    """`new_token`: a name for one run, never used before."""

    documents: Documents
    new_token: Callable[[], str]

    def taken(self, now: datetime) -> tuple[Progress, dict[str, Any]] | None:
        """The progress to go on from, and the job's row; None when nothing is due or somebody is at it."""
        row = self.documents.get(TABLE, *JOB, consistent=True) or {}
        is_new = not row or (row["is_done"] and row["day"] < ledger_fold.fold_day(now))
        if row and not is_new and row["is_done"]:
            return None
        if row.get("held_until", 0) > to_ms(now):
            return None
        return self._held(row, is_new, now)

    def _held(
        self, row: dict[str, Any], is_new: bool, now: datetime
    ) -> tuple[Progress, dict[str, Any]] | None:
        progress = ledger_fold.begun(now) if is_new else self._loaded(row, now)
        values = {"day": progress.day, "is_done": False, "generation": row.get("generation", 0)}
        values |= {"parts": 0 if is_new else row["parts"], "held_until": to_ms(now + HELD_FOR)}
        values["holder"] = self.new_token()
        known = {name: row.get(name) for name in ("held_until", "generation", "day")}
        held = self.documents.change(DocumentChange(TABLE, *JOB, values, known))
        if held is None:  # somebody was faster; or it was ourselves, and the answer was lost
            held = self.documents.get(TABLE, *JOB, consistent=True) or {}
        return (progress, held) if held.get("holder") == values["holder"] else None

    def _loaded(self, row: dict[str, Any], now: datetime) -> Progress:
        """The progress of the job's row; a run that was cut off before it laid anything down begins anew."""
        if not row["parts"]:
            return ledger_fold.begun(now)
        partition = f"fold#{row['generation']}"
        parts = self.documents.query(TABLE, partition, limit=row["parts"], consistent=True)
        text = "".join(one["part"] for one in parts)
        return Progress(**json.loads(gzip.decompress(base64.b64decode(text))))

    def laid_down(self, progress: Progress, held: dict[str, Any], now: datetime) -> None:
        """Keep the progress for the next run, or the end. Whoever was overtaken changes nothing."""
        generation = held["generation"] + 1
        is_done = progress.phase == Phase.DONE
        parts = 0 if is_done else self._put_parts(progress, generation, now)
        values = {"is_done": is_done, "generation": generation, "parts": parts, "held_until": 0}
        if is_done:
            values |= {"totals": progress.totals, "folded_at": to_ms(now)}
        known = {name: held[name] for name in ("held_until", "generation")}
        self.documents.change(DocumentChange(TABLE, *JOB, values, known))

    def _put_parts(self, progress: Progress, generation: int, now: datetime) -> int:
        packed = gzip.compress(json.dumps(progress.values()).encode(), mtime=0)
        text = base64.b64encode(packed).decode()
        parts = [text[start : start + PART_LENGTH] for start in range(0, len(text), PART_LENGTH)]
        expires_at = to_ms(now + PARTS_KEPT) // 1000
        for number, part in enumerate(parts):
            values = {"part": part, "expires_at": expires_at}
            self.documents.put(TABLE, f"fold#{generation}", f"{number:06d}", values)
        return len(parts)
