"""Standing balances: the records behind a balance, of which a day of the platform has very many."""

from datetime import UTC, datetime

from chalicelib.domain.record import Record
from chalicelib.store.books import DynamoBooks
from chalicelib.store.documents import DynamoDocuments
from chalicelib.store.pages import DynamoPages
from chalicelib.usecases.standing_balances import StandingBalances
from tests.simulation.store_on_tables import new_tables, store_on

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


def test_all_records_are_read_and_those_that_the_journal_lacks_left_out() -> None:
    store = store_on(new_tables().call)
    books = DynamoBooks(store, lambda: "token")
    records = [Record("stf_A", f"aud_{number}#end", "NOTE", NOON, "stf_A") for number in range(230)]
    for record in records:
        books.commit(record, [])
    standing = StandingBalances(DynamoDocuments(store), DynamoPages(store))
    asked = [record.record_id for record in records] + ["stf_A/aud_230#end"]
    found = {record.record_id: record for record in standing.records(asked)}
    assert found == {record.record_id: record for record in records}
    assert list(standing.records([])) == []
