"""Ids: how is each thing named, and what does its name already tell?

    person    cus_<key> | stf_<key>       key: 12 characters of a look-alike-free alphabet, random
    distributor dst_<key>                  the same key as the person's: nobody needs an index to find it
    order     ord_<key><ULID>              the buyer's key and the operation's ULID: found by its id alone
    withdrawal wdr_<key><ULID>             the same for a distributor's withdrawal
    card      crd_<blind index>            the keyed hash of its number: a number can exist only once
    others    sku_ bat_ pln_ aud_ …        prefix and ULID, or a name given by the office

The ULID of a command is its Idempotency-Key, made by the client: the operation
id of a command is (person, ULID), so the same key sent twice names the same item.
"""

import re
from datetime import datetime, timedelta

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.errors import BadRequest, NotFound

KEY_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 31 characters; no 0 O 1 I L
KEY_LENGTH = 12
ULID_PATTERN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
KEY_PATTERN = re.compile(rf"[{KEY_ALPHABET}]{{{KEY_LENGTH}}}")
CLOCK_SKEW_ALLOWED_MS = 10 * 60 * 1000
KEY_AGE_MAX = timedelta(hours=24)  # of a key under which something new is begun

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class IdempotencyKeyInvalid(BadRequest):
    code = "IDEMPOTENCY_KEY_INVALID"
    advice = "Send a ULID (26 characters, time of now) as Idempotency-Key, a new one for each new command."


def ulid_time_ms(ulid: str) -> int:
    """The milliseconds since 1970 that a ULID begins with."""
    time_ms = 0
    for character in ulid[:10]:
        time_ms = time_ms * 32 + _CROCKFORD.index(character)
    return time_ms


def ulid_start(at: datetime) -> str:
    """The ten characters that every ULID of this millisecond begins with."""
    time_ms, text = to_ms(at), ""
    for _ in range(10):
        time_ms, digit = divmod(time_ms, 32)
        text = _CROCKFORD[digit] + text
    return text


def checked_operation_key(ulid: str, now_ms: int) -> str:
    """The Idempotency-Key in its one spelling.

    Raises: IdempotencyKeyInvalid when it is no ULID or lies more than ten minutes
    in the future (lists are sorted by it, so nobody may name a place ahead).
    """
    ulid = ulid.upper()
    if not ULID_PATTERN.fullmatch(ulid) or ulid_time_ms(ulid) > now_ms + CLOCK_SKEW_ALLOWED_MS:
        raise IdempotencyKeyInvalid()
    return ulid


def check_fresh(ulid: str, now: datetime) -> None:
    """Raises: IdempotencyKeyInvalid when the key of a new command is more than 24 hours old.

    Orders lie by the time in their key: nobody may hide a new one among the old.
    """
    if from_ms(ulid_time_ms(ulid)) < now - KEY_AGE_MAX:
        raise IdempotencyKeyInvalid()


def person_key(any_id: str) -> str:
    """The twelve characters that name the person behind a cus_, stf_, dst_, ord_ or wdr_ id."""
    return any_id[4 : 4 + KEY_LENGTH]


def key_of_index(index: str) -> str:
    """The key of a person that comes from another system, made of a blind index: always the same one."""
    number = 0
    for character in index:
        number = number * 32 + _CROCKFORD.index(character)
    characters = []
    for _ in range(KEY_LENGTH):
        number, digit = divmod(number, len(KEY_ALPHABET))
        characters.append(KEY_ALPHABET[digit])
    return "".join(characters)


def distributor_id_of(person_id: str) -> str:
    """The distributor that this person is, or would be."""
    return f"dst_{person_key(person_id)}"


def customer_id_of(any_id: str) -> str:
    """The customer behind an order, a withdrawal or a distributor id."""
    return f"cus_{person_key(any_id)}"


def owned_id(prefix: str, person_id: str, ulid: str) -> str:
    """An id that carries its owner: `owned_id("ord", "cus_…", ulid)`."""
    return f"{prefix}_{person_key(person_id)}{ulid}"


def ulid_of(owned: str) -> str:
    """The ULID of an id made by `owned_id`."""
    return owned[4 + KEY_LENGTH :]


def checked_owned_id(prefix: str, any_id: str) -> str:
    """The id, if it has the shape of `prefix_<key><ULID>`. Raises: NotFound."""
    if (
        not any_id.startswith(f"{prefix}_")
        or not KEY_PATTERN.fullmatch(person_key(any_id))
        or not ULID_PATTERN.fullmatch(ulid_of(any_id))
    ):
        raise NotFound(id=any_id[:64])
    return any_id
