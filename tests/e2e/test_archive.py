"""The archive on the embedded engine: written from the streams, sealed, and verified against the store."""

import gzip
import json
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.archive import Head, Link
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.change import NewCard
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Client, Record, canonical, digest_of
from chalicelib.usecases.archive_records import ArchiveRecords, unpacked
from local import pumps, reindex_archive
from local.checkpoints import Checkpoints
from local.testing import World
from local.verify_archive import Summary, main, places_of, verify
from tests.unit.usecases.archive_world import as_stored

pytestmark = pytest.mark.usefixtures("rights")

BUYER = "cus_BBBBBBBBBBBB"
WRITTEN_AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
RECORDS = 12


def top_up(number: int) -> Record:
    lines = [debit("A:CHANNEL:sandbox", 100 + number), credit("L:PREPAID:crd_A", 100 + number)]
    return Record(
        partition=BUYER,
        entry_id=f"ord_{number:02d}",
        action="TOPUP_ISSUER",
        at=WRITTEN_AT + timedelta(seconds=number),
        actor=BUYER,
        lines=checked_lines("TOPUP_ISSUER", lines),
        client=Client("203.0.113.7", "Mozilla/5.0", f"salt{number}"),
    )


def a_card() -> Card:
    return Card(
        card_id="crd_A",
        sku_id="sku_demo",
        issuer="ours",
        mode="ISSUER",
        kind="NAMED",
        form="VIRTUAL",
        state=CardState.ACTIVE,
        cap_fen=500_000,
        last4="0001",
        holder_id=BUYER,
    )


@dataclass
class Archived:
    """A world whose journal and one join are archived and whose first day is sealed."""

    world: World

    @property
    def s3(self) -> Any:
        return self.world.client("s3")

    @property
    def bucket(self) -> str:
        return self.world.environment["BUCKET_ARCHIVE"]

    def drain(self) -> None:
        for reader in ("archive_journal", "archive_edges"):
            self.world.drain(only=[reader])

    def change_record(self, number: int, **values: str) -> None:
        for name, text in values.items():
            self.world.client("dynamodb").update_item(
                TableName=self.world.table_name("journal"),
                Key={"pk": {"S": BUYER}, "sk": {"S": f"ord_{number:02d}"}},
                UpdateExpression="SET #n = :v",
                ExpressionAttributeNames={"#n": name},
                ExpressionAttributeValues={":v": {"S": text}},
            )

    def object_keys(self, prefix: str = "records/") -> list[str]:
        return bootstrap.archive_objects().list(prefix)

    def text(self, key: str) -> str:
        return gzip.decompress(bootstrap.archive_objects().get(key) or b"").decode()

    def findings(self, grace_seconds: int = 0) -> list[str]:
        now = datetime.now(UTC)
        return [str(one) for one in verify(places_of(os.environ), now, Summary(), grace_seconds)]


@pytest.fixture
def archived(world: World) -> Archived:
    books = bootstrap.books()
    books.commit(None, [NewCard(a_card())])
    for number in range(RECORDS):
        books.commit(top_up(number), [CardChange("crd_A", (CardState.ACTIVE,), cap_fen=500_000)])
        if number == RECORDS // 2:
            world.drain(only=["archive_journal"])
    about = {"parent": "dst_AAAAAAAAAAAA"}
    join = Record("dst_CCCCCCCCCCCC", "join", "DISTRIBUTOR_JOINED", WRITTEN_AT, "cus_CCCCCCCCCCCC", about)
    bootstrap.documents().put_new(
        "edges", "dst_AAAAAAAAAAAA", "child#dst_CCCCCCCCCCCC", {"record": canonical(join.body()).decode()}
    )
    bootstrap.documents().put_new("edges", "dst_AAAAAAAAAAAA", "self", {"state": "ACTIVE"})
    found = Archived(world)
    found.drain()
    bootstrap.seal_archive()(datetime.now(UTC) + timedelta(days=1))
    return found


def test_every_journal_and_audit_record_is_archived_in_locked_objects_by_hour(archived: Archived) -> None:
    lines = [json.loads(line) for key in archived.object_keys() for line in archived.text(key).splitlines()]
    ids = {line["record"]["id"] for line in lines}
    assert ids == {top_up(n).record_id for n in range(RECORDS)} | {"dst_CCCCCCCCCCCC/join"}
    assert [line["sequence"] for line in lines] == list(range(1, RECORDS + 2))
    for key in archived.object_keys():
        version = archived.s3.head_object(Bucket=archived.bucket, Key=key)["VersionId"]
        with pytest.raises(archived.s3.exceptions.ClientError, match="AccessDenied"):
            archived.s3.delete_object(Bucket=archived.bucket, Key=key, VersionId=version)
    assert len(archived.object_keys("roots/")) == 1
    assert archived.findings() == []


def test_no_archived_record_shows_where_its_client_was(archived: Archived) -> None:
    texts = "".join(archived.text(key) for key in archived.object_keys())
    assert top_up(3).body()["client"] in texts
    assert not any(part in texts for part in ("203.0.113.7", "Mozilla", "salt3"))


def test_what_comes_again_from_the_streams_is_archived_once(archived: Archived) -> None:
    before = archived.object_keys()
    engine = archived.world.engine
    archived.world.pumps = pumps.build(engine.template, engine.resources, Checkpoints())
    archived.drain()
    assert archived.object_keys() == before
    assert archived.findings() == []


def changed_body(archived: Archived) -> None:
    body = top_up(4).body() | {"lines": [["A:CHANNEL:sandbox", 9_999], ["L:PREPAID:crd_A", -9_999]]}
    archived.change_record(4, body=canonical(body).decode())


def changed_body_and_digest(archived: Archived) -> None:
    body = top_up(4).body() | {"actor": "cus_DDDDDDDDDDDD"}
    archived.change_record(4, body=canonical(body).decode(), digest=digest_of(body))


def changed_digest(archived: Archived) -> None:
    archived.change_record(4, digest="00" * 32)


def changed_client(archived: Archived) -> None:
    archived.change_record(4, private='["198.51.100.1","Mozilla/5.0","salt4"]')


def removed_record(archived: Archived) -> None:
    bootstrap.dynamo().delete("journal", (BUYER, "ord_04"))


def removed_join(archived: Archived) -> None:
    bootstrap.documents().delete("edges", "dst_AAAAAAAAAAAA", "child#dst_CCCCCCCCCCCC")


def added_record(archived: Archived) -> None:
    body = top_up(90).body()
    values = {"body": canonical(body).decode(), "digest": digest_of(body)}
    bootstrap.dynamo().put("journal", (BUYER, "ord_90"), values)


def overwritten_object(archived: Archived) -> None:
    key = archived.object_keys()[0]
    text = archived.text(key).replace('"actor":"cus_B', '"actor":"cus_X', 1)
    archived.s3.put_object(Bucket=archived.bucket, Key=key, Body=gzip.compress(text.encode()))


def removed_object(archived: Archived) -> None:
    archived.s3.delete_object(Bucket=archived.bucket, Key=archived.object_keys()[1])


def removed_root(archived: Archived) -> None:
    archived.s3.delete_object(Bucket=archived.bucket, Key=archived.object_keys("roots/")[0])


def unreadable_object(archived: Archived) -> None:
    archived.s3.put_object(Bucket=archived.bucket, Key=archived.object_keys()[0], Body=b"no archive")


@pytest.mark.capability("S-020")
@pytest.mark.parametrize(
    "alter, named",
    [
        (changed_body, "journal record cus_BBBBBBBBBBBB/ord_04: changed (archive sequence 5)"),
        (changed_body_and_digest, "journal record cus_BBBBBBBBBBBB/ord_04: changed (archive sequence 5)"),
        (
            changed_digest,
            "journal record cus_BBBBBBBBBBBB/ord_04: its digest was changed (archive sequence 5)",
        ),
        (
            changed_client,
            "journal record cus_BBBBBBBBBBBB/ord_04: the client beside it was changed (archive sequence 5)",
        ),
        (removed_record, "journal record cus_BBBBBBBBBBBB/ord_04: missing (archive sequence 5)"),
        (removed_join, "journal record dst_CCCCCCCCCCCC/join: missing (archive sequence 13)"),
        (added_record, "journal record cus_BBBBBBBBBBBB/ord_90: added: it is not in the archive"),
        (overwritten_object, "archive sequence 1: changed (record cus_BBBBBBBBBBBB/ord_00)"),
        (removed_object, "archive sequence 8 to 12: missing"),
        (unreadable_object, "archive sequence 1 to 7: missing"),
    ],
)
def test_what_was_changed_removed_or_added_is_named(
    archived: Archived, alter: Callable[[Archived], None], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alter(archived)
    assert main(["--grace-seconds", "0"]) == 1
    printed = capsys.readouterr().out
    assert named in printed.splitlines()
    if "sequence" in named:
        first = min(int(number) for number in re.findall(r"archive sequence (\d+)", printed))
        assert f"first broken link: archive sequence {first}" in printed


def test_an_id_that_was_written_anew_under_another_time_is_named_by_both(archived: Archived) -> None:
    """The journal's key forbids it, unless the record is removed first. The verifier goes by ids alone."""
    removed_record(archived)
    forged = replace(top_up(4), at=WRITTEN_AT + timedelta(minutes=1))
    values = {"body": canonical(forged.body()).decode(), "digest": forged.digest}
    bootstrap.dynamo().put("journal", (BUYER, "ord_04"), values)
    archived.drain()
    assert archived.findings() == [
        "archive sequence 14: record cus_BBBBBBBBBBBB/ord_04 a second time",
        "journal record cus_BBBBBBBBBBBB/ord_04: changed (archive sequence 5)",
    ]


def test_an_object_or_root_that_was_removed_or_overwritten_is_named_as_such(archived: Archived) -> None:
    first, second = archived.object_keys()[:2]
    overwritten_object(archived)
    removed_object(archived)
    (root,) = archived.object_keys("roots/")
    removed_root(archived)
    found = archived.findings()
    assert f"archive object {first}: overwritten" in found
    assert f"archive object {second}: removed" in found
    assert f"root {root[6:16]}: removed" in found


def test_an_intact_archive_is_told_with_its_counts_and_its_newest_root(
    archived: Archived, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--grace-seconds", "0"]) == 0
    printed = capsys.readouterr().out
    root = json.loads(bootstrap.archive_objects().get(archived.object_keys("roots/")[0]) or b"")["root"]
    assert f"{RECORDS + 1} records in {len(archived.object_keys())} objects, 1 days sealed" in printed
    assert root in printed
    assert "the archive is intact, and the store agrees with it" in printed


def test_a_record_written_just_now_is_waited_for_and_not_called_added(archived: Archived) -> None:
    record = replace(top_up(91), at=datetime.now(UTC))
    bootstrap.dynamo().put(
        "journal",
        (BUYER, "ord_91"),
        {"body": canonical(record.body()).decode(), "digest": record.digest},
    )
    summary = Summary()
    places = places_of(os.environ)
    assert list(verify(places, datetime.now(UTC), summary, grace_seconds=60)) == []
    assert summary.waiting == 1


def test_a_record_with_personal_data_ends_at_the_failure_destination_and_blocks_nobody(world: World) -> None:
    books = bootstrap.books()
    for number, reason in enumerate(["fine", "called 13812345678", "fine too"]):
        books.commit(
            Record("stf_AAAAAAAAAAAA", f"aud_{number}", "NOTE", WRITTEN_AT, "stf_A", reason=reason), []
        )
    world.drain(only=["archive_journal"], failures_allowed=True)
    asked = {f"stf_AAAAAAAAAAAA/aud_{n}": to_ms(WRITTEN_AT) for n in range(3)}
    assert set(bootstrap.archive_index().archived(asked)) == {
        "stf_AAAAAAAAAAAA/aud_0",
        "stf_AAAAAAAAAAAA/aud_2",
    }
    letters = world.client("s3").list_objects_v2(Bucket=world.environment["BUCKET_DEAD_LETTERS"])
    assert letters["KeyCount"] == 1


def test_an_index_that_was_lost_comes_back_from_the_archive_alone(
    archived: Archived, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = {(item["pk"]["S"], item["sk"]["S"]) for item in archived.world.items("views")}
    index = {key for key in keys if key[0].startswith("archive")}
    head, before = bootstrap.archive_index().head(), archived.object_keys()
    assert len(index) == RECORDS + 2, "a second each, one of them in two objects, and the head"
    for key in index:
        bootstrap.dynamo().delete("views", key)
    assert reindex_archive.main([]) == 0
    assert bootstrap.archive_index().head() == Head()
    assert reindex_archive.main(["--write"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "13 records in 3 objects; the head was at 0",
        "nothing was written; --write writes index and head",
        "13 records in 3 objects; the head was at 0",
        "index and head are what the archive says",
    ]
    found = {(item["pk"]["S"], item["sk"]["S"]) for item in archived.world.items("views")}
    assert found == keys
    assert replace(bootstrap.archive_index().head(), version=head.version) == head
    engine = archived.world.engine
    archived.world.pumps = pumps.build(engine.template, engine.resources, Checkpoints())
    archived.drain()
    assert archived.object_keys() == before, "all that comes again is known"
    bootstrap.books().commit(top_up(50), [CardChange("crd_A", (CardState.ACTIVE,), cap_fen=500_000)])
    archived.drain()
    assert len(archived.object_keys()) == len(before) + 1
    assert archived.findings() == []


def test_over_a_broken_archive_no_index_is_written(
    archived: Archived, capsys: pytest.CaptureFixture[str]
) -> None:
    first = archived.object_keys()[0]
    overwritten_object(archived)
    bootstrap.dynamo().delete("views", ("archive", "head"))
    assert reindex_archive.main(["--write"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert f"archive object {first}: overwritten" in printed
    assert printed[-1] == "the archive is broken: nothing was written"
    assert bootstrap.archive_index().head() == Head()


@pytest.mark.race
@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_eight_writers_at_once_archive_each_record_exactly_once(world: World, rate: float) -> None:
    """Every record comes in two batches, as it does when a stream delivers it again."""
    records = [as_stored(Record("stf_A", f"aud_{n:03d}", "NOTE", WRITTEN_AT, "stf_A")) for n in range(64)]
    batches = [records[first : first + 16] for first in range(0, 64, 8)]
    archive = ArchiveRecords(
        bootstrap.archive_index(), bootstrap.archive_objects(), lambda most: time.sleep(most / 1000)
    )
    with world.faults(rate=rate, seed=7), ThreadPoolExecutor(len(batches)) as pool:
        assert list(pool.map(lambda batch: archive(batch, WRITTEN_AT), batches)) == [[]] * len(batches)
    bodies = [link.body for key in bootstrap.archive_objects().list("records/") for link in links_under(key)]
    assert sorted(body["id"] for body in bodies) == [f"stf_A/aud_{n:03d}" for n in range(64)]
    found = [str(one) for one in verify(places_of(os.environ), WRITTEN_AT, Summary(), 0)]
    assert {one.partition(": ")[2].partition(" (")[0] for one in found} == {"missing"}  # from the store only


def links_under(key: str) -> list[Link]:
    return unpacked(bootstrap.archive_objects().get(key) or b"")


def test_where_nothing_runs_the_verifier_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BUCKET_ARCHIVE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORECOURT_STATE", str(tmp_path))
    assert main([]) == 2
    assert "start it with `make run`" in capsys.readouterr().err
