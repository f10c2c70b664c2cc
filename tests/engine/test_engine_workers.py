"""The engine's workers: does a call end on the code it began with, and is that unpacked only once?"""

import io
import json
import threading
import time
import zipfile
from typing import Any

import pytest

from local.resources import client
from local.testing import Engine

SLOW_SECONDS = 2.0
CODE = """
import os, time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return ["VERSION", os.getpid(), os.path.realpath(__file__)]
"""


def zipped(version: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("code.py", CODE.replace("VERSION", version))
    return content.getvalue()


@pytest.fixture
def functions(engine: Engine) -> Any:
    functions = client("lambda", engine.endpoint_url)
    functions.create_function(
        FunctionName="slow", Runtime="python3.11", Handler="code.handler", Timeout=20,
        Role="arn:aws:iam::000000000000:role/none", Code={"ZipFile": zipped("old")},
    )  # fmt: skip
    yield functions
    functions.delete_function(FunctionName="slow")


def called(functions: Any, seconds: float = 0) -> Any:
    """The version that answered, its process, and where its code lies."""
    answer = functions.invoke(FunctionName="slow", Payload=json.dumps({"seconds": seconds}))
    return json.loads(answer["Payload"].read())


def test_a_call_ends_on_the_code_it_began_with_and_the_next_one_has_the_new(functions: Any) -> None:
    assert called(functions)[0] == "old"
    answers: list[Any] = []
    call = threading.Thread(target=lambda: answers.append(called(functions, SLOW_SECONDS)))
    call.start()
    time.sleep(0.5)
    began = time.monotonic()
    functions.update_function_code(FunctionName="slow", ZipFile=zipped("new"))
    assert called(functions)[0] == "new"
    assert time.monotonic() - began < SLOW_SECONDS - 0.5, "the update waited for the call"
    call.join()
    assert [answer[0] for answer in answers] == ["old"]


def test_workers_of_the_same_code_share_it_and_other_code_lies_elsewhere(functions: Any) -> None:
    answers: list[Any] = []
    calls = [threading.Thread(target=lambda: answers.append(called(functions, 1.0))) for _ in range(2)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert len({process for _, process, _ in answers}) == 2
    (place,) = {place for _, _, place in answers}
    functions.update_function_code(FunctionName="slow", ZipFile=zipped("new"))
    assert called(functions)[2] != place
