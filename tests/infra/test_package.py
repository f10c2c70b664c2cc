"""The package: is it what Lambda runs, the same bytes every time, and nothing that no function needs?"""

import ast
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import package, wheels
from infra.build import transformed_template
from infra.package import Package, PackageRefused
from infra.wheels import WheelsRefused

ROOT = Path(__file__).parent.parent.parent
HERE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]  # what this machine can run

SMALL = {
    "app.py": "from chalicelib import rules\n",
    "LICENSE": "ours\n",
    "NOTICE": "ours\n",
    "chalicelib/__init__.py": "",
    "chalicelib/rules.py": "KNOWN = frozenset({'one', 'two', 'three'})\n",
    "chalicelib/words.json": "{}\n",
}


def written(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def names(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def zipped(directory: Path, path: Path) -> bytes:
    package.compile_modules(directory)
    package.write_zip(path, directory)
    return path.read_bytes()


# ---------------------------------------------------------------- the same bytes


def test_the_same_files_give_the_same_bytes_wherever_and_whenever_they_are_written(tmp_path: Path) -> None:
    first = written(tmp_path / "here", SMALL)
    second = written(tmp_path / "a" / "longer" / "place", dict(reversed(SMALL.items())))
    for path in second.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    assert zipped(first, tmp_path / "first.zip") == zipped(second, tmp_path / "second.zip")
    written(second, {"chalicelib/words.json": "{} \n"})
    assert zipped(first, tmp_path / "first.zip") != zipped(second, tmp_path / "second.zip")


def test_modules_are_compiled_for_the_place_where_lambda_runs_them(tmp_path: Path) -> None:
    directory = written(tmp_path / "task", SMALL)
    package.compile_modules(directory)
    compiled = next((directory / "chalicelib" / "__pycache__").glob("rules.*.pyc"))
    assert compiled.read_bytes()[4:8] == b"\1\0\0\0"  # by hash, and the hash is not checked
    (directory / "chalicelib" / "rules.py").write_text("not even python", encoding="utf-8")
    assert b"/var/task/chalicelib/rules.py" in compiled.read_bytes()
    script = "import sys; sys.path.insert(0, sys.argv[1]); import app; print(len(app.rules.KNOWN))"
    ran = subprocess.run([sys.executable, "-c", script, str(directory)], capture_output=True, text=True)
    assert ran.stdout == "3\n", ran.stderr


def test_a_module_that_does_not_compile_is_refused_by_name(tmp_path: Path) -> None:
    directory = written(tmp_path / "task", {"broken.py": "def"})
    with pytest.raises(PackageRefused, match="broken.py"):
        package.compile_modules(directory)


def test_entries_are_sorted_and_carry_neither_times_nor_modes(tmp_path: Path) -> None:
    zipped(written(tmp_path / "task", SMALL), tmp_path / "task.zip")
    with zipfile.ZipFile(tmp_path / "task.zip") as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert len(entries) == len(SMALL) + 3


# ---------------------------------------------------------------- what is in it


def test_our_part_is_the_app_the_code_its_data_and_our_terms() -> None:
    ours = set(package.own_files())
    assert {"app.py", "LICENSE", "NOTICE", "chalicelib/handlers/messages.json"} <= ours
    kinds = {Path(name).suffix for name in ours if name.startswith("chalicelib/")}
    assert kinds == {".py", ".json", ".html", ".txt"}
    assert {name.partition("/")[0] for name in ours} == {"app.py", "LICENSE", "NOTICE", "chalicelib"}


def test_what_no_function_reads_is_left_at_home(tmp_path: Path) -> None:
    kept = {
        "boto3/session.py", "botocore/data/endpoints.json", "botocore/data/s3/2006-03-01/service-2.json.gz",
        "chalice/app.py", "chalice/__init__.py", "one/code.py", "one/testing.py", "two.so",
        "one-1.dist-info/METADATA", "one-1.dist-info/LICENSE.txt", "one-1.dist-info/licenses/AUTHORS.rst",
        "one-1.dist-info/licenses/vendored/LICENSE", "one-1.dist-info/NOTICE",
    }  # fmt: skip
    dropped = {
        "bin/one", "share/man/one.1", "boto3/data/s3/1/resources-1.json", "boto3/examples/s3.rst",
        "botocore/data/ec2/1/service-2.json.gz", "botocore/data/s3/2006-03-01/examples-1.json",
        "chalice/cli/__init__.py", "chalice/deploy/deployer.py", "chalice/local.py", "one/tests/test_code.py",
        "one/inner/test/test_code.py", "one/py.typed", "one/code.pyi", "one-1.dist-info/RECORD",
        "one-1.dist-info/entry_points.txt", "one/__pycache__/code.cpython-311.pyc",
        "urllib3/contrib/pyopenssl.py",
    }  # fmt: skip
    directory = written(tmp_path, dict.fromkeys(kept | dropped, ""))
    wheels.prune(directory)
    assert names(directory) == kept


def test_who_buys_imports_nothing_of_passkeys() -> None:
    """As in the zip, where botocore finds no bridge to OpenSSL."""
    script = (
        "import sys; sys.modules['urllib3.contrib.pyopenssl'] = None\n"
        "import app, chalicelib.handlers.orders\n"
        "from chalicelib.handlers.api import routes_of; routes_of('orders')\n"
        "print(sorted({'OpenSSL', 'webauthn', 'cbor2', 'pyasn1', 'botocore.session'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (answer.stdout.strip(), answer.returncode) == ("['botocore.session']", 0), answer.stderr


def client_calls() -> Iterator[tuple[str, ast.expr]]:
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].lstrip("_") in (
                "client",
                "create_client",
            ):
                yield path.relative_to(ROOT).as_posix(), node.args[0]


def test_every_service_that_the_product_calls_is_described_in_the_zip_and_no_other() -> None:
    called, passed_on = set(), set()
    for place, argument in client_calls():
        if isinstance(argument, ast.Constant):
            called.add(argument.value)
        else:
            passed_on.add(place)
    assert passed_on == {"chalicelib/gateways/clients.py"}  # it is told by its callers, who stand above
    assert called | {"dynamodb"} == wheels.SERVICES  # the store's pynamodb asks for this one by itself


def test_the_packages_are_those_of_the_requirements_without_the_command_line_of_chalice() -> None:
    shipped = wheels.shipped_versions()
    assert shipped.keys() >= {"chalice", "boto3", "botocore", "pynamodb", "pydantic-core", "cffi", "urllib3"}
    assert not shipped.keys() & {"pip", "setuptools", "click", "inquirer", "ministack", "moto"}


LOCK = """
# how it was made
{one}==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via something
click==8.0 ; python_version >= "3.11" \\
    --hash=sha256:cc
"""


def test_pip_is_asked_for_the_locked_hashes_of_what_is_shipped(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    blocks = "".join(LOCK.format(one=name) for name in wheels.shipped_versions())
    lock.write_text(blocks.replace("PyJWT", "pyjwt").replace("python-ulid", "Python_ULID"), encoding="utf-8")
    asked = wheels.pins(lock)
    assert (
        asked.count("==1.0")
        == asked.count("sha256:aa")
        == asked.count("sha256:bb")
        == len(wheels.shipped_versions())
    )
    assert "click" not in asked and "#" not in asked


def test_a_package_without_a_lock_line_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(LOCK.format(one="boto3"), encoding="utf-8")
    with pytest.raises(WheelsRefused, match=r"requirements\.lock lacks .*botocore"):
        wheels.pins(lock)


@pytest.mark.parametrize(
    "python, first, last",
    [((3, 11), "manylinux_2_26_aarch64", "manylinux2014_aarch64"),
     ((3, 13), "manylinux_2_34_aarch64", "manylinux2014_aarch64")],
)  # fmt: skip
def test_wheels_are_no_newer_than_the_c_library_of_lambda(
    python: tuple[int, int], first: str, last: str
) -> None:
    found = wheels.platforms("arm64", python)
    assert (found[0], found[-1]) == (first, last)


# ---------------------------------------------------------------- limits and stages


@pytest.mark.parametrize("stage", package.STAGES)
def test_each_stage_on_aws_runs_on_arm_and_on_the_python_that_builds(stage: str) -> None:
    assert package.stage_architecture(stage) == "arm64"
    assert {
        resource["Properties"]["Runtime"]
        for resource in transformed_template(stage)["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    } == {package.PYTHON}


def test_a_package_above_the_limit_is_refused_with_both_numbers(tmp_path: Path) -> None:
    path = tmp_path / "big.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("big", bytes(package.ZIPPED_BYTES_MAX))
    with pytest.raises(PackageRefused, match=r"33,000,\d{3} bytes zipped, more than 33,000,000"):
        Package.at(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", bytes(package.UNZIPPED_BYTES_MAX + 1))
    with pytest.raises(PackageRefused, match=r"262,144,001 bytes unzipped, more than Lambda's"):
        Package.at(path)


# ---------------------------------------------------------------- the real one


def test_the_real_package_comes_out_the_same_when_it_is_compiled_again_elsewhere(tmp_path: Path) -> None:
    kept = package.built(HERE)
    again = tmp_path / "again"
    with zipfile.ZipFile(kept.path) as archive:
        archive.extractall(again)
    modules = {path.parent.parent / f"{path.name.split('.')[0]}.py" for path in again.rglob("*.pyc")}
    assert modules == set(again.rglob("*.py"))
    for compiled in list(again.rglob("__pycache__")):
        shutil.rmtree(compiled)
    own = written(tmp_path / "own", {})
    for name in package.own_files():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (again / name).rename(own / name)
    package.compile_modules(again)
    package.compile_modules(own)
    shutil.copytree(own, again, dirs_exist_ok=True)
    package.write_zip(tmp_path / "again.zip", again)
    assert Package.at(tmp_path / "again.zip").sha256 == kept.sha256
    assert kept.zipped_bytes < 24_000_000


def test_an_unchanged_project_is_not_packed_twice() -> None:
    first = package.built(HERE)
    before = first.path.stat().st_mtime_ns
    assert package.built(HERE) == first and first.path.stat().st_mtime_ns == before
