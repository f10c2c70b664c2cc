"""The first second factor: what does it take to turn it on?"""

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import PAUSE, CodeWrong, Purpose
from chalicelib.domain.people_items import LOGIN
from chalicelib.domain.person import ProofRequired, SignInRefused
from chalicelib.domain.second_factor import STEP, SecondFactorOff
from chalicelib.usecases.passkeys import Passkeys
from chalicelib.usecases.prove_again import Proof
from tests.unit.usecases.test_second_factors import OnMeanwhile, actor_of
from tests.unit.usecases.town import CLIENT, DEVICE, OTHER_DEVICE, OTHER_PHONE, PASSWORD, Town


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.mark.parametrize("kind", ["an authenticator", "a passkey"])
def test_a_session_alone_turns_no_first_one_on(town: Town, kind: str) -> None:
    """Who found a session left open cannot make the account theirs."""
    passkeys = Passkeys(town.factors, town.show_passkey, town.verifier, town.factors.choose_below)
    offered = town.factors.offered if kind == "an authenticator" else passkeys.offered
    person = town.customer()
    session = town.session()
    who = actor_of(person, session.session_id)
    town.now += PAUSE
    code = town.code(purpose=Purpose.ACCOUNT)
    before = town.documents.items[("people", person.person_id, "profile")]
    with pytest.raises(ProofRequired) as refused:
        offered(who, Proof(), town.now)
    assert refused.value.facts == {"by": ("password", "code")}
    with pytest.raises(SignInRefused):
        offered(who, Proof("a wrong password"), town.now)
    with pytest.raises(CodeWrong):
        offered(who, Proof(code=code, device=OTHER_DEVICE), town.now)
    with pytest.raises(SecondFactorOff):
        offered(who, Proof(PASSWORD, second_factor="123456"), town.now)
    assert town.factors.item(person.person_id) is None
    assert town.documents.items[("people", person.person_id, "profile")] == before
    offered(who, Proof(code=code, device=DEVICE), town.now)
    with pytest.raises(CodeWrong):
        offered(who, Proof(code=code, device=DEVICE), town.now)
    assert offered(who, Proof(PASSWORD), town.now)


def test_staff_turn_the_first_one_on_with_their_password_alone(town: Town) -> None:
    person = town.register.staff(town.command(), OTHER_PHONE, PASSWORD, ["admin"])
    code = town.code(OTHER_PHONE, Purpose.ACCOUNT)
    with pytest.raises(ProofRequired) as refused:
        town.factors.offered(actor_of(person), Proof(code=code, device=DEVICE), town.now)
    assert refused.value.facts == {"by": ("password",)}
    assert town.factors.offered(actor_of(person), Proof(PASSWORD), town.now)


def test_one_that_was_turned_on_meanwhile_is_not_replaced_by_a_password() -> None:
    documents = OnMeanwhile()
    town = Town(documents=documents)
    person = town.customer()
    secrets: list[str] = []
    documents.after_sk, documents.turn_on = LOGIN, lambda: secrets.append(town.guarded(person))
    with pytest.raises(Unavailable):
        town.factors.offered(actor_of(person), Proof(PASSWORD), town.now)
    town.now += STEP
    assert town.factors.check(person.person_id, town.digits(secrets[0]), CLIENT, town.now)
