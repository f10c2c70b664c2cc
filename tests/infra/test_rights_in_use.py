"""Rights in use: is a function that lacks a right found out by what it does?

The tests of routes, streams and operations that ask for `rights` hold every function to its role.
"""

from typing import Any

import pytest

from app import app
from infra.build import transformed_template
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import DEVICE, code_sent
from tests.rights import A_PHONE, Rights, rights_of_call


@pytest.mark.parametrize(
    "service, operation, told, expected",
    [
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
            [("dynamodb:PutItem", "a"), ("dynamodb:ConditionCheckItem", "b")],
        ),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"a": {}}}, [("dynamodb:BatchGetItem", "a")]),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, [("s3:ListBucket", "b")]),
        ("sns", "Publish", {"PhoneNumber": "+86", "Message": "m"}, [("sns:Publish", A_PHONE)]),
        ("sns", "Publish", {"TopicArn": "arn", "Message": "m"}, [("sns:Publish", "")]),
        ("kms", "Decrypt", {"CiphertextBlob": b""}, [("kms:Decrypt", "CardSecretsKey")]),
    ],
)
def test_a_call_needs_the_rights_that_aws_asks_for(
    service: str, operation: str, told: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert list(rights_of_call(service, operation, told)) == expected


def registered() -> None:
    api = Api(app)
    body = {"phone": "13800138000", "code": code_sent(api, "13800138000"), "password": "vier rote ampeln"}
    body["device"] = DEVICE
    assert api.call("POST", "/v1/people", body, key="01KAMX7Q000000000000000001").status == 201


@pytest.mark.parametrize(
    "taken",
    [
        ("app", "dynamodb:PutItem", "PeopleTable"),
        ("app", "sns:Publish", A_PHONE),
        ("archive_journal", "s3:PutObject", "ArchiveBucket"),
    ],
)
def test_a_right_that_is_missing_is_named_with_the_function_that_needs_it(
    world: World, monkeypatch: pytest.MonkeyPatch, taken: tuple[str, str, str]
) -> None:
    rights = Rights(transformed_template("local"))
    rights.held[taken[0]].remove(taken[1:])
    with rights.watched(monkeypatch):
        registered()
        world.drain()
    assert rights.missing == {taken}
    assert {"app", "archive_journal"} <= {function for function, _, _ in rights.used}
