"""Status: is everything well with the run on this machine?

    make status
    python -m local.status --all        every alarm, not only those that are not OK

Alarms, how far the readers are behind, queues and dead letters, the last runs of the
schedules, and the numbers of the last hour, in this machine's time. Exit code 0: no alarm
is on; 1: one is; 2: nothing runs.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from chalicelib.domain.custody import Custody
from infra.build import transformed_template
from local.engine_alarms import ALARM, OK, UNKNOWN
from local.resources import Resources
from local.running import NothingRuns, environment_of_run
from local.state import directory_of
from local.status_facts import BEHIND_MAX, AlarmState, Facts, Lag, Number, Run, Waiting

BARS = "▁▂▃▄▅▆▇█"
COLOURS = {"page": "bold white on red", "ticket": "bold red", "notice": "yellow"}
GOOD, QUIET = "green", "dim"


def ago(moment: datetime, now: datetime) -> str:
    """`3 min`: how long it is since a moment."""
    seconds = max(int((now - moment).total_seconds()), 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def at(moment: datetime, now: datetime) -> str:
    """The time of day on this machine, with the date where it is another day."""
    local = moment.astimezone()
    return local.strftime("%H:%M:%S" if local.date() == now.astimezone().date() else "%m-%d %H:%M")


def sparkline(values: Sequence[float | None]) -> str:
    """A bar for each value between 0 and the highest; a blank where nothing was told."""
    highest = max((value for value in values if value is not None), default=0)
    return "".join(" " if value is None else BARS[_height(value, highest)] for value in values)


def _height(value: float, highest: float) -> int:
    return round(max(value, 0) / highest * (len(BARS) - 1)) if highest > 0 else 0


# ---------------------------------------------------------------- the parts of the page


def _table(*columns: str, last_grows: bool = False) -> Table:
    table = Table(box=None, pad_edge=False, header_style=QUIET, expand=last_grows)
    for column in columns:
        is_number = column.startswith("#")
        table.add_column(column.removeprefix("#"), justify="right" if is_number else "left", no_wrap=True)
    return table


def alarms(found: Sequence[AlarmState], now: datetime, is_all: bool) -> Iterator[RenderableType]:
    """Those that are on, each with its runbook; how many others there are."""
    on = [one for one in found if one.state == ALARM]
    table = _table("severity", "alarm", "since", "", "runbook")
    for one in found if is_all else on:
        style = COLOURS[one.severity] if one.state == ALARM else GOOD if one.state == OK else QUIET
        word = one.severity if one.state == ALARM else "ok" if one.state == OK else "no data"
        page = one.runbook.removeprefix("docs/runbooks/")
        table.add_row(Text(word, style), one.name, at(one.since, now), ago(one.since, now), page)
    counts = {state: sum(one.state == state for one in found) for state in (ALARM, OK, UNKNOWN)}
    style = COLOURS["ticket"] if on else GOOD
    words = f"alarms: {counts[ALARM]} on, {counts[OK]} off, {counts[UNKNOWN]} without data"
    yield Text(words, style)
    if table.row_count:
        yield table
    if on:
        yield Text("runbooks are in docs/runbooks/", QUIET)


def lags(found: Sequence[Lag], now: datetime) -> Iterator[RenderableType]:
    table = _table("reader", "#behind", "#for")
    for one in found:
        records = f"more than {BEHIND_MAX}" if one.records >= BEHIND_MAX else str(one.records)
        style = GOOD if not one.records else "yellow"
        table.add_row(one.reader, Text(records, style), ago(one.since, now) if one.since else "")
    yield table


def waiting(found: Sequence[Waiting]) -> Iterator[RenderableType]:
    table = _table("queue", "#waiting", "#in hand", "#later")
    for one in found:
        style = COLOURS["ticket"] if one.is_dead and one.visible else ""
        more = ("", "") if one.is_dead else (str(one.in_hand), str(one.delayed))
        table.add_row(one.place, Text(str(one.visible), style), *more)
    yield table


def runs(found: Sequence[Run], now: datetime) -> Iterator[RenderableType]:
    table = _table("schedule", "last run", "", "next run")
    for one in found:
        last = (at(one.last, now), ago(one.last, now)) if one.last else ("never", "")
        is_late = one.next is not None and now - one.next > timedelta(minutes=1)
        coming = Text(at(one.next, now), "yellow" if is_late else "") if one.next else Text("")
        table.add_row(one.schedule, *last, coming)
    yield table


def numbers(found: Sequence[Number]) -> Iterator[RenderableType]:
    table = _table("last hour", "", "#now", "#in all")
    for one in found:
        told = [value for value in one.values if value is not None]
        whole = (sum(told) if one.statistic == "Sum" else max(told)) if told else None
        words = [f"{value:,.0f}" if value is not None else "–" for value in (one.values[-1], whole)]
        table.add_row(one.name, Text(sparkline(one.values), "cyan"), *words)
    yield table


def money(found: tuple[Custody, datetime] | None, now: datetime) -> Iterator[RenderableType]:
    """What customers own and what is there for it, in yuan."""
    if found is None:
        yield Text("money: not folded yet; the first fold comes within five minutes of the start", QUIET)
        return
    custody, moment = found
    table = _table("money", "#yuan")
    table.add_row("customers own", f"{custody.owed_fen / 100:,.2f}")
    table.add_row("in custody and at the channels", f"{custody.cover_fen / 100:,.2f}")
    table.add_row("covered", f"{custody.coverage_bps / 100:.2f} %")
    yield table
    yield Text(f"as folded {ago(moment, now)} ago, at {at(moment, now)}", QUIET)


def page(facts: Facts, now: datetime, is_all: bool) -> Iterator[RenderableType]:
    """The whole page, part by part."""
    moment = now.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    yield Text(f"Forecourt at {facts.environment['PUBLIC_URL']}, {moment}", "bold")
    parts = [
        alarms(facts.alarms(), now, is_all),
        numbers(facts.numbers(now)),
        money(facts.money(), now),
        lags(facts.lags(), now),
        waiting(facts.waiting()),
        runs(facts.runs(), now),
    ]
    for part in parts:
        yield Text("")
        yield from part


def facts_of_run() -> Facts:
    """The facts of the run of this machine. Raises: NothingRuns."""
    environment = environment_of_run(os.environ)
    directory = directory_of(dict(os.environ))
    template = transformed_template("local")
    resources = Resources(template, environment["AWS_ENDPOINT_URL"])
    try:
        resources.client("cloudwatch").describe_alarms(MaxRecords=1)
    except (BotoCoreError, ClientError):
        raise NothingRuns(f"the run at {directory} has ended: start it with `make run`") from None
    return Facts(environment, Path(directory), template, resources)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the page."""
    parser = argparse.ArgumentParser(prog="local.status", description="How is the run on this machine?")
    parser.add_argument("--all", action="store_true", help="every alarm, not only those that are on")
    options = parser.parse_args(arguments)
    try:
        facts = facts_of_run()
        shown = list(page(facts, datetime.now(UTC), options.all))
    except NothingRuns as error:
        print(error, file=sys.stderr)
        return 2
    Console().print(Group(*shown))
    return 1 if any(one.state == ALARM for one in facts.alarms()) else 0


if __name__ == "__main__":
    sys.exit(main())
