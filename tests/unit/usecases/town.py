"""A town for tests: everything around people, in memory."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.person import (
    Person,
)
from chalicelib.domain.record import Client
from chalicelib.domain.second_factor import step_of
from chalicelib.domain.visitor import Place, Visitor
from chalicelib.gateways.passkeys import WebAuthnPasskeys
from chalicelib.gateways.places import km_between
from chalicelib.gateways.sandbox_identity import SandboxIdentities
from chalicelib.gateways.tokens import SignedTokens
from chalicelib.usecases.bind_referrer import BindReferrer
from chalicelib.usecases.budgets import Budgets
from chalicelib.usecases.captchas import Captchas
from chalicelib.usecases.confirm_real_name import ConfirmRealName
from chalicelib.usecases.count_tries import CountTries
from chalicelib.usecases.one_time_codes import OneTimeCodes
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.prove_again import NOTHING, ProveAgain
from chalicelib.usecases.register_person import RegisterPerson
from chalicelib.usecases.second_factors import SecondFactors
from chalicelib.usecases.sessions import Session, Sessions
from chalicelib.usecases.show_passkey import ShowPasskey
from chalicelib.usecases.sign_in import Attempt, SignIn
from local.people import Believed
from tests.fakes.authenticators import CountedAuthenticators
from tests.fakes.books import FakeBooks
from tests.fakes.captcha_artist import PlainArtist
from tests.fakes.documents import FakeDocuments
from tests.fakes.keys import FakeKeys
from tests.fakes.passwords import FakePasswords
from tests.fakes.text_messages import FakeTextMessages

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PHONE, OTHER_PHONE = "13800138000", "13900139000"
PASSWORD = "vier rote ampeln"
DEVICE, OTHER_DEVICE = "the-phone-of-somebody", "the-pad-of-somebody"
ADDRESS = "203.0.113.7"
CLIENT = Client("203.0.113.7", "till/1", "salt")
REFERRER, PARENT = "dst_CCCCCCCCCCCC", "dst_DDDDDDDDDDDD"
ID_NUMBER = "11010519491231002X"


def counting() -> Callable[[int], int]:
    """Different ids, the same ones in every run."""
    digits = itertools.chain.from_iterable(f"{number:012d}" for number in itertools.count(1))
    return lambda _: int(next(digits))


@dataclass
class Town:
    """Everything around people, in memory."""

    documents: FakeDocuments = field(default_factory=FakeDocuments)
    keys: FakeKeys = field(default_factory=FakeKeys)
    passwords: FakePasswords = field(default_factory=FakePasswords)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.books = FakeBooks(self.documents)
        self.tokens = SignedTokens(lambda: "k" * 64)
        self.texts = FakeTextMessages()
        budgets = Budgets(self.documents, self.keys)
        nonces = (f"{number:016x}" for number in itertools.count())
        self.captchas = Captchas(self.documents, self.keys, budgets, PlainArtist(), lambda: next(nonces))
        codes = (f"{number:06d}" for number in itertools.count(100_000))
        self.codes = OneTimeCodes(
            self.documents, self.keys, self.texts, self.captchas, budgets, lambda _: next(codes)
        )
        self.register = RegisterPerson(
            self.books, self.documents, self.keys, self.passwords, self.codes, counting()
        )
        keys = (f"01KAMX7Q00{number:016d}" for number in itertools.count(900))
        self.sessions = Sessions(
            self.books, self.documents, self.tokens, lambda _: next(keys), counting(), km_between
        )
        more_keys = (f"01KAMX7Q00{number:016d}" for number in itertools.count(10**9))
        self.verifier = WebAuthnPasskeys("localhost", ("http://localhost:8080",))
        self.show_passkey = ShowPasskey(
            self.books,
            self.documents,
            self.keys,
            self.verifier,
            self.texts,
            lambda _: next(more_keys),
            lambda: next(nonces),
        )
        tries = CountTries(self.documents, self.captchas)
        self.prove_again = ProveAgain(self.documents, self.keys, self.passwords, self.codes, tries)
        self.factors = SecondFactors(
            self.books,
            self.documents,
            self.keys,
            CountedAuthenticators(),
            lambda _: next(more_keys),
            random.Random(1).randrange,
            self.show_passkey,
            self.prove_again,
        )
        self.recovery: list[str] = []
        self.sign_in = SignIn(
            self.documents,
            self.keys,
            self.passwords,
            self.codes,
            tries,
            self.texts,
            self.sessions,
            self.factors,
            km_between,
        )
        self.confirm = ConfirmRealName(self.books, self.documents, self.keys, SandboxIdentities())
        self.bind = BindReferrer(self.books, self.documents)
        self._numbers = itertools.count(1)

    def command(self, person_id: str = "", key: str = "", request_hash: str = "hash") -> Command:
        key = key or f"01KAMX7Q00{next(self._numbers):016d}"
        return Command(Actor(person_id, frozenset(), client=CLIENT), key, self.now, request_hash)

    def place(self, distributor_id: str, parent_id: str = "", state: str = "ACTIVE") -> None:
        values = {"state": state, "root": PARENT, "since": 0, "agreement": "1", "operation": "x"}
        parent = {"parent_id": parent_id} if parent_id else {}
        self.documents.put("edges", distributor_id, "self", values | parent)

    def captcha(self, device: str = DEVICE) -> dict[str, str]:
        """A captcha, and what a person reads in it."""
        drawn = self.captchas.drawn(device, ADDRESS, self.now)
        return {"captcha_id": drawn.captcha.captcha_id, "captcha_answer": drawn.content.decode()}

    def code(
        self, phone: str = PHONE, purpose: Purpose = Purpose.SIGN_IN, device: str = DEVICE, **more: str
    ) -> str:
        """A code that was sent to the number, by somebody who answered a captcha."""
        visitor = Visitor(device, ADDRESS, **self.captcha(device) | more)
        self.codes.send(phone, purpose, visitor, self.now)
        return self.texts.code_of(phone)

    def customer(self, phone: str = PHONE, invite_code: str = "", place: Place | None = None) -> Person:
        visitor = Visitor(DEVICE, ADDRESS, place=place)
        return self.register(self.command(), phone, self.code(phone), PASSWORD, invite_code, visitor)

    def session(
        self, phone: str = PHONE, password: str = PASSWORD, place: Place | None = None, **more: str
    ) -> Session:
        proofs = {name: more.pop(name) for name in ("code", "second_factor") if name in more}
        visitor = Visitor(**{"device": DEVICE} | more, place=place)
        return self.sign_in(Attempt(phone, password, **proofs, visitor=visitor), CLIENT, self.now)

    def new_password(
        self,
        code: str,
        password: str,
        phone: str = PHONE,
        second_factor: str = "",
        device: str = DEVICE,
        place: Place | None = None,
    ) -> Session:
        """The session of a person who forgot the password, and asked for a code."""
        visitor = Visitor(device, ADDRESS, place=place)
        attempt = Attempt(phone, code=code, second_factor=second_factor, visitor=visitor)
        return self.sign_in.with_code(attempt, password, CLIENT, self.now)

    def digits(self, secret: str, steps: int = 0) -> str:
        """What an authenticator shows now, its clock so many steps ahead."""
        return self.factors.authenticators.code(secret, step_of(self.now) + steps)

    def guarded(self, person: Person, session_id: str = "") -> str:
        """The secret of a second factor that is on from now; `recovery` are its codes."""
        actor = Actor(person.person_id, frozenset(), client=CLIENT, session_id=session_id)
        offer = replace(self.factors, prove_again=Believed()).offered(actor, NOTHING, self.now)
        secret = offer.uri.partition("secret=")[2].partition("&")[0]
        self.recovery = self.factors.confirmed(actor, self.digits(secret), self.now)
        return secret

    def goes_on(self, session: Session, now: datetime) -> Session:
        assert session.refresh_token
        return self.sessions.goes_on(session.refresh_token, CLIENT, now)


def people_of(town: Town) -> dict[tuple[str, str, str], object]:
    return {key: item for key, item in town.documents.items.items() if key[0] == "people"}
