"""Resources: which tables, buckets, queues, keys and secrets does the template ask for, and where are they?

The template that AWS gets is the only list. Each resource is created when it is
not there yet and found when it is, so that a second start changes nothing.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local import intrinsics
from local.engine_environment import ACCOUNT_ID, REGION

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}

Made = dict[str | None, str]  # what Ref (None) and each GetAtt of a resource mean

_TABLE_MEMBERS = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "StreamSpecification",
)
_RESOURCE_TAG = "forecourt:resource"
_NAMED_ONLY = {
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{{name}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT_ID}:role/{{name}}",
    "AWS::Lambda::EventSourceMapping": "",
}


def client(service: str, endpoint_url: str) -> Any:
    """A client of one service of the engine, with the credentials that one machine uses."""
    return boto3.client(
        cast(Any, service),
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": "path"},
            connect_timeout=2,
            read_timeout=60,
        ),
    )


class Resources:
    """The template's stateful resources in one engine, created on first mention."""

    def __init__(
        self, template: Mapping[str, Any], endpoint_url: str, parameters: Mapping[str, str] | None = None
    ) -> None:
        self._template = template["Resources"]
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._known: dict[str, Made] = {
            name: {None: (parameters or {}).get(name, str(parameter.get("Default", "")))}
            for name, parameter in template.get("Parameters", {}).items()
        }

    def create(self) -> None:
        """Create whatever of the template is not there yet."""
        for logical_id, resource in self._template.items():
            if resource["Type"] in _MAKERS:
                self.attribute(logical_id, None)

    def attribute(self, logical_id: str, name: str | None) -> str:
        """What `Ref` (name None) or `GetAtt` of a resource means; creates it when it must.

        Raises:
            ValueError: the template has no such resource, or one machine does not know that attribute.
        """
        if logical_id not in self._known:
            self._known[logical_id] = self._make(logical_id)
        try:
            return self._known[logical_id][name]
        except KeyError:
            raise ValueError(f"{logical_id} has no attribute {name} on one machine") from None

    def resolve(self, value: Any) -> Any:
        """Replace intrinsics by physical names."""
        return intrinsics.resolve(value, self.attribute)

    def environment(self) -> dict[str, str]:
        """The environment of all functions together, and where the engine is.

        Raises:
            ValueError: two functions want one variable to be two things, which one process cannot give.
        """
        merged: dict[str, str] = {}
        for logical_id, function in self._template.items():
            if function["Type"] != "AWS::Lambda::Function":
                continue
            variables = function["Properties"].get("Environment", {}).get("Variables", {})
            for name, value in variables.items():
                text = str(self.resolve(value))
                if merged.setdefault(name, text) != text:
                    raise ValueError(f"{logical_id} wants its own {name}: one process cannot give it")
        return {**merged, **CREDENTIALS, "AWS_ENDPOINT_URL": self._endpoint_url}

    def client(self, service: str) -> Any:
        """A kept client of one service."""
        if service not in self._clients:
            self._clients[service] = client(service, self._endpoint_url)
        return self._clients[service]

    def _make(self, logical_id: str) -> dict[str | None, str]:
        if logical_id not in self._template:
            raise ValueError(f"the template refers to {logical_id}, which it does not have")
        resource = self._template[logical_id]
        kind = resource["Type"]
        if kind in _NAMED_ONLY:
            return {None: logical_id, "Arn": _NAMED_ONLY[kind].format(name=logical_id)}
        if kind not in _MAKERS:
            raise ValueError(f"{logical_id} is a {kind}, which one machine does not have")
        return _MAKERS[kind](self, logical_id, self.resolve(resource.get("Properties", {})))


def physical_name(logical_id: str, properties: Mapping[str, Any], member: str) -> str:
    """The name that the template gives, or one made from the logical id."""
    return str(properties.get(member) or f"forecourt-{logical_id}".lower())


def _make_table(resources: Resources, logical_id: str, properties: dict[str, Any]) -> Made:
    dynamodb = resources.client("dynamodb")
    name = physical_name(logical_id, properties, "TableName")
    wanted = {member: properties[member] for member in _TABLE_MEMBERS if member in properties}
    if "StreamSpecification" in wanted:
        wanted["StreamSpecification"] = {"StreamEnabled": True, **wanted["StreamSpecification"]}
    try:
        table = dynamodb.create_table(TableName=name, **wanted)["TableDescription"]
    except dynamodb.exceptions.ResourceInUseException:
        table = dynamodb.describe_table(TableName=name)["Table"]
    else:
        if "TimeToLiveSpecification" in properties:
            specification = properties["TimeToLiveSpecification"]
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    if "PointInTimeRecoverySpecification" in properties:
        recovery = properties["PointInTimeRecoverySpecification"]
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    return {None: name, "Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")}


def _make_bucket(resources: Resources, logical_id: str, properties: dict[str, Any]) -> Made:
    s3 = resources.client("s3")
    name = physical_name(logical_id, properties, "BucketName")
    locked = bool(properties.get("ObjectLockEnabled"))
    try:
        s3.head_bucket(Bucket=name)
    except ClientError:
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
    if locked or "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if "ObjectLockConfiguration" in properties:
        configuration = _without_strings(properties["ObjectLockConfiguration"])
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=configuration)
    if "CorsConfiguration" in properties:
        s3.put_bucket_cors(Bucket=name, CORSConfiguration=_cors(properties["CorsConfiguration"]))
    return {None: name, "Arn": f"arn:aws:s3:::{name}"}


def _without_strings(configuration: dict[str, Any]) -> dict[str, Any]:
    retention = configuration.get("Rule", {}).get("DefaultRetention", {})
    for unit in ("Days", "Years"):
        if unit in retention:
            retention[unit] = int(retention[unit])
    return configuration


def _cors(configuration: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation and the API call the same members by different names."""
    names = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    rules = [
        {names.get(member, member): value for member, value in rule.items()}
        for rule in configuration["CorsRules"]
    ]
    return {"CORSRules": rules}


def _make_queue(resources: Resources, logical_id: str, properties: dict[str, Any]) -> Made:
    sqs = resources.client("sqs")
    name = physical_name(logical_id, properties, "QueueName")
    own = {"QueueName", "Tags", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"}
    attributes = {
        member: json.dumps(value) if isinstance(value, dict) else str(value)
        for member, value in properties.items()
        if member not in own
    }
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    except sqs.exceptions.QueueDoesNotExist:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"
    return {None: url, "Arn": arn, "QueueName": name, "QueueUrl": url}


def _make_key(resources: Resources, logical_id: str, properties: dict[str, Any]) -> Made:
    kms = resources.client("kms")
    for key in kms.list_keys()["Keys"]:
        tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        if {"TagKey": _RESOURCE_TAG, "TagValue": logical_id} in tags:
            return {None: key["KeyId"], "Arn": key["KeyArn"], "KeyId": key["KeyId"]}
    made = kms.create_key(
        Description=properties.get("Description", logical_id),
        KeySpec=properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
        KeyUsage=properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        Tags=[{"TagKey": _RESOURCE_TAG, "TagValue": logical_id}],
    )["KeyMetadata"]
    return {None: made["KeyId"], "Arn": made["Arn"], "KeyId": made["KeyId"]}


def _make_alias(resources: Resources, logical_id: str, properties: dict[str, Any]) -> Made:
    kms = resources.client("kms")
    name, target = properties["AliasName"], properties["TargetKeyId"]
    try:
        kms.create_alias(AliasName=name, TargetKeyId=target)
    except kms.exceptions.AlreadyExistsException:
        kms.update_alias(AliasName=name, TargetKeyId=target)
    return {None: name}


def _make_topic(resources: Resources, logical_id: str, properties: dict[str, Any]) -> Made:
    name = physical_name(logical_id, properties, "TopicName")
    arn = resources.client("sns").create_topic(Name=name)["TopicArn"]
    return {None: arn, "TopicArn": arn, "TopicName": name}


def _make_secret(resources: Resources, logical_id: str, properties: dict[str, Any]) -> Made:
    secrets = resources.client("secretsmanager")
    name = physical_name(logical_id, properties, "Name")
    try:
        arn = secrets.describe_secret(SecretId=name)["ARN"]
    except secrets.exceptions.ResourceNotFoundException:
        arn = secrets.create_secret(Name=name, SecretString=_secret_text(secrets, properties))["ARN"]
    return {None: arn, "Id": arn}


def _secret_text(secrets: Any, properties: dict[str, Any]) -> str:
    if "SecretString" in properties:
        return str(properties["SecretString"])
    wish = dict(properties.get("GenerateSecretString", {}))
    template, member = wish.pop("SecretStringTemplate", None), wish.pop("GenerateStringKey", None)
    wish = {key: int(value) if key == "PasswordLength" else value for key, value in wish.items()}
    password = str(secrets.get_random_password(**wish)["RandomPassword"])
    return json.dumps({**json.loads(template), member: password}) if template else password


_MAKERS: dict[str, Callable[[Resources, str, dict[str, Any]], Made]] = {
    "AWS::DynamoDB::Table": _make_table,
    "AWS::S3::Bucket": _make_bucket,
    "AWS::SQS::Queue": _make_queue,
    "AWS::KMS::Key": _make_key,
    "AWS::KMS::Alias": _make_alias,
    "AWS::SecretsManager::Secret": _make_secret,
    "AWS::SNS::Topic": _make_topic,
}
