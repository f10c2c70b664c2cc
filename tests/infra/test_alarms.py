"""The alarms: is everything watched that may go wrong, by metrics that exist, each with a page to read?"""

import json
import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.observability import NAMESPACE, Metric
from infra.alarms import TOPICS, Row, alarms, rows
from infra.build import STAGES, transformed_template
from infra.dashboards import WIDTH
from infra.runbooks import BY_HAND, INDEX, index

RUNBOOKS = INDEX.parent
PLAIN_AND_PATIENT = "--cli-binary-format raw-in-base64-out --cli-read-timeout 0 "
WITHOUT_ALARM = {
    # They say how much an operator's run did; what went wrong in it has metrics of its own.
    Metric.GIVEN_UP_WAITING,
    Metric.REDRIVEN,
    Metric.REPLAYED,
    # What the coverage is made of: to look at when it has fallen.
    Metric.CUSTODY_OWED_FEN,
    Metric.CUSTODY_COVER_FEN,
    # whoever brings data or takes a migration step sits there and is told
    Metric.IMPORTED,
    Metric.IMPORT_REFUSED,
    Metric.IMPORT_DIFFERENCES,
    Metric.MIGRATED,
}

WHOLE = {
    "name": "example",
    "group": "Group",
    "severity": "page",
    "says": "It happens.",
    "metric": "Example",
    "statistic": "Sum",
    "period": 300,
    "when": ">",
    "threshold": 0,
    "missing": "good",
}


def of_type(kind: str, stage: str = "prod") -> dict[str, dict[str, Any]]:
    resources = transformed_template(stage)["Resources"].items()
    return {name: resource["Properties"] for name, resource in resources if resource["Type"] == kind}


# ---------------------------------------------------------------- the table


def test_every_metric_of_ours_has_an_alarm_or_a_reason() -> None:
    watched = {row.metric for row in rows() if not row.of}
    assert watched == set(Metric) - WITHOUT_ALARM


def test_every_row_has_a_name_of_its_own_and_one_place() -> None:
    names = Counter(row.name for row in rows())
    assert set(names.values()) == {1}
    groups = [row.group for row in rows()]
    assert len(set(groups)) == sum(
        before != after for before, after in zip(["", *groups], groups, strict=False)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": None},
        {"timeout_percent": 80},
        {"turns": 5},
        {"period": 0},
        {"severity": "urgent"},
        {"missing": "never"},
        {"when": "="},
        {"colour": "red"},
        {"periods": 289},  # five minutes each: more than a day
        {"period": 86_400, "periods": 8},
    ],
)
def test_a_row_that_cloudwatch_would_refuse_is_refused_here(wrong: dict[str, Any]) -> None:
    assert Row.model_validate(WHOLE).page == "example.md"
    with pytest.raises(ValidationError):
        Row.model_validate(WHOLE | wrong)


# ---------------------------------------------------------------- the resources


def test_an_alarm_of_ours_in_full() -> None:
    assert of_type("AWS::CloudWatch::Alarm")["AlarmLedgerDifference"] == {
        "AlarmName": "forecourt-prod-ledger-difference",
        "AlarmDescription": "page: A balance is not what the journal makes of it."
        " docs/runbooks/ledger-difference.md",
        "AlarmActions": [{"Ref": "AlarmPages"}],
        "OKActions": [{"Ref": "AlarmPages"}],
        "Namespace": NAMESPACE,
        "MetricName": "LedgerDifferenceFen",
        "Dimensions": [{"Name": "service", "Value": "forecourt-prod"}],
        "Statistic": "Sum",
        "Period": 86_400,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }


def test_a_percentile_of_a_function_is_measured_against_its_own_time() -> None:
    found = of_type("AWS::CloudWatch::Alarm")["AlarmFunctionSlowApp"]
    assert found["Dimensions"] == [{"Name": "FunctionName", "Value": "forecourt-prod-app"}]
    assert (found["ExtendedStatistic"], found["Threshold"], found["Namespace"]) == (
        "p99",
        22_400,
        "AWS/Lambda",
    )
    assert "Statistic" not in found
    assert of_type("AWS::Lambda::Function")["APIHandler"]["Timeout"] == 28


def test_a_schedule_is_missed_after_five_of_its_own_turns() -> None:
    found = of_type("AWS::CloudWatch::Alarm")
    periods = {
        name: found[f"AlarmScheduleSilent{name}"]["Period"] for name in ("QueryUnknown", "SealArchive")
    }
    assert periods == {"QueryUnknown": 300, "SealArchive": 18_000}


def test_the_cost_of_a_day_is_how_fast_the_bill_grows() -> None:
    metrics = of_type("AWS::CloudWatch::Alarm")["AlarmCostOfTheDay"]["Metrics"]
    assert [(one["Id"], one["ReturnData"]) for one in metrics] == [("metric", False), ("rate", True)]
    assert metrics[1]["Expression"] == "RATE(metric)*86400"


@pytest.mark.parametrize("stage", STAGES)
def test_every_part_that_may_go_wrong_is_watched(stage: str) -> None:
    template = transformed_template(stage)
    count = Counter(alarm.row.of for alarm in alarms(template, stage) if alarm.row.name in FIRST_OF_EACH)
    functions = of_type("AWS::Lambda::Function", stage)
    streams = [
        mapping
        for mapping in of_type("AWS::Lambda::EventSourceMapping", stage).values()
        if mapping["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"
    ]
    assert count == {
        "functions": len(functions),
        "schedules": len(of_type("AWS::Events::Rule", stage)),
        "readers": len(streams),
        "mappings": len(streams),
        "queues": 2,
        "dead-letter-queues": 2,
        "tables": len(of_type("AWS::DynamoDB::Table", stage)),
        "api": 1,
        "account": 1,
        **({} if stage == "local" else {"rotations": 1, "texts": 1}),
        **({"exports": 1} if stage == "prod" else {}),
    }
    assert len(functions) >= 21 and len(streams) == 7


FIRST_OF_EACH = {row.of: row.name for row in reversed(rows()) if row.of}.values()


@pytest.mark.parametrize("stage", STAGES)
def test_every_alarm_tells_a_topic_of_its_severity_when_it_begins_and_when_it_ends(stage: str) -> None:
    found = of_type("AWS::CloudWatch::Alarm", stage)
    assert len({alarm["AlarmName"] for alarm in found.values()}) == len(found) > 100
    for name, alarm in found.items():
        severity = alarm["AlarmDescription"].partition(":")[0]
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": TOPICS[severity]}], name
    assert set(of_type("AWS::SNS::Topic", stage)) == set(TOPICS.values())


def test_a_mapping_counts_what_it_gives_up() -> None:
    """Without this Lambda has no such metric, and the alarm of the dead letters would be deaf."""
    found = of_type("AWS::Lambda::EventSourceMapping")
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        for dimension in alarm.get("Dimensions", []):
            if dimension["Name"] == "EventSourceMappingUUID":
                assert found[dimension["Value"]["Ref"]]["MetricsConfig"] == {"Metrics": ["EventCount"]}


# ---------------------------------------------------------------- the dashboard


def widgets(stage: str = "prod") -> list[dict[str, Any]]:
    text = of_type("AWS::CloudWatch::Dashboard", stage)["Dashboard"]["DashboardBody"]["Fn::Sub"]
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def test_the_dashboard_shows_the_state_of_every_alarm_and_a_chart_of_every_row() -> None:
    shown = [name for one in widgets() if one["type"] == "alarm" for name in one["properties"]["alarms"]]
    assert sorted(shown) == sorted(f"${{{name}.Arn}}" for name in of_type("AWS::CloudWatch::Alarm"))
    charts = [one["properties"] for one in widgets() if one["type"] == "metric"]
    assert [chart["title"] for chart in charts] == [f"{row.name} ({row.severity})" for row in rows()]
    ledger = next(chart for chart in charts if chart["title"].startswith("ledger-difference"))
    assert ledger["metrics"] == [[NAMESPACE, "LedgerDifferenceFen", "service", "forecourt-prod"]]
    assert ledger["annotations"] == {"horizontal": [{"label": ">", "value": 0.0}]}
    regions = {chart["title"].partition(" ")[0]: chart["region"] for chart in charts}
    assert regions.pop("cost-of-the-day") == "us-east-1"
    assert set(regions.values()) == {"${AWS::Region}"}


def test_no_widget_covers_another() -> None:
    def cells(one: dict[str, Any]) -> set[tuple[int, int]]:
        columns = range(one["x"], one["x"] + one["width"])
        return {(x, y) for x in columns for y in range(one["y"], one["y"] + one["height"])}

    placed = [cells(one) for one in widgets()]
    assert all(first.isdisjoint(second) for first, second in combinations(placed, 2))
    assert max(x for one in placed for x, _ in one) < WIDTH


# ---------------------------------------------------------------- the runbooks


def pages() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in RUNBOOKS.glob("*.md")}


def sections(text: str) -> set[str]:
    """The names by which the headings of a page are linked."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([\w-]*\.md(?:#[\w-]+)?|#[\w-]+)\)", text)


def test_every_alarm_leads_to_a_section_of_a_runbook_that_exists() -> None:
    found = pages()
    for row in rows():
        page, _, section = row.page.partition("#")
        assert page in found, row.name
        assert not section or section in sections(found[page]), row.page


def test_every_runbook_is_the_page_of_an_alarm_or_of_something_done_by_hand() -> None:
    led_to = {row.page.partition("#")[0] for row in rows()}
    by_hand = {f"{page}.md" for page in BY_HAND}
    assert led_to.isdisjoint(by_hand)
    assert led_to | by_hand == set(pages()) - {"README.md"}


def test_every_link_between_runbooks_leads_somewhere() -> None:
    found = pages()
    assert sum(len(links(text)) for text in found.values()) > 60
    for name, text in found.items():
        for link in links(text):
            page, _, section = link.partition("#")
            assert page in found or not page, (name, link)
            assert not section or section in sections(found[page or name]), (name, link)


def test_the_index_is_what_the_table_says() -> None:
    assert INDEX.read_text(encoding="utf-8") == index(), "run `make runbooks`"


def test_every_metric_that_a_runbook_names_exists() -> None:
    known = {row.metric for row in rows()} | set(Metric)
    for name, text in pages().items():
        tables = re.findall(r"^\| Metric \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
        named = [row.split("`")[1] for table in tables for row in table.splitlines()]
        assert set(named) <= known, name


def test_every_call_of_a_function_can_be_typed_as_it_stands() -> None:
    """The AWS CLI reads a payload as base64, and calls again after a minute, unless it is told otherwise."""
    calls = [call for text in pages().values() for call in re.findall(r"aws lambda invoke (.*)", text)]
    assert len(calls) >= 6
    assert {call for call in calls if not call.startswith(PLAIN_AND_PATIENT)} == set()


def test_every_page_says_what_to_do() -> None:
    for name, text in pages().items():
        assert name == INDEX.name or len(text.splitlines()) <= 100, name
        assert text.startswith("# "), name
