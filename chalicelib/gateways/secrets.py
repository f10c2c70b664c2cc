"""Secrets: what is the text of a secret, without asking for it at every request?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import Unavailable

KNOWN_SECONDS_MAX = 300.0  # a rotated key is in use everywhere after five minutes


@dataclass
class Secrets:
    """Secrets Manager, remembered for five minutes. Their texts are in no `repr` and no log."""

    client: Any
    clock: Callable[[], float] = monotonic
    _known: dict[str, tuple[float, str]] = field(default_factory=dict, repr=False)

    def text(self, secret_id: str) -> str:
        """The text of a secret by its name or ARN.

        A secret that is known is used on while Secrets Manager cannot be asked.
        Raises: Unavailable when it was never read and nobody answers; ClientError when it is refused.
        """
        now = self.clock()
        known = self._known.get(secret_id)
        if known and now - known[0] < KNOWN_SECONDS_MAX:
            return known[1]
        try:
            text: str = self.client.get_secret_value(SecretId=secret_id)["SecretString"]
        except BotoCoreError as error:
            if known is None:
                raise Unavailable(reason="SECRETS") from error
            # Nobody answers: for five minutes no other secret is waited for in vain.
            self._known = {name: (now, text) for name, (_, text) in self._known.items()}
            return known[1]
        except ClientError:
            if known is None:
                raise
            text = known[1]
        self._known[secret_id] = (now, text)
        return text
