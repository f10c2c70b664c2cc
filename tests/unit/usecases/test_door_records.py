"""The door in the books: what each proof leaves, what is read for it, who is told, and who is overtaken?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain import people_items
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.captcha import CaptchaRequired
from chalicelib.domain.change import Change, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import PAUSE, CodeWrong, Purpose
from chalicelib.domain.person import (
    CodeRequired,
    NotRegistered,
    PasswordWeak,
    PersonLocked,
    SignInRefused,
    TooManyTries,
)
from chalicelib.domain.record import Record
from chalicelib.domain.session import SessionEnded
from chalicelib.domain.visitor import Place, Visitor
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.prove_again import Proof
from chalicelib.usecases.sessions import Session
from chalicelib.usecases.sign_in import Attempt
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import (
    ADDRESS,
    CLIENT,
    DEVICE,
    OTHER_DEVICE,
    OTHER_PHONE,
    PASSWORD,
    PHONE,
    Town,
)

NUMBER = f"+86{PHONE}"
NEW_PASSWORD = "fuenf gelbe ampeln"
BERLIN = Place("DE/Berlin", 53, 13)


@dataclass
class NotedReads(FakeDocuments):
    """Documents that note of what an old copy was good enough."""

    old: list[str] = field(default_factory=list)

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        if consistent is not True:
            self.old.append(f"{table}/{sk}")
        return super().get(table, pk, sk, consistent)


@pytest.fixture
def town() -> Town:
    """Somebody registered a while ago."""
    town = Town(NotedReads())
    town.customer()
    town.now += PAUSE
    return town


def customer_of(town: Town) -> str:
    return next(pk for _, pk, sk in town.documents.items if sk == "profile" and pk.startswith("cus_"))


def login(town: Town) -> dict[str, Any]:
    (found,) = [item for item in town.documents.items.values() if item["sk"] == "login"]
    return found


def actor_of(session: Session) -> Actor:
    return Actor(session.person.person_id, frozenset(), client=CLIENT, session_id=session.session_id)


def last(town: Town) -> Record:
    return list(town.books.journal.values())[-1]


def recorded(town: Town, action: str, session: Session, **about: Any) -> Record:
    """What must stand in the books of how a session began, under whatever key."""
    person_id = session.person.person_id
    told = {"session": session.session_id, **about}
    return Record(person_id, last(town).entry_id, action, town.now, person_id, told, client=CLIENT)


def tries(town: Town, device: str) -> dict[str, Any] | None:
    """What is counted on a device."""
    mark = town.keys.blind_index
    key = people_items.tries_key(mark(NUMBER), people_items.device_index(mark, device) if device else "")
    return town.documents.items.get(("work", *key))


def counted_in(town: Town, session: Session) -> int:
    """The tries that were made from within a session."""
    key = people_items.tries_key(town.keys.blind_index(NUMBER), session.session_id)
    return int(town.documents.items["work", *key]["wrong"])


# ---------------------------------------------------------------- what is left


def test_a_sign_in_leaves_a_record_and_forgets_the_tries_of_its_device(town: Town) -> None:
    with pytest.raises(SignInRefused):
        town.session(password="a wrong password")
    assert (tries(town, DEVICE) or {})["wrong"] == 1
    session = town.session()
    assert last(town) == recorded(town, "person.sign_in", session)
    assert tries(town, DEVICE) is None
    assert town.texts.notices() == []


def test_a_sign_in_for_one_client_begins_a_session_for_it_alone(town: Town) -> None:
    attempt = Attempt(PHONE, PASSWORD, visitor=Visitor(DEVICE), port="customer")
    session = town.sign_in(attempt, CLIENT, town.now)
    assert town.tokens.read_access(session.access_token, town.now).ports == {"customer"}


def test_a_strange_one_leaves_why_and_its_owner_is_told_in_the_language_of_the_visitor(town: Town) -> None:
    code = town.code(device=OTHER_DEVICE)
    visitor = Visitor(OTHER_DEVICE, ADDRESS, language="en")
    session = town.sign_in(Attempt(PHONE, PASSWORD, code=code, visitor=visitor), CLIENT, town.now)
    about = {"person": customer_of(town), "before": {}, "after": {"strange": ["new_device"]}}
    assert last(town) == recorded(town, "person.sign_in", session, **about)
    assert town.texts.sent[-1] == (NUMBER, "new_device", "", "en")
    mark = town.keys.blind_index
    assert login(town)["devices"][people_items.device_index(mark, OTHER_DEVICE)] == to_ms(town.now)


def test_a_new_password_leaves_that_there_is_another_one_and_its_owner_is_told(town: Town) -> None:
    session = town.session()
    town.now += PAUSE
    renewed = town.sign_in.with_new_password(actor_of(session), PASSWORD, NEW_PASSWORD, town.now, "en")
    about = {"person": customer_of(town), "before": {"password": "another"}, "after": {"password": "chosen"}}
    assert last(town) == recorded(town, "person.new_password", renewed, **about)
    assert town.texts.sent[-1] == (NUMBER, "new_password", "", "en")
    assert login(town)["password_hash"] == f"fake1:{NEW_PASSWORD}"
    with pytest.raises(SessionEnded):
        town.sign_in.with_new_password(actor_of(session), NEW_PASSWORD, PASSWORD, town.now)


def test_a_new_password_keeps_the_client_that_the_session_was_begun_for(town: Town) -> None:
    attempt = Attempt(PHONE, PASSWORD, visitor=Visitor(DEVICE), port="customer")
    session = town.sign_in(attempt, CLIENT, town.now)
    renewed = town.sign_in.with_new_password(actor_of(session), PASSWORD, NEW_PASSWORD, town.now)
    assert town.tokens.read_access(renewed.access_token, town.now).ports == {"customer"}


def test_a_forgotten_password_leaves_why_it_was_strange_and_two_notices(town: Town) -> None:
    code = town.code(purpose=Purpose.PASSWORD, device=OTHER_DEVICE)
    visitor = Visitor(OTHER_DEVICE, ADDRESS, language="en")
    session = town.sign_in.with_code(
        Attempt(PHONE, code=code, visitor=visitor), NEW_PASSWORD, CLIENT, town.now
    )
    after = {"password": "chosen", "strange": ["new_device"]}
    about = {"person": customer_of(town), "before": {"password": "another"}, "after": after}
    assert last(town) == recorded(town, "person.new_password", session, **about)
    assert town.texts.sent[-2:] == [(NUMBER, "new_password", "", "en"), (NUMBER, "new_device", "", "en")]


def test_with_a_code_alone_a_device_is_learned_and_the_code_is_used_up(town: Town) -> None:
    code = town.code(device=OTHER_DEVICE)
    session = town.session(password="", code=code, device=OTHER_DEVICE)
    assert session.person.person_id == customer_of(town)
    with pytest.raises(CodeWrong):
        town.session(password="", code=code, device=OTHER_DEVICE)


def test_where_nobody_is_registered_who_has_the_phone_is_told_so(town: Town) -> None:
    with pytest.raises(NotRegistered):
        town.session(OTHER_PHONE, password="", code=town.code(OTHER_PHONE))
    town.now += PAUSE
    with pytest.raises(NotRegistered):
        town.new_password(town.code(OTHER_PHONE, Purpose.PASSWORD), NEW_PASSWORD, OTHER_PHONE)


def test_a_password_that_was_right_is_noted_where_a_code_is_asked_for(town: Town) -> None:
    with pytest.raises(CodeRequired):
        town.session(device=OTHER_DEVICE)
    assert (tries(town, OTHER_DEVICE) or {})["shown_at"] == to_ms(town.now)
    before = dict(town.documents.items)
    with pytest.raises(CodeRequired):
        town.session(device="")
    shown = [item for key, item in town.documents.items.items() if "shown_at" in item and key not in before]
    assert shown == []


def test_a_weak_password_spends_neither_a_try_nor_a_code(town: Town) -> None:
    session, code = town.session(), town.code(purpose=Purpose.PASSWORD)
    with pytest.raises(PasswordWeak):
        town.sign_in.with_new_password(actor_of(session), PASSWORD, PHONE, town.now)
    with pytest.raises(PasswordWeak):
        town.new_password(code, PHONE)
    assert town.new_password(code, NEW_PASSWORD)


# ---------------------------------------------------------------- who is in shows it once more


def test_who_is_in_shows_the_password_once_more_as_often_as_at_the_door(town: Town) -> None:
    session = town.session()
    found, changes = town.prove_again(actor_of(session), Proof(PASSWORD), town.now)
    assert (found["person_id"], found["pk"], changes) == (customer_of(town), login(town)["pk"], [])
    assert counted_in(town, session) == 1
    for _ in range(4):
        with pytest.raises(SignInRefused):
            town.prove_again(actor_of(session), Proof("a wrong password"), town.now)
    with pytest.raises(TooManyTries):
        town.prove_again(actor_of(session), Proof(PASSWORD), town.now)


def test_who_is_in_shows_a_code_that_was_sent_for_this_on_this_device(town: Town) -> None:
    session, code = town.session(), town.code(purpose=Purpose.ACCOUNT)
    for proof in (
        Proof(code=code),
        Proof(code=code, device=OTHER_DEVICE),
        Proof(code="000000", device=DEVICE),
    ):
        with pytest.raises(CodeWrong):
            town.prove_again(actor_of(session), proof, town.now)
    found, changes = town.prove_again(actor_of(session), Proof(code=code, device=DEVICE), town.now)
    assert (found["person_id"], len(changes)) == (customer_of(town), 1)
    town.books.commit(None, changes)
    with pytest.raises(CodeWrong):
        town.prove_again(actor_of(session), Proof(code=code, device=DEVICE), town.now)


# ---------------------------------------------------------------- what is read


def test_whatever_opens_the_door_is_read_as_it_is_now(town: Town) -> None:
    documents = town.documents
    assert isinstance(documents, NotedReads)
    town.session(place=BERLIN)
    session = town.session()
    documents.old.clear()
    town.session(place=BERLIN)
    town.prove_again(actor_of(session), Proof(PASSWORD), town.now)
    assert town.sign_in.with_new_password(actor_of(session), PASSWORD, NEW_PASSWORD, town.now)
    assert documents.old == []
    town.now += PAUSE
    code = town.code(purpose=Purpose.PASSWORD)
    documents.old.clear()
    town.new_password(code, PASSWORD)
    assert documents.old == []


# ---------------------------------------------------------------- in a crowd


def overtaken(town: Town, *deeds: Callable[[], object]) -> list[Callable[[], object]]:
    """Somebody else is faster, once for each deed; those that are left."""
    left, really = list(deeds), town.books.commit

    def commit(record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if left:
            left.pop()()
        really(record, changes)

    town.books.commit = commit  # type: ignore[method-assign]
    return left


def stale() -> None:
    raise Stale("moved on")


def test_of_a_login_that_always_moves_on_nothing_is_learned_for_ever(town: Town) -> None:
    def moves_on() -> None:
        login(town)["version"] = login(town).get("version", 0) + 1

    left = overtaken(town, *[moves_on] * 20)
    with pytest.raises(Unavailable):
        town.session(place=BERLIN)
    assert 1 < 20 - len(left) < 20


def test_a_login_that_moved_on_once_is_learned_of_beside_what_others_learned(town: Town) -> None:
    def other_device() -> None:
        login(town)["version"] = login(town).get("version", 0) + 1
        login(town)["devices"]["theirs"] = 5

    overtaken(town, other_device)
    assert town.session(place=BERLIN)
    assert login(town)["devices"]["theirs"] == 5
    assert login(town)["last_place"] == {"at": to_ms(town.now), "latitude": 53, "longitude": 13}


def test_a_condition_of_nothing_that_was_learned_means_that_the_code_was_used(town: Town) -> None:
    overtaken(town, stale)
    with pytest.raises(CodeWrong):
        town.session(password="", code=town.code())


def test_who_is_locked_meanwhile_gets_no_session(town: Town) -> None:
    def locked() -> None:
        town.documents.items["people", customer_of(town), "profile"]["locked"] = True
        stale()

    overtaken(town, locked)
    with pytest.raises(PersonLocked):
        town.session()


# ---------------------------------------------------------------- captchas


def test_from_within_no_captcha_is_asked_for_and_at_the_door_from_the_fourth_try_on(town: Town) -> None:
    session = town.session()
    for _ in range(4):
        with pytest.raises(SignInRefused):
            town.prove_again(actor_of(session), Proof("a wrong password"), town.now)
    for _ in range(3):
        with pytest.raises(SignInRefused):
            town.session(password="a wrong password", device=OTHER_DEVICE, **town.captcha(OTHER_DEVICE))
    with pytest.raises(CaptchaRequired):
        town.session(device=OTHER_DEVICE)
    assert town.session(), "on a known device nothing has changed"


def test_the_tries_of_everywhere_are_counted_for_a_quarter_of_an_hour(town: Town) -> None:
    for number in range(3):
        with pytest.raises(SignInRefused):
            town.session(password="a wrong password", device=f"strange-{number:09d}")
    (everywhere,) = [item for key, item in town.documents.items.items() if key[2].startswith("everywhere#")]
    assert everywhere["count"] == 3
    with pytest.raises(CaptchaRequired):
        town.session(device=OTHER_DEVICE)
    town.now += timedelta(minutes=15)
    with pytest.raises(CodeRequired):
        town.session(device=OTHER_DEVICE)
