"""The stack: how is a template created, changed and deleted through the engine's CloudFormation?"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from infra.build import minified
from infra.package import Package
from local.resources import client

CODE_BUCKET = "forecourt-rehearsal-code"
PATIENCE_SECONDS = 60
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]

_UNRECOGNIZED = re.compile(r"Unrecognized resource types: \[(.+)\]")


class StackFailed(Exception):
    """CloudFormation did not do what it was asked for; the text says which resource failed, and why."""


@dataclass(slots=True)
class Stack:
    """One stack in one engine."""

    endpoint_url: str
    name: str = "forecourt-dev"
    stack_id: str = ""
    physical: dict[str, str] = field(default_factory=dict)  # by logical id
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A kept client of the engine."""
        if service not in self._clients:
            self._clients[service] = client(service, self.endpoint_url)
        return self._clients[service]

    def upload(self, package: Package) -> None:
        """Put the zip where functions are created from."""
        self.client("s3").create_bucket(Bucket=CODE_BUCKET)
        self.client("s3").upload_file(str(package.path), CODE_BUCKET, package.key)

    def create(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Create it, and wait. Raises: StackFailed."""
        self.stack_id = self._asked("create_stack", template, parameters)
        self._wait("CREATE_COMPLETE")

    def update(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Change it, and wait. Raises: StackFailed."""
        self._asked("update_stack", template, parameters)
        self._wait("UPDATE_COMPLETE")

    def delete(self) -> dict[str, str]:
        """Delete it, and wait; the last word about each resource. Raises: StackFailed."""
        self.client("cloudformation").delete_stack(StackName=self.stack_id)
        self._wait("DELETE_COMPLETE")
        last: dict[str, str] = {}
        for event in self._events():
            last.setdefault(event["LogicalResourceId"], event["ResourceStatus"])  # the newest comes first
        return last

    def function(self, logical_id: str) -> dict[str, Any]:
        """What Lambda knows of a function."""
        name = self.physical[logical_id]
        configuration: dict[str, Any] = self.client("lambda").get_function_configuration(FunctionName=name)
        return configuration

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table by its physical name, in DynamoDB's own form."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def _asked(self, action: str, template: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
        """The id of the stack. Raises: StackFailed when the template is refused before anything is made."""
        request = self._request(template, parameters)
        try:
            return str(getattr(self.client("cloudformation"), action)(**request)["StackId"])
        except ClientError as refused:
            raise StackFailed(_refusal(str(refused), template)) from None

    def _request(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
        """By way of S3, as on AWS: the template is above what may be sent inline."""
        self.client("s3").put_object(
            Bucket=CODE_BUCKET, Key="template.json", Body=minified(dict(template)).encode()
        )
        return {
            "StackName": self.name,
            "TemplateURL": f"{self.endpoint_url}/{CODE_BUCKET}/template.json",
            "Capabilities": CAPABILITIES,
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
        }

    def _wait(self, wanted: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        cloudformation = self.client("cloudformation")
        while True:
            stack = cloudformation.describe_stacks(StackName=self.stack_id)["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if stack["StackStatus"] != wanted:
            raise StackFailed(f"the stack is {stack['StackStatus']}: {self._reasons()}")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack_id)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        if wanted != "DELETE_COMPLETE":
            self.physical = {
                resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources
            }

    def _events(self) -> list[dict[str, Any]]:
        pages = self.client("cloudformation").get_paginator("describe_stack_events")
        return [event for page in pages.paginate(StackName=self.stack_id) for event in page["StackEvents"]]

    def _reasons(self) -> str:
        failed = [event for event in self._events() if event["ResourceStatus"].endswith("_FAILED")]
        return "; ".join(_reason(event) for event in reversed(failed)) or "and no resource failed"


def _refusal(text: str, template: Mapping[str, Any]) -> str:
    """What to do about resources that the engine does not know; any other refusal in its own words."""
    found = _UNRECOGNIZED.search(text)
    if not found:
        return text
    kinds = found[1].split(", ")
    names = sorted(name for name, one in template["Resources"].items() if one["Type"] in kinds)
    return (
        f"the engine does not know {', '.join(kinds)} ({', '.join(names)}): "
        "name it in tests/rehearsal/unknown.py, and say what is not rehearsed without it"
    )


def _reason(event: Mapping[str, Any]) -> str:
    reason = event.get("ResourceStatusReason", "")
    return f"{event['LogicalResourceId']}: {event['ResourceStatus']} {reason}"


def is_there(stack: Stack, kind: str, physical_id: str) -> bool:
    """Whether a resource that can hold data or run code exists, asked of its own service."""
    service, ask, member = _PROBES[kind]
    try:
        answer = getattr(stack.client(service), ask)(**{member: physical_id})
    except ClientError as refused:
        if refused.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404):
            return False
        raise
    # A key is not gone at once: it waits for its deletion.
    return answer.get("KeyMetadata", {}).get("KeyState") != "PendingDeletion" and not answer.get(
        "DeletedDate"
    )


_PROBES = {
    "AWS::DynamoDB::Table": ("dynamodb", "describe_table", "TableName"),
    "AWS::S3::Bucket": ("s3", "head_bucket", "Bucket"),
    "AWS::SQS::Queue": ("sqs", "get_queue_attributes", "QueueUrl"),
    "AWS::KMS::Key": ("kms", "describe_key", "KeyId"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "describe_secret", "SecretId"),
    "AWS::Lambda::Function": ("lambda", "get_function_configuration", "FunctionName"),
    "AWS::IAM::Role": ("iam", "get_role", "RoleName"),
    "AWS::ApiGateway::RestApi": ("apigateway", "get_rest_api", "restApiId"),
    "AWS::Lambda::EventSourceMapping": ("lambda", "get_event_source_mapping", "UUID"),
    "AWS::Events::Rule": ("events", "describe_rule", "Name"),
}

PROBED = frozenset(_PROBES)
