"""The configuration: is the environment read whole, checked, and never shown?"""

import pytest

from chalicelib.config import SettingsMissing, read_settings, required_variables

TOLD = {name: f"told-{name.lower()}" for name in required_variables()} | {
    "FORECOURT_STAGE": "dev",
    "PUBLIC_URL": "https://example.com/v1",
}


def test_every_variable_is_read_into_the_field_of_its_name() -> None:
    settings = read_settings(
        TOLD | {"PASSWORD_PASSES": "3", "WEB_ORIGINS": "https://a.example, https://b.example"}
    )
    assert settings.table_names["orders"] == "told-table_orders"
    assert len(settings.table_names) == 10
    assert (settings.password_passes, settings.password_memory_kib) == (3, 19_456)
    assert settings.cors_origins == {"https://a.example", "https://b.example"}
    assert settings.counterparties_url == ""


@pytest.mark.parametrize(
    "name, text",
    [
        ("TABLE_ORDERS", ""),
        ("FORECOURT_STAGE", "Dev"),
        ("FORECOURT_STAGE", "dev\n"),
        ("PUBLIC_URL", "ftp://example.com"),
        ("PASSWORD_PASSES", "17"),
        ("PASSWORD_PASSES", "many"),
        ("PASSWORD_MEMORY_KIB", "7"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named_and_not_shown(name: str, text: str) -> None:
    with pytest.raises(SettingsMissing) as refused:
        read_settings(TOLD | {name: text})
    assert str(refused.value) == f"missing or wrong in the environment: {name}"


def test_every_variable_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsMissing, match="KEY_CARD_SECRETS, .*TABLE_WORK$"):
        read_settings({"FORECOURT_STAGE": "dev", "PUBLIC_URL": "http://x"})
