"""Secrecy: secrets, keys, tokens and passwords."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import now, settings
from chalicelib.bootstrap.part import part

if TYPE_CHECKING:
    from chalicelib.gateways.keys import EnvelopeKeys
    from chalicelib.gateways.passwords import Argon2Passwords
    from chalicelib.gateways.secrets import Secrets
    from chalicelib.gateways.tokens import SignedTokens


@part
def secret_texts() -> "Secrets":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.secrets import Secrets

    # By the clock on the wall: a function's own stands still while nobody calls it.
    return Secrets(client("secretsmanager"), lambda: now().timestamp())


@part
def keys() -> "EnvelopeKeys":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.keys import EnvelopeKeys

    blind_index = settings().secret_blind_index
    return EnvelopeKeys(client("kms"), settings().key_card_secrets, lambda: secret_texts().text(blind_index))


@part
def tokens() -> "SignedTokens":
    from chalicelib.gateways.tokens import SignedTokens

    signing = settings().secret_token_signing
    return SignedTokens(lambda: secret_texts().text(signing))


@part
def passwords() -> "Argon2Passwords":
    from chalicelib.gateways.passwords import Argon2Passwords

    return Argon2Passwords(settings().password_memory_kib, settings().password_passes)
