"""Secrecy: what in a world is secret or personal, and did a line of the log tell any of it?

Whatever the product seals, looks up blindly, hashes as a password or signs as a token
is secret by that alone, and so is the address that a client came from: nobody has to
keep a list. At the end every line that was logged or printed is searched for all of it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.domain.person import Claims
from chalicelib.domain.session import Ticket
from chalicelib.gateways.tokens import SignedTokens
from tests.fakes.keys import FakeKeys
from tests.fakes.passwords import FakePasswords

SIGNING_KEY = "the simulated world signs its tokens with this"
COUNTRY = "+86"  # a phone number is as personal without it
PARTS = re.compile(r"[|\n]")
LETTERS_MIN = 6  # of a text in letters and digits alone: a shorter one stands in any log by chance
SIGNS_MIN = 2  # of a name in Chinese
ALONE_MAX = 9  # letters and digits up to so many are found in longer words by chance: they must stand alone


@dataclass
class Secrets:
    """Everything of a world that no log line may hold, and every line that there was."""

    texts: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)

    def keep(self, plain: str) -> None:
        """This is secret, and each part of it."""
        if plain.startswith("{"):
            for value in json.loads(plain).values():
                self.keep(str(value))
            return
        for part in PARTS.split(plain):
            if len(part) >= (LETTERS_MIN if part.isascii() else SIGNS_MIN):
                self.texts.add(part.removeprefix(COUNTRY))

    def say(self, line: str) -> None:
        """The product logged or printed this."""
        self.lines.add(line)

    def told(self) -> Iterator[str]:
        """(10): each secret that stands in a line. The sentence names the line, and not what it tells."""
        log = "\n".join(sorted(self.lines))
        for text in sorted(self.texts):
            position = _found(text, log)
            if position >= 0:
                line = log[log.rfind("\n", 0, position) + 1 :].partition("\n")[0]
                hidden = line[:300].replace(text, "***")
                yield f"a log line tells a secret of {len(text)} characters: {hidden}"


def _found(text: str, log: str) -> int:
    """Where a text stands in the log, -1 when it does not."""
    if len(text) > ALONE_MAX or not (text.isascii() and text.isalnum()):
        return log.find(text)
    word = re.search(rf"(?<![0-9A-Za-z]){text}(?![0-9A-Za-z])", log)
    return word.start() if word else -1


@dataclass
class HeardKeys(FakeKeys):
    """Keys that note what they are given: it is sealed or looked up blindly because it is secret."""

    secrets: Secrets = field(default_factory=Secrets)

    def seal(self, plain: str, context: str) -> str:
        self.secrets.keep(plain)
        return super().seal(plain, context)

    def blind_index(self, value: str) -> str:
        self.secrets.keep(value)
        return super().blind_index(value)


@dataclass
class HeardPasswords(FakePasswords):
    """Passwords that note each one, right or wrong, and the hash that would let somebody guess it."""

    secrets: Secrets = field(default_factory=Secrets)

    def hash(self, password: str) -> str:
        self.secrets.keep(password)
        hashed = super().hash(password)
        self.secrets.keep(hashed)
        return hashed

    def matches(self, password_hash: str, password: str) -> bool:
        self.secrets.keep(password)
        return super().matches(password_hash, password)


class HeardTokens(SignedTokens):
    """The tokens that ship, each noted: who has one is somebody else."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__(lambda: SIGNING_KEY)
        self.secrets = secrets
        secrets.keep(SIGNING_KEY)

    def access(self, claims: Claims, now: datetime, expires_at: datetime) -> str:
        return self._noted(super().access(claims, now, expires_at))

    def refresh(self, ticket: Ticket, now: datetime, expires_at: datetime) -> str:
        return self._noted(super().refresh(ticket, now, expires_at))

    def _noted(self, token: str) -> str:
        self.secrets.keep(token)
        return token
