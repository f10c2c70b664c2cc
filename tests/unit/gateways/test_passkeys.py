"""Passkeys as a device makes them, and as nobody does: whatever is sent is verified or refused by name."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.config import Settings
from chalicelib.domain.passkey import PasskeyRefused
from chalicelib.gateways.passkeys import WebAuthnPasskeys
from tests.fakes.device import Device, decoded, encoded

CHALLENGE = "1893456000000-0123456789abcdef-7K3M9PQRS2TV"
HERE = WebAuthnPasskeys("localhost", ("http://localhost:8080",))
SENT = HERE.as_sent(CHALLENGE)
DEVICE = Device()
NEW = HERE.added(DEVICE.made_for(SENT), CHALLENGE)
SHOWN = DEVICE.signed_for(SENT)
# A signature takes a millisecond, or a second on a machine that is busy.
LEISURELY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)


def test_what_a_device_makes_is_read_back() -> None:
    assert (NEW.credential, NEW.counter) == (encoded(DEVICE.credential), 0)
    assert HERE.signed(SHOWN, CHALLENGE, NEW.public_key) == 1
    assert (HERE.challenge_of(SHOWN), HERE.credential_of(SHOWN)) == (CHALLENGE, NEW.credential)
    with pytest.raises(PasskeyRefused):
        HERE.signed(SHOWN, CHALLENGE.replace("7", "8"), NEW.public_key)


def refused_or_read(answer: str) -> None:
    for look in (
        lambda: HERE.challenge_of(answer),
        lambda: HERE.credential_of(answer),
        lambda: HERE.added(answer, CHALLENGE),
        lambda: HERE.signed(answer, CHALLENGE, NEW.public_key),
    ):
        with suppress(PasskeyRefused):
            look()


@LEISURELY
@given(st.text(max_size=60).map(lambda text: "{" + text + "}") | ANYTHING.map(json.dumps))
def test_any_text_is_read_or_refused(answer: str) -> None:
    refused_or_read(answer)


@LEISURELY
@given(
    st.sampled_from([DEVICE.made_for(SENT), SHOWN]),
    st.sampled_from(["authenticatorData", "clientDataJSON", "signature", "attestationObject"]),
    st.data(),
)
def test_any_altered_part_is_read_or_refused(answer: str, where: str, chance: st.DataObject) -> None:
    told: dict[str, Any] = json.loads(answer)
    content = decoded(told["response"].get(where, ""))
    cut = chance.draw(st.integers(0, len(content)))
    told["response"][where] = encoded(
        content[:cut] + chance.draw(st.binary(max_size=12)) + content[cut + 3 :]
    )
    refused_or_read(json.dumps(told))


@LEISURELY
@given(ANYTHING, st.sampled_from(["id", "rawId", "type", "response", "clientExtensionResults"]))
def test_any_other_value_of_a_field_is_read_or_refused(value: Any, name: str) -> None:
    refused_or_read(json.dumps({**json.loads(SHOWN), name: value}))


def configured(public_url: str, origins: str = "", domain: str = "") -> Settings:
    told = dict.fromkeys((name for name in Settings.__dataclass_fields__), "x")
    numbers = {"budgets_times": 1, "password_memory_kib": 8, "password_passes": 1}
    own = {"public_url": public_url, "web_origins": origins, "passkey_domain": domain}
    return Settings(**{**told, **numbers, **own})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "told, site, origins",
    [
        (("http://localhost:8080",), "localhost", ("http://localhost:8080",)),
        (("https://api.shop.example/prod/",), "api.shop.example", ("https://api.shop.example",)),
        (
            ("https://api.shop.example", "https://web.shop.example,https://evilshop.example", "shop.example"),
            "shop.example",
            ("https://api.shop.example", "https://web.shop.example"),
        ),
        (
            ("https://api.shop.example", "https://web.shop.example"),
            "api.shop.example",
            ("https://api.shop.example",),
        ),
        (("https://api.shop.example", "", "other.example"), "other.example", ()),
    ],
)
def test_domain_and_origins_come_from_the_configuration(
    told: tuple[str, ...], site: str, origins: tuple[str, ...]
) -> None:
    told_so = configured(*told)
    assert (told_so.passkey_site, told_so.passkey_origins) == (site, origins)
