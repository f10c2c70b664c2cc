"""Keys, fake and KMS: what is sealed opens in its context alone; equal values have equal indexes."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.gateways import keys as law
from chalicelib.gateways.keys import EnvelopeKeys, SealBroken
from tests.contract.aws import Counted, pretended_aws
from tests.fakes.keys import FakeKeys

NUMBER = "9001000000000000123"
BLIND_KEY = "b" * 64


class Stopwatch:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Vault:
    """One KMS and its keys, used by as many processes as a test wants."""

    def __init__(self, kms: Any) -> None:
        self.kms = Counted(kms)
        self.key_id = self.new_key()
        self.stopwatch = Stopwatch()

    def new_key(self) -> str:
        made: str = self.kms.client.create_key()["KeyMetadata"]["KeyId"]
        return made

    def process(self, blind_key: str = BLIND_KEY) -> EnvelopeKeys:
        return EnvelopeKeys(self.kms, self.key_id, lambda: blind_key, self.stopwatch)


@pytest.fixture
def vault() -> Iterator[Vault]:
    with pretended_aws() as client:
        yield Vault(client("kms"))


@pytest.fixture(params=["fake", "kms"])
def keys(request: pytest.FixtureRequest) -> FakeKeys | EnvelopeKeys:
    if request.param == "fake":
        return FakeKeys()
    found: Vault = request.getfixturevalue("vault")
    return found.process()


@pytest.mark.parametrize("plain", [NUMBER, "", "密码", "x" * 4000])
def test_what_was_sealed_opens_in_its_context(keys: FakeKeys | EnvelopeKeys, plain: str) -> None:
    assert keys.open(keys.seal(plain, "crd_A"), "crd_A") == plain


def test_a_sealed_text_does_not_open_in_another_context(keys: FakeKeys | EnvelopeKeys) -> None:
    sealed = keys.seal(NUMBER, "crd_A")
    with pytest.raises(SealBroken):
        keys.open(sealed, "crd_B")


def test_sealing_twice_gives_two_texts(keys: FakeKeys | EnvelopeKeys) -> None:
    assert keys.seal(NUMBER, "crd_A") != keys.seal(NUMBER, "crd_A")


@pytest.mark.parametrize(
    "text", ["", "nothing", "1..", "1.%%%.AAAA", "2.AAAA.AAAA", "1.AAAA", NUMBER, "卡.卡.卡"]
)
def test_what_never_was_sealed_does_not_open(keys: FakeKeys | EnvelopeKeys, text: str) -> None:
    with pytest.raises(SealBroken):
        keys.open(text, "crd_A")


@pytest.mark.parametrize("address", ["203.0.113.77", "127.0.0.1", "2001:db8::7"])
def test_a_veiled_address_is_read_with_its_salt_alone(keys: FakeKeys | EnvelopeKeys, address: str) -> None:
    veiled = keys.veil(address, "salt")
    assert address not in veiled
    assert keys.unveil(veiled, "salt") == address
    assert keys.veil(address, "other") != veiled
    with pytest.raises(SealBroken):
        keys.unveil(veiled, "other")


def test_a_veil_is_short_and_needs_its_key(vault: Vault) -> None:
    """It stands beside every record: a purchase's must stay below one unit (docs/costs.md)."""
    process = vault.process()
    assert [len(process.veil(one, "s")) for one in ("203.0.113.77", "2001:db8::7", "", "no address")] == [
        27,
        43,
        0,
        0,
    ]
    assert vault.kms.calls == {}
    with pytest.raises(SealBroken):
        vault.process("c" * 64).unveil(process.veil("203.0.113.77", "s"), "s")


def test_an_index_is_equal_for_equal_values_and_fits_an_id(keys: FakeKeys | EnvelopeKeys) -> None:
    index = keys.blind_index(NUMBER)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", index)
    assert keys.blind_index(NUMBER) == index
    assert len({keys.blind_index(str(number)) for number in range(1000)}) == 1000


def test_an_index_cannot_be_made_without_its_key(vault: Vault) -> None:
    assert vault.process().blind_index(NUMBER) != vault.process("c" * 64).blind_index(NUMBER)


def test_an_index_is_the_head_of_the_keyed_hash(vault: Vault) -> None:
    bits = f"{int.from_bytes(hmac.new(b'b' * 64, b'Hi There', hashlib.sha256).digest()):0256b}"
    spelled = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[i : i + 5], 2)] for i in range(0, 130, 5))
    assert vault.process().blind_index("Hi There") == spelled


def test_a_sealed_text_shows_nothing_of_what_it_holds(vault: Vault) -> None:
    process = vault.process()
    sealed = process.seal(NUMBER, "crd_A")
    assert sealed.startswith("1.")
    assert NUMBER not in sealed
    assert NUMBER not in repr(process)
    assert BLIND_KEY not in repr(process)


@pytest.mark.parametrize("place", [-1, -20, 3, 40])
def test_an_altered_text_does_not_open(vault: Vault, place: int) -> None:
    sealed = vault.process().seal(NUMBER, "crd_A")
    altered = list(sealed)
    altered[place] = "A" if altered[place] != "A" else "Q"
    with pytest.raises((SealBroken, ClientError)):
        vault.process().open("".join(altered), "crd_A")


def test_another_process_opens_what_this_one_sealed(vault: Vault) -> None:
    sealed = vault.process().seal(NUMBER, "crd_A")
    assert vault.process().open(sealed, "crd_A") == NUMBER


@pytest.mark.capability("S-019")
def test_old_texts_open_after_the_key_was_exchanged(vault: Vault) -> None:
    sealed = vault.process().seal(NUMBER, "crd_A")
    vault.key_id = vault.new_key()
    process = vault.process()
    assert process.open(sealed, "crd_A") == NUMBER
    assert process.open(process.seal("new", "crd_B"), "crd_B") == "new"


@pytest.mark.capability("S-019")
def test_old_texts_open_after_kms_rotated_the_key_without_being_sealed_anew(vault: Vault) -> None:
    sealed = vault.process().seal(NUMBER, "crd_A")
    vault.kms.client.rotate_key_on_demand(KeyId=vault.key_id)
    process = vault.process()
    assert process.open(sealed, "crd_A") == NUMBER
    newer = process.seal(NUMBER, "crd_A")
    assert newer.split(".")[1] != sealed.split(".")[1]  # another data key, wrapped by what the key is now
    assert vault.process().open(newer, "crd_A") == NUMBER


def test_a_thousand_cards_cost_one_call(vault: Vault) -> None:
    process = vault.process()
    sealed = [process.seal(str(number), "crd_A") for number in range(1000)]
    assert process.open(sealed[7], "crd_A") == "7"
    assert vault.kms.calls == {"generate_data_key": 1}


def test_a_data_key_is_given_up_when_it_is_old(vault: Vault) -> None:
    process = vault.process()
    first = process.seal(NUMBER, "crd_A")
    vault.stopwatch.seconds = law.DATA_KEY_SECONDS_MAX
    second = process.seal(NUMBER, "crd_A")
    assert first.split(".")[1] != second.split(".")[1]
    assert vault.kms.calls == {"generate_data_key": 2}


def test_a_data_key_is_given_up_when_it_is_worn(vault: Vault) -> None:
    process = vault.process()
    texts = [process.seal("x", "crd_A") for _ in range(law.DATA_KEY_USES_MAX + 1)]
    assert len({text.split(".")[1] for text in texts[:-1]}) == 1
    assert texts[0].split(".")[1] != texts[-1].split(".")[1]


def test_kms_is_asked_again_after_five_minutes_whether_a_key_still_opens(vault: Vault) -> None:
    process = vault.process()
    sealed = process.seal(NUMBER, "crd_A")
    vault.stopwatch.seconds = law.OPENED_SECONDS_MAX - 1
    process.open(sealed, "crd_A")
    assert "decrypt" not in vault.kms.calls
    vault.stopwatch.seconds = law.OPENED_SECONDS_MAX
    process.open(sealed, "crd_A")
    assert vault.kms.calls["decrypt"] == 1
