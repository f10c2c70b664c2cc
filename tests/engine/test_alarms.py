"""The engine's alarms: are they judged by CloudWatch's rules, dimensions, silences and all?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.engine_alarms import ALARM, OK, UNKNOWN, periods_of, state_of
from local.resources import client
from local.testing import Engine

ABOVE_FIVE = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 5}
BELOW_ONE = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1}
NOTHING = None


@pytest.mark.parametrize(
    "values, missing, datapoints, state",
    [
        ([6], "notBreaching", 1, ALARM),
        ([5], "notBreaching", 1, OK),
        ([6, 1, 6], "notBreaching", 2, ALARM),
        ([6, 1, 1], "notBreaching", 2, OK),
        ([6, 6, 1], "notBreaching", 3, OK),
        ([NOTHING], "notBreaching", 1, OK),
        ([6, NOTHING, NOTHING], "notBreaching", 2, OK),
        ([NOTHING], "breaching", 1, ALARM),
        ([1, NOTHING, NOTHING], "breaching", 3, OK),
        ([NOTHING], "ignore", 1, None),
        ([6, NOTHING, NOTHING], "ignore", 2, None),
        ([6, 6, NOTHING], "ignore", 2, ALARM),
        ([1, 1, NOTHING], "ignore", 2, OK),
        ([NOTHING, NOTHING], "missing", 2, UNKNOWN),
        ([6, NOTHING], "missing", 1, ALARM),
        ([1, NOTHING], "missing", 1, OK),
    ],
)
def test_periods_make_a_state(
    values: list[float | None], missing: str, datapoints: int, state: str | None
) -> None:
    alarm = ABOVE_FIVE | {"TreatMissingData": missing, "DatapointsToAlarm": datapoints}
    assert state_of(values, alarm) == state


def test_a_young_alarm_does_not_take_the_silence_before_it_for_a_fault() -> None:
    alarm = BELOW_ONE | {"TreatMissingData": "breaching"}
    assert state_of([None, None], alarm, is_young=True) == UNKNOWN
    assert state_of([None, None], alarm) == ALARM
    assert state_of([0, 0], alarm, is_young=True) == ALARM


def test_each_point_belongs_to_the_period_in_which_it_was_told() -> None:
    points = [{"Timestamp": moment} for moment in (1000, 941, 940, 880, 700)]
    found = periods_of(points, {"Period": 60, "EvaluationPeriods": 3}, 1000)
    assert [[point["Timestamp"] for point in period] for period in found] == [[1000, 941], [940], [880]]


# ---------------------------------------------------------------- in the engine


@pytest.fixture
def cloudwatch(engine: Engine) -> Any:
    return client("cloudwatch", engine.process.endpoint_url)


def put(cloudwatch: Any, name: str, who: str, **more: Any) -> None:
    alarm: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": "Test",
        "MetricName": "Cries",
        "Dimensions": [{"Name": "Who", "Value": who}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch.put_metric_alarm(**alarm | more)


def cry(cloudwatch: Any, who: str, seconds_ago: int = 0, value: float = 1) -> None:
    datum = {
        "MetricName": "Cries",
        "Dimensions": [{"Name": "Who", "Value": who}],
        "Timestamp": datetime.now(UTC) - timedelta(seconds=seconds_ago),
        "Value": value,
    }
    cloudwatch.put_metric_data(Namespace="Test", MetricData=[datum])


def states(cloudwatch: Any, *names: str) -> list[str]:
    found = cloudwatch.describe_alarms(AlarmNames=list(names))["MetricAlarms"]
    known = {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}
    return [known[name] for name in names]


def test_an_alarm_hears_only_those_whom_it_is_about(cloudwatch: Any) -> None:
    put(cloudwatch, "of-anna", "anna")
    put(cloudwatch, "of-bert", "bert")
    cry(cloudwatch, "anna")
    assert states(cloudwatch, "of-anna", "of-bert") == [ALARM, OK]


def test_an_alarm_ends_when_its_periods_are_over_and_its_history_tells_both(
    cloudwatch: Any, engine: Engine
) -> None:
    put(cloudwatch, "of-carla", "carla", EvaluationPeriods=3, DatapointsToAlarm=2)
    cry(cloudwatch, "carla")
    assert states(cloudwatch, "of-carla") == [OK]
    cry(cloudwatch, "carla", seconds_ago=70)
    assert states(cloudwatch, "of-carla") == [ALARM]
    assert engine.process.ask("POST", "alarms", {"later_seconds": 130})["of-carla"] == OK
    history = cloudwatch.describe_alarm_history(AlarmName="of-carla")["AlarmHistoryItems"]
    told = [item["HistorySummary"] for item in history]
    assert told[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]


def test_a_percentile_is_of_the_values_and_not_of_their_mean(cloudwatch: Any) -> None:
    more = {"ExtendedStatistic": "p99", "Threshold": 50}
    put(cloudwatch, "of-dora", "dora", **more)
    cloudwatch.put_metric_data(
        Namespace="Test",
        MetricData=[
            {
                "MetricName": "Cries",
                "Dimensions": [{"Name": "Who", "Value": "dora"}],
                "Values": [1.0, 100.0],
                "Counts": [95.0, 5.0],
            }
        ],
    )
    assert states(cloudwatch, "of-dora") == [ALARM]
