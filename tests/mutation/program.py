"""The program of the mutants: are nine mistakes in ten noticed, and every one in a condition or a sum?

    python -m tests.mutation chalicelib/domain/ledger.py …    (none: every module of suites.toml)

It fails on a mutant of a strict kind that no test notices and docs/mutants.toml does not
explain, on an explanation that is not needed any more, and on a module below nine in ten.
"""

import argparse
import multiprocessing
import tomllib
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from local.children import end_with_starter
from tests.mutation.mutants import STRICT, Mutant, mutants_of
from tests.mutation.suite import Suite, run_suite
from tests.mutation.swap import Unfit, mutated_code

ROOT = Path(__file__).parent.parent.parent
SUITES = "tests/mutation/suites.toml"
SURVIVORS = "docs/mutants.toml"
NOTICED_PERCENT_MIN = 90

Name = tuple[str, str, str, str]  # module, function, was, becomes


@dataclass
class Tally:
    """What became of the mutants of one module."""

    made: int = 0
    noticed: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    def excused(self, module: str, known: Container[Name]) -> list[Mutant]:
        """The survivors that are explained."""
        return [mutant for mutant in self.survivors if (module, *mutant.name) in known]

    def open(self, module: str, known: Container[Name]) -> list[Mutant]:
        """The survivors of a strict kind that nobody has explained."""
        excused = self.excused(module, known)
        return [m for m in self.survivors if m.kind in STRICT and m not in excused]

    def figures(self, module: str, known: Container[Name]) -> dict[str, int]:
        excused, still_open = len(self.excused(module, known)), len(self.open(module, known))
        others = len(self.survivors) - excused - still_open
        figures = {"made": self.made, "noticed": self.noticed, "explained": excused, "other": others}
        return {**figures, "open": still_open}


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def explained(root: Path) -> dict[Name, str]:
    """The survivors that a person has looked at, and why each of them may live."""
    listed = read_toml(root / SURVIVORS).get("survivor", [])
    return {(s["module"], s["function"], s["was"], s["becomes"]): s["why"] for s in listed}


def examine(suite: Suite, root: Path, module: str) -> Tally:
    """Every mutant of a module, shown to the tests that run its function."""
    path, tally = root / module, Tally()
    assert suite.pass_untouched(path), f"the tests of {module} fail without any mutant"
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
        alive |= {(module, *mutant.name) for mutant in tally.survivors}
        wrong += [
            f"{module}:{mutant.line}: no test notices {mutant.was!r} -> {mutant.becomes!r}"
            for mutant in tally.open(module, known)
        ]
        # One that is explained as no mistake at all counts for neither.
        made = tally.made - len(tally.excused(module, known))
        if 100 * tally.noticed < NOTICED_PERCENT_MIN * made:
            wrong.append(f"{module}: {tally.noticed} of {made} is less than {NOTICED_PERCENT_MIN} %")
    wrong += [
        f"explained and yet noticed: {name}" for name in known if name[0] in tallies and name not in alive
    ]
    return wrong


def summary(tallies: dict[str, Tally], known: dict[Name, str]) -> list[str]:
    """A line of figures for each module, and one for all of them."""
    lines, sums = [], Counter[str]()
    for module, tally in tallies.items():
        figures = tally.figures(module, known)
        sums.update(figures)
        others = Counter(m.kind for m in tally.survivors if m.kind not in STRICT)
        kinds = (
            f" ({', '.join(f'{count} {kind}' for kind, count in sorted(others.items()))})" if others else ""
        )
        lines.append(f"{module}: {_told(figures)}{kinds}")
    modules = "1 module" if len(tallies) == 1 else f"{len(tallies)} modules"
    return [*lines, f"{modules}: {_told(sums)}"]


def _told(figures: Mapping[str, int]) -> str:
    return "{noticed} of {made} noticed, {explained} explained, {other} of other kinds, {open} open".format(
        **figures
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="paths like chalicelib/domain/ledger.py")
    parser.add_argument("--project", type=Path, default=ROOT, help="the folder of another project")
    parser.add_argument("--processes", type=int, default=1, help="so many modules at once")
    options = parser.parse_args(arguments)
    asked = set(options.modules)
    suites = read_toml(options.project / SUITES)
    unknown = asked - {module for suite_of in suites.values() for module in suite_of["modules"]}
    if unknown:
        parser.error(f"no suite of {SUITES} knows {', '.join(sorted(unknown))}")
    shares: list[tuple[dict[str, Any], list[str]]] = []
    for name, suite_of in suites.items():
        modules = [module for module in suite_of["modules"] if not asked or module in asked]
        if modules:
            print(f"{name}: {len(modules)} modules", flush=True)
        parts = (modules[number :: options.processes] for number in range(options.processes))
        shares += [(suite_of, part) for part in parts if part]
    # Each share in a process that has imported nothing yet: a suite is collected once, and by nobody else.
    context = multiprocessing.get_context("spawn")
    tallies: dict[str, Tally] = {}
    with ProcessPoolExecutor(options.processes, context, end_with_starter, max_tasks_per_child=1) as pool:
        for found in pool.map(partial(_examined, options.project), shares):
            tallies |= found
    known = explained(options.project)
    wrong = verdict(tallies, known)
    print("\n".join(["", *wrong, *summary(tallies, known)]))
    return int(bool(wrong))


def _examined(root: Path, share: tuple[dict[str, Any], list[str]]) -> dict[str, Tally]:
    """Some modules, by the tests of their suite."""
    suite_of, modules = share
    tallies: dict[str, Tally] = {}

    def work(suite: Suite) -> None:
        for module in modules:
            tally = tallies[module] = examine(suite, root, module)
            print(f"{module}: {tally.noticed} of {tally.made} noticed", flush=True)

    suite = Suite([root / module for module in modules], work)
    status = run_suite(root, suite_of, suite)
    assert suite.calls and status in (0, 5), f"pytest ended with {status}"
    return tallies
