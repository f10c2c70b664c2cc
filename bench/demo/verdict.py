"""The verdict: all checks of the books after the day, in the order in which an auditor asks."""

import os
import subprocess
import sys
from datetime import UTC, datetime

from bench.demo.check_intents import intents_check
from bench.demo.check_ledger import ledger_checks
from bench.demo.check_outside import outside_checks
from bench.demo.check_sales import sales_checks
from bench.demo.checks import Check, check
from bench.demo.day import Day
from bench.demo.reading import SHANGHAI, Auditor, Reading


def all_checks(day: Day, auditor: Auditor, reading: Reading, in_vain: list[str]) -> list[Check]:
    """Every check, whether or not an earlier one holds. Raises: GaveUp when the API is gone."""
    wishes = len(day.client.intents.wishes)
    return [
        check("everything went as it should", f"{wishes} wishes", day.surprises),
        check("everything came to rest", "", in_vain),
        *ledger_checks(reading, _platform_fen(day)),
        *sales_checks(reading, _in_stock(day)),
        *outside_checks(reading, auditor.accountant),
        intents_check(reading, day.client.intents),
        archive_check(auditor),
    ]


def _platform_fen(day: Day) -> dict[str, int]:
    today = datetime.now(UTC).astimezone(SHANGHAI).date().isoformat()
    told = day.client.read(day.cast["auditor"], f"/v1/office/platform-balances?day={today}")
    return dict(told["balances_fen"])


def _in_stock(day: Day) -> dict[str, int]:
    told = day.client.read(day.cast["auditor"], "/v1/office/stock")
    return {item["sku_id"]: item["count"] for item in told["items"]}


def archive_check(auditor: Auditor) -> Check:
    """What the archive's verifier says, a program of its own."""
    command = [sys.executable, "-m", "local.verify_archive", "--grace-seconds", "0"]
    run = subprocess.run(command, env={**os.environ, **auditor.environment}, capture_output=True, text=True)
    lines = run.stdout.splitlines()
    question = "the archive is intact, and the store agrees with it"
    if run.returncode == 0:
        return check(question, lines[0].partition(",")[0], [])
    return check(question, "", lines or [run.stderr.strip()])
