"""Items of people: how do a profile, a login and an identity stand in the table `people`?

    pk cus_… | stf_…       sk profile   roles, phone_masked, real_name, referrer; the rest is sealed;
                                        sessions: every device that is signed in, under their own version
    pk phone#<index>       sk login     person_id, password_hash: one phone, one person
    pk identity#<index>    sk owner     person_id: one ID number, one person
    pk admins              sk <person>  there is an admin: the first one is enrolled by a code (enrolment.py)

Wrong tries stand in the table `work`, which forgets by itself:

    pk tries#<index>       sk sign-in   wrong, last_at, version, expires_at

An index is the keyed hash of a phone or ID number: it finds, and tells nothing.
"""

from collections.abc import Mapping
from datetime import datetime
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
SIGN_IN = "sign-in"


def phone_key(phone_index: str) -> str:
    return f"phone#{phone_index}"


def identity_key(number_index: str) -> str:
    return f"identity#{number_index}"


def tries_key(phone_index: str) -> str:
    return f"tries#{phone_index}"


def phone_context(person_id: str) -> str:
    """What the sealed phone is bound to: it opens nowhere else."""
    return f"{person_id}|phone"


def identity_context(person_id: str) -> str:
    """What the sealed name and number are bound to."""
    return f"{person_id}|identity"


def new_person(person: Person, phone_index: str, phone_sealed: str, password_hash: str) -> list[NewDocument]:
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
    }
    login = {"person_id": person.person_id, "password_hash": password_hash}
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
    phone_index: str, before: Mapping[str, Any] | None, after: Tries, at: datetime
) -> DocumentChange:
    """The counted tries, if nobody else counted since; forgotten when they hold nobody back any more."""
    values = {"wrong": after.wrong, "last_at": to_ms(at), "expires_at": to_ms(at + 2 * SLOW_DOWN) // 1000}
    version = {"version": before["version"] if before else None}
    return DocumentChange(TRIES_TABLE, tries_key(phone_index), SIGN_IN, values, version, {"version": 1})
