"""Approvals in memory: each word counts once, the last one does what was asked, of two at once one stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.approval import (
    Decision,
    FourEyes,
    Kind,
    Request,
    RequestDecided,
    RequestUnknown,
    State,
    asked,
)
from chalicelib.domain.change import Change, NewDocument, Stale
from chalicelib.domain.errors import KeyReused, Refusal, Unavailable, Unprocessable
from chalicelib.domain.ids import IdempotencyKeyInvalid
from chalicelib.domain.record import Client, Record
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Actor, Command
from tests.fakes.books import FakeBooks
from tests.fakes.documents import FakeDocuments
from tests.fakes.ulids import ulid_of_number
from tests.unit.usecases.town import NOW

ASKER, ANN, BEN, CAT = (f"stf_{letter * 12}" for letter in "DABC")
CLIENT = Client("203.0.113.7", "till/1", "salt")
ABOUT = {"template": "TAX_REMITTED"}


class TooLate(Unprocessable):
    code = "TOO_LATE"


@dataclass
class ReadNow(FakeDocuments):
    """Documents of which nobody may read an old copy."""

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        assert consistent is True
        return super().get(table, pk, sk, consistent)


@dataclass
class MeanwhileBooks(FakeBooks):
    """Books before whose next writes somebody does that."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    tries: int = 0

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        self.tries += 1
        if self.meanwhile:
            self.meanwhile.pop()()
        super().commit(record, changes, token)


@dataclass
class Posting:
    """The use case of a kind: what is done stands beside what ends its request."""

    books: FakeBooks
    refuses: Callable[[], object] | None = None
    leaves_record: bool = True

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        if self.refuses:
            self.refuses()
            raise TooLate()
        record = audit_record(command, "posting.post", **approved_marks(request))
        done = NewDocument("work", "done", request.request_id, {"outcome": request.outcome.value})
        self.books.commit(record if self.leaves_record else None, [done, *closing])

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        gone = NewDocument("work", "turned down", request.request_id, {})
        return replace(record, about={**record.about, "outcome": request.outcome.value}), [gone]


class Desk:
    """A request of Dora's for two other people, at which they are when the test begins."""

    def __init__(self) -> None:
        self.documents = ReadNow()
        self.books = MeanwhileBooks(self.documents)
        self.posting, self.numbers = Posting(self.books), 0
        self.approvals = Approvals(self.books, self.documents, {Kind.POSTING: lambda: self.posting})

    def command(self, by: str = ASKER, reason: str = "due", at: datetime = NOW, **fields: Any) -> Command:
        self.numbers += 1
        actor = Actor(by, frozenset({"finance"}), client=CLIENT)
        command = Command(actor, ulid_of_number(at, self.numbers), at, "hash", reason)
        return replace(command, **fields)

    def ask(self, command: Command | None = None, needed: int = 2) -> Request:
        command = command or self.command()
        request = asked(
            Kind.POSTING,
            command.key,
            ABOUT,
            command.actor.person_id,
            command.now,
            amount_fen=5,
            needed=needed,
        )
        beside = NewDocument("work", "beside", command.key, {})
        return self.approvals.ask(command, request, audit_record(command, "posting.ask"), [beside])

    def decide(self, request: Request, by: str, agrees: bool = True, **fields: Any) -> Request:
        return self.approvals.decide(self.command(by, **fields), request.request_id, agrees)

    def record(self, command: Command) -> Record | None:
        return self.books.record(command.actor.person_id, command.key)

    def places(self, partition: str) -> list[str]:
        return [sk for _, pk, sk in self.documents.items if pk == partition]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def nothing_is_written(desk: Desk, refusal: type[Exception], deed: Callable[[], object]) -> Any:
    before = dict(desk.documents.items), dict(desk.books.journal)
    with pytest.raises(refusal) as refused:
        deed()
    assert (desk.documents.items, desk.books.journal) == before
    return refused.value


# ---------------------------------------------------------------- asking


def test_what_is_asked_waits_with_its_record_and_what_goes_with_it(desk: Desk) -> None:
    command = desk.command()
    assert desk.approvals.asked_before(command, Kind.POSTING) is None
    request = desk.ask(command)
    assert request == Request(f"pst_{command.key}", ABOUT, ASKER, NOW, 5, 2)
    assert desk.approvals.read(request.request_id) == request
    assert desk.record(command) == audit_record(command, "posting.ask")
    assert (desk.places("approvals"), desk.places("beside")) == ([request.request_id], [command.key])


def test_a_command_that_comes_again_is_one_request_as_it_is_by_then(desk: Desk) -> None:
    command = desk.command()
    first = desk.ask(command)
    assert desk.ask(command) == desk.approvals.asked_before(command, Kind.POSTING) == first
    agreed = desk.decide(first, ANN)
    assert desk.ask(replace(command, now=NOW + timedelta(days=3))) == agreed, "however old its key is by now"
    ended = desk.decide(first, BEN)
    assert desk.ask(command) == desk.approvals.asked_before(command, Kind.POSTING) == ended
    assert desk.places("beside") == [command.key]


def test_a_key_is_for_one_request_of_one_person(desk: Desk) -> None:
    command = desk.command()
    desk.ask(command)
    theirs = replace(command, actor=replace(command.actor, person_id=ANN))
    for other in (replace(command, request_hash="another"), theirs):
        nothing_is_written(desk, KeyReused, lambda c=other: desk.ask(c))  # type: ignore[misc]
        nothing_is_written(desk, KeyReused, lambda c=other: desk.approvals.asked_before(c, Kind.POSTING))  # type: ignore[misc]
    desk.books.commit(audit_record(theirs, "card.freeze"), [])
    nothing_is_written(desk, KeyReused, lambda: desk.approvals.asked_before(theirs, Kind.POSTING))


def test_under_a_key_of_the_day_before_yesterday_nothing_new_is_asked(desk: Desk) -> None:
    command = desk.command()
    late = replace(command, now=NOW + timedelta(days=1, milliseconds=1))
    nothing_is_written(desk, IdempotencyKeyInvalid, lambda: desk.ask(late))
    assert desk.ask(replace(command, now=NOW + timedelta(days=1))).state(NOW) is State.WAITING


def test_of_one_command_that_is_sent_twice_at_once_one_asks_and_both_are_told(desk: Desk) -> None:
    command = desk.command()
    first = list[Request]()
    desk.books.meanwhile.append(lambda: first.append(desk.ask(command)))
    assert [desk.ask(command)] == first
    other = desk.command()
    desk.books.meanwhile.append(lambda: desk.ask(other))
    with pytest.raises(KeyReused):
        desk.ask(replace(other, request_hash="another"))


def test_of_a_request_that_is_not_there_the_refusal_tells_so_much_of_its_name(desk: Desk) -> None:
    name = "pst_" + "0" * 100
    assert nothing_is_written(desk, RequestUnknown, lambda: desk.approvals.read(name)).facts == {
        "id": name[:64]
    }


# ---------------------------------------------------------------- deciding


def test_as_many_agree_as_it_takes_and_the_last_word_does_it(desk: Desk) -> None:
    request = desk.ask(needed=3)
    words = [desk.command(by, f"word of {by}") for by in (ANN, BEN, CAT)]
    for number, command in enumerate(words, 1):
        after = desk.approvals.decide(command, request.request_id, True)
        said = [Decision(one.actor.person_id, True, NOW, one.reason, one.key) for one in words[:number]]
        assert after == desk.approvals.read(request.request_id) == replace(request, decisions=tuple(said))
        assert desk.places("done") == ([request.request_id] if number == 3 else [])
    about = {"request": request.request_id, "kind": "POSTING"}
    for command in words[:2]:
        assert desk.record(command) == audit_record(command, "approval.agree", **about)
    marks = {"request": request.request_id, "requested_by": ASKER, "approved_by": [ANN, BEN]}
    assert desk.record(words[2]) == audit_record(words[2], "posting.post", **marks)
    assert (desk.places("approvals"), desk.places("approvals-decided")) == ([], [request.request_id])
    assert desk.documents.items["work", "done", request.request_id]["outcome"] == "APPROVED"


def test_where_one_is_enough_nobody_is_named_as_having_agreed_before(desk: Desk) -> None:
    request, command = desk.ask(needed=1), desk.command(ANN)
    desk.approvals.decide(command, request.request_id, True)
    record = desk.record(command)
    assert record is not None
    assert record.about == {"request": request.request_id, "requested_by": ASKER}


def test_one_no_ends_it_with_its_record_and_what_its_use_case_says_of_it(desk: Desk) -> None:
    request, command = desk.ask(), desk.command(ANN, "not due")
    after = desk.approvals.decide(command, request.request_id, False)
    assert after.decisions == (Decision(ANN, False, NOW, "not due", command.key),)
    about = {"request": request.request_id, "kind": "POSTING", "outcome": "REFUSED"}
    assert desk.record(command) == audit_record(command, "approval.refuse", **about)
    assert desk.places("turned down") == desk.places("approvals-decided") == [request.request_id]
    assert (desk.places("approvals"), desk.places("done")) == ([], [])
    nothing_is_written(desk, RequestDecided, lambda: desk.decide(request, BEN))


def test_who_asked_and_who_agreed_say_nothing_more(desk: Desk) -> None:
    request = desk.ask(needed=3)
    nothing_is_written(desk, FourEyes, lambda: desk.decide(request, ASKER))
    desk.decide(request, ANN)
    for agrees in (True, False):
        nothing_is_written(desk, FourEyes, lambda a=agrees: desk.decide(request, ANN, a))  # type: ignore[misc]


# ---------------------------------------------------------------- one command, one word


@pytest.mark.parametrize("needed", [1, 2])
def test_a_word_that_is_sent_again_is_one_and_its_key_no_other(desk: Desk, needed: int) -> None:
    request, command = desk.ask(needed=needed), desk.command(ANN)
    first = desk.approvals.decide(command, request.request_id, True)
    tries = desk.books.tries
    assert desk.approvals.decide(command, request.request_id, True) == first
    assert desk.books.tries == tries
    another = replace(command, request_hash="another")
    nothing_is_written(desk, KeyReused, lambda: desk.approvals.decide(another, request.request_id, True))


def test_the_equal_keys_of_two_people_are_two_words(desk: Desk) -> None:
    request, command = desk.ask(), desk.command(ANN)
    desk.approvals.decide(command, request.request_id, True)
    theirs = replace(command, actor=replace(command.actor, person_id=BEN))
    assert desk.approvals.decide(theirs, request.request_id, True).outcome is State.APPROVED


def test_a_word_whose_record_nobody_finds_is_answered_by_none(desk: Desk) -> None:
    desk.posting.leaves_record = False
    request, command = desk.ask(needed=1), desk.command(ANN)
    desk.approvals.decide(command, request.request_id, True)
    nothing_is_written(desk, KeyReused, lambda: desk.approvals.decide(command, request.request_id, True))


def test_of_one_word_that_is_sent_twice_at_once_both_are_told_and_one_counts(desk: Desk) -> None:
    request, command = desk.ask(needed=3), desk.command(ANN)
    desk.books.meanwhile.append(lambda: desk.approvals.decide(command, request.request_id, True))
    assert desk.approvals.decide(command, request.request_id, True).approved_by == (ANN,)


@pytest.mark.parametrize("about", [{}, {"request": "pst_another"}])
def test_a_key_that_said_something_else_says_nothing_here(desk: Desk, about: dict[str, Any]) -> None:
    request, command = desk.ask(), desk.command(ANN)
    desk.books.commit(audit_record(command, "card.freeze", **about), [])
    nothing_is_written(desk, KeyReused, lambda: desk.approvals.decide(command, request.request_id, True))
    other = replace(command, request_hash="another")
    nothing_is_written(desk, KeyReused, lambda: desk.approvals.decide(other, request.request_id, True))


def test_a_key_that_another_body_used_says_nothing_here(desk: Desk) -> None:
    request, command = desk.ask(), desk.command(ANN)
    other = replace(command, request_hash="another")
    desk.books.commit(audit_record(other, "card.freeze", request=request.request_id), [])
    nothing_is_written(desk, KeyReused, lambda: desk.approvals.decide(command, request.request_id, True))


# ---------------------------------------------------------------- in a crowd


def test_of_two_who_agree_at_once_both_count(desk: Desk) -> None:
    request = desk.ask()
    desk.books.meanwhile.append(lambda: desk.decide(request, BEN))
    assert desk.decide(request, ANN).approved_by == (BEN, ANN)
    assert desk.places("done") == [request.request_id]


def test_of_two_last_words_at_once_one_stands(desk: Desk) -> None:
    request = desk.ask(needed=1)
    desk.books.meanwhile.append(lambda: desk.decide(request, BEN, False))
    with pytest.raises(RequestDecided):
        desk.decide(request, ANN)
    assert (desk.places("done"), desk.places("turned down")) == ([], [request.request_id])


def test_whoever_is_always_overtaken_looks_again_and_not_for_ever(desk: Desk) -> None:
    request = desk.ask()

    def moves_on() -> None:
        raise Stale("moved on")

    desk.books.meanwhile.extend([moves_on] * 20)
    before = desk.books.tries
    nothing_is_written(desk, Unavailable, lambda: desk.decide(request, ANN))
    assert 1 < desk.books.tries - before < 20
    desk.books.meanwhile[1:] = []
    assert desk.decide(request, ANN).approved_by == (ANN,)


def test_what_cannot_be_done_any_more_is_told_and_the_request_waits_on(desk: Desk) -> None:
    request = desk.ask(needed=1)
    desk.posting.refuses = lambda: None
    nothing_is_written(desk, TooLate, lambda: desk.decide(request, ANN))
    desk.posting.refuses = None
    assert desk.decide(request, ANN).outcome is State.APPROVED


def test_a_refusal_of_what_somebody_else_ended_meanwhile_is_looked_at_again(desk: Desk) -> None:
    request = desk.ask(needed=1)
    desk.posting.refuses = lambda: desk.decide(request, BEN, False)
    with pytest.raises(RequestDecided) as told:
        desk.decide(request, ANN)
    assert isinstance(told.value, Refusal) and told.value.facts["state"] == "REFUSED"
