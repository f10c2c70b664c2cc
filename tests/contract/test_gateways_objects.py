"""Objects, fake and S3: a key is written once, and a browser may write only what it was allowed to."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.errors import Unavailable
from chalicelib.gateways.clients import config_of, session
from chalicelib.gateways.objects import S3Objects
from tests.contract.aws import pretended_aws
from tests.fakes.objects import FakeObjects

BUCKET = "uploads"


@pytest.fixture
def s3() -> Iterator[Any]:
    with pretended_aws() as client:
        found = client("s3")
        found.create_bucket(Bucket=BUCKET)
        yield found


@pytest.fixture(params=["fake", "s3"])
def objects(request: pytest.FixtureRequest) -> FakeObjects | S3Objects:
    if request.param == "fake":
        return FakeObjects()
    return S3Objects(request.getfixturevalue("s3"), BUCKET)


def test_a_key_is_written_once(objects: FakeObjects | S3Objects) -> None:
    assert objects.put_new("records/1", b"first")
    assert not objects.put_new("records/1", b"second")
    assert not objects.put_new("records/1", b"first")
    assert objects.get("records/1") == b"first"


def test_a_key_that_is_free_holds_nothing(objects: FakeObjects | S3Objects) -> None:
    assert objects.get("records/none") is None


def test_a_list_is_sorted_and_keeps_to_its_prefix(objects: FakeObjects | S3Objects) -> None:
    for key in ("records/2", "records/10", "roots/1", "records/1"):
        objects.put_new(key, b"x")
    assert objects.list("records/") == ["records/1", "records/10", "records/2"]
    assert objects.list("nothing/") == []


def test_a_list_goes_on_beyond_one_page(objects: FakeObjects | S3Objects) -> None:
    for number in range(1005):
        objects.put_new(f"records/{number:05}", b"x")
    assert len(objects.list("records/")) == 1005


def test_an_upload_names_an_address_and_its_fields(objects: FakeObjects | S3Objects) -> None:
    form = objects.upload_url("imports/1.csv", 300, 1_000_000)
    assert form["url"].startswith("http")
    assert form["fields"]["key"] == "imports/1.csv"


def test_an_upload_is_bound_to_its_key_and_size(s3: Any) -> None:
    form = S3Objects(s3, BUCKET).upload_url("imports/1.csv", 300, 1_000_000)
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    assert ["content-length-range", 1, 1_000_000] in policy["conditions"]
    assert {"key": "imports/1.csv"} in policy["conditions"]
    assert {"bucket": BUCKET} in policy["conditions"]


def test_a_form_is_signed_as_a_bucket_under_a_key_asks_for_and_leads_to_the_buckets_own_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)  # the engine's, where other tests have set it
    credentials = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    client = session().create_client("s3", region_name="eu-west-1", config=config_of("s3"), **credentials)
    form = S3Objects(client, BUCKET).upload_url("imports/1.csv", 300, 1_000_000)
    assert form["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert form["url"] == "https://uploads.s3.eu-west-1.amazonaws.com/"


class Contended:
    """A bucket in which another writer is always in the way, so many times."""

    def __init__(self, times: int, code: str = "ConditionalRequestConflict") -> None:
        self.times = times
        self.code = code

    def put_object(self, **_: Any) -> None:
        if self.times:
            self.times -= 1
            raise ClientError({"Error": {"Code": self.code}}, "PutObject")


@pytest.mark.parametrize("times", [0, 1, 2])
def test_writers_that_meet_try_again(times: int) -> None:
    assert S3Objects(Contended(times), BUCKET).put_new("key", b"x")


def test_writers_that_keep_meeting_are_told_so() -> None:
    with pytest.raises(Unavailable):
        S3Objects(Contended(99), BUCKET).put_new("key", b"x")


def test_what_s3_refuses_for_other_reasons_is_not_hidden() -> None:
    with pytest.raises(ClientError):
        S3Objects(Contended(1, "AccessDenied"), BUCKET).put_new("key", b"x")


def test_a_bucket_that_is_missing_is_not_an_empty_one(s3: Any) -> None:
    with pytest.raises(ClientError):
        S3Objects(s3, "elsewhere").get("key")
