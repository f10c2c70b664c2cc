"""Replay: what was lost is made, by its range of time or its ids, and what is there stays as it is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.readers import READERS as TABLES_OF_READERS
from chalicelib.domain.record import Record
from chalicelib.domain.stream_event import ItemImage
from chalicelib.usecases.operator_run import OperatorRun
from chalicelib.usecases.present_items import PresentItems
from chalicelib.usecases.replay import Chosen
from local.testing import World
from tests.e2e.busy_world import Busy, busy_world
from tests.e2e.by_hand import BY, Operator
from tests.e2e.shop import BUYER, NAMED, Shop, all_records
from tests.e2e.tree import Tree, a_plan

FUNCTIONS = [name for name, table in TABLES_OF_READERS.items() if table != "edges"]


@pytest.fixture
def operator(world: World) -> Iterator[Operator]:
    operator = Operator(world)
    with replaced(operator.parts):
        yield operator


@pytest.fixture
def busy(world: World, operator: Operator) -> Busy:
    return busy_world(world, operator)


def around(moment: datetime) -> dict[str, str]:
    hours = timedelta(hours=12)
    return {"since": (moment - hours).isoformat(), "until": (moment + hours).isoformat()}


def records_around(busy: Busy) -> list[Record]:
    hours = timedelta(hours=12)
    records = all_records(busy.world.items("journal"))
    return [record for record in records if abs(record.at - busy.tree.now) < hours]


def test_a_whole_day_that_is_replayed_to_every_reader_changes_nothing(busy: Busy) -> None:
    before = busy.operator.everything()
    for function in FUNCTIONS:
        looked = busy.operator.looks("replay", function=function, **around(busy.tree.now))
        assert (looked["found"] > 1, looked["cursor"]) == (True, ""), function
        assert busy.operator.runs() == []
    for _ in range(2):
        for function in FUNCTIONS:
            done = busy.operator.does("replay", function=function, **around(busy.tree.now))
            assert (done["handed"], done["failed"], done["absent"]) == (done["found"], {}, []), function
        assert busy.operator.everything() == before
        busy.world.drain(only={"archive_journal"})


def test_a_dry_run_tells_what_would_be_shown_of_the_range(busy: Busy) -> None:
    looked = busy.operator.looks("replay", function="project_journal", **around(busy.tree.now))
    assert looked["found"] == len(records_around(busy))
    assert {"SALE_ISSUER", "SALE_FROM_CARD", "REFUND", "COMMISSION", "OPENING"} <= set(looked["kinds"])
    assert len(looked["items"]) == min(100, looked["found"])
    later = busy.tree.now + timedelta(hours=1)
    event = {"since": later.isoformat(), "until": (later + timedelta(hours=1)).isoformat()}
    assert busy.operator.looks("replay", function="project_journal", **event)["found"] == 0


def test_commission_that_no_reader_was_told_of_is_paid_by_a_replay_and_once(
    world: World, operator: Operator
) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    seller, root = tree.line(2)[::-1]
    order = tree.order(seller, root)
    for _ in range(2):
        done = operator.does("replay", function="pay_commission", ids=[order.order_id])
        assert (done["handed"], done["failed"]) == (1, {})
        assert (tree.balances(seller), tree.balances(root)) == ((0, 800, 0, 0), (0, 300, 0, 0))
    begun, ended = operator.runs()[:2]
    assert begun.about == {"function": "pay_commission", "ids": [order.order_id], "from": ""}
    assert ended.about == {"handed": 1, "failed": 0, "to": ""}


def test_an_operations_id_leads_to_the_order_that_it_belongs_to(world: World, operator: Operator) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    seller, root = tree.line(2)[::-1]
    order = tree.order(seller, root)
    bootstrap.pay_commission()(order, tree.now)
    (entry,) = bootstrap.books().records(seller, "cme_")
    looked = operator.looks("replay", function="pay_commission", ids=entry.record_id)
    assert looked["items"] == [f"{order.customer_id}/{order.order_id}"]
    accounts = operator.looks("replay", function="project_accounts", ids=[entry.record_id, root])
    assert [text.partition("#")[0] for text in accounts["items"]] == [f"{seller}/frozen", f"{root}/frozen"]


def test_lines_of_the_platform_that_were_lost_come_back_by_the_range_of_time(busy: Busy) -> None:
    before = busy.operator.everything()
    for item in busy.world.items("views"):
        if item["pk"]["S"].startswith("platform#"):
            bootstrap.documents().delete("views", item["pk"]["S"], item["sk"]["S"])
    assert len(before["platform"]) > 10 and busy.operator.everything()["platform"] == []
    busy.operator.does("replay", function="project_journal", **around(busy.tree.now))
    assert busy.operator.everything() == before


def test_a_card_whose_last_change_was_lost_gets_its_line_and_its_place_in_the_list(
    world: World, operator: Operator
) -> None:
    card_id = Shop().card_with(100_000)
    world.drain(only={"project_cards"})
    freeze_active(world, card_id)
    expected = card_as_told(card_id)
    line = expected[-1]
    bootstrap.documents().delete("views", card_id, str(line["sk"]))
    bootstrap.documents().delete("views", BUYER, f"card#{card_id}")
    operator.does("replay", function="project_cards", ids=card_id)
    told = card_as_told(card_id)
    moving = {"at", "hash"}  # when the lost change was written nobody knows any more
    assert [one | dict.fromkeys(moving) for one in told] == [one | dict.fromkeys(moving) for one in expected]
    operator.does("replay", function="project_cards", ids=card_id)
    assert card_as_told(card_id) == told
    assert bootstrap.documents().get("views", BUYER, f"card#{card_id}") is not None


def card_as_told(card_id: str) -> list[dict[str, object]]:
    return bootstrap.documents().query("views", card_id)


@dataclass(frozen=True)
class Moving(PresentItems):
    """A card that its holder freezes between our look at it and what we tell of it."""

    world: World

    def __call__(self, table: str, pk: str, sk: str) -> ItemImage | None:
        image = PresentItems.__call__(self, table, pk, sk)
        freeze_active(self.world, pk)
        return image


def freeze_active(world: World, card_id: str) -> None:
    """Freeze an active card, of which its reader hears at once."""
    card = bootstrap.cards().get(card_id)
    if card is not None and card.state is CardState.ACTIVE:
        freeze = CardChange(card_id, (CardState.ACTIVE,), move_to=CardState.FROZEN)
        bootstrap.books().commit(None, [freeze])
        world.drain(only={"project_cards"})


def test_a_card_that_moves_on_while_it_is_replayed_keeps_its_newest_state(
    world: World, operator: Operator
) -> None:
    card_id = Shop().card_with(100_000)
    world.drain(only={"project_cards"})
    moving = replace(bootstrap.replay(), present=Moving(bootstrap.documents(), bootstrap.now, world))
    run = OperatorRun(BY, bootstrap.new_key(bootstrap.now()), bootstrap.now(), is_dry=False)
    moving(run, lambda: False, Chosen("project_cards", (card_id,)))
    (row,) = bootstrap.documents().query("views", BUYER, prefix="card#")
    assert (row["state"], row["version"]) == ("FROZEN", 2)


def test_a_run_out_of_time_goes_on_from_its_cursor(busy: Busy) -> None:
    found, cursor, runs = 0, "", 0
    since, until = (datetime.fromisoformat(text) for text in around(busy.tree.now).values())
    chosen = Chosen("project_journal", since=since, until=until)
    busy.shop.bought(NAMED)
    busy.archived()
    while cursor or not runs:
        run = OperatorRun(BY, bootstrap.new_key(bootstrap.now()), bootstrap.now())
        replayed = bootstrap.replay()(run, lambda: True, chosen, cursor)
        found, cursor, runs = found + replayed.found, replayed.cursor, runs + 1
    assert runs > 2
    assert found == len(records_around(busy))


@pytest.mark.parametrize(
    "event, reason",
    [
        ({"function": "pay_commission"}, "give ids, or since and until"),
        ({"function": "release_commission", "ids": "ord_x"}, "is none of archive_journal, pay_commission"),
        ({"function": "archive_edges", "ids": "x/y"}, "is none of"),
        ({"function": "pay_commission", "since": "2026-01-01T00:00", "until": "2026-01-02T00:00"}, "zone"),
        ({"function": "pay_commission", "ids": "ord_x", "dry_run": False}, "who asks for it"),
        ({"function": "pay_commission", "ids": "ord_x", "by": "王"}, "by"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_words(
    operator: Operator, event: dict[str, object], reason: str
) -> None:
    before = operator.everything()
    assert reason in operator.functions.call("replay", event).raised
    assert operator.everything() == before


def test_ids_that_name_nothing_are_told(operator: Operator) -> None:
    ids = ["ord_BBBBBBBBBBBB01M82MS69D0000000000000002", "nothing", "dst_BBBBBBBBBBBB/cme_none"]
    looked = operator.looks("replay", function="pay_commission", ids=ids)
    assert (looked["found"], len(looked["absent"])) == (0, 3)
