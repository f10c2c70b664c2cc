"""The reading: what do tables, bucket and counterparties hold, seen by somebody who believes nobody?

Whole tables are read through the endpoint of the running state, as an auditor with
a read-only key would. Items become plain values here, by a few lines of the demo's
own; nothing of the product's store is used.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from bench.demo.outside import Accountant, BillLine
from local.state import directory_of

SHANGHAI = timezone(timedelta(hours=8))
ENVIRONMENT_NAME = "environment.json"
TABLES = ("journal", "edges", "orders", "cards", "accounts", "stock", "views", "work", "catalog")

Item = dict[str, Any]


class NothingToRead(Exception):
    """There is no running state to look into; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the journal as it is stored: its key, its body, and the digest beside it."""

    partition: str
    entry_id: str
    body: Mapping[str, Any]
    digest: str

    @property
    def record_id(self) -> str:
        return f"{self.partition}/{self.entry_id}"

    @property
    def action(self) -> str:
        return str(self.body.get("action", ""))

    @property
    def about(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body.get("about", {})
        return found

    @property
    def lines(self) -> list[tuple[str, int]]:
        return [(str(account), int(fen)) for account, fen in self.body.get("lines", [])]

    def moved_fen(self, account: str) -> int:
        """What this record moves on one account, debit positive."""
        return sum(fen for name, fen in self.lines if name == account)


@dataclass(frozen=True)
class Reading:
    """Everything at about one moment."""

    tables: Mapping[str, list[Item]]
    records: list[Record]
    bill: list[BillLine]
    fold: dict[str, int] = field(default_factory=dict)  # every account, debit positive, from all records

    def __post_init__(self) -> None:
        for record in self.records:
            for account, fen in record.lines:
                self.fold[account] = self.fold.get(account, 0) + fen

    @property
    def orders(self) -> list[Item]:
        return self.tables["orders"]

    @property
    def cards(self) -> list[Item]:
        return self.tables["cards"]

    def partition(self, table: str, prefix: str) -> list[Item]:
        """The items of a table whose partition begins so."""
        return [item for item in self.tables[table] if item["pk"].startswith(prefix)]


class Auditor:
    """Reads the state of a run."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        endpoint_url = environment["AWS_ENDPOINT_URL"]
        self._dynamodb = session.client("dynamodb", endpoint_url=endpoint_url)
        secrets = session.client("secretsmanager", endpoint_url=endpoint_url)
        key = secrets.get_secret_value(SecretId=environment["SECRET_SANDBOX_CHANNEL"])["SecretString"]
        self.accountant = Accountant(environment["COUNTERPARTIES_URL"], key)

    @classmethod
    def of_run(cls, state: Path | None) -> "Auditor":
        """The auditor of the run on this state directory, or on the usual one. Raises: NothingToRead."""
        directory = state or directory_of(dict(os.environ))
        try:
            environment = json.loads((directory / ENVIRONMENT_NAME).read_text())
        except (OSError, ValueError):
            raise NothingToRead(f"the books cannot be read: no run keeps its state in {directory}") from None
        with _or_nothing():
            return cls(environment)

    def read(self) -> Reading:
        """Everything, now. Raises: NothingToRead."""
        with _or_nothing():
            return self._read()

    def _read(self) -> Reading:
        tables = {name: list(self._items(name)) for name in TABLES}
        records = [
            _record(item["pk"], item["sk"], item["body"], item["digest"]) for item in tables["journal"]
        ]
        for item in tables["edges"]:  # joining is recorded by the edge itself
            if "record" in item:
                partition, _, entry_id = json.loads(item["record"])["id"].partition("/")
                records.append(_record(partition, entry_id, item["record"], ""))
        days = _business_days(records)
        return Reading(tables, records, [line for day in days for line in self.accountant.bill(day)])

    def _items(self, table: str) -> Iterator[Item]:
        name = self.environment[f"TABLE_{table.upper()}"]
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
            for item in page["Items"]:
                yield {attribute: _plain(value) for attribute, value in item.items()}


@contextmanager
def _or_nothing() -> Iterator[None]:
    """A run that is gone has no books to be read."""
    try:
        yield
    except (EndpointConnectionError, HTTPClientError, httpx.TransportError):
        raise NothingToRead(
            "the run is gone, and its books with it: start it again with `make run`, then go on with --resume"
        ) from None


def _record(partition: str, entry_id: str, text: str, digest: str) -> Record:
    return Record(partition, entry_id, json.loads(text), digest)


def _plain(value: Mapping[str, Any]) -> Any:
    """A typed value as Python's own; numbers are whole or a mistake."""
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content)
    if kind == "L":
        return [_plain(member) for member in content]
    if kind == "M":
        return {name: _plain(member) for name, member in content.items()}
    return None if kind == "NULL" else content


def _business_days(records: list[Record]) -> list[str]:
    """From the day of the first record to today, in Asia/Shanghai."""
    first_ms = min((int(record.body["at"]) for record in records if "at" in record.body), default=0)
    day = business_date(first_ms)
    found = []
    while day <= datetime.now(UTC).astimezone(SHANGHAI).date():
        found.append(day.isoformat())
        day += timedelta(days=1)
    return found


def business_date(time_ms: int) -> date:
    """The day in Asia/Shanghai of a moment in milliseconds."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).astimezone(SHANGHAI).date()
