"""The seed: what does a new machine's world begin with, and whom can a newcomer sign in as?

Everything is done by the product's own use cases, each under a key made of its
name: a seeding that was cut short is simply done again. The product has no door to
its clock; but a use case is told the moment by whoever calls it, so the seed lets
the world have opened three days ago. That is why its distributors may withdraw
today: the payee account is older than the 24 hours that somebody new has to wait.
"""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx
from ulid import ULID

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.captcha import answer_of
from chalicelib.domain.card_batch import BatchState, ControlTotals
from chalicelib.domain.card_number import card_number
from chalicelib.domain.catalog import Mode, Product
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.ids import distributor_id_of, person_key
from chalicelib.domain.one_time_code import CodeTooSoon, CodeWrong, Purpose
from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.person import Person
from chalicelib.domain.plan import Plan, check
from chalicelib.domain.visitor import Visitor
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.operator_run import OperatorRun
from chalicelib.usecases.place_order import Purchase
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.set_payee import Payee
from local import demo_world as demo
from local.demo_world import Somebody
from local.people import Authenticator, Phones, at_their_word, guard

OPENED_AGO = timedelta(days=3)
WAIT_SECONDS = 60
_KEYS_FROM = datetime(2024, 1, 1, tzinfo=UTC)  # the time in the seed's keys: the same at every try


class SeedingFailed(RuntimeError):
    """Something that the seed waits for did not happen; the text says what."""


def seed(base_url: str, environment: Mapping[str, str]) -> list[str]:
    """Make the demo world; return the lines that tell a newcomer whom to sign in as.

    The API answers at `base_url`; `environment` is the functions' own and is set in
    this process. Called when the state is new, and again when an earlier call was
    cut short: whatever is there already is left as it is.
    """
    now = datetime.now(UTC)
    opened = Seeding(now - OPENED_AGO)
    opened.people()
    opened.catalogue()
    opened.tree()
    today = Seeding(now, opened.persons)
    batches = [today.batch(product, count) for product, count in demo.STOCKED]
    card = today.first_sale()
    effective_at = today.publish(demo.plan_at_once(datetime.now(UTC) + catalog_items.EVERYWHERE_AFTER))
    _wait("the stock", lambda: all(today.is_in_stock(batch_id) for batch_id in batches))
    _wait("the plan", lambda: datetime.now(UTC) >= effective_at)
    public_url = environment["PUBLIC_URL"].rstrip("/")
    return told(public_url, opened.persons, card)


def told(public_url: str, persons: Mapping[str, Person], card_id: str) -> list[str]:
    """What a newcomer reads."""
    code = person_key(persons[demo.INVITING].person_id)
    return [
        f"API: {public_url}/v1   every route, to read and try: {public_url}/v1/docs",
        f"Sign in by POST /v1/sessions; everybody's password is {demo.PASSWORD}",
        f"  with the device {demo.DEVICE}, which is known; on another one with a code as well",
        f"Text messages arrive at {public_url}/local/messages",
        f"  customer     {demo.CUSTOMER.phone}   with 1 000 yuan on {card_id}",
        *(
            f"  {'distributor':<12} {one.phone}   authenticator {one.secret}   {one.name}"
            + (f", below {one.parent}" if one.parent else "")
            for one in demo.DISTRIBUTORS
        ),
        f"Staff sign in at {public_url}/office; they and distributors show a second factor,",
        "whose digits of now stand beside the messages",
        *(f"  {one.name:<12} {one.phone}   authenticator {one.secret}" for one in demo.STAFF),
        f"Invite code: {code}   register with it: {public_url}/join/{code}",
        "Plans: pln_seven_days (held for 7 days) was in force before pln_at_once (released within a minute)",
    ]


def key_of(name: str) -> str:
    """The operation key of one thing that the seed does: always the same one."""
    moment_ms = int(_KEYS_FROM.timestamp() * 1000)
    chance = hashlib.sha256(f"seed {name}".encode()).digest()[:10]
    return str(ULID.from_bytes(moment_ms.to_bytes(6, "big") + chance))


def _wait(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise SeedingFailed(f"seeding: {what} was not ready after {WAIT_SECONDS} seconds")
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Seeding:
    """What is done at one moment. `persons` are those known by now, by name."""

    moment: datetime
    persons: dict[str, Person] = field(default_factory=dict)

    def command(self, name: str, by: str = "") -> Command:
        """A command under the key of its name, given by one of the persons or, for "", by nobody."""
        person = self.persons.get(by)
        if person is None:
            return Command(Actor("", frozenset()), key_of(name), self.moment)
        actor = Actor(
            person.person_id,
            frozenset(person.roles),
            referrers=tuple(filter(None, [person.referrer])),
            real_name=person.real_name,
        )
        return Command(actor, key_of(name), self.moment)

    def people(self) -> None:
        """Staff, and distributors to be with their real names; all of them with authenticators."""
        for one in demo.STAFF:
            self.persons[one.name] = bootstrap.register_person().staff(
                self.command(f"person {one.name}"), one.phone, demo.PASSWORD, one.roles
            )
        for one in demo.DISTRIBUTORS:
            self.persons[one.name] = self._customer(one, "")
        for one in demo.GUARDED:
            guard(self.persons[one.name].person_id, Authenticator(one.secret), self.moment)

    def _customer(self, one: Somebody, invite_code: str) -> Person:
        self.persons[one.name] = self._registered(one, invite_code)
        return bootstrap.confirm_real_name()(
            self.command(f"name {one.name}", one.name), f"演示{one.name}", one.id_number
        )

    def _registered(self, one: Somebody, invite_code: str) -> Person:
        """Through the door: with a code, which somebody who was registered before needs no more."""
        register, visitor = bootstrap.register_person(), Visitor(demo.DEVICE)
        command = self.command(f"person {one.name}")
        try:
            return register(command, one.phone, "", demo.PASSWORD, invite_code, visitor)
        except CodeWrong:
            code = self._code(one.phone)
            return register(command, one.phone, code, demo.PASSWORD, invite_code, visitor)

    def _code(self, phone: str) -> str:
        """A code that was sent to the phone; a seeding that was cut short has one already."""
        phones = Phones.of_run(os.environ)
        captcha = bootstrap.captchas().drawn(demo.DEVICE, "seed", self.moment).captcha
        answer = answer_of(captcha.captcha_id, demo.DEVICE, phones.mark)
        visitor = Visitor(demo.DEVICE, "seed", "zh-CN", captcha.captcha_id, answer)
        with suppress(CodeTooSoon):
            bootstrap.one_time_codes().send(phone, Purpose.SIGN_IN, visitor, self.moment)
        return phones.code(phone)

    def catalogue(self) -> None:
        """Goods, parameters and the plan that was in force before the one of today, as a stage gets them."""
        run = OperatorRun("seed", key_of("catalogue"), self.moment, is_dry=False)
        bootstrap.seed_catalogue()(run, demo.SEED)
        bootstrap.catalog().forget()

    def publish(self, plan: Plan) -> datetime:
        """Put a plan in force; the moment from which it is."""
        check(plan)
        command = self.command(f"plan.approve {plan.plan_id}", "ops")
        record = audit_record(command, "plan.approve", what=plan.plan_id)
        with suppress(Replayed, Stale):  # an earlier try did
            bootstrap.books().commit(record, catalog_items.plan_changes(plan))
        bootstrap.catalog().forget()
        known = bootstrap.catalog().plan(plan.plan_id)
        assert known is not None
        return known.effective_at

    def tree(self) -> None:
        """The demo tree, its payees, and the customer below it."""
        root, *others = demo.DISTRIBUTORS
        agreement = str(bootstrap.catalog().parameter("distribution.agreement", self.moment))
        bootstrap.found_tree()(self.command("found", "ops"), self.persons[root.name].person_id, agreement)
        for one in others:
            code = person_key(self.persons[one.parent].person_id)
            bootstrap.join_distribution()(self.command(f"join {one.name}", one.name), code, agreement)
        for number, one in enumerate(demo.DISTRIBUTORS):
            payee = Payee(f"演示{one.name}", "演示银行", f"6222000011112{number:03}")
            at_their_word(bootstrap.set_payee())(self.command(f"payee {one.name}", one.name), payee)
        customer = demo.CUSTOMER
        code = person_key(self.persons[customer.parent].person_id)
        self.persons[customer.name] = self._customer(customer, code)

    def batch(self, product: Product, count: int) -> str:
        """A batch of cards on its way into the stock; its id."""
        content = batch_file(product, count)
        totals = ControlTotals(count, count * product.face_fen, hashlib.sha256(content).hexdigest())
        register = bootstrap.register_batch()
        name = f"batch {product.sku_id}"
        registered = register(self.command(name, "ops"), product.sku_id, totals)
        bootstrap.uploads().put_new(registered.batch.file_key, content, "text/csv")
        register.commit(self.command(f"{name} commit", "ops"), registered.batch.batch_id)
        return registered.batch.batch_id

    def is_in_stock(self, batch_id: str) -> bool:
        """Whether the cards of a batch can be sold. Raises: SeedingFailed."""
        batch = bootstrap.register_batch().batch(batch_id)
        if batch.state is BatchState.REFUSED:
            raise SeedingFailed(f"seeding: the batch {batch_id} was refused: {batch.errors}")
        return batch.state is BatchState.COMMITTED

    def first_sale(self) -> str:
        """The customer buys the card account of 1 000 yuan through the channel; the card's id."""
        command = self._with_upline(self.command("first sale", demo.CUSTOMER.name))
        known = bootstrap.orders().page(command.actor.person_id, "", 10)
        begun = [order for order in known if order.state is not OrderState.CLOSED]
        order_id = begun[-1].order_id if begun else self._ordered(command)
        placed = bootstrap.place_order().pay_page(command.actor, order_id)
        if placed.pay_url:
            httpx.post(placed.pay_url, json={"action": "pay"}, timeout=10)
        _wait("the first sale", lambda: _order(order_id).state is OrderState.COMPLETED)
        return _order(order_id).card_ids[0]

    def _ordered(self, command: Command) -> str:
        """A new order: its key must be of today, unlike the others of the seed."""
        product = demo.NAMED_1000
        purchase = Purchase(product.use, product.sku_id, product.price_fen, channel="sandbox")
        new = replace(command, key=str(ULID.from_datetime(self.moment)))
        return bootstrap.place_order()(new, purchase).order.order_id

    def _with_upline(self, command: Command) -> Command:
        """As the signed token names them: the referrer and who stands above."""
        above = {one.name: one.parent for one in demo.DISTRIBUTORS}[demo.CUSTOMER.parent]
        upline = (demo.CUSTOMER.parent, above)
        referrers = tuple(distributor_id_of(self.persons[name].person_id) for name in upline)
        return replace(command, actor=replace(command.actor, referrers=referrers))


def _order(order_id: str) -> Order:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order


def batch_file(product: Product, count: int) -> bytes:
    """A file of cards as a printer would send it; the same numbers at every try."""
    rows = ["card_number,secret"]
    for number in range(count):
        digits = f"{int(hashlib.sha256(product.sku_id.encode()).hexdigest()[:12], 16) % 10**9:09}{number:06}"
        written = card_number(digits) if product.mode is Mode.ISSUER else f"1000{digits}"
        secret = hashlib.sha256(f"secret {written}".encode()).hexdigest()[:12].upper()
        rows.append(f"{written},{secret}")
    return "\n".join([*rows, ""]).encode()
