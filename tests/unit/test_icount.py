"""The counting of instructions: would a function that grew be noticed, and a missing valgrind told?"""

from pathlib import Path

import pytest

from bench.icount import table, valgrind
from bench.icount.gates import broken_gates, limit_of
from bench.icount.jobs import STREAMS
from bench.icount.measure import COLD, WARM, Counted

AT_THE_LIMIT = [
    Counted(WARM, 2_000, 1_000),
    Counted(COLD, 1_800, 1_000),
    *(Counted(f"cold start of {name}", 1_300, 1_000) for name in STREAMS),
]


def test_at_the_limit_every_gate_holds() -> None:
    assert broken_gates(AT_THE_LIMIT) == []


@pytest.mark.parametrize("counted", AT_THE_LIMIT, ids=lambda one: one.name)
def test_a_per_mille_more_breaks_its_gate(counted: Counted) -> None:
    grown = Counted(counted.name, counted.ours + counted.ours // 1_000 + 1, counted.bare)
    assert [sentence.partition(":")[0] for sentence in broken_gates([grown])] == [counted.name]


def test_the_table_shows_both_sides_and_the_limit() -> None:
    rows = table.text([Counted(WARM, 30_000_000, 20_000_000)]).splitlines()
    assert rows[-1] == "| warm P | 30.0 | 20.0 | 1.50 | 2.0 |"
    assert limit_of("cold start of pay_commission") == 1.3


def test_a_machine_without_valgrind_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(valgrind.ValgrindMissing, match=r"sh infra/valgrind\.sh"):
        valgrind.place(path="", unpacked=tmp_path)


def test_an_unpacked_valgrind_is_told_where_its_tools_are(tmp_path: Path) -> None:
    for folder in ("usr/bin", "usr/libexec/valgrind"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/bin/valgrind").touch()
    program, environment = valgrind.place(path="", unpacked=tmp_path)
    assert program == str(tmp_path / "usr/bin/valgrind")
    assert environment == {"VALGRIND_LIB": str(tmp_path / "usr/libexec/valgrind")}
