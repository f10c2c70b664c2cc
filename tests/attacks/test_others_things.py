"""Ids of another's things where no path holds them: in bodies, in cursors, under another's key."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import bootstrap
from tests.attacks.scene import Scene
from tests.fakes.ulids import ulid_of_number
from tests.handlers.api_client import Reply
from tests.handlers.market import VIRTUAL

ATTACKS: dict[str, tuple[Callable[[Scene], Reply], int, str]] = {
    "buy from another's card": (
        lambda s: s.ask("POST", "/v1/orders", s.everybody.order_body(VIRTUAL.sku_id, s.things["card_id"])),
        404,
        "CARD_UNKNOWN",
    ),
    "pay one's own order from another's card": (
        lambda s: s.ask(
            "POST", f"/v1/orders/{s.order_id}/payment-from-card", {"card_id": s.things["card_id"]}
        ),
        404,
        "CARD_UNKNOWN",
    ),
    "pay another's order from one's own card, to have its cards": (
        lambda s: s.ask(
            "POST", f"/v1/orders/{s.things['order_id']}/payment-from-card", {"card_id": s.card_id}
        ),
        404,
        "ORDER_UNKNOWN",
    ),
    "have another's order refunded": (
        lambda s: s.ask("POST", f"/v1/orders/{s.things['order_id']}/refunds"),
        404,
        "ORDER_UNKNOWN",
    ),
    "withdraw what another has earned": (
        lambda s: s.ask("POST", "/v1/withdrawals", {"amount_fen": 50_000}),
        422,
        "PAYEE_MISSING",
    ),
    "end another's session": (
        lambda s: s.ask("DELETE", f"/v1/me/sessions/{session_of(s)}"),
        404,
        "SESSION_UNKNOWN",
    ),
}


def session_of(scene: Scene) -> str:
    now = bootstrap.now()
    return bootstrap.tokens().read_access(scene.victim.token, now).session_id


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("attack, status, code", ATTACKS.values(), ids=ATTACKS)
def test_what_is_anothers_is_not_there(
    scene: Scene, attack: Callable[[Scene], Reply], status: int, code: str
) -> None:
    scene.fails(lambda: attack(scene), status, code)


LISTS = {
    "/v1/orders": "order_id",
    "/v1/cards": "card_id",
    "/v1/distributors/me/commissions": "entry_id",
    "/v1/me/sessions": "session_id",
}


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("path, name", LISTS.items(), ids=LISTS)
def test_no_list_shows_what_is_anothers(scene: Scene, path: str, name: str) -> None:
    wanted = session_of(scene) if name == "session_id" else scene.things[name]
    assert wanted in scene.ask("GET", path, who=scene.victim).text
    shown = scene.ask("GET", path)
    assert shown.status == 200
    assert wanted not in shown.text


@pytest.mark.capability("S-107")
def test_the_cursor_of_anothers_list_opens_nothing(scene: Scene) -> None:
    for _ in range(2):
        scene.everybody.ordered(scene.victim)
    cursor = scene.ask("GET", "/v1/orders?limit=1", who=scene.victim).body["next"]
    assert scene.ask("GET", f"/v1/orders?limit=1&cursor={cursor}", who=scene.victim).status == 200
    scene.fails(lambda: scene.ask("GET", f"/v1/orders?limit=1&cursor={cursor}"), 400, "CURSOR_INVALID")
    scene.fails(
        lambda: scene.ask("GET", f"/v1/cards?cursor={cursor}", who=scene.victim), 400, "CURSOR_INVALID"
    )


@pytest.mark.capability("S-107")
def test_the_key_of_anothers_command_gives_no_answer_of_theirs(scene: Scene) -> None:
    key = ulid_of_number(bootstrap.now(), 7)
    body: dict[str, Any] = scene.everybody.order_body(
        VIRTUAL.sku_id, scene.everybody.card(scene.victim, 10_000)
    )
    call = scene.everybody.api.call
    bought = call("POST", "/v1/orders", body, token=scene.victim.token, key=key)
    assert bought.status == 201
    again = scene.fails(
        lambda: call("POST", "/v1/orders", body, token=scene.attacker.token, key=key), 404, "CARD_UNKNOWN"
    )
    assert bought.body["order"]["order_id"] not in again.text
