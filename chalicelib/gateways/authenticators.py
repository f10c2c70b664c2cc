"""Authenticators: which digits does the app on a phone show for a secret at a time (RFC 6238)?"""

import pyotp

from chalicelib.domain.second_factor import DIGITS, STEP

ISSUER = "Forecourt"
STEP_SECONDS = STEP.seconds


class PyotpAuthenticators:
    """The port Authenticators."""

    def new_secret(self) -> str:
        """160 bits of chance, as apps take them: base 32."""
        return pyotp.random_base32(32)

    def uri(self, secret: str, account: str) -> str:
        """What an app reads from a QR code."""
        return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(
            name=account, issuer_name=ISSUER
        )

    def code(self, secret: str, step: int) -> str:
        """The digits of a step."""
        digits: str = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).at(step * STEP_SECONDS)
        return digits
