"""Bootstrap: how do the parts of this process come together?

The only place that builds anything: clock, randomness, stores, gateways and use
cases. Everything is made when first asked for and kept, so that a function
carries only what it uses. Tests replace nothing here: they build use cases
themselves, from fakes or on the embedded engine.
"""

import secrets
import time
import uuid
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.config import Settings, read_settings
from chalicelib.store.accounts import DynamoAccounts
from chalicelib.store.backoff import Backoff
from chalicelib.store.books import DynamoBooks
from chalicelib.store.cards import DynamoCards
from chalicelib.store.documents import DynamoDocuments
from chalicelib.store.dynamo import Dynamo
from chalicelib.store.orders import DynamoOrders
from chalicelib.store.stock import DynamoStock

if TYPE_CHECKING:  # loaded by those who ask: stream readers verify no token and hash no password
    from chalicelib.gateways.keys import EnvelopeKeys
    from chalicelib.gateways.objects import S3Objects
    from chalicelib.gateways.passwords import Argon2Passwords
    from chalicelib.gateways.secrets import Secrets
    from chalicelib.gateways.tokens import SignedTokens
    from chalicelib.store.archive_index import DynamoArchiveIndex
    from chalicelib.usecases.archive_records import ArchiveRecords
    from chalicelib.usecases.bind_referrer import BindReferrer
    from chalicelib.usecases.confirm_real_name import ConfirmRealName
    from chalicelib.usecases.register_person import RegisterPerson
    from chalicelib.usecases.seal_archive import SealArchive
    from chalicelib.usecases.sign_in import SignIn


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


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
