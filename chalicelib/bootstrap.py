"""Bootstrap: how do the parts of this process come together?

The only place that builds anything: clock, randomness, stores, gateways and use
cases. Everything is made when first asked for and kept, so that a function
carries only what it uses. Tests replace nothing here: they build use cases
themselves, from fakes or on the embedded engine.
"""

import secrets
import time
import uuid
from collections.abc import Callable
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

if TYPE_CHECKING:  # loaded by those who ask: stream readers verify no token and hash no password
    from chalicelib.gateways.counterparty import Counterparty
    from chalicelib.gateways.keys import EnvelopeKeys
    from chalicelib.gateways.objects import S3Objects
    from chalicelib.gateways.passwords import Argon2Passwords
    from chalicelib.gateways.queues import SqsQueue
    from chalicelib.gateways.secrets import Secrets
    from chalicelib.gateways.tokens import SignedTokens
    from chalicelib.store.archive_index import DynamoArchiveIndex
    from chalicelib.store.catalog import DynamoCatalog
    from chalicelib.usecases.archive_records import ArchiveRecords
    from chalicelib.usecases.bind_referrer import BindReferrer
    from chalicelib.usecases.close_order import CloseOrder
    from chalicelib.usecases.confirm_real_name import ConfirmRealName
    from chalicelib.usecases.decide_withdrawal import CancelWithdrawal, DecideWithdrawal
    from chalicelib.usecases.import_batch import ImportBatch
    from chalicelib.usecases.join_distribution import FoundTree, JoinDistribution
    from chalicelib.usecases.make_card import MakeCard
    from chalicelib.usecases.pay_commission import PayCommission
    from chalicelib.usecases.pay_withdrawal import PayWithdrawal
    from chalicelib.usecases.place_order import PlaceOrder
    from chalicelib.usecases.ports import Issuer, PaymentChannel, Payout
    from chalicelib.usecases.project_cards import ProjectCards
    from chalicelib.usecases.query_unknown import QueryUnknown
    from chalicelib.usecases.refund_order import RefundOrder
    from chalicelib.usecases.register_batch import RegisterBatch
    from chalicelib.usecases.register_person import RegisterPerson
    from chalicelib.usecases.request_withdrawal import RequestWithdrawal
    from chalicelib.usecases.reverse_commission import ReverseCommission
    from chalicelib.usecases.seal_archive import SealArchive
    from chalicelib.usecases.send_refund import SendRefund
    from chalicelib.usecases.set_payee import SetPayee
    from chalicelib.usecases.settle_payment import SettlePayment
    from chalicelib.usecases.sign_in import SignIn
    from chalicelib.usecases.submit_top_up import SubmitTopUp
    from chalicelib.usecases.sweep_stock import SweepStock
    from chalicelib.usecases.sweep_unpaid import SweepUnpaid
    from chalicelib.usecases.watch_orders import WatchOrders
    from chalicelib.usecases.withdrawal_file import WithdrawalFile


def now() -> datetime:
    """This moment, aware, in UTC, in whole milliseconds: as it is stored, so that it reads back equal."""
    return from_ms(time.time_ns() // 1_000_000)


@cache
def settings() -> Settings:
    return read_settings()


def _sleep_ms(milliseconds: int) -> None:
    time.sleep(milliseconds / 1000)


@cache
def backoff() -> Backoff:
    return Backoff(_sleep_ms, lambda most: secrets.randbelow(most + 1))


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


def random_text() -> str:
    """Sixteen characters that nobody guesses: salts and request ids."""
    return secrets.token_hex(8)


@cache
def secret_texts() -> "Secrets":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.secrets import Secrets

    return Secrets(client("secretsmanager"))


@cache
def keys() -> "EnvelopeKeys":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.keys import EnvelopeKeys

    blind_index = settings().secret_blind_index
    return EnvelopeKeys(client("kms"), settings().key_card_secrets, lambda: secret_texts().text(blind_index))


@cache
def tokens() -> "SignedTokens":
    from chalicelib.gateways.tokens import SignedTokens

    signing = settings().secret_token_signing
    return SignedTokens(lambda: secret_texts().text(signing))


@cache
def passwords() -> "Argon2Passwords":
    from chalicelib.gateways.passwords import Argon2Passwords

    return Argon2Passwords(settings().password_memory_kib, settings().password_passes)


# the archive


@cache
def archive_objects() -> "S3Objects":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.objects import S3Objects

    return S3Objects(client("s3"), settings().bucket_archive)


@cache
def archive_index() -> "DynamoArchiveIndex":
    from chalicelib.store.archive_index import DynamoArchiveIndex

    return DynamoArchiveIndex(dynamo())


@cache
def archive_records() -> "ArchiveRecords":
    from chalicelib.usecases.archive_records import ArchiveRecords

    return ArchiveRecords(
        archive_index(), archive_objects(), lambda most: _sleep_ms(secrets.randbelow(most + 1))
    )


@cache
def seal_archive() -> "SealArchive":
    from chalicelib.usecases.seal_archive import SealArchive

    return SealArchive(archive_index(), archive_objects())


def new_key(moment: datetime) -> str:
    """A ULID for an operation that no client named."""
    from ulid import ULID

    return str(ULID.from_datetime(moment))


@cache
def register_person() -> "RegisterPerson":
    from chalicelib.usecases.register_person import RegisterPerson

    return RegisterPerson(books(), documents(), keys(), passwords(), secrets.randbelow)


@cache
def sign_in() -> "SignIn":
    from chalicelib.usecases.sign_in import SignIn

    return SignIn(books(), documents(), keys(), passwords(), tokens(), new_key)


@cache
def confirm_real_name() -> "ConfirmRealName":
    from chalicelib.gateways.sandbox_identity import SandboxIdentities
    from chalicelib.usecases.confirm_real_name import ConfirmRealName

    return ConfirmRealName(books(), documents(), keys(), SandboxIdentities())


@cache
def bind_referrer() -> "BindReferrer":
    from chalicelib.usecases.bind_referrer import BindReferrer

    return BindReferrer(books(), documents())


# orders and payments


@cache
def counterparty() -> "Counterparty":
    """The sandbox's outside world: channel, issuer and payout behind one address."""
    from chalicelib.gateways.counterparty import Counterparty
    from chalicelib.gateways.key_ring import key_ring

    secret = settings().secret_sandbox_channel
    return Counterparty(settings().counterparties_url, lambda: key_ring(secret_texts().text(secret)), now)


@cache
def channel(name: str) -> "PaymentChannel":
    """The payment channel of this name. Raises: ChannelUnknown."""
    from chalicelib.domain.outside import ChannelUnknown
    from chalicelib.gateways.key_ring import key_ring
    from chalicelib.gateways.sandbox_channel import SandboxChannel

    if name != "sandbox" or not settings().counterparties_url:
        raise ChannelUnknown(channel=name)
    secret = settings().secret_sandbox_channel
    public_url = settings().public_url.rstrip("/")
    return SandboxChannel(
        counterparty(),
        lambda: key_ring(secret_texts().text(secret)),
        now,
        notify_url=f"{public_url}/v1/payments/sandbox/callbacks",
        return_url=f"{public_url}/orders/",
    )


@cache
def issuer() -> "Issuer":
    from chalicelib.gateways.sandbox_issuer import SandboxIssuer

    return SandboxIssuer(counterparty())


@cache
def order_timers() -> "SqsQueue":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.queues import SqsQueue

    return SqsQueue(client("sqs"), settings().queue_order_timers_url)


def _random_digits(count: int) -> str:
    return f"{secrets.randbelow(10**count):0{count}d}"


@cache
def make_card() -> "MakeCard":
    from chalicelib.usecases.make_card import MakeCard

    return MakeCard(keys(), _random_digits)


@cache
def place_order() -> "PlaceOrder":
    from chalicelib.usecases.place_order import PlaceOrder

    return PlaceOrder(
        books(),
        orders(),
        cards(),
        catalog(),
        documents(),
        stock(),
        make_card(),
        channel,
        lambda command, invite_code: bind_referrer()(command, invite_code),
    )


@cache
def settle_payment() -> "SettlePayment":
    from chalicelib.usecases.settle_payment import SettlePayment

    return SettlePayment(books(), orders(), catalog(), make_card())


@cache
def close_order() -> "CloseOrder":
    from chalicelib.usecases.close_order import CloseOrder

    return CloseOrder(books(), orders(), catalog(), stock())


@cache
def refund_order() -> "RefundOrder":
    from chalicelib.usecases.refund_order import RefundOrder

    return RefundOrder(books(), orders(), cards(), issuer(), keys())


@cache
def send_refund() -> "SendRefund":
    from chalicelib.usecases.send_refund import SendRefund

    return SendRefund(books(), orders(), channel)


@cache
def submit_top_up() -> "SubmitTopUp":
    from chalicelib.usecases.submit_top_up import SubmitTopUp

    return SubmitTopUp(books(), orders(), cards(), keys(), issuer())


@cache
def watch_orders() -> "WatchOrders":
    from chalicelib.usecases.watch_orders import WatchOrders

    return WatchOrders(documents(), order_timers(), check_order(), submit_top_up(), send_refund())


@cache
def sweep_unpaid() -> "SweepUnpaid":
    from chalicelib.usecases.sweep_unpaid import SweepUnpaid

    return SweepUnpaid(documents(), close_order())


@cache
def query_unknown() -> "QueryUnknown":
    from chalicelib.domain import due
    from chalicelib.usecases.query_unknown import QueryUnknown

    return QueryUnknown(
        documents(),
        {
            due.TOPUP: lambda row, at: submit_top_up().ask_again(row.call_id, at),
            due.REFUND: lambda row, at: send_refund().ask_again(row.about["order"], row.about["refund"], at),
            due.PAYOUT: lambda row, at: query_payout()(row.call_id, at),
        },
    )


@cache
def catalog() -> "DynamoCatalog":
    from chalicelib.store.catalog import DynamoCatalog

    return DynamoCatalog(dynamo(), lambda: time.monotonic_ns() // 1_000_000)


# distribution


@cache
def payout() -> "Payout":
    from chalicelib.gateways.sandbox_payout import SandboxPayout

    return SandboxPayout(counterparty())


@cache
def join_distribution() -> "JoinDistribution":
    from chalicelib.usecases.join_distribution import JoinDistribution

    return JoinDistribution(books(), documents(), catalog())


@cache
def found_tree() -> "FoundTree":
    from chalicelib.usecases.join_distribution import FoundTree

    return FoundTree(books(), documents())


@cache
def pay_commission() -> "PayCommission":
    from chalicelib.usecases.grant_campaigns import GrantCampaigns
    from chalicelib.usecases.pay_commission import PayCommission

    return PayCommission(books(), catalog(), GrantCampaigns(books(), documents()), reverse_commission())


@cache
def reverse_commission() -> "ReverseCommission":
    from chalicelib.usecases.reverse_commission import ReverseCommission
    from chalicelib.usecases.withdrawal_file import CallBackWithdrawal, PendingWithdrawals

    call_back = CallBackWithdrawal(withdrawal_file())
    return ReverseCommission(books(), accounts(), PendingWithdrawals(books()), call_back)


@cache
def withdrawal_file() -> "WithdrawalFile":
    from chalicelib.usecases.withdrawal_file import WithdrawalFile

    return WithdrawalFile(books(), accounts())


@cache
def request_withdrawal() -> "RequestWithdrawal":
    from chalicelib.usecases.request_withdrawal import RequestWithdrawal

    return RequestWithdrawal(books(), accounts(), documents(), catalog(), withdrawal_file())


@cache
def decide_withdrawal() -> "DecideWithdrawal":
    from chalicelib.usecases.decide_withdrawal import DecideWithdrawal

    return DecideWithdrawal(withdrawal_file())


@cache
def cancel_withdrawal() -> "CancelWithdrawal":
    from chalicelib.usecases.decide_withdrawal import CancelWithdrawal

    return CancelWithdrawal(withdrawal_file())


@cache
def pay_withdrawal() -> "PayWithdrawal":
    from chalicelib.usecases.pay_withdrawal import PayWithdrawal

    return PayWithdrawal(withdrawal_file(), documents(), catalog(), keys(), payout())


@cache
def query_payout() -> Callable[[str, datetime], None]:
    """Ask the bank about one payout, by the id of its withdrawal."""

    def ask(withdrawal_id: str, moment: datetime) -> None:
        pay_withdrawal().query(withdrawal_id, moment)

    return ask


@cache
def set_payee() -> "SetPayee":
    from chalicelib.usecases.set_payee import SetPayee

    return SetPayee(books(), documents(), keys())


@cache
def uploads() -> "S3Objects":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.objects import S3Objects

    return S3Objects(client("s3"), settings().bucket_uploads)


@cache
def imports_queue() -> "SqsQueue":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.queues import SqsQueue

    return SqsQueue(client("sqs"), settings().queue_imports_url)


@cache
def register_batch() -> "RegisterBatch":
    from chalicelib.usecases.register_batch import RegisterBatch

    return RegisterBatch(books(), documents(), catalog(), uploads(), imports_queue())


@cache
def import_batch() -> "ImportBatch":
    from chalicelib.usecases.import_batch import ImportBatch

    return ImportBatch(books(), documents(), cards(), catalog(), keys(), uploads(), imports_queue())


@cache
def sweep_stock() -> "SweepStock":
    from chalicelib.usecases.sweep_stock import SweepStock

    return SweepStock(documents(), stock())


@cache
def project_cards() -> "ProjectCards":
    from chalicelib.usecases.project_cards import ProjectCards

    return ProjectCards(documents())
