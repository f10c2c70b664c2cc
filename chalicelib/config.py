"""Configuration: what was this process told about its surroundings?

The only reader of the environment. A variable is named like its field, in capitals:
`table_accounts` is TABLE_ACCOUNTS. Fields without a default are set for every
function by the template; a process that lacks one says which, and does not start.
A plain class, not a model: every function needs it, and most need no models.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

_TABLE_PREFIX = "table_"


class SettingsMissing(RuntimeError):
    """A variable of the environment is missing or makes no sense. The text names it, never its value."""


def _like(pattern: str, default: Any = MISSING) -> Any:
    """A text that fits the whole pattern."""
    return field(default=default, metadata={"pattern": pattern})


def _between(least: int, most: int, default: int) -> Any:
    """A whole number with bounds."""
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the environment decides: names, addresses and bounds. Secrets are fetched by their names."""

    forecourt_stage: str = _like(r"[a-z][a-z0-9]{1,15}")
    public_url: str = _like(r"https?://[^/]+(/.*)?")  # where customers reach the API

    table_accounts: str
    table_orders: str
    table_cards: str
    table_journal: str
    table_edges: str
    table_people: str
    table_catalog: str
    table_stock: str
    table_views: str
    table_work: str

    bucket_archive: str
    bucket_uploads: str
    bucket_dead_letters: str

    queue_order_timers_url: str
    queue_imports_url: str
    queue_order_timers_dead_letters_url: str
    queue_imports_dead_letters_url: str

    key_card_secrets: str
    secret_blind_index: str
    secret_token_signing: str
    secret_sandbox_channel: str

    counterparties_url: str = ""  # sandbox channel, issuer and payout; empty: none
    web_origins: str = ""  # origins of web clients elsewhere, by commas, for CORS

    viewer_places: str = _like(r"|sandbox|[0-9a-f]{64}(,[0-9a-f]{64})*", "")  # gateways/places.py
    # Whose passkeys are asked for: "" is the public URL's host; else a parent of it, for pages elsewhere.
    passkey_domain: str = _like(r"[a-z0-9-]+(\.[a-z0-9-]+)*", "")

    budgets_times: int = _between(
        1, 1_000_000, 1
    )  # how often a budget of the door may be had: more only in tests

    # Argon2id as the OWASP Password Storage Cheat Sheet advises (19 MiB, 2 passes, 1 lane). After a
    # change the hashes made before are renewed, each at its owner's next sign-in.
    password_memory_kib: int = _between(8, 1_048_576, 19_456)
    password_passes: int = _between(1, 16, 2)

    @property
    def table_names(self) -> dict[str, str]:
        """The real name of each table by its short one: `accounts`, `orders`, …"""
        return {
            one.name.removeprefix(_TABLE_PREFIX): getattr(self, one.name)
            for one in fields(self)
            if one.name.startswith(_TABLE_PREFIX)
        }

    @property
    def edge_marks(self) -> tuple[str, ...]:
        """The hashes by which our CloudFront is known; none where nobody stands before the gateway."""
        return () if self.has_sandbox_places else tuple(filter(None, self.viewer_places.split(",")))

    @property
    def has_sandbox_places(self) -> bool:
        return self.viewer_places == "sandbox"

    @property
    def cors_origins(self) -> frozenset[str]:
        """Origins from which a browser may call the API."""
        return frozenset(origin.strip() for origin in self.web_origins.split(",") if origin.strip())

    @property
    def passkey_site(self) -> str:
        """The domain that passkeys are made for, in WebAuthn the RP id."""
        return self.passkey_domain or urlsplit(self.public_url).hostname or ""

    @property
    def passkey_origins(self) -> tuple[str, ...]:
        """The origins whose pages may ask for them: ours, and of the web clients those of that domain."""
        own = urlsplit(self.public_url)
        known = {f"{own.scheme}://{own.netloc}", *self.cors_origins}
        return tuple(sorted(one for one in known if self._is_in_domain(urlsplit(one).hostname or "")))

    def _is_in_domain(self, host: str) -> bool:
        return host == self.passkey_site or host.endswith(f".{self.passkey_site}")


def required_variables() -> frozenset[str]:
    """The names that the template must set for every function."""
    return frozenset(one.name.upper() for one in fields(Settings) if one.default is MISSING)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises: SettingsMissing, naming each variable at fault."""
    told = os.environ if environment is None else environment
    given = {one: told[one.name.upper()] for one in fields(Settings) if told.get(one.name.upper())}
    wrong = {one.name.upper() for one, text in given.items() if not _makes_sense(one, text)}
    wrong |= required_variables() - {one.name.upper() for one in given}
    if wrong:
        raise SettingsMissing(f"missing or wrong in the environment: {', '.join(sorted(wrong))}")
    return Settings(**{one.name: _value(one, text) for one, text in given.items()})


def _makes_sense(one: "Field[Any]", text: str) -> bool:
    if one.type is int:
        return text.isdecimal() and one.metadata["least"] <= int(text) <= one.metadata["most"]
    return re.fullmatch(one.metadata.get("pattern", r"(?s).*"), text) is not None


def _value(one: "Field[Any]", text: str) -> Any:
    return int(text) if one.type is int else text
