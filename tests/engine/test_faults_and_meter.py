"""Faults and meter: does the engine answer like a busy AWS, and count like its bill?"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local.resources import client
from local.testing import World

Item = dict[str, dict[str, str]]


def item(name: str, filler_bytes: int = 0) -> Item:
    return {"pk": {"S": name}, "sk": {"S": "1"}, "filler": {"S": "x" * filler_bytes}}


@pytest.fixture
def once(world: World) -> Any:
    """A client that never tries again."""
    from botocore.config import Config

    patient = client("dynamodb", world.endpoint_url)
    config = patient.meta.config.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
    import boto3

    return boto3.client(
        "dynamodb",
        endpoint_url=world.endpoint_url,
        region_name=patient.meta.region_name,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )


def put(dynamodb: Any, table: str) -> None:
    dynamodb.put_item(TableName=table, Item=item("a"))


def update(dynamodb: Any, table: str) -> None:
    dynamodb.update_item(
        TableName=table, Key={"pk": {"S": "a"}, "sk": {"S": "1"}}, UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )  # fmt: skip


def transact(dynamodb: Any, table: str) -> None:
    puts = [{"Put": {"TableName": table, "Item": item(name)}} for name in "ab"]
    dynamodb.transact_write_items(TransactItems=puts)


def query(dynamodb: Any, table: str) -> None:
    dynamodb.query(
        TableName=table, KeyConditionExpression="pk = :a", ExpressionAttributeValues={":a": {"S": "a"}}
    )


@pytest.mark.parametrize(
    "call, kind, code, written",
    [
        (put, "conflict", "TransactionConflictException", 0),
        (update, "conflict", "TransactionConflictException", 0),
        (transact, "conflict", "TransactionCanceledException", 0),
        (put, "lost", "InternalServerError", 1),
        (transact, "lost", "InternalServerError", 2),
        (query, "lost", "InternalServerError", 0),
    ],
)
def test_a_fault_is_answered_like_aws_and_writes_only_when_the_answer_is_lost(
    world: World, once: Any, call: Callable[[Any, str], None], kind: str, code: str, written: int
) -> None:
    with world.faults(kinds=[kind], turns=[1]), pytest.raises(ClientError) as caught:
        call(once, world.table_name("orders"))
    assert caught.value.response["Error"]["Code"] == code
    assert len(world.items("orders")) == written
    assert list(world.faults_done.values()) == [1]


def test_a_conflict_of_a_transaction_names_the_member_in_its_reasons(world: World, once: Any) -> None:
    with world.faults(kinds=["conflict"], turns=[1]), pytest.raises(ClientError) as caught:
        transact(once, world.table_name("orders"))
    codes = sorted(reason["Code"] for reason in caught.value.response["CancellationReasons"])
    assert codes == ["None", "TransactionConflict"]


@pytest.mark.parametrize("call", [put, update, transact, query])
def test_throttling_is_one_of_the_codes_that_aws_uses(
    world: World, once: Any, call: Callable[[Any, str], None]
) -> None:
    codes = set()
    for seed in range(12):
        with world.faults(kinds=["throttle"], turns=[1], seed=seed), pytest.raises(ClientError) as caught:
            call(once, world.table_name("orders"))
        codes.add(caught.value.response["Error"]["Code"])
    assert {"ThrottlingException", "ProvisionedThroughputExceededException"} <= codes
    assert world.items("orders") == []


def test_a_throttled_batch_returns_everything_as_unprocessed(world: World, once: Any) -> None:
    table = world.table_name("orders")
    request = {table: [{"PutRequest": {"Item": item("a")}}]}
    with world.faults(kinds=["throttle"], turns=[1]):
        assert once.batch_write_item(RequestItems=request)["UnprocessedItems"] == request
    assert world.items("orders") == []


def test_a_dropped_answer_breaks_the_connection_after_the_write(world: World, once: Any) -> None:
    with world.faults(kinds=["dropped"], turns=[1]), pytest.raises(ConnectionClosedError):
        put(once, world.table_name("orders"))
    assert len(world.items("orders")) == 1


def test_the_same_seed_hits_the_same_calls(world: World, once: Any) -> None:
    def hits(seed: int) -> list[bool]:
        found = []
        with world.faults(rate=0.3, kinds=["conflict"], seed=seed):
            for _ in range(30):
                try:
                    put(once, world.table_name("orders"))
                    found.append(False)
                except ClientError:
                    found.append(True)
        return found

    first = hits(seed=7)
    assert first == hits(seed=7)
    assert first != hits(seed=8)
    assert 3 <= sum(first) <= 16


def test_an_unknown_kind_of_fault_is_refused(world: World) -> None:
    with pytest.raises(Exception, match="unknown"), world.faults(kinds=["flood"]):
        pass


@pytest.mark.parametrize(
    "filler_bytes, single, transacted", [(10, 1, 4), (1000, 1, 4), (1100, 2, 8), (3000, 3, 12)]
)
def test_write_units_are_those_of_aws(world: World, filler_bytes: int, single: int, transacted: int) -> None:
    dynamodb, table = world.client("dynamodb"), world.table_name("orders")
    with world.metered() as reading:
        dynamodb.put_item(TableName=table, Item=item("a", filler_bytes))
        assert reading().write_units == {table: single}
    puts = [{"Put": {"TableName": table, "Item": item(name, filler_bytes)}} for name in "ab"]
    with world.metered() as reading:
        dynamodb.transact_write_items(TransactItems=puts)
    assert reading().write_units_sum == transacted
    assert reading().calls == {"dynamodb.TransactWriteItems": 1}


def test_a_refused_condition_is_charged_by_the_item_in_the_way(world: World) -> None:
    dynamodb, table = world.client("dynamodb"), world.table_name("orders")
    dynamodb.put_item(TableName=table, Item=item("a", 1500))
    with world.metered() as reading:
        with pytest.raises(ClientError):
            dynamodb.put_item(TableName=table, Item=item("a"), ConditionExpression="attribute_not_exists(pk)")
        assert reading().write_units_sum == 2
        condition = {"TableName": table, "Item": item("a"), "ConditionExpression": "attribute_not_exists(pk)"}
        with pytest.raises(ClientError):
            dynamodb.transact_write_items(TransactItems=[{"Put": condition}])
        assert reading().write_units_sum == 2 + 4


def test_read_units_follow_the_size_of_what_was_read(world: World) -> None:
    dynamodb, table = world.client("dynamodb"), world.table_name("orders")
    dynamodb.put_item(TableName=table, Item=item("a", 5000))
    key = {"pk": {"S": "a"}, "sk": {"S": "1"}}
    with world.metered() as reading:
        dynamodb.get_item(TableName=table, Key=key)
        assert reading().read_units_sum == 1.0  # 2 × 4 KB, eventually consistent: half
        dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
        assert reading().read_units_sum == 3.0
        dynamodb.get_item(TableName=table, Key={**key, "pk": {"S": "none"}}, ConsistentRead=True)
        assert reading().read_units_sum == 4.0
        query(dynamodb, table)
        assert reading().read_units_sum == 5.0
        dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": key}}])
    assert reading().read_units_sum == 9.0


def test_calls_of_other_services_count_as_round_trips(world: World) -> None:
    with world.metered() as reading:
        kms = world.client("kms")
        kms.generate_data_key(KeyId=world.environment["KEY_CARD_SECRETS"], KeySpec="AES_256")
        world.client("sqs").send_message(QueueUrl=world.environment["QUEUE_IMPORTS_URL"], MessageBody="a")
        world.client("s3").put_object(Bucket=world.environment["BUCKET_UPLOADS"], Key="a", Body=b"")
    assert reading().calls == {"kms.GenerateDataKey": 1, "sqs.SendMessage": 1, "s3.PUT object": 1}
    assert reading().round_trips == 3


def test_the_caller_sees_consumed_capacity_only_when_it_asks(world: World) -> None:
    dynamodb, table = world.client("dynamodb"), world.table_name("orders")
    plain = dynamodb.put_item(TableName=table, Item=item("a"))
    assert "ConsumedCapacity" not in plain
    asked = dynamodb.put_item(TableName=table, Item=item("a"), ReturnConsumedCapacity="TOTAL")
    assert asked["ConsumedCapacity"]["CapacityUnits"] == 1
