"""Open pots: from which day on may a distributor's pots still hold commission?

Emptied pots stay as items, so whoever wants what is frozen would read more with every day.
The account therefore says `open_since`: no pot of an earlier day holds money. A release raises
it in its own write, after a look at the pots in between, and only if the account is still as it
was before that look. Commission that comes so late that its day may lie before goes together
with a change of the account, which takes `open_since` down where it has to. Ordinary commission
touches none of this. Where it was never raised, every pot is read.
"""

from datetime import date, timedelta

from chalicelib.domain.business_time import day_text
from chalicelib.domain.change import AccountChange

# Between the last day that may be settled and the first that may be filled without a word lie two
# days more, so that no two clocks and no slow call make both of one day.
LATE_AFTER_DAYS = 2
SETTLED_AFTER_DAYS = 4


def is_late(pot_day: str, today: date) -> bool:
    """Whether commission that goes into this pot today must say so in the account."""
    return pot_day < day_text(today - timedelta(days=LATE_AFTER_DAYS))


def settled_before(today: date) -> str:
    """Every pot of an earlier day can be filled only by somebody who says so."""
    return day_text(today - timedelta(days=SETTLED_AFTER_DAYS))


def reopened(distributor_id: str, pot_day: str, known_since: str) -> AccountChange:
    """What goes with late commission: its pot is among the open ones, and who looks meanwhile looks again."""
    return AccountChange(
        distributor_id,
        set_values={"open_since": pot_day} if known_since > pot_day else {},
        expected={"open_since": known_since or None},
    )
