"""Mass assignment: fields that only we write, sent along with a body that is right."""

from typing import Any

import pytest

from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from tests.attacks.scene import Scene
from tests.attacks.test_injection import token_for
from tests.handlers.everybody import is_untouched
from tests.handlers.market import everything
from tests.handlers.test_every_route import body_of, name_of

SMUGGLED: dict[str, Any] = {
    "roles": ["admin"],
    "person_id": "cus_AAAAAAAAAAAA",
    "holder_id": "cus_AAAAAAAAAAAA",
    "distributor_id": "dst_AAAAAAAAAAAA",
    "version": 0,
    "balance_fen": 1_000_000,
    "available_fen": 1_000_000,
    "state": "PAID",
    "real_name": True,
    "approvals_needed": 0,
    "approved_by": ["stf_AAAAAAAAAAAA"],
    "senior": True,
    "second_factor_on": True,
    "locked": False,
    "held": [{"role": "admin", "region": "", "senior": True}],
    "__proto__": {"roles": ["admin"]},
    "pk": "admins",
}
WITH_BODY = [route for route in DECLARED if route.body]


@pytest.mark.capability("S-107")
@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
def test_no_field_that_only_we_write_is_taken(scene: Scene, route: Route) -> None:
    token = token_for(scene, route)
    body, call = body_of(route), scene.everybody.api.call
    assert route.body is not None
    before = everything(scene.everybody.world)
    for name in SMUGGLED.keys() - route.body.model_fields.keys():
        sent = body | {name: SMUGGLED[name]}
        answer = call(route.method, route.path_text, sent, token=token, key=scene.everybody.key())
        assert (answer.status, answer.code) == (400, "REQUEST_INVALID"), (name, answer.text)
        assert name in {error["field"].partition(".")[0] for error in answer.body["errors"]}
    assert is_untouched(scene.everybody.world, before)
