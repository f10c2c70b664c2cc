"""Items of people: how do a profile, a login and an identity stand in the table `people`?

    pk cus_… | stf_…       sk profile   roles, phone_masked, real_name, referrer; the rest is sealed;
                                        second_factor: whether one is on (second_factor.py);
                                        sessions: every device that is signed in, under their own version;
                                        grants: the roles of the office that are not over (grant.py), too;
                                        closes_at: when the account is deleted (closing.py)
    pk phone#<index>       sk login     person_id, password_hash, devices: one phone, one person;
                                        cities: hashes of those seen last, and when; last_place: the newest of
                                        them in whole degrees, and when
    pk identity#<index>    sk owner     person_id: one ID number, one person
    pk admins              sk <person>  there is, or was, an admin: the first one is enrolled by a code
                                        (enrolment.py)
    pk staff               sk <person>  somebody of the office: who they are, the profile tells

Wrong tries stand in the table `work`, which forgets by itself:

    pk tries#<index>       sk device#<index>        wrong, last_at, version, expires_at: on one device;
                                                    shown_at: when the right password was shown there
                           sk everywhere#<window>   count, expires_at

An index is the keyed hash of a phone, an ID number or a device: it finds, and tells nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange, DocumentGone, NewDocument
from chalicelib.domain.enrolment import ADMINS
from chalicelib.domain.person import SLOW_DOWN, Person, Role, Tries, is_customer, masked_phone
from chalicelib.domain.session import OpenSession, SessionEnded, by_id

if TYPE_CHECKING:  # whoever buys has no grants: a purchase imports nothing of them
    from chalicelib.domain.grant import Grant
    from chalicelib.domain.visitor import Place

TABLE = "people"
PROFILE = "profile"
LOGIN = "login"
OWNER = "owner"
STAFF = "staff"

TRIES_TABLE = "work"
DEVICES_MAX = 10  # that a person is known by; the one not seen for longest is forgotten
CITIES_MAX = 5
CITIES_TERM = timedelta(days=90)  # a city that was not seen for so long is forgotten


def phone_key(phone_index: str) -> str:
    return f"phone#{phone_index}"


def phone_of(login: Mapping[str, Any]) -> str:
    """The index of the phone that a login belongs to."""
    pk: str = login["pk"]
    return pk.removeprefix("phone#")


def identity_key(number_index: str) -> str:
    return f"identity#{number_index}"


def device_index(mark: Callable[[str], str], device: str) -> str:
    """What a device is known by, "" for one without a name; `mark(text)` is a keyed hash."""
    return mark(f"device|{device}") if device else ""


def city_index(mark: Callable[[str], str], person_id: str, city: str) -> str:
    """What a city is known by, of one person alone."""
    return mark(f"city|{person_id}|{city}")


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
    known: Mapping[str, Any] | None = None,
    grants: "Mapping[str, Grant] | None" = None,
) -> list[NewDocument]:
    """The profile, and the login by which it is found; of the office, a place in its list, and the roles
    as grants, by the operator where none are given; of an admin, that there is one. `known`: by which
    device and place (with_device, with_place)."""
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
    login = {"person_id": person.person_id, "password_hash": password_hash, "devices": {}}
    admin = [NewDocument(TABLE, ADMINS, person.person_id, {})] if Role.ADMIN in person.roles else []
    listed = [NewDocument(TABLE, STAFF, person.person_id, {})] if of_office else []
    return [
        NewDocument(TABLE, phone_key(phone_index), LOGIN, login | dict(known or {})),
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
        closes_at=from_ms(item["closes_at"]) if item.get("closes_at") else None,
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


def grants_used(item: Mapping[str, Any]) -> DocumentChange:
    """Whoever acts by these grants still has them, and is not locked; of two steps at once one is stale."""
    known = {"grants_version": item.get("grants_version"), "locked": False}
    return DocumentChange(TABLE, item["pk"], PROFILE, {}, known, {"grants_version": 1})


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
            factor_at=from_ms(values["factor_at"]) if values.get("factor_at") else None,
            port=values.get("port", ""),
            place=(values["latitude"], values["longitude"]) if "latitude" in values else None,
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
        | ({"factor_at": to_ms(session.factor_at)} if session.factor_at else {})
        | (dict(zip(("latitude", "longitude"), session.place, strict=True)) if session.place else {})
        for session in sessions.values()
    }
    known = {"sessions_version": item.get("sessions_version")}
    return DocumentChange(TABLE, item["pk"], PROFILE, {"sessions": values}, known, {"sessions_version": 1})


def session_stands(item: Mapping[str, Any], session_id: str) -> DocumentChange:
    """Looks whether the sessions are as they were read, this one among them; "": of who acts without one.

    Raises: SessionEnded.
    """
    if session_id and session_id not in item.get("sessions", {}):
        raise SessionEnded()
    known = {"sessions_version": item.get("sessions_version")}
    return DocumentChange(TABLE, item["pk"], PROFILE, {}, known)


def factor_on_change(item: Mapping[str, Any], session_id: str) -> DocumentChange:
    """A second factor is on, and of the sessions only this one goes on: the others began with less.

    Raises: SessionEnded.
    """
    stands = session_stands(item, session_id)
    sessions = {name: one for name, one in item.get("sessions", {}).items() if name == session_id}
    values = {"sessions": sessions, "second_factor": True}
    return replace(stands, set_values=values, add={"sessions_version": 1, "version": 1})


def factor_still_off(item: Mapping[str, Any]) -> DocumentChange:
    """Looks whether nobody turned one on since the item was read."""
    return DocumentChange(TABLE, item["pk"], PROFILE, {}, {"second_factor": item.get("second_factor")})


def without_sessions(item: Mapping[str, Any]) -> DocumentChange:
    """Every session is over, and no second factor was turned on since the item was read."""
    ended = sessions_change(item, {})
    return replace(ended, expected={**ended.expected, **factor_still_off(item).expected})


def factor_off_change(person_id: str) -> DocumentChange:
    """The second factor that was on is off."""
    key = (TABLE, person_id, PROFILE)
    return DocumentChange(*key, {"second_factor": False}, {"second_factor": True}, {"version": 1})


def factor_lost_change(item: Mapping[str, Any]) -> DocumentChange:
    """The second factor that was on is off, and every session is over."""
    ended = sessions_change(item, {})
    return replace(
        ended,
        set_values={**ended.set_values, "second_factor": False},
        expected={**ended.expected, "second_factor": True},
        add={"sessions_version": 1, "version": 1},
    )


def phone_changes(
    item: Mapping[str, Any], login: Mapping[str, Any], phone: str, phone_index: str, phone_sealed: str
) -> list[NewDocument | DocumentChange | DocumentGone]:
    """Another phone signs in, to all that the old one did, if neither was written since it was read."""
    kept = {name: content for name, content in login.items() if name not in ("pk", "sk")}
    known = {"person_id": login["person_id"], "version": login.get("version")}
    values = {"phone_masked": masked_phone(phone), "phone_sealed": phone_sealed}
    expected = {"version": item["version"]}
    return [
        NewDocument(TABLE, phone_key(phone_index), LOGIN, kept),
        DocumentGone(TABLE, login["pk"], LOGIN, known),
        DocumentChange(TABLE, item["pk"], PROFILE, values, expected, {"version": 1}),
    ]


def identity_change(item: Mapping[str, Any], identity_sealed: str) -> DocumentChange:
    """The same number under another name, if nobody corrected it since it was read."""
    known = {"identity_sealed": item["identity_sealed"]}
    values = {"identity_sealed": identity_sealed}
    return DocumentChange(TABLE, item["pk"], PROFILE, values, known, {"version": 1})


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


def password_shown_change(key: tuple[str, str], at: datetime) -> DocumentChange:
    """The password was right on this device, and a code is asked for all the same."""
    return DocumentChange(TRIES_TABLE, *key, {"shown_at": to_ms(at)}, {})


def has_shown_password(item: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether the tries of a device tell that the password was right there a moment ago."""
    return item is not None and now < from_ms(item.get("shown_at", 0)) + SLOW_DOWN


def with_device(devices: Mapping[str, int], device_index: str, at: datetime) -> dict[str, Any]:
    """The devices that a person is known by, with this one."""
    newest = sorted(devices, key=lambda one: devices[one], reverse=True)[: DEVICES_MAX - 1]
    return {"devices": {one: devices[one] for one in newest} | {device_index: to_ms(at)}}


def cities_of(login: Mapping[str, Any], now: datetime) -> dict[str, int]:
    """The cities that a person was seen in lately, and when."""
    cities: Mapping[str, int] = login.get("cities", {})
    return {one: ms for one, ms in cities.items() if now < from_ms(ms) + CITIES_TERM}


def with_place(login: Mapping[str, Any], city_index: str, place: "Place", at: datetime) -> dict[str, Any]:
    """The cities that a person was seen in lately, with this one, and where they are now."""
    others = {one: ms for one, ms in cities_of(login, at).items() if one != city_index}
    newest = sorted(others, key=lambda one: others[one], reverse=True)[: CITIES_MAX - 1]
    last = {"at": to_ms(at), "latitude": place.latitude, "longitude": place.longitude}
    return {"cities": {one: others[one] for one in newest} | {city_index: to_ms(at)}, "last_place": last}


def last_place_of(login: Mapping[str, Any]) -> "tuple[Place, datetime] | None":
    """Where the person signed in last, its city left out, and when."""
    from chalicelib.domain.visitor import Place

    last = login.get("last_place")
    return (Place("", last["latitude"], last["longitude"]), from_ms(last["at"])) if last else None


def login_change(login: Mapping[str, Any], values: Mapping[str, Any]) -> DocumentChange:
    """The login with other values, if it is still as it was read."""
    known = {"password_hash": login["password_hash"], "version": login.get("version")}
    return DocumentChange(TABLE, login["pk"], LOGIN, values, known, {"version": 1})
