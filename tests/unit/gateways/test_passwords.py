"""Passwords: kept so that nobody can read them, and checked alike for everybody."""

from chalicelib.domain.password import is_guessed_first
from chalicelib.gateways.passwords import Argon2Passwords, common_passwords

QUICK = Argon2Passwords(memory_kib=64, passes=1)


def test_a_password_matches_its_hash_and_no_other() -> None:
    hashed = QUICK.hash("vier rote ampeln")
    assert hashed.startswith("$argon2id$")
    assert QUICK.matches(hashed, "vier rote ampeln")
    assert not QUICK.matches(hashed, "vier rote Ampeln")


def test_equal_passwords_have_different_hashes() -> None:
    assert QUICK.hash("vier rote ampeln") != QUICK.hash("vier rote ampeln")


def test_nothing_matches_no_hash_not_even_the_password_it_is_compared_with() -> None:
    assert not QUICK.matches("", "the password of nobody")
    assert not QUICK.matches("no hash at all", "anything")


def test_a_hash_of_other_parameters_is_outdated_and_still_matches() -> None:
    older = Argon2Passwords(memory_kib=32, passes=1).hash("vier rote ampeln")
    assert QUICK.is_outdated(older)
    assert QUICK.matches(older, "vier rote ampeln")
    assert not QUICK.is_outdated(QUICK.hash("vier rote ampeln"))


def test_the_list_knows_what_breaches_told_of_most() -> None:
    """Each of its lines is refused, and so are the thousands of others that only add digits to one."""
    listed = common_passwords() - {""}
    assert len(listed) > 22_000
    assert all(is_guessed_first(text, QUICK.is_common) for text in listed)
    assert all(is_guessed_first(f"{text}123", QUICK.is_common) for text in ("iloveyou", "dragon", "monkey"))
    assert not QUICK.is_common("vier rote ampeln")
