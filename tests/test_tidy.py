"""Tidy: does the repository still read as it should?

Rules that no linter knows. Each failure says where, and what to do about it. An
exemption needs a reason, and goes when it is no longer needed.
"""

import ast
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SHIPPED = ("chalicelib", "app.py")
PROGRAMS = ("local", "infra", "bench")
RULES = ("chalicelib/domain", "chalicelib/risk")
MONEY = (*RULES, "chalicelib/usecases")

FUNCTION_LINES_MAX = 40
TEST_LINES_MAX = 60
NESTING_MAX = 3
FILE_LINES_MAX = 400

LEFT_BEHIND = frozenset(
    ".git .venv .state .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache"
    " __pycache__ build deployments node_modules dist reports".split()
)

# "path::name" or "path" -> why it may stay as it is.
EXEMPT = {
    "chalicelib/domain/money.py::amount": "it divides any whole number, fen and millilitres alike",
}

# What rules may import beside each other: values, types and arithmetic; no clock, chance, files or network.
RULES_MAY_IMPORT = frozenset(
    "abc base64 bisect collections csv dataclasses datetime decimal enum fractions functools hashlib heapq"
    " hmac io itertools json math operator re string types typing unicodedata chalicelib".split()
)

NAMES_THAT_SAY_NOTHING = re.compile(r"(?:^|_)(?:utils?|commons?|helpers?|misc|managers?|services?)(?:_|$)")
CLASSES_THAT_SAY_NOTHING = re.compile(r"(?:Manager|Helper|Service|Utils?)$")
# Not among them, for they are words here: doc (the docs page), env (of a process), ref (a reference), sync.
ABBREVIATIONS = frozenset(
    "acct addr amt arr attr calc cfg cnt coll comm conf cond conn ctx cur curr cust dest dist elem err evt fn"
    " idx img info lst mgr msg num obj ord param params pct pkg prev proc prod qty req res resp ret src stmt"
    " str svc tbl tmp txn upd usr val var wd".split()
)
BARE_NAMES = frozenset({"amount", "data", "info"})

# Written apart so that this file does not find itself.
PLACES = re.compile(
    r"(?<![\w./-])/(?:" + "work|root|home" + r")/\w|\." + "library" + r"\b|" + "issues" + r" show\b"
)
REGISTRIES = re.compile("index" + "-url|trusted" + "-host|find" + "-links|/simple" + "/")
LOCKED_SOURCE = re.compile(r'"resolved": "(?!https://registry\.npmjs\.org/)([^"]+)"')

Finding = tuple[str, str]  # where, and in what words


# ---------------------------------------------------------------- reading the repository


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project; what tools leave behind is not of it."""
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - LEFT_BEHIND)
        found += [Path(folder, name) for name in sorted(names) if not name.endswith((".pyc", ".log"))]
    return tuple(found)


@cache
def parsed(path: Path) -> tuple[ast.Module, str]:
    text = path.read_text(encoding="utf-8")
    return ast.parse(text), text


def python_files(*places: str) -> Iterator[tuple[str, ast.Module, str]]:
    """Name, tree and text of each Python file below these places."""
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and any(name == place or name.startswith(f"{place}/") for place in places):
            yield name, *parsed(path)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def line_count(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring: a promise that is well told is not length."""
    assert function.end_lineno is not None
    first = function.body[0]
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


NESTS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How deep the blocks of a function lie in each other; `elif` and inner functions start no new level."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deeper = depth + 1 if isinstance(child, NESTS) and not is_elif else depth
        deepest = max(deepest, nesting(child, deeper))
    return deepest


# ---------------------------------------------------------------- the rules


def long_functions() -> Iterator[Finding]:
    for name, tree, _ in python_files(*SHIPPED, *PROGRAMS, "tests"):
        limit = TEST_LINES_MAX if name.startswith("tests/") else FUNCTION_LINES_MAX
        for function in functions(tree):
            if line_count(function) > limit:
                yield f"{name}::{function.name}", f"{line_count(function)} lines, more than {limit}"


def deep_functions() -> Iterator[Finding]:
    for name, tree, _ in python_files(*SHIPPED, *PROGRAMS, "tests"):
        for function in functions(tree):
            if nesting(function) > NESTING_MAX:
                yield (
                    f"{name}::{function.name}",
                    f"{nesting(function)} levels of blocks, more than {NESTING_MAX}",
                )


def long_files() -> Iterator[Finding]:
    for name, _, text in python_files(*SHIPPED, *PROGRAMS, "tests"):
        if text.count("\n") > FILE_LINES_MAX:
            yield name, f"{text.count(chr(10))} lines, more than {FILE_LINES_MAX}"


def modules_without_a_law() -> Iterator[Finding]:
    for name, tree, text in python_files(*SHIPPED, *PROGRAMS, "tests"):
        docstring = ast.get_docstring(tree)
        if text.strip() and docstring is None:
            yield name, "has no docstring"
        # A use case is named by a verb, so its own sentence may be its law.
        elif docstring and not name.startswith(("tests/", "chalicelib/usecases/")):
            first = docstring.partition("\n")[0]
            if ":" not in first:
                yield name, f'opens with "{first}"'


def names_that_say_nothing() -> Iterator[Finding]:
    for name, tree, _ in python_files(*SHIPPED, *PROGRAMS, "tests"):
        if any(NAMES_THAT_SAY_NOTHING.search(part) for part in name.removesuffix(".py").split("/")):
            yield name, "a folder or file of that name collects whatever nobody placed"
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and CLASSES_THAT_SAY_NOTHING.search(node.name):
                yield f"{name}::{node.name}", "the name does not say what it is"


def defined_names(tree: ast.Module) -> Iterator[str]:
    """Names that somebody chose: functions, classes, parameters, annotated fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def abbreviations() -> Iterator[Finding]:
    for name, tree, _ in python_files(*SHIPPED):
        for chosen in defined_names(tree):
            if chosen.startswith("__"):
                continue  # Python's own names
            short = ABBREVIATIONS & set(chosen.lower().strip("_").split("_"))
            if short:
                yield f"{name}::{chosen}", f"abbreviates {', '.join(sorted(short))}"


def bare_names() -> Iterator[Finding]:
    for name, tree, _ in python_files(*MONEY):
        for chosen in defined_names(tree):
            if chosen in BARE_NAMES:
                yield f"{name}::{chosen}", "carries neither unit nor meaning"


def fractions_of_a_fen() -> Iterator[Finding]:
    for name, tree, _ in python_files(*MONEY):
        for node in ast.walk(tree):
            if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
                yield f"{name}:{node.lineno}", "divides with /"
            elif isinstance(node, ast.Constant) and isinstance(node.value, float):
                yield f"{name}:{node.lineno}", f"the float {node.value}"
            elif isinstance(node, ast.Name) and node.id == "float":
                yield f"{name}:{node.lineno}", "speaks of float"


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""


def rules_that_reach_out() -> Iterator[Finding]:
    for name, tree, _ in python_files(*RULES):
        for line, module in imported(tree):
            if module.partition(".")[0] not in RULES_MAY_IMPORT:
                yield f"{name}:{line}", f"imports {module}"
        for node in ast.walk(tree):  # io and csv are for texts in memory
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("open", "io.open", "input", "print"):
                yield f"{name}:{node.lineno}", f"calls {ast.unparse(node.func)}"


def patches() -> Iterator[Finding]:
    for name, tree, _ in python_files("tests"):
        for line, module in imported(tree):
            if module.startswith("unittest.mock") or module == "mock":
                yield f"{name}:{line}", f"imports {module}"
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in (
                "monkeypatch.setattr",
                "mocker.patch",
            ):
                yield f"{name}:{node.lineno}", ast.unparse(node)


def texts() -> Iterator[tuple[str, int, str]]:
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures and fonts name no places
        name = path.relative_to(ROOT).as_posix()
        yield from ((name, number, line) for number, line in enumerate(text.splitlines(), 1))


def places_of_one_machine() -> Iterator[Finding]:
    for name, number, line in texts():
        if PLACES.search(line):
            yield f"{name}:{number}", line.strip()[:100]


def registries() -> Iterator[Finding]:
    for name, number, line in texts():
        if REGISTRIES.search(line) or (name.endswith("package-lock.json") and LOCKED_SOURCE.search(line)):
            yield f"{name}:{number}", line.strip()[:100]


REMEDIES: dict[Callable[[], Iterator[Finding]], str] = {
    long_functions: "Name a part of it and move it out; a table often replaces a chain of branches.",
    deep_functions: "Return early for what is refused, and give the inner loop a name of its own.",
    long_files: "Split it by noun: what would you look for, and under which name?",
    modules_without_a_law: 'Open it with """The thing: which question does it answer?"""; then its law.',
    names_that_say_nothing: "Name it after what it holds or does; a verb for a use case, a noun for a rule.",
    abbreviations: "Write the word out; only id, bps, pk, sk and url are short.",
    bare_names: "Say the unit and the meaning: amount_fen, volume_ml, payout_document.",
    fractions_of_a_fen: "Money is whole fen: use the rounding functions of chalicelib/domain/money.py.",
    rules_that_reach_out: "Rules take values: let the use case fetch it and hand it in (RULES_MAY_IMPORT).",
    patches: "What must be patched lacks a port: write a fake in tests/fakes and hand it in.",
    places_of_one_machine: "Say it relative to the repository, or leave it out.",
    registries: "Where packages come from is the machine's business, not the repository's.",
}


@pytest.mark.parametrize("rule", REMEDIES, ids=lambda rule: rule.__name__)
def test_the_repository_is_tidy(rule: Callable[[], Iterator[Finding]]) -> None:
    findings = [f"  {where}: {what}" for where, what in rule() if where not in EXEMPT]
    assert not findings, "\n".join([f"{rule.__name__}: {REMEDIES[rule]}", *findings])


def test_every_exemption_is_still_needed() -> None:
    needed = {where for rule in REMEDIES for where, _ in rule()}
    assert not set(EXEMPT) - needed, f"remove from EXEMPT: {sorted(set(EXEMPT) - needed)}"


NESTED = "def f():\n for a in b:\n  if a:\n   with c:\n    try:\n     d()\n    finally:\n     e()\n"
CHAINED = "def f():\n if a:\n  b()\n elif c:\n  d()\n elif e:\n  g()\n elif h:\n  i()\n elif j:\n  k()\n"


@pytest.mark.parametrize("source, levels", [(NESTED, 4), (CHAINED, 1), ("def f():\n return 1\n", 0)])
def test_nesting_counts_blocks_and_not_branches(source: str, levels: int) -> None:
    assert nesting(next(functions(ast.parse(source)))) == levels


def test_a_docstring_is_not_counted_as_length() -> None:
    told = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    assert line_count(next(functions(ast.parse(told)))) == 2
