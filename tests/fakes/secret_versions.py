"""The versions of a secret in memory, with what Secrets Manager does to their labels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from chalicelib.domain.secret_version import CurrentMoved, Version

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


@dataclass
class FakeSecretVersions:
    """The ports SecretVersions and, by `text`, that of whoever reads the current one.

    `before` is called before each action with its name: a test may let time pass there, fail the call,
    or let somebody else act.
    """

    texts: dict[str, str]
    labels: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], None] = lambda action: None
    _ids: Iterator[int] = field(default_factory=count)

    @classmethod
    def of(cls, text: str) -> "FakeSecretVersions":
        return cls({"first": text}, {CURRENT: "first"})

    @property
    def text(self) -> str:
        return self.texts[self.labels[CURRENT]]

    @property
    def previous(self) -> str:
        return self.texts[self.labels[PREVIOUS]]

    def current(self) -> Version:
        self.before("current")
        return Version(self.labels[CURRENT], self.text)

    def pending(self) -> Version | None:
        self.before("pending")
        waiting = self.labels.get(PENDING)
        if waiting in (None, self.labels[CURRENT]) or waiting not in self.texts:
            return None
        return Version(str(waiting), self.texts[str(waiting)])

    def ask_for(self, version_id: str) -> None:
        """A rotation begins: the id waits, and has no text yet."""
        self.labels[PENDING] = version_id

    def put_pending(self, version_id: str, text: str) -> bool:
        self.before("put_pending")
        if self.texts.get(version_id, text) != text:
            return False
        self.texts[version_id] = text
        self.labels[PENDING] = version_id
        return True

    def make_current(self, version: Version, instead_of: Version) -> None:
        self.before("make_current")
        if self.labels[CURRENT] != instead_of.version_id:
            raise CurrentMoved()
        self._now_current(version.version_id)

    def drop_pending(self, version: Version) -> None:
        self.before("drop_pending")
        if self.labels.get(PENDING) == version.version_id:
            del self.labels[PENDING]

    def put_current(self, text: str) -> None:
        self.before("put_current")
        version_id = f"put-{next(self._ids)}"
        self.texts[version_id] = text
        self._now_current(version_id)

    def _now_current(self, version_id: str) -> None:
        if self.labels[CURRENT] != version_id:
            self.labels[PREVIOUS] = self.labels[CURRENT]
        self.labels[CURRENT] = version_id
