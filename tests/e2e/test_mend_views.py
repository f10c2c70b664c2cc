"""What the streams lost, made good in the night: statements, the platform's days, pots nobody points to.

Stream records are lost by never being read, or by a reader that takes them and does nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain import release_due
from chalicelib.domain.business_time import business_date
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.finding import Kind
from local.testing import World
from tests.e2e.invariants import Tables, broken, broken_views
from tests.e2e.night import NIGHT, findings, folded, read_streams, set_number, sold
from tests.e2e.tree import DAY
from tests.e2e.vector_world import VectorWorld


@pytest.fixture
def vectors(world: World) -> VectorWorld:
    made = VectorWorld(world)
    made.plan()
    return made


# ---------------------------------------------------------------- statements


@pytest.fixture
def lost(vectors: VectorWorld) -> Iterator[VectorWorld]:
    """A world whose accounts, pots and cards changed while nobody wrote their statements."""
    vectors.parameter("commission.netting_bps", 10_000)
    yield vectors
    tables = Tables.read(vectors.world.items)
    assert broken(tables) + broken_views(tables) == []


def test_statements_whose_changes_were_lost_close_again_in_the_night_after(lost: VectorWorld) -> None:
    chain = lost.chain()
    order = sold(lost, chain=chain)
    lost.world.drain(only={"pay_commission"})
    first = folded(lost)
    owners = first.mended.gaps
    assert {*order.card_ids, *(f"{one}:{pot_of(one)}" for one in chain)} <= owners
    assert first.mended.lines == 0, "the stream may still bring them"
    second = folded(lost, after=NIGHT + DAY)
    assert second.mended.gaps == second.mended.unexplained == set()
    assert second.mended.lines >= len(owners)
    assert set(findings(Kind.STATEMENT_REBUILT)) == owners
    assert folded(lost, after=NIGHT + 2 * DAY).mended.lines == 0


def test_what_is_made_anew_is_told_though_the_telling_failed_at_first(lost: VectorWorld) -> None:
    sold(lost, chain=lost.chain())
    lost.world.drain(only={"pay_commission"})
    owners = folded(lost).mended.gaps
    fold = bootstrap.fold_balances()
    failing = FailingOnce(fold.note)
    disturbed = replace(fold, statements=replace(fold.statements, note=failing))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        folded(lost, after=NIGHT + DAY, fold=disturbed)
    folded(lost, after=NIGHT + 2 * DAY)
    assert set(findings(Kind.STATEMENT_REBUILT)) == owners
    assert folded(lost, after=NIGHT + 3 * DAY).mended.lines == 0


class FailingOnce:
    """A call that the store does not take the first time."""

    def __init__(self, call: Callable[..., object]) -> None:
        self.call, self.calls = call, 0

    def __call__(self, *arguments: object) -> object:
        self.calls += 1
        if self.calls == 1:
            raise Unavailable()
        return self.call(*arguments)


def pot_of(distributor_id: str) -> str:
    (pot,) = bootstrap.accounts().balances(distributor_id).frozen_fen
    return pot


def test_a_statement_goes_on_behind_its_rebuilt_lines(lost: VectorWorld) -> None:
    chain = lost.chain()
    first = sold(lost, chain=chain)
    read_streams(lost)
    lost_change = sold(lost, chain=chain)
    lost.world.drain(only={"pay_commission"})
    skip(lost.world, "project_accounts", "project_cards")
    third = sold(lost, chain=chain)
    lost.world.drain(only={"pay_commission"})
    lost.world.drain(only={"project_accounts", "project_cards"}, failures_allowed=True)
    folded(lost)
    assert folded(lost, after=NIGHT + DAY).mended.lines > 0
    fourth = sold(lost, chain=chain)
    read_streams(lost)
    assert len({order.order_id for order in (first, lost_change, third, fourth)}) == 4
    lines = bootstrap.documents().query("views", f"{chain[0]}:{pot_of(chain[0])}")
    assert [line.get("rebuilt", False) for line in lines] == [False, True, True, False]
    assert [line["balances"]["frozen_fen"] for line in lines] == [800, 1_600, 2_400, 3_200]


def skip(world: World, *readers: str) -> None:
    """Lose what these readers have not read yet: they begin behind it."""
    for pump in world.pumps.streams:
        if pump.mapping.function.name in readers:
            known = pump.mapping
            pump.mapping = replace(known, function=Silent(known.function.name))  # type: ignore[arg-type]
            while pump.step():
                pass
            pump.mapping = known


class Silent:
    """A function that takes everything and does nothing."""

    def __init__(self, name: str) -> None:
        self.name = self.deployed_name = name

    def call(self, event: dict[str, Any], request_id: str) -> dict[str, Any]:
        return {"batchItemFailures": []}


def test_a_change_that_comes_after_its_line_was_rebuilt_changes_nothing(lost: VectorWorld) -> None:
    sold(lost, chain=lost.chain())
    lost.world.drain(only={"pay_commission"})
    folded(lost)
    folded(lost, after=NIGHT + DAY)
    before = sorted(map(repr, lost.world.items("views")))
    handed_over_late(lost)
    lines = [repr(item) for item in lost.world.items("views") if "previous_hash" in item]
    assert [line for line in lines if line not in before] == []


def handed_over_late(vectors: VectorWorld) -> None:
    """The records of accounts and cards are read after all, a day later."""
    later = bootstrap.now() + 3 * DAY
    with replaced({bootstrap.now: lambda: later}):
        vectors.world.drain(only={"project_accounts", "project_cards"})


def test_what_the_journal_does_not_explain_is_not_made_up(vectors: VectorWorld) -> None:
    chain = vectors.chain()
    sold(vectors, chain=chain)
    vectors.world.drain(only={"pay_commission"})
    pot = pot_of(chain[0])
    set_number(vectors.world, "accounts", {"pk": chain[0], "sk": f"frozen#{pot}"}, "frozen_fen", 801)
    folded(vectors)
    found = folded(vectors, after=NIGHT + DAY)
    assert found.mended.unexplained == {f"{chain[0]}:{pot}"}
    assert bootstrap.documents().query("views", f"{chain[0]}:{pot}") == []


# ---------------------------------------------------------------- the platform's days and the pots


def test_lines_of_the_platform_that_the_stream_lost_are_made_anew_and_told(vectors: VectorWorld) -> None:
    sold(vectors)
    vectors.world.drain(only={"pay_commission", "project_accounts", "project_cards"})
    found = folded(vectors)
    assert (found.differences, found.platform_lines > 0) == ({}, True)
    balances = bootstrap.query_platform().balances_at(vectors.tree.now + DAY)
    assert (balances["A:CHANNEL:sandbox"], balances["E:COMMISSION"]) == (100_000, 1_100)
    assert folded(vectors, after=NIGHT + DAY).platform_lines == 0


def test_a_pot_that_no_row_points_to_is_released_after_its_day(vectors: VectorWorld) -> None:
    chain = vectors.chain()
    order = sold(vectors, chain=chain)
    bootstrap.hold_commission().hold(order, "suspicion", vectors.tree.now)
    later = vectors.tree.now + 20 * DAY
    bootstrap.hold_commission().free(order, "nothing wrong", later)
    assert bootstrap.accounts().balances(chain[0]).available_fen == 0
    bootstrap.sweep_pots()(later + DAY)
    bootstrap.release_commission()(later + DAY)
    assert bootstrap.accounts().balances(chain[0]).available_fen == 0, "nothing points to the pot"
    assert folded(vectors, after=21 * DAY).pots == 2
    bootstrap.release_commission()(later + DAY)
    assert [bootstrap.accounts().balances(one).available_fen for one in chain] == [800, 300]
    assert folded(vectors, after=22 * DAY).pots == 0


def test_a_pot_whose_day_has_not_come_is_left_alone(vectors: VectorWorld) -> None:
    sold(vectors)
    vectors.world.drain(only={"pay_commission"})
    assert folded(vectors, after=14 * DAY).pots == 0
    partitions = release_due.partitions(business_date(vectors.tree.now + 14 * DAY))
    assert [bootstrap.documents().query(release_due.TABLE, pk) for pk in partitions] == [[]] * 4
