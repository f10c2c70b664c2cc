"""The review queue: does a withdrawal stand in it exactly while somebody has to act?"""

from typing import Any

import pytest

from chalicelib.domain.change import Stale
from chalicelib.usecases.queue_reviews import QueueReviews
from chalicelib.usecases.withdrawal_file import WithdrawalFile
from tests.simulation.allocating import Gone, Late, cancelled
from tests.simulation.withdrawing import Till


def queued(till: Till, withdrawal_id: str, books: Any = None) -> None:
    """The reader of the journal has seen all that there is of it."""
    file = WithdrawalFile(books, till.store.accounts) if books else till.file
    QueueReviews(till.store.documents, file)(till.records(withdrawal_id))


def waiting(till: Till) -> list[str]:
    return [one.withdrawal_id for one in QueueReviews(till.store.documents, till.file).page("", 10)]


def test_a_withdrawal_waits_until_it_is_decided(till: Till) -> None:
    till.earn(700)
    withdrawal_id = till.requested(500)
    for _ in range(2):
        queued(till, withdrawal_id)
        assert waiting(till) == [withdrawal_id]
    cancelled(till, withdrawal_id)
    for _ in range(2):
        queued(till, withdrawal_id)
        assert waiting(till) == []


def test_a_row_that_arrives_after_the_last_step_brings_nothing_back(till: Till) -> None:
    till.earn(700)
    withdrawal_id = till.requested(500)
    late = Late(till.store.books)
    with pytest.raises(Gone):
        queued(till, withdrawal_id, books=late)
    cancelled(till, withdrawal_id)
    queued(till, withdrawal_id)
    with pytest.raises(Stale):
        late.arrive()
    assert waiting(till) == []


def test_a_step_between_the_look_and_the_row_leaves_the_row_to_who_reads_that_step(till: Till) -> None:
    till.earn(700)
    withdrawal_id = till.requested(500)

    class Overtaken(Late):
        def commit(self, *asked: Any) -> None:
            cancelled(till, withdrawal_id)
            self.books.commit(*asked)

    queued(till, withdrawal_id, books=Overtaken(till.store.books))
    assert waiting(till) == []
