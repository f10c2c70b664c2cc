"""Recovery: what prod may keep beside its tables: is it off until asked for, is each export understood?"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import validate_parameters

from infra.build import transformed_template
from local.testing import Engine

TEMPLATE = transformed_template("prod")
WITHOUT = "ViewsTable"  # the streams derive them again


def resources(kind: str) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in TEMPLATE["Resources"].items() if one["Type"] == kind}


def calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schedule's call, with the logical names that it would be told the values of."""
    for name, schedule in resources("AWS::Scheduler::Schedule").items():
        yield name, json.loads(schedule["Properties"]["Target"]["Input"]["Fn::Sub"])


def exported() -> set[str]:
    return {call["TableArn"].removeprefix("${").removesuffix(".Arn}") for _, call in calls()}


def test_every_table_is_exported_but_what_can_be_derived_again() -> None:
    assert exported() == set(resources("AWS::DynamoDB::Table")) - {WITHOUT}
    prefixes = [call["S3Prefix"] for _, call in calls()]
    assert len(set(prefixes)) == len(prefixes) == 9


def test_nothing_of_it_is_there_until_it_is_asked_for() -> None:
    kinds = ("AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup")
    named = {name for kind in kinds for name in resources(kind)}
    named |= {"ExportsBucket", "ExportsBucketPolicy", "ExportsRole"}
    assert {TEMPLATE["Resources"][name]["Condition"] for name in named} == {"IsExported"}
    asked = {name: TEMPLATE["Parameters"][name]["Default"] for name in ("DailyExports", "DailyBackups")}
    assert asked == {"DailyExports": "no", "DailyBackups": "no"}


@pytest.mark.parametrize("name, call", list(calls()), ids=[name for name, _ in calls()])
def test_each_schedule_asks_what_dynamodb_understands(name: str, call: dict[str, Any]) -> None:
    service = get_session().get_service_model("dynamodb")
    validate_parameters(call, service.operation_model("ExportTableToPointInTime").input_shape)
    schedule = TEMPLATE["Resources"][name]["Properties"]
    assert schedule["Target"]["Arn"]["Fn::Sub"].endswith(
        ":scheduler:::aws-sdk:dynamodb:exportTableToPointInTime"
    )
    assert schedule["Target"]["RoleArn"] == {"Fn::GetAtt": ["ExportsRole", "Arn"]}
    assert schedule["GroupName"] == TEMPLATE["Resources"]["ExportsGroup"]["Properties"]["Name"]
    # Two tries of one night are one export.
    assert call["ClientToken"] == f"{call['S3Prefix']}-<aws.scheduler.scheduled-time>"


def test_the_role_may_export_these_tables_into_that_bucket_and_nothing_else() -> None:
    role = resources("AWS::IAM::Role")["ExportsRole"]["Properties"]
    (policy,) = role["Policies"]
    table, bucket, key = policy["PolicyDocument"]["Statement"]
    assert table["Action"] == ["dynamodb:ExportTableToPointInTime"]
    assert {one["Fn::GetAtt"][0] for one in table["Resource"]} == exported()
    assert bucket["Action"] == ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"]
    assert bucket["Resource"] == {"Fn::Sub": "${ExportsBucket.Arn}/*"}
    assert key["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert [
        one["Fn::Sub"].partition(".")[0] for one in key["Condition"]["StringEquals"]["kms:ViaService"]
    ] == [
        "s3",
        "dynamodb",
    ]


def test_an_export_is_locked_for_as_long_as_a_table_can_be_set_back_and_then_forgotten() -> None:
    bucket = resources("AWS::S3::Bucket")["ExportsBucket"]["Properties"]
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "COMPLIANCE", "Days": {"Ref": "ExportLockDays"}}
    days = TEMPLATE["Parameters"]["ExportLockDays"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (days["Default"], rule["ExpirationInDays"]) == (35, 65)
    assert days["MaxValue"] < rule["ExpirationInDays"]


def test_a_daily_copy_goes_where_the_monthly_ones_go_and_is_kept_for_35_days() -> None:
    plan = resources("AWS::Backup::BackupPlan")["BackupPlan"]["Properties"]["BackupPlan"]
    monthly, (condition, daily, nothing) = plan["BackupPlanRule"][0], plan["BackupPlanRule"][1]["Fn::If"]
    assert (condition, nothing) == ("IsBackedUpDaily", {"Ref": "AWS::NoValue"})
    assert daily["Lifecycle"] == {"DeleteAfterDays": 35}
    (copy,) = daily["CopyActions"]["Fn::If"][1]
    (copied_monthly,) = monthly["CopyActions"]["Fn::If"][1]
    assert copy["DestinationBackupVaultArn"] == copied_monthly["DestinationBackupVaultArn"]


def test_the_engine_takes_an_export_of_each_table(engine: Engine) -> None:
    """It says that it is done and writes nothing: that a file comes of it is not tried."""
    dynamodb = engine.resources.client("dynamodb")
    for name, call in calls():
        table = call["TableArn"].removeprefix("${").removesuffix(".Arn}")
        asked = {**call, "TableArn": engine.resources.attribute(table, "Arn"), "S3Bucket": "exports"}
        first = dynamodb.export_table_to_point_in_time(**asked, ExportTime=1)["ExportDescription"]
        assert (first["TableArn"], first["S3Prefix"]) == (asked["TableArn"], call["S3Prefix"]), name
