"""Applications over HTTP: the test in both languages, the inbox, and what the applicant reads."""

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain.joining_questions import QUESTIONS
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market
from tests.handlers.scenarios.distribution import (
    AGREEMENT,
    applied,
    apply_for_place,
    founded,
    real_person,
    reviewed,
)
from tests.handlers.test_distribution import read

PATH = "/v1/distributors/application"


@pytest.fixture
def market(world: World) -> Market:
    bootstrap.catalog().forget()
    return Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside


@pytest.mark.parametrize(
    ("language", "text"), [("en", "What does it cost"), ("zh-CN", "加入成为推广者需要付多少钱")]
)
def test_the_questions_are_shown_without_their_answers(market: Market, language: str, text: str) -> None:
    who = market.customer()
    path = "/v1/distributors/joining-test"
    answer = market.api.call("GET", path, token=who.token, headers={"Accept-Language": language})
    assert [one["question"] for one in answer.body["questions"]] == list(QUESTIONS)
    first = answer.body["questions"][0]
    assert first["text"].startswith(text) and set(first) == {"question", "text", "choices"}
    assert [set(one) for one in first["choices"]] == [{"choice", "text"}] * 3


def test_an_application_goes_through_the_inbox_of_ops_to_a_place(market: Market) -> None:
    who, request_id = applied(market)
    waiting = read(market, PATH, who)
    assert waiting["state"] == "SUBMITTED" and "application_decided_at" not in waiting
    ops = market.staff("ops")
    (request,) = read(market, "/v1/office/approvals?kind=APPLICATION", ops)["items"]
    assert (request["request_id"], request["requested_by"], request["needed"]) == (
        request_id,
        who.person_id,
        1,
    )
    approved = market.call("POST", f"/v1/office/approvals/{request_id}/approval", {}, ops)
    assert (approved.status, approved.body["state"]) == (200, "APPROVED")
    assert read(market, PATH, who)["state"] == "APPROVED"
    assert read(market, "/v1/distributors/me", who)["state"] == "ACTIVE"


def test_who_is_refused_reads_why_and_not_who(market: Market) -> None:
    who, request_id = applied(market)
    ops = market.staff("ops")
    because = {"reason": "the shop has another owner"}
    assert market.call("POST", f"/v1/office/approvals/{request_id}/refusal", because, ops).status == 200
    told = market.call("GET", PATH, who=who)
    assert (told.body["state"], told.body["decline_reason"]) == ("REFUSED", because["reason"])
    copy = market.call("GET", "/v1/me/data", who=who)
    (row,) = copy.body["applications"]
    assert (row["state"], row["reason"]) == ("REFUSED", because["reason"])
    assert ops.person_id not in told.text + copy.text


def test_the_terms_say_whether_one_applies_or_joins_at_once(market: Market) -> None:
    _, root_id = founded(market)
    who = real_person(market)
    path = f"/v1/distributors/terms?invite_code={root_id[4:]}"
    assert read(market, path, who)["is_reviewed"] is False
    body = {"invite_code": root_id[4:], "agreement": AGREEMENT}
    answers = {name: question.right for name, question in QUESTIONS.items()}
    assert market.call("POST", PATH, body | {"answers": answers}, who).code == "NO_REVIEW_NEEDED"
    reviewed(market, root_id)
    assert read(market, path, who)["is_reviewed"] is True
    assert market.call("POST", "/v1/distributors", body, who).code == "REVIEW_NEEDED"
    assert market.call("GET", "/v1/distributors/terms?invite_code=ZZZZZZZZZZZZ", who=who).status == 404


def test_wrong_answers_are_named(market: Market) -> None:
    attempt = apply_for_place(market)
    assert isinstance(attempt.body, dict)
    answers = attempt.body["answers"] | {"promises": "yes"}
    refused = market.call("POST", PATH, attempt.body | {"answers": answers}, attempt.who)
    assert (refused.status, refused.code, refused.body["facts"]) == (
        422,
        "RULES_NOT_KNOWN",
        {"wrong": ["promises"]},
    )
