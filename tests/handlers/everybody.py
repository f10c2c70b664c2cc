"""Everybody: one market with somebody of each role, and a call of each route that they may make.

Both come from the declarations: a new role is somebody more, a new route is called as soon as it has
its scenario (a write), or there is a thing of each kind that its path names (a look).
"""

import itertools
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pyotp
import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain.catalog import Product
from chalicelib.domain.person import Role
from chalicelib.domain.reconciliation_items import DAY, TABLE, DayState, ReconciledDay, day_values, days_key
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from chalicelib.usecases.ports import Actor, Command
from local.counterparties.process import CounterpartiesProcess
from local.people import Authenticator, guard
from local.testing import Engine, World
from tests.contract.outside import Listener
from tests.fakes.ulids import ulid_of_number
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import (
    PASSWORD,
    VIRTUAL,
    Attempt,
    Market,
    Trader,
    environment_with_outside,
    everything,
)
from tests.handlers.scenarios import people
from tests.handlers.scenarios.approvals import ask_posting
from tests.handlers.scenarios.distribution import applied, founded, turn_of
from tests.handlers.scenarios.orders import pay_page
from tests.handlers.scenarios.reconciliations import DAY as RECONCILED
from tests.handlers.scenarios.refunds import request_refund
from tests.handlers.scenarios.staff import REASON, grant_path, invited
from tests.handlers.test_accesses import address_of, ids_of
from tests.handlers.test_distribution import sold
from tests.handlers.test_every_route import body_of
from tests.handlers.test_records import SCENARIOS

GUARDED = [route for route in DECLARED if not route.public]
SIGNED_IN_FOR = 120  # seconds; the office's tokens are good for five minutes
READ = "'reads#"  # how a row of the read audit begins
CALLS = {scenario.__name__: scenario for scenario in (pay_page, *people.UNRECORDED)} | SCENARIOS
# Decided by one role after the other: everybody in their turn.
IN_TURN = ("approve_withdrawal", "reject_withdrawal")
# Decided by each of their roles, if it is about money.
BY_EACH = ("approve_request", "refuse_request")
# Nobody can do it: whoever has a second factor is no newcomer.
NEVER = {
    ("end_second_factor", Role.NEWCOMER): (409, "SECOND_FACTOR_OFF"),
    ("remove_passkey", Role.NEWCOMER): (404, "PASSKEY_UNKNOWN"),
}
# Whose calls make the things that paths name.
MAKERS = (
    "review_grant",
    "cancel_withdrawal",
    "commit_batch",
    "decide_alert",
    "resolve_difference",
    "resolve_finding",
    "refuse_request",
    "retry_refund",
)


class Somebody(NamedTuple):
    """Whoever plays a role: what they may be taken for, and all that lets them in."""

    trader: Trader
    roles: frozenset[str]
    refresh_token: str
    session_id: str
    since: float

    def may(self, route: Route) -> bool:
        return not self.roles.isdisjoint(route.roles)


@dataclass
class Everybody(Market):
    """Somebody of each role; `playing` is who registers when a scenario asks for a customer."""

    playing: str = ""
    phones: dict[str, str] = field(default_factory=dict)
    cast: dict[str, Somebody] = field(default_factory=dict)
    office: dict[tuple[str, ...], Iterator[Trader]] = field(default_factory=dict)
    on_sale: set[str] = field(default_factory=set)
    calls: Iterator[int] = field(default_factory=lambda: itertools.count(10**9))

    @classmethod
    @contextmanager
    def there(cls, engine: Engine, directory: Path) -> Iterator["Everybody"]:
        """A new world with all of them in it, whose passwords are cheap to check."""
        key = bootstrap.secret_texts().text(engine.environment["SECRET_SANDBOX_CHANNEL"])
        sandbox = CounterpartiesProcess.start(0, directory, key, "0.1")
        try:
            with Listener().listening() as listener, pytest.MonkeyPatch.context() as patch:
                patch.setenv("PASSWORD_MEMORY_KIB", "8")
                with environment_with_outside(patch, sandbox, listener):
                    yield cls(World(engine), Api(app), sandbox, listener)
        finally:
            sandbox.stop()

    # Who

    def signed_in(self, phone: str, **more: str) -> Trader:
        trader = super().signed_in(phone, **more)
        self.phones[trader.person_id] = phone
        return trader

    def customer(self, **more: str) -> Trader:
        return self.newly(self.playing) if self.playing else super().customer(**more)

    def newly(self, role: str) -> Trader:
        """Somebody new of a role."""
        if role == Role.CUSTOMER:
            return super().customer()
        if role == Role.NEWCOMER:
            command = Command(Actor("", frozenset()), self.key(), bootstrap.now())
            person = bootstrap.register_person().staff(command, self.phone(), PASSWORD, (Role.OPS,))
            return self.again(Trader(person.person_id, "")).trader
        return founded(self)[0] if role == Role.DISTRIBUTOR else self.enrolled(role)

    def staff(self, *roles: str) -> Trader:
        """One of two of the office, by turns: nobody decides what they have asked for."""
        if roles not in self.office:
            self.office[roles] = itertools.cycle([self.enrolled(*roles), self.enrolled(*roles)])
        return self.again(next(self.office[roles])).trader

    def granted(self, role: str, **terms: object) -> Trader:
        """Somebody to whom two admins gave a role on these terms, with a second factor."""
        admin = self.staff("admin")
        person_id, _ = invited(self, admin, role, **terms)
        path = f"{grant_path(self, admin, person_id)}/approval"
        given = self.call("POST", path, REASON, self.staff("admin"))
        assert given.status == 200, given.text
        guard(person_id, Authenticator(pyotp.random_base32(), bootstrap.now), bootstrap.now())
        return self.again(Trader(person_id, "")).trader

    def of(self, role: str) -> Somebody:
        """Who plays a role here, signed in a moment ago."""
        known = self.cast.get(role)
        if known is None or time.monotonic() > known.since + SIGNED_IN_FOR:
            self.cast[role] = self.again(known.trader if known else self.newly(role))
        return self.cast[role]

    def again(self, trader: Trader) -> Somebody:
        """The same person in one more session: with the roles of this moment, and no digits waited for."""
        session = bootstrap.sessions().begun(
            trader.person_id, "person.sign_in", None, bootstrap.now(), factor_shown=True
        )
        return Somebody(
            Trader(trader.person_id, session.access_token),
            frozenset(session.roles),
            str(session.refresh_token),
            session.session_id,
            time.monotonic(),
        )

    # What

    def product(self, product: Product = VIRTUAL) -> str:
        """A product on sale; another one each time, after the first."""
        if product.sku_id in self.on_sale:
            product = replace(product, sku_id=f"{product.sku_id}_{next(self.numbers)}")
        self.on_sale.add(product.sku_id)
        return super().product(product)

    @cached_property
    def things(self) -> "Things":
        return _things(self)

    def own(self, route: Route, role: str) -> Attempt:
        """A call of a route that somebody of a declared role may make, and that will be done."""
        ids = self.things.ids
        if route.name == "refund_request":
            asked = request_refund(self)
            assert asked.call(self, self.key()).status == 201
            return Attempt(asked.path, who=asked.who, method="GET")
        if route.name == "my_application":
            return Attempt(route.path_text, who=applied(self)[0], method="GET")
        if route.method == "GET":
            return Attempt(address_of(route, ids), who=self._reader(route, role), method="GET")
        if (route.name, role) in NEVER:
            return Attempt(address_of(route, ids), body_of(route), self.newly(role))
        verb = route.path_text.rpartition("/")[2]
        if route.name in IN_TURN:
            return turn_of(self, role, verb)
        if route.name in BY_EACH:
            return self._request(role, verb)
        self.playing = role if is_for_all(route) else ""
        attempt = CALLS[route.name](self)
        self.playing = ""
        if is_for_all(route) or len(route.roles) == 1:
            return attempt
        return replace(attempt, who=self.staff(role))

    def _request(self, role: str, verb: str) -> Attempt:
        """A decision about a posting by hand, for each of those roles; of ops about an application."""
        if role == Role.OPS:
            path = f"/v1/office/approvals/{applied(self)[1]}/{verb}"
            return Attempt(path, {"reason": "as the rules say"}, self.staff(role))
        asked = ask_posting(self).call(self, self.key())
        assert asked.status == 201, asked.text
        path = f"/v1/office/approvals/{asked.body['request_id']}/{verb}"
        return Attempt(path, {"reason": "as the bank says"}, self.staff(role))

    def anybodys(self, route: Route) -> Attempt:
        """A call of a public route that will be done."""
        if route.method != "GET":
            return CALLS[route.name](self)
        return Attempt(address_of(route, self.things.ids), method="GET")

    def _reader(self, route: Route, role: str) -> Trader:
        """Whose thing it is, or somebody of the role where it is nobody's own."""
        if role != Role.CUSTOMER:
            return self.of(role).trader
        names = [name for name in captured(route, route.path_text) if name in self.things.owners]
        return self.again(self.things.owners[names[0]] if names else self.things.distributor).trader

    def make(self, attempt: Attempt) -> Reply:
        """The call, under a key of its own."""
        if attempt.method == "GET":
            return self.api.call("GET", attempt.path, token=attempt.who.token if attempt.who else "")
        return attempt.call(self, ulid_of_number(bootstrap.now(), next(self.calls)))


def is_untouched(world: World, before: dict[str, list[str]]) -> bool:
    """Whether nothing was written since, but who looked; what forgets itself after its time may be gone."""
    after = everything(world)
    after["work"] = [item for item in after["work"] if READ not in item]
    lasting = {table: items for table, items in before.items() if table != "work"}
    return set(after["work"]) <= set(before["work"]) and after | {"work": []} == lasting | {"work": []}


class Things(NamedTuple):
    """What paths name: an id of each kind, and whose they are."""

    ids: dict[str, str]
    owners: dict[str, Trader]
    distributor: Trader


def is_for_all(route: Route) -> bool:
    """Whether everybody has such things of their own: sessions, a password."""
    return set(route.roles) == set(Role)


def captured(route: Route, path: str) -> dict[str, str]:
    """The variable parts of a path, by their names."""
    found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path_text), path.partition("?")[0])
    assert found, (route.path_text, path)
    return found.groupdict()


def _things(everybody: Everybody) -> Things:
    distributor, distributor_id = sold(everybody)
    ids = ids_of(everybody, distributor, distributor_id)
    owners = dict.fromkeys(("order_id", "card_id", "entry_id"), distributor)
    for name in MAKERS:
        attempt = SCENARIOS[name](everybody)
        (route,) = [route for route in DECLARED if route.name == name]
        found = captured(route, attempt.path)
        if name == "review_grant":
            ids["staff_id"] = found.pop("person_id")
        for variable, text in found.items():
            ids.setdefault(variable, text)
        if name == "cancel_withdrawal" and attempt.who:
            owners["withdrawal_id"] = attempt.who
    asked = SCENARIOS["ask_verification"](everybody).call(everybody, everybody.key())
    ids["verification_id"] = asked.body["verification_id"]
    day = ReconciledDay(ids["channel"], RECONCILED, DayState.DONE)
    bootstrap.documents().put(TABLE, days_key(day.channel), f"{DAY}{day.day}", day_values(day))
    return Things(ids, owners, distributor)
