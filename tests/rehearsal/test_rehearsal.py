"""The rehearsal, once; and would it notice what it is there for?"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra import package
from infra.build import transformed_template
from local.children import PROJECT
from local.testing import Engine
from tests.rehearsal.imports import handlers, import_errors
from tests.rehearsal.stack import Stack, StackFailed
from tests.rehearsal.steps import ARCHITECTURE, STEPS, NotSo, told_of_creation
from tests.rehearsal.unknown import UNKNOWN, ReferredTo, references, without_unknown

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-a-test"}}
ASSOCIATION = "AWS::WAFv2::WebACLAssociation"


def test_what_aws_would_get_is_created_driven_changed_and_deleted() -> None:
    """A program of its own: what a process has built knows one engine, and this one has another."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.rehearsal"], cwd=PROJECT, capture_output=True, text=True, timeout=500
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = re.findall(r"^ *(\d+)/\d+ (\w+) ", ran.stdout, re.MULTILINE)
    assert lines == [(str(number), name) for number, (name, _) in enumerate(STEPS, 1)]
    (created, wanted) = re.findall(r"created (\d+) of (\d+) resources", ran.stdout)[0]
    assert int(wanted) == len(transformed_template("dev")["Resources"])
    without = ran.stdout.count("not known to the engine")
    assert int(created) + without == int(wanted) or "by their conditions" in ran.stdout
    assert without <= len(UNKNOWN)
    assert re.search(r"\nrehearsed in \d+ s\n$", ran.stdout)


# ---------------------------------------------------------------- what the engine does not know


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": {"Queue": QUEUE, **resources}}


def test_a_listed_resource_is_left_out_with_whatever_waits_for_it() -> None:
    whole = template(
        Gone={"Type": ASSOCIATION, "Properties": {"ResourceArn": {"Ref": "Queue"}}},
        Waiting={**QUEUE, "DependsOn": ["Gone", "Queue"]},
        Alone={**QUEUE, "DependsOn": "Gone"},
    ) | {"Outputs": {"Of": {"Value": {"Ref": "Gone"}}, "Kept": {"Value": {"Ref": "Queue"}}}}
    known, left_out = without_unknown(whole)
    assert left_out == {"Gone": ASSOCIATION}
    assert known["Resources"] == {
        "Queue": QUEUE,
        "Waiting": {**QUEUE, "DependsOn": ["Queue"]},
        "Alone": QUEUE,
    }
    assert known["Outputs"] == {"Kept": {"Value": {"Ref": "Queue"}}}


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Gone"},
        {"Fn::GetAtt": ["Gone", "Arn"]},
        {"Fn::GetAtt": "Gone.Arn"},
        {"Fn::Sub": "a ${Gone.Arn}"},
        {"Fn::Sub": ["${Gone}-${b}", {"b": "c"}]},
        {"Fn::Join": ["", ["a", {"Ref": "Gone"}]]},
    ],
)
def test_a_listed_resource_that_another_needs_is_not_left_out_silently(value: Any) -> None:
    needing = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": value}}
    with pytest.raises(ReferredTo, match=f"Needing refers to Gone, a {ASSOCIATION}"):
        without_unknown(template(Gone={"Type": ASSOCIATION}, Needing=needing))
    assert "Gone" in set(references(value))


def test_an_unlisted_resource_fails_the_creation_and_is_named_with_what_to_do(engine: Engine) -> None:
    stack = Stack(engine.endpoint_url)
    stack.client("s3").create_bucket(Bucket="forecourt-rehearsal-code")
    odd = template(Odd={"Type": "AWS::Nobody::Knows", "Properties": {}})
    with pytest.raises(StackFailed, match=r"does not know AWS::Nobody::Knows \(Odd\): name it in tests/reh"):
        stack.create(odd, {})


@pytest.mark.parametrize("kind", sorted(UNKNOWN))
def test_what_is_listed_is_really_unknown_to_the_engine(engine: Engine, kind: str) -> None:
    stack = Stack(engine.endpoint_url)
    stack.client("s3").create_bucket(Bucket="forecourt-rehearsal-code")
    with pytest.raises(StackFailed, match=f"does not know {kind} "):
        stack.create({"Resources": {"Listed": {"Type": kind, "Properties": {}}}}, {})


def test_a_resource_that_nobody_created_is_named() -> None:
    whole = template(Other=QUEUE, Optional={**QUEUE, "Condition": "Never"})
    with pytest.raises(NotSo, match="nobody created Other"):
        told_of_creation(whole, {"Queue"}, {})
    told = told_of_creation(whole, {"Queue"}, {"Other": ASSOCIATION})
    assert told.startswith("created 1 of 3 resources; by their conditions without Optional")
    assert f"Other, {ASSOCIATION}: {UNKNOWN[ASSOCIATION]}" in told


# ---------------------------------------------------------------- the zip alone


def test_every_handler_of_the_template_is_loaded() -> None:
    found = handlers(transformed_template("dev"))
    functions = [
        resource
        for resource in transformed_template("dev")["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert sum(len(names) for names in found.values()) == len(functions)
    assert found["app"] == ["app"] and "archive_journal" in found["chalicelib.handlers.streams"]


def test_a_dependency_that_the_zip_lacks_is_noticed_though_this_machine_has_it(tmp_path: Path) -> None:
    whole = package.built(ARCHITECTURE)
    lacking = tmp_path / "lacking.zip"
    with zipfile.ZipFile(whole.path) as archive, zipfile.ZipFile(lacking, "w") as copy:
        for entry in archive.infolist():
            if not entry.filename.startswith("jmespath/"):
                copy.writestr(entry, archive.read(entry))
    assert import_errors(whole.path, {"chalicelib.handlers.queues": ["import_cards"]}) == []
    assert import_errors(lacking, {"chalicelib.handlers.queues": ["import_cards"]}) == [
        "chalicelib.handlers.queues does not load from the zip: "
        "ModuleNotFoundError: No module named 'jmespath'"
    ]
    assert import_errors(whole.path, {"chalicelib.handlers.queues": ["no_such_handler"]}) == [
        "chalicelib.handlers.queues.no_such_handler is not callable"
    ]
