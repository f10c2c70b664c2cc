"""The caller: how is the API asked, by people who signed in, and what if it answers otherwise?"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from local import demo_world as demo

ANSWER_SECONDS = 30
PATIENCE_SECONDS = 120


class TradeFailed(Exception):
    """The system did something else than it should; the text says what."""


@dataclass
class Caller:
    """Whoever calls the API at an address. `tokens` of those who signed in, by name."""

    url: str
    tokens: dict[str, str] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=ANSWER_SECONDS))

    def let_in(self, name: str, phone: str, password: str, **more: str) -> Mapping[str, Any]:
        """Sign somebody in, who shows more than a password; the session. Raises: TradeFailed."""
        body = {"phone": phone, "password": password, "device": demo.DEVICE, **more}
        session = self.asked("POST", "/v1/sessions", {}, body, 201)
        self.tokens[name] = session["access_token"]
        return session

    def read(self, name: str, path: str) -> Mapping[str, Any]:
        """What a read shows somebody now. Raises: TradeFailed."""
        return self.asked("GET", path, self.bearer(name), None, 200)

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def asked(
        self, method: str, path: str, headers: Mapping[str, str], body: Any, status: int
    ) -> Mapping[str, Any]:
        answer = self.http.request(method, self.url + path, headers=dict(headers), json=body)
        self.must(
            answer.status_code == status,
            f"{method} {path} was answered {answer.status_code} and not {status}: {answer.text[:500]}",
        )
        found: Mapping[str, Any] = answer.json()
        return found

    @staticmethod
    def wait(what: str, is_so: Callable[[], bool]) -> None:
        """Wait for what a stream brings. Raises: TradeFailed when it never comes."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            if time.monotonic() > deadline:
                raise TradeFailed(f"{what} did not come in {PATIENCE_SECONDS} seconds")
            time.sleep(0.25)

    @staticmethod
    def must(holds: bool, otherwise: str) -> None:
        if not holds:
            raise TradeFailed(otherwise)
