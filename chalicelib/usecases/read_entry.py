"""Read an entry: what became of a commission entry, and which pot vouches that nothing else did?

Many entries lie in one pot, so a pot that holds enough money may hold that of others.
Whatever takes an entry's money out counts in its pot: who writes on the condition
that the count is still the one read here acts on the entry as it was read here.
"""

from chalicelib.domain.account import Pot
from chalicelib.domain.commission_entry import History, history_of
from chalicelib.usecases.ports import Accounts, Books


def read_entry(books: Books, accounts: Accounts, distributor_id: str, entry_id: str) -> tuple[History, Pot]:
    """The entry's history, and its pot as it was no later than that. The entry must be there."""
    history = _history(books, distributor_id, entry_id)
    while True:
        pot_day = history.pot
        pot = accounts.pot(distributor_id, pot_day)
        history = _history(books, distributor_id, entry_id)
        if history.pot == pot_day:
            return history, pot


def _history(books: Books, distributor_id: str, entry_id: str) -> History:
    history = history_of(books.records(distributor_id, entry_id), entry_id)
    assert history is not None, "an entry is written before anything happens to it"
    return history
