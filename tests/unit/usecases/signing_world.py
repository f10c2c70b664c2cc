"""A world of processes that sign and read tokens, each with its own old knowledge of the secret.

Time is virtual. A process asks for the secret at one second of every five minutes, and reads its keys
from what it has asked for at another one: 299 and 298 is the worst, for what was asked for a second before
a change is read once more after 299 seconds, and used for five minutes more. Refresh tokens are signed by
the same keys as access tokens, and live longest: if one of them is believed all its life, so are the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from botocore.exceptions import EndpointConnectionError

from chalicelib.domain.person import IDLE_TERM, TokenInvalid
from chalicelib.domain.session import Ticket
from chalicelib.domain.signing_keys import CUT_OFF_MAX
from chalicelib.gateways.secrets import Secrets
from chalicelib.gateways.tokens import SignedTokens
from tests.fakes.secret_versions import FakeSecretVersions

BEGIN = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
ROUND = 300  # seconds for which a process knows a secret, and its keys
TICKET = Ticket("cus_BBBBBBBBBBBB", "ses_BBBBBBBBBBBB", 1)
TERM = IDLE_TERM["cus"]
SECOND = timedelta(seconds=1)
ROUNDS_OF_A_CHANGE = timedelta(seconds=2 * ROUND + 60)  # after it every process that can ask knows the change


@dataclass
class Process:
    """One process: asks for the secret and reads its keys at its own seconds of each five minutes."""

    world: "World"
    name: str
    asks_at: int
    reads_at: int
    is_cut_off: bool = False
    secrets: Secrets = field(init=False)
    tokens: SignedTokens = field(init=False)

    def __post_init__(self) -> None:
        self.secrets = self._asking()
        self.tokens = self._read()

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 (as botocore has it)
        if self._cannot_ask():
            raise EndpointConnectionError(endpoint_url="https://secretsmanager")
        return {"SecretString": self.world.versions.text}

    def tick(self) -> None:
        second = int(self.world.now.timestamp()) % ROUND
        if second == self.asks_at and not self._cannot_ask():
            self.secrets = self._asking()
            self.secrets.text("signing")
        if second == self.reads_at:
            self.tokens = self._read()

    def _cannot_ask(self) -> bool:
        return self.is_cut_off and self.world.now < self.world.cut_off_until

    def _asking(self) -> Secrets:
        return Secrets(self, lambda: self.world.now.timestamp())

    def _read(self) -> SignedTokens:
        return SignedTokens(lambda: self.secrets.text("signing"))


@dataclass(frozen=True)
class Issued:
    """A token, which must be believed everywhere."""

    signer: str
    token: str


@dataclass
class World:
    """While it is busy, every process signs at every tick.

    Each token is shown to all processes at its birth, its half-life and its end.
    """

    versions: FakeSecretVersions
    now: datetime = BEGIN
    cut_off_until: datetime = BEGIN
    processes: list[Process] = field(init=False)
    shown_later: list[tuple[datetime, Issued]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    shown: int = 0
    is_busy: bool = True

    def __post_init__(self) -> None:
        seconds = [("fresh", 0, 0), ("latest", 299, 298)]
        self.processes = [Process(self, *one) for one in seconds]
        self.processes.append(Process(self, "cut off", 299, 298, is_cut_off=True))

    def pass_time(self, until: datetime) -> None:
        """Let every second pass at which anything may happen, and every token of them be tried."""
        while (tick := self._next_tick()) <= until:
            self.now = tick
            self._tick()
        self.now = until

    def pass_quietly(self, until: datetime) -> None:
        """The same, but only the last tokens that may meet what comes at that moment are made."""
        self.pass_time(min(until, self.now + ROUNDS_OF_A_CHANGE))
        self.is_busy = False
        self.pass_time(max(self.now, until - TERM - ROUND * SECOND))
        self.is_busy = True
        self.pass_time(until)

    def cut_off(self) -> None:
        """From this second on one process cannot ask, for as long as it is borne."""
        self.cut_off_until = self.now + CUT_OFF_MAX

    def _next_tick(self) -> datetime:
        """The next of the seconds at which a process asks, reads, or must still believe."""
        into = int(self.now.timestamp()) % ROUND
        ahead = min((second - into - 1) % ROUND + 1 for second in self._seconds())
        due = min((moment for moment, _ in self.shown_later), default=self.now + SECOND * ROUND)
        return min(self.now + SECOND * ahead, max(due, self.now + SECOND))

    def _seconds(self) -> Iterable[int]:
        return {second for one in self.processes for second in (one.asks_at, one.reads_at)}

    def _tick(self) -> None:
        for process in self.processes:
            process.tick()
        due = [issued for moment, issued in self.shown_later if moment <= self.now]
        self.shown_later = [one for one in self.shown_later if one[0] > self.now]
        if self.is_busy and int(self.now.timestamp()) % ROUND in self._seconds():
            due += [self._issue(process) for process in self.processes]
        if due:
            self._show(due)

    def _issue(self, process: Process) -> Issued:
        until = self.now + TERM
        issued = Issued(process.name, process.tokens.refresh(TICKET, self.now, until))
        self.shown_later += [(self.now + TERM / 2, issued), (until - SECOND, issued)]
        return issued

    def _show(self, due: Iterable[Issued]) -> None:
        """To everybody, and to a process that was just born."""
        for process, issued in product([*self.processes, Process(self, "newborn", 0, 0)], due):
            self.shown += 1
            try:
                process.tokens.read_refresh(issued.token, self.now)
            except TokenInvalid:
                self.refused.append(f"{self.now:%d %H:%M:%S} {process.name} of {issued.signer}")
