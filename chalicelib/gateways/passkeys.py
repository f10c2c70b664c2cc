"""Passkeys: did a person's device sign this challenge for this site (WebAuthn level 2)?

The library is imported when a passkey is there: most who sign in have none.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.domain.passkey import TERM, NewKey, PasskeyRefused

SITE_NAME = "Forecourt"
ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, and RS256 of Windows

Verified = TypeVar("Verified")


@dataclass(frozen=True)
class WebAuthnPasskeys:
    """The port PasskeyVerifier. `origins`: where the pages stand whose answers count, `https://host[:port]`."""

    domain: str
    origins: tuple[str, ...]

    def as_sent(self, challenge: str) -> str:
        """As browsers take it: base64url."""
        return _encoded(challenge.encode())

    def options(self, challenge: str, user: str, account: str, known: tuple[str, ...]) -> dict[str, Any]:
        """What a browser makes a new key by: its owner is verified, no maker is asked for a certificate."""
        from webauthn import generate_registration_options
        from webauthn.helpers import options_to_json_dict
        from webauthn.helpers.cose import COSEAlgorithmIdentifier
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        made = generate_registration_options(
            rp_id=self.domain,
            rp_name=SITE_NAME,
            user_id=user.encode(),
            user_name=account,
            challenge=challenge.encode(),
            timeout=int(TERM.total_seconds() * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=_decoded(one)) for one in known],
            supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in ALGORITHMS],
        )
        return options_to_json_dict(made)

    def challenge_of(self, answer: str) -> str:
        """Raises: PasskeyRefused."""
        return _read(lambda: _challenge(json.loads(answer)))

    def credential_of(self, answer: str) -> str:
        """Raises: PasskeyRefused."""
        return _read(lambda: str(json.loads(answer)["id"]))

    def added(self, answer: str, challenge: str) -> NewKey:
        """Raises: PasskeyRefused."""
        from webauthn import verify_registration_response
        from webauthn.helpers.cose import COSEAlgorithmIdentifier

        verified = _read(
            lambda: verify_registration_response(
                credential=answer,
                expected_challenge=challenge.encode(),
                expected_rp_id=self.domain,
                expected_origin=list(self.origins),
                require_user_verification=True,
                supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in ALGORITHMS],
            )
        )
        return NewKey(
            _encoded(verified.credential_id), _encoded(verified.credential_public_key), verified.sign_count
        )

    def signed(self, answer: str, challenge: str, public_key: str) -> int:
        """Raises: PasskeyRefused."""
        from webauthn import verify_authentication_response

        verified = _read(
            lambda: verify_authentication_response(
                credential=answer,
                expected_challenge=challenge.encode(),
                expected_rp_id=self.domain,
                expected_origin=list(self.origins),
                credential_public_key=_decoded(public_key),
                credential_current_sign_count=0,  # a counter that goes back has an answer of its own
                require_user_verification=True,
            )
        )
        return verified.new_sign_count


def _challenge(told: Any) -> str:
    client = json.loads(_decoded(told["response"]["clientDataJSON"]))
    return _decoded(client["challenge"]).decode("ascii")


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _read(verify: Callable[[], Verified]) -> Verified:
    """What is verified. Raises: PasskeyRefused for what is wrong, and for what is nothing a device makes."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from webauthn.helpers.exceptions import WebAuthnException

    unreadable = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError)
    try:
        return verify()
    except (WebAuthnException, UnsupportedAlgorithm, RecursionError, *unreadable) as error:
        raise PasskeyRefused() from error
