"""Items of people: how do a profile, a login and an identity stand in the table `people`?

    pk cus_… | stf_…       sk profile   roles, phone_masked, real_name, referrer; the rest is sealed;
                                        second_factor: whether one is on (second_factor.py);
                                        sessions: every device that is signed in, under their own version
    pk phone#<index>       sk login     person_id, password_hash, devices: one phone, one person
    pk identity#<index>    sk owner     person_id: one ID number, one person
    pk admins              sk <person>  there is an admin: the first one is enrolled by a code (enrolment.py)

Wrong tries stand in the table `work`, which forgets by itself:

    pk tries#<index>       sk device#<index>        wrong, last_at, version, expires_at: on one device
                           sk everywhere#<window>   count, expires_at

An index is the keyed hash of a phone, an ID number or a device: it finds, and tells nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange, NewDocument
from chalicelib.domain.enrolment import ADMINS
from chalicelib.domain.person import SLOW_DOWN, Person, Role, Tries
from chalicelib.domain.session import OpenSession, by_id

TABLE = "people"
PROFILE = "profile"
LOGIN = "login"
OWNER = "owner"

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
) -> list[NewDocument]:
    """The profile, and the login by which it is found; of an admin, that there is one."""
    profile = {
        "roles": list(person.roles),
        "phone_masked": person.phone_masked,
        "phone_sealed": phone_sealed,
        "real_name": person.real_name,
        "referrer": person.referrer,
        "created_at": to_ms(person.created_at),
        "locked": person.locked,
        "version": person.version,
    } | ({"notice": person.notice} if person.notice else {})
    login = {"person_id": person.person_id, "password_hash": password_hash, "devices": devices or {}}
    admin = [NewDocument(TABLE, ADMINS, person.person_id, {})] if Role.ADMIN in person.roles else []
    return [
        NewDocument(TABLE, phone_key(phone_index), LOGIN, login),
        NewDocument(TABLE, person.person_id, PROFILE, profile),
        *admin,
    ]


def person_of(item: Mapping[str, Any]) -> Person:
    """The person that an item `profile` shows."""
    return Person(
        person_id=item["pk"],
        roles=tuple(item["roles"]),
        phone_masked=item["phone_masked"],
        real_name=item["real_name"],
        referrer=item["referrer"],
        created_at=from_ms(item["created_at"]),
        locked=item["locked"],
        version=item["version"],
        second_factor=item.get("second_factor", False),
        notice=item.get("notice", ""),
    )


def sessions_of(item: Mapping[str, Any]) -> dict[str, OpenSession]:
    """The sessions that an item `profile` shows, by id."""
    return by_id(
        OpenSession(
            session_id,
            began_at=from_ms(values["began_at"]),
            rotated_at=from_ms(values["rotated_at"]),
            generation=values["generation"],
            agent=values["agent"],
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
