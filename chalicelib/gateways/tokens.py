"""Tokens: how does a signed token carry who somebody is, and whose signature do we believe?

JSON Web Tokens, HS256 and nothing else. The secret holds one key a line: the
first one signs, every one verifies. Which keys it holds after a rotation stands in
domain/signing_keys.py. A token names its key by the first characters of the key's hash.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import jwt

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.person import Claims, TokenExpired, TokenInvalid
from chalicelib.domain.session import Ticket

ALGORITHM = "HS256"
ISSUER = "forecourt"
ACCESS = "access"
REFRESH = "refresh"
KEY_BYTES_MIN = 32
KEYS_KEPT = timedelta(minutes=5)  # how long a rotation may take to be seen


class Keys(NamedTuple):
    """The keys by their ids, the one that signs, and when they were read."""

    by_id: Mapping[str, str]
    signing_id: str
    read_at: datetime


@dataclass(slots=True)
class SignedTokens:
    """The port Tokens. `read_secret` fetches the text of the signing secret."""

    read_secret: Callable[[], str]
    _keys: Keys | None = field(default=None, repr=False)

    def access(self, claims: Claims, now: datetime, expires_at: datetime) -> str:
        """A token that says who somebody is until then."""
        payload = {
            "use": ACCESS,
            "sub": claims.person_id,
            "roles": sorted(claims.roles),
            "referrers": list(claims.referrers),
            "root": claims.root,
            "real_name": claims.real_name,
            "sid": claims.session_id,
        }
        if claims.factor_at:
            payload["factor_at"] = to_ms(claims.factor_at)
        return self._signed(payload, now, expires_at)

    def refresh(self, ticket: Ticket, now: datetime, expires_at: datetime) -> str:
        """A token that continues a session once, and is good for nothing else."""
        payload = {
            "use": REFRESH,
            "sub": ticket.person_id,
            "sid": ticket.session_id,
            "generation": ticket.generation,
        }
        return self._signed(payload, now, expires_at)

    def read_access(self, token: str, now: datetime) -> Claims:
        """Who bears the token. Raises: TokenInvalid, TokenExpired."""
        payload = self._verified(token, ACCESS, now)
        try:
            return Claims(
                person_id=payload["sub"],
                roles=frozenset(payload["roles"]),
                referrers=tuple(payload["referrers"]),
                root=payload["root"],
                real_name=payload["real_name"] is True,
                session_id=payload["sid"],
                factor_at=from_ms(payload["factor_at"]) if "factor_at" in payload else None,
            )
        except KeyError:
            raise TokenInvalid() from None

    def read_refresh(self, token: str, now: datetime) -> Ticket:
        """Which session it continues. Raises: TokenInvalid, TokenExpired."""
        payload = self._verified(token, REFRESH, now)
        try:
            return Ticket(payload["sub"], payload["sid"], payload["generation"])
        except KeyError:
            raise TokenInvalid() from None

    def _signed(self, payload: dict[str, Any], now: datetime, expires_at: datetime) -> str:
        keys = self._current_keys(now)
        payload |= {"iss": ISSUER, "iat": int(now.timestamp()), "exp": int(expires_at.timestamp())}
        return jwt.encode(
            payload, keys.by_id[keys.signing_id], algorithm=ALGORITHM, headers={"kid": keys.signing_id}
        )

    def _verified(self, token: str, use: str, now: datetime) -> dict[str, Any]:
        try:
            key = self._current_keys(now).by_id[jwt.get_unverified_header(token)["kid"]]
            payload: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                # The moment is ours to judge: `now` is given, not read.
                options={"require": ["exp", "sub", "iss"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, KeyError, TypeError):
            raise TokenInvalid() from None
        if payload.get("use") != use:
            raise TokenInvalid()
        if int(payload["exp"]) <= int(now.timestamp()):
            raise TokenExpired()
        return payload

    def _current_keys(self, now: datetime) -> Keys:
        if self._keys is None or now >= self._keys.read_at + KEYS_KEPT:
            self._keys = keys_of(self.read_secret(), now)
        return self._keys


def keys_of(secret: str, now: datetime) -> Keys:
    """The keys of a secret's text, one a line, the signing one first."""
    keys = [line.strip() for line in secret.splitlines() if line.strip()]
    assert keys, "the signing secret is empty"
    assert all(len(key.encode()) >= KEY_BYTES_MIN for key in keys), "a signing key is too short"
    by_id = {hashlib.sha256(key.encode()).hexdigest()[:8]: key for key in keys}
    return Keys(by_id, next(iter(by_id)), now)
