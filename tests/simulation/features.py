"""The features: which part of everything that can happen does this world have? (Swarm testing.)

A world with everything switched on mostly shows the same few things. So each seed
switches operations, faults and disturbances of the streams on and off by chance.
"""

from dataclasses import dataclass, field
from random import Random

from tests.simulation.faults import Fault
from tests.simulation.scheduler import base_of
from tests.simulation.streams import Weather

READERS = ("pay_commission", "watch_orders", "project_journal", "project_accounts", "project_cards")
# Whose records may be lost for good: the reconciler and the nightly fold find what is missing.
FORGETFUL = (("pay_commission",), ("pay_commission", "watch_orders"), ("project_accounts", "project_cards"))
ARCHIVE = frozenset({"archive_journal", "archive_edges"})
HOUR_MS = 3_600_000
OUTAGE_MS = 25 * HOUR_MS

# How often each operation is drawn where it is switched on, against the others.
WEIGHTS = {
    "buy": 20, "pay": 18, "pay_from_card": 4, "top_up": 6, "agent_top_up": 4, "check": 2, "cancel": 4,
    "refund": 8, "freeze": 2, "lift": 2, "report_loss": 1, "withdraw_loss": 1, "replace": 1, "activate": 2,
    "reveal": 1, "join": 1, "withdraw": 7, "cancel_withdrawal": 1, "approve": 8, "reject": 1, "pay_out": 5,
    "give_back": 2, "verdict": 4, "office_refund": 2, "refund_earlier": 2, "suspend": 1, "move": 1,
    "plan": 1, "import_batch": 1, "again": 3, "release_commission": 4, "query_unknown": 4, "sweep_unpaid": 2,
    "close_books": 1, "reconcile_commission": 1, "reconcile_channels": 1,
    "seal_archive": 1, "register": 2, "sign_in": 2, "real_name": 1, "bind": 1,
}  # fmt: skip
NEEDED = frozenset({"buy", "pay"})


@dataclass(frozen=True)
class Features:
    """What one world has. Rates are of 10,000, those of the parties of 100."""

    operations: int = 40
    weights: dict[str, int] = field(default_factory=lambda: dict(WEIGHTS))
    rate: int = 0
    kinds: tuple[Fault, ...] = ()
    weather: Weather = field(default_factory=lambda: Weather(silent=ARCHIVE))
    doubled: int = 0
    refused: int = 0
    pending: int = 0
    sent_back: int = 0
    gap_ms: int = 2_000
    leaps: int = 0  # how many times the story skips some hours
    with_bills: bool = False  # it goes on until the channel's bill of its last day was compared


def drawn(seed: int, operations: int = 0) -> Features:
    """The features of a seed; `operations` 0: as many as the seed says."""
    chance = Random(base_of(seed, "features"))
    weights = {name: weight for name, weight in WEIGHTS.items() if name in NEEDED or chance.random() < 0.8}
    disturbed = chance.random() < 0.85
    kinds = tuple(kind for kind in Fault if chance.random() < 0.6)
    return Features(
        operations=operations or chance.randrange(60, 400),
        weights=weights,
        rate=chance.choice((100, 300, 1_000)) if disturbed else 0,
        kinds=kinds,
        weather=_weather(chance),
        doubled=chance.choice((0, 1_000)),
        refused=chance.choice((0, 0, 10, 40)),
        pending=chance.choice((0, 0, 20)),
        sent_back=chance.choice((0, 0, 20)),
        gap_ms=chance.choice((5, 200, 5_000)),
        leaps=chance.choice((0, 1, 2, 3)),
        with_bills=chance.random() < 0.1,
    )


def _weather(chance: Random) -> Weather:
    hour = chance.randrange(1, 20) * HOUR_MS // 10  # after the ground was laid
    has_outage = chance.random() < 0.2
    outage = (hour, hour + chance.randrange(1, 8) * HOUR_MS // 4) if has_outage else (0, 0)
    outage_of = frozenset(name for name in READERS if chance.random() < 0.5)
    if chance.random() < 0.06:  # longer than a stream keeps its records
        begins = HOUR_MS // 10 + chance.randrange(HOUR_MS // 10)
        outage, outage_of = (begins, begins + OUTAGE_MS), frozenset(chance.choice(FORGETFUL))
    return Weather(
        lanes=chance.choice((1, 4, 16)),
        duplicated=chance.choice((0, 1_000, 3_000)),
        cut=chance.random() < 0.8,
        given_up=chance.choice((0, 0, 500)),
        poison=chance.choice((0, 0, 100, 500)),
        vanished=chance.choice((0, 0, 500)),
        forgets=frozenset(chance.choice(FORGETFUL)),
        outage=outage,
        outage_of=outage_of,
        split_after=chance.choice((0, 0, 5, 40)),
        silent=ARCHIVE if chance.random() < 0.9 else frozenset(),
    )
