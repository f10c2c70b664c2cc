"""The program of the mutants: are nine mistakes in ten noticed, and every one in a condition or a sum?

    python -m tests.mutation chalicelib/domain/ledger.py …    (none: every module of suites.toml)

It fails on a mutant of a strict kind that no test notices and docs/mutants.toml does not
explain, on an explanation that is not needed any more, and below nine in ten.
"""

import argparse
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutation.mutants import STRICT, Mutant, mutants_of
from tests.mutation.suite import Suite, run_suite
from tests.mutation.swap import Unfit, mutated_code

ROOT = Path(__file__).parent.parent.parent
SUITES = Path(__file__).parent / "suites.toml"
SURVIVORS = ROOT / "docs" / "mutants.toml"
NOTICED_PERCENT_MIN = 90

Name = tuple[str, str, str, str]  # module, function, was, becomes


@dataclass
class Tally:
    """What became of the mutants of one module."""

    made: int = 0
    noticed: int = 0
    survivors: list[Mutant] = field(default_factory=list)


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def explained() -> dict[Name, str]:
    """The survivors that a person has looked at, and why each of them may live."""
    listed = read_toml(SURVIVORS).get("survivor", [])
    return {(s["module"], s["function"], s["was"], s["becomes"]): s["why"] for s in listed}


def examine(suite: Suite, module: str) -> Tally:
    """Every mutant of a module, shown to the tests that run its function."""
    path, tally = ROOT / module, Tally()
    for mutant in mutants_of(path):
        try:
            code = mutated_code(mutant.source, path, mutant.function)
        except Unfit:
            continue
        tally.made += 1
        if suite.notices(path, mutant.function, code):
            tally.noticed += 1
        else:
            tally.survivors.append(mutant)
            print(f"  {module}:{mutant.line} {mutant.function} [{mutant.kind}]", flush=True)
            print(f"      {mutant.was[:150]}\n   -> {mutant.becomes[:150]}", flush=True)
    return tally


def verdict(tallies: dict[str, Tally], known: dict[Name, str]) -> list[str]:
    """What is wrong, in sentences; nothing when all is well."""
    wrong: list[str] = []
    alive: set[Name] = set()
    for module, tally in tallies.items():
        for mutant in tally.survivors:
            name = (module, *mutant.name)
            alive.add(name)
            if mutant.kind in STRICT and name not in known:
                wrong.append(f"{module}:{mutant.line}: no test notices {mutant.was!r} -> {mutant.becomes!r}")
    wrong += [
        f"explained and yet noticed: {name}" for name in known if name[0] in tallies and name not in alive
    ]
    made, noticed = _sums(tallies, known)
    if 100 * noticed < NOTICED_PERCENT_MIN * made:
        wrong.append(f"{noticed} of {made} is less than {NOTICED_PERCENT_MIN} %")
    return wrong


def _sums(tallies: dict[str, Tally], known: dict[Name, str]) -> tuple[int, int]:
    """Mutants made and noticed; one that is explained as no mistake at all counts for neither."""
    excused = Counter(
        module for module, t in tallies.items() for m in t.survivors if (module, *m.name) in known
    )
    made = sum(tally.made - excused[module] for module, tally in tallies.items())
    return made, sum(tally.noticed for tally in tallies.values())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="paths like chalicelib/domain/ledger.py")
    asked = parser.parse_args(arguments).modules
    tallies: dict[str, Tally] = {}
    for name, suite_of in read_toml(SUITES).items():
        modules = [module for module in suite_of["modules"] if not asked or module in asked]
        if modules:
            print(f"{name}: {len(modules)} modules", flush=True)
            _run(suite_of, modules, tallies)
    assert tallies, f"no suite knows {asked}"
    wrong = verdict(tallies, explained())
    print("\n".join(wrong))
    return int(bool(wrong))


def _run(suite_of: dict[str, Any], modules: Sequence[str], tallies: dict[str, Tally]) -> None:
    def work(suite: Suite) -> None:
        for module in modules:
            tally = tallies[module] = examine(suite, module)
            print(f"{module}: {tally.noticed} of {tally.made} noticed", flush=True)

    suite = Suite([ROOT / module for module in modules], work)
    status = run_suite(suite_of["tests"], suite_of.get("left_out", []), suite_of.get("words", ""), suite)
    assert suite.calls and status in (0, 5), f"pytest ended with {status}"
