"""Dashboards: what does one page show of a stage?

The state of every alarm, and every alarm's metric beside its threshold. Made from the
same rows as the alarms, a band for each group.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from infra.alarms import Alarm, Template, alarms

WIDTH = 24  # columns of a dashboard
CHART_WIDTH, CHART_HEIGHT = 8, 6
STATES_HEIGHT_PER_ROW = 2
STATES_MAX = 100  # of one widget
REGIONS = {"AWS/Billing": "us-east-1"}  # where a bill is told, wherever the stage is

Widget = dict[str, Any]


def resources(template: Template, stage: str) -> Template:
    """The dashboard of a stage, by logical id."""
    body = {"start": "-P1D", "widgets": list(_widgets(list(alarms(template, stage))))}
    properties = {"DashboardName": f"forecourt-{stage}", "DashboardBody": {"Fn::Sub": _text(body)}}
    return {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}


def _text(body: Any) -> str:
    """JSON in which a reference is written as Fn::Sub reads it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, default=str)


def _widgets(found: list[Alarm]) -> Iterator[Widget]:
    """A band of states and charts for each group, one below the other."""
    top = 0
    for group, members in groupby(found, key=lambda alarm: alarm.row.group):
        listed = list(members)
        for first in range(0, len(listed), STATES_MAX):
            shown = listed[first : first + STATES_MAX]
            height = STATES_HEIGHT_PER_ROW * (1 + len(shown) // 6)
            yield _placed(0, top, WIDTH, height, _states(group, shown))
            top += height
        charts = [_chart(list(same)) for _, same in groupby(listed, key=lambda alarm: alarm.row.name)]
        for number, chart in enumerate(charts):
            down, across = divmod(number, WIDTH // CHART_WIDTH)
            yield _placed(across * CHART_WIDTH, top + down * CHART_HEIGHT, CHART_WIDTH, CHART_HEIGHT, chart)
        top += CHART_HEIGHT * -(-len(charts) // (WIDTH // CHART_WIDTH))


def _placed(x: int, y: int, width: int, height: int, widget: Widget) -> Widget:
    return {"x": x, "y": y, "width": width, "height": height, **widget}


def _states(group: str, members: Iterable[Alarm]) -> Widget:
    names = [f"${{{alarm.logical_id}.Arn}}" for alarm in members]
    return {"type": "alarm", "properties": {"title": group, "alarms": names}}


def _chart(same: list[Alarm]) -> Widget:
    """One row of the table: a line for each of its parts."""
    row = same[0].row
    properties = {
        "title": f"{row.name} ({row.severity})",
        "region": REGIONS.get(same[0].namespace, "${AWS::Region}"),
        "view": "timeSeries",
        "period": same[0].period,
        "stat": row.statistic,
        "metrics": [_line(alarm) for alarm in same],
    }
    thresholds = {alarm.threshold for alarm in same}
    if len(thresholds) == 1 and not row.rate_seconds:
        properties["annotations"] = {"horizontal": [{"label": row.when, "value": thresholds.pop()}]}
    return {"type": "metric", "properties": properties}


def _line(alarm: Alarm) -> list[Any]:
    dimensions = [_named(text) for pair in alarm.part.dimensions.items() for text in pair]
    label = [{"label": alarm.part.name}] if alarm.part.name else []
    return [alarm.namespace, alarm.row.metric, *dimensions, *label]


def _named(value: Any) -> str:
    return f"${{{value['Ref']}}}" if isinstance(value, dict) else value
