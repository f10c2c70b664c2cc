"""People: who registers, signs in, and is brought by whom."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, documents, new_key, random_below
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.secrecy import keys, passwords, tokens

if TYPE_CHECKING:
    from chalicelib.usecases.authority import Authority
    from chalicelib.usecases.bind_referrer import BindReferrer
    from chalicelib.usecases.confirm_real_name import ConfirmRealName
    from chalicelib.usecases.enrol_person import EnrolPerson
    from chalicelib.usecases.register_person import RegisterPerson
    from chalicelib.usecases.sessions import Sessions
    from chalicelib.usecases.sign_in import SignIn


@part
def register_person() -> "RegisterPerson":
    from chalicelib.usecases.register_person import RegisterPerson

    return RegisterPerson(books(), documents(), keys(), passwords(), random_below)


@part
def enrol_person() -> "EnrolPerson":
    from chalicelib.usecases.enrol_person import EnrolPerson

    return EnrolPerson(books(), documents(), keys(), passwords(), random_below)


@part
def sign_in() -> "SignIn":
    from chalicelib.usecases.sign_in import SignIn

    return SignIn(documents(), keys(), passwords(), sessions())


@part
def sessions() -> "Sessions":
    from chalicelib.usecases.sessions import Sessions

    return Sessions(books(), documents(), tokens(), new_key, random_below)


@part
def authority() -> "Authority":
    from chalicelib.usecases.authority import Authority

    return Authority(documents(), tokens())


@part
def confirm_real_name() -> "ConfirmRealName":
    from chalicelib.gateways.sandbox_identity import SandboxIdentities
    from chalicelib.usecases.confirm_real_name import ConfirmRealName

    return ConfirmRealName(books(), documents(), keys(), SandboxIdentities())


@part
def bind_referrer() -> "BindReferrer":
    from chalicelib.usecases.bind_referrer import BindReferrer

    return BindReferrer(books(), documents())
