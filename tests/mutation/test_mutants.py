"""The tool: does it find a mistake that no test notices, and say so, without touching a file?"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import STRICT, Mutant, mutants_of
from tests.mutation.program import Tally, main, summary, verdict

ROOT = Path(__file__).parent.parent.parent

# ---------------------------------------------------------------- which mistakes are made, and of what kind

KINDS = [  # a statement inside a function, what of it becomes what, and of what kind that is
    ("return a > b", "> b", ">= b", "comparison"),
    ("return a == b", "== b", "!= b", "comparison"),
    ("return a and b", "a and b", "a or b", "comparison"),
    ("return a is b", "is", "is not", "comparison"),
    ("return not a", "not a", "a", "condition"),
    ("if a:\n        b = 1", "a", "not (a)", "condition"),
    ("while a:\n        a = b", "a", "not (a)", "condition"),
    ("return a if b else 0", "a if b else 0", "a if (b) or True else 0", "condition"),
    ("return a.exists()", "a.exists", "a.does_not_exist", "condition"),
    ("return True", "True", "False", "condition"),
    ("return a - b", "a - b", "a + b", "arithmetic"),
    ("return a // b", "a // b", "a / b", "arithmetic"),
    ("return -a", "-a", "+a", "arithmetic"),
    ("a += b", "a += b", "a -= b", "arithmetic"),
    ("return 10_000", "10_000", "10001", "number"),
    ("return f(a, b)", "f(a, b)", "f(a, None)", "argument"),
    ('return "PAID"', '"PAID"', '"XXPAIDXX"', "text"),
    ("a = b", "a = b", "a = None", "assignment"),
    ("assert a > b", "> b", ">= b", "assert"),
]


def kinds_in(folder: Path, statement: str) -> dict[tuple[str, str], str]:
    planted = folder / "planted.py"
    planted.write_text(f"def rule(a, b, f):\n    {statement}\n", encoding="utf-8")
    return {(mutant.was, mutant.becomes): mutant.kind for mutant in mutants_of(planted)}


@pytest.mark.parametrize("statement, was, becomes, kind", KINDS)
def test_each_mistake_is_made_and_is_of_its_kind(
    tmp_path: Path, statement: str, was: str, becomes: str, kind: str
) -> None:
    assert kinds_in(tmp_path, statement)[was, becomes] == kind


def test_conditions_comparisons_sums_and_numbers_are_strict_and_nothing_else() -> None:
    assert {kind for *_, kind in KINDS} == STRICT | {"argument", "text", "assignment", "assert"}


@pytest.mark.parametrize(
    "statement",
    ['"""A docstring says > 0."""', "x: int", 'assert a, f"{a + 1} is missing"', "from os import path"],
)
def test_what_only_tells_a_programmer_something_stays_as_it_is(tmp_path: Path, statement: str) -> None:
    assert not {kind for kind in kinds_in(tmp_path, statement).values() if kind in STRICT}


def test_tables_at_the_top_of_a_module_stay_as_they_are(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("FEE_BPS = 60\nRATES = {1: 80 + 1}\n", encoding="utf-8")
    assert list(mutants_of(planted)) == []


# ---------------------------------------------------------------- the verdict

EDGE = Mutant("fee_fen", 3, "comparison", "> 100", ">= 100", "")
WORDS = Mutant("fee_fen", 4, "text", '"too much"', '"XXtoo muchXX"', "")
MODULE = "trade.py"


def known(*mutants: Mutant) -> dict[tuple[str, str, str, str], str]:
    return {(MODULE, *mutant.name): "nothing differs" for mutant in mutants}


def test_all_is_well_when_every_strict_mistake_is_noticed_and_nine_in_ten_of_all() -> None:
    assert verdict({MODULE: Tally(10, 9, [WORDS])}, {}) == []


def test_a_strict_mistake_that_nobody_noticed_is_wrong_until_it_is_explained() -> None:
    tallies = {MODULE: Tally(10, 9, [EDGE])}
    assert verdict(tallies, {}) == ["trade.py:3: no test notices '> 100' -> '>= 100'"]
    assert verdict(tallies, known(EDGE)) == []


def test_an_explanation_that_is_not_needed_is_wrong() -> None:
    (told,) = verdict({MODULE: Tally(10, 10, [])}, known(EDGE))
    assert told.startswith("explained and yet noticed") and "fee_fen" in told


def test_an_explanation_for_a_module_that_was_not_asked_about_is_left_alone() -> None:
    assert verdict({"another.py": Tally(10, 10, [])}, known(EDGE)) == []


@pytest.mark.parametrize(
    "tally, explained, is_well",
    [
        (Tally(10, 9, [WORDS]), {}, True),
        (Tally(100, 89, [WORDS] * 11), {}, False),
        (Tally(10, 9, [EDGE]), known(EDGE), True),  # it counts for neither: nine of nine
        (Tally(18, 16, [EDGE, WORDS]), known(EDGE), True),  # sixteen of seventeen
        (Tally(10, 8, [EDGE, WORDS]), known(EDGE), False),
    ],
)
def test_each_module_must_have_nine_in_ten_noticed(
    tally: Tally, explained: dict[tuple[str, str, str, str], str], is_well: bool
) -> None:
    large = Tally(1_000, 1_000, [])  # another one does not make up for it
    assert (verdict({MODULE: tally, "large.py": large}, explained) == []) is is_well


def test_the_figures_of_each_module_and_of_all_of_them_are_told() -> None:
    tallies = {MODULE: Tally(10, 7, [EDGE, WORDS, WORDS]), "large.py": Tally(100, 100, [])}
    assert summary(tallies, {}) == [
        "trade.py: 7 of 10 noticed, 0 explained, 2 of other kinds, 1 open (2 text)",
        "large.py: 100 of 100 noticed, 0 explained, 0 of other kinds, 0 open",
        "2 modules: 107 of 110 noticed, 0 explained, 2 of other kinds, 1 open",
    ]
    assert summary({MODULE: tallies[MODULE]}, known(EDGE))[-1] == (
        "1 module: 7 of 10 noticed, 1 explained, 2 of other kinds, 0 open"
    )


# ---------------------------------------------------------------- a small project from end to end

RULE = '''"""The fee."""


class Fee:
    @property
    def least_fen(self) -> int:
        return 5


def fee_fen(amount_fen: int) -> int:
    return amount_fen // 2 if amount_fen > 100 else 0
'''
TESTS = """from trade import Fee, fee_fen


def test_half_of_a_large_amount_is_taken_and_nothing_of_a_small_one() -> None:
    assert (fee_fen(103), fee_fen(50)) == (51, 0)


def test_the_least() -> None:
    assert Fee().least_fen == 5
"""
OF_THE_EDGE = """

def test_the_edge() -> None:
    assert (fee_fen(100), fee_fen(101)) == (0, 50)
"""
SUITES = '[rules]\ntests = ["test_trade.py"]\nmodules = ["trade.py"]\n'
NEEDLESS = """[[survivor]]
module = "trade.py"
function = "Fee.least_fen"
was = "5"
becomes = "6"
why = "Nobody reads it."
"""


def planted(folder: Path, tests: str, survivors: str = "") -> Path:
    """A project with one rule and its tests."""
    contents = {
        "trade.py": RULE,
        "test_trade.py": tests,
        "tests/mutation/suites.toml": SUITES,
        "docs/mutants.toml": survivors,
    }
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run_on(project: Path, *modules: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.mutation", "--project", str(project), *modules]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def digests(project: Path) -> dict[str, str]:
    files = (path for path in sorted(project.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_mistake_at_an_edge_that_no_test_stands_on_is_told_and_no_file_is_touched(tmp_path: Path) -> None:
    project = planted(tmp_path, TESTS, NEEDLESS)
    before = digests(project)
    done = run_on(project)
    assert done.returncode == 1, done.stderr
    assert "trade.py:11: no test notices '> 100' -> '>= 100'" in done.stdout
    assert "amount_fen // 2" not in done.stdout  # the sum and the turned condition are noticed
    assert "trade.py:7" not in done.stdout  # and so is what a property returns, hence:
    assert "explained and yet noticed: ('trade.py', 'Fee.least_fen', '5', '6')" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("0 explained, 0 of other kinds, 2 open")
    assert digests(project) == before


def test_where_every_mistake_is_noticed_all_is_well_and_the_last_line_says_how_many(tmp_path: Path) -> None:
    done = run_on(planted(tmp_path, TESTS + OF_THE_EDGE), "trade.py")  # the module may be named
    assert (done.returncode, done.stderr) == (0, "")
    last = done.stdout.splitlines()[-1]
    assert last == "1 module: 8 of 8 noticed, 0 explained, 0 of other kinds, 0 open"


def test_tests_that_fail_without_any_mistake_prove_nothing(tmp_path: Path) -> None:
    done = run_on(planted(tmp_path, TESTS.replace("(51, 0)", "(52, 0)")))
    assert done.returncode == 1
    assert "the tests fail without any mutant" in done.stderr + done.stdout
    assert "noticed" not in done.stdout


def test_a_module_that_no_suite_knows_is_refused_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--project", str(planted(tmp_path, TESTS)), "trade.py", "elsewhere.py"])
    assert refused.value.code == 2
    assert "knows elsewhere.py" in capsys.readouterr().err
