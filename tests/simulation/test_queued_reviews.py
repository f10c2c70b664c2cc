"""The review queue: does a withdrawal stand in it exactly while somebody has to act?"""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.change import Stale
from chalicelib.domain.outside import Outcome
from chalicelib.domain.withdrawal import WithdrawalState as S
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.queue_reviews import QueueReviews, Waiting
from chalicelib.usecases.withdrawal_file import WithdrawalFile
from tests.simulation.allocating import Gone, Late, cancelled, earned
from tests.simulation.saying import SayingBank
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.withdrawing import FINANCE, Till


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


def test_a_row_tells_whose_it_is_how_much_since_when_and_who_has_agreed(till: Till) -> None:
    till.catalog.parameters["withdrawal.approval_tiers"] = [[None, 3]]
    withdrawal_id = till.requested(500)
    till.now = NOW + timedelta(minutes=1)
    till.deciding(till.command(FINANCE), withdrawal_id, Verdict.APPROVE)
    queued(till, withdrawal_id)
    (row,) = QueueReviews(till.store.documents, till.file).page("", 10)
    assert row == Waiting(withdrawal_id, DISTRIBUTOR, "REVIEW_2", 500, 3, (FINANCE.person_id,), NOW)


def test_what_waits_is_read_by_pages_and_only_of_withdrawals(till: Till) -> None:
    earned(till, "A", 5)
    ids = []
    for minute in range(4):
        till.now = NOW + timedelta(minutes=minute)
        ids.append(till.requested(10))
    reviews = QueueReviews(till.store.documents, till.file)
    reviews(record for prefix in ("cme_", "wdr_") for record in till.records(prefix))
    pages = [reviews.page("", 3), reviews.page(ids[2], 3), reviews.page(ids[0], 2)]
    assert [[row.withdrawal_id for row in page] for page in pages] == [ids[:3], ids[3:], ids[1:3]]


def test_a_payout_waits_for_a_person_before_it_is_begun_and_when_it_failed(till: Till) -> None:
    withdrawal_id = till.approved(500)
    queued(till, withdrawal_id)
    assert waiting(till) == [withdrawal_id]
    till.pay(withdrawal_id, SayingBank(Outcome("PENDING")))
    queued(till, withdrawal_id)
    assert waiting(till) == []
    till.paying().settle(till.file.read(withdrawal_id), Outcome("FAILED"), till.now)
    queued(till, withdrawal_id)
    assert [row.state for row in QueueReviews(till.store.documents, till.file).page("", 10)] == [S.FAILED]
