"""The pages that links lead to: in the reader's language, self-contained, deaf to what a link smuggles."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain.order import OrderState, TopUpState
from chalicelib.handlers.answers import answered
from chalicelib.handlers.api.pages import PARTS
from chalicelib.handlers.api.pages import routes as pages
from local.testing import World
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import Market
from tests.handlers.scenarios.distribution import founded
from tests.handlers.test_every_route import around, request

ORDER = "ord_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"
SMUGGLED = "<script>alert(1)</script>\"'&"
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.1"}


@pytest.fixture
def market(world: World) -> Market:
    bootstrap.catalog().forget()
    return Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside


@pytest.fixture
def api(world: World) -> Api:
    return Api(app)


def invited(market: Market, headers: dict[str, str] | None = None) -> tuple[str, Reply]:
    """A code that somebody may be joined by, and the page that its link leads to."""
    _, distributor_id = founded(market)
    code = distributor_id[4:]
    return code, market.api.call("GET", f"/join/{code}", headers=headers or ENGLISH)


def smuggling(name: str) -> str:
    """The page of a link with a script in its variable part, as API Gateway hands it over: unquoted."""
    (route,) = [route for route in pages.declared if route.name == name]
    assert route.path
    captured = dict.fromkeys(route.path.model_fields, SMUGGLED.replace("/", ""))
    answer = answered(route, request(route, captured=captured), around())
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    return answer.body


def all_pages(market: Market) -> list[Reply]:
    paths = ["/", f"/orders/{ORDER}", "/orders/ord_1", "/join/222222222222", "/office/security"]
    return [invited(market)[1], *(market.api.call("GET", path, headers=ENGLISH) for path in paths)]


def test_a_valid_invite_code_opens_the_registration_and_names_nobody(market: Market) -> None:
    code, answer = invited(market)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f'data-code="{code}"' in answer.text
    assert "You are invited to register" in answer.text
    assert "dst_" not in answer.text


def test_a_code_that_was_typed_in_small_letters_is_the_same_code(market: Market) -> None:
    code, _ = invited(market)
    spelled = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    assert f'data-code="{code}"' in market.api.call("GET", f"/join/{spelled}").text


def test_what_the_page_sends_registers_a_customer_of_who_invited(market: Market) -> None:
    code, _ = invited(market)
    body = market.newcomer(market.phone(), invite_code=code)
    answer = market.call("POST", "/v1/people", body)
    assert (answer.status, answer.body["referrer"]) == (201, f"dst_{code}")


@pytest.mark.parametrize("code", ["222222222222", "x", "0OIl"])
def test_an_unknown_code_says_so_on_a_page_without_a_form(api: Api, code: str) -> None:
    answer = api.call("GET", f"/join/{code}", headers=ENGLISH)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "This invite code is unknown" in answer.text
    assert code in answer.text
    assert "<form" not in answer.text


def test_nobody_is_invited_by_a_distributor_who_is_suspended(market: Market) -> None:
    code, _ = invited(market)
    ending = {"state": "SUSPENDED", "reason": "a complaint is looked into"}
    path = f"/v1/office/distributors/dst_{code}/state"
    assert market.call("POST", path, ending, market.staff("ops")).status == 200
    assert market.api.call("GET", f"/join/{code}").status == 404


def test_the_way_back_from_a_pay_page_asks_to_sign_in_before_it_tells_anything(api: Api) -> None:
    answer = api.call("GET", f"/orders/{ORDER}", headers=ENGLISH)
    assert answer.status == 200
    assert f'<code id="order">{ORDER}</code>' in answer.text
    assert 'autocomplete="one-time-code"' in answer.text


def test_what_is_no_order_number_is_told_on_a_page(api: Api) -> None:
    answer = api.call("GET", "/orders/ord_1", headers=ENGLISH)
    assert (answer.status, "There is no such order" in answer.text) == (404, True)


def test_the_front_door_leads_to_what_there_is(api: Api) -> None:
    answer = api.call("GET", "/", headers=ENGLISH)
    assert answer.status == 200
    leads = re.findall(r'<a href="([^"]+)"', answer.text)
    assert [api.call("GET", f"/{lead}").status for lead in leads] == [200, 200, 200]


@pytest.mark.parametrize(
    "path, word",
    [
        ("/", "加油卡"),
        (f"/orders/{ORDER}", "您的订单"),
        ("/join/x", "无效"),
        ("/office/security", "通行密钥"),
    ],
)
def test_a_page_speaks_the_language_of_its_reader(api: Api, path: str, word: str) -> None:
    chinese = api.call("GET", path, headers=CHINESE)
    assert (chinese.headers["Content-Language"], '<html lang="zh-CN">' in chinese.text) == ("zh-CN", True)
    assert word in chinese.text
    english = api.call("GET", path, headers=ENGLISH)
    assert (english.headers["Content-Language"], '<html lang="en">' in english.text) == ("en", True)
    assert not re.search("[\u4e00-\u9fff]", english.text)


def test_the_page_of_an_invitation_speaks_both_languages(market: Market) -> None:
    assert "您受邀注册" in invited(market, CHINESE)[1].text
    assert not re.search("[\u4e00-\u9fff]", invited(market, ENGLISH)[1].text)


def test_a_page_loads_nothing_from_elsewhere_and_is_not_kept(market: Market) -> None:
    for answer in all_pages(market):
        assert "//" not in answer.text
        assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?!data:,\")", answer.text)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_only_the_pages_own_script_and_style_may_run(market: Market) -> None:
    for answer in all_pages(market):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        for tag in ("script", "style"):
            (inline,) = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
            assert f"{tag}-src 'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'" in policy


@pytest.mark.parametrize("name", ["invitation", "order_page"])
def test_a_script_in_a_link_is_shown_and_never_run(name: str) -> None:
    text = smuggling(name)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;script&gt;&quot;&#x27;&amp;" in text


def test_a_page_says_every_state_of_an_order_in_words() -> None:
    scripts = json.loads((PARTS / "words.json").read_text(encoding="utf-8"))["script"]
    assert scripts["en"].keys() == scripts["zh-CN"].keys()
    for words in scripts.values():
        assert set(words["states"]) == set(OrderState)
        assert set(words["topup_states"]) == set(TopUpState) - {TopUpState.NONE}


def test_every_field_has_a_label(market: Market) -> None:
    for answer in all_pages(market):
        labelled = set(re.findall(r'<label for="(\w+)"', answer.text))
        assert set(re.findall(r'<input id="(\w+)"', answer.text)) == labelled
