"""The world of a test: is it there, whole, and empty each time?"""

import os

import pytest

from local.testing import World


def test_every_table_of_the_template_is_there_under_the_functions_own_names(world: World) -> None:
    tables = world.client("dynamodb").list_tables()["TableNames"]
    named = {value for name, value in os.environ.items() if name.startswith("TABLE_")}
    assert named == set(tables)
    assert len(tables) == 10


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_begins_empty(world: World, turn: str) -> None:
    assert world.items("orders") == []
    world.client("dynamodb").put_item(
        TableName=world.table_name("orders"), Item={"pk": {"S": "a"}, "sk": {"S": turn}}
    )
    assert len(world.items("orders")) == 1


def test_the_archive_bucket_locks_what_it_holds(world: World) -> None:
    s3 = world.client("s3")
    bucket = world.environment["BUCKET_ARCHIVE"]
    version = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="a", VersionId=version)


def test_the_card_key_encrypts_and_decrypts(world: World) -> None:
    kms = world.client("kms")
    key = kms.generate_data_key(KeyId=world.environment["KEY_CARD_SECRETS"], KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=key["CiphertextBlob"])["Plaintext"] == key["Plaintext"]
