"""What the simulation found, each in its smallest form, so that it stays found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import Freezer
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.order import OrderState
from chalicelib.domain.record import Client
from chalicelib.domain.statement import StatementLine, broken_versions, line_of, version_text
from chalicelib.domain.visitor import Visitor
from chalicelib.handlers import streams
from chalicelib.usecases.move_distributor import MoveDistributor, TreeMoved
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from chalicelib.usecases.place_order import Purchase
from chalicelib.usecases.ports import Actor, Documents
from chalicelib.usecases.sign_in import Attempt
from chalicelib.usecases.write_statement import ToWrite, write_lines
from tests.e2e.invariants import Tables, broken_views
from tests.e2e.shop import VIRTUAL
from tests.fakes.documents import FakeDocuments
from tests.simulation.deeds_of_people import code_sent
from tests.simulation.faults import Fault, ListedFaults, NoFaults
from tests.simulation.features import ARCHIVE, HOUR_MS, Features
from tests.simulation.ground import AGREEMENT, STAFF
from tests.simulation.records import as_lambda_hands_it_over
from tests.simulation.streams import Weather
from tests.simulation.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(7, Features(), NoFaults()).opened() as opened:
        yield opened


def test_an_unpaid_order_of_which_no_reader_was_told_is_closed_all_the_same() -> None:
    unread = Weather(silent=ARCHIVE | {"watch_orders"})
    with World(7, Features(weather=unread), NoFaults()).opened() as world:
        buyer = world.ground.actors[world.ground.customers[0]]
        purchase = Purchase("CARD_SALE", VIRTUAL.sku_id, VIRTUAL.price_fen, channel="sandbox")
        order = bootstrap.place_order()(world.ground.command(buyer), purchase).order
        for schedule in ("reconcile_commission", "sweep_unpaid") * 2:
            world.run_for(12 * HOUR_MS)
            for _ in range(12):  # the sweep of unpaid orders catches up two hours at a time
                world.tick(schedule)
        closed = bootstrap.orders().get(order.order_id)
        assert closed is not None and closed.state is OrderState.CLOSED


def test_a_statement_is_mended_though_the_last_change_of_its_card_moved_no_money() -> None:
    unread = Weather(silent=ARCHIVE | {"project_cards"})
    with World(7, Features(weather=unread), NoFaults()).opened() as world:
        person_id = world.ground.customers[0]
        (card_id,) = world.ground.cards[person_id]
        command = world.ground.command(world.ground.actors[person_id])
        bootstrap.freeze_card().freeze(command, card_id, Freezer.HOLDER)
        for _ in range(3):
            world.tick("fold_balances")
            world.run_for(24 * HOUR_MS)
        assert broken_views(Tables.read(world.items)) == []


def test_a_young_change_leaves_its_line_alone_that_was_rebuilt_along_with_an_old_one() -> None:
    unread = Weather(silent=ARCHIVE | {"project_cards"})
    with World(7, Features(weather=unread), NoFaults()).opened() as world:
        person_id = world.ground.customers[0]
        (card_id,) = world.ground.cards[person_id]
        actor, freeze = world.ground.actors[person_id], bootstrap.freeze_card()
        freeze.freeze(world.ground.command(actor), card_id, Freezer.HOLDER)
        world.tick("fold_balances")  # it notes that the statement ends early
        world.run_for(24 * HOUR_MS)
        world.ground.now = world.now()
        freeze.lift(world.ground.command(actor), card_id, Freezer.HOLDER)
        freeze.freeze(world.ground.command(actor), card_id, Freezer.HOLDER)
        world.tick("fold_balances")
        young = [c for c in world.tables.changes if c.table == "cards" and c.keys["pk"]["S"] == card_id][-2]
        streams.project_cards({"Records": [as_lambda_hands_it_over(young, 1)]}, None)
        assert broken_views(Tables.read(world.items)) == []


def test_a_day_that_is_being_closed_while_the_night_is_folded_is_no_difference(world: World) -> None:
    """The books of the day before are closed by a run that has put the day's row, and not summed it yet."""
    world.run_for(36 * HOUR_MS)
    account = ("views", "platform", "E:COMMISSION")
    item = bootstrap.documents().get(*account, consistent=True)
    assert item is not None and "closed_through" not in item
    day = f"day#{item['first_day']}"
    bootstrap.documents().put_new(
        "views", "platform#E:COMMISSION", day, {"sum_fen": 0, "count": 0, "version": 1}
    )
    assert bootstrap.fold_balances()(world.now()).differences == {}
    world.tick("close_books")
    world.run_for(24 * HOUR_MS)
    assert bootstrap.fold_balances()(world.now()).differences == {}


@pytest.mark.parametrize(("behind", "differs"), [(1, False), (0, True)])
def test_a_closed_day_that_was_not_summed_up_after_its_last_line_is_no_difference(
    world: World, behind: int, differs: bool
) -> None:
    """Its reader wrote the line, and was not told to sum up yet. A sum that no line explains is one."""
    world.run_for(36 * HOUR_MS)
    world.tick("close_books")
    item = bootstrap.documents().get("views", "platform", "E:COMMISSION", consistent=True)
    assert item is not None
    place = ("views", "platform#E:COMMISSION", f"day#{item['first_day']}")
    row = bootstrap.documents().get(*place, consistent=True)
    assert row is not None
    short = {"sum_fen": row["sum_fen"] - 450, "count": row["count"] - behind, "version": row["version"]}
    bootstrap.documents().put(*place, short)
    assert bool(bootstrap.fold_balances()(world.now()).differences) == differs
    after = bootstrap.documents().get(*place, consistent=True)
    assert after is not None and (after["sum_fen"] == row["sum_fen"]) != differs


@dataclass
class OvertakenDocuments:
    """Documents: just before an item of this sort key is read for the first time, something else happens."""

    documents: Documents
    sk: str
    happens: Callable[[], object]
    overtaken: int = 0

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        if sk == self.sk and not self.overtaken:
            self.overtaken += 1
            self.happens()
        return self.documents.get(table, pk, sk, consistent)


def joined(world: World, parent: str) -> str:
    """Somebody new below this person."""
    person_id = f"cus_{world.ground.name()}"
    actor = Actor(person_id, frozenset({"customer"}), real_name=True)
    bootstrap.join_distribution()(world.ground.command(actor), parent[4:], AGREEMENT)
    return person_id


def test_who_is_moved_by_two_people_at_once_is_moved_by_one(world: World) -> None:
    ground = world.ground
    root = ground.distributors[0]
    left, right = joined(world, root), joined(world, root)
    mover = distributor_id_of(joined(world, left))
    to = distributor_id_of(right)

    def somebody_else_moves() -> None:
        bootstrap.move_distributor()(ground.command(STAFF["second"]), mover, to)

    documents: Any = OvertakenDocuments(bootstrap.documents(), f"child#{mover}", somebody_else_moves)
    with pytest.raises(TreeMoved):
        MoveDistributor(bootstrap.books(), documents)(
            ground.command(STAFF["office"]), mover, distributor_id_of(root)
        )
    assert documents.overtaken == 1
    place = bootstrap.documents().get("edges", mover, "self", consistent=True)
    assert place is not None and place["parent_id"] == to


def lost_at_each_call(world: World, name: str, do: Callable[[], object]) -> list[BaseException | None]:
    """Do it again and again: each time the answer of another call is lost, though it was done."""
    errors = []
    for number in range(1, 9):
        world.points.faults = ListedFaults({(f"{name}/{number}", number): Fault.LOST_AFTER})
        task = world.scheduler.spawn(f"{name}/{number}", do, world.scheduler.now_ms)
        world.run_for(60_000)
        errors.append(task.error)
    assert world.points.counts[Fault.LOST_AFTER] > 1
    return errors


def test_who_signs_in_is_signed_in_though_an_answer_of_the_store_is_lost(world: World) -> None:
    nobody, phone, device = Actor("", frozenset()), "13912345678", "the-device-of-somebody"
    code_sent(world, phone, device)
    bootstrap.register_person()(
        world.ground.command(nobody),
        phone,
        world.phones.code_of(phone),
        "correct horse",
        visitor=Visitor(device),
    )
    client = Client("203.0.113.7", "Mozilla/5.0", "salt")
    attempt = Attempt(phone, "correct horse", visitor=Visitor(device))
    errors = lost_at_each_call(world, "signing in", lambda: bootstrap.sign_in()(attempt, client, world.now()))
    assert set(errors) == {None}


def test_an_operators_run_begins_and_ends_though_an_answer_of_the_store_is_lost(world: World) -> None:
    audit = AuditRun(bootstrap.books())

    def run() -> None:
        begun = OperatorRun("anna", bootstrap.new_key(world.now()), world.now(), is_dry=False)
        audit.begun(begun, "REDRIVE", {})
        audit.ended(begun, "REDRIVE", {}, world.now())

    assert set(lost_at_each_call(world, "run", run)) == {None}


@dataclass(frozen=True)
class Moved:
    """A change of a card, written a minute ago, as a reader of the stream sees it."""

    before_fen: int
    after_fen: int
    version: int
    pk: str = "crd_A"
    written_at: datetime = datetime(2026, 11, 23, tzinfo=UTC)

    @property
    def before(self) -> dict[str, Any]:
        return {"available_fen": self.before_fen, "last_record": f"r{self.version - 1}"}

    @property
    def after(self) -> dict[str, Any]:
        return {"available_fen": self.after_fen, "last_record": f"r{self.version}", "version": self.version}


def test_nothing_is_written_behind_a_line_that_was_rebuilt_in_another_order() -> None:
    """Two changes of one moment were rebuilt the other way round, while the second one came after all."""
    documents = FakeDocuments()
    first, second, third = Moved(0, 100, 1), Moved(100, 70, 2), Moved(70, 120, 3)

    def told(*changes: Moved) -> list[Moved]:
        wanted = [ToWrite("crd_A", ("available_fen",), change) for change in changes]
        return write_lines(documents, wanted, third.written_at + timedelta(minutes=1))

    def rebuilt(version: int, other: Moved, fen: int) -> None:
        above = documents.get("views", "crd_A", version_text(version - 1))
        assert above is not None
        moved = other.after_fen - other.before_fen
        line = StatementLine(
            "crd_A", version, f"r{other.version}", other.written_at,
            {"available_fen": moved}, {"available_fen": fen}, above["hash"], rebuilt=True,
        )  # fmt: skip
        documents.put("views", *line.key, line.values())

    assert told(first) == []
    rebuilt(2, third, fen=150)
    assert told(third) == [third]
    rebuilt(3, second, fen=120)
    assert told(third, Moved(120, 0, 4)) == []
    lines = documents.query("views", "crd_A")
    assert broken_versions(lines) == ()
    assert [line["balances"]["available_fen"] for line in lines] == [100, 150, 120, 0]


@dataclass
class RebuiltMeanwhile(FakeDocuments):
    """Documents in which somebody rebuilds a statement between a reader's look and its writing."""

    rebuild: Callable[[], None] = lambda: None

    def put_new(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> bool:
        rebuild, self.rebuild = self.rebuild, lambda: None
        rebuild()
        return super().put_new(table, pk, sk, values)

    def put_many(self, table: str, items: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        self.rebuild()
        super().put_many(table, items)


@pytest.mark.parametrize("hours", [0, 9])
def test_a_line_is_not_written_over_one_that_was_rebuilt_at_this_moment(hours: int) -> None:
    """The change is behind a rebuilt line, or so late that its own may be rebuilt: it is given back."""
    documents = RebuiltMeanwhile()
    changes = [Moved(0, 100, 1), Moved(100, 70, 2), Moved(70, 120, 3)]
    rebuilt: list[StatementLine] = []
    for change in changes:
        above = rebuilt[-1].hash if rebuilt else ""
        line = line_of("crd_A", ("available_fen",), change, above)
        rebuilt.append(replace(line, rebuilt=True))

    def put(*lines: StatementLine) -> None:
        for line in lines:
            documents.put("views", *line.key, line.values())

    if not hours:
        put(rebuilt[0])
    documents.rebuild = lambda: put(*rebuilt)
    wanted = [ToWrite("crd_A", ("available_fen",), change) for change in changes[0 if hours else 1 : 2]]
    now = changes[0].written_at + timedelta(hours=hours, minutes=1)
    assert write_lines(documents, wanted, now) == [wanted[0].change]
    assert broken_versions(documents.query("views", "crd_A")) == ()
    assert write_lines(documents, wanted, now) == []
    assert broken_versions(documents.query("views", "crd_A")) == ()
