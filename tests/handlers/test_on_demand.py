"""Routes on demand: is a noun there when it is asked for, and not before?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import app
from chalicelib.handlers.api import PATHS, noun_of
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route

ROOT = Path(__file__).parents[2]

# What a process has imported when it starts, and when a path was asked for.
LOOK = """
import json, sys
from app import app
def nouns():
    places = [name.split(".")[-1] for name in sys.modules if name.startswith("chalicelib.handlers.api.")]
    return sorted(places)
seen = [nouns()]
assert sorted(app.routes["/v1/orders/{order_id}"]) == ["GET", "OPTIONS"]
seen.append(nouns())
seen.append([name for name in ("boto3", "pydantic_settings", "segno", "argon2") if name in sys.modules])
print(json.dumps(seen))
"""


def test_a_process_imports_the_nouns_that_it_serves() -> None:
    run = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == [[], ["orders"], []]


LOOK_AGAIN = """
import sys
from app import app
sys.modules["chalicelib.handlers.api.health"] = None
try:
    app.routes["/v1/health"]
except ImportError:
    print("failed once")
del sys.modules["chalicelib.handlers.api.health"]
print(sorted(app.routes["/v1/health"]))
"""


def test_a_noun_whose_import_failed_is_not_lost_to_the_process() -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOOK_AGAIN], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == ["failed once", "['GET', 'OPTIONS']"]


def test_a_reader_of_a_stream_imports_nothing_of_the_web() -> None:
    look = "import sys, chalicelib.handlers.streams; print({'pydantic', 'jwt', 'boto3'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("route", DECLARED, ids=lambda route: f"{route.method} {route.path_text}")
def test_every_path_is_looked_for_where_it_is_declared(route: Route) -> None:
    assert noun_of(route.path_text) == route.handler.__module__.rpartition(".")[2]


def test_no_beginning_of_a_path_stands_there_for_nothing() -> None:
    declared = [f"{route.path_text}/" for route in DECLARED]
    beginnings = [beginning for beginnings in PATHS.values() for beginning in beginnings]
    assert len(set(beginnings)) == len(beginnings)
    idle = [one for one in beginnings if not any(path.startswith(f"{one.rstrip('/')}/") for path in declared)]
    assert idle == []


def test_whoever_goes_through_the_table_sees_every_path() -> None:
    assert set(app.routes) == {route.path_text for route in DECLARED}
    assert len(app.routes) == len(app.routes.keys()) == len(app.routes.items()) == len(app.routes.values())
    assert "/v1/orders" in app.routes
    assert "/v1/nowhere" not in app.routes
