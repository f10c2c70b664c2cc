"""Releases: what is kept of each, how is it found, and what does the stack tell of a change?

On the engine's CloudFormation, with a small template in the place of the product's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.deploy import (
    ADDRESS_UNKNOWN,
    deployment_of,
    given_parameters,
    known_parameters,
    parameters_of,
)
from infra.releases import ReleaseUnknown
from infra.stack import Change, Stack, StackRefused
from tests.infra.desk import Desk, template

# ---------------------------------------------------------------- releases


def test_a_release_that_was_never_kept_is_refused_by_its_id(desk: Desk) -> None:
    with pytest.raises(ReleaseUnknown, match="20250101T000000Z-none"):
        desk.deployment.releases.kept("20250101T000000Z-none")


def test_releases_are_listed_by_age_and_only_if_the_stage_ever_was_one(desk: Desk) -> None:
    made = [desk.release(template()).release_id for _ in range(3)]
    assert desk.deployment.ever_deployed() == []
    for release_id in (made[2], made[0], made[2]):
        desk.deployment.releases.note_deployed(release_id)
    assert desk.deployment.ever_deployed() == [made[0], made[2]]


def test_the_bucket_of_releases_is_made_once_closed_and_keeps_versions(desk: Desk) -> None:
    s3 = desk.client("s3")
    assert desk.deployment.releases.prepare() is False
    closed = s3.get_public_access_block(Bucket="forecourt-try-code")["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    assert s3.get_bucket_versioning(Bucket="forecourt-try-code")["Status"] == "Enabled"


def test_a_stage_may_stand_in_a_second_region_beside_the_first(desk: Desk) -> None:
    class Session:
        def __init__(self, region: str) -> None:
            self.region_name = region

        def client(self, service: str, **more: Any) -> Any:
            return desk.client(service)

    buckets = [
        deployment_of("dev", Session(region), is_agreed=True).releases.bucket
        for region in ("eu-west-1", "ap-southeast-1")
    ]
    assert buckets == [
        "forecourt-dev-code-000000000000-eu-west-1",
        "forecourt-dev-code-000000000000-ap-southeast-1",
    ]


class LongHistory:
    """A CloudFormation with pages of events, one more at each look; it counts the pages that are read."""

    def __init__(self) -> None:
        self.events = [self.event(number) for number in range(30)]
        self.pages_read = 0
        self.is_begun = False

    @staticmethod
    def event(number: int) -> dict[str, Any]:
        told = {"EventId": f"e{number}", "Timestamp": datetime(2026, 11, 30, tzinfo=UTC)}
        return {**told, "ResourceStatus": "UPDATE_COMPLETE", "LogicalResourceId": f"Part{number}"}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.is_begun:
            self.events.append(self.event(len(self.events)))
        is_over = len(self.events) >= 35
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE" if is_over else "UPDATE_IN_PROGRESS"}]}

    def get_paginator(self, name: str) -> "LongHistory":
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        newest_first = self.events[::-1]
        for start in range(0, len(newest_first), 10):
            self.pages_read += 1
            yield {"StackEvents": newest_first[start : start + 10]}

    def execute_change_set(self, **asked: Any) -> None:
        self.is_begun, self.pages_read = True, 0


def test_each_step_is_told_once_and_old_events_are_not_read_again() -> None:
    lines: list[str] = []
    history = LongHistory()
    stack = Stack(history, "forecourt-try", lines.append, lambda seconds: None)
    stack.execute("first")
    assert [line.split()[-1] for line in lines] == [
        f"Part{number}" for number in range(30, len(history.events))
    ]
    assert history.pages_read == 3, "a page for each of three looks"
    lines.clear()
    stack.execute("second")
    assert [line.split()[-1] for line in lines] == [
        f"Part{number}" for number in range(37, len(history.events))
    ]


def test_the_template_is_told_what_was_given_and_what_it_has_no_default_for() -> None:
    asked = {"Parameters": {"PublicUrl": {}, "WebOrigins": {"Default": ""}, "CodeKey": {}}}
    known = {"PublicUrl": "https://a.invalid", "WebOrigins": "https://w.invalid", "CodeKey": "k", "Gone": "x"}
    kept = {"PublicUrl": "https://a.invalid", "CodeKey": "k"}
    assert parameters_of(asked, known, {}) == kept
    assert parameters_of(asked, known, {"WebOrigins": "", "Gone": "y"}) == {**kept, "WebOrigins": ""}
    assert parameters_of(asked, {}, {}) == {"PublicUrl": ADDRESS_UNKNOWN}


def test_a_parameter_that_the_template_does_not_have_is_refused_by_its_name() -> None:
    asked = {"Parameters": {"PublicUrl": {}, "WebOrigins": {"Default": ""}}}
    with pytest.raises(StackRefused, match="no parameter WebOrigin"):
        known_parameters(asked, {"WebOrigin": "https://w.invalid"})


@pytest.mark.parametrize("words, found", [(["A=1", "B=x=y"], {"A": "1", "B": "x=y"}), ([], {})])
def test_parameters_are_given_as_name_and_value(words: list[str], found: dict[str, str]) -> None:
    assert given_parameters(words) == found


def test_a_word_that_is_no_parameter_is_refused() -> None:
    with pytest.raises(StackRefused, match="'prod' is not Name=value"):
        given_parameters(["prod"])


def test_a_change_tells_what_is_replaced() -> None:
    change = Change("Modify", "Queue", "AWS::SQS::Queue", "Conditional", ("QueueName",))
    assert str(change) == "~ Queue (SQS::Queue): QueueName [may be replaced]"
    assert not change.loses_data
