"""The door: who comes in by which proof, and how often may somebody try?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.domain.captcha import CaptchaRequired
from chalicelib.domain.change import Change, DocumentChange
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.one_time_code import PAUSE, CodeWrong, Purpose
from chalicelib.domain.person import (
    SESSION_TERM,
    SLOW_DOWN,
    CodeRequired,
    PasswordWeak,
    PersonLocked,
    SignInRefused,
    TokenExpired,
    TooManyTries,
)
from chalicelib.domain.record import Record
from chalicelib.domain.session import SessionEnded
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import (
    NOW,
    OTHER_DEVICE,
    OTHER_PHONE,
    PARENT,
    PASSWORD,
    PHONE,
    REFERRER,
    Town,
)


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_session_says_who_one_is_for_ten_minutes_and_staff_for_five(town: Town) -> None:
    person = town.customer()
    session = town.session()
    claims = town.tokens.read_access(session.access_token, NOW)
    assert (claims.person_id, claims.roles) == (person.person_id, {"customer"})
    assert session.access_expires_at == NOW + timedelta(minutes=10)
    secret = town.guarded(town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["ops"]))
    shown = town.digits(secret, 1)
    assert town.session(OTHER_PHONE, second_factor=shown).access_expires_at == NOW + timedelta(minutes=5)


def test_a_token_names_the_distributors_above_and_the_own_place(town: Town) -> None:
    town.place(REFERRER, PARENT)
    person = town.customer(invite_code="CCCCCCCCCCCC")
    claims = town.tokens.read_access(town.session().access_token, NOW)
    assert (claims.referrers, claims.root, claims.roles) == ((REFERRER, PARENT), "", {"customer"})
    own = f"dst_{person.person_id[4:]}"
    town.place(own, REFERRER)
    claims = town.tokens.read_access(town.session().access_token, NOW)
    assert (claims.root, claims.roles) == (PARENT, {"customer", "distributor"})
    town.place(own, REFERRER, state="APPLIED")
    assert "distributor" not in town.session().roles


@pytest.mark.capability("S-082")
def test_after_three_wrong_tries_a_captcha_is_asked_for_and_after_five_nothing_helps(town: Town) -> None:
    town.customer()
    for _ in range(3):
        with pytest.raises(SignInRefused):
            town.session(password="a wrong password")
    with pytest.raises(CaptchaRequired):
        town.session(password="a wrong password")
    for _ in range(2):
        with pytest.raises(SignInRefused):
            town.session(password="a wrong password", **town.captcha())
    with pytest.raises(TooManyTries) as refused:
        town.session(**town.captcha())
    assert refused.value.facts == {"retry_after_seconds": 900}
    assert town.passwords.checked_count == 5
    town.now += SLOW_DOWN
    assert town.session().person.phone_masked == "138****8000"


@pytest.mark.capability("S-082")
def test_strangers_lock_nobody_out_they_only_read_captchas(town: Town) -> None:
    town.customer()
    for number in range(30):
        with pytest.raises(SignInRefused):
            town.session(
                password="a wrong password",
                device=f"strange-{number:09d}",
                **town.captcha(f"strange-{number:09d}") if number >= 3 else {},
            )
    with pytest.raises(CaptchaRequired):
        town.session(device="strange-device-x")
    assert town.session(), "on a device that is known nothing has changed"


def test_a_known_and_an_unknown_number_are_locked_alike(town: Town) -> None:
    town.customer()

    def told(phone: str) -> list[str]:
        answers = []
        for number in range(7):
            captcha = town.captcha(OTHER_DEVICE) if number % 2 else {}
            try:
                town.session(phone, "a wrong password", device=OTHER_DEVICE, **captcha)
            except Refusal as refusal:
                answers.append(refusal.code)
        return answers

    assert told(PHONE) == told(OTHER_PHONE)


def test_the_right_password_forgets_the_wrong_tries(town: Town) -> None:
    town.customer()
    for _ in range(3):
        for _ in range(3):
            with pytest.raises(SignInRefused):
                town.session(password="a wrong password")
        town.session(**town.captcha())


def test_a_password_alone_opens_no_new_device(town: Town) -> None:
    town.customer()
    with pytest.raises(CodeRequired):
        town.session(device=OTHER_DEVICE)
    with pytest.raises(CodeRequired):
        town.session(device="")
    town.now += PAUSE
    code = town.code(device=OTHER_DEVICE)
    assert town.session(device=OTHER_DEVICE, code=code)
    assert town.texts.notices() == ["new_device"]
    assert town.session(device=OTHER_DEVICE), "it is known now"
    with pytest.raises(CodeWrong):
        town.session(device="a-third-device-1", code=code, **town.captcha("a-third-device-1"))


@pytest.mark.capability("S-082")
def test_five_wrong_tries_lock_one_device_and_leave_the_others(town: Town) -> None:
    """Of the whole account strangers only slow each other: see below."""
    town.customer()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            town.session(password="a wrong password", device=OTHER_DEVICE, **town.captcha(OTHER_DEVICE))
    with pytest.raises(TooManyTries) as refused:
        town.session(device=OTHER_DEVICE, **town.captcha(OTHER_DEVICE))
    assert refused.value.facts == {"retry_after_seconds": 15 * 60}
    assert town.session(), "the owner's own device"
    with pytest.raises(CodeRequired):
        town.session(device="a-third-device-1", **town.captcha("a-third-device-1"))
    town.now += SLOW_DOWN
    with pytest.raises(CodeRequired):
        town.session(device=OTHER_DEVICE)


@pytest.mark.capability("S-082")
def test_nobody_has_to_solve_a_puzzle_who_is_known(town: Town) -> None:
    """WCAG 3.3.8: a password that a manager fills in, or a code that is copied from a message, will do."""
    town.customer()
    town.now += PAUSE
    assert town.session()
    code = town.code(captcha_id="")
    assert town.session(password="", code=code)


def test_a_forgotten_password_is_replaced_by_whoever_has_the_phone(town: Town) -> None:
    town.customer()
    session = town.session()
    town.now += PAUSE
    code = town.code(purpose=Purpose.PASSWORD)
    with pytest.raises(PasswordWeak):
        town.new_password(code, "short")
    assert town.new_password(code, "fuenf gelbe ampeln")
    with pytest.raises(CodeWrong):
        town.new_password(code, "sechs gelbe ampeln")
    with pytest.raises(SessionEnded):
        town.goes_on(session, town.now)
    assert town.session(password="fuenf gelbe ampeln")


def test_a_sign_in_succeeds_also_when_its_notice_cannot_be_sent(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    code = town.code(device=OTHER_DEVICE)
    town.texts.is_away = True
    assert town.session(device=OTHER_DEVICE, code=code)
    town.now += PAUSE
    with pytest.raises(Unavailable):
        town.code()


def test_a_try_that_others_overtake_is_counted_again_and_given_up_at_last(town: Town) -> None:
    @dataclass
    class Contended(FakeDocuments):
        lost: int = 0

        def change(self, change: DocumentChange) -> dict[str, object] | None:
            self.lost -= 1
            return super().change(change) if self.lost < 0 else None

    town.documents = Contended()
    town.__post_init__()
    town.customer()
    assert isinstance(town.documents, Contended)
    town.documents.lost = 3
    assert town.session()
    town.documents.lost = 9
    with pytest.raises(Unavailable):
        town.session()


def overtaken(town: Town, once: Callable[[], object]) -> None:
    """Somebody else is faster by one write."""
    really = town.books.commit

    def commit(record: Record, changes: Sequence[Change]) -> None:
        town.books.commit = really  # type: ignore[method-assign]
        once()
        really(record, changes)

    town.books.commit = commit  # type: ignore[method-assign,assignment]


def test_of_two_new_devices_that_sign_in_at_once_both_are_known(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    codes = {OTHER_DEVICE: town.code(device=OTHER_DEVICE)}
    town.now += PAUSE
    codes["a-third-device-1"] = town.code(device="a-third-device-1")
    overtaken(town, lambda: town.session(device="a-third-device-1", code=codes["a-third-device-1"]))
    assert town.session(device=OTHER_DEVICE, code=codes[OTHER_DEVICE])
    for device in codes:
        assert town.session(device=device)


def test_a_code_that_was_used_a_moment_before_is_wrong(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    code = town.code()
    overtaken(town, lambda: town.session(password="", code=code))
    with pytest.raises(CodeWrong):
        town.session(password="", code=code)
    actions = [record.action for record in town.books.journal.values()]
    assert actions.count("person.sign_in") == 1


def test_a_password_that_was_chosen_a_moment_before_is_not_written_over(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    mine = town.code(purpose=Purpose.PASSWORD)
    theirs = town.code(purpose=Purpose.PASSWORD, device=OTHER_DEVICE)
    overtaken(town, lambda: town.new_password(theirs, "fuenf gelbe ampeln", device=OTHER_DEVICE))
    with pytest.raises(Unavailable):
        town.new_password(mine, "sechs gelbe ampeln")
    assert town.session(password="fuenf gelbe ampeln")


def test_a_captcha_is_spent_once_also_where_others_count_meanwhile(town: Town) -> None:
    @dataclass
    class Contended(FakeDocuments):
        lost: int = 0

        def change(self, change: DocumentChange) -> dict[str, object] | None:
            self.lost -= 1
            return super().change(change) if self.lost < 0 else None

    town.documents = documents = Contended()
    town.__post_init__()
    town.customer()
    for _ in range(3):
        with pytest.raises(SignInRefused):
            town.session(password="a wrong password")
    read = town.captcha()
    documents.lost = 2
    assert town.session(**read)


def test_a_sign_in_succeeds_also_when_its_tries_cannot_be_forgotten(town: Town) -> None:
    @dataclass
    class Keeping(FakeDocuments):
        def delete(self, table: str, pk: str, sk: str) -> None:
            raise Unavailable()

    town.documents = Keeping()
    town.__post_init__()
    person = town.customer()
    assert town.session().person == person


def test_a_hash_of_older_parameters_is_renewed_at_the_next_sign_in(town: Town) -> None:
    town.customer()
    town.passwords.generation = 2
    town.session()
    (login,) = [item for item in town.documents.items.values() if item["sk"] == "login"]
    assert login["password_hash"].startswith("fake2:")
    town.session()
    assert town.passwords.hashed_count == 2


def test_a_session_goes_on_while_it_is_used_but_not_beyond_twelve_hours(town: Town) -> None:
    town.customer()
    session = town.session()
    while town.now < NOW + SESSION_TERM - timedelta(minutes=29):
        town.now += timedelta(minutes=29)
        session = town.goes_on(session, town.now)
    assert session.refresh_expires_at == NOW + SESSION_TERM
    with pytest.raises(TokenExpired):
        town.goes_on(session, NOW + SESSION_TERM)


def test_a_session_that_lay_idle_for_half_an_hour_is_over(town: Town) -> None:
    town.customer()
    session = town.session()
    with pytest.raises(TokenExpired):
        town.goes_on(session, NOW + timedelta(minutes=30))


def test_who_is_locked_gets_no_token(town: Town) -> None:
    person = town.customer()
    session = town.session()
    town.documents.items["people", person.person_id, "profile"]["locked"] = True
    with pytest.raises(PersonLocked):
        town.session()
    with pytest.raises(PersonLocked):
        town.goes_on(session, NOW)


def test_the_first_code_binds_for_ever(town: Town) -> None:
    town.place(REFERRER, PARENT)
    town.place("dst_EEEEEEEEEEEE", PARENT)
    person = town.customer()
    actor = town.bind(town.command(person.person_id), "CCCCCCCCCCCC")
    assert actor.referrers == (REFERRER, PARENT)
    again = town.bind(town.command(person.person_id), "EEEEEEEEEEEE")
    assert again.referrers == (REFERRER, PARENT)
    actions = [record.action for record in town.books.records(person.person_id, "bind_")]
    assert actions == ["person.bind"]
