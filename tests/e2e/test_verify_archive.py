"""Verifying the archive from the office: in slices, with its progress, and what is wrong named."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.verification import Verification, VerificationRuns, VerificationState
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.verify_archive import VerifyArchive
from tests.e2e.test_archive import (
    RECORDS,
    Archived,
    archived,
    changed_body,
    changed_body_and_digest,
    changed_client,
    changed_digest,
    overwritten_object,
    removed_join,
    removed_object,
    removed_record,
    removed_root,
    unreadable_object,
)
from tests.fakes.ulids import Ulids

__all__ = ["archived"]  # the fixture

pytestmark = pytest.mark.usefixtures("rights")
NOW = datetime.now(UTC)
AUDITOR = Actor("stf_AAAAAAAAAAAA", frozenset({"auditor"}))
KEYS = Ulids(lambda: NOW)


def asked() -> Verification:
    return bootstrap.ask_verification()(Command(AUDITOR, next(KEYS), NOW))


def verified() -> Verification:
    """A check that was asked for now, once it is done."""
    wanted = asked()
    done = bootstrap.verify_archive()(NOW)
    assert done is not None and done.verification_id == wanted.verification_id
    assert done.state is VerificationState.DONE
    return done


@pytest.mark.capability("S-120")
def test_an_intact_archive_is_told_with_its_counts_and_its_newest_seal(archived: Archived) -> None:
    done = verified()
    assert (done.is_intact, done.findings) == (True, ())
    assert (done.objects, done.records) == (3, RECORDS + 1)
    head = bootstrap.archive_index().head()
    assert done.sealed_day == head.sealed_day != ""
    assert len(done.newest_root) == 64
    assert bootstrap.ask_verification().current() == ""
    assert bootstrap.verify_archive()(NOW) is None


@pytest.mark.parametrize(
    "alter, named",
    [
        (changed_body, "journal record cus_BBBBBBBBBBBB/ord_04: changed (archive sequence 5)"),
        (changed_body_and_digest, "journal record cus_BBBBBBBBBBBB/ord_04: changed (archive sequence 5)"),
        (
            changed_digest,
            "journal record cus_BBBBBBBBBBBB/ord_04: its digest was changed (archive sequence 5)",
        ),
        (
            changed_client,
            "journal record cus_BBBBBBBBBBBB/ord_04: the client beside it was changed (archive sequence 5)",
        ),
        (removed_record, "journal record cus_BBBBBBBBBBBB/ord_04: missing (archive sequence 5)"),
        (removed_join, "journal record dst_CCCCCCCCCCCC/join: missing (archive sequence 13)"),
        (overwritten_object, "archive sequence 1: changed (record cus_BBBBBBBBBBBB/ord_00)"),
        (removed_object, "archive sequence 8 to 12: missing"),
        (removed_root, "removed"),
        (unreadable_object, "archive sequence 1 to 7: missing"),
    ],
)
def test_what_was_changed_or_removed_is_named(
    archived: Archived, alter: Callable[[Archived], None], named: str
) -> None:
    alter(archived)
    done = verified()
    assert done.is_intact is False
    assert done.finding_count == len(done.findings) > 0
    assert any(named in finding for finding in done.findings), done.findings


def slices(clock: Callable[[], int]) -> list[Verification]:
    verify = VerifyArchive(
        bootstrap.books(),
        bootstrap.documents(),
        bootstrap.archive_objects(),
        bootstrap.ask_verification(),
        clock,
    )
    told = []
    while bootstrap.ask_verification().current():
        after = verify(NOW)
        assert after is not None
        told.append(after)
    return told


@pytest.mark.parametrize("alter", [lambda _: None, changed_body, overwritten_object, removed_root])
def test_cut_into_slices_it_finds_what_it_finds_at_once(
    archived: Archived, alter: Callable[[Archived], None]
) -> None:
    """An object a slice: the clock jumps over the term whenever it is asked a third time."""
    alter(archived)
    whole = verified()
    asked()
    ticks = itertools.cycle([0, 0, 300_000])
    told = slices(lambda: next(ticks))
    assert [(one.state.value, one.objects) for one in told] == [
        ("RUNNING", 1),
        ("RUNNING", 2),
        ("DONE", 3),
    ]
    last = told[-1]
    assert sorted(last.findings) == sorted(whole.findings)
    assert (last.records, last.newest_root, last.sealed_day) == (
        whole.records,
        whole.newest_root,
        whole.sealed_day,
    )


def test_there_is_one_at_a_time_and_the_same_command_is_the_same_one(archived: Archived) -> None:
    command = Command(AUDITOR, next(KEYS), NOW, "same")
    first = bootstrap.ask_verification()(command)
    assert bootstrap.ask_verification()(command).verification_id == first.verification_id
    with pytest.raises(VerificationRuns) as refused:
        asked()
    assert refused.value.facts == {"verification_id": first.verification_id}
    bootstrap.verify_archive()(NOW)
    second = asked()
    listed = [one.verification_id for one in bootstrap.ask_verification().page("", 10)]
    assert listed == [second.verification_id, first.verification_id]


def test_who_died_at_it_holds_it_for_six_minutes_and_no_longer(archived: Archived) -> None:
    wanted = asked()
    verify = bootstrap.verify_archive()
    assert verify._taken(wanted, NOW) is not None  # and is never heard of again
    assert verify(NOW + timedelta(minutes=6) - timedelta(milliseconds=1)) is None
    done = verify(NOW + timedelta(minutes=6))
    assert done is not None and done.is_intact


def test_without_an_archive_there_is_nothing_wrong(world: object) -> None:
    done = verified()
    assert (done.records, done.is_intact, done.sealed_day) == (0, True, "")


@pytest.mark.parametrize("alter", [lambda _: None, removed_join])
def test_the_schedule_has_the_rights_that_it_needs(
    archived: Archived, alter: Callable[[Archived], None]
) -> None:
    alter(archived)
    wanted = asked()
    archived.world.tick("verify_archive")
    archived.world.tick("verify_archive")  # nothing is asked for any more
    done = bootstrap.ask_verification().read(wanted.verification_id)
    assert (done.state, done.records) == (VerificationState.DONE, RECORDS + 1)
