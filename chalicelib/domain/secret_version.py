"""A version of a secret: what is kept under one id and never changes?"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Version:
    """One version: its id, and a text that shows in no `repr`."""

    version_id: str
    text: str = field(repr=False)


class CurrentMoved(Exception):
    """Somebody else made another version current; nothing was changed."""
