"""The proof table: does it count what is proven, and refuse what is not?"""

from pathlib import Path

import pytest

from tests.capabilities import catalogue, collected, proven_by, table, titled, web_proofs


def test_the_catalogue_holds_the_numbers_1_to_184_in_order() -> None:
    numbers = [number for titles in catalogue().values() for number in titles]
    assert numbers == [f"S-{number:03}" for number in range(1, 185)]


def test_every_title_is_short_and_said_once() -> None:
    titles = [title for titles in catalogue().values() for title in titles.values()]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 72


def test_the_last_line_counts_the_proven_ones() -> None:
    groups = {"Trade": {"S-001": "one", "S-002": "two"}, "Load": {"S-003": "three"}}
    lines = list(table(groups, {"S-002": ["a", "b"]}))
    assert lines[-1].strip() == "1 of 3 proven"
    assert [line.split()[-1] for line in lines if "S-00" in line] == ["-", "a", "-"]


def test_the_cases_of_one_table_are_one_proof() -> None:
    assert proven_by([("S-001", "t::a[1]"), ("S-001", "t::a[2]"), ("S-001", "t::b")]) == {
        "S-001": ["t::a", "t::b"]
    }


MARKED = """
import pytest

@pytest.mark.capability("S-001", "S-002")
def test_of_two(): pass

@pytest.mark.capability("S-003")
@pytest.mark.skip
def test_that_is_skipped(): pass

@pytest.mark.capability()
def test_of_nothing(): pass
"""


def test_marks_are_collected_and_empty_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "test_marked.py"
    path.write_text(MARKED, encoding="utf-8")
    proofs, lies = collected([str(path), f"--rootdir={tmp_path}"])
    assert [number for number, _ in proofs] == ["S-001", "S-002", "S-003"]
    assert len(lies) == 2


def test_a_test_file_that_cannot_be_read_is_no_gap_but_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "test_broken.py"
    path.write_text("import nothing_of_that_name", encoding="utf-8")
    with pytest.raises(SystemExit, match="nothing_of_that_name"):
        collected([str(path), f"--rootdir={tmp_path}"])


def test_a_web_test_proves_by_its_title(tmp_path: Path) -> None:
    told = '// S-001\ntest("three taps (S-124)", async () => {})'
    (tmp_path / "top_up.journey.ts").write_text(told, "utf-8")
    assert list(web_proofs(tmp_path)) == [("S-124", f"{tmp_path.name}/top_up.journey.ts")]
    assert list(titled("it('S-130 and S-154: keys', f)")) == ["S-130", "S-154"]
