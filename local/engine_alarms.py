"""The engine's alarms: in which state is each, by CloudWatch's rules?

The engine itself looks at a metric's name alone, takes all periods of an alarm for one,
and never hears a silence. Here dimensions count, each period has its own value, and an
alarm says what a missing one means. Periods end at this moment; CloudWatch's begin with
the minute. Alarms on expressions are left alone: they stay without data.
"""

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local import engine_private

Alarm = dict[str, Any]
Point = Mapping[str, Any]

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def state_of(values: Sequence[float | None], alarm: Mapping[str, Any], is_young: bool = False) -> str | None:
    """The state that an alarm's periods make, None where it stays as it is.

    `values`: of each period, None where nothing was told. `is_young`: the alarm is younger than
    what it looks at, so that a silence may be older than whoever should have spoken.
    """
    breaches = COMPARISONS[alarm["ComparisonOperator"]]
    wanted = alarm.get("DatapointsToAlarm") or len(values)
    told = [value for value in values if value is not None]
    breaching = sum(breaches(value, alarm["Threshold"]) for value in told)
    missing = len(values) - len(told)
    match alarm.get("TreatMissingData", "missing"):
        case "breaching" if not is_young:
            breaching += missing
        case "ignore" if breaching < wanted <= breaching + missing:
            return None
        case "missing" | "breaching" if not told:
            return UNKNOWN
    return ALARM if breaching >= wanted else OK


def periods_of(points: Sequence[Point], alarm: Mapping[str, Any], now: float) -> list[list[Point]]:
    """The points of each period that an alarm looks at, the newest first."""
    period, count = alarm["Period"], alarm["EvaluationPeriods"]
    found: list[list[Point]] = [[] for _ in range(count)]
    for point in points:
        number = int(max(now - point["Timestamp"], 0) // period)
        if number < count and point["Timestamp"] <= now + period:
            found[number].append(point)
    return found


def evaluate(alarm: Alarm, later_seconds: float = 0) -> None:
    """Put an alarm into the state that its metric makes at this moment, or some time after it."""
    if not alarm.get("MetricName"):
        return
    cloudwatch: Any = engine_private.module("cloudwatch")
    now = time.time() + later_seconds
    values = [
        _value(cloudwatch, points, alarm) for points in periods_of(_points(cloudwatch, alarm), alarm, now)
    ]
    age = now - alarm["AlarmConfigurationUpdatedTimestamp"]
    state = state_of(values, alarm, is_young=age < alarm["Period"] * alarm["EvaluationPeriods"])
    before = alarm["StateValue"]
    if state is None or state == before:
        return
    reason = f"{values[0]} in the last period: {alarm['ComparisonOperator']} {alarm['Threshold']:g}"
    alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(time.time())}
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)


def _points(cloudwatch: Any, alarm: Alarm) -> Sequence[Point]:
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions", [])))
    points: Sequence[Point] = (
        cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or []
    )
    return points


def _value(cloudwatch: Any, points: Sequence[Point], alarm: Alarm) -> float | None:
    statistics = cloudwatch._calc_stats(points)
    if not statistics:
        return None
    wanted = alarm.get("ExtendedStatistic") or alarm["Statistic"]
    value: float | None = cloudwatch._stat_value(statistics, wanted, points)
    return value


def install() -> None:
    """Have the engine's alarms judged here. Once a process."""
    engine_private.module("cloudwatch")._evaluate_alarm = evaluate


def states(later_seconds: float) -> dict[str, str]:
    """The state of every alarm, as it is so many seconds from now if nothing else is told."""
    found = engine_private.module("cloudwatch")._alarms.values()
    for alarm in found:
        evaluate(alarm, later_seconds)
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}
