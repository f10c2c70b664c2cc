"""A desk for tests: a deployment on the engine, with a small template in the place of the product's."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.deploy import (
    DEPLOYED,
    Deployment,
)
from infra.releases import Release, Releases, code_key
from infra.stack import Stack
from local.resources import client

Template = dict[str, Any]

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "forecourt-try-things",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    },
}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "forecourt-try", "VisibilityTimeout": 30}}
BROKEN = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "no such/name", "DelaySeconds": "soon"}}
# What a function would be told, and where its code would be, in the place of functions.
TOLD = {
    "Type": "AWS::SSM::Parameter",
    "Properties": {"Type": "String", "Value": {"Fn::Sub": "${PublicUrl} ${CodeBucket} ${CodeKey}"}},
}
PARAMETERS = {name: {"Type": "String"} for name in ("PublicUrl", "CodeBucket", "CodeKey", "Release")}


def template(**resources: Any) -> Template:
    return {
        "Parameters": PARAMETERS,
        "Resources": {"Things": TABLE, "Queue": QUEUE, "Told": TOLD, **resources},
        "Outputs": {
            "EndpointURL": {"Value": "https://api.invalid/try/"},
            "Release": {"Value": {"Ref": "Release"}},
        },
    }


def queue_of(seconds: int) -> Template:
    return {**QUEUE, "Properties": {**QUEUE["Properties"], "VisibilityTimeout": seconds}}


@dataclass
class Desk:
    """A deployment on the engine, whose owner answers as told and whose smoke test says as told."""

    endpoint_url: str
    package: Path
    is_agreed: bool = True
    wrong: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        told = self.lines.append
        stack = Stack(self.client("cloudformation"), "forecourt-try", told, lambda seconds: None)
        releases = Releases(self.client("s3"), "forecourt-try-code")
        releases.prepare()
        self.deployment = Deployment("try", stack, releases, lambda: self.is_agreed, told, self.smoke)

    def client(self, service: str) -> Any:
        return client(service, self.endpoint_url)

    def smoke(self, address: str) -> list[str]:
        self.tried.append(address)
        return self.wrong

    def release(self, one: Template, public_url: str = "https://shop.invalid") -> Release:
        """A kept release of a template; each is a second younger than the one before."""
        self.count += 1
        release_id = f"20261130T00000{self.count}Z-abcdef01"
        bucket = self.deployment.releases.bucket
        places = {"CodeBucket": bucket, "CodeKey": code_key(self.package)}
        told = {**places, "PublicUrl": public_url, "Release": release_id}
        release = Release(release_id, "abcdef01", told, {"PublicUrl": public_url})
        self.deployment.releases.keep(release, self.package, json.dumps(one))
        return release

    def deployed(self, one: Template) -> str:
        release = self.release(one)
        assert self.deployment.deploy(release) == DEPLOYED
        return release.release_id

    def visibility(self) -> str:
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName="forecourt-try")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        return str(found["Attributes"]["VisibilityTimeout"])
