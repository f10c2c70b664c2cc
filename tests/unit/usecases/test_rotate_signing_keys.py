"""Rotations: nobody is signed out by one, however it fails, and one that leaked is gone at once."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, pairwise

import pytest

from chalicelib.domain.secret_version import CurrentMoved
from chalicelib.domain.signing_keys import (
    FINISHED_WITHIN,
    TOKEN_TERM_MAX,
    keys_in,
    settled_after,
)
from chalicelib.gateways.tokens import SignedTokens
from chalicelib.usecases.drop_signing_keys import DropSigningKeys
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from chalicelib.usecases.rotate_signing_keys import RotateSigningKeys, RotationRefused
from tests.fakes.books import FakeBooks
from tests.fakes.documents import FakeDocuments
from tests.fakes.secret_versions import FakeSecretVersions
from tests.unit.usecases.signing_world import BEGIN, SECOND, World

READ_WITHIN = timedelta(minutes=10)
SETTLED = settled_after(READ_WITHIN)
GIVEN = "g" * 64
MINUTE = timedelta(minutes=1)
STEPS = ("create", "set", "test", "finish")
CALLS_OF_A_ROTATION = 9  # of Secrets Manager: as many as there are moments for others to come between


@dataclass
class Rotations:
    """Secrets Manager, as it asks a function for the steps of rotations."""

    versions: FakeSecretVersions = field(default_factory=lambda: FakeSecretVersions.of(GIVEN))
    settled: timedelta = SETTLED
    numbers: Iterator[int] = field(default_factory=count)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(self.versions)
        self.rotate = RotateSigningKeys(
            self.versions,
            lambda text: SignedTokens(lambda: text),
            lambda: f"{next(self.numbers):064}",
            self.settled,
        )

    def step(self, version_id: str, name: str) -> None:
        now = self.world.now
        if name == "create":
            self.rotate.create(version_id, now)
        elif name == "test":
            self.rotate.test(now)
        elif name == "finish":
            self.rotate.finish(version_id, now)

    def run(self, version_id: str, last: str = "finish") -> None:
        """The steps up to one of them, within the same second."""
        if version_id not in self.versions.texts:
            self.versions.ask_for(version_id)
        for name in STEPS[: STEPS.index(last) + 1]:
            self.step(version_id, name)

    def run_twice(self, version_id: str) -> None:
        """The second one finds that there is nothing to do any more."""
        self.run(version_id)
        self.run(version_id)

    def run_at_the_worst_moment(self, version_id: str, last: str = "finish") -> None:
        """When some processes have just asked, and from this second on one cannot ask any more."""
        into = int(self.world.now.timestamp()) % 300
        self.world.pass_time(self.world.now + SECOND * (299 - into))
        self.world.cut_off()
        self.run(version_id, last)

    @property
    def keys(self) -> tuple[str, ...]:
        return keys_in(self.versions.text)


# ---------------------------------------------------------------- ten rotations


@pytest.mark.parametrize("delay", [timedelta(), FINISHED_WITHIN - 6 * MINUTE])
def test_every_token_is_believed_everywhere_all_its_life_through_ten_rotations(delay: timedelta) -> None:
    """As soon as each may be, with processes that know as little as they may."""
    rotations = Rotations()
    signing = [rotations.keys[0]]
    for number in range(11):
        begun = rotations.world.now
        rotations.run_at_the_worst_moment(f"run-{number}", "create" if delay else "finish")
        if delay:
            rotations.world.pass_quietly(begun + delay)
            rotations.run_at_the_worst_moment(f"run-{number}")
        signing.append(rotations.keys[0])
        rotations.world.pass_quietly(begun + SETTLED + 5 * MINUTE)
    assert rotations.world.refused == []
    assert len(set(signing)) == 11  # the first run adds the next key, each of the others lets one sign
    assert len(rotations.keys) == 3
    assert rotations.world.shown > 8_000


def test_the_world_would_notice_a_rotation_that_comes_too_soon() -> None:
    short = SETTLED - FINISHED_WITHIN - TOKEN_TERM_MAX
    rotations = Rotations(settled=short)
    for number in range(3):
        begun = rotations.world.now
        rotations.run_at_the_worst_moment(f"run-{number}")
        rotations.world.pass_quietly(begun + short + 5 * MINUTE)
    assert {one.partition(" of ")[2] for one in rotations.world.refused} == {"cut off"}


def test_the_world_would_notice_a_key_that_signs_before_anybody_knows_it() -> None:
    rotations = Rotations()
    rotations.world.pass_time(BEGIN + 20 * MINUTE)
    rotations.versions.put_current("n" * 64 + "\n" + GIVEN)
    rotations.world.pass_time(BEGIN + 40 * MINUTE)
    readers = {one.split(" ", 2)[2].partition(" of ")[0] for one in rotations.world.refused}
    assert "latest" in readers


# ---------------------------------------------------------------- rotations that fail


@pytest.mark.parametrize("last", STEPS)
@pytest.mark.parametrize("again_after", [timedelta(), 50 * MINUTE, timedelta(days=2)])
def test_a_rotation_that_fails_after_a_step_is_called_again_and_signs_nobody_out(
    last: str, again_after: timedelta
) -> None:
    rotations = Rotations()
    for number in range(3):
        begun = rotations.world.now
        rotations.run_at_the_worst_moment(f"run-{number}", last)
        if again_after:
            rotations.world.pass_quietly(begun + again_after)
        rotations.run(f"run-{number}")
        rotations.run(f"again-{number}")  # the next one in the calendar
        rotations.world.pass_quietly(max(begun + SETTLED + 10 * MINUTE, rotations.world.now + MINUTE))
    assert rotations.world.refused == []
    rotations.world.now += SETTLED
    rotations.run("at last")
    assert len(rotations.keys) == 3 and rotations.keys[1] in rotations.versions.previous


class Broken(Exception):
    pass


def breaking(number: int) -> Callable[[str], None]:
    """Breaks off at the call of that number."""
    calls = count()

    def before(action: str) -> None:
        if next(calls) == number:
            raise Broken(action)

    return before


@pytest.mark.parametrize("number", range(12))
def test_a_rotation_that_breaks_off_before_any_call_leaves_keys_that_work_and_is_made_good(
    number: int,
) -> None:
    rotations = settled_rotations()
    before = rotations.keys
    rotations.versions.before = breaking(number)
    with pytest.raises(Broken):
        rotations.run_twice("broken")
    rotations.versions.before = lambda action: None
    assert rotations.keys in (before, (before[1], before[0], rotations.keys[-1]))
    rotations.run("broken")
    assert rotations.keys[:2] == (before[1], before[0])
    assert keys_in(rotations.versions.previous) == before


def settled_rotations() -> Rotations:
    """The next key may sign."""
    rotations = Rotations()
    rotations.run("adds the next key")
    rotations.world.now += SETTLED
    return rotations


# ---------------------------------------------------------------- two at once


def merges(first: tuple[str, ...], second: tuple[str, ...]) -> Iterator[list[tuple[int, str]]]:
    """Every order of two runs' steps."""
    if not first or not second:
        yield [(0, one) for one in first] + [(1, one) for one in second]
        return
    for rest in merges(first[1:], second):
        yield [(0, first[0]), *rest]
    for rest in merges(first, second[1:]):
        yield [(1, second[0]), *rest]


CALLS = ("create", "test", "finish")


@pytest.mark.parametrize("ids", [("same", "same"), ("one", "other")])
@pytest.mark.parametrize("order", list(merges(CALLS, CALLS)), ids=str)
def test_a_rotation_that_was_started_twice_rotates_once(
    ids: tuple[str, str], order: list[tuple[int, str]]
) -> None:
    rotations = settled_rotations()
    before = rotations.keys
    for run, step in order:
        rotations.step(ids[run], step)
    assert rotations.keys[:2] == (before[1], before[0]) and len(rotations.keys) == 3
    assert keys_in(rotations.versions.previous)[0] in before
    assert lawful(before, rotations.keys)


@pytest.mark.parametrize("ids", [("same", "same"), ("one", "other")])
@pytest.mark.parametrize("number", range(CALLS_OF_A_ROTATION))
def test_a_whole_rotation_between_two_calls_of_another_one_harms_nothing(
    ids: tuple[str, str], number: int
) -> None:
    rotations = settled_rotations()
    texts = [rotations.versions.text]
    calls = count()

    def between(action: str) -> None:
        if next(calls) == number:
            rotations.versions.before = lambda action: None
            rotations.run(ids[1])
            texts.append(rotations.versions.text)

    rotations.versions.before = between
    with suppress(CurrentMoved):  # it was refused, and nothing has changed
        rotations.run(ids[0])
    texts.append(rotations.versions.text)
    assert all(lawful(keys_in(old), keys_in(new)) for old, new in pairwise(texts))
    assert rotations.keys[:2] == (keys_in(texts[0])[1], keys_in(texts[0])[0])


def test_a_run_ends_its_own_version_alone_and_not_one_that_another_run_has_not_tested_yet() -> None:
    rotations = settled_rotations()
    before = rotations.keys
    rotations.step("other", "create")
    rotations.step("one", "finish")
    assert rotations.keys == before
    rotations.step("other", "finish")
    assert rotations.keys[0] == before[1]


def test_a_run_that_is_over_writes_nothing_when_its_answer_was_lost_and_it_is_called_again() -> None:
    rotations = settled_rotations()
    rotations.run("one")
    actions: list[str] = []
    rotations.versions.before = actions.append
    rotations.run("one")
    assert set(actions) == {"current", "pending"}


def lawful(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whoever knows only one of them believes what the other signs."""
    return new[0] in old and old[0] in new


# ---------------------------------------------------------------- the proof


@pytest.mark.parametrize("waiting", ["n" * 64, f"{'n' * 64}\n{GIVEN}", "n" * 31])
def test_a_waiting_version_that_does_not_sign_or_verify_is_never_current(waiting: str) -> None:
    rotations = Rotations()
    rotations.versions.put_pending("wrong", waiting)
    with pytest.raises((RotationRefused, AssertionError)) as refused:
        rotations.step("wrong", "test")
    assert waiting not in str(refused.value)
    with pytest.raises(RotationRefused):
        rotations.step("wrong", "finish")
    assert rotations.versions.text == GIVEN
    rotations.run("right")
    assert rotations.keys[0] == GIVEN and len(rotations.keys) == 2


def test_a_version_without_a_text_is_no_waiting_version() -> None:
    rotations = Rotations()
    rotations.versions.ask_for("asked")
    rotations.step("asked", "test")  # Secrets Manager tests a new schedule so
    rotations.step("asked", "finish")
    assert rotations.versions.text == GIVEN


# ---------------------------------------------------------------- a key has leaked


def dropping(rotations: Rotations, books: FakeBooks) -> DropSigningKeys:
    chance = lambda: f"{next(rotations.numbers):064}"  # noqa: E731
    return DropSigningKeys(rotations.versions, chance, AuditRun(books), lambda: rotations.world.now)


def test_a_dry_run_shows_the_keys_by_their_ids_and_changes_nothing() -> None:
    rotations = settled_rotations()
    rotations.run("lets it sign")
    books, text = FakeBooks(FakeDocuments()), rotations.versions.text
    shown = dropping(rotations, books)(OperatorRun("anna", "KEY", rotations.world.now))
    assert [(one.role, one.made_at) for one in shown] == [
        ("signing", BEGIN),
        ("older", None),  # the template's, which does not say
        ("next", BEGIN + SETTLED),
    ]
    assert (rotations.versions.text, books.journal) == (text, {})


def test_after_a_leak_nothing_that_was_signed_is_believed_and_a_rotation_on_its_way_is_stopped() -> None:
    rotations = settled_rotations()
    rotations.run("on its way", "create")
    leaked = rotations.keys
    books = FakeBooks(FakeDocuments())
    dropping(rotations, books)(OperatorRun("anna", "KEY", rotations.world.now, is_dry=False))
    assert len(rotations.keys) == 1 and not set(rotations.keys) & set(leaked)
    rotations.step("on its way", "test")
    rotations.step("on its way", "finish")
    assert not set(rotations.keys) & set(leaked)
    rotations.world.now += SECOND
    rotations.run("the next one")
    rotations.world.now += SETTLED
    rotations.run("the one after")
    assert len(rotations.keys) == 3 and not set(rotations.keys) & set(leaked)


@pytest.mark.parametrize("number", range(CALLS_OF_A_ROTATION))
def test_keys_that_were_dropped_at_any_moment_of_a_rotation_do_not_come_back(number: int) -> None:
    rotations = settled_rotations()
    leaked: set[str] = set()
    calls = count()

    def between(action: str) -> None:
        if next(calls) == number:
            rotations.versions.before = lambda action: None
            run = OperatorRun("anna", "KEY", rotations.world.now, is_dry=False)
            leaked.update(rotations.keys)
            dropping(rotations, FakeBooks(FakeDocuments()))(run)

    rotations.versions.before = between
    with suppress(CurrentMoved, RotationRefused):  # it was stopped
        rotations.run("on its way")
    assert leaked and not set(rotations.keys) & leaked
