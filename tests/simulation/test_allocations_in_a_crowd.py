"""Allocations in a crowd: is every entry taken once, whatever comes between any two calls of the reader?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.domain.allocation import TABLE
from chalicelib.domain.commission_entry import hold_record
from chalicelib.domain.ledger import RISK_POT
from chalicelib.domain.record import Record
from tests.simulation.allocated import allocations_are_sound
from tests.simulation.allocating import (
    ALLOCATIONS,
    OLDER,
    TODAY,
    Gone,
    cancelled,
    earned,
    gone,
    held,
    history,
    read,
    said,
    sold,
    tables_of,
    taken,
    withdrawn,
    written,
)
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.withdrawing import Till, entry_of

Records = tuple[Record, ...]


@dataclass
class Scene:
    """An old withdrawal, two that are asked for now, and entries of which one is held and one comes late."""

    till: Till
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        till, names = self.till, self.names
        first = earned(till, sold(10), 500, OLDER)
        names["held"] = earned(till, sold(9), 300)
        earned(till, sold(8), 400)
        earned(till, sold(1), 600, TODAY)
        held(till, names["held"])
        names["old"] = withdrawn(till, 400)
        assert taken(till) == {f"{first}#{names['old']}": 400}
        names["one"], names["other"] = till.requested(700), till.requested(300)

    # what happens, and the records of it for its reader

    def one(self) -> Records:
        return tuple(self.till.records(self.names["one"])[:1])

    def other(self) -> Records:
        return tuple(self.till.records(self.names["other"])[:1])

    def old_again(self) -> Records:
        return tuple(self.till.records(self.names["old"])[:1])

    def old_given_back(self) -> Records:
        return self._given_back("old")

    def one_given_back(self) -> Records:
        return self._given_back("one")

    def let_go(self) -> Records:
        before = history(self.till, self.names["held"])
        if before.is_held:
            written(self.till, hold_record(before, OLDER, NOW, "no fraud"), RISK_POT, OLDER)
        return tuple(self.till.records(f"{before.entry.entry_id}#h2"))

    def late(self) -> Records:
        record = entry_of(sold(12), 200, OLDER)
        if not self.till.records(record.entry_id):
            written(self.till, record, OLDER)
        return (record,)

    def _given_back(self, name: str) -> Records:
        withdrawal_id = self.names[name]
        if len(self.till.records(withdrawal_id)) == 1:
            cancelled(self.till, withdrawal_id)
        return tuple(self.till.records(withdrawal_id)[1:])

    def sound(self) -> None:
        """Nothing is wrong with the rows, and what was not given back is whole: there is enough for both."""
        assert list(allocations_are_sound(tables_of(self.till))) == []
        for withdrawal_id in (self.names[name] for name in ("old", "one", "other")):
            decided = said(self.till)[withdrawal_id]
            assert decided["given_back"] or decided["short_fen"] == 0


@dataclass
class Interrupted:
    """A port before whose n-th call, counted together with its sister's, something else happens once."""

    port: Any
    calls: list[str]
    at: int
    first: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        if len(self.calls) == self.at:
            self.first()
        return getattr(self.port, name)


DEEDS = ("one", "other", "old_again", "old_given_back", "one_given_back", "let_go", "late")


def interrupted(till: Till, records: Records, at: int, first: Callable[[], object]) -> int:
    """These are read, and before the n-th call something happens. How many calls there were."""
    calls: list[str] = []
    store = till.store
    documents = Interrupted(store.documents, calls, at, first)
    read(till, *records, documents=documents, books=Interrupted(store.books, calls, at, first))
    return len(calls)


def after_all(scene: Scene) -> None:
    """Both requests are read by somebody."""
    read(scene.till, *scene.one(), *scene.other())
    scene.sound()


def fresh() -> Scene:
    till = Till()
    till.earn(1_000_000)
    return Scene(till)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("between", DEEDS)
def test_whatever_happens_between_two_calls_every_entry_is_taken_once(deed: str, between: str) -> None:
    at = calls = 1
    while at <= calls:
        scene = fresh()
        records = getattr(scene, deed)()

        def happens(scene: Scene = scene) -> None:
            read(scene.till, *getattr(scene, between)())

        calls = interrupted(scene.till, records, at, happens)
        after_all(scene)
        at += 1


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("then", DEEDS)
def test_whoever_is_gone_between_two_calls_is_followed_by_somebody_else(deed: str, then: str) -> None:
    at = 1
    while True:
        scene = fresh()
        records = getattr(scene, deed)()
        try:
            interrupted(scene.till, records, at, gone)
        except Gone:
            at += 1
        else:
            break
        read(scene.till, *getattr(scene, then)())
        read(scene.till, *records)
        after_all(scene)
    assert at > 1


@pytest.fixture
def scene() -> Scene:
    scene = fresh()
    after_all(scene)
    return scene


@pytest.mark.parametrize(
    ("sk", "values", "sentence"),
    [
        ("{young}#wdr_X", {"fen": 601}, "which earned"),
        ("{young}#wdr_X", {"fen": 1}, "decided were"),
        ("standing", {"behind": "cme_Z"}, "is looked for behind"),
    ],
)
def test_what_is_wrong_with_the_rows_is_told(
    scene: Scene, sk: str, values: dict[str, Any], sentence: str
) -> None:
    place = sk.format(young=f"cme_{sold(1)}")
    read(scene.till, *scene.late())  # it is open
    scene.till.store.documents.put(TABLE, ALLOCATIONS, place, values)
    assert any(sentence in one for one in allocations_are_sound(tables_of(scene.till)))


def test_a_request_that_nobody_read_is_told() -> None:
    scene = fresh()
    read(scene.till, *scene.one())
    told = list(allocations_are_sound(tables_of(scene.till)))
    assert told == [f"nobody decided which sales {scene.names['other']} was for"]
    assert list(allocations_are_sound(tables_of(scene.till), {DISTRIBUTOR})) == []
