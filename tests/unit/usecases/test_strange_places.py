"""Places at the door: what is strange, what does it ask for, who hears of it, and what is kept?"""

from datetime import timedelta

import pytest

from chalicelib.domain import people_items
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.one_time_code import PAUSE, Purpose
from chalicelib.domain.person import CodeRequired
from chalicelib.domain.second_factor import SecondFactorOff, SecondFactorRequired
from chalicelib.domain.session import SessionElsewhere, SessionEnded
from chalicelib.domain.visitor import Place, Visitor
from chalicelib.usecases.sessions import Session
from tests.unit.usecases.town import CLIENT, OTHER_DEVICE, OTHER_PHONE, PASSWORD, Town

GUANGZHOU = Place("CN/Guangzhou", 23, 113)
SHENZHEN = Place("CN/Shenzhen", 23, 114)
SHANGHAI = Place("CN/Shanghai", 31, 121)
BERLIN = Place("DE/Berlin", 53, 13)
DAY = timedelta(days=1)


@pytest.fixture
def town() -> Town:
    """Somebody registered in Guangzhou a day ago."""
    town = Town()
    town.customer(place=GUANGZHOU)
    town.now += DAY
    return town


def login(town: Town) -> dict[str, object]:
    (found,) = [item for item in town.documents.items.values() if item["sk"] == "login"]
    return found


def strange(town: Town) -> list[object]:
    """The reasons that the histories tell, the oldest first."""
    lines = [item for key, item in sorted(town.documents.items.items()) if key[2].startswith("history#")]
    return [line["after"]["strange"] for line in lines if "strange" in line["after"]]


def steps_up(town: Town, place: Place, notice: str, reasons: list[str]) -> None:
    """A password alone is not enough there, a code is; the owner is told, and it is no news any more."""
    with pytest.raises(CodeRequired):
        town.session(place=place)
    assert town.texts.notices() == []
    assert town.session(place=place, code=town.code(captcha_id=""))
    assert town.texts.notices() == [notice]
    assert strange(town) == [reasons]
    town.now += timedelta(minutes=1)
    assert town.session(place=place)
    assert (town.texts.notices(), strange(town)) == ([notice], [reasons])


@pytest.mark.capability("S-083")
def test_a_new_city_asks_for_a_code_and_its_owner_is_told(town: Town) -> None:
    steps_up(town, SHENZHEN, "new_city", ["new_city"])


@pytest.mark.capability("S-083")
def test_who_cannot_have_travelled_so_fast_shows_a_code_and_the_owner_is_told(town: Town) -> None:
    town.session(place=SHANGHAI, code=town.code(captcha_id=""))
    town.now += DAY
    town.session(place=GUANGZHOU)
    town.texts.sent.clear()
    town.documents.items = {k: v for k, v in town.documents.items.items() if not k[2].startswith("history#")}
    town.now += timedelta(hours=1)
    steps_up(town, SHANGHAI, "impossible_travel", ["impossible_travel"])


@pytest.mark.capability("S-083")
def test_a_new_device_asks_for_a_code_and_its_owner_is_told(town: Town) -> None:
    with pytest.raises(CodeRequired):
        town.session(place=GUANGZHOU, device=OTHER_DEVICE)
    code = town.code(device=OTHER_DEVICE)
    assert town.session(place=GUANGZHOU, device=OTHER_DEVICE, code=code)
    assert town.texts.notices() == ["new_device"]
    assert strange(town) == [["new_device"]]


@pytest.mark.capability("S-083")
def test_a_stolen_password_far_away_meets_all_three_and_one_message_is_sent(town: Town) -> None:
    town.session(place=GUANGZHOU)
    code = town.code(device=OTHER_DEVICE)
    assert town.session(place=BERLIN, device=OTHER_DEVICE, code=code)
    assert town.texts.notices() == ["impossible_travel"]
    assert strange(town) == [["impossible_travel", "new_device", "new_city"]]


@pytest.mark.capability("S-083")
def test_the_same_city_is_nothing(town: Town) -> None:
    assert town.session(place=GUANGZHOU)
    assert (town.texts.notices(), strange(town)) == ([], [])


@pytest.mark.capability("S-083")
def test_an_unknown_place_is_no_alarm_and_leaves_what_is_known(town: Town) -> None:
    before = dict(login(town))
    assert town.session()
    assert login(town) == before
    assert (town.texts.notices(), strange(town)) == ([], [])


def test_the_first_place_of_who_never_had_one_is_no_news() -> None:
    town = Town()
    town.customer()
    assert town.session(place=BERLIN)
    assert (town.texts.notices(), strange(town)) == ([], [])
    with pytest.raises(CodeRequired):
        town.session(place=SHENZHEN)


def test_a_second_factor_stands_in_place_of_the_code_on_a_device_that_is_known(town: Town) -> None:
    person = town.sessions.person(str(login(town)["person_id"]), town.now)
    secret = town.guarded(person)
    with pytest.raises(SecondFactorRequired):
        town.session(place=BERLIN)
    with pytest.raises(CodeRequired):
        town.session(place=BERLIN, device=OTHER_DEVICE)
    assert town.session(place=BERLIN, second_factor=town.digits(secret, 1))
    assert town.texts.notices() == ["second_factor_on", "new_city"]


def test_a_second_factor_that_nobody_has_opens_no_strange_place(town: Town) -> None:
    with pytest.raises(SecondFactorOff):
        town.session(place=BERLIN, second_factor="123456")
    assert "last_place" in login(town) and town.texts.notices() == []


def test_staff_in_a_new_city_show_what_they_always_show(town: Town) -> None:
    staff = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["ops"])
    secret = town.guarded(staff)
    town.session(OTHER_PHONE, place=GUANGZHOU, second_factor=town.digits(secret, 1))
    town.now += DAY
    with pytest.raises(SecondFactorRequired):
        town.session(OTHER_PHONE, place=BERLIN)
    assert town.session(OTHER_PHONE, place=BERLIN, second_factor=town.digits(secret))
    assert town.texts.notices() == ["second_factor_on", "new_city"]


def test_a_new_password_by_code_in_a_strange_place_is_told_too(town: Town) -> None:
    code = town.code(purpose=Purpose.PASSWORD, device=OTHER_DEVICE)
    assert town.new_password(code, "fuenf gelbe ampeln", device=OTHER_DEVICE, place=BERLIN)
    assert town.texts.notices() == ["new_password", "new_device"]
    assert strange(town) == [["new_device", "new_city"]]
    town.now += PAUSE
    assert town.session(password="fuenf gelbe ampeln", device=OTHER_DEVICE, place=BERLIN), "it is known now"


def test_no_place_locks_anybody_out(town: Town) -> None:
    """Strangers spend what they may; whoever is known gets a code in the strangest place all the same."""
    for number in range(5):
        town.code(device=f"one-of-many-{number:05d}")
        town.now += PAUSE
    assert town.session(place=BERLIN, code=town.code(captcha_id=""))


def test_of_places_little_is_kept_and_that_not_for_long(town: Town) -> None:
    cities = [Place(f"CN/City {number}", 23, 113) for number in range(7)]
    for place in cities:
        town.now += PAUSE
        town.session(place=place, code=town.code(captcha_id="") if place != GUANGZHOU else "")
        town.now += DAY
    kept = login(town)
    of_door = {"pk", "sk", "person_id", "password_hash", "devices", "version"}
    assert set(kept) == of_door | {"cities", "last_place"}
    indices = {
        people_items.city_index(town.keys.blind_index, str(kept["person_id"]), place.city)
        for place in cities[2:]
    }
    assert set(kept["cities"]) == indices  # type: ignore[call-overload]
    assert kept["last_place"] == {"at": to_ms(town.now - DAY), "latitude": 23, "longitude": 113}
    assert "City" not in repr(town.documents.items)
    town.now += timedelta(days=90)
    assert town.session(place=BERLIN), "after ninety days none is known, so none is new"
    assert len(login(town)["cities"]) == 1  # type: ignore[arg-type]


def test_a_city_is_hashed_for_one_person_alone(town: Town) -> None:
    mark = town.keys.blind_index
    assert people_items.city_index(mark, "cus_A", "CN/X") != people_items.city_index(mark, "cus_B", "CN/X")


# ---------------------------------------------------------------- within a session


def went_on(town: Town, session: Session, place: Place | None) -> Session:
    assert session.refresh_token
    return town.sign_in.goes_on(session.refresh_token, Visitor(place=place), CLIENT, town.now)


def test_a_session_that_goes_on_from_too_far_away_is_over_and_its_owner_is_told(town: Town) -> None:
    stolen, other = town.session(place=GUANGZHOU), town.session(place=GUANGZHOU)
    town.now += timedelta(minutes=5)
    with pytest.raises(SessionElsewhere):
        went_on(town, stolen, BERLIN)
    assert town.texts.notices() == ["impossible_travel"]
    assert [record.action for record in town.books.journal.values()][-1] == "session.elsewhere"
    with pytest.raises(SessionEnded):
        went_on(town, stolen, GUANGZHOU)
    assert went_on(town, other, GUANGZHOU), "of the same person, and where it was"
    assert town.texts.notices() == ["impossible_travel"]


def test_a_lost_answer_is_not_asked_for_again_from_the_other_end_of_the_world(town: Town) -> None:
    session = town.session(place=GUANGZHOU)
    went_on(town, session, GUANGZHOU)
    town.now += timedelta(seconds=5)
    with pytest.raises(SessionElsewhere):
        went_on(town, session, BERLIN)


@pytest.mark.parametrize("places", [(SHENZHEN, SHENZHEN), (None, BERLIN), (GUANGZHOU, None), (None, None)])
def test_who_goes_on_nearby_or_from_an_unknown_place_stays(
    town: Town, places: tuple[Place | None, Place | None]
) -> None:
    session = town.session(place=GUANGZHOU)
    for place in places:
        town.now += timedelta(minutes=5)
        session = went_on(town, session, place)
    assert town.texts.notices() == []


def test_who_flew_meanwhile_stays(town: Town) -> None:
    session = town.session(place=GUANGZHOU)
    for _ in range(4):
        town.now += timedelta(minutes=25)
        session = went_on(town, session, None)  # on the way, where nobody knows
    assert went_on(town, session, SHANGHAI)
