"""Configuration: what was this process told about its surroundings?

The only reader of the environment. A variable is named like its field, in capitals:
`table_accounts` is TABLE_ACCOUNTS. Fields without a default are set for every
function by the template; a process that lacks one says which, and does not start.
"""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_TABLE_PREFIX = "table_"


class SettingsMissing(RuntimeError):
    """A variable of the environment is missing or makes no sense. The text names it, never its value."""


class Settings(BaseModel):
    """Everything the environment decides: names, addresses and bounds. Secrets are fetched by their names."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    forecourt_stage: str = Field(pattern=r"^[a-z][a-z0-9]{1,15}$")
    public_url: str = Field(pattern=r"^https?://[^/]+(/.*)?$", description="where customers reach the API")

    table_accounts: str = Field(min_length=1)
    table_orders: str = Field(min_length=1)
    table_cards: str = Field(min_length=1)
    table_journal: str = Field(min_length=1)
    table_edges: str = Field(min_length=1)
    table_people: str = Field(min_length=1)
    table_catalog: str = Field(min_length=1)
    table_stock: str = Field(min_length=1)
    table_views: str = Field(min_length=1)
    table_work: str = Field(min_length=1)

    bucket_archive: str = Field(min_length=1)
    bucket_uploads: str = Field(min_length=1)
    bucket_dead_letters: str = Field(min_length=1)

    queue_order_timers_url: str = Field(min_length=1)
    queue_imports_url: str = Field(min_length=1)
    queue_order_timers_dead_letters_url: str = Field(min_length=1)
    queue_imports_dead_letters_url: str = Field(min_length=1)

    key_card_secrets: str = Field(min_length=1)
    secret_blind_index: str = Field(min_length=1)
    secret_token_signing: str = Field(min_length=1)
    secret_sandbox_channel: str = Field(min_length=1)

    counterparties_url: str = Field(default="", description="sandbox channel, issuer and payout; empty: none")
    web_origins: str = Field(default="", description="origins of web clients elsewhere, by commas, for CORS")

    # Argon2id as the OWASP Password Storage Cheat Sheet advises (19 MiB, 2 passes, 1 lane). After a
    # change the hashes made before are renewed, each at its owner's next sign-in.
    password_memory_kib: int = Field(default=19_456, ge=8, le=1_048_576)
    password_passes: int = Field(default=2, ge=1, le=16)

    @property
    def table_names(self) -> dict[str, str]:
        """The real name of each table by its short one: `accounts`, `orders`, …"""
        values = self.model_dump()
        return {
            field.removeprefix(_TABLE_PREFIX): values[field]
            for field in type(self).model_fields
            if field.startswith(_TABLE_PREFIX)
        }

    @property
    def cors_origins(self) -> frozenset[str]:
        """Origins from which a browser may call the API."""
        return frozenset(origin.strip() for origin in self.web_origins.split(",") if origin.strip())


def required_variables() -> frozenset[str]:
    """The names that the template must set for every function."""
    return frozenset(name.upper() for name, field in Settings.model_fields.items() if field.is_required())


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises: SettingsMissing, naming each variable at fault."""
    environment = os.environ if environment is None else environment
    values = {
        name: environment[name.upper()] for name in Settings.model_fields if environment.get(name.upper())
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        wrong = ", ".join(sorted(str(problem["loc"][0]).upper() for problem in error.errors()))
        raise SettingsMissing(f"missing or wrong in the environment: {wrong}") from None
