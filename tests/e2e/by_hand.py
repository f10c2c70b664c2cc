"""An operator for tests: calls the functions that are called by hand, on the engine's world."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib import bootstrap
from chalicelib.bootstrap.part import Part, replaced
from chalicelib.domain.given_up import DONE, LETTERS
from chalicelib.domain.platform_books import lines_in
from chalicelib.domain.record import Record
from chalicelib.gateways.letters import SqsDeadLetters
from chalicelib.store.values import from_item
from local.functions import LocalFunctions
from local.testing import World
from tests.e2e.shop import Shop, all_records

BY = "anna"
TABLES = ("accounts", "orders", "cards", "journal", "edges", "views", "work", "stock")


@dataclass
class Operator:
    """Who redrives, replays and rebuilds. The world's other functions are called in this process."""

    world: World
    functions: LocalFunctions = field(init=False)

    def __post_init__(self) -> None:
        self.functions = LocalFunctions(self.world.engine.template)

    @property
    def parts(self) -> dict[Part[..., Any], Callable[..., Any]]:
        """Functions in this process, and queues that answer at once."""
        return {bootstrap.functions: lambda: self.functions, bootstrap.dead_letters: self._queues}

    def _queues(self) -> dict[str, SqsDeadLetters]:
        made = bootstrap.dead_letters.build()
        return {function: replace(queue, wait_seconds=0) for function, queue in made.items()}

    def asks(self, operation: str, **event: Any) -> dict[str, Any]:
        called = self.functions.call(operation, event)
        assert not called.raised, called.raised
        answer: dict[str, Any] = called.answer
        return answer

    def looks(self, operation: str, **event: Any) -> dict[str, Any]:
        """A dry run."""
        return self.asks(operation, **event)

    def does(self, operation: str, **event: Any) -> dict[str, Any]:
        return self.asks(operation, by=BY, dry_run=False, **event)

    def runs(self) -> list[Record]:
        """The audit records of what was done by hand."""
        records = all_records(self.world.items("journal"))
        return sorted((r for r in records if r.partition == f"operator_{BY}"), key=lambda r: r.entry_id)

    def everything(self) -> dict[str, list[str]]:
        """Every item of every table but the operator's own records and the archive's index.

        Of packs the lines: how batches were cut is of no account.
        """
        found = {table: [from_item(item) for item in self.world.items(table)] for table in TABLES}
        packs = [item for item in found["views"] if _is_pack(item)]
        told = {
            table: sorted(json.dumps(item, sort_keys=True) for item in items if _counts(item))
            for table, items in found.items()
        }
        return {**told, "platform": sorted({repr(line) for pack in packs for line in lines_in(pack)})}

    # the bucket of what was given up

    def letters(self, prefix: str = LETTERS) -> list[str]:
        return bootstrap.letters().objects.list(prefix)

    def unmark(self, key: str) -> None:
        """As if the run had died between handing over and marking."""
        bucket = bootstrap.letters().objects
        bucket.client.delete_object(Bucket=bucket.bucket, Key=DONE + key)

    def lay_down(self, key: str, document: bytes) -> None:
        bootstrap.letters().objects.put_new(key, document)

    def copy(self, key: str, moment: str) -> str:
        """The same document, as if it had been given up at this moment (`YYYY-MM-DDTHH.MM.SS`)."""
        document = bootstrap.letters().get(key)
        assert document is not None
        copied = f"{key.rpartition('/')[0]}/{moment}-{len(self.letters())}"
        self.lay_down(copied, document)
        return copied


def _counts(item: Mapping[str, Any]) -> bool:
    is_of_runs = f"operator_{BY}" in item["pk"] or item["pk"].partition("#")[0] in ("archive", "archived")
    return not is_of_runs and not _is_pack(item)


def _is_pack(item: Mapping[str, Any]) -> bool:
    return bool(item["pk"].startswith("platform#") and "lines" in item)


@contextmanager
def at(moment: datetime, operator: Operator, shop: Shop) -> Iterator[None]:
    """The world's own functions at another moment, and with the shop's channel."""
    outside = {bootstrap.now: lambda: moment, bootstrap.channel: lambda name: shop.channel}
    with replaced({**operator.parts, **outside}):
        yield
