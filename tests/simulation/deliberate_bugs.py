"""Deliberate bugs: would the simulation notice? Twelve mistakes, each made in a copy, each of them found.

    python -m tests.simulation.deliberate_bugs [name …]      prints the number of worlds until each is found

A bug is a text of the shipped code and what stands there instead. One whose text is
not there any more fails: it must be made anew where its rule stands now.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow

ROOT = Path(__file__).parent.parent.parent
COPIED = ("chalicelib", "tests", "infra", "local", "bench")  # whoever works on them meanwhile
WORLDS_MAX = 400
SECONDS_MAX = 600


@dataclass(frozen=True)
class Bug:
    """One mistake: in this file, instead of `right` stands `wrong`."""

    name: str
    path: str
    right: str
    wrong: str


BUGS = (
    Bug(
        "a missing condition",
        "chalicelib/store/accounts.py",
        "    conditions = [path(column) >= value(-delta) for column, delta in deltas.items() if delta < 0]\n",
        "    conditions: list[Any] = []\n",
    ),
    Bug(
        "a delta added twice",
        "chalicelib/store/books.py",
        '        put = dynamo.put_write("journal", _record_key(record), _record_values(record), absent)\n',
        '        again = record.action == "COMMISSION"\n'
        '        put = dynamo.put_write("journal", _record_key(record), _record_values(record),'
        " None if again else absent)\n",
    ),
    Bug(
        "a clamp in the clawback",
        "chalicelib/domain/reversal.py",
        "taken_fen, rest_fen - taken_fen)",
        "taken_fen, 0)",
    ),
    Bug(
        "a lost hold",
        "chalicelib/usecases/hold_order.py",
        "        if Held.COMMISSION in decision.holds:\n            self._hold_commission(order, now)\n",
        "        if Held.COMMISSION in decision.holds and now.minute % 2:\n"
        "            self._hold_commission(order, now)\n",
    ),
    Bug(
        "a wrong rounding",
        "chalicelib/domain/money.py",
        "    return amount * numerator // denominator\n",
        "    return (2 * amount * numerator + denominator) // (2 * denominator)\n",
    ),
    Bug(
        "an unfrozen rate",
        "chalicelib/usecases/pay_commission.py",
        "self.catalog.plan(order.plan_id)",
        "self.catalog.plans()[-1]",
    ),
    Bug(
        "a reversed order of refund and commission",
        "chalicelib/usecases/pay_commission.py",
        "        for share in earning:\n            self.enter(order, share, plan, now)\n"
        "        if reversing_refunds(order):\n",
        "        if not reversing_refunds(order):\n"
        "            for share in earning:\n                self.enter(order, share, plan, now)\n"
        "        else:\n",
    ),
    Bug(
        "a swallowed record",
        "chalicelib/handlers/stream_batch.py",
        '            failed.append(record["dynamodb"]["SequenceNumber"])\n',
        "",
    ),
    Bug(
        "a token reused for another body",
        "chalicelib/store/books.py",
        "token or self.new_token()",
        'token or (record.partition if record and record.action.startswith("SALE") else self.new_token())',
    ),
    Bug(
        "a retry of a refused condition",
        "chalicelib/store/backoff.py",
        "return bool(reasons & RETRYABLE_REASONS) and reasons <= RETRYABLE_REASONS | {FAILED_CONDITION}",
        "return bool(reasons & (RETRYABLE_REASONS | {FAILED_CONDITION}))",
    ),
    Bug(
        "a refusal after the writing",
        "chalicelib/usecases/reveal_secret.py",
        "        if not secret:\n",
        "        if not secret:\n"
        '            self.change_card.books.commit(audit_record(command, "card.reveal"), [change])\n',
    ),
    Bug(
        "a phone number in the log",
        "chalicelib/usecases/sign_in.py",
        "        login = self._login(phone_index)\n        is_known",
        '        __import__("logging").getLogger(__name__).info("tried", extra={"who": phone})\n'
        "        login = self._login(phone_index)\n        is_known",
    ),
)


def worlds_until_found(bug: Bug, seed: int) -> int:
    """How many worlds of this seed it takes; 0 when it is not found. Raises: AssertionError, see above."""
    with tempfile.TemporaryDirectory(prefix="forecourt-bug-") as directory:
        copy = Path(directory)
        for entry in ROOT.iterdir():
            if entry.name in COPIED:
                shutil.copytree(entry, copy / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
            elif entry.name != ".git":
                (copy / entry.name).symlink_to(entry)
        place = copy / bug.path
        text = place.read_text(encoding="utf-8")
        assert text.count(bug.right) == 1, f"{bug.name}: its text is not in {bug.path} any more"
        place.write_text(text.replace(bug.right, bug.wrong), encoding="utf-8")
        module = "tests.simulation.simulate"
        told = subprocess.run(
            [sys.executable, "-m", module, "--seed", str(seed), "--until-failure", str(WORLDS_MAX)],
            cwd=copy,
            env={"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
        )
    found, _, sentence = told.stdout.strip().rpartition("\n")[2].partition(" ")
    print(f"{bug.name}: {found} worlds: {sentence[:100]}{told.stderr[-2_000:]}", flush=True)
    return int(found)


def main(names: Sequence[str]) -> int:
    seed = randbelow(1 << 32)
    print(f"seed {seed}", flush=True)
    chosen = [bug for bug in BUGS if not names or any(name in bug.name for name in names)]
    found = [worlds_until_found(bug, seed) for bug in chosen]
    return int(0 in found)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
