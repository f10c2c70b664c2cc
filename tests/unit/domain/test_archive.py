"""The archive: one chain, one seal a day, and every alteration has a name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.archive import (
    BEGINNING,
    Head,
    Link,
    OpenDay,
    from_lines,
    linked,
    records_key,
    to_lines,
)
from chalicelib.domain.archive_check import ArchiveCheck, Stored, added, compare, missing
from chalicelib.domain.merkle import merkle_root
from chalicelib.domain.record import Client, canonical

Archive = dict[str, list[Link]]

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # 12:00 in Shanghai


def body(number: int) -> dict[str, Any]:
    return {"id": f"ord_{number}/paid", "action": "TOPUP_ISSUER", "lines": [["A", number], ["B", -number]]}


def archive_of(objects: list[tuple[str, int]]) -> Archive:
    """An archive with one object a pair (hour, number of records)."""
    archive: Archive = {}
    sequence, previous = 0, BEGINNING
    for hour, count in objects:
        links = linked(sequence, previous, [body(sequence + i + 1) for i in range(count)])
        archive[records_key(hour, sequence + 1)] = links
        sequence, previous = links[-1].sequence, links[-1].hash
    return archive


def seals_of(archive: Archive, days: list[str]) -> dict[str, dict[str, Any]]:
    """The seals of these days, one after the other."""
    seals: dict[str, dict[str, Any]] = {}
    previous, sequence, last_hash = BEGINNING, 0, BEGINNING
    for day in days:
        open_day = OpenDay(day, previous, sequence + 1, last_hash)
        links = (link for key, some in archive.items() if day.replace("-", "/") in key for link in some)
        for link in links:
            open_day = open_day.grown(link)
        root = open_day.root()
        seals[day] = root.document()
        previous, sequence, last_hash = root.digest, root.last_sequence, root.last_hash
    return seals


def findings(archive: Archive, seals: dict[str, dict[str, Any]] | None = None) -> list[str]:
    check = ArchiveCheck(seals or {})
    found = [str(one) for key in sorted(archive) for link in archive[key] for one in check.take(key, link)]
    return found + [str(one) for one in check.end()]


THREE_DAYS = [("2026/11/20/12", 3), ("2026/11/20/13", 2), ("2026/11/22/00", 4), ("2026/11/23/09", 1)]
DAYS = ["2026-11-20", "2026-11-21", "2026-11-22"]
HASH_OF_NOTHING = sha256(b"").hexdigest()


def test_each_link_hashes_the_one_before_and_its_own_body() -> None:
    first, second = linked(0, BEGINNING, [body(1), body(2)])
    assert first.hash == sha256(bytes(32) + sha256(canonical(body(1))).digest()).hexdigest()
    assert second.hash == sha256(bytes.fromhex(first.hash) + sha256(canonical(body(2))).digest()).hexdigest()
    assert (second.sequence, second.previous) == (2, first.hash)


def test_a_chain_continued_is_the_chain_made_at_once() -> None:
    whole = linked(0, BEGINNING, [body(n) for n in range(1, 8)])
    part = linked(0, BEGINNING, [body(n) for n in range(1, 4)])
    assert whole == part + linked(3, part[-1].hash, [body(n) for n in range(4, 8)])


def test_an_object_gives_back_the_links_it_was_made_of() -> None:
    links = linked(6, "ab" * 32, [body(1), {"id": "x/y", "reason": "退款\u2028两行\n"}])
    assert list(from_lines(to_lines(links))) == links


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"{",
        b'{"sequence": "1", "previous": "", "hash": "", "record": {}}',
        to_lines(linked(0, BEGINNING, [body(1)])).replace(b"000", b"zzz"),
        to_lines(linked(0, BEGINNING, [body(1)])).replace(b'"record"', b'"body"'),
    ],
)
def test_a_line_that_is_no_link_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        list(from_lines(line))


def test_an_untouched_archive_has_no_findings() -> None:
    archive = archive_of(THREE_DAYS)
    assert findings(archive, seals_of(archive, DAYS)) == []


def test_a_day_without_records_is_sealed_too() -> None:
    seals = seals_of(archive_of(THREE_DAYS), DAYS)
    quiet = seals["2026-11-21"]
    assert (quiet["count"], quiet["first_sequence"], quiet["last_sequence"]) == (0, 6, 5)
    assert quiet["root"] == HASH_OF_NOTHING


def test_the_root_of_a_day_is_that_of_its_bodies_in_order() -> None:
    seals = seals_of(archive_of(THREE_DAYS), DAYS)
    assert seals["2026-11-20"]["root"] == merkle_root(canonical(body(n)) for n in range(1, 6))


def changed_body(archive: Archive) -> None:
    links = archive["records/2026/11/20/12/000000000001.jsonl.gz"]
    links[1] = links[1]._replace(body={**links[1].body, "lines": [["A", 9], ["B", -9]]})


def changed_body_and_hash(archive: Archive) -> None:
    links = archive["records/2026/11/20/12/000000000001.jsonl.gz"]
    links[1] = linked(1, links[1].previous, [{**links[1].body, "reason": "x"}])[0]


def removed_link(archive: Archive) -> None:
    del archive["records/2026/11/22/00/000000000006.jsonl.gz"][2]


def removed_object(archive: Archive) -> None:
    del archive["records/2026/11/20/13/000000000004.jsonl.gz"]


def swapped_links(archive: Archive) -> None:
    links = archive["records/2026/11/22/00/000000000006.jsonl.gz"]
    links[1], links[2] = links[2], links[1]


def added_link(archive: Archive) -> None:
    links = archive["records/2026/11/20/13/000000000004.jsonl.gz"]
    links.append(linked(links[-1].sequence, links[-1].hash, [body(77)])[0])


def moved_object(archive: Archive) -> None:
    links = archive.pop("records/2026/11/20/13/000000000004.jsonl.gz")
    archive["records/2026/11/20/13/000000000009.jsonl.gz"] = links


@pytest.mark.parametrize(
    "alter, first",
    [
        (changed_body, "archive sequence 2: changed (record ord_2/paid)"),
        (changed_body_and_hash, "archive sequence 3: does not follow the one before (record ord_3/paid)"),
        (removed_link, "archive sequence 8: missing"),
        (removed_object, "archive sequence 4 to 5: missing"),
        (swapped_links, "archive sequence 7: missing"),
        (added_link, "archive sequence 6: added (record ord_6/paid)"),
        (moved_object, "archive object records/2026/11/20/13/000000000009.jsonl.gz: lies in the wrong place"),
    ],
)
def test_every_alteration_of_the_archive_is_named(alter: Callable[[Archive], None], first: str) -> None:
    archive = archive_of(THREE_DAYS)
    seals = seals_of(archive, DAYS)
    alter(archive)
    found = findings(archive, seals)
    assert first in found
    assert any(one.startswith("root 2026-11-2") for one in found) or alter is moved_object


def test_a_missing_altered_or_foreign_root_is_named() -> None:
    archive = archive_of(THREE_DAYS)
    seals = seals_of(archive, DAYS)
    middle = seals.pop("2026-11-21")
    assert findings(archive, seals)[0] == "root 2026-11-21: missing"
    altered = {**middle, "root": "00" * 32}
    found = findings(archive, seals | {"2026-11-21": altered})
    assert found == [
        "root 2026-11-21: its root is not that of the archive",
        "root 2026-11-22: its previous is not that of the archive",
    ]
    early = {"2026-11-01": middle}
    assert "root 2026-11-01: seals a day that has no place in the archive" in findings(archive, early)


def test_days_after_the_newest_root_wait_for_theirs() -> None:
    archive = archive_of(THREE_DAYS)
    check = ArchiveCheck(seals_of(archive, DAYS))
    found = [one for key in archive for link in archive[key] for one in check.take(key, link)]
    assert [*found, *check.end()] == []
    assert (check.sealed_days, check.unsealed_days) == (DAYS, ["2026-11-23"])
    assert check.newest_root == merkle_root(canonical(body(n)) for n in range(6, 10))


@given(st.integers(0, 9), st.sampled_from(["hash", "previous", "sequence", "body"]))
def test_no_single_field_can_be_altered_unseen(position: int, name: str) -> None:
    archive = archive_of(THREE_DAYS)
    seals = seals_of(archive, DAYS)
    links = [link for some in archive.values() for link in some]
    altered = {"hash": "11" * 32, "previous": "22" * 32, "sequence": 99, "body": {"id": "x/y"}}[name]
    target = links[position]
    for some in archive.values():
        some[:] = [link._replace(**{name: altered}) if link is target else link for link in some]
    assert findings(archive, seals)


CLIENT = Client("203.0.113.7", "Mozilla/5.0", "salt")
TEXT = canonical(body(5) | {"client": CLIENT.commitment}).decode()
DIGEST = sha256(TEXT.encode()).hexdigest()
PRIVATE = '["203.0.113.7","Mozilla/5.0","salt"]'


@pytest.mark.parametrize(
    "text, digest, private, problem",
    [
        (TEXT, DIGEST, PRIVATE, ""),
        (TEXT, DIGEST, "", ""),  # the personal data was erased, as a person may ask
        (TEXT.replace("5", "6"), DIGEST, PRIVATE, "changed"),
        (TEXT.replace(":", ": "), DIGEST, PRIVATE, "changed"),
        ("", "", "", "changed"),
        (TEXT, "00" * 32, PRIVATE, "its digest was changed"),
        (TEXT, DIGEST, PRIVATE.replace("7", "8"), "the client beside it was changed"),
        (TEXT, DIGEST, "{", "the client beside it was changed"),
    ],
)
def test_a_record_of_the_store_is_compared_with_the_archive(
    text: str, digest: str, private: str, problem: str
) -> None:
    found = [str(one) for one in compare(Stored("ord_5/paid", text, digest, private), 5, DIGEST)]
    assert found == ([f"journal record ord_5/paid: {problem} (archive sequence 5)"] if problem else [])


def test_a_record_that_only_the_store_holds_is_added() -> None:
    assert str(added("ord_5/paid")) == "journal record ord_5/paid: added: it is not in the archive"


def test_a_record_that_only_the_archive_holds_is_missing() -> None:
    assert str(missing("ord_5/paid", 5)) == "journal record ord_5/paid: missing (archive sequence 5)"


# ---------------------------------------------------------------- the head


def test_a_key_is_opened_in_the_hour_of_shanghai() -> None:
    head = Head(sequence=41).opened(NOON)
    assert head.open_key == "records/2026/11/20/12/000000000042.jsonl.gz"
    assert head.first_day == "2026-11-20"


def test_a_clock_that_is_behind_opens_no_earlier_hour() -> None:
    head = Head().opened(NOON)
    head = head.after(linked(0, BEGINNING, [body(1)])[0])
    late = head.opened(NOON - timedelta(hours=2))
    assert late.open_key == "records/2026/11/20/12/000000000002.jsonl.gz"


def test_no_key_is_opened_in_a_closed_day() -> None:
    head = Head().closed(date(2026, 11, 20)).opened(NOON)
    assert head.open_key == "records/2026/11/21/00/000000000001.jsonl.gz"


def test_a_day_is_open_while_an_object_of_it_or_of_an_earlier_day_may_be_written() -> None:
    head = Head().opened(NOON)
    assert head.is_open_in(date(2026, 11, 20))
    assert head.is_open_in(date(2026, 11, 21))
    assert not head.is_open_in(date(2026, 11, 19))
    assert not Head().is_open_in(date(2026, 11, 20))


def test_days_are_sealed_in_order_from_the_first_record_on() -> None:
    assert Head().next_day_to_seal() is None
    head = Head().opened(NOON)
    assert head.next_day_to_seal() == date(2026, 11, 20)
    root = OpenDay("2026-11-20", BEGINNING, 1, BEGINNING).root()
    assert replace(head, open_key="").sealed(root).next_day_to_seal() == date(2026, 11, 21)
