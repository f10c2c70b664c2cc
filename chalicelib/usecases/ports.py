"""Ports: what do the use cases need from the world?

Every Protocol here is implemented in store/ or gateways/, and by a fake of the
same name in tests/fakes/. A use case reads, asks the domain, and writes once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # every function imports this module, and each works with few of these
    from chalicelib.domain.account import Balances, Pot
    from chalicelib.domain.archive import Head, Link
    from chalicelib.domain.card import Card
    from chalicelib.domain.catalog import Product
    from chalicelib.domain.change import Change, DocumentChange
    from chalicelib.domain.channel_bill import Bill
    from chalicelib.domain.function_call import Called
    from chalicelib.domain.given_up import Message
    from chalicelib.domain.order import Order
    from chalicelib.domain.outside import Outcome, PaymentNotice
    from chalicelib.domain.person import Claims
    from chalicelib.domain.record import Client, Record
    from chalicelib.domain.session import Ticket
    from chalicelib.domain.stock import Place


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command, as the signed token says.

    `referrers`: the distributors above a customer when the token was made, the
    nearest first: a hint that a read verifies. `root`: the root of the tree that
    this person is a distributor in, or "". Roots and referrers never change hands.
    `regions`: where alone the role holds that this is asked by; None is everywhere.
    """

    person_id: str
    roles: frozenset[str]
    referrers: tuple[str, ...] = ()
    root: str = ""
    real_name: bool = False
    client: Client | None = None
    session_id: str = ""
    regions: tuple[str, ...] | None = None

    def reaches(self, region: str) -> bool:
        """Whether what belongs to this region is theirs; what belongs to none is nobody's of a region."""
        return self.regions is None or any(region.startswith(one) for one in self.regions)


@dataclass(frozen=True, slots=True)
class Command:
    """What every writing use case gets: who, under which operation key (ULID), when, from which body.

    `confirmation`: what was confirmed with a second factor, where that is asked for (confirmation.py).
    """

    actor: Actor
    key: str
    now: datetime
    request_hash: str = ""
    reason: str = ""
    confirmation: str = ""


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


class Accounts(Protocol):
    def balances(self, distributor_id: str, with_pots: bool = True) -> Balances: ...

    def pot(self, distributor_id: str, day: str) -> Pot: ...

    def first_open_pot(self, distributor_id: str, since: str, until: str, but: str = "") -> str: ...


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

    def get_many(
        self, table: str, keys: Sequence[tuple[str, str]], consistent: bool = False
    ) -> dict[tuple[str, str], dict[str, Any]]:
        """One round trip, absent ones left out; at most 100."""
        ...

    def query(
        self,
        table: str,
        pk: str,
        prefix: str = "",
        after: str = "",
        limit: int = 0,
        newest: bool = False,
        consistent: bool = False,
    ) -> list[dict[str, Any]]: ...

    def put(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> None: ...

    def put_new(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> bool:
        """Whether it was new."""
        ...

    def put_many(self, table: str, items: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None: ...

    def change(self, change: DocumentChange) -> dict[str, Any] | None:
        """The item after the change, or None when its condition did not hold."""
        ...

    def delete(self, table: str, pk: str, sk: str) -> None: ...


class Stock(Protocol):
    def claim(self, sku_id: str) -> str:
        """A card id that is the caller's alone. Raises: OutOfStock."""
        ...

    def give_back(self, sku_id: str, card_id: str) -> None: ...

    def count(self, sku_id: str) -> int:
        """How many cards can be claimed now."""
        ...


class StockRoom(Stock, Protocol):
    """The stock as the office and the sweep see it."""

    def skus(self) -> list[str]: ...

    def places(self, sku_id: str) -> list[Place]:
        """Every place from which a card was taken that is not known to be settled."""
        ...

    def suspect(self, place: Place, card_id: str, now: datetime) -> None:
        """Note that this card was seen taken and in stock."""
        ...

    def restore(self, place: Place, card_id: str) -> bool:
        """Let a leaked card be taken again. Whether it was done now."""
        ...

    def remove(self, place: Place) -> None:
        """Forget a spent place whose cards are all settled."""
        ...


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

    def bill(self, day: date) -> bytes | None:
        """The raw file of a finished business day; None while it is not there."""
        ...

    def read_bill(self, day: date, raw: bytes) -> Bill:
        """What the file of the day says. Raises: BillMalformed."""
        ...


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

    def unveil(self, veiled: str, salt: str) -> str:
        """The network address that a record keeps veiled."""
        ...


class Passwords(Protocol):
    """Slow salted hashes of passwords."""

    def hash(self, password: str) -> str: ...

    def matches(self, password_hash: str, password: str) -> bool:
        """Whether the password made the hash; takes as long for no hash at all ("") as for any."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        ...


class Tokens(Protocol):
    """Signed tokens: who somebody is, and whose session goes on."""

    def access(self, claims: Claims, now: datetime, expires_at: datetime) -> str: ...

    def refresh(self, ticket: Ticket, now: datetime, expires_at: datetime) -> str: ...

    def read_access(self, token: str, now: datetime) -> Claims:
        """Raises: TokenInvalid, TokenExpired."""
        ...

    def read_refresh(self, token: str, now: datetime) -> Ticket:
        """Raises: TokenInvalid, TokenExpired."""
        ...


class Identities(Protocol):
    """The register of identities, which knows whose number an ID number is."""

    def confirm(self, name: str, id_number: str) -> Outcome:
        """SUCCEEDED, FAILED, or UNKNOWN when the register did not answer."""
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


class Functions(Protocol):
    """Other functions of ours, called as their mappings call them."""

    def call(self, function: str, event: Mapping[str, Any]) -> Called:
        """Give a function (`pay_commission`) an event and wait. What it raises is told, not raised."""
        ...


class Letters(Protocol):
    """The documents of what the functions gave up, by their keys; none is ever removed."""

    def waiting(self) -> list[str]: ...

    def get(self, key: str) -> bytes | None: ...

    def noted(self, key: str) -> bytes | None: ...

    def note(self, key: str, document: bytes) -> None:
        """Write beside a document what is known of it now."""
        ...

    def settle(self, key: str, document: bytes) -> bool:
        """Mark as done: it waits no longer. Whether it was not marked before."""
        ...


class DeadLetters(Protocol):
    """The dead-letter queue of one worker."""

    def receive(self) -> list[Message]:
        """Some messages, hidden from others for a while; none: all that are there were received."""
        ...

    def remove(self, message: Message) -> None: ...

    def release(self, message: Message) -> None:
        """Let others see it again."""
        ...


class VersionedObjects(Protocol):
    """A bucket whose every version is kept, as one that looks for alterations reads it."""

    def versions(self, prefix: str) -> Iterable[tuple[str, bool, str]]:
        """Every key ever written below a prefix, in order: can it still be read, and what was done to it?"""
        ...

    def get(self, key: str) -> bytes | None: ...


class ArchiveIndex(Protocol):
    """Where the archive ends, and which records it holds. Every read is strongly consistent."""

    def head(self) -> Head: ...

    def moved(self, head: Head, to: Head) -> Head | None:
        """The head now, one version further; None when it was no longer `head`."""
        ...

    def archived(self, at_ms: Mapping[str, int]) -> Mapping[str, str]:
        """By id how the digest of each archived record begins, with at least eight digits.

        `at_ms`: of each record that is asked for, by id, the time that its body tells. Under a time
        of another second it may be found or not.
        """
        ...

    def add(self, object_key: str, links: Sequence[Link]) -> None:
        """Note that this object holds these records, all of them; doing it again changes nothing."""
        ...


class Holds(Protocol):
    """Commission of an order under suspicion. Doing it twice changes nothing."""

    def hold(self, order: Order, reason: str, now: datetime) -> int:
        """How many fen of the order's commission are held now."""
        ...

    def free(self, order: Order, reason: str, now: datetime) -> int:
        """How many fen are held still."""
        ...
