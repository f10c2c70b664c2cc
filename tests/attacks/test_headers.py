"""Headers that want to be believed: who asks, from where, by which method, under which name."""

import pytest

from chalicelib.domain.budget import CAPTCHAS_OF_ADDRESS
from tests.attacks.scene import Scene
from tests.handlers.market import DEVICE

SPOOFED = (
    "X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP",
    "X-Viewer-Address",
)  # fmt: skip


def budgets_left(scene: Scene) -> list[int]:
    """What is left to each address that asked for captchas."""
    return [
        int(item["left"]["N"])
        for item in scene.everybody.world.items("work")
        if item["pk"]["S"].startswith(f"budget#{CAPTCHAS_OF_ADDRESS.name}#")
    ]


@pytest.mark.capability("S-107")
def test_the_address_of_a_budget_is_the_gateways_word_and_no_header(scene: Scene) -> None:
    ask, body = scene.everybody.api.call, {"device": DEVICE}
    assert ask("POST", "/v1/captchas", body).status == 201
    before = budgets_left(scene)
    for number, header in enumerate(SPOOFED):
        asked = ask("POST", "/v1/captchas", body, headers={header: f"203.0.113.{number}"})
        assert asked.status == 201
    assert len(budgets_left(scene)) == len(before) == 1
    assert before[0] - budgets_left(scene)[0] == len(SPOOFED)


@pytest.mark.capability("S-107")
def test_two_tokens_in_one_request_are_none(scene: Scene) -> None:
    auditor = scene.everybody.of("auditor").trader.token
    both = {"Authorization": f"Bearer {scene.attacker.token}, Bearer {auditor}"}
    read = scene.everybody.api.call
    scene.fails(lambda: read("GET", "/v1/office/products", headers=both), 401, "TOKEN_INVALID")
    scene.fails(lambda: read("GET", "/v1/me", headers=both), 401, "TOKEN_INVALID")


@pytest.mark.capability("S-107")
@pytest.mark.parametrize(
    "name", ["X-User", "X-Person-Id", "X-Roles", "X-Forwarded-User", "Cookie", "X-Api-Key"]
)
def test_no_other_header_says_who_somebody_is(scene: Scene, name: str) -> None:
    headers = {name: f"Bearer {scene.victim.token}"}
    scene.fails(lambda: scene.everybody.api.call("GET", "/v1/me", headers=headers), 401, "TOKEN_MISSING")


@pytest.mark.capability("S-107")
@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Method-Override": "DELETE"},
        {"X-Original-URL": "/v1/office/products"},
        {"X-Rewrite-URL": "/v1/office/products"},
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
    ],
    ids=str,
)
def test_no_header_changes_what_is_asked_for(scene: Scene, headers: dict[str, str]) -> None:
    call = scene.everybody.api.call
    plain = call("GET", "/v1/me", token=scene.attacker.token)
    answer = call("GET", "/v1/me", token=scene.attacker.token, headers=headers)
    assert (answer.status, answer.text) == (200, plain.text)
    assert "evil.example" not in str(answer.headers)


@pytest.mark.capability("S-107")
def test_a_request_id_with_a_line_break_in_it_is_not_repeated(scene: Scene) -> None:
    forged = {"X-Request-Id": "abcdefgh\r\nSet-Cookie: a=b"}
    answer = scene.everybody.api.call("GET", "/v1/me", token=scene.attacker.token, headers=forged)
    assert answer.status == 200
    assert "\n" not in answer.headers["X-Request-Id"]
    assert "Set-Cookie" not in answer.headers
