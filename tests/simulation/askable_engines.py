"""Askable engines: how is the embedded engine asked, over its socket or within our own process?

Both have `key_schemas` (as Tables takes them), `ask(operation, arguments)`, which
raises ClientError, `reset()`, and `records(table_name)` of the table's stream.
Over the socket it is the engine that every other test uses, with botocore's client
as it ships. In our process it is the same module without sockets, a tenth of the
time: for many programs.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

from botocore.session import get_session

from chalicelib.store.dynamo import connect
from infra.build import transformed_template
from local import engine_environment, engine_private
from local.testing import Engine
from tests.simulation.refusals import client_error

RECORDS_MAX = 1000


class Askable(Protocol):
    @property
    def key_schemas(self) -> Mapping[str, bool]: ...

    def ask(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    def reset(self) -> None: ...

    def records(self, table_name: str) -> list[Mapping[str, Any]]: ...


class EngineOverSocket:
    """A running engine, asked as the product asks it."""

    def __init__(self, engine: Engine) -> None:
        tables = {name: key for key, name in engine.environment.items() if key.startswith("TABLE_")}
        self.key_schemas = {name: key != "TABLE_CARDS" for name, key in tables.items()}
        self._engine = engine
        with engine.environment_set():
            self._client = connect(get_session()).client
        self._streams = engine.resources.client("dynamodbstreams")

    def ask(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """botocore adds a token to a transaction without one: to a copy."""
        answer: dict[str, Any] = self._client._make_api_call(operation, dict(arguments))
        return answer

    def reset(self) -> None:
        self._engine.process.ask("POST", "reset")

    def records(self, table_name: str) -> list[Mapping[str, Any]]:
        (stream,) = self._streams.list_streams(TableName=table_name)["Streams"]
        shards = self._streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
        beginning = self._streams.get_shard_iterator(
            StreamArn=stream["StreamArn"], ShardId=shards[-1]["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        page = self._streams.get_records(ShardIterator=beginning["ShardIterator"], Limit=RECORDS_MAX)
        found: list[Mapping[str, Any]] = page["Records"]
        return found


class EngineInProcess:
    """The engine's own module of DynamoDB. One in a process: it keeps its tables in the module."""

    def __init__(self) -> None:
        engine_environment.prepare(None)
        engine_private.check()
        self._dynamodb = engine_private.module("dynamodb")
        self._loop = asyncio.new_event_loop()
        self.key_schemas: dict[str, bool] = {}
        for resource in transformed_template("local")["Resources"].values():
            if resource["Type"] == "AWS::DynamoDB::Table":
                self._create(resource["Properties"])

    def _create(self, properties: Mapping[str, Any]) -> None:
        wanted = ("TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "StreamSpecification")
        table = {name: properties[name] for name in wanted if name in properties}
        if "StreamSpecification" in table:
            table["StreamSpecification"] = {**table["StreamSpecification"], "StreamEnabled": True}
        self.ask("CreateTable", table)
        self.key_schemas[table["TableName"]] = len(table["KeySchema"]) == 2

    def ask(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        body = json.dumps(arguments).encode()
        handled = self._dynamodb.handle_request("POST", "/", headers, body, {})
        status, _, content = self._loop.run_until_complete(handled)
        answer: dict[str, Any] = json.loads(content)
        if status == 200:
            return answer
        code = answer.pop("__type").rpartition("#")[2]
        message = answer.pop("message", None) or answer.pop("Message", "")
        raise client_error(operation, code, message, **answer)

    def reset(self) -> None:
        engine_private.forget_contents()

    def records(self, table_name: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self._dynamodb.stream_live_records(table_name)
        return found
