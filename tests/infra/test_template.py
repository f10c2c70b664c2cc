"""The template: does AWS get what the code needs, safely wired, and from one source?"""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.config import Settings, required_variables
from chalicelib.domain.function_names import function_name, handler_of
from chalicelib.domain.readers import READERS
from infra.build import STAGES, template_errors, transformed_template
from infra.pieces import load_pieces, merge
from infra.plan import planned_template

ROOT = Path(__file__).parent.parent.parent

STREAM_SAFETY = {
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 5,
    "MaximumRecordAgeInSeconds": 21_600,
    "StartingPosition": "TRIM_HORIZON",
    "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["DeadLettersBucket", "Arn"]}}},
}

# They have defaults in Settings that no stage changes.
LEFT_TO_SETTINGS = {"PASSWORD_MEMORY_KIB", "PASSWORD_PASSES"}

# Read by the library that writes metrics.
READ_BY_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}

Properties = dict[str, Any]


def of_type(kind: str, stage: str = "local") -> dict[str, Properties]:
    resources = transformed_template(stage)["Resources"].items()
    return {name: resource["Properties"] for name, resource in resources if resource["Type"] == kind}


def mappings(source: str) -> dict[str, Properties]:
    """Event source mappings of streams (`StreamArn`) or queues (`Arn`), by the function they call."""
    return {
        properties["FunctionName"]["Ref"]: properties
        for properties in of_type("AWS::Lambda::EventSourceMapping").values()
        if properties["EventSourceArn"]["Fn::GetAtt"][1] == source
    }


def handlers() -> dict[str, str]:
    """Logical id -> handler string of every function."""
    return {name: properties["Handler"] for name, properties in of_type("AWS::Lambda::Function").items()}


# ---------------------------------------------------------------- one source


@pytest.mark.parametrize("stage", STAGES)
def test_the_template_of_each_stage_lints_without_errors(stage: str) -> None:
    assert template_errors(transformed_template(stage)) == []


def test_the_linter_would_find_a_reference_to_nothing() -> None:
    broken = transformed_template("local") | {"Outputs": {"Nothing": {"Value": {"Ref": "NoSuchTable"}}}}
    assert any("NoSuchTable" in error for error in template_errors(broken))


def test_an_unknown_stage_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'production'"):
        transformed_template("production")


def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    script = "from infra.build import _transform, minified; print(minified(_transform('local')))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_every_event_source_of_the_app_is_wired_once_and_nothing_else_is() -> None:
    declared = Counter(source.handler_string for source in app.event_sources)
    names = handlers()
    rules = of_type("AWS::Events::Rule").values()
    wired = Counter(names[function] for function in [*mappings("StreamArn"), *mappings("Arn")])
    wired.update(names[rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]] for rule in rules)
    assert wired == declared
    assert set(wired.values()) == {1}
    by_hand = {function.handler_string for function in app.pure_lambda_functions}
    assert set(names.values()) == {"app.app", *declared, *by_hand}


def test_every_function_has_the_name_by_which_it_is_called() -> None:
    named = {
        name: function["FunctionName"] for name, function in of_type("AWS::Lambda::Function", "prod").items()
    }
    expected = {
        name: function_name("prod", handler.rpartition(".")[2]) for name, handler in handlers().items()
    }
    assert named == expected
    assert (
        handler_of(f"arn:aws:lambda:us-east-1:1:function:{named['PayCommission']}:$LATEST")
        == "pay_commission"
    )


def test_the_readers_that_operators_can_call_are_those_of_the_mappings() -> None:
    tables = {
        function: properties["EventSourceArn"]["Fn::GetAtt"][0].removesuffix("Table").lower()
        for function, properties in mappings("StreamArn").items()
    }
    assert {handlers()[function].rpartition(".")[2]: table for function, table in tables.items()} == READERS


def test_every_dead_letter_queue_is_known_to_the_redrive() -> None:
    variables = of_type("AWS::Lambda::Function")["Redrive"]["Environment"]["Variables"]
    told = {value["Ref"] for name, value in variables.items() if name.endswith("DEAD_LETTERS_URL")}
    assert told == {name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLettersQueue")}


def test_what_somebody_waits_for_is_done_every_minute() -> None:
    rules = of_type("AWS::Events::Rule").values()
    every = {rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]: rule["ScheduleExpression"] for rule in rules}
    assert {every["ReleaseCommission"], every["QueryUnknown"]} == {"rate(1 minute)"}
    assert set(every.values()) == {"rate(1 minute)", "rate(5 minutes)", "rate(1 hour)"}


def test_our_pieces_change_only_what_exists() -> None:
    """A misspelt id would silently add a resource beside the one that it should complete."""
    planned = planned_template("local")["Resources"]
    completed = {
        name: piece for name, piece in load_pieces("local")["Resources"].items() if "Type" not in piece
    }
    assert completed.keys() <= planned.keys()
    for name, piece in completed.items():
        events = piece["Properties"].get("Events", {})
        assert events.keys() <= planned[name]["Properties"].get("Events", {}).keys(), name


def test_no_code_beside_the_handlers_lists_them_again() -> None:
    names = {handler.rpartition(".")[2] for handler in handlers().values()} - {"app"}
    texts = {
        path: path.read_text("utf-8") for place in ("local", "infra") for path in (ROOT / place).glob("*.py")
    }
    assert [(path.name, name) for path, text in texts.items() for name in names if f'"{name}"' in text] == []


def test_ours_is_laid_over_theirs_key_by_key() -> None:
    ours = {"a": {"b": [2]}, "c": {"Ref": "Table"}}
    theirs = {"a": {"b": [1], "d": 3}, "c": "placeholder", "e": 4}
    assert merge(ours, theirs) == {"a": {"b": [2], "d": 3}, "c": {"Ref": "Table"}, "e": 4}


# ---------------------------------------------------------------- streams, queues, schedules


def test_no_stream_has_more_than_two_readers() -> None:
    readers = Counter(
        properties["EventSourceArn"]["Fn::GetAtt"][0] for properties in mappings("StreamArn").values()
    )
    assert max(readers.values()) <= 2
    assert set(readers) == {f"{table}Table" for table in ("Accounts", "Orders", "Cards", "Journal", "Edges")}


@pytest.mark.parametrize("setting", STREAM_SAFETY)
def test_every_stream_reader_has_every_safety_setting(setting: str) -> None:
    found = {function: properties.get(setting) for function, properties in mappings("StreamArn").items()}
    assert found == dict.fromkeys(found, STREAM_SAFETY[setting])


@pytest.mark.parametrize(
    "function, names, image",
    [
        ("PayCommission", ["INSERT", "MODIFY"], {"cm": {"S": [{"exists": True}]}}),
        ("WatchOrders", ["INSERT", "MODIFY"], None),
        ("ProjectJournal", ["INSERT"], None),
        ("ArchiveJournal", ["INSERT"], None),
        ("ArchiveEdges", ["INSERT"], None),
        ("ProjectAccounts", ["INSERT", "MODIFY"], None),
        ("ProjectCards", ["INSERT", "MODIFY"], None),
    ],
)
def test_each_reader_is_shown_what_concerns_it(
    function: str, names: list[str], image: Properties | None
) -> None:
    filters = mappings("StreamArn")[function]["FilterCriteria"]["Filters"]
    expected = {"eventName": names} | ({"dynamodb": {"NewImage": image}} if image else {})
    assert [json.loads(item["Pattern"]) for item in filters] == [expected]


def test_every_streamed_table_shows_the_item_before_and_after() -> None:
    tables = of_type("AWS::DynamoDB::Table")
    for properties in mappings("StreamArn").values():
        table = properties["EventSourceArn"]["Fn::GetAtt"][0]
        assert tables[table]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_every_queue_reports_single_failures_and_gives_up_into_its_own_dead_letters() -> None:
    queues, functions = of_type("AWS::SQS::Queue"), of_type("AWS::Lambda::Function")
    for function, properties in mappings("Arn").items():
        name = properties["EventSourceArn"]["Fn::GetAtt"][0]
        dead_letters = queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert dead_letters == name.replace("Queue", "DeadLettersQueue") and dead_letters in queues
        # Lambda asks for six times the function's time: until then the message is still in work.
        assert queues[name]["VisibilityTimeout"] >= 6 * functions[function]["Timeout"]


# ---------------------------------------------------------------- tables and buckets


def test_every_table_is_paid_by_request_and_keyed_by_strings() -> None:
    for name, properties in of_type("AWS::DynamoDB::Table").items():
        keys = [key["AttributeName"] for key in properties["KeySchema"]]
        assert properties["BillingMode"] == "PAY_PER_REQUEST", name
        assert keys in (["pk"], ["pk", "sk"]), name
        assert {item["AttributeType"] for item in properties["AttributeDefinitions"]} == {"S"}, name


def test_what_is_archived_cannot_be_removed() -> None:
    archive = of_type("AWS::S3::Bucket")["ArchiveBucket"]
    assert archive["VersioningConfiguration"] == {"Status": "Enabled"}
    assert archive["ObjectLockEnabled"] is True


def test_no_bucket_is_public() -> None:
    for name, properties in of_type("AWS::S3::Bucket").items():
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name


# ---------------------------------------------------------------- functions


def test_every_function_is_told_exactly_what_the_settings_ask_for() -> None:
    known = {field.name.upper() for field in fields(Settings)}
    for name, properties in of_type("AWS::Lambda::Function").items():
        told = set(properties["Environment"]["Variables"])
        assert required_variables() <= told, name
        assert told == known - LEFT_TO_SETTINGS | READ_BY_POWERTOOLS, name


MODULES = sorted({handler.rpartition(".")[0] for handler in handlers().values()} - {"app"})

WITHOUT_APP = """
import importlib, sys
sys.modules["app"] = None
module = importlib.import_module(sys.argv[1])
print([name for name in sys.argv[2:] if not callable(getattr(module, name))])
"""


@pytest.mark.parametrize("module", MODULES)
def test_the_handlers_of_a_module_load_in_a_fresh_process_without_the_app(module: str) -> None:
    names = [name.rpartition(".")[2] for name in handlers().values() if name.rpartition(".")[0] == module]
    loaded = subprocess.run(
        [sys.executable, "-c", WITHOUT_APP, module, *names],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert (loaded.stdout.strip(), loaded.returncode) == ("[]", 0), loaded.stderr
