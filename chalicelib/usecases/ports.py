"""Ports: what do the use cases need from the world?

Every Protocol here is implemented in store/ or gateways/, and by a fake of the
same name in tests/fakes/. A use case reads, asks the domain, and writes once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from chalicelib.domain.card import Card, CardChange
from chalicelib.domain.catalog import Product
from chalicelib.domain.order import Order
from chalicelib.domain.record import Client, Record


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command, as the signed token says.

    `referrers`: the distributors above a customer when the token was made, the
    nearest first: a hint that a read verifies. `root`: the root of the tree that
    this person is a distributor in, or "". Roots and referrers never change hands.
    """

    person_id: str
    roles: frozenset[str]
    referrers: tuple[str, ...] = ()
    root: str = ""
    real_name: bool = False
    client: Client | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What every writing use case gets: who, under which operation key (ULID), when, from which body."""

    actor: Actor
    key: str
    now: datetime
    request_hash: str = ""
    reason: str = ""


# Changes: what one transaction may consist of, each with its own condition.


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Put an order that must not exist yet."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """Replace an order that must still have the version it was read with (`order.version`)."""

    order: Order


@dataclass(frozen=True, slots=True)
class NewCard:
    """Put a card whose number must not exist yet; its balance comes from the record."""

    card: Card


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Let a record touch a distributor's account. `owed_fen`: the debt must still be exactly this.

    `set_values` are plain attributes (tax position …) written with `expected`
    values of the same attributes as condition (absent = None).
    """

    distributor_id: str
    owed_fen: int | None = None
    set_values: Mapping[str, Any] | None = None
    expected: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PotChange:
    """Let a record touch the frozen commission of one release day (`YYYYMMDD`) or the risk pot."""

    distributor_id: str
    day: str
    frozen_fen: int | None = None  # the pot must still hold exactly this


@dataclass(frozen=True, slots=True)
class NewDocument:
    """Put a plain item that must not exist yet."""

    table: str
    pk: str
    sk: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """Set attributes of a plain item under a condition on some of its attributes.

    `expected`: name -> value it must have now (None: absent). `at_least`: name ->
    amount that a number must still have before `add` lowers it.
    """

    table: str
    pk: str
    sk: str
    set_values: Mapping[str, Any]
    expected: Mapping[str, Any]
    add: Mapping[str, int] | None = None
    at_least: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class DocumentGone:
    """Delete a plain item, whether or not it is there."""

    table: str
    pk: str
    sk: str


Change = (
    NewOrder
    | OrderMoved
    | NewCard
    | CardChange
    | AccountChange
    | PotChange
    | NewDocument
    | DocumentChange
    | DocumentGone
)


class Replayed(Exception):
    """This operation key was used before: nothing was written now."""

    def __init__(self, request_hash: str, body: Mapping[str, Any] | None = None) -> None:
        super().__init__("replayed")
        self.request_hash = request_hash
        self.body = body or {}


class Stale(Exception):
    """Something read has moved on: read again and decide again."""


class Books(Protocol):
    """The one writer of money and of everything that changes together with it."""

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        """Write the record and all changes, or nothing.

        Conflicts, throttles and lost answers are retried inside, a bounded number
        of times, with the same token.
        Raises: Replayed when the record's or a new order's key exists already;
        Stale when a version or an expected value has moved on; the Refusal that
        explains a failed condition; Unavailable when the retries are used up.
        """
        ...

    def record(self, partition: str, entry_id: str) -> Record | None: ...

    def records(self, partition: str, prefix: str = "") -> list[Record]: ...


class Orders(Protocol):
    def get(self, order_id: str) -> Order | None: ...

    def page(self, customer_id: str, before: str, limit: int) -> list[Order]:
        """Newest first, those older than the order id `before` ("" = from the newest)."""
        ...

    def put_new(self, order: Order) -> None:
        """One single write. Raises: Replayed."""
        ...


class Cards(Protocol):
    def get(self, card_id: str) -> Card | None: ...


@dataclass(frozen=True, slots=True)
class Balances:
    """A distributor's account in fen: spendable, held for withdrawals, owed to us; frozen by release day."""

    available_fen: int
    held_fen: int
    owed_fen: int
    frozen_fen: Mapping[str, int]
    values: Mapping[str, Any]
    version: int


class Accounts(Protocol):
    def balances(self, distributor_id: str, with_pots: bool = True) -> Balances: ...


class Catalog(Protocol):
    """Products, plans and parameters: cached for at most five seconds."""

    def product(self, sku_id: str) -> Product: ...

    def products(self) -> list[Product]: ...

    def plan(self, plan_id: str) -> Any: ...

    def plan_at(self, moment: datetime) -> Any: ...

    def parameter(self, name: str, moment: datetime, scope: str = "") -> Any: ...


class Documents(Protocol):
    """Plain items of the tables people, catalog, stock, edges, views and work."""

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None: ...

    def get_many(self, table: str, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        """One round trip, eventually consistent, absent ones left out; at most 100."""
        ...

    def query(
        self, table: str, pk: str, prefix: str = "", after: str = "", limit: int = 0, newest: bool = False
    ) -> list[dict[str, Any]]: ...

    def put(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> None: ...

    def put_new(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> bool:
        """Whether it was new."""
        ...

    def put_many(self, table: str, items: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None: ...

    def delete(self, table: str, pk: str, sk: str) -> None: ...


class Stock(Protocol):
    def claim(self, sku_id: str) -> str:
        """A card id that is the caller's alone. Raises: OutOfStock."""
        ...

    def give_back(self, sku_id: str, card_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an outside party said: SUCCEEDED, FAILED, PENDING, or UNKNOWN when the answer was lost."""

    state: str
    external_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A verified message of a payment channel: `amount_fen` was paid for `order_id` under `payment_id`."""

    channel: str
    order_id: str
    payment_id: str
    amount_fen: int
    state: str
    paid_at: datetime


class PaymentChannel(Protocol):
    """Money in, and back. Never asked twice for a new thing: the order id is the merchant's reference."""

    def start(self, order_id: str, amount_fen: int, title: str, expires_at: datetime) -> str:
        """The address of the hosted pay page."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        """The notice in a callback. Raises: CallbackRefused when signature, time or shape is wrong."""
        ...

    def query(self, order_id: str) -> Outcome: ...

    def refund(self, order_id: str, refund_id: str, amount_fen: int, payment_id: str) -> Outcome: ...

    def query_refund(self, refund_id: str) -> Outcome: ...


class Issuer(Protocol):
    """The oil company behind AGENT cards."""

    def submit(self, operation_id: str, card_number: str, amount_fen: int) -> Outcome: ...

    def query(self, operation_id: str) -> Outcome: ...

    def close_unused(self, operation_id: str, card_number: str) -> Outcome:
        """SUCCEEDED only when the card was never used and can be used no more."""
        ...


class Payout(Protocol):
    """Money out to a distributor's payee."""

    def pay(self, payout_id: str, payee: Mapping[str, str], net_fen: int) -> Outcome: ...

    def query(self, payout_id: str) -> Outcome: ...


class Keys(Protocol):
    """Encryption of card numbers and secrets, and the blind index."""

    def seal(self, plain: str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> str: ...

    def blind_index(self, value: str) -> str:
        """26 characters of a keyed hash: equal values have equal indexes, and nobody else can make one."""
        ...


class Queue(Protocol):
    def send(self, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None: ...


class Objects(Protocol):
    """A bucket."""

    def put_new(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        """Whether the key was free (If-None-Match)."""
        ...

    def get(self, key: str) -> bytes | None: ...

    def list(self, prefix: str) -> list[str]: ...

    def upload_url(self, key: str, seconds: int, bytes_max: int) -> dict[str, Any]: ...


class Archive(Protocol):
    def day(self, day: date) -> list[bytes]: ...
