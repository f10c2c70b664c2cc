"""kill -9 of the engine: what was answered is there again, with the same ids, keys and positions."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from infra.build import transformed_template
from local import wiring
from local.children import ChildFailed
from local.engine_application import JOURNAL_NAME
from local.engine_process import EngineProcess
from local.resources import Resources
from local.stream import StreamReader


class Restarted:
    """An engine on a state directory, that can be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.start()

    def start(self) -> None:
        self.process = EngineProcess.start(self.directory)
        self.resources = Resources(transformed_template("local"), self.process.endpoint_url)
        self.resources.create()
        self.environment = self.resources.environment()

    def kill(self) -> None:
        self.process.kill()
        self.start()

    def client(self, service: str) -> Any:
        return self.resources.client(service)

    def reader(self) -> StreamReader:
        wired = wiring.read(transformed_template("local"), self.resources)
        mapping = next(m for m in wired.streams if m.function.name == "archive_journal")
        return StreamReader(self.client("dynamodbstreams"), mapping)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Restarted]:
    restarted = Restarted(tmp_path / "engine")
    yield restarted
    restarted.process.stop()


def put(engine: Restarted, name: str, **more: Any) -> None:
    item = {"pk": {"S": name}, "sk": {"S": "1"}, **more}
    engine.client("dynamodb").put_item(TableName=engine.environment["TABLE_JOURNAL"], Item=item)


def places(records: list[Any]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in records]


def test_items_and_stream_records_come_back_and_positions_stay_good(engine: Restarted) -> None:
    for name in ("a", "b", "c"):
        put(engine, name, amount_fen={"N": "100"}, secret={"B": b"\x00\x01"})
    engine.client("dynamodb").delete_item(
        TableName=engine.environment["TABLE_JOURNAL"], Key={"pk": {"S": "b"}, "sk": {"S": "1"}}
    )
    before = engine.reader().read(None, 100)
    engine.kill()
    assert engine.reader().read(None, 100) == before
    assert places(engine.reader().read(places(before)[1], 100)) == places(before)[2:]
    put(engine, "d")
    (newest,) = engine.reader().read(places(before)[-1], 100)
    assert newest["dynamodb"]["SequenceNumber"] > places(before)[-1]
    items = engine.client("dynamodb").scan(TableName=engine.environment["TABLE_JOURNAL"])["Items"]
    assert sorted(item["pk"]["S"] for item in items) == ["a", "c", "d"]
    assert next(item for item in items if item["pk"]["S"] == "a")["secret"] == {"B": b"\x00\x01"}


def test_every_answered_write_of_many_clients_survives_a_kill_in_their_midst(engine: Restarted) -> None:
    answered: list[str] = []

    def write(client_number: int) -> None:
        for number in range(1000):
            name = f"{client_number}-{number}"
            try:
                put(engine, name)
            except (ClientError, BotoCoreError):
                return
            answered.append(name)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    while len(answered) < 400:
        threads[0].join(0.01)
    engine.process.kill()
    for thread in threads:
        thread.join()
    engine.start()
    pages = engine.client("dynamodb").get_paginator("scan")
    found = {
        item["pk"]["S"]
        for page in pages.paginate(TableName=engine.environment["TABLE_JOURNAL"])
        for item in page["Items"]
    }
    assert set(answered) <= found
    assert len(found) <= len(answered) + 8  # at most one write a client was on its way
    reader, recorded = engine.reader(), []
    while batch := reader.read(None, 1000):
        recorded += [record["dynamodb"]["Keys"]["pk"]["S"] for record in batch]
    assert sorted(recorded) == sorted(found)


def test_a_restored_table_survives_a_kill_with_its_items_and_a_deleted_one_leaves_no_row(
    engine: Restarted,
) -> None:
    put(engine, "a")
    name = engine.environment["TABLE_JOURNAL"]
    engine.client("dynamodb").restore_table_to_point_in_time(
        SourceTableName=name, TargetTableName="copy", UseLatestRestorableTime=True
    )
    engine.kill()
    assert [item["pk"]["S"] for item in engine.client("dynamodb").scan(TableName="copy")["Items"]] == ["a"]
    engine.client("dynamodb").delete_table(TableName="copy")
    engine.kill()
    assert "copy" not in engine.client("dynamodb").list_tables()["TableNames"]
    journal = sqlite3.connect(engine.directory / JOURNAL_NAME)
    tables = {table for (table,) in journal.execute("SELECT DISTINCT table_name FROM items")}
    assert tables == {name}


def test_a_transaction_is_there_whole_or_not_at_all(engine: Restarted) -> None:
    stop = threading.Event()

    def transact() -> None:
        for number in range(100_000):
            puts = [
                {"Put": {"TableName": engine.environment[table], "Item": item(f"{number}")}}
                for table in ("TABLE_JOURNAL", "TABLE_ORDERS", "TABLE_ACCOUNTS")
            ]
            try:
                engine.client("dynamodb").transact_write_items(TransactItems=puts)
            except (ClientError, BotoCoreError):
                stop.set()
                return

    def item(name: str) -> dict[str, Any]:
        return {"pk": {"S": name}, "sk": {"S": "1"}}

    thread = threading.Thread(target=transact)
    thread.start()
    stop.wait(0.7)
    engine.process.kill()
    thread.join()
    engine.start()
    counts = [
        engine.client("dynamodb").scan(TableName=engine.environment[table], Select="COUNT")["Count"]
        for table in ("TABLE_JOURNAL", "TABLE_ORDERS", "TABLE_ACCOUNTS")
    ]
    assert counts[0] > 10
    assert len(set(counts)) == 1


def test_what_a_key_encrypted_stays_readable_and_secrets_stay_the_same(engine: Restarted) -> None:
    made = engine.client("kms").generate_data_key(
        KeyId=engine.environment["KEY_CARD_SECRETS"], KeySpec="AES_256"
    )
    secret = engine.client("secretsmanager").get_secret_value(
        SecretId=engine.environment["SECRET_BLIND_INDEX"]
    )
    before = engine.environment
    engine.kill()
    assert engine.environment["KEY_CARD_SECRETS"] == before["KEY_CARD_SECRETS"]
    assert engine.environment["SECRET_BLIND_INDEX"] == before["SECRET_BLIND_INDEX"]
    plain = engine.client("kms").decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
    assert plain == made["Plaintext"]
    again = engine.client("secretsmanager").get_secret_value(
        SecretId=engine.environment["SECRET_BLIND_INDEX"]
    )
    assert again["SecretString"] == secret["SecretString"]


def test_messages_survive_delayed_ones_wait_and_those_in_flight_come_back(engine: Restarted) -> None:
    sqs, url = engine.client("sqs"), engine.environment["QUEUE_IMPORTS_URL"]
    for body, delay in (("done", 0), ("in flight", 0), ("delayed", 600)):
        sqs.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=delay)
    first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in first] == ["done", "in flight"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    engine.kill()
    sqs, url = engine.client("sqs"), engine.environment["QUEUE_IMPORTS_URL"]
    assert [m["Body"] for m in sqs.receive_message(QueueUrl=url)["Messages"]] == ["in flight"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesDelayed"] == "1"


def test_objects_versions_and_their_locks_survive(engine: Restarted) -> None:
    s3, bucket = engine.client("s3"), engine.environment["BUCKET_ARCHIVE"]
    versions = [s3.put_object(Bucket=bucket, Key="day/1 a", Body=body)["VersionId"] for body in (b"1", b"2")]
    engine.kill()
    s3 = engine.client("s3")
    bodies = [
        s3.get_object(Bucket=bucket, Key="day/1 a", VersionId=version)["Body"].read() for version in versions
    ]
    assert bodies == [b"1", b"2"]
    for version in versions:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=bucket, Key="day/1 a", VersionId=version)


def test_the_journal_is_compacted_at_start(engine: Restarted) -> None:
    put(engine, "a")
    database = sqlite3.connect(engine.directory / JOURNAL_NAME)
    old = {"dynamodb": {"SequenceNumber": "0" * 30, "ApproximateCreationDateTime": 0}}
    database.execute(
        "INSERT INTO records (place, table_name, created, document) VALUES (-1, ?, 0, ?)",
        (engine.environment["TABLE_JOURNAL"], json.dumps(old)),
    )
    database.commit()
    engine.kill()
    assert len(engine.reader().read(None, 10)) == 1
    assert database.execute("SELECT count(*) FROM records").fetchone() == (1,)
    database.close()


def test_a_write_that_could_not_be_journaled_is_refused(engine: Restarted) -> None:
    table = engine.environment["TABLE_JOURNAL"]
    statement = f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'sk': '1'}}"
    with pytest.raises(ClientError, match="not journaled"):
        engine.client("dynamodb").execute_statement(Statement=statement)
    assert engine.client("dynamodb").scan(TableName=table)["Items"] == []


def spoil_foreign(directory: Path) -> None:
    (directory / "holiday.jpg").write_text("")


def spoil_text(directory: Path) -> None:
    (directory / JOURNAL_NAME).write_text("not a database, " * 100)


def spoil_other(directory: Path) -> None:
    with sqlite3.connect(directory / JOURNAL_NAME) as database:
        database.execute("CREATE TABLE other (a)")
    database.close()


@pytest.mark.parametrize(
    "spoil, said",
    [
        (spoil_foreign, "holds something else"),
        (spoil_text, "damaged or not a journal"),
        (spoil_other, "not a journal of this version"),
    ],
)
def test_a_foreign_or_damaged_state_is_refused_with_one_sentence(
    tmp_path: Path, spoil: Any, said: str
) -> None:
    spoil(tmp_path)
    with pytest.raises(ChildFailed, match=said) as caught:
        EngineProcess.start(tmp_path)
    assert "\n" not in str(caught.value)


def test_one_state_serves_one_engine(engine: Restarted) -> None:
    with pytest.raises(ChildFailed, match="in use by another engine"):
        EngineProcess.start(engine.directory)


def test_a_busy_port_is_named(engine: Restarted, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match=f"port {engine.process.port} on 127.0.0.1 is busy"):
        EngineProcess.start(tmp_path / "other", port=engine.process.port)


def test_the_engine_ends_with_whoever_started_it(engine: Restarted) -> None:
    process = engine.process.child.process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    engine.start()
