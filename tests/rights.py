"""Rights in use: which calls of a function would AWS have refused, for its role does not hold them?

The engine refuses nobody anything. So every call that is made while a function runs is compared with
the function's role in the template. Calls of a test itself belong to no function and are not looked at.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient

from local.engine_environment import ACCOUNT_ID
from local.wiring import functions_of, running_function

WRITES = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
# Where the name of a call is not that of the right to it.
NAMES = {
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "HeadObject": "GetObject",
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "Invoke": "InvokeFunction",
}
# What names the resource of a call, by service; a key is named by no call of ours that opens something.
PLACES = {
    "dynamodb": "TableName",
    "s3": "Bucket",
    "sqs": "QueueUrl",
    "secretsmanager": "SecretId",
    "lambda": "FunctionName",
}
NAMED_BY = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Lambda::Function": "FunctionName",
}
KEY_OF_CALLS = "CardSecretsKey"  # the other key is used by services, in the name of whoever calls them
A_PHONE = "a phone"

Right = tuple[str, str]  # the action, and the resource by its logical id


def rights_of_call(service: str, operation: str, told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that a call takes, each with the name of its resource."""
    if service == "dynamodb" and operation == "TransactWriteItems":
        for ((kind, write),) in (one.items() for one in told["TransactItems"]):
            yield f"dynamodb:{WRITES[kind]}", write["TableName"]
    elif service == "dynamodb" and operation == "TransactGetItems":
        yield from (("dynamodb:GetItem", one["Get"]["TableName"]) for one in told["TransactItems"])
    elif "RequestItems" in told:
        yield from ((f"{service}:{operation}", table) for table in told["RequestItems"])
    elif "PhoneNumber" in told:
        yield f"{service}:{operation}", A_PHONE
    else:
        name = str(told.get(PLACES.get(service, ""), KEY_OF_CALLS if service == "kms" else ""))
        yield f"{service}:{NAMES.get(operation, operation)}", name


@dataclass
class Rights:
    """What each function may do, and what it did without being allowed to."""

    template: Mapping[str, Any]
    held: dict[str, set[Right]] = field(init=False)
    missing: set[tuple[str, str, str]] = field(default_factory=set)
    used: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        resources = self.template["Resources"]
        self._ids = {
            _text(item["Properties"].get(NAMED_BY[item["Type"]], "")): logical_id
            for logical_id, item in resources.items()
            if item["Type"] in NAMED_BY
        }
        self.held = {
            function.name: set(_rights_of_role(resources[_role(resources[logical_id])]))
            for logical_id, function in functions_of(self.template)
        }

    def note(self, function: str, service: str, operation: str, told: Mapping[str, Any]) -> None:
        """Somebody called AWS while this function ran."""
        for action, name in rights_of_call(service, operation, told):
            used = (function, action, self._logical_id(name))
            (self.used if used[1:] in self.held[function] else self.missing).add(used)

    def _logical_id(self, name: str) -> str:
        last = name.rpartition("/")[2] if name.startswith("http") else name
        secret = next((known for known in self._ids if f":secret:{known}" in last and known), last)
        return self._ids.get(secret, secret)

    @contextmanager
    def watched(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Every call of every client is noted."""
        call = BaseClient._make_api_call

        def noted(client: Any, operation: str, told: Mapping[str, Any]) -> Any:
            if function := running_function.get():
                self.note(function, client.meta.service_model.service_name, operation, told)
            return call(client, operation, told)

        with patch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", noted)
            yield


def _role(function: Mapping[str, Any]) -> str:
    return str(function["Properties"]["Role"]["Fn::GetAtt"][0])


def _rights_of_role(role: Mapping[str, Any]) -> Iterator[Right]:
    for policy in role["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            where = _listed(statement["Resource"]) if "Resource" in statement else [A_PHONE]
            yield from (
                (action, _of(resource)) for action in _listed(statement["Action"]) for resource in where
            )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of(resource: Any) -> str:
    """The logical id in `Ref`, `Fn::GetAtt` or `Fn::Sub`; a text as it is."""
    match resource:
        case {"Fn::GetAtt": [logical_id, *_]} | {"Ref": logical_id}:
            return str(logical_id)
        case {"Fn::Sub": str(text)}:
            return text.partition("${")[2].partition("}")[0].partition(".")[0]
    return str(resource)


def _text(name: Any) -> str:
    return (
        str(name["Fn::Sub"]).replace("${AWS::AccountId}", ACCOUNT_ID) if isinstance(name, dict) else str(name)
    )
