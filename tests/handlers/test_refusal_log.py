"""The log of who was not let in: when, who, where, why, in one JSON a line, and nothing that is secret."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from app import app
from chalicelib.bootstrap.part import forget_everything
from chalicelib.observability import logger
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import DEVICE, Market, traces


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def refusals(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines about refusals since the last look, as they stand in the log."""
    form = logger.registered_formatter
    lines = [json.loads(form.format(record)) for record in caplog.records if record.msg == "refused"]
    caplog.clear()
    return lines


def test_who_may_not_is_logged_with_when_who_where_and_why(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    buyer = market.customer()
    caplog.clear()
    refused = market.call("GET", "/v1/office/withdrawals", None, buyer)
    assert refused.status == 403
    (line,) = refusals(caplog)
    told = {
        "request_id": refused.body["request_id"],
        "route": "waiting_withdrawals",
        "reader": buyer.person_id,
        "code": "ROLE_MISSING",
        "level": "WARNING",
        "service": "forecourt",
    }
    assert {name: line[name] for name in told} == told
    assert datetime.strptime(line["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z").utcoffset() == timedelta()


def test_a_failed_sign_in_is_a_line_and_a_good_one_a_record(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    body = {"phone": phone, "password": "not the right one", "device": DEVICE}
    for number in (phone, market.phone()):
        caplog.clear()
        refused = market.call("POST", "/v1/sessions", body | {"phone": number})
        (line,) = refusals(caplog)
        assert (line["route"], line["code"]) == ("sign_in", "SIGN_IN_REFUSED")
        assert line["request_id"] == refused.body["request_id"]
        assert number not in json.dumps(line)
    stolen = market.call("POST", "/v1/sessions/refresh", {"refresh_token": "eyJhbGciOiJub25lIn0.e30."})
    (line,) = refusals(caplog)
    assert (stolen.status, line["route"], line["code"]) == (401, "refresh_session", "TOKEN_INVALID")
    other = market.customer()
    assert ("person.sign_in", other.person_id) in {(one.action, one.actor) for one in traces(market.world)}
