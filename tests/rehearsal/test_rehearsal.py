"""The rehearsal, once; and would it notice what it is there for?"""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra import package
from infra.build import transformed_template
from infra.releases import Release
from infra.stack import StackRefused
from local.children import PROJECT
from local.resources import client
from local.testing import Engine
from tests.rehearsal.caller import Caller
from tests.rehearsal.crowd import Buyer, Crowd
from tests.rehearsal.deployment import deployment_of
from tests.rehearsal.imports import handlers, import_errors
from tests.rehearsal.next_version import NEXT, next_version
from tests.rehearsal.resources import NotSo, told_of_creation
from tests.rehearsal.steps import ARCHITECTURE, STEPS
from tests.rehearsal.unknown import UNKNOWN, ReferredTo, Template, references, without_unknown

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-a-test"}}
ASSOCIATION = "AWS::WAFv2::WebACLAssociation"


@pytest.mark.capability("S-007", "S-046")
def test_what_aws_would_get_is_deployed_seeded_driven_changed_under_load_and_deleted(
    record_property: Callable[[str, object], None],
) -> None:
    """A program of its own: what a process has built knows one engine, and this one has another.

    S-007: step `deploy` is the code of `make deploy` on an empty account, with its seed; then the first
    admin, once, and a purchase. S-046: step `update` is a new version while customers trade.
    """
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
    assert "the catalogue was empty: it has 8 products, 1 plans, 4 parameters now" in ran.stdout
    assert "the first admin enrolled once, turned a second factor on and signed in" in ran.stdout
    (tried, meanwhile, failed) = re.findall(
        r"(\d+) orders tried, (\d+) of them ended meanwhile, (\d+) failed", ran.stdout
    )[0]
    assert int(tried) > int(meanwhile) > 0 and int(failed) == 0
    assert f"each of the {tried} orders of the update is there once" in ran.stdout
    (seconds,) = re.findall(r"\nrehearsed in (\d+) s\n$", ran.stdout)
    record_property("told", f"rehearsal: {created} of {wanted} resources created, {seconds} s in all")


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


def proposed(engine: Engine, resource: Template) -> None:
    """Ask the engine's CloudFormation for a stack of one resource, as `make deploy` asks."""
    s3 = client("s3", engine.endpoint_url)
    deployment = deployment_of(
        lambda name: client(name, engine.endpoint_url), engine.endpoint_url, "dev", print
    )
    s3.create_bucket(Bucket=deployment.releases.bucket)
    release = Release("r1", "dirty", {}, {})
    body = json.dumps({"Resources": {"Odd": resource}})
    s3.put_object(Bucket=deployment.releases.bucket, Key=release.template_key, Body=body)
    deployment.stack.proposed("odd", deployment.releases.template_url(release), {})


def test_an_unlisted_resource_fails_the_creation_and_is_named_with_what_to_do(engine: Engine) -> None:
    with pytest.raises(StackRefused, match="does not know AWS::Nobody::Knows: name it in tests/reh"):
        proposed(engine, {"Type": "AWS::Nobody::Knows", "Properties": {}})


@pytest.mark.parametrize("kind", sorted(UNKNOWN))
def test_what_is_listed_is_really_unknown_to_the_engine(engine: Engine, kind: str) -> None:
    with pytest.raises(StackRefused, match=f"does not know {kind}:"):
        proposed(engine, {"Type": kind, "Properties": {}})


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


# ---------------------------------------------------------------- the update


def test_the_next_version_is_the_same_code_and_says_so(tmp_path: Path) -> None:
    old = package.built(ARCHITECTURE).path
    new = next_version(old, tmp_path)
    program = "import sys; sys.path.insert(0, sys.argv[1]); import chalicelib; print(chalicelib.VERSION)"
    ran = subprocess.run([sys.executable, "-I", "-c", program, str(new)], capture_output=True, text=True)
    assert ran.stdout.strip() == NEXT, ran.stderr
    with zipfile.ZipFile(old) as before, zipfile.ZipFile(new) as after:
        gone = set(before.namelist()) - set(after.namelist())
        changed = [name for name in after.namelist() if before.read(name) != after.read(name)]
    assert changed == ["chalicelib/__init__.py"] and all(name.endswith(".pyc") for name in gone)


class Api:
    """What a client sees: each answer once, then the last one for ever."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers["Idempotency-Key"])
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not status:
            raise httpx.ReadTimeout("no answer")
        return httpx.Response(status, json=body)


PLACED = (201, {"order": {"order_id": "ord_1"}})
COMPLETED = (200, {"state": "COMPLETED"})


def bought(*answers: tuple[int, Any]) -> tuple[Buyer, Api]:
    """A buyer who tried one order at an API that answers like this."""
    api = Api(*answers)
    caller = Caller("http://api.invalid", {"buyer": "token"})
    http = httpx.Client(transport=httpx.MockTransport(api))
    buyer = Buyer(caller, "buyer", {"method": "CARD"}, orders_max=1, http=http)
    buyer.start()
    buyer.ended.wait(0.01)
    while buyer.running:
        buyer.ended.wait(0.01)
    return buyer, api


def test_a_client_sends_again_under_its_key_what_was_not_answered_or_not_served() -> None:
    buyer, api = bought((0, None), (502, {}), (429, {}), PLACED, COMPLETED)
    assert (buyer.failed, list(buyer.orders.values())) == ([], ["ord_1"])
    assert len(set(api.keys)) == 1 and buyer.again == {"ReadTimeout": 1, "502": 1, "429": 1}


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_an_order_that_was_refused_has_failed_and_is_counted(status: int) -> None:
    buyer, api = bought((status, {"code": "NO"}), PLACED)
    assert len(buyer.failed) == 1 and str(status) in buyer.failed[0] and len(api.keys) == 1
    assert list(buyer.orders.values()) == [""]


def test_an_order_that_is_there_twice_or_not_at_all_or_brought_no_card_is_found() -> None:
    key, other = "01M8P8MP4ZVGEZWF0ZVXFCMP2N", "01M8P8PJ2V11GZ76B940YYPTZV"
    buyer = Buyer(Caller(""), "buyer", {}, orders={key: f"ord_a{key}"})
    crowd = Crowd([buyer])
    right = {f"ord_a{key}": ["crd_1"], f"ord_a{other}": ["crd_2"]}
    assert crowd.not_once(right) == []
    assert crowd.not_once({}) == [key]
    assert crowd.not_once(right | {f"ord_b{key}": ["crd_3"]}) == [key]
    assert crowd.not_once({f"ord_a{key}": []}) == [key]
