"""One-time codes: for whom, on which device, how many a day, and after which captcha?"""

from datetime import timedelta

import pytest

from chalicelib.domain.budget import (
    CODES_OF_ADDRESS,
    CODES_OF_DEVICE,
    CODES_TO_OTHERS,
    BudgetSpent,
    TextsUsedUp,
)
from chalicelib.domain.captcha import CaptchaRequired, CaptchaUnknown, CaptchaWrong
from chalicelib.domain.one_time_code import PAUSE, TERM, CodesUsedUp, CodeTooSoon, CodeWrong, Purpose
from chalicelib.domain.person import (
    SLOW_DOWN,
    CodeRequired,
    NotRegistered,
    SignInRefused,
)
from chalicelib.domain.visitor import Visitor
from tests.unit.usecases.town import (
    DEVICE,
    OTHER_DEVICE,
    OTHER_PHONE,
    PHONE,
    Town,
)


@pytest.fixture
def town() -> Town:
    return Town()


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
        town.code(device=OTHER_DEVICE)
    assert len([what for _, what, code, _ in town.texts.sent if code]) == 10


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


@pytest.mark.capability("S-082")
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


def test_the_codes_of_a_whole_day_have_a_ceiling_and_known_devices_their_own_part(town: Town) -> None:
    town.customer()
    town.now += PAUSE
    for key, item in town.documents.items.items():
        if key[1].startswith("budget#codes-to-others"):
            assert item["left"] == CODES_TO_OTHERS.most - 1
            item["left"] = 0
    before = len(town.texts.sent)
    with pytest.raises(TextsUsedUp) as refused:
        town.code(OTHER_PHONE, device=OTHER_DEVICE)
    assert refused.value.facts == {"retry_after_seconds": 16 * 3600 - 60}
    assert len(town.texts.sent) == before
    assert town.code(captcha_id=""), "a device that is known"
    town.now += timedelta(hours=16)
    assert town.code(OTHER_PHONE, device=OTHER_DEVICE)


@pytest.mark.capability("S-082")
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


def test_only_the_owner_of_a_phone_learns_that_nobody_registered_it(town: Town) -> None:
    with pytest.raises(CodeWrong):
        town.session(password="", code="000000")
    code = town.code()
    with pytest.raises(NotRegistered):
        town.session(password="", code=code)
    assert town.register(town.command(), PHONE, code, visitor=Visitor(DEVICE)), "the code is still good"
