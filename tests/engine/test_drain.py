"""Pumps on the real engine: what a test's drain() does with streams, failures and queues."""

import json
from dataclasses import replace

import pytest

from local.checkpoints import Checkpoints
from local.failure_destination import BucketDestination
from local.pump import StreamPump
from local.queue_pump import QueuePump
from local.stream import StreamReader
from local.testing import World
from local.wiring import Function
from tests.engine.consumers import consumer

CONSUME = Function("consume", "tests.engine.consumers.consume", 30)


def put(world: World, *names: str) -> None:
    for name in names:
        item = {"pk": {"S": name}, "sk": {"S": "1"}, "blob": {"B": b"\x00\xff"}}
        world.client("dynamodb").put_item(TableName=world.table_name("journal"), Item=item)


def journal_pump(world: World, checkpoints: Checkpoints) -> StreamPump:
    """The template's own mapping of the journal, with a function of ours."""
    found = next(p for p in world.pumps.streams if p.mapping.function.name == "archive_journal")
    mapping = replace(found.mapping, function=CONSUME, window_seconds=0)
    reader = StreamReader(world.client("dynamodbstreams"), mapping)
    return StreamPump(mapping, reader, checkpoints, BucketDestination(world.client("s3")), lambda _: None)


def test_every_mapping_and_schedule_of_the_template_is_wired(world: World) -> None:
    kinds = [resource["Type"] for resource in world.engine.template["Resources"].values()]
    pumps = world.pumps
    assert len(pumps.streams) + len(pumps.queues) == kinds.count("AWS::Lambda::EventSourceMapping")
    assert len(pumps.schedules) == kinds.count("AWS::Events::Rule")
    handlers = {pump.mapping.function.handler for pump in pumps.streams}
    assert "chalicelib.handlers.streams.pay_commission" in handlers


def test_records_arrive_in_lambdas_form(world: World) -> None:
    put(world, "a")
    pump = journal_pump(world, Checkpoints())
    (record,) = pump.reader.read(None, 10)
    assert record["eventSourceARN"] == pump.mapping.stream_arn
    assert record["dynamodb"]["NewImage"]["blob"] == {"B": "AP8="}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)
    assert json.dumps(record)


def test_a_new_pump_goes_on_from_the_kept_position(world: World) -> None:
    checkpoints = Checkpoints()
    consumer.reset()
    put(world, "a", "b")
    journal_pump(world, checkpoints).step()
    put(world, "c")
    journal_pump(world, checkpoints).step()
    assert consumer.calls == [["a", "b"], ["c"]]


def test_a_given_up_record_is_kept_whole_in_the_failure_bucket(world: World) -> None:
    consumer.reset(lambda names: [name for name in names if name == "b"])
    put(world, "a", "b", "c")
    journal_pump(world, Checkpoints()).step()
    bucket = world.environment["BUCKET_DEAD_LETTERS"]
    (listed,) = world.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    document = json.load(world.client("s3").get_object(Bucket=bucket, Key=listed["Key"])["Body"])
    (record,) = json.loads(document["payload"])["Records"]
    assert record["dynamodb"]["NewImage"]["pk"] == {"S": "b"}
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_queue_deletes_what_succeeded_and_redrives_what_failed_too_often(world: World) -> None:
    url = world.environment["QUEUE_ORDER_TIMERS_URL"]
    sqs = world.client("sqs")
    found = next(p for p in world.pumps.queues if p.mapping.queue_url == url)
    pump = QueuePump(replace(found.mapping, function=CONSUME), sqs)
    consumer.reset(lambda names: [name for name in names if name == "bad"])
    for body in ("good", "bad"):
        sqs.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=900)
    assert pump.step() == 0  # not due yet
    for _ in range(5):
        world.hasten()
        pump.step()
    world.hasten()
    assert pump.step() == 0
    assert consumer.calls == [["good", "bad"], ["bad"], ["bad"], ["bad"], ["bad"]]
    dead = sqs.get_queue_url(QueueName="forecourt-local-order-timers-dead-letters")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert message["Body"] == "bad"


@pytest.mark.parametrize("answer", [["unknown"], [""]])
def test_a_queue_keeps_every_message_when_the_answer_makes_no_sense(world: World, answer: list[str]) -> None:
    url = world.environment["QUEUE_ORDER_TIMERS_URL"]
    found = next(p for p in world.pumps.queues if p.mapping.queue_url == url)
    pump = QueuePump(replace(found.mapping, function=CONSUME), world.client("sqs"))
    consumer.reset(lambda names: answer)
    world.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    assert pump.step() == 1
    world.hasten()
    assert pump.step() == 1
