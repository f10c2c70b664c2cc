"""A lively world: every command given once in one market, and every stream followed to its end.

Whoever works in it is heard: what the inventory calls hidden is noted wherever it is sent or answered.
"""

import gzip
import hashlib
import io
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from typing import Any, NamedTuple, get_args

import chalice.local
import pytest
import urllib3
from boto3.dynamodb.types import TypeDeserializer
from pydantic import BaseModel

from app import app
from chalicelib import bootstrap
from chalicelib.domain import unpaid
from chalicelib.domain.card_number import card_number
from chalicelib.domain.catalog import Form
from chalicelib.domain.closing import GRACE
from chalicelib.domain.consent import NOTICES, Purpose
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.route import Route
from chalicelib.observability import logger
from chalicelib.usecases.operator_run import OperatorRun
from infra.personal_data import inventory
from local.counterparties.process import CounterpartiesProcess
from local.people import Authenticator
from local.testing import Engine, World
from tests.contract.outside import Listener
from tests.handlers.api_client import LISTENERS, Api, Reply
from tests.handlers.market import (
    DEVICE,
    PASSWORD,
    VIRTUAL,
    Attempt,
    Market,
    environment_with_outside,
    secret_of,
)
from tests.handlers.scenarios.alerts import suspected
from tests.handlers.scenarios.distribution import founded
from tests.handlers.scenarios.people import PREFERENCES
from tests.handlers.test_records import SCENARIOS
from tests.simulation.secrecy import Secrets

TABLES = ("accounts", "orders", "cards", "journal", "edges", "people", "catalog", "stock", "views", "work")
NAME, ID_NUMBER = "张三", "110105194912310038"
ADDRESS = "203.0.113.77"
ELSEWHERE = "198.51.100.7"  # a thousand kilometres from there
OTHER_DEVICE = "another-pad-of-somebody"
BATCH = [
    (card_number("00000000000001"), "Scratch4711AB"),
    (card_number("00000000000002"), "Scratch4712AB"),
]

RECOVERY_CODE = re.compile(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}")

LEFT_OUT = {"register_batch"}  # a scenario whose goods are there already
# What one person asks for, and another one agrees to.
ASKED = ("raise_limits", "publish_product", "change_product", "change_terms", "unlock_staff")


def models(model: Any) -> Iterator[type[BaseModel]]:
    """A model, and each that stands in its fields."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        yield model
        for told in model.model_fields.values():
            yield from models(told.annotation)
    for part in get_args(model):
        yield from models(part)


def known_as(model: type[BaseModel], name: str, names: set[str]) -> str:
    """What the inventory calls a field: by its model, or by its name alone; "" when it is not among them."""
    return next((one for one in (f"api.{model.__name__}.{name}", f"api.{name}") if one in names), "")


def hidden_values(method: str, path: str, body: object, reply: Reply) -> Iterator[str]:
    """What one call sent, or was answered, that the inventory calls hidden."""
    route = route_of(method, path)
    if route is None:
        return
    hidden = inventory().hidden()
    for model, told in ((route.body, body), (route.answers, _told(reply))):
        if model is not None:
            names = {
                name for one in models(model) for name in one.model_fields if known_as(one, name, hidden)
            }
            for value in (value for name, value in named_texts(told) if name in names):
                yield from signed_by(value) if value.startswith("{") else (value, *parts_of(value))


def signed_by(answer: str) -> Iterator[str]:
    """What a passkey answered, without the words that stand in every answer."""
    with suppress(ValueError, RecursionError):
        yield from (text for _, text in named_texts(json.loads(answer).get("response", {})))


def parts_of(value: str) -> Iterator[str]:
    """What a hidden value is as secret without: the secret of a QR code, a recovery code without its dash."""
    if value.startswith("otpauth:"):
        yield secret_of(value)
    elif RECOVERY_CODE.fullmatch(value):
        yield value.replace("-", "")


@contextmanager
def heard(secrets: Secrets) -> Iterator[None]:
    """Note every hidden value that is sent or answered, every line of the log, and whatever is printed."""

    def listening(method: str, path: str, body: object, reply: Reply) -> None:
        for value in hidden_values(method, path, body, reply):
            secrets.keep(value)

    hearing, printed = Hearing(secrets), io.StringIO()
    logger.addHandler(hearing)
    LISTENERS.append(listening)
    try:
        with redirect_stdout(printed):
            yield
    finally:
        LISTENERS.remove(listening)
        logger.removeHandler(hearing)
        for line in printed.getvalue().splitlines():
            secrets.say(line)


def _told(reply: Reply) -> object:
    return json.loads(reply.text) if reply.status < 300 and reply.text[:1] in ("{", "[") else None


def named_texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text of a JSON value, with the name it stands under."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for inner, part in value.items():
            yield from named_texts(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from named_texts(part, name)


def route_of(method: str, path: str) -> Route | None:
    """The route that serves a path; None for a path that is nowhere."""
    bare = path.partition("?")[0]
    fitting = [
        route
        for route in DECLARED
        if route.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", route.path_text), bare)
    ]
    return min(fitting, key=lambda route: route.path_text.count("{"), default=None)


class Lived(NamedTuple):
    """What a lively world left: its items by table, what was secret in it and each line that was logged, and
    the text of every object of the archive and of the letters that nobody could read."""

    items: list[tuple[str, dict[str, Any]]]
    secrets: Secrets
    objects: list[str]


def lived(engine: Engine, sandbox: CounterpartiesProcess, listener: Listener) -> Lived:
    """A market in which everything is done once, and what it left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUDGETS_TIMES", "1000")  # all of them share one device
        patch.setattr(chalice.local.LambdaEventConverter, "LOCAL_SOURCE_IP", ADDRESS)
        with environment_with_outside(patch, sandbox, listener):
            market, secrets = Market(World(engine), Api(app), sandbox, listener), Secrets()
            secrets.keep(ADDRESS)
            with heard(secrets):
                live(market, secrets)
            return Lived(list(items(market.world)), secrets, list(objects(market.world)))


class Hearing(logging.Handler):
    """Notes each line as it would stand in the log."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__(logging.DEBUG)
        self.secrets = secrets
        self.setFormatter(logger.registered_formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self.secrets.say(self.format(record))


def live(market: Market, secrets: Secrets) -> None:
    """Every command once, and what no scenario does."""
    began(market)
    waiting(market)
    for name in (name for name in SCENARIOS if name not in LEFT_OUT):
        attempt: Attempt = SCENARIOS[name](market)
        answer = attempt.call(market, market.key())
        assert answer.status < 300, (name, answer.text)
    stocked(market, secrets)
    seen_again(market)
    secrets.keep(ELSEWHERE)
    seen_elsewhere(market)
    looked_at(market)
    guarded(market)
    agreed(market)
    left(market)
    for authenticator in market.authenticators.values():  # of staff, who have theirs from the operator
        secrets.keep(authenticator.secret)
    market.world.drain()
    bootstrap.tally_books()()


def began(market: Market) -> None:
    """The operator's code makes the first admin."""
    run = OperatorRun("anna", market.key(), bootstrap.now(), is_dry=False)
    code = bootstrap.enrol_person().first_admin(run, market.phone()).text
    enrolled = market.call("POST", "/v1/enrolments", {"code": code, "password": PASSWORD})
    assert enrolled.status == 201, enrolled.text


def stocked(market: Market, secrets: Secrets) -> None:
    """A batch of good cards comes in by file, and goes on the shelf."""
    content = "".join(f"{line}\n" for line in ("card_number,secret", *map(",".join, BATCH))).encode()
    for part in (text for card in BATCH for text in card):
        secrets.keep(part)
    sku_id = market.product(replace(VIRTUAL, sku_id="sku_shelf", form=Form.PHYSICAL))
    told = {"sku_id": sku_id, "rows": len(BATCH), "face_sum_fen": len(BATCH) * VIRTUAL.face_fen}
    staff = market.staff("ops")
    body = told | {"sha256": hashlib.sha256(content).hexdigest()}
    registered = market.call("POST", "/v1/office/batches", body, staff).body
    form = registered["upload"]
    sent = urllib3.request("POST", form["url"], fields={**form["fields"], "file": ("cards.csv", content)})
    assert sent.status < 300, sent.data
    path = f"/v1/office/batches/{registered['batch']['batch_id']}"
    market.call("POST", f"{path}/commit", None, staff)
    market.world.drain()
    batch = market.call("GET", path, None, staff).body
    assert batch["state"] == "COMMITTED", batch


def seen_again(market: Market) -> None:
    """Somebody mistypes a password on another device, and goes on with a session."""
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    wrong = {"phone": phone, "password": "a wrong password", "device": OTHER_DEVICE}
    assert market.call("POST", "/v1/sessions", wrong).status == 401
    right = wrong | {"password": PASSWORD}
    assert market.call("POST", "/v1/sessions", right).code == "CODE_REQUIRED"
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    session = market.call("POST", "/v1/sessions", body).body
    refresh = {"refresh_token": session["refresh_token"]}
    assert market.call("POST", "/v1/sessions/refresh", refresh).status == 201


def seen_elsewhere(market: Market) -> None:
    """Somebody is in another city all of a sudden, and shows a code."""
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chalice.local.LambdaEventConverter, "LOCAL_SOURCE_IP", ELSEWHERE)
        assert market.call("POST", "/v1/sessions", body).code == "CODE_REQUIRED"
        assert market.call("POST", "/v1/sessions", body | {"code": market.code(phone)}).status == 201


def looked_at(market: Market) -> None:
    """Support finds a customer with a name, unmasks and sees number and name."""
    phone, support = market.phone(), market.staff("support")
    assert (
        market.call("POST", "/v1/people", market.newcomer(phone, invite_code=founded(market)[1][4:])).status
        == 201
    )
    customer = market.signed_in(phone)
    named = {"name": NAME, "id_number": ID_NUMBER}
    assert market.call("POST", "/v1/me/real-name", named, customer).status == 200
    assert market.call("POST", "/v1/office/people/search", {"phone": phone}, support).status == 200
    path = f"/v1/office/people/{customer.person_id}"
    why = {"reason": "calls the customer back", "ticket": "TCK-2026-0118"}
    assert market.call("POST", f"{path}/unmasking", why, support).status == 200
    assert market.call("GET", path, None, support).body["name"] == named["name"]
    wish = PREFERENCES | {"version": 0}
    assert market.call("PUT", "/v1/me/preferences", wish, customer).status == 200
    (profile,) = market.call("GET", "/v1/me/data", None, customer).body["profile"]
    assert (profile["phone"], profile["name"]) == (f"+86{phone}", named["name"])


def guarded(market: Market) -> None:
    """Somebody shows the same digits twice, signs in with a recovery code, and asks for a new secret."""
    phone, path = market.phone(), "/v1/me/second-factor"
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    owner = market.signed_in(phone)
    uri = market.call("POST", path, {"password": PASSWORD}, owner).body["uri"]
    digits = Authenticator(secret_of(uri), bootstrap.now).digits()
    on = market.call("POST", f"{path}/confirmation", {"code": digits}, owner)
    first, second, *_ = on.body["recovery_codes"]
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    assert market.call("POST", "/v1/sessions", body | {"second_factor": digits}).code == "SECOND_FACTOR_USED"
    assert market.call("POST", "/v1/sessions", body | {"second_factor": first}).status == 201
    assert market.call("POST", path, {"second_factor": second}, owner).status == 201


def agreed(market: Market) -> None:
    """Two people agree to a posting by hand, and one to each of the other things."""
    wish = {"template": "SUPPLIER_PREPAY", "amount_fen": 170_000, "owner": "oil", "reason": "paid ahead"}
    asked = market.call("POST", "/v1/office/postings", wish, market.staff("finance"))
    path = f"/v1/office/approvals/{asked.body['request_id']}/approval"
    assert market.call("POST", path, {}, market.staff("finance")).body["state"] == "WAITING"
    assert market.call("POST", path, {}, market.staff("risk")).body["state"] == "APPROVED"
    for name in (*ASKED, "staff_lost_factor"):
        wanted = SCENARIOS[name](market).call(market, market.key()).body["request_id"]
        answer = market.call("POST", f"/v1/office/approvals/{wanted}/approval", {}, market.staff("admin"))
        assert answer.body["state"] == "APPROVED", (name, answer.text)


def waiting(market: Market) -> None:
    """A suspicion that nobody has decided on, and an order whose channel does not say whether it is paid."""
    suspected(market)
    row = {"sk": market.ordered(market.customer()), "channel": "sandbox"}
    bootstrap.documents().put(unpaid.TABLE, *unpaid.doubt_of(unpaid.row_again(row, bootstrap.now())))


def left(market: Market) -> None:
    """Somebody with a name and a consent is deleted; somebody else is about to be."""
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    who = market.signed_in(phone)
    named = {"name": "赵小明", "id_number": "11010519491231002X"}
    assert market.call("POST", "/v1/me/real-name", named, who).status == 200
    consent = {"purpose": "PROFILE", "given": True, "version": NOTICES[Purpose.PROFILE]}
    assert market.call("PUT", "/v1/me/consents", consent, who).status == 200
    assert market.call("POST", "/v1/me/closing", {"password": PASSWORD}, who).status == 200
    assert bootstrap.delete_people()(bootstrap.now() + GRACE).deleted >= 1
    assert market.call("POST", "/v1/me/closing", {"password": PASSWORD}, market.customer()).status == 200


# ---------------------------------------------------------------- what stands in the tables


def items(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each item of every table, in plain JSON."""
    read = TypeDeserializer().deserialize
    for table in TABLES:
        for item in world.items(table):
            yield table, {name: read(value) for name, value in item.items()}


def objects(world: World) -> Iterator[str]:
    """The text of each object that is kept for long: what is uploaded is gone in days."""
    client = world.client("s3")
    for name in ("BUCKET_ARCHIVE", "BUCKET_DEAD_LETTERS"):
        bucket = world.environment[name]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for one in page.get("Contents", []):
                content = client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
                text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
                yield f"{one['Key']} {text.decode()}"


def names_kept(lived: Lived) -> set[str]:
    """The name of each attribute, as the inventory writes it."""
    found: set[str] = set()
    for table, item in lived.items:
        for name, value in item.items():
            if name in ("pk", "sk"):
                found.add(f"{table}.{name}:{_kind(value)}")
            else:
                in_record = (table, name) in (("journal", "body"), ("edges", "record"))
                found |= set(_names("record" if in_record else f"{table}.{name}", value))
    return found


_WORD = re.compile(r"(?!grn_)[a-z][a-z0-9_]*")
_KIND = re.compile(r"[a-z][a-z-]*(?=[_#]|$)")


def _kind(key: str) -> str:
    begins = _KIND.match(key)
    return begins.group() if begins else "*"


def _names(name: str, value: object) -> Iterator[str]:
    """Names all the way down; a JSON text is looked into, and a name that is an id is `*`."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, Mapping):
        for inner, part in value.items():
            yield from _names(f"{name}.{inner if _WORD.fullmatch(inner) else '*'}", part)
    elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        for part in value:
            yield from _names(name, part)
    else:
        yield name
