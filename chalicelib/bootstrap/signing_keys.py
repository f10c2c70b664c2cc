"""Signing keys: what changes the keys of tokens.

Imported by who changes them, and not with the other parts: nothing that serves a customer carries it.
"""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, now, settings
from chalicelib.bootstrap.part import part, source

if TYPE_CHECKING:
    from chalicelib.gateways.secret_versions import SecretVersions
    from chalicelib.usecases.drop_signing_keys import DropSigningKeys
    from chalicelib.usecases.rotate_signing_keys import RotateSigningKeys


@source
def new_signing_text() -> str:
    """64 characters that nobody guesses, 256 bits: as long as what the hash of a token takes in."""
    return secrets.token_hex(32)


@part
def signing_versions() -> "SecretVersions":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.secret_versions import SecretVersions

    return SecretVersions(client("secretsmanager"), settings().secret_token_signing)


@part
def rotate_signing_keys() -> "RotateSigningKeys":
    from chalicelib.domain.signing_keys import settled_after
    from chalicelib.gateways.secrets import KNOWN_SECONDS_MAX
    from chalicelib.gateways.tokens import KEYS_KEPT, SignedTokens
    from chalicelib.usecases.rotate_signing_keys import RotateSigningKeys

    read_within = timedelta(seconds=KNOWN_SECONDS_MAX) + KEYS_KEPT
    return RotateSigningKeys(
        signing_versions(),
        lambda text: SignedTokens(lambda: text),
        new_signing_text,
        settled_after(read_within),
    )


@part
def drop_signing_keys() -> "DropSigningKeys":
    from chalicelib.usecases.drop_signing_keys import DropSigningKeys
    from chalicelib.usecases.operator_run import AuditRun

    return DropSigningKeys(signing_versions(), new_signing_text, AuditRun(books()), now)
