"""People: who registers, signs in, and is brought by whom."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import (
    accounts,
    books,
    cards,
    documents,
    new_key,
    orders,
    random_below,
    random_digits,
    random_text,
    settings,
)
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.secrecy import keys, passwords, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.gateways.captcha_artist import CaptchaArtist
    from chalicelib.gateways.passkeys import WebAuthnPasskeys
    from chalicelib.gateways.places import EdgePlaces
    from chalicelib.gateways.text_messages import SnsTextMessages
    from chalicelib.usecases.authority import Authority
    from chalicelib.usecases.bind_referrer import BindReferrer
    from chalicelib.usecases.budgets import Budgets
    from chalicelib.usecases.captchas import Captchas
    from chalicelib.usecases.close_account import CloseAccount, LookForObstacles
    from chalicelib.usecases.confirm_real_name import ConfirmRealName
    from chalicelib.usecases.confirmations import Confirmations
    from chalicelib.usecases.consents import Consents
    from chalicelib.usecases.copy_my_data import CopyMyData
    from chalicelib.usecases.correct_person import CorrectPerson
    from chalicelib.usecases.count_tries import CountTries
    from chalicelib.usecases.delete_people import DeletePeople
    from chalicelib.usecases.enrol_person import EnrolPerson
    from chalicelib.usecases.grant_roles import GrantRoles
    from chalicelib.usecases.invite_staff import InviteStaff
    from chalicelib.usecases.keep_preferences import KeepPreferences
    from chalicelib.usecases.list_reads import ListReads
    from chalicelib.usecases.list_staff import ListStaff
    from chalicelib.usecases.lock_staff import LockStaff
    from chalicelib.usecases.look_at_person import LookAtPerson
    from chalicelib.usecases.lost_factor import LostFactor
    from chalicelib.usecases.note_read import NoteRead
    from chalicelib.usecases.one_time_codes import OneTimeCodes
    from chalicelib.usecases.passkeys import Passkeys
    from chalicelib.usecases.ports_of_the_door import Places
    from chalicelib.usecases.prove_again import ProveAgain
    from chalicelib.usecases.register_person import RegisterPerson
    from chalicelib.usecases.second_factors import SecondFactors
    from chalicelib.usecases.sessions import Sessions
    from chalicelib.usecases.show_passkey import ShowPasskey
    from chalicelib.usecases.sign_in import SignIn
    from chalicelib.usecases.sign_out_person import SignOutPerson
    from chalicelib.usecases.staff_file import StaffFile
    from chalicelib.usecases.unlock_staff import UnlockStaff
    from chalicelib.usecases.unmask_person import UnmaskPerson


@part
def register_person() -> "RegisterPerson":
    from chalicelib.usecases.register_person import RegisterPerson

    return RegisterPerson(books(), documents(), keys(), passwords(), one_time_codes(), random_below)


@part
def enrol_person() -> "EnrolPerson":
    from chalicelib.usecases.enrol_person import EnrolPerson

    return EnrolPerson(books(), documents(), keys(), passwords(), text_messages(), random_below)


@part
def sign_in() -> "SignIn":
    from chalicelib.gateways.places import km_between
    from chalicelib.usecases.sign_in import SignIn

    return SignIn(
        documents(),
        keys(),
        passwords(),
        one_time_codes(),
        count_tries(),
        text_messages(),
        sessions(),
        second_factors(),
        km_between,
    )


@part
def count_tries() -> "CountTries":
    from chalicelib.usecases.count_tries import CountTries

    return CountTries(documents(), captchas())


@part
def prove_again() -> "ProveAgain":
    from chalicelib.usecases.prove_again import ProveAgain

    return ProveAgain(documents(), keys(), passwords(), one_time_codes(), count_tries())


@part
def places() -> "Places":
    from chalicelib.gateways.places import SandboxPlaces

    return SandboxPlaces() if settings().has_sandbox_places else edge_places()


@part
def edge_places() -> "EdgePlaces":
    from chalicelib.gateways.places import EdgePlaces

    return EdgePlaces(settings().edge_marks)


def address_of(headers: "Mapping[str, str]", address: str) -> str:
    """The client's own address; what the gateway saw, where nobody stands before it."""
    return edge_places().address_of(headers, address) if settings().edge_marks else address


@part
def text_messages() -> "SnsTextMessages":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.text_messages import SnsTextMessages

    return SnsTextMessages(client("sns"), _text_sent)


def _text_sent() -> None:
    from chalicelib.observability import Metric, count

    count(Metric.TEXTS_SENT)


@part
def one_time_codes() -> "OneTimeCodes":
    from chalicelib.usecases.one_time_codes import OneTimeCodes

    return OneTimeCodes(documents(), keys(), text_messages(), captchas(), budgets(), random_digits)


@part
def captchas() -> "Captchas":
    from chalicelib.usecases.captchas import Captchas

    return Captchas(documents(), keys(), budgets(), captcha_artist(), random_text)


@part
def captcha_artist() -> "CaptchaArtist":
    from chalicelib.gateways.captcha_artist import CaptchaArtist

    return CaptchaArtist()


@part
def budgets() -> "Budgets":
    from chalicelib.usecases.budgets import Budgets

    return Budgets(documents(), keys(), settings().budgets_times)


@part
def sessions() -> "Sessions":
    from chalicelib.gateways.places import km_between
    from chalicelib.usecases.sessions import Sessions

    return Sessions(books(), documents(), tokens(), new_key, random_below, km_between)


@part
def second_factors() -> "SecondFactors":
    from chalicelib.gateways.authenticators import PyotpAuthenticators
    from chalicelib.usecases.second_factors import SecondFactors

    return SecondFactors(
        books(),
        documents(),
        keys(),
        PyotpAuthenticators(),
        new_key,
        random_below,
        show_passkey(),
        prove_again(),
    )


@part
def passkey_verifier() -> "WebAuthnPasskeys":
    from chalicelib.gateways.passkeys import WebAuthnPasskeys

    return WebAuthnPasskeys(settings().passkey_site, settings().passkey_origins)


@part
def show_passkey() -> "ShowPasskey":
    from chalicelib.usecases.show_passkey import ShowPasskey

    return ShowPasskey(
        books(), documents(), keys(), passkey_verifier(), text_messages(), new_key, random_text
    )


@part
def passkeys() -> "Passkeys":
    from chalicelib.usecases.passkeys import Passkeys

    return Passkeys(second_factors(), show_passkey(), passkey_verifier(), random_below)


@part
def confirmations() -> "Confirmations":
    from chalicelib.usecases.confirmations import Confirmations

    return Confirmations(documents(), keys(), second_factors())


@part
def authority() -> "Authority":
    from chalicelib.usecases.authority import Authority

    return Authority(documents(), tokens())


@part
def note_read() -> "NoteRead":
    from chalicelib.usecases.note_read import NoteRead

    return NoteRead(documents(), random_text)


@part
def list_reads() -> "ListReads":
    from chalicelib.usecases.list_reads import ListReads

    return ListReads(documents())


@part
def look_at_person() -> "LookAtPerson":
    from chalicelib.usecases.look_at_person import LookAtPerson

    return LookAtPerson(documents(), orders(), keys())


@part
def unmask_person() -> "UnmaskPerson":
    from chalicelib.usecases.unmask_person import UnmaskPerson

    return UnmaskPerson(books(), documents())


@part
def sign_out_person() -> "SignOutPerson":
    from chalicelib.usecases.sign_out_person import SignOutPerson

    return SignOutPerson(books(), documents(), keys(), text_messages())


@part
def confirm_real_name() -> "ConfirmRealName":
    from chalicelib.gateways.sandbox_identity import SandboxIdentities
    from chalicelib.usecases.confirm_real_name import ConfirmRealName

    return ConfirmRealName(books(), documents(), keys(), SandboxIdentities())


@part
def consents() -> "Consents":
    from chalicelib.domain.consent import NOTICES
    from chalicelib.usecases.consents import Consents

    return Consents(books(), documents(), NOTICES)


@part
def keep_preferences() -> "KeepPreferences":
    from chalicelib.usecases.keep_preferences import KeepPreferences

    return KeepPreferences(documents())


@part
def copy_my_data() -> "CopyMyData":
    from chalicelib.bootstrap.distribution import withdrawal_file
    from chalicelib.usecases.copy_my_data import CopyMyData

    return CopyMyData(documents(), orders(), withdrawal_file(), keys())


@part
def correct_person() -> "CorrectPerson":
    from chalicelib.gateways.sandbox_identity import SandboxIdentities
    from chalicelib.usecases.correct_person import CorrectPerson

    return CorrectPerson(
        books(),
        documents(),
        keys(),
        SandboxIdentities(),
        one_time_codes(),
        prove_again(),
        second_factors(),
        text_messages(),
        random_text,
    )


@part
def look_for_obstacles() -> "LookForObstacles":
    from chalicelib.bootstrap.distribution import withdrawal_file
    from chalicelib.usecases.close_account import LookForObstacles

    return LookForObstacles(documents(), orders(), cards(), accounts(), withdrawal_file())


@part
def close_account() -> "CloseAccount":
    from chalicelib.usecases.close_account import CloseAccount

    return CloseAccount(
        books(), documents(), keys(), look_for_obstacles(), prove_again(), second_factors(), text_messages()
    )


@part
def delete_people() -> "DeletePeople":
    from chalicelib.usecases.delete_people import DeletePeople

    return DeletePeople(books(), documents(), look_for_obstacles())


@part
def bind_referrer() -> "BindReferrer":
    from chalicelib.usecases.bind_referrer import BindReferrer

    return BindReferrer(books(), documents())


@part
def staff_file() -> "StaffFile":
    from chalicelib.usecases.staff_file import StaffFile

    return StaffFile(books(), documents())


@part
def invite_staff() -> "InviteStaff":
    from chalicelib.usecases.invite_staff import InviteStaff

    return InviteStaff(staff_file(), books(), documents(), keys(), random_below)


@part
def lock_staff() -> "LockStaff":
    from chalicelib.usecases.lock_staff import LockStaff

    return LockStaff(staff_file())


@part
def unlock_staff() -> "UnlockStaff":
    from chalicelib.bootstrap.approvals import approvals
    from chalicelib.usecases.unlock_staff import UnlockStaff

    return UnlockStaff(staff_file(), approvals())


@part
def lost_factor() -> "LostFactor":
    from chalicelib.bootstrap.approvals import approvals
    from chalicelib.usecases.lost_factor import LostFactor

    return LostFactor(staff_file(), documents(), keys(), text_messages(), approvals())


@part
def grant_roles() -> "GrantRoles":
    from chalicelib.bootstrap.approvals import approvals
    from chalicelib.usecases.grant_roles import GrantRoles

    return GrantRoles(staff_file(), documents(), approvals())


@part
def list_staff() -> "ListStaff":
    from chalicelib.usecases.list_staff import ListStaff

    return ListStaff(documents())
