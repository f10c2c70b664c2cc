"""The signing keys of tokens: which keys does the secret hold after a rotation?

One key a line, as gateways/tokens.py reads them: the first signs, all verify.

    signing, older …           → signing, older …, next      there was no next key yet
    signing, older …, next     → next, signing, newer next   once the next key has settled
    signing, older …, next     → as it was                   before

A key that no process may sign with yet is already believed by all, and one that no longer
signs is believed until its last token has expired. Both are true of a key that has settled:
whoever makes the next key writes into it when that was, so the secret itself tells how long
the present order has stood, and nothing beside it has to be kept.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib.domain.person import ACCESS_TERM, IDLE_TERM

# A rotation that failed is tried again, by itself and by people. One that is still not done after an hour
# is given up and begun anew: until then the moment in its next key counts for the moment of its end.
FINISHED_WITHIN = timedelta(hours=1)

# A process that cannot ask for the secret uses on what it knows. A rotation is far apart enough that it may
# be cut off for half a working day; the interval is counted in days.
CUT_OFF_MAX = timedelta(hours=4)

TOKEN_TERM_MAX = max(*ACCESS_TERM.values(), *IDLE_TERM.values())

_MADE = re.compile(r"(\d{8}T\d{6}Z)-.+")
_MOMENT = "%Y%m%dT%H%M%SZ"


def settled_after(read_within: timedelta) -> timedelta:
    """How old a next key must be before it may sign, and the one that it replaced may go.

    `read_within`: how long a process at most uses what it has read, while it can ask.
    """
    return FINISHED_WITHIN + read_within + CUT_OFF_MAX + TOKEN_TERM_MAX


def made_key(chance: str, now: datetime) -> str:
    """A new key: when it was made, and what nobody guesses."""
    return f"{now.astimezone(UTC).strftime(_MOMENT)}-{chance}"


def made_at(key: str) -> datetime | None:
    """When a rotation made the key; None for one of another origin."""
    found = _MADE.fullmatch(key)
    return datetime.strptime(found[1], _MOMENT).replace(tzinfo=UTC) if found else None


def keys_in(text: str) -> tuple[str, ...]:
    """The keys of a secret's text."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def text_of(keys: Sequence[str]) -> str:
    """The secret's text of some keys."""
    return "\n".join(keys)


def next_key(keys: Sequence[str]) -> str | None:
    """The key that will sign next: the last one, if it is younger than the one that signs."""
    signing, last = made_at(keys[0]), made_at(keys[-1])
    return keys[-1] if last and (signing is None or last > signing) else None


def rotated(
    keys: Sequence[str], now: datetime, settled: timedelta, new_key: Callable[[], str]
) -> tuple[str, ...]:
    """The keys after a rotation at this moment; the same ones while the next key has not settled."""
    successor = next_key(keys)
    if successor is None:
        return (*keys, new_key())
    made = made_at(successor)
    if made is None or now < made + settled:
        return tuple(keys)
    return successor, keys[0], new_key()


def may_follow(pending: Sequence[str], current: Sequence[str], now: datetime) -> bool:
    """Whether some keys may take the place of the current ones now.

    Each side must believe what the other one signs, and new keys must not have waited for longer than
    a rotation may take: the moment in the next key would be taken for an earlier one than it was.
    """
    if tuple(pending) == tuple(current):
        return True
    made = made_at(pending[-1])
    is_fresh = made is not None and now < made + FINISHED_WITHIN
    return is_fresh and pending[0] in current and current[0] in pending
