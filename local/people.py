"""People who are simulated: how does a program get a code that was sent to a phone, or an authenticator's?

A program reads no captcha. This one computes the answer, with the key that only the system
itself and whoever runs it have; the message it reads where the engine keeps what SNS sent.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

import boto3
import httpx
from botocore.config import Config

from chalicelib import bootstrap
from chalicelib.domain.captcha import answer_of
from chalicelib.domain.confirmation import Wish
from chalicelib.domain.person import checked_phone
from chalicelib.domain.second_factor import STEPS_AROUND, step_of
from chalicelib.gateways.authenticators import PyotpAuthenticators
from chalicelib.gateways.keys import EnvelopeKeys
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.ports_of_the_door import Confirmed
from chalicelib.usecases.prove_again import NOTHING, Proof

PATIENCE = Config(connect_timeout=5, read_timeout=30)
MESSAGES = "/_ministack/sns/sms-messages"


class NoMessage(Exception):
    """The engine has no message for this number."""


@dataclass(frozen=True)
class Phones:
    """Every phone there is. `mark` is the system's keyed hash."""

    engine_url: str
    mark: Callable[[str], str]

    @classmethod
    def of_run(cls, environment: Mapping[str, str]) -> "Phones":
        """Those of the run that has this environment."""
        secrets = boto3.client(
            "secretsmanager",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_DEFAULT_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=PATIENCE,
        )
        key = secrets.get_secret_value(SecretId=environment["SECRET_BLIND_INDEX"])["SecretString"]
        return cls(environment["AWS_ENDPOINT_URL"], EnvelopeKeys(None, "", lambda: key).blind_index)

    def captcha(self, captcha_id: str, device: str) -> dict[str, str]:
        """What a person would have read."""
        return {"captcha_id": captcha_id, "answer": answer_of(captcha_id, device, self.mark)}

    def messages(self, phone: str) -> list[str]:
        """What the number was sent, the newest last."""
        number = checked_phone(phone)
        answer = httpx.get(self.engine_url + MESSAGES, params={"phoneNumber": number}, timeout=10)
        answer.raise_for_status()
        return [one["Message"] for one in answer.json()["sms_messages"].get(number, [])]

    def code(self, phone: str) -> str:
        """The newest code that the number was sent. Raises: NoMessage."""
        if code := self.newest_code(phone):
            return code
        raise NoMessage(phone[-4:])

    def newest_code(self, phone: str) -> str:
        """The same, "" when none came, or while the engine does not answer."""
        try:
            messages = self.messages(phone)
        except httpx.TransportError:
            return ""
        for message in reversed(messages):
            digits = "".join(letter if letter.isdecimal() else " " for letter in message).split()
            if code := next((text for text in digits if len(text) == 6), ""):
                return code
        return ""


def secret_of(uri: str) -> str:
    """What an authenticator keeps of a QR code."""
    return dict(parse_qsl(urlsplit(uri).query))["secret"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Authenticator(PyotpAuthenticators):
    """The app on one phone, which shows no digits twice: after two sign-ins it waits for the next ones."""

    secret: str
    clock: Callable[[], datetime] = _now
    shown_step: int = 0

    def new_secret(self) -> str:
        return self.secret

    def digits(self) -> str:
        """The next digits that are good, at once or within half a minute."""
        self.shown_step = max(step_of(self.clock()), self.shown_step + 1)
        while self.shown_step > step_of(self.clock()) + STEPS_AROUND:
            time.sleep(0.2)
        return self.code(self.secret, self.shown_step)

    def present_digits(self, ahead: int = 0) -> str:
        """What the display shows, or will show so many half minutes later."""
        return self.code(self.secret, step_of(self.clock()) + ahead)


class Believed:
    """The port FirstProof of those who are simulated below the API: a person is who they are."""

    def before_the_first(self, actor: Actor, proof: Proof, now: datetime) -> None:
        pass


def guard(person_id: str, authenticator: Authenticator, now: datetime, session_id: str = "") -> list[str]:
    """The recovery codes of a person whose second factor is this authenticator; none if it was so already.

    `session_id`: of the person's sessions, the one that goes on.
    """
    factors = replace(bootstrap.second_factors(), authenticators=authenticator, prove_again=Believed())
    if factors.state(person_id).is_on:
        return []
    actor = Actor(person_id, frozenset(), session_id=session_id)
    factors.offered(actor, NOTHING, now)
    authenticator.shown_step = step_of(now)
    return factors.confirmed(actor, authenticator.code(authenticator.secret, step_of(now)), now)


class AtTheirWord:
    """The port Confirmed of those who are simulated below the API: whoever asks has agreed."""

    def check(self, command: Command, wish: Wish) -> None:
        pass


class _Confirming(Protocol):
    @property
    def confirmed(self) -> Confirmed: ...


UseCase = TypeVar("UseCase", bound=_Confirming)


def at_their_word(use_case: UseCase) -> UseCase:
    """The use case for simulated people, who show no second factor."""
    made: UseCase = replace(use_case, confirmed=AtTheirWord())  # type: ignore[type-var]
    return made
