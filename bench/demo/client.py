"""The client: how does a careful caller get a certain answer from a system that may fail at any moment?

Every write has a key that stays the same however often it is sent. No answer, an
error of the server's, or the advice to try again: it is sent again, until an
answer is known or the system was gone for three minutes.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.demo.intents import Answer, Intent, Intents
from local import demo_world
from local.people import Authenticator, Phones

PATIENCE_SECONDS = 180
PAUSE_SECONDS_FIRST = 0.05
PAUSE_SECONDS_MAX = 2.0
ANSWER_SECONDS = 30
TOKEN_REFUSED = ("TOKEN_EXPIRED", "TOKEN_INVALID", "SESSION_ENDED")
# What is confirmed with a second factor, and where its challenge is asked for.
CHALLENGES = {
    "/v1/withdrawals": "/v1/me/challenges/withdrawal",
    "/v1/distributors/me/payee": "/v1/me/challenges/payee",
}


class GaveUp(Exception):
    """The system gave no certain answer in time; the text says to what."""


@dataclass
class Person:
    """Somebody with a phone and a password, who signs in when it is needed."""

    name: str
    phone: str
    password: str
    authenticator: Authenticator | None = None
    person_id: str = ""
    token: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def key(self) -> str:
        """The twelve characters that all ids of this person carry."""
        return self.person_id[4:]

    def order_id(self, key: str) -> str:
        """The order that a purchase under this key is."""
        return f"ord_{self.key}{key}"

    def digits(self) -> str:
        """The next ones of the authenticator; no two threads show the same."""
        assert self.authenticator is not None, f"{self.name} has none"
        with self.lock:
            return self.authenticator.digits()

    def forget_token(self) -> None:
        """The next request signs in anew: facts about this person have changed."""
        self.token = ""


class Client:
    """The API of the running system."""

    def __init__(self, url: str, intents: Intents, at_retry: Callable[[str], None] = lambda _: None) -> None:
        self.url = url.rstrip("/")
        self.intents = intents
        self.retries = 0
        self._at_retry = at_retry
        self._http = httpx.Client(timeout=ANSWER_SECONDS, limits=httpx.Limits(max_connections=64))

    def write(
        self,
        name: str,
        person: Person | None,
        path: str,
        body: Mapping[str, Any] | None = None,
        method: str = "POST",
        confirmed: bool = True,
    ) -> Answer:
        """The answer to one command; asked once in the life of this day, and kept. Raises: GaveUp.

        `confirmed`: with a second factor, where one is asked for.
        """
        known = self.intents.answers.get(name)
        if known is not None:
            return known
        intent = self.intents.wish(name, person.name if person else "", method, path, body)
        answer = self.sent(intent, person, headers=self._confirmed(intent, person) if confirmed else None)
        while answer.code == "CONFIRMATION_EXPIRED":  # the system was away for long
            answer = self.sent(intent, person, headers=self._confirmed(intent, person))
        self.intents.answered(name, answer)
        return answer

    def sent(
        self,
        intent: Intent,
        person: Person | None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The intent sent (once more), with its own body unless another is given. Raises: GaveUp.

        What was done is answered again without any confirmation.
        """
        body = intent.body if body is None else body
        headers = {"Idempotency-Key": intent.key, **(headers or {})}
        return self._certain(intent.method, intent.path, person, headers, body)

    def told(self, person: Person, path: str, body: Mapping[str, Any]) -> Answer:
        """The answer to what needs no key: sent again, it does no harm. Raises: GaveUp."""
        return self._certain("POST", path, person, {}, body)

    def _confirmed(self, intent: Intent, person: Person | None) -> Mapping[str, str]:
        """The header of what a person has confirmed; none where nobody can be asked to. Raises: GaveUp."""
        if person is None or person.authenticator is None or intent.path not in CHALLENGES:
            return {}
        wish = {**(intent.body or {}), "operation_key": intent.key}
        shown = self.told(person, CHALLENGES[intent.path], wish)
        answer = shown
        while shown.is_done:
            told = {"challenge": shown.body["challenge"], "second_factor": person.digits()}
            answer = self.told(person, "/v1/me/confirmations", told)
            if answer.code != "SECOND_FACTOR_USED":  # the answer to the same digits was lost
                break
        return {"Confirmation": answer.body["confirmation"]} if answer.is_done else {}

    def read(self, person: Person | None, path: str) -> Mapping[str, Any]:
        """What a read shows now. Raises: GaveUp, also when it is refused."""
        answer = self.asked(person, path)
        if not answer.is_done:
            raise GaveUp(f"GET {path}: {answer.code}")
        return answer.body

    def asked(self, person: Person | None, path: str) -> Answer:
        """The answer to a read. Raises: GaveUp."""
        return self._certain("GET", path, person, {}, None)

    def pages(self, person: Person, path: str) -> list[Any]:
        """All items of a list. Raises: GaveUp."""
        items: list[Any] = []
        cursor = ""
        while True:
            page = self.read(person, f"{path}?limit=100" + (f"&cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page.get("next") or ""
            if not cursor:
                return items

    def sign_in(self, person: Person) -> None:
        """A token of today's facts. Raises: GaveUp."""
        body = {"phone": person.phone, "password": person.password, "device": demo_world.DEVICE}
        answer = self._let_in(body, person)
        if answer.code == "SECOND_FACTOR_OFF":  # the day was cut off before it was turned on
            answer = self._certain("POST", "/v1/sessions", None, {}, body)
        while answer.code == "SECOND_FACTOR_USED":  # the answer to the same digits was lost
            answer = self._let_in(body, person)
        if not answer.is_done:
            raise GaveUp(f"{person.name} cannot sign in: {answer.code}")
        person.person_id = answer.body["person"]["person_id"]
        person.token = answer.body["access_token"]

    def _let_in(self, body: Mapping[str, Any], person: Person) -> Answer:
        shown = {"second_factor": person.authenticator.digits()} if person.authenticator else {}
        return self._certain("POST", "/v1/sessions", None, {}, {**body, **shown})

    def code_of(self, phone: str, phones: Phones, spent: str = "") -> str:
        """A code that was sent to the phone, and not the one that was spent. Raises: GaveUp.

        A message may be lost with a system that is killed; another is sent a minute later.
        """
        device, gone_at = demo_world.DEVICE, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < gone_at:
            captcha = self._certain("POST", "/v1/captchas", None, {}, {"device": device}).body
            read = phones.captcha(captcha["captcha_id"], device)
            self._certain("POST", "/v1/codes", None, {}, {"phone": phone, "device": device, "captcha": read})
            code = phones.newest_code(phone)
            if code not in ("", spent):
                return code
            time.sleep(PAUSE_SECONDS_MAX)
        raise GaveUp(f"no code came to {phone[-4:]}")

    def _certain(
        self,
        method: str,
        path: str,
        person: Person | None,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
    ) -> Answer:
        gone_since = 0.0
        pause_seconds = PAUSE_SECONDS_FIRST
        while True:
            answer = self._once(method, path, person, headers, body)
            if answer is not None:
                return answer
            self.retries += 1
            gone_since = gone_since or time.monotonic()
            if time.monotonic() - gone_since > PATIENCE_SECONDS:
                raise GaveUp(f"{method} {path} had no certain answer for {PATIENCE_SECONDS} seconds")
            self._at_retry(path)
            time.sleep(pause_seconds)
            pause_seconds = min(PAUSE_SECONDS_MAX, 2 * pause_seconds)

    def _once(
        self,
        method: str,
        path: str,
        person: Person | None,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
    ) -> Answer | None:
        """The answer, or None when it is not certain what became of the request."""
        token = self._token(person) if person else ""
        sent = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            response = self._http.request(method, self.url + path, headers=sent, json=body)
            content: dict[str, Any] = response.json() if response.content else {}
        except (httpx.TransportError, ValueError):
            return None
        if person is not None and response.status_code == 401 and content.get("code") in TOKEN_REFUSED:
            person.forget_token()
            return None
        if person is not None and content.get("code") == "STEP_UP_REQUIRED":
            if person.token == token:  # else it was shown meanwhile
                self._step_up(person)
            return None
        if response.status_code >= 500 or content.get("retryable") is True:
            return None
        return Answer(response.status_code, content)

    def _step_up(self, person: Person) -> None:
        """The second factor shown once more, for what is sensitive. Raises: GaveUp."""
        answer = self.told(person, "/v1/me/second-factor/proof", {"second_factor": person.digits()})
        if answer.is_done:
            person.token = answer.body["access_token"]

    def _token(self, person: Person) -> str:
        with person.lock:
            if not person.token:
                self.sign_in(person)
            return person.token
