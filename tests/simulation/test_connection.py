"""The shipped store on the simulated tables, through pynamodb as it ships."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.domain.change import AccountChange, NewDocument, PotChange, Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.record import Record
from chalicelib.store.accounts import DynamoAccounts
from chalicelib.store.backoff import ATTEMPTS_MAX
from chalicelib.store.books import DynamoBooks
from tests.simulation.connection import Call
from tests.simulation.refusals import client_error
from tests.simulation.store_on_tables import new_tables, store_on
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.tables import Tables


def a_store(call: Call) -> tuple[DynamoBooks, DynamoAccounts]:
    tokens = iter(range(1000))
    dynamo = store_on(call)
    return DynamoBooks(dynamo, lambda: f"token-{next(tokens)}"), DynamoAccounts(dynamo)


@pytest.fixture
def tables() -> Tables:
    return new_tables()


def earned(entry_id: str, fen: int) -> Record:
    lines = (debit("E:COMMISSION", fen), credit(f"L:COMM_FROZEN:{DISTRIBUTOR}:20261129", fen))
    return Record(DISTRIBUTOR, entry_id, "COMMISSION", NOW, "system", lines=lines)


POT = PotChange(DISTRIBUTOR, "20261129")


def test_the_books_refuse_and_tell_why_as_on_dynamodb(tables: Tables) -> None:
    books, accounts = a_store(tables.call)
    books.commit(earned("cme_1", 800), [POT])
    with pytest.raises(Replayed):
        books.commit(earned("cme_1", 800), [POT])
    with pytest.raises(Stale):
        books.commit(None, [AccountChange(DISTRIBUTOR, expected={"tax_paid_fen": 5}), _note("n")])
    assert accounts.balances(DISTRIBUTOR).frozen_fen == {"20261129": 800}
    assert books.record(DISTRIBUTOR, "cme_1") == earned("cme_1", 800)


def _note(sk: str) -> NewDocument:
    return NewDocument("work", "notes", sk, {"n": 1})


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(tables: Tables) -> None:
    lost: list[str] = []

    def call(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = tables.call(operation, arguments)
        if operation == "TransactWriteItems" and not lost:
            lost.append(operation)
            raise ReadTimeoutError(endpoint_url="simulated")
        return answer

    books, accounts = a_store(call)
    books.commit(earned("cme_1", 800), [POT])
    assert lost == ["TransactWriteItems"]
    assert accounts.balances(DISTRIBUTOR).frozen_fen == {"20261129": 800}


def test_a_table_that_never_has_capacity_is_unavailable(tables: Tables) -> None:
    asked: list[str] = []

    def call(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(operation)
        raise client_error(operation, "ThrottlingException", "Rate exceeded")

    books, _ = a_store(call)
    with pytest.raises(Unavailable):
        books.commit(earned("cme_1", 800), [POT])
    assert len(asked) == ATTEMPTS_MAX
    assert tables.changes == []
