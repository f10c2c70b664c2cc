"""Fidelity: do the simulated tables and the embedded engine answer the same programs alike?

    python -m tests.simulation.fidelity --programs 10000 --seed 7
    python -m tests.simulation.fidelity --seed 7 --program 4711      one again, shrunken and printed

Compared are all answers, error codes, cancellation reasons and returned items, the
items that are there in the end, and of every tenth program the stream records. A
call that known_differences.py explains is counted, and its program runs again
without it. Exit code 1: there is a difference that nothing explains.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation import known_differences
from tests.simulation.askable_engines import Askable, EngineInProcess
from tests.simulation.known_differences import Outcome
from tests.simulation.programs import SCAN, Call, pages, program
from tests.simulation.table import Change
from tests.simulation.tables import Tables
from tests.simulation.typed_values import number_text

AskedFor = Callable[[str, Mapping[str, Any]], dict[str, Any]]

STREAMS_EVERY = 10
STREAMED = ("accounts", "cards", "edges", "journal", "orders")
_NOISE = ("ResponseMetadata", "ConsumedCapacity", "UnprocessedKeys", "UnprocessedItems")


@dataclass(frozen=True, slots=True)
class Found:
    """Where two worlds part: after which call (-1: what is left at the end), and what each says."""

    position: int
    what: str
    ours: Outcome
    theirs: Outcome
    known: str = ""  # the name of the difference that explains it


# ---------------------------------------------------------------- what is compared


def outcome(ask: AskedFor, call: Call) -> Outcome:
    operation, arguments = call
    try:
        if operation == SCAN:
            return Outcome(_scanned(pages(ask, arguments)))
        answer = ask(operation, arguments)
        return Outcome(
            _plain({k: v for k, v in answer.items() if k not in _NOISE and (v or k != "Attributes")})
        )
    except ClientError as error:
        told: Mapping[str, Any] = error.response
        reasons = told.get("CancellationReasons", [])
        returned = [told.get("Item"), *(reason.get("Item") for reason in reasons)]
        return Outcome(
            [_plain(item) for item in returned],
            told["Error"]["Code"],
            told["Error"]["Message"],
            tuple((reason["Code"], reason.get("Message") or "") for reason in reasons),
        )


def _scanned(answers: Iterable[Mapping[str, Any]]) -> list[Any]:
    """What all pages hold, in an order of our own; an item twice is there twice."""
    return sorted((_plain(item) for answer in answers for item in answer["Items"]), key=repr)


def _plain(value: Any) -> Any:
    """Sets have no order, numbers no spelling, and neither has a batch of answers."""
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "N" and isinstance(content, str):
            return {"N": number_text(Decimal(content))}
        if kind in ("SS", "NS", "BS") and isinstance(content, list):
            return {kind: sorted(number_text(Decimal(m)) if kind == "NS" else m for m in content)}
    plain = {name: _plain(member) for name, member in sorted(value.items())}
    if isinstance(plain.get("Responses"), dict):
        plain["Responses"] = {name: sorted(items, key=repr) for name, items in plain["Responses"].items()}
    return plain


def _agree(ours: Outcome, theirs: Outcome) -> bool:
    codes = [code for code, _ in ours.reasons], [code for code, _ in theirs.reasons]
    return (ours.answer, ours.code, codes[0]) == (theirs.answer, theirs.code, codes[1])


# ---------------------------------------------------------------- two worlds


class Worlds:
    """The engine, and simulated tables of the same names; both are empty before a program."""

    def __init__(self, engine: Askable) -> None:
        self.engine = engine
        self.key_schemas = engine.key_schemas

    def run(self, calls: Sequence[Call], with_streams: bool = False) -> Found | None:
        """Where they part first, or None."""
        self.engine.reset()
        tables = Tables(self.key_schemas, clock_ms=lambda: 0)
        for position, call in enumerate(calls):
            ours, theirs = outcome(tables.call, call), outcome(self.engine.ask, call)
            if not _agree(ours, theirs):
                known = known_differences.explanation(call[1], ours, theirs)
                return Found(position, call[0], ours, theirs, known.name if known else "")
        return self._ends(tables, calls) or (self._records(tables) if with_streams else None)

    def _ends(self, tables: Tables, calls: Sequence[Call]) -> Found | None:
        """Whether every item that is left is the same."""
        for name in self.key_schemas:
            if name not in json.dumps(calls, default=str):
                continue
            scan = (SCAN, {"TableName": name, "ConsistentRead": True})
            ours, theirs = outcome(tables.call, scan), outcome(self.engine.ask, scan)
            if not _agree(ours, theirs):
                return Found(-1, f"the items of {name}", ours, theirs)
        return None

    def _records(self, tables: Tables) -> Found | None:
        """Whether every stream tells the same."""
        for name in self.key_schemas:
            if not name.endswith(STREAMED):
                continue
            ours = Outcome([_told(change) for change in tables.changes if change.table == name])
            theirs = Outcome(
                [told for told in map(_recorded, self.engine.records(name)) if told[2] != told[3]]
            )
            if not _agree(ours, theirs):
                return Found(-1, f"the stream of {name}", ours, theirs)
        return None


def _recorded(record: Mapping[str, Any]) -> Any:
    images = record["dynamodb"]
    return _plain([record["eventName"], *(images.get(part) for part in ("Keys", "OldImage", "NewImage"))])


def _told(change: Change) -> Any:
    return _plain([change.event_name, change.keys, change.old_image, change.new_image])


# ---------------------------------------------------------------- many programs


@dataclass
class Report:
    """What came of all programs."""

    seed: int
    programs: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def line(self) -> str:
        known = ", ".join(f"{name} {count}" for name, count in self.known.most_common()) or "none"
        return (
            f"fidelity: seed {self.seed}, {self.programs} programs, {sum(self.calls.values())} calls in"
            f" {self.seconds:.0f} s, {len(self.failures)} unexplained differences; known ones met: {known}"
        )


def compare(
    worlds: Worlds, seed: int, numbers: Iterable[int], told: Callable[[str], None] = lambda line: None
) -> Report:
    """Run these programs; `told` hears of every failure and of progress."""
    report, started = Report(seed), time.monotonic()
    for number in numbers:
        calls = program(seed, number, worlds.key_schemas)
        while found := worlds.run(calls, with_streams=number % STREAMS_EVERY == 0):
            if not found.known:
                report.failures.append(story(worlds, seed, number, calls))
                told(report.failures[-1])
                break
            report.known[found.known] += 1
            del calls[found.position]
        report.programs += 1
        report.calls.update(operation for operation, _ in calls)
        report.seconds = time.monotonic() - started
        if report.programs % 500 == 0:
            told(report.line())
    return report


def story(worlds: Worlds, seed: int, number: int, calls: Sequence[Call]) -> str:
    """The failure, as few calls as show it, and the command that shows it again."""
    shrunken = shrink(calls, lambda fewer: _is_unexplained(worlds.run(fewer, with_streams=True)))
    found = worlds.run(shrunken, with_streams=True)
    assert found is not None, "a failure that comes and goes: the engine was not reset"
    lines = [f"program {number} of seed {seed}, {len(calls)} calls shrunken to {len(shrunken)}:"]
    lines += [f"  {operation} {json.dumps(arguments, default=str)}" for operation, arguments in shrunken]
    lines += [f"they part at {found.what}:", f"  simulated {found.ours}", f"  engine    {found.theirs}"]
    lines += [f"again: make fidelity SEED={seed} PROGRAM={number}"]
    return "\n".join(lines)


def _is_unexplained(found: Found | None) -> bool:
    return found is not None and not found.known


def shrink(calls: Sequence[Call], fails: Callable[[Sequence[Call]], bool]) -> list[Call]:
    """As few of the calls as still fail: pieces are left out, ever smaller ones."""
    kept, size = list(calls), len(calls) // 2
    while size:
        for start in range(len(kept) - size, -1, -size):
            fewer = kept[:start] + kept[start + size :]
            if fails(fewer):
                kept = fewer
        size //= 2
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.simulation.fidelity", description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--program", type=int, help="only this one")
    options = parser.parse_args(arguments)
    numbers = range(options.programs) if options.program is None else [options.program]
    print(known_differences.as_text())
    report = compare(Worlds(EngineInProcess()), options.seed, numbers, lambda line: print(line, flush=True))
    print(report.line())
    print(f"calls: {dict(report.calls)}")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
