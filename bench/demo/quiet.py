"""Quiet: is everything done that the day has set going, and what is still waited for?"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from bench.demo.check_ledger import same
from bench.demo.check_outside import unbooked
from bench.demo.reading import SHANGHAI, Auditor, Reading

QUIET_SECONDS_MAX = 240
PAUSE_SECONDS = 1.5  # streams are read several times within it
UNDER_WAY = ("PAID", "FULFILLING", "REFUNDING")
REFUND_UNDER_WAY = ("APPROVED", "SUBMITTED", "UNKNOWN", "FAILED")


def wait_until_quiet(
    auditor: Auditor, show: Callable[[str], None], seconds: float = QUIET_SECONDS_MAX
) -> tuple[Reading, list[str]]:
    """The reading at which nothing is open and nothing changes any more, and what was waited for in vain."""
    deadline = time.monotonic() + seconds
    before = auditor.read()
    while True:
        open_work = list(waited_for(before))
        show(", ".join(open_work) or "the streams")
        time.sleep(PAUSE_SECONDS)
        now = auditor.read()
        if not open_work and same(before, now):
            return now, []
        if time.monotonic() > deadline:
            return now, open_work or ["the tables, which never came to rest"]
        before = now


def waited_for(reading: Reading) -> Iterator[str]:
    """What is open, by kind, with its number."""
    counts = {
        "orders under way": sum(order["state"] in UNDER_WAY for order in reading.orders),
        "refunds under way": sum(_open_refunds(order.get("refunds", "[]")) for order in reading.orders),
        "answers from outside": _open_calls(reading),
        "pots to be released": _due_pots(reading),
        "payments without a word": len(unbooked(reading)),
        "records to be archived": _not_archived(reading),
    }
    yield from (f"{count} {what}" for what, count in counts.items() if count > 0)


def _open_refunds(text: str) -> int:
    return sum(refund[1] in REFUND_UNDER_WAY for refund in json.loads(text))


def _open_calls(reading: Reading) -> int:
    """Calls to the outside; one that a person holds back is nobody's turn but theirs."""
    held = {order["sk"] for order in reading.orders if order["state"] == "RISK_HOLD"}
    return sum(item["sk"].partition("#")[2] not in held for item in reading.partition("work", "due#"))


def _not_archived(reading: Reading) -> int:
    """Records that the chain of the archive has no place for yet."""
    heads = [item for item in reading.partition("views", "archive") if item["sk"] == "head"]
    return len(reading.records) - sum(head["sequence"] for head in heads)


def _due_pots(reading: Reading) -> int:
    today = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y%m%d}"
    pots = (item for item in reading.tables["accounts"] if item["sk"].startswith("frozen#2"))
    return sum(pot["frozen_fen"] > 0 and pot["sk"].removeprefix("frozen#") <= today for pot in pots)
