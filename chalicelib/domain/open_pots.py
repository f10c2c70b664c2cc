"""Open pots: from which day on may a promoter's pots still hold commission?

Emptied pots stay as items, so whoever wants what is frozen would read more with every day.
The main account therefore says `open_since`: no pot of an earlier day holds money. A release
raises it in its own transaction, after a look at the pots in between. Commission that comes so
late that its day may lie before takes it down in the transaction that fills the pot, and counts
in `late_fills`: whoever looked meanwhile does not raise it. Ordinary commission touches none of
this. Where it was never raised, every pot is read.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.domain.business_time import day_text
from chalicelib.domain.change import DocumentChange

TABLE = "accounts"
MAIN = "main"
# Between the last day that may be settled and the first that may be filled without a word lie two
# days more, so that no two clocks and no slow call make both of one day.
LATE_AFTER_DAYS = 2
SETTLED_AFTER_DAYS = 4


@dataclass(frozen=True, slots=True)
class OpenPots:
    """`since`: "" where every pot may hold money. `late_fills`: how often commission came late."""

    since: str = ""
    late_fills: int = 0


def is_late(pot_day: str, today: date) -> bool:
    """Whether commission that goes into this pot today must say so in the account."""
    return pot_day < day_text(today - timedelta(days=LATE_AFTER_DAYS))


def settled_before(today: date) -> str:
    """Every pot of an earlier day can be filled only by somebody who says so."""
    return day_text(today - timedelta(days=SETTLED_AFTER_DAYS))


def reopened(distributor_id: str, pot_day: str, known: OpenPots) -> DocumentChange:
    """What goes with late commission: its pot is among the open ones, and nobody overlooks it."""
    return DocumentChange(
        TABLE,
        distributor_id,
        MAIN,
        set_values={"open_since": pot_day} if known.since > pot_day else {},
        expected={"open_since": known.since or None},
        add={"late_fills": 1},
    )
