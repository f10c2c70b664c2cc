"""Traces: one request's id, from its header through the lines of the stream functions to the archive."""

import json
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain.record import from_body
from chalicelib.handlers.stream_batch import ItemChange, trace_of
from chalicelib.usecases.archive_records import unpacked
from local.testing import World
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import DEVICE, code_sent

KEY = "01KAMX7Q000000000000000001"
PHONE = "13800138000"
BATCH, FAILED = "stream batch", "stream batch failed"


def register(request_id: str = "") -> Reply:
    headers = {"X-Request-Id": request_id} if request_id else {}
    api = Api(app)
    body = {"phone": PHONE, "code": code_sent(api, PHONE), "password": "vier rote ampeln"}
    body["device"] = DEVICE
    answer = api.call("POST", "/v1/people", body, key=KEY, headers=headers)
    assert answer.status == 201
    return answer


def archived() -> list[dict[str, Any]]:
    """The bodies of all archived records."""
    objects = bootstrap.archive_records().objects
    found = [objects.get(key) for key in objects.list("")]
    return [link.body for one in found if one for link in unpacked(one)]


def stream_lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, Any]]:
    """What the stream functions logged of their batches: how loud, and behind it which requests."""
    return [(line.levelname, vars(line)["traces"]) for line in caplog.records if line.msg in (BATCH, FAILED)]


def test_one_id_leads_from_the_header_through_the_streams_to_the_archive(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    answer = register("from-the-till-0001")
    assert answer.headers["X-Request-Id"] == "from-the-till-0001"
    (item,) = [item for item in world.items("journal") if "from-the-till-0001" in item["body"]["S"]]
    world.drain()
    readers = ("project_journal", "archive_journal")
    assert stream_lines(caplog) == [("INFO", ["from-the-till-0001"])] * len(readers)
    (body,) = [body for body in archived() if body.get("trace") == "from-the-till-0001"]
    assert body == json.loads(item["body"]["S"])
    assert from_body(body).body() == body


def test_a_request_without_an_id_has_the_one_that_its_answer_tells(world: World) -> None:
    told = register().headers["X-Request-Id"]
    assert len(told) >= 16
    world.drain()
    assert told in {body.get("trace") for body in archived()}


@pytest.mark.parametrize("request_id", ["13800138000", "till.138-0013-8000", "203.0.113.77"])
def test_personal_data_is_no_id_for_it_could_never_be_archived(world: World, request_id: str) -> None:
    told = register(request_id).headers["X-Request-Id"]
    assert told != request_id
    world.drain()
    assert told in {body.get("trace") for body in archived()}


@pytest.mark.parametrize(
    "image, trace",
    [
        ({"body": '{"trace": "a-trace"}'}, "a-trace"),
        ({"record": '{"trace": "a-trace"}'}, "a-trace"),
        ({"body": '{"id": "x"}'}, ""),
        ({"body": "no json"}, ""),
        ({"body": "[]"}, ""),
        ({"available_fen": 5}, ""),
        (None, ""),
    ],
)
def test_what_is_no_record_has_no_trace(image: dict[str, Any] | None, trace: str) -> None:
    assert trace_of(ItemChange("1", "INSERT", "a", "b", None, image)) == trace
