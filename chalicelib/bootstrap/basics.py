"""Basics: the clock, chance, the settings, and every store."""

import secrets
import time
import uuid
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.config import Settings, read_settings
from chalicelib.domain.business_time import from_ms
from chalicelib.store.accounts import DynamoAccounts
from chalicelib.store.backoff import Backoff
from chalicelib.store.books import DynamoBooks
from chalicelib.store.cards import DynamoCards
from chalicelib.store.documents import DynamoDocuments
from chalicelib.store.dynamo import Dynamo
from chalicelib.store.orders import DynamoOrders
from chalicelib.store.stock import DynamoStock

if TYPE_CHECKING:
    from chalicelib.store.catalog import DynamoCatalog


def now() -> datetime:
    """This moment, aware, in UTC, in whole milliseconds: as it is stored, so that it reads back equal."""
    return from_ms(time.time_ns() // 1_000_000)


@cache
def settings() -> Settings:
    return read_settings()


def sleep_ms(milliseconds: int) -> None:
    time.sleep(milliseconds / 1000)


@cache
def backoff() -> Backoff:
    return Backoff(sleep_ms, lambda most: secrets.randbelow(most + 1))


@cache
def dynamo() -> Dynamo:
    return Dynamo(settings().table_names, backoff())


@cache
def books() -> DynamoBooks:
    return DynamoBooks(dynamo(), lambda: uuid.uuid4().hex)


@cache
def orders() -> DynamoOrders:
    return DynamoOrders(dynamo())


@cache
def cards() -> DynamoCards:
    return DynamoCards(dynamo())


@cache
def accounts() -> DynamoAccounts:
    return DynamoAccounts(dynamo())


@cache
def documents() -> DynamoDocuments:
    return DynamoDocuments(dynamo())


@cache
def stock() -> DynamoStock:
    return DynamoStock(dynamo(), secrets.randbelow, lambda: uuid.uuid4().hex)


@cache
def catalog() -> "DynamoCatalog":
    from chalicelib.store.catalog import DynamoCatalog

    return DynamoCatalog(dynamo(), lambda: time.monotonic_ns() // 1_000_000)


def random_text() -> str:
    """Sixteen characters that nobody guesses: salts and request ids."""
    return secrets.token_hex(8)


def random_digits(count: int) -> str:
    return f"{secrets.randbelow(10**count):0{count}d}"


def new_key(moment: datetime) -> str:
    """A ULID for an operation that no client named."""
    from ulid import ULID

    return str(ULID.from_datetime(moment))
