"""Distributor accounts: how much is available, held, owed, and frozen until when?"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.domain.errors import Unprocessable


class Balances(NamedTuple):
    """A distributor's account in fen: spendable, held for withdrawals, owed to us; frozen by release day.

    `open_since`: no pot of an earlier day holds money ("": any may), see open_pots.py.
    """

    available_fen: int
    held_fen: int
    owed_fen: int
    frozen_fen: Mapping[str, int]
    values: Mapping[str, Any]
    version: int
    open_since: str = ""


class Pot(NamedTuple):
    """The frozen commission of one release day, or of the risk holds.

    `version` counts its changes, `taken` those that took money out, `filling` its releases:
    what came in behind one is another filling, and waits for the next one.
    """

    frozen_fen: int = 0
    version: int = 0
    taken: int = 0
    filling: int = 0


class InsufficientAvailable(Unprocessable):
    code = "INSUFFICIENT_AVAILABLE"
    advice = "Ask for at most the available commission; what is being withdrawn is no longer available."
