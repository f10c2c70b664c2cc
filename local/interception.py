"""The interception: what happens around each call of AWS inside the engine?

    DynamoDB   fault drawn -> handled -> metered -> journaled -> answered (or the answer is lost)
    others     counted -> handled -> journaled -> answered

An answer leaves only when everything it can be based on is on disk: writes wait for
their own changes, reads for those of others that were under way.
"""

import json
import zlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from local import engine_private, faults, meter
from local.faults import AFTERWARDS, DATA_PLANE, WRITES, Answer, Faults
from local.journal import Journal
from local.meter import Meter

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Answer]]


# The engine tells nobody what these change, so that they would be forgotten at a kill.
_UNJOURNALED = frozenset(
    {
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
        "ImportTable",
        "RestoreTableFromBackup",
    }
)


class Interception:
    """Wraps the handlers of the engine's services; the plans in force can be exchanged at any time."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.faults = Faults()
        self.meter = Meter()

    def install(self) -> None:
        """Put ourselves around every service that the product uses. Once a process."""
        dynamodb = engine_private.module("dynamodb")
        dynamodb.handle_request = self._around_dynamodb(dynamodb.handle_request)
        dynamodb._emit_stream_event = self._around_emission(dynamodb._emit_stream_event)
        dynamodb._paginate_evaluated_items = self._around_pages(dynamodb._paginate_evaluated_items)
        for service in ("dynamodb_streams", "sqs", "kms", "secretsmanager", "s3"):
            found = engine_private.module(service)
            found.handle_request = self._around_service(service, found.handle_request)

    def _around_dynamodb(self, handle: Handler) -> Handler:
        async def handled(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Answer:
            action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
            self.meter.count("dynamodb", action)
            if action in _UNJOURNALED:
                return faults.error(400, "ValidationException", f"{action} is not journaled on one machine")
            if action not in DATA_PLANE:
                answer = await handle(method, path, headers, body, query)
                if answer[0] == HTTPStatus.OK:
                    self._note_table(action, json.loads(body))
                await self.journal.keep_state("dynamodb", action)
                return answer
            request = json.loads(body)
            kind = self.faults.draw(action)
            self.faults.note_token(action, request)
            if kind and kind not in AFTERWARDS:
                return self.faults.refusal(kind, action, request)
            body, asked = meter.metered_call(action, request)
            answer = await handle(method, path, headers, body, query)
            answer = self._metered(action, request, answer, asked)
            await self.journal.settled()
            return faults.lost(kind) if kind else answer

        return handled

    def _metered(self, action: str, request: dict[str, Any], answer: Answer, asked: bool) -> Answer:
        if action not in WRITES:
            if answer[0] == 200:
                self.meter.charge_read(action, request)
            return answer
        document = json.loads(answer[2])
        self.meter.charge_write(action, request, document)
        if asked or "ConsumedCapacity" not in document:
            return answer
        status, headers, body = meter.without_capacity(answer, document)
        headers["x-amz-crc32"] = str(zlib.crc32(body))
        return status, headers, body

    def _around_emission(self, emit: Callable[..., None]) -> Callable[..., None]:
        def emitted(table_name: str, event: str, old: Any, new: Any, replicate: bool = True) -> None:
            before = engine_private.newest_record(table_name)
            emit(table_name, event, old, new, replicate)
            record = engine_private.newest_record(table_name)
            self.journal.note_change(table_name, old, new, None if record is before else record)

        return emitted

    def _note_table(self, action: str, request: dict[str, Any]) -> None:
        """A table that came with its items, or went with them."""
        if action == "RestoreTableToPointInTime":
            self.journal.note_table(request["TargetTableName"])
        elif action == "DeleteTable":
            self.journal.note_table_gone(request["TableName"])

    def _around_pages(self, paginate: Callable[..., Any]) -> Callable[..., Any]:
        size = engine_private.module("dynamodb")._item_size_bytes

        def paginated(items: Any, limit: Any, table: Any, index_name: Any = None) -> Any:
            page, stopped = paginate(items, limit, table, index_name)
            self.meter.bytes_scanned = sum(size(item) for item in page)
            return page, stopped

        return paginated

    def _around_service(self, service: str, handle: Handler) -> Handler:
        async def handled(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Answer:
            action = _action(service, method, path, headers, query)
            self.meter.count(service, action)
            answer = await handle(method, path, headers, body, query)
            if service == "dynamodb_streams":
                await self.journal.settled()
            else:
                await self.journal.keep_state(service, action, path)
            return answer

        return handled


def _action(service: str, method: str, path: str, headers: dict[str, str], query: dict[str, Any]) -> str:
    """The action's name; S3 has none on the wire, so one is made: PUT object?retention."""
    if service != "s3":
        return headers.get("x-amz-target", "").rsplit(".", 1)[-1] or str(query.get("Action", ["?"])[0])
    place = "object" if path.strip("/").count("/") else "bucket"
    plain = sorted(name for name in query if name in _S3_PARTS)
    return f"{method} {place}{'?' + plain[0] if plain else ''}"


_S3_PARTS = frozenset(
    {
        "retention",
        "legal-hold",
        "object-lock",
        "versioning",
        "uploads",
        "uploadId",
        "delete",
        "tagging",
        "cors",
    }
)
