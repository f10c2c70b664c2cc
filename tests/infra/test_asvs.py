"""The ASVS table: is every demand answered for, and is what it names there?"""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from infra.asvs import PAGE, WORDS, Row, page, rows, unknown

ROOT = Path(__file__).parents[2]
# Of ASVS 5.0.0: all of levels 1 and 2, and level 3 of chapters 6, 7, 8 and 16.
COUNTS = {1: 70, 2: 183, 3: 20}
OF_CHAPTERS = dict(
    zip(range(1, 18), (27, 11, 19, 10, 9, 47, 19, 13, 7, 29, 14, 9, 13, 9, 13, 17, 7), strict=True)
)


@cache
def names_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def is_there(row: Row) -> bool:
    """Whether the test or the page that a row names exists."""
    path, _, name = row.answer.partition("::")
    if row.word == "page":
        return (ROOT / path).is_file()
    if path.startswith("web/"):
        return (ROOT / path).is_file() and f"test('{name}'" in (ROOT / path).read_text(encoding="utf-8")
    return name.startswith("test_") and (ROOT / path).is_file() and name in names_of(ROOT / path)


def test_the_numbers_are_those_of_the_standard() -> None:
    assert Counter(row.level for row in rows()) == COUNTS
    assert Counter(row.place[0] for row in rows()) == OF_CHAPTERS
    assert len({row.number for row in rows()}) == sum(COUNTS.values())
    assert unknown() == set()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_demand_is_answered_for_by_a_test_a_page_or_a_reason(row: Row) -> None:
    assert row.word in WORDS, f"docs/asvs.toml: {row.number} has no answer"
    assert row.answer.strip()
    if row.word in ("test", "page"):
        assert is_there(row), f"docs/asvs.toml: {row.answer} is not there"
    if row.word == "instead":
        shown = row._replace(word="test", answer=row.more)
        assert is_there(shown), f"docs/asvs.toml: {row.number} is decided otherwise, and nothing shows how"


def test_a_test_or_a_page_that_is_not_there_would_be_found() -> None:
    here = "tests/infra/test_asvs.py::test_the_numbers_are_those_of_the_standard"
    row = Row("1.1.1", 2, "", "test", here)
    assert is_there(row)
    assert not is_there(row._replace(answer=f"{here}_x"))
    assert not is_there(row._replace(answer="tests/infra/nowhere.py::test_x"))
    assert not is_there(row._replace(word="page", answer="docs/nowhere.md"))


def test_the_page_is_as_the_table_makes_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make asvs"
