"""The evidence: what did the functions leave behind, and is it right?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import verify_archive
from tests.e2e.invariants import Tables, broken, broken_views
from tests.rehearsal.stack import Stack


def archived(stack: Stack) -> int:
    """How many objects the archive holds."""
    pages = stack.client("s3").get_paginator("list_objects_v2")
    keys = [
        found["Key"]
        for page in pages.paginate(Bucket=stack.physical["ArchiveBucket"])
        for found in page.get("Contents", [])
    ]
    return sum(not key.startswith(".") for key in keys)


def tables_of(stack: Stack, environment: dict[str, str]) -> Tables:
    """All that stands in the tables now."""
    return Tables.read(lambda name: stack.items(environment[f"TABLE_{name.upper()}"]))


def wrong(stack: Stack, environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """What is wrong now, and what was looked at."""
    tables = tables_of(stack, environment)
    summary = verify_archive.Summary()
    places = verify_archive.places_of(environment)
    findings = [str(finding) for finding in verify_archive.verify(places, datetime.now(UTC), summary, 0)]
    waiting = [f"{summary.waiting} records are not archived"] if summary.waiting else []
    looked_at = [
        f"{len(tables.journal)} records and {len(tables.views)} lines obey every law",
        f"{summary.records} records in {summary.objects} objects of the archive are intact",
    ]
    return [*broken(tables), *broken_views(tables), *findings, *waiting], looked_at


def failures(stack: Stack) -> dict[str, int]:
    """How often each function ended in an error."""
    cloudwatch = stack.client("cloudwatch")
    failed = {}
    for name in (function["FunctionName"] for function in _functions(stack)):
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=datetime(2020, 1, 1, tzinfo=UTC),
            EndTime=datetime.now(UTC),
            Period=86_400,
            Statistics=["Sum"],
        )
        if count := int(sum(point["Sum"] for point in answer["Datapoints"])):
            failed[name] = count
    return failed


def _functions(stack: Stack) -> list[dict[str, Any]]:
    pages = stack.client("lambda").get_paginator("list_functions").paginate()
    return [function for page in pages for function in page["Functions"]]


def keep_function_logs(stack: Stack, directory: Path) -> None:
    """Write what each function wrote into a file of its name."""
    logs = stack.client("logs")
    directory.mkdir(exist_ok=True)
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            lines = [event["message"] for page in pages for event in page["events"]]
            (directory / f"{name.rpartition('/')[2]}.log").write_text("\n".join(lines), encoding="utf-8")
