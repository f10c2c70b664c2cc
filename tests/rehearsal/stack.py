"""The stack: how is a template deployed to the engine, looked at, and deleted?"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import DEPLOYED, REFUSALS, deploy_and_seed
from infra.seed import Operations, Seeding, kept_seed
from local.resources import client
from tests.rehearsal.deployment import deployment_of
from tests.rehearsal.unknown import Template, without_unknown
from tests.web.dist import built

PATIENCE_SECONDS = 60


class StackFailed(Exception):
    """CloudFormation did not do what it was asked for; the text says which resource failed, and why."""


@dataclass(slots=True)
class Stack:
    """One stack in one engine."""

    endpoint_url: str
    log: Path
    stage: str = "dev"
    stack_id: str = ""
    physical: dict[str, str] = field(default_factory=dict)  # by logical id
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"forecourt-{self.stage}"

    def client(self, service: str) -> Any:
        """A kept client of the engine."""
        if service not in self._clients:
            self._clients[service] = client(service, self.endpoint_url)
        return self._clients[service]

    def deploy(self, template: Template, package: Path, given: Mapping[str, str]) -> list[str]:
        """Bring it to a template and a package by the code of `make deploy`; what that told, line by line.

        Raises: StackFailed with its last lines.
        """
        lines: list[str] = []
        deployment = deployment_of(self.client, self.endpoint_url, self.stage, lines.append)
        seeding = Seeding(
            Operations(self.client("lambda"), self.stage).call, kept_seed(self.stage), lines.append
        )
        try:
            app = built(self.log.parent / "web")
            code = deploy_and_seed(deployment, without_unknown(template)[0], package, given, seeding, app)
        except REFUSALS as refusal:
            raise StackFailed(str(refusal)) from None
        finally:
            with self.log.open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        if code != DEPLOYED:
            raise StackFailed("; ".join(lines[-3:]))
        self._look()
        return lines

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

    def _look(self) -> None:
        """Which resources there are, and under which names."""
        cloudformation = self.client("cloudformation")
        self.stack_id = cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack_id)
        self.physical = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }

    def _events(self) -> list[dict[str, Any]]:
        pages = self.client("cloudformation").get_paginator("describe_stack_events")
        return [event for page in pages.paginate(StackName=self.stack_id) for event in page["StackEvents"]]

    def _reasons(self) -> str:
        failed = [event for event in self._events() if event["ResourceStatus"].endswith("_FAILED")]
        return "; ".join(_reason(event) for event in reversed(failed)) or "and no resource failed"


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
