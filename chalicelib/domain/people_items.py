"""Items of people: how do a profile, a login and an identity stand in the table `people`?

    pk cus_… | stf_…       sk profile   roles, phone_masked, real_name, referrer; the rest is sealed;
                                        second_factor: whether one is on (second_factor.py);
                                        sessions: every device that is signed in, under their own version;
                                        grants: the roles of the office that are not over (grant.py), too
    pk phone#<index>       sk login     person_id, password_hash, devices: one phone, one person
    pk identity#<index>    sk owner     person_id: one ID number, one person
    pk admins              sk <person>  there is, or was, an admin: the first one is enrolled by a code
                                        (enrolment.py)
    pk staff               sk <person>  somebody of the office: who they are, the profile tells

Wrong tries stand in the table `work`, which forgets by itself:

    pk tries#<index>       sk device#<index>        wrong, last_at, version, expires_at: on one device
                           sk everywhere#<window>   count, expires_at

An index is the keyed hash of a phone, an ID number or a device: it finds, and tells nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange, NewDocument
from chalicelib.domain.enrolment import ADMINS
from chalicelib.domain.person import SLOW_DOWN, Person, Role, Tries, is_customer
from chalicelib.domain.session import OpenSession, by_id

if TYPE_CHECKING:  # whoever buys has no grants: a purchase imports nothing of them
    from chalicelib.domain.grant import Grant

TABLE = "people"
PROFILE = "profile"
LOGIN = "login"
OWNER = "owner"
STAFF = "staff"

TRIES_TABLE = "work"
DEVICES_MAX = 10  # that a person is known by; the one not seen for longest is forgotten


def phone_key(phone_index: str) -> str:
    return f"phone#{phone_index}"


def identity_key(number_index: str) -> str:
    return f"identity#{number_index}"


def device_index(mark: Callable[[str], str], device: str) -> str:
    """What a device is known by, "" for one without a name; `mark(text)` is a keyed hash."""
    return mark(f"device|{device}") if device else ""


def tries_key(phone_index: str, device_index: str) -> tuple[str, str]:
    return f"tries#{phone_index}", f"device#{device_index}"


def tries_everywhere_key(phone_index: str, now: datetime) -> tuple[str, str]:
    """Of all devices together, in quarters of an hour."""
    return f"tries#{phone_index}", f"everywhere#{to_ms(now) // (SLOW_DOWN // timedelta(milliseconds=1))}"


def phone_context(person_id: str) -> str:
    """What the sealed phone is bound to: it opens nowhere else."""
    return f"{person_id}|phone"


def identity_context(person_id: str) -> str:
    """What the sealed name and number are bound to."""
    return f"{person_id}|identity"


def new_person(
    person: Person,
    phone_index: str,
    phone_sealed: str,
    password_hash: str,
    devices: Mapping[str, int] | None = None,
    grants: "Mapping[str, Grant] | None" = None,
) -> list[NewDocument]:
    """The profile, and the login by which it is found; of the office, a place in its list, and the roles
    as grants, by the operator where none are given; of an admin, that there is one."""
    of_office = not is_customer(person.person_id)
    profile = {
        "roles": [] if of_office else list(person.roles),
        "phone_masked": person.phone_masked,
        "phone_sealed": phone_sealed,
        "real_name": person.real_name,
        "referrer": person.referrer,
        "created_at": to_ms(person.created_at),
        "locked": person.locked,
        "version": person.version,
    } | ({"notice": person.notice} if person.notice else {})
    if of_office:
        from chalicelib.domain.grant import enrolled_grants

        profile |= _grants_values(grants or enrolled_grants(person.roles, person.created_at))
    login = {"person_id": person.person_id, "password_hash": password_hash, "devices": devices or {}}
    admin = [NewDocument(TABLE, ADMINS, person.person_id, {})] if Role.ADMIN in person.roles else []
    listed = [NewDocument(TABLE, STAFF, person.person_id, {})] if of_office else []
    return [
        NewDocument(TABLE, phone_key(phone_index), LOGIN, login),
        NewDocument(TABLE, person.person_id, PROFILE, profile),
        *admin,
        *listed,
    ]


def person_of(item: Mapping[str, Any], now: datetime) -> Person:
    """The person that an item `profile` shows, with the roles of this moment."""
    return Person(
        person_id=item["pk"],
        roles=tuple(sorted(roles_at(item, now))),
        phone_masked=item["phone_masked"],
        real_name=item["real_name"],
        referrer=item["referrer"],
        created_at=from_ms(item["created_at"]),
        locked=item["locked"],
        version=item["version"],
        second_factor=item.get("second_factor", False),
        notice=item.get("notice", ""),
    )


def roles_at(item: Mapping[str, Any], now: datetime) -> frozenset[str]:
    """Those that a customer has for ever, and those that grants give at this moment."""
    held = {grant.role for grant in grants_of(item).values() if grant.holds(now)}
    return frozenset(item["roles"]) | held


def grants_of(item: Mapping[str, Any]) -> dict[str, "Grant"]:
    """The grants that an item `profile` shows, by id; those that are over may be among them."""
    if not item.get("grants"):
        return {}
    from chalicelib.domain.document import from_document
    from chalicelib.domain.grant import Grant

    return {grant_id: from_document(Grant, values) for grant_id, values in item["grants"].items()}


def grants_change(item: Mapping[str, Any], grants: Mapping[str, "Grant"]) -> DocumentChange:
    """These are the grants now, if nobody changed them since the item was read."""
    known = {"grants_version": item.get("grants_version")}
    return DocumentChange(TABLE, item["pk"], PROFILE, _grants_values(grants), known, {"grants_version": 1})


def _grants_values(grants: Mapping[str, "Grant"]) -> dict[str, Any]:
    from chalicelib.domain.document import to_document

    return {"grants": {grant_id: to_document(grant) for grant_id, grant in grants.items()}}


def sessions_of(item: Mapping[str, Any]) -> dict[str, OpenSession]:
    """The sessions that an item `profile` shows, by id."""
    return by_id(
        OpenSession(
            session_id,
            began_at=from_ms(values["began_at"]),
            rotated_at=from_ms(values["rotated_at"]),
            generation=values["generation"],
            agent=values["agent"],
            port=values.get("port", ""),
        )
        for session_id, values in item.get("sessions", {}).items()
    )


def sessions_change(item: Mapping[str, Any], sessions: Mapping[str, OpenSession]) -> DocumentChange:
    """These are the sessions now, if nobody changed them since the item was read."""
    values = {
        session.session_id: {
            "began_at": to_ms(session.began_at),
            "rotated_at": to_ms(session.rotated_at),
            "generation": session.generation,
            "agent": session.agent,
            "port": session.port,
        }
        for session in sessions.values()
    }
    known = {"sessions_version": item.get("sessions_version")}
    return DocumentChange(TABLE, item["pk"], PROFILE, {"sessions": values}, known, {"sessions_version": 1})


def factor_on_change(item: Mapping[str, Any], session_id: str) -> DocumentChange:
    """A second factor is on, and of the sessions only this one goes on: the others began with less."""
    sessions = {name: one for name, one in item.get("sessions", {}).items() if name == session_id}
    known = {"sessions_version": item.get("sessions_version")}
    values = {"sessions": sessions, "second_factor": True}
    return DocumentChange(TABLE, item["pk"], PROFILE, values, known, {"sessions_version": 1, "version": 1})


def factor_off_change(person_id: str) -> DocumentChange:
    """The second factor that was on is off."""
    key = (TABLE, person_id, PROFILE)
    return DocumentChange(*key, {"second_factor": False}, {"second_factor": True}, {"version": 1})


def lock_change(item: Mapping[str, Any], locked: bool) -> DocumentChange:
    """Locked, with every session over; or open again."""
    ended = sessions_change(item, {})
    values = {"locked": True, **ended.set_values} if locked else {"locked": False}
    expected = {**ended.expected, "locked": not locked}
    return replace(ended, set_values=values, expected=expected)


def real_name_changes(
    person: Person, number_index: str, identity_sealed: str
) -> list[NewDocument | DocumentChange]:
    """The identity becomes this person's alone, and the profile says so."""
    profile = DocumentChange(
        TABLE,
        person.person_id,
        PROFILE,
        {"real_name": True, "identity_sealed": identity_sealed, "identity_index": number_index},
        {"real_name": False},
        {"version": 1},
    )
    owner = NewDocument(TABLE, identity_key(number_index), OWNER, {"person_id": person.person_id})
    return [owner, profile]


def referrer_change(person: Person, referrer: str) -> DocumentChange:
    """The distributor who brought this person, once and for ever."""
    key = (TABLE, person.person_id, PROFILE)
    return DocumentChange(*key, {"referrer": referrer}, {"referrer": ""}, {"version": 1})


def tries_of(item: Mapping[str, Any] | None) -> Tries:
    """The tries that an item shows; none when there is no item."""
    return Tries(item["wrong"], from_ms(item["last_at"])) if item else Tries()


def tries_change(
    key: tuple[str, str], before: Mapping[str, Any] | None, after: Tries, at: datetime
) -> DocumentChange:
    """The counted tries, if nobody else counted since; forgotten when they hold nobody back any more."""
    values = {"wrong": after.wrong, "last_at": to_ms(at), "expires_at": to_ms(at + 2 * SLOW_DOWN) // 1000}
    version = {"version": before["version"] if before else None}
    return DocumentChange(TRIES_TABLE, *key, values, version, {"version": 1})


def tries_everywhere_change(key: tuple[str, str], at: datetime) -> DocumentChange:
    values = {"expires_at": to_ms(at + 2 * SLOW_DOWN) // 1000}
    return DocumentChange(TRIES_TABLE, *key, values, {}, {"count": 1})


def with_device(devices: Mapping[str, int], device_index: str, at: datetime) -> dict[str, Any]:
    """The devices that a person is known by, with this one."""
    newest = sorted(devices, key=lambda one: devices[one], reverse=True)[: DEVICES_MAX - 1]
    return {"devices": {one: devices[one] for one in newest} | {device_index: to_ms(at)}}


def login_change(login: Mapping[str, Any], values: Mapping[str, Any]) -> DocumentChange:
    """The login with other values, if it is still as it was read."""
    known = {"password_hash": login["password_hash"], "version": login.get("version")}
    return DocumentChange(TABLE, login["pk"], LOGIN, values, known, {"version": 1})
