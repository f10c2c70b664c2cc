"""Secrecy of what is kept: does a raw copy of every table, or a line of the log, tell anything in plain?

The very values that a lively world used are searched for, as they are, backwards, in base64 and in hex.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator

import pytest

from chalicelib.domain.personal_data import personal_data_in
from tests.handlers.lively import ADDRESS, BATCH, ID_NUMBER, NAME, OTHER_DEVICE, Lived
from tests.handlers.market import DEVICE, PASSWORD, SECRET
from tests.simulation.secrecy import Secrets

USED = (PASSWORD, DEVICE, OTHER_DEVICE, ADDRESS, SECRET, NAME, ID_NUMBER, *BATCH[0])

CODE = "7KQ2M-XW9PC"
URI = "otpauth://totp/Forecourt:138****0255?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Forecourt"


def forms(text: str) -> Iterator[str]:
    """A text as a pattern: plain and backwards, not within a longer number; in base64; in hex."""
    for one in (text, text[::-1]):
        yield rf"(?<![0-9A-Za-z]){re.escape(one)}(?![0-9A-Za-z])" if one.isalnum() else re.escape(one)
    content = text.encode()
    yield content.hex()
    for before in range(3):  # it may begin anywhere in three bytes; what touches its neighbours is left out
        for encode in (b64encode, urlsafe_b64encode):
            whole = encode(b"\0" * before + content).decode().rstrip("=")
            yield re.escape(whole[-(-before * 8 // 6) : len(whole) - (before + len(content)) % 3 % 2 - 1])


def shown(dump: str, texts: set[str]) -> list[str]:
    """Which of the texts the dump shows, in any form."""
    return sorted(text for text in texts if any(re.search(form, dump) for form in forms(text)))


def dump_of(lived: Lived) -> str:
    return "\n".join(
        f"{table} {json.dumps(item, ensure_ascii=False, default=str)}" for table, item in lived.items
    )


def test_the_world_used_what_is_searched_for(lived: Lived) -> None:
    texts = lived.secrets.texts
    assert {text for text in USED if text not in texts} == set()
    kinds = {"phone": r"138\d{8}", "code": r"\d{6}", "token": r"eyJ.{100,}", "card number": r"\d{18,19}"}
    kinds |= {"recovery code": r"([0-9A-Z]{4}-){5}[0-9A-Z]{4}", "the same typed": r"[0-9A-Z]{24}"}
    kinds |= {"secret": r"[A-Z2-7]{32}", "QR code": r"data:image/png;base64,.+", "URI": "otpauth://totp/.+"}
    found = {kind: sum(1 for text in texts if re.fullmatch(shape, text)) for kind, shape in kinds.items()}
    few = {"QR code": 3, "URI": 3}  # one of the scenario's customer, two of the guarded one
    assert all(count >= few.get(kind, 6) for kind, count in found.items()), found


@pytest.mark.capability("S-019")
def test_a_raw_copy_of_every_table_shows_nothing_that_is_hidden(lived: Lived) -> None:
    tables = {table for table, _ in lived.items}
    assert len(tables) == 10
    assert shown(dump_of(lived), lived.secrets.texts) == []


@pytest.mark.capability("S-019")
def test_nor_does_the_archive(lived: Lived) -> None:
    """What is locked there for ten years can never be taken back."""
    archived = [text for text in lived.objects if "person.sign_in" in text]
    assert archived, "the archive has the records of this world"
    assert shown("\n".join(lived.objects), lived.secrets.texts) == []


@pytest.mark.parametrize("text", ["13800000255", PASSWORD, ADDRESS, "123456", "张三", SECRET, CODE, URI])
@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_what_stands_there_would_be_found(text: str, before: str) -> None:
    whole = f"{before}|{text}|after".encode()
    hidden_in = (
        f'"{text}"',
        f"x|{text[::-1]}|",
        b64encode(whole).decode(),
        urlsafe_b64encode(whole).decode(),
    )
    for dump in (*hidden_in, whole.hex()):
        assert shown(dump, {text}) == [text], dump


@pytest.mark.capability("S-019")
def test_passwords_are_kept_as_argon2id_of_19_mib_and_two_passes(lived: Lived) -> None:
    kept = [item["password_hash"] for table, item in lived.items if item.get("password_hash")]
    assert len(kept) > 20
    assert {text[: text.index("p=1$")] for text in kept} == {"$argon2id$v=19$m=19456,t=2,"}  # config.py
    assert len({text.split("$")[4] for text in kept}) == len(kept)  # each has a salt of its own


@pytest.mark.capability("S-019")
def test_no_line_of_the_log_tells_anything_that_is_hidden(lived: Lived) -> None:
    assert any("stream batch" in line for line in lived.secrets.lines)
    assert shown("\n".join(sorted(lived.secrets.lines)), lived.secrets.texts) == []
    assert [line for line in lived.secrets.lines if personal_data_in(line)] == []


def test_a_line_that_tells_would_be_found() -> None:
    secrets = Secrets()
    secrets.keep("13800000255")
    secrets.say('{"message":"sent to 13800000255"}')
    assert len(list(secrets.told())) == 1
