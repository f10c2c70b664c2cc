"""The door: who comes in by which proof, and how often may somebody try?"""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.domain.budget import CODES_OF_ADDRESS, CODES_OF_DEVICE, BudgetSpent
from chalicelib.domain.captcha import CaptchaRequired, CaptchaUnknown, CaptchaWrong
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.one_time_code import PAUSE, TERM, CodesUsedUp, CodeTooSoon, CodeWrong, Purpose
from chalicelib.domain.person import (
    SESSION_TERM,
    SLOW_DOWN,
    CodeRequired,
    NotRegistered,
    PasswordWeak,
    PersonLocked,
    SignInRefused,
    TokenExpired,
    TooManyTries,
)
from chalicelib.domain.session import SessionEnded
from chalicelib.domain.visitor import Visitor
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import (
    DEVICE,
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


def test_known_and_unknown_numbers_get_the_same_answer_after_the_same_work(town: Town) -> None:
    town.customer()
    refusals = []
    for phone in (PHONE, OTHER_PHONE):
        before = town.passwords.checked_count
        with pytest.raises(SignInRefused) as refused:
            town.session(phone, "a wrong password", device=OTHER_DEVICE)
        refusals.append((refused.value.code, refused.value.facts, town.passwords.checked_count - before))
    assert refusals[0] == refusals[1] == ("SIGN_IN_REFUSED", {}, 1)


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


def test_a_code_is_good_once_for_its_number_its_purpose_and_five_minutes(town: Town) -> None:
    town.customer()
    for purpose, later, is_good in (
        (Purpose.SIGN_IN, TERM - timedelta(seconds=1), True),
        (Purpose.SIGN_IN, TERM, False),
        (Purpose.PASSWORD, timedelta(0), False),
    ):
        town.now += PAUSE
        code = town.code(purpose=purpose)
        town.now += later
        if is_good:
            assert town.session(password="", code=code)
        with pytest.raises(CodeWrong):
            town.session(password="", code=code)


def test_a_code_bears_five_tries(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    code = town.code(purpose=Purpose.PASSWORD)
    for _ in range(5):
        with pytest.raises(CodeWrong):
            town.new_password("000000", "fuenf gelbe ampeln")
    with pytest.raises(CodeWrong):
        town.new_password(code, "fuenf gelbe ampeln")


def test_whoever_guesses_on_another_device_spends_no_try_of_the_code(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    code = town.code(purpose=Purpose.PASSWORD)
    for number in range(20):
        device = f"one-of-many-{number:05d}"
        for _ in range(5):
            with pytest.raises(CodeWrong):
                town.new_password("000000", "fuenf gelbe ampeln", device=device)
        with pytest.raises(CodeWrong):
            town.new_password(code, "fuenf gelbe ampeln", device=device)
    assert town.new_password(code, "fuenf gelbe ampeln")


def test_the_code_of_one_device_leaves_that_of_another_good(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    mine = town.code(captcha_id="")
    theirs = town.code(device=OTHER_DEVICE)
    assert theirs != mine
    with pytest.raises(CodeWrong):
        town.session(password="", code=theirs)
    assert town.session(password="", code=mine)
    assert town.session(password="", code=theirs, device=OTHER_DEVICE)


def test_strangers_get_a_number_one_code_a_minute_and_five_a_day(town: Town) -> None:
    for number in range(5):
        device = f"one-of-many-{number:05d}"
        town.code(device=device)
        with pytest.raises(CodeTooSoon) as soon:
            town.code(device="another-device-1")
        assert soon.value.facts == {"retry_after_seconds": 60}
        town.now += PAUSE
    with pytest.raises(CodesUsedUp) as used:
        town.code(device="another-device-1")
    until_midnight = used.value.facts["retry_after_seconds"]
    town.now += timedelta(seconds=until_midnight)
    assert town.code(device="another-device-1")


def test_strangers_leave_a_known_device_its_codes_and_nobody_gets_more_than_ten(town: Town) -> None:
    town.customer()  # with a code, on a device that was unknown until then
    for number in range(4):
        town.now += PAUSE
        town.code(device=f"one-of-many-{number:05d}")
    town.now += PAUSE
    with pytest.raises(CodesUsedUp):
        town.code(device="another-device-1")
    for _ in range(5):
        assert town.code()
        town.now += PAUSE
    with pytest.raises(CodesUsedUp):
        town.code()
    assert len([what for _, what, code, _ in town.texts.sent if code]) == 10


def test_ten_codes_are_the_owners_when_nobody_else_asks(town: Town) -> None:
    town.customer()
    for _ in range(9):
        town.now += PAUSE
        town.code()
    town.now += PAUSE
    with pytest.raises(CodesUsedUp):
        town.code()
    with pytest.raises(CodesUsedUp):
        town.code(device=OTHER_DEVICE)


def test_the_right_password_gets_a_new_device_a_code_when_strangers_have_had_theirs(town: Town) -> None:
    town.customer()
    for number in range(4):
        town.now += PAUSE
        town.code(device=f"one-of-many-{number:05d}")
    town.now += PAUSE
    with pytest.raises(SignInRefused):
        town.session(password="a wrong password", device=OTHER_DEVICE)
    with pytest.raises(CodesUsedUp):
        town.code(device=OTHER_DEVICE)
    with pytest.raises(CodeRequired):
        town.session(device=OTHER_DEVICE)
    code = town.code(device=OTHER_DEVICE)
    town.now += SLOW_DOWN
    with pytest.raises(CodesUsedUp):
        town.code(device=OTHER_DEVICE)
    town.now -= SLOW_DOWN
    assert town.session(device=OTHER_DEVICE, code=code)


def test_a_device_without_a_name_has_no_reserve_for_a_password(town: Town) -> None:
    town.customer()
    for number in range(4):
        town.now += PAUSE
        town.code(device=f"one-of-many-{number:05d}")
    town.now += PAUSE
    with pytest.raises(CodeRequired):
        town.session(device="")
    with pytest.raises(CodesUsedUp):
        town.code(device="")


def test_a_device_an_address_and_a_block_of_numbers_have_budgets(town: Town) -> None:
    for number in range(CODES_OF_DEVICE.most):
        town.code(f"1380013{number:04d}")
    with pytest.raises(BudgetSpent):
        town.code("13800139999")
    for number in range(CODES_OF_ADDRESS.most - CODES_OF_DEVICE.most - 1):
        town.code(f"139{number:04d}1234", device=f"one-of-many-{number:05d}")
    with pytest.raises(BudgetSpent) as spent:
        town.code("13700137000", device="another-device-1")
    assert spent.value.facts == {"retry_after_seconds": 3600}
    town.now += timedelta(hours=1)
    assert town.code("13700137000", device="another-device-1")


def test_an_unknown_device_answers_a_captcha_before_a_code_and_a_known_one_does_not(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    with pytest.raises(CaptchaRequired):
        town.code(device=OTHER_DEVICE, captcha_id="")
    with pytest.raises(CaptchaWrong):
        town.code(device=OTHER_DEVICE, captcha_answer="000000")
    with pytest.raises(CaptchaWrong):
        town.code(device=OTHER_DEVICE, **town.captcha(DEVICE))
    assert town.code(captcha_id="")


def test_a_captcha_is_good_once_and_for_two_minutes(town: Town) -> None:
    captcha = town.captcha()
    town.captchas.check(*captcha.values(), DEVICE, town.now)
    with pytest.raises(CaptchaWrong):
        town.captchas.check(*captcha.values(), DEVICE, town.now)
    wrong = town.captcha()
    with pytest.raises(CaptchaWrong):
        town.captchas.check(wrong["captcha_id"], "x", DEVICE, town.now)
    with pytest.raises(CaptchaWrong):
        town.captchas.check(*wrong.values(), DEVICE, town.now)
    old = town.captcha()
    heard = town.captchas.spoken(old["captcha_id"], DEVICE, town.now)
    assert heard.decode() == f"spoken {old['captcha_answer']}"
    town.now += timedelta(seconds=120)
    with pytest.raises(CaptchaWrong):
        town.captchas.check(*old.values(), DEVICE, town.now)
    with pytest.raises(CaptchaUnknown):
        town.captchas.spoken(old["captcha_id"], DEVICE, town.now)
    with pytest.raises(CaptchaUnknown):
        town.captchas.spoken("1893456000000-0000000000000000-AAAAAAAAAAAA", DEVICE, town.now)


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


def test_only_the_owner_of_a_phone_learns_that_nobody_registered_it(town: Town) -> None:
    with pytest.raises(CodeWrong):
        town.session(password="", code="000000")
    code = town.code()
    with pytest.raises(NotRegistered):
        town.session(password="", code=code)
    assert town.register(town.command(), PHONE, code, visitor=Visitor(DEVICE)), "the code is still good"


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
