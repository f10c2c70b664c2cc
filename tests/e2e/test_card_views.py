"""What the stream makes of cards: statements without a gap, and the list of cards of each holder."""

from datetime import UTC, datetime

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.change import NewCard
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Record
from chalicelib.domain.statement import balances_at, broken_versions
from chalicelib.usecases.project_cards import HOLDING, ProjectCards
from local.checkpoints import Checkpoints
from local.pump import StreamPump
from local.stream import StreamReader
from local.testing import World

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOLDER, OTHER = "cus_HHHHHHHHHHHH", "cus_KKKKKKKKKKKK"
ACTIVE = (CardState.ACTIVE,)


def top_up(entry_id: str, amount_fen: int, *changes: NewCard | CardChange) -> None:
    lines = checked_lines(
        "TOPUP_ISSUER", [debit("A:CHANNEL:sandbox", amount_fen), credit("L:PREPAID:crd_A", amount_fen)]
    )
    record = Record("pay_sandbox", entry_id, "TOPUP_ISSUER", NOW, "sandbox", lines=lines)
    bootstrap.books().commit(record, list(changes))


def a_card() -> Card:
    return Card(
        "crd_A",
        "sku",
        "petro",
        "ISSUER",
        "NAMED",
        "VIRTUAL",
        CardState.ACTIVE,
        500_000,
        "0001",
        holder_id=HOLDER,
    )


@pytest.fixture
def lived(world: World) -> World:
    """A card that was bought, topped up, frozen and handed over."""
    books = bootstrap.books()
    top_up("p1", 100_000, NewCard(a_card()))
    top_up("p2", 50_000, CardChange("crd_A", ACTIVE))
    books.commit(None, [CardChange("crd_A", ACTIVE, move_to=CardState.FROZEN)])
    books.commit(None, [CardChange("crd_A", (CardState.FROZEN,), move_to=CardState.ACTIVE, assign_to=OTHER)])
    return world


def statement() -> list[dict[str, object]]:
    return bootstrap.documents().query("views", "crd_A")


def test_every_change_of_a_card_is_one_line_and_the_lines_add_up(lived: World) -> None:
    lived.drain(["project_cards"])
    lines = statement()
    assert [line["version"] for line in lines] == [1, 2, 3, 4]
    assert [line["record"] for line in lines] == ["pay_sandbox/p1", "pay_sandbox/p2", "", ""]
    assert [line["deltas"] for line in lines] == [
        {"available_fen": 100_000},
        {"available_fen": 50_000},
        {},
        {},
    ]
    assert broken_versions(lines) == ()
    assert balances_at(lines, datetime.now(UTC)) == {"available_fen": 150_000, "held_fen": 0}


def test_a_card_stands_in_the_list_of_its_holder_alone(lived: World) -> None:
    lived.drain(["project_cards"])
    documents = bootstrap.documents()
    assert documents.query("views", HOLDER, HOLDING) == []
    (row,) = documents.query("views", OTHER, HOLDING)
    assert (row["sk"], row["state"], row["available_fen"]) == ("card#crd_A", "ACTIVE", 150_000)


def test_a_batch_that_comes_again_changes_nothing(lived: World) -> None:
    lived.drain(["project_cards"])
    before = sorted(map(repr, lived.items("views")))
    pump = next(p for p in lived.pumps.streams if p.mapping.function.name == "project_cards")
    reader = StreamReader(lived.client("dynamodbstreams"), pump.mapping)
    again = StreamPump(pump.mapping, reader, Checkpoints(), pump.destination, lambda _: None)
    assert again.step() == 4
    assert again.failures == []
    assert sorted(map(repr, lived.items("views"))) == before


def test_a_change_whose_line_before_is_missing_fails_and_so_does_all_that_follows(lived: World) -> None:
    project, changes = ProjectCards(bootstrap.documents()), []
    before = None
    for version in (1, 2, 3):
        after = {"version": version, "state": "ACTIVE", "last_record": f"r/{version}", "holder_id": HOLDER}
        changes.append(Seen("crd_B", before, after))
        before = after
    assert project(changes[1:], NOW) == changes[1:]
    assert bootstrap.documents().query("views", "crd_B") == []
    assert project(changes[:1], NOW) == []
    assert project(changes[1:], NOW) == []
    assert broken_versions(bootstrap.documents().query("views", "crd_B")) == ()


class Seen:
    """A change as a stream reader shows it."""

    def __init__(self, pk: str, before: dict[str, object] | None, after: dict[str, object]) -> None:
        self.pk, self.sk, self.before, self.after, self.written_at = pk, "", before, after, NOW
