"""Basics: the clock, chance, the settings, and every store."""

import secrets
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.bootstrap.part import part, source
from chalicelib.config import Settings, read_settings
from chalicelib.domain.business_time import from_ms
from chalicelib.gateways.clients import making, session
from chalicelib.store.accounts import DynamoAccounts
from chalicelib.store.backoff import Backoff
from chalicelib.store.books import DynamoBooks
from chalicelib.store.cards import DynamoCards
from chalicelib.store.documents import DynamoDocuments
from chalicelib.store.dynamo import Connection, Dynamo, connect
from chalicelib.store.orders import DynamoOrders

if TYPE_CHECKING:
    from chalicelib.store.catalog import DynamoCatalog
    from chalicelib.store.stock import DynamoStock


@source
def now() -> datetime:
    """This moment, aware, in UTC, in whole milliseconds: as it is stored, so that it reads back equal."""
    return from_ms(time.time_ns() // 1_000_000)


@part
def settings() -> Settings:
    return read_settings()


@source
def sleep_ms(milliseconds: int) -> None:
    time.sleep(milliseconds / 1000)


@source
def elapsed_ms() -> int:
    """Milliseconds since some moment of the past, which never go back."""
    return time.monotonic_ns() // 1_000_000


@source
def random_below(limit: int) -> int:
    """A number from 0 that nobody guesses."""
    return secrets.randbelow(limit)


@source
def new_token() -> str:
    """A name for one write or one claim, never used before."""
    return uuid.uuid4().hex


@part
def backoff() -> Backoff:
    return Backoff(sleep_ms, lambda most: random_below(most + 1), elapsed_ms=elapsed_ms)


@part
def connection() -> Connection:
    """The connection to DynamoDB that all stores share."""
    with making:
        return connect(session())


@part
def dynamo() -> Dynamo:
    return Dynamo(settings().table_names, backoff(), connection())


@part
def books() -> DynamoBooks:
    return DynamoBooks(dynamo(), new_token)


@part
def orders() -> DynamoOrders:
    return DynamoOrders(dynamo())


@part
def cards() -> DynamoCards:
    return DynamoCards(dynamo())


@part
def accounts() -> DynamoAccounts:
    return DynamoAccounts(dynamo())


@part
def documents() -> DynamoDocuments:
    return DynamoDocuments(dynamo())


@part
def stock() -> "DynamoStock":
    from chalicelib.store.stock import DynamoStock

    return DynamoStock(dynamo(), random_below, new_token)


@part
def catalog() -> "DynamoCatalog":
    from chalicelib.store.catalog import DynamoCatalog

    return DynamoCatalog(dynamo(), elapsed_ms)


@source
def random_text() -> str:
    """Sixteen characters that nobody guesses: salts and request ids."""
    return secrets.token_hex(8)


@source
def random_digits(count: int) -> str:
    return f"{random_below(10**count):0{count}d}"


@source
def new_key(moment: datetime) -> str:
    """A ULID for an operation that no client named."""
    from ulid import ULID

    return str(ULID.from_datetime(moment))
