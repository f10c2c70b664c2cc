"""Ports: each client's token is good for its own routes alone, whoever bears it, whatever roles it names."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person import EVERY_PORT, Port, PortWrong, Role, ports_of
from chalicelib.handlers.answers import answered
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from chalicelib.handlers.surroundings import Surroundings
from chalicelib.usecases.authority import Authority
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import DEVICE, PASSWORD, Market, Trader
from tests.handlers.test_every_route import code_of, request
from tests.unit.usecases.town import CLIENT, OTHER_PHONE, Town

GUARDED = [route for route in DECLARED if not route.public]
REQUESTS = {route.name: request(route) for route in GUARDED}

Asked = Callable[[Route, str], tuple[int, str]]


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def somebody(town: Town, role: str) -> str:
    """The id of a person of a role, who has a second factor where the role asks for one."""
    if role in (Role.CUSTOMER, Role.DISTRIBUTOR):
        person_id = town.customer().person_id
        if role == Role.DISTRIBUTOR:
            town.place(distributor_id_of(person_id))
        return person_id
    roles = [Role.OPS if role == Role.NEWCOMER else role]
    person = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, roles)
    if role != Role.NEWCOMER:
        session = town.session(OTHER_PHONE, code=town.code(OTHER_PHONE))
        town.guarded(person, session.session_id)
    return person.person_id


def begun(town: Town, person_id: str, port: str = "") -> str:
    """The access token of a session that was begun for a port."""
    begin = partial(town.sessions.begun, person_id, "person.sign_in", CLIENT, town.now, factor_shown=True)
    return begin(port=port).access_token


def signed_for(town: Town, token: str, *ports: str) -> str:
    """The same token, signed by us for other ports."""
    claims = replace(town.tokens.read_access(token, town.now), ports=frozenset(ports))
    return town.tokens.access(claims, town.now, town.now + timedelta(minutes=5))


def asking(town: Town) -> Asked:
    """What the frame answers to a request whose form is right: status and code."""
    read = Authority(town.documents, town.tokens)
    around = Surroundings(lambda: town.now, read, town.keys.blind_index, lambda: "made-0000", town.keys.veil)

    def asked(route: Route, token: str) -> tuple[int, str]:
        whole = REQUESTS[route.name]
        incoming = whole._replace(headers={**whole.headers, "authorization": f"Bearer {token}"})
        answer = answered(route, incoming, around)
        return answer.status, code_of(answer)

    return asked


@pytest.mark.capability("S-013")
@pytest.mark.parametrize("role", Role)
def test_no_token_of_any_role_opens_a_route_of_a_port_that_it_is_not_for(role: str) -> None:
    """Each role × each port that a session of theirs, or a token with their roles, is for × each route."""
    town = Town()
    person_id = somebody(town, role)
    own = begun(town, person_id)
    tokens = {f"begun for {port}": begun(town, person_id, port) for port in ports_of(person_id)}
    tokens |= {f"signed for {port}": signed_for(town, own, port) for port in EVERY_PORT}
    tokens |= {"signed for nobody": signed_for(town, own), "begun for none in particular": own}
    held = Authority(town.documents, town.tokens)(own, town.now).roles
    assert role in held
    asked, before, refused = asking(town), dict(town.documents.items), Counter[str]()
    for name, token in tokens.items():
        ports = town.tokens.read_access(token, town.now).ports
        for route in [one for one in GUARDED if ports.isdisjoint(one.ports)]:
            code = "ROLE_MISSING" if held.isdisjoint(route.roles) else "PORT_WRONG"
            assert asked(route, token) == (403, code), (name, route.name)
            refused[code] += 1
    print(f"\nports: {role}: {dict(refused)}")
    assert refused["PORT_WRONG"] >= len([route for route in GUARDED if role in route.roles])
    assert town.documents.items == before


@pytest.mark.capability("S-013")
@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.DISTRIBUTOR])
def test_a_token_of_theirs_on_any_route_of_the_office_alone_is_403(role: str) -> None:
    """As the door gives it: for none in particular, for the shop, and for the distributor's client."""
    town = Town()
    person_id = somebody(town, role)
    asked = asking(town)
    for port in ("", Port.CUSTOMER, Port.DISTRIBUTOR):
        token = begun(town, person_id, port)
        of_office = [route for route in GUARDED if route.ports == {Port.OFFICE}]
        assert len(of_office) > 50
        assert {asked(route, token)[0] for route in of_office} == {403}


@pytest.mark.capability("S-013")
def test_a_distributors_client_opens_the_place_and_neither_the_office_nor_the_shop(market: Market) -> None:
    """Over HTTP: the session is kept to its port when it goes on, and by a new password."""
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE, "port": "distributor"}
    session = market.call("POST", "/v1/sessions", body).body
    token = {"refresh_token": session["refresh_token"]}
    refreshed = market.call("POST", "/v1/sessions/refresh", token).body
    who = Trader("", refreshed["access_token"])
    other = {"password": PASSWORD, "new_password": "fuenf gelbe ampeln"}
    renewed = market.call("PUT", "/v1/me/password", other, who).body
    for one in (refreshed, renewed):
        claims = bootstrap.tokens().read_access(one["access_token"], bootstrap.now())
        assert claims.ports == {"distributor"}
    who = Trader("", renewed["access_token"])
    assert market.call("GET", "/v1/me", None, who).status == 200
    assert market.call("GET", "/v1/withdrawals", None, who).status == 200
    for path in ("/v1/orders", "/v1/cards"):
        shop = market.call("GET", path, None, who)
        assert (shop.status, shop.code, shop.body["facts"]) == (403, "PORT_WRONG", {"ports": ["customer"]})
    office = market.call("GET", "/v1/office/withdrawals", None, who)
    assert (office.status, office.code) == (403, "ROLE_MISSING")


@pytest.mark.capability("S-013")
@pytest.mark.parametrize(
    "role, port", [("customer", "office"), ("finance", "customer"), ("finance", "distributor")]
)
def test_nobody_begins_a_session_for_a_port_that_is_not_theirs(role: str, port: str) -> None:
    town = Town()
    person_id = somebody(town, role)
    before = dict(town.documents.items)
    with pytest.raises(PortWrong) as refusal:
        begun(town, person_id, port)
    assert refusal.value.facts == {"ports": tuple(sorted(ports_of(person_id)))}
    assert town.documents.items == before


def test_the_ports_of_every_route_are_these() -> None:
    routes = {route.path_text: route for route in GUARDED}
    for path, route in routes.items():
        assert (route.ports == {Port.OFFICE}) == path.startswith("/v1/office"), path
    both = {"customer", "distributor"}
    expected = {
        "/v1/me": EVERY_PORT,
        "/v1/me/consents": both,
        "/v1/distributors/terms": both,
        "/v1/distributors": both,
        "/v1/distributors/me/balance": {"distributor"},
        "/v1/withdrawals": {"distributor"},
        "/v1/withdrawals/{withdrawal_id}": {"distributor", "office"},
        "/v1/orders": {"customer"},
        "/v1/orders/{order_id}": {"customer", "office"},
        "/v1/cards/{card_id}/secret": {"customer"},
        "/v1/card-bindings": {"customer"},
    }
    assert {path: set(routes[path].ports) for path in expected} == expected
