"""Protection: is what we keep encrypted, recoverable, and safe from a mistaken hand?"""

from typing import Any

import pytest

from infra.alarms import rows
from infra.build import STAGES, transformed_template

DATA_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
HOLDING_DATA = {
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
}


def resources(stage: str, *kinds: str) -> dict[str, dict[str, Any]]:
    found = transformed_template(stage)["Resources"].items()
    return {name: item for name, item in found if item["Type"] in kinds}


def properties(stage: str, kind: str) -> dict[str, dict[str, Any]]:
    return {name: item["Properties"] for name, item in resources(stage, kind).items()}


def default(stage: str, parameter: str) -> Any:
    return transformed_template(stage)["Parameters"][parameter]["Default"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_table_can_be_set_back_35_days_and_is_encrypted_by_our_key(stage: str) -> None:
    for name, table in properties(stage, "AWS::DynamoDB::Table").items():
        recovery = table["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35}, name
        encryption = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": DATA_KEY}
        assert table["SSESpecification"] == encryption, name


def test_what_expires_is_forgotten_by_the_table_itself() -> None:
    forgetful = {
        name: table["TimeToLiveSpecification"]
        for name, table in properties("prod", "AWS::DynamoDB::Table").items()
        if "TimeToLiveSpecification" in table
    }
    asked = {"AttributeName": "expires_at", "Enabled": True}
    assert forgetful == {"ViewsTable": asked, "WorkTable": asked}


def test_in_prod_whatever_holds_data_outlives_the_stack_and_no_table_can_be_deleted() -> None:
    kept = resources("prod", *HOLDING_DATA)
    # The buckets of exports and of CloudFront's log are among them, where they are asked for.
    assert len(kept) == 10 + 6 + 4 + 2 + 3
    for name, resource in kept.items():
        assert (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == ("Retain",) * 2, name
    protected = {
        table["DeletionProtectionEnabled"] for table in properties("prod", "AWS::DynamoDB::Table").values()
    }
    assert protected == {True}


def test_in_dev_the_stack_can_be_thrown_away_whole() -> None:
    template = transformed_template("dev")["Resources"]
    assert [name for name in resources("dev", *HOLDING_DATA) if "DeletionPolicy" in template[name]] == []
    assert not any(
        table.get("DeletionProtectionEnabled") for table in properties("dev", "AWS::DynamoDB::Table").values()
    )


@pytest.mark.parametrize(
    "stage, mode, days", [("local", "GOVERNANCE", 1), ("dev", "GOVERNANCE", 1), ("prod", "COMPLIANCE", 3653)]
)
def test_the_archive_is_locked_for_as_long_as_the_stage_asks(stage: str, mode: str, days: int) -> None:
    archive = properties(stage, "AWS::S3::Bucket")["ArchiveBucket"]
    retention = archive["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": {"Ref": "ArchiveLockMode"}, "Days": {"Ref": "ArchiveLockDays"}}
    assert (default(stage, "ArchiveLockMode"), default(stage, "ArchiveLockDays")) == (mode, days)
    assert archive["VersioningConfiguration"] == {"Status": "Enabled"}


def test_prod_cannot_be_deployed_with_a_weaker_lock_than_the_law_asks_for() -> None:
    parameters = transformed_template("prod")["Parameters"]
    assert parameters["ArchiveLockMode"]["AllowedValues"] == ["COMPLIANCE"]
    assert parameters["ArchiveLockDays"]["MinValue"] == 3653  # ten years with three leap days


def test_nothing_makes_the_archive_forget() -> None:
    rules = properties("prod", "AWS::S3::Bucket")["ArchiveBucket"]["LifecycleConfiguration"]["Rules"]
    assert [set(rule) - {"Id", "Status"} for rule in rules] == [{"AbortIncompleteMultipartUpload"}]


def test_every_bucket_and_queue_is_encrypted_by_our_key() -> None:
    buckets = properties("prod", "AWS::S3::Bucket")
    public = [
        buckets.pop(name) for name in ("WebBucket", "WebLogsBucket")
    ]  # read, and written, by CloudFront
    for bucket in public:
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    for name, bucket in buckets.items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        by_our_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": DATA_KEY}
        assert rule == {"ServerSideEncryptionByDefault": by_our_key, "BucketKeyEnabled": True}, name
    for name, queue in properties("prod", "AWS::SQS::Queue").items():
        assert (queue["KmsMasterKeyId"], queue["KmsDataKeyReusePeriodSeconds"]) == (DATA_KEY, 3600), name


def test_a_browser_may_use_an_upload_form_wherever_its_page_comes_from_and_reads_nothing_there() -> None:
    buckets = properties("prod", "AWS::S3::Bucket")
    asked = {
        name: bucket["CorsConfiguration"] for name, bucket in buckets.items() if "CorsConfiguration" in bucket
    }
    rules = {"CorsRules": [{"AllowedMethods": ["POST"], "AllowedOrigins": ["*"]}]}
    assert asked == {"UploadsBucket": rules}


def test_no_bucket_answers_without_tls() -> None:
    policies = {
        policy["Bucket"]["Ref"]: policy["PolicyDocument"]["Statement"]
        for policy in properties("prod", "AWS::S3::BucketPolicy").values()
    }
    assert policies.keys() == properties("prod", "AWS::S3::Bucket").keys()
    assert [name for name, statements in policies.items() if len(statements) > 1] == ["WebBucket"]
    for name, (denied, *_) in policies.items():
        assert denied == {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }


def test_every_key_renews_itself_each_year() -> None:
    keys = properties("prod", "AWS::KMS::Key")
    assert {name: key["EnableKeyRotation"] for name, key in keys.items()} == {
        "CardSecretsKey": True,
        "DataKey": True,
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_signing_key_alone_is_rotated_often_enough_that_silence_is_noticed(stage: str) -> None:
    (schedule,) = properties(stage, "AWS::SecretsManager::RotationSchedule").values()
    assert schedule == {
        "SecretId": {"Ref": "TokenSigningSecret"},
        "RotationLambdaARN": {"Fn::GetAtt": ["RotateSigningKeys", "Arn"]},
        "RotationRules": {"AutomaticallyAfterDays": {"Ref": "SigningKeyDays"}},
    }
    days = transformed_template(stage)["Parameters"]["SigningKeyDays"]
    assert (days["Default"], days["MinValue"], days["MaxValue"]) == (5, 1, 5)
    silence = [row for row in rows() if row.name == "rotation-silent"]
    assert [row.period * row.periods for row in silence] == [7 * 86_400]


def test_secrets_manager_alone_may_call_the_rotation_and_for_that_secret_alone() -> None:
    permissions = [
        permission
        for permission in properties("prod", "AWS::Lambda::Permission").values()
        if permission["FunctionName"] == {"Ref": "RotateSigningKeys"}
    ]
    assert permissions == [
        {
            "FunctionName": {"Ref": "RotateSigningKeys"},
            "Action": "lambda:InvokeFunction",
            "Principal": "secretsmanager.amazonaws.com",
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": {"Ref": "TokenSigningSecret"},
        }
    ]
    waits = transformed_template("prod")["Resources"]["TokenSigningRotation"]["DependsOn"]
    assert waits == ["RotateSigningKeysPermission"]


@pytest.mark.parametrize("stage, days", [("local", 14), ("dev", 14), ("prod", 365)])
def test_every_function_writes_a_log_that_forgets(stage: str, days: int) -> None:
    groups = properties(stage, "AWS::Logs::LogGroup")
    for name, function in properties(stage, "AWS::Lambda::Function").items():
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}", name
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    assert default(stage, "LogRetentionDays") == days
