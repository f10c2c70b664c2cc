"""The layers: do imports point one way, and would a machine notice if they did not?"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def lint_imports(folder: Path) -> tuple[int, str]:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "300"},
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped code and its contracts, to do mischief in."""
    shutil.copytree(
        ROOT / "chalicelib", tmp_path / "chalicelib", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.capability("S-008")
def test_imports_point_one_way() -> None:
    code, said = lint_imports(ROOT)
    assert code == 0, said


@pytest.mark.capability("S-008")
@pytest.mark.parametrize(
    "path, line, contract",
    [
        ("domain/mischief.py", "import boto3", "Rules know nothing"),
        ("domain/mischief.py", "import urllib.request", "Rules know nothing"),
        ("domain/mischief.py", "from chalicelib import risk", "handlers > bootstrap"),
        ("usecases/mischief.py", "from chalicelib import store", "handlers > bootstrap"),
        ("store/mischief.py", "from chalicelib import gateways", "handlers > bootstrap"),
        ("gateways/mischief.py", "import pynamodb", "Only the store"),
        ("handlers/mischief.py", "import boto3", "Only gateways and bootstrap"),
        ("handlers/mischief.py", "import local", "What is shipped"),
    ],
)
def test_an_import_against_the_layers_is_found(copy: Path, path: str, line: str, contract: str) -> None:
    (copy / "chalicelib" / path).write_text(f"{line}\n", encoding="utf-8")
    code, said = lint_imports(copy)
    assert code == 1
    assert [found for found in said.splitlines() if contract in found and "BROKEN" in found], said


def test_a_folder_that_nobody_placed_is_found(copy: Path) -> None:
    (copy / "chalicelib" / "somewhere").mkdir()
    (copy / "chalicelib" / "somewhere" / "__init__.py").write_text("", encoding="utf-8")
    code, said = lint_imports(copy)
    assert code == 1
    assert "somewhere" in said
